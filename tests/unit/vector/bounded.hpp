// A value computed in float64 and how far the lanes' FP32 result of the same formula may be from it: the four
// rules of docs/architecture/vector.md §8.
#pragma once

#include <algorithm>
#include <cmath>

namespace satsim::vector {

// One rounding to FP32 (relative), and the largest magnitude that is flushed.
inline constexpr double kUnit = 0x1p-24;
inline constexpr double kFlush = 0x1p-126;

class Bounded {
  public:
    // Exact: an operand or a constant as the lanes read it.
    Bounded(double value) : value_(value) {}  // NOLINT: operands stand in formulas
    Bounded(double value, double error) : value_(value), error_(error) {}

    [[nodiscard]] double value() const { return value_; }
    [[nodiscard]] double error() const { return error_; }

    friend Bounded operator*(const Bounded& a, const Bounded& b) {
        const double error =
            std::fabs(a.value_) * b.error_ + std::fabs(b.value_) * a.error_ + a.error_ * b.error_;
        return rounded(a.value_ * b.value_, error);
    }
    friend Bounded operator+(const Bounded& a, const Bounded& b) {
        return rounded(a.value_ + b.value_, a.error_ + b.error_);
    }
    friend Bounded operator-(const Bounded& a, const Bounded& b) { return a + Bounded(-b.value_, b.error_); }
    // Infinite where the divisor's error reaches to zero.
    friend Bounded operator/(const Bounded& a, const Bounded& b) {
        const double least = std::fabs(b.value_) - b.error_;
        const double quotient = a.value_ / b.value_;
        if (!(least > 0)) return {quotient, HUGE_VAL};
        return rounded(quotient, (a.error_ + std::fabs(quotient) * b.error_) / least);
    }
    // Of a value not below zero.
    [[nodiscard]] Bounded root() const {
        const double root = std::sqrt(value_);
        const double low = std::sqrt(std::max(0.0, value_ - error_));
        return rounded(root, std::max(root - low, std::sqrt(value_ + error_) - root));
    }
    // No rounding: the larger of two is as far off as they are.
    [[nodiscard]] Bounded at_least_zero() const { return {std::max(0.0, value_), error_}; }

    // Rounded to FP16: half a unit of the last place, or of the subnormals' 2^-24.
    [[nodiscard]] Bounded half() const {
        return {value_, error_ + (std::fabs(value_) + error_) * 0x1p-11 + 0x1p-25};
    }
    [[nodiscard]] bool holds(double got) const { return std::fabs(got - value_) <= error_; }

  private:
    static Bounded rounded(double value, double error) {
        return {value, error + (std::fabs(value) + error) * kUnit + kFlush};
    }

    double value_;
    double error_ = 0;
};

}  // namespace satsim::vector
