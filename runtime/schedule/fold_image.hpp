// Stores an input of the network so that its first convolution reads nothing but weights' worth, in few
// runs.
//
// LOAD moves 8-byte words, so pixels of 3 channels are padded to 4 and a quarter of the array's slots
// multiplies padding; and it fetches every tap of a kernel by itself. The host writes the input, in whatever
// form. It stores records, [column][row in the record][channel], of image rows interleaved pixel by pixel,
// with the zeros around the image:
//   * columns: pixels lie side by side, and positions share them. Where positions would begin inside a word,
//     columns are padded to whole ones.
//   * windows: every position has a copy of its own of all that it reads, padded once. More bytes, less K.
// A record serves several rows of positions (as many image rows as divide the stride), or is one row's own
// and holds the kernel's first rows. What the kernel reads beyond whole records stands behind the record's
// columns, in either form (Gather::Tail). Each is one run. Taken is what makes K shortest, then what takes
// the fewest bytes, then the fewest runs, among all that store no element more than kMostCopies times. Where
// none makes K shorter, kernel rows are still one run each if their pixels are whole words.
// docs/architecture/layouts.md
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/workload/task.hpp"

namespace satsim::schedule {

// How often an element of the input may be stored, on the average.
constexpr int kMostCopies = 16;

// The task on the input stored so, with the order of K that follows from it: taps are records, K runs over
// (tap, kernel column, row in the record, channel). Nothing when A is no input of the network, or when that
// neither makes K shorter nor its runs fewer.
[[nodiscard]] std::optional<GemmTask> fold_image(const GemmTask& task);

// The task that is scheduled: on the stored input where fold_image() folds it, else as it is.
[[nodiscard]] GemmTask on_stored_input(const GemmTask& task);

// Where what a task reads stands in its folded form.
class FoldedOrder {
  public:
    // `image`: the gather of a task that fold_image() folds; std::logic_error otherwise.
    explicit FoldedOrder(const Gather& image);

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
    // Of a record: `rows` rows from row `first` on, from element `at` on. `blocks` of `columns` pixels each,
    // the first of them `step` columns of the image from one to the next.
    struct Stored {
        int first = 0;
        int rows = 0;
        std::int64_t at = 0;
        int blocks = 1;
        int step = 0;
        std::int64_t block_pitch = 0;
        std::int64_t columns = 0;
        std::int64_t column_pitch = 0;
    };
    Tap first_;
    int channels_ = 0;
    int width_ = 0;        // of the kernel
    int record_rows_ = 0;  // image rows from one record to the next
    std::int64_t tail_tap_ = -1;
    Stored head_;
    Stored tail_;
};

}  // namespace satsim::schedule
