// A vector problem with random data in memory, run by its emitted program on the functional SAT.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "runtime/functional/memory_image.hpp"
#include "runtime/schedule/emit_vector.hpp"

namespace satsim::verify {

class VectorCase {
  public:
    VectorCase(const schedule::VectorProblem& problem, const isa::ArrayConfig& array, unsigned seed);

    // One case in four gets a few extreme, infinite or NaN elements in one of its matrices.
    void add_extremes();
    // Checks the program (isa::check), runs it.
    void run();

    [[nodiscard]] isa::Program program() const { return schedule::emit_vector_program(problem_, array_); }
    [[nodiscard]] MemoryImage& memory() { return memory_; }
    [[nodiscard]] const schedule::VectorLayout& layout() const { return layout_; }
    [[nodiscard]] std::size_t instructions() const { return instructions_; }
    // run() met a sum or weight gradient that is infinite or NaN.
    [[nodiscard]] bool nonfinite() const { return nonfinite_; }

    // Elements of a matrix at `address`: row (of all taps), column. Before run(): what it was given.
    [[nodiscard]] float fp16(std::int64_t address, std::int64_t row, std::int64_t column) const;
    [[nodiscard]] std::uint16_t half(std::int64_t address, std::int64_t pitch, std::int64_t row,
                                     std::int64_t column) const;
    [[nodiscard]] int nibble(std::int64_t address, std::int64_t pitch, std::int64_t row,
                             std::int64_t column) const;
    [[nodiscard]] float fp32(std::int64_t address, std::int64_t row, std::int64_t column) const;
    [[nodiscard]] float vector(std::int64_t address, std::int64_t column) const;

  private:
    [[nodiscard]] bool wide() const;  // matrices are FP32
    void fill16(std::int64_t address);
    void fill32(std::int64_t address, bool positive);
    void fill_vector(std::int64_t address);
    [[nodiscard]] float normal() { return std::normal_distribution<float>(0.0F, 1.0F)(rng_); }

    schedule::VectorProblem problem_;
    isa::ArrayConfig array_;
    schedule::VectorLayout layout_;
    std::mt19937 rng_;
    MemoryImage memory_;
    std::size_t instructions_ = 0;
    bool nonfinite_ = false;
};

}  // namespace satsim::verify
