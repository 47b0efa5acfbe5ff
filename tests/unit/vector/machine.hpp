// One vector operation on a vector memory of 16 lanes, with operands put and results taken element by
// element.
#pragma once

#include <cstring>
#include <random>
#include <vector>

#include "runtime/numerics/fp16.hpp"
#include "runtime/vector/execute.hpp"

namespace satsim::vector::test {

class Machine {
  public:
    explicit Machine(unsigned seed) : rng_(seed), cmem_(16), vmem_(4096, 0) {
        p_.operands = {0, 500, 1000, 1500};
        p_.results = {2048, 2348, 2648, 2948, 3248, 3548, 3848};
    }
    Parameters& p() { return p_; }
    double normal(double scale) { return std::normal_distribution<double>(0, scale)(rng_); }
    void put32(int operand, std::int64_t r, std::int64_t c, float v) {
        const std::int64_t word = p_.operands[static_cast<std::size_t>(operand)] + r * p_.input_pitch();
        std::memcpy(reinterpret_cast<char*>(vmem_.data() + word) + 4 * c, &v, 4);
    }
    float operand32(int operand, std::int64_t r, std::int64_t c) {
        float v = 0;
        const std::int64_t word = p_.operands[static_cast<std::size_t>(operand)] + r * p_.input_pitch();
        std::memcpy(&v, reinterpret_cast<char*>(vmem_.data() + word) + 4 * c, 4);
        return v;
    }
    float put16(int operand, std::int64_t r, std::int64_t c, double value) {
        const Fp16 half = numerics::to_fp16(static_cast<float>(value));
        const std::int64_t word = p_.operands[static_cast<std::size_t>(operand)] + r * p_.input_pitch();
        std::memcpy(reinterpret_cast<char*>(vmem_.data() + word) + 2 * c, &half.bits, 2);
        return numerics::to_float(half);
    }
    float get32(int result, std::int64_t r, std::int64_t c) {
        float v = 0;
        const std::int64_t word = p_.results[static_cast<std::size_t>(result)] + r * p_.output_pitch();
        std::memcpy(&v, reinterpret_cast<char*>(vmem_.data() + word) + 4 * c, 4);
        return v;
    }
    float get16(int result, std::int64_t r, std::int64_t c) {
        Fp16 half;
        const std::int64_t word = p_.results[static_cast<std::size_t>(result)] + r * p_.output_pitch();
        std::memcpy(&half.bits, reinterpret_cast<char*>(vmem_.data() + word) + 2 * c, 2);
        return numerics::to_float(half);
    }
    CoefficientMemory& cmem() { return cmem_; }
    bool run() { return execute_vector(p_, vmem_, cmem_); }  // whether it reports what is not finite

  private:
    std::mt19937 rng_;
    CoefficientMemory cmem_;
    std::vector<std::uint64_t> vmem_;
    Parameters p_;
};

}  // namespace satsim::vector::test
