// A window on an endless sequence: the last `capacity` elements, addressed by their number.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace satsim::cycle {

template <typename T>
class Ring {
  public:
    Ring() = default;
    explicit Ring(std::size_t least) : slots_(std::bit_ceil(least)), mask_(slots_.size() - 1) {}

    // Room for as many; what is in it stays as it is when there is that room already.
    void ensure(std::size_t least) {
        if (slots_.size() != std::bit_ceil(least)) *this = Ring(least);
    }

    [[nodiscard]] T& operator[](std::int64_t number) {
        return slots_[static_cast<std::size_t>(number) & mask_];
    }
    [[nodiscard]] const T& operator[](std::int64_t number) const {
        return slots_[static_cast<std::size_t>(number) & mask_];
    }
    // The same for loops that write other things of T's kind: nothing of it has to be looked up again.
    struct View {
        T* slots;
        std::size_t mask;
        [[nodiscard]] T& operator[](std::int64_t number) const {
            return slots[static_cast<std::size_t>(number) & mask];
        }
    };
    [[nodiscard]] View view() { return {slots_.data(), mask_}; }
    [[nodiscard]] std::int64_t capacity() const { return static_cast<std::int64_t>(slots_.size()); }

  private:
    std::vector<T> slots_;
    std::size_t mask_ = 0;
};

}  // namespace satsim::cycle
