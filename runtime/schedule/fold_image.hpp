// Stores an input of the network so that its first convolution reads nothing but weights' worth.
//
// LOAD moves 8-byte words, so pixels of 3 channels are padded to 4 and a quarter of the array's slots
// multiplies padding. The host writes the input, in whatever form: here pixels lie side by side without
// padding, and where that alone does not bring every position to a word, neighbouring rows (as many as divide
// the stride) are interleaved pixel by pixel: [record][column][row in the record][channel]. The zeros around
// the image are stored. A kernel row of a record is one run. Where the kernel ends inside a record, its last
// rows are stored a second time, behind the columns of the record, and read from there (Gather::Tail).
// docs/architecture/layouts.md
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/workload/task.hpp"

namespace satsim::schedule {

// The task on the input stored so, with the order of K that follows from it: taps are records, K runs over
// (tap, kernel column, row in the record, channel). Nothing when A is no input of the network, or when its
// pixels padded to words take as little of K.
[[nodiscard]] std::optional<GemmTask> fold_image(const GemmTask& task);

// Where what a task reads stands in its folded form.
class FoldedOrder {
  public:
    FoldedOrder(const Gather& image, const Gather& folded);

    // Element of the folded reduction: of its record `tap`, the element-th.
    struct Element {
        std::int64_t tap = 0;
        std::int64_t element = 0;
    };
    // Of channel `channel` at the kernel's position number `tap`.
    [[nodiscard]] Element of(std::size_t tap, int channel) const;

    // A pixel of a stored record: its place in the image, which may be outside, where zeros are stored.
    struct Pixel {
        int row = 0;
        int column = 0;
        std::int64_t at = 0;  // elements from the record's beginning
    };
    [[nodiscard]] std::vector<Pixel> pixels(int record) const;

  private:
    // `rows` rows of `columns` pixels, from element `at` of the record on.
    struct Part {
        int rows = 0;
        int columns = 0;
        int pitch = 0;  // of a column
        std::int64_t at = 0;
    };
    Tap first_;
    int channels_ = 0;
    int width_ = 0;  // of the kernel
    int rows_ = 0;   // of a record
    std::int64_t tail_tap_ = -1;
    Part whole_;
    Part tail_;
};

}  // namespace satsim::schedule
