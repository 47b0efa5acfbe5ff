// Division of non-negative numbers by a size that is nearly always a power of two.
#pragma once

#include <bit>
#include <cstdint>

namespace satsim {

class Divisor {
  public:
    Divisor() = default;
    explicit Divisor(std::int64_t value)
        : value_(value),
          shift_(std::has_single_bit(static_cast<std::uint64_t>(value))
                     ? std::countr_zero(static_cast<std::uint64_t>(value))
                     : -1) {}

    [[nodiscard]] std::int64_t value() const { return value_; }
    [[nodiscard]] std::int64_t quotient(std::int64_t of) const {
        return shift_ >= 0 ? of >> shift_ : of / value_;
    }
    [[nodiscard]] std::int64_t remainder(std::int64_t of) const {
        return shift_ >= 0 ? of & (value_ - 1) : of % value_;
    }

  private:
    std::int64_t value_ = 1;
    int shift_ = 0;
};

}  // namespace satsim
