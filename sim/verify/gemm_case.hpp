// A GEMM task with random data in DRAM, and what its result must be, computed in the plainest way.
//
// Nothing here uses the scheduler's emitters or the packing library: selection, packing and the order of
// additions are written out again, so that an error on either side shows.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "runtime/functional/memory_image.hpp"
#include "runtime/schedule/tensor_layout.hpp"
#include "runtime/workload/task.hpp"

namespace satsim::verify {

struct CaseOptions {
    Stage stage = Stage::FF;
    NmPattern nm{8, 8};
    int max_channels = 40;
    int max_columns = 70;
    int max_grid = 7;
    bool matrix = false;  // a plain matrix product: one tap, no image
    int count = 1;
    bool kernel = false;          // taps are whole kernel rows, as a convolution has them
    bool from_host = false;       // of those: Gather::from_host
    bool over_positions = false;  // FF, BP: GemmTask::over_positions, C in FP16
};

// A task of random geometry: several taps at random offsets (so that some read padding), strides, scattered
// output.
[[nodiscard]] GemmTask random_task(std::mt19937_64& rng, const CaseOptions& options);

class GemmCase {
  public:
    // Fills A and B with random FP16 values (some zeros, ties and subnormals) and packs B.
    GemmCase(GemmTask task, const isa::ArrayConfig& array, std::mt19937_64& rng);

    [[nodiscard]] const GemmTask& task() const { return task_; }
    [[nodiscard]] const schedule::GemmLayout& layout() const { return layout_; }
    [[nodiscard]] const MemoryImage& memory() const { return memory_; }

    // Empty when every valid element of C in `memory` has exactly the expected bits; otherwise the first that
    // has not.
    [[nodiscard]] std::string compare(const MemoryImage& memory) const;
    // Bits of C that differ from the expected ones.
    [[nodiscard]] std::int64_t mismatching_bits(const MemoryImage& memory) const;

  private:
    // visit(instance, row, column, found, wanted) until it returns false.
    template <typename Visit>
    void for_each_difference(const MemoryImage& memory, Visit visit) const;
    void fill_a(std::mt19937_64& rng);
    void fill_weights(std::mt19937_64& rng);
    void fill_gradient(std::mt19937_64& rng);
    // In one case of eight, a few values of A that overflow: the largest, infinities and NaN.
    void add_extremes();
    // Values as the array sees them. a: valid positions only; zero outside the image.
    [[nodiscard]] std::uint16_t a_at(std::int64_t instance, std::int64_t position, const Tap& tap,
                                     int channel) const;
    [[nodiscard]] std::uint16_t b_at(std::int64_t instance, std::int64_t k, std::int64_t column) const;
    [[nodiscard]] std::uint32_t expected(std::int64_t instance, std::int64_t row, std::int64_t column) const;
    [[nodiscard]] std::int64_t address_of(std::int64_t instance, std::int64_t row, std::int64_t column) const;
    void put(std::int64_t address, std::uint16_t value);
    [[nodiscard]] std::uint16_t get(std::int64_t address) const;

    GemmTask task_;
    schedule::GemmLayout layout_;
    MemoryImage memory_;
    // Pruned weights [instance][k][column] (FF, BP) or dY [instance][position][column] (WU), unpadded.
    std::vector<std::uint16_t> b_;
};

}  // namespace satsim::verify
