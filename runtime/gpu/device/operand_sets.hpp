// The operands of one piece of work, several times over, so that no run finds them in L2: sets are used in
// turn and together are larger than twice L2.
#pragma once

#include <vector>

#include "runtime/gpu/device/cuda_support.hpp"

namespace satsim::gpu {

enum class Fill {
    Random,    // FP16 within -1..1 (as FP32: small numbers of either sign)
    Pruned24,  // the same with two of every four zero
    Metadata,  // legal positions of 2:4
    Zeros,     // of 32 bits: labels
    Nothing
};

struct Operand {
    std::size_t bytes = 0;
    Fill fill = Fill::Random;
};

// Bytes of FP16 and of FP32.
[[nodiscard]] constexpr std::size_t halves(std::int64_t elements) {
    return static_cast<std::size_t>(elements) * 2;
}
[[nodiscard]] constexpr std::size_t floats(std::int64_t elements) {
    return static_cast<std::size_t>(elements) * 4;
}

// Of work on less than half a megabyte of an H100's 50 of L2 a few sets could stay there; it is bound by its
// launch.
inline constexpr int kMostSets = 256;

class OperandSets {
  public:
    OperandSets(const std::vector<Operand>& operands, std::size_t l2_bytes, cudaStream_t stream);

    [[nodiscard]] int sets() const { return sets_; }
    [[nodiscard]] void* at(std::size_t operand, int set) const {
        return static_cast<char*>(memory_.data()) + offsets_[operand] +
               static_cast<std::size_t>(set) * set_bytes_;
    }
    template <class T>
    [[nodiscard]] T* as(std::size_t operand, int set) const {
        return static_cast<T*>(at(operand, set));
    }

  private:
    int sets_ = 1;
    std::size_t set_bytes_ = 0;
    std::vector<std::size_t> offsets_;
    DeviceBuffer memory_;
};

}  // namespace satsim::gpu
