// Executes one vector operation on the vector memory, bit for bit as its micro-program says.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/vector/parameters.hpp"

namespace satsim::vector {

// CMEM: two banks of kCmemRows rows of V values. Undefined at the start of a program in hardware (here zero):
// a program reads only what it has written.
class CoefficientMemory {
  public:
    explicit CoefficientMemory(int lanes) : lanes_(lanes), banks_{make_bank(lanes), make_bank(lanes)} {}

    [[nodiscard]] int lanes() const { return lanes_; }
    [[nodiscard]] std::span<float> row(int bank, std::int64_t row) {
        return std::span(banks_[static_cast<std::size_t>(bank)])
            .subspan(static_cast<std::size_t>(row * lanes_), static_cast<std::size_t>(lanes_));
    }

  private:
    static std::vector<float> make_bank(int lanes) {
        return std::vector<float>(static_cast<std::size_t>(isa::vec::kCmemRows * lanes), 0.0F);
    }

    int lanes_;
    std::array<std::vector<float>, 2> banks_;
};

// `parameters` without a fault (operation_fault); `vmem`: all words of the vector memory. lanes() values a
// row. Returns whether a result that the micro-program checks is infinite or NaN.
[[nodiscard]] bool execute_vector(const Parameters& parameters, std::span<std::uint64_t> vmem,
                                  CoefficientMemory& cmem);

}  // namespace satsim::vector
