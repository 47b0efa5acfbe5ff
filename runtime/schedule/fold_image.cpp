#include "runtime/schedule/fold_image.hpp"

#include <algorithm>

#include "runtime/schedule/tensor_layout.hpp"

namespace satsim::schedule {
namespace {

constexpr int kWordElements = 4;

struct Kernel {
    int height = 0;
    int width = 0;
};

// The kernel, when the taps are all of its positions, side by side, in the order of memory.
std::optional<Kernel> whole_kernel(const std::vector<Tap>& taps) {
    const Tap& first = taps.front();
    const auto count = static_cast<int>(taps.size());
    int width = 1;
    while (width < count && taps[static_cast<std::size_t>(width)].dy == first.dy) ++width;
    if (count % width != 0) return std::nullopt;
    for (int i = 0; i < count; ++i) {
        const Tap expected{first.dy + i / width, first.dx + i % width, i};
        if (taps[static_cast<std::size_t>(i)] != expected) return std::nullopt;
    }
    return Kernel{count / width, width};
}

std::int64_t words(std::int64_t elements) {
    return ceil_div<std::int64_t>(elements, kWordElements);
}

// Rows of pixels interleaved column by column, as a kernel reads them.
struct Part {
    int column = 0;  // elements of a column
    int run = 0;     // of a kernel row
    int step = 0;    // from one position to the next
    Part() = default;
    // Where positions would begin inside a word, columns are padded to whole ones.
    Part(int rows, const Gather& gather, int width) : column(rows * gather.channels) {
        if (gather.stride_x * column % kWordElements != 0) column = round_up(column, kWordElements);
        run = width * column;
        step = gather.stride_x * column;
    }
    // Columns, in steps, that all positions of a row read.
    [[nodiscard]] int steps(const Gather& gather) const {
        return gather.grid_w - 1 + static_cast<int>(ceil_div<std::int64_t>(words(run) * kWordElements, step));
    }
};

// One way to store: `rows` image rows a record, the last record of a kernel perhaps not whole.
struct Fold {
    int rows = 0;  // 0: as it is
    int taps = 0;
    Part whole;
    Part last;
    [[nodiscard]] bool has_tail() const { return last.column != whole.column; }
    [[nodiscard]] std::int64_t k_words() const { return (taps - 1) * words(whole.run) + words(last.run); }
};

}  // namespace

std::optional<GemmTask> fold_image(const GemmTask& task) {
    const Gather& g = task.gather;
    if (!g.from_host || g.pixel > 0 || task.count > 1 || !task.nm.dense()) return std::nullopt;
    const std::optional<Kernel> kernel = whole_kernel(g.taps);
    if (!kernel) return std::nullopt;
    Fold best;
    std::int64_t least = std::int64_t{kernel->height} * kernel->width * words(pad_channels(g.channels, 1));
    for (int rows = 1; rows <= std::min(g.stride_y, kernel->height); ++rows) {
        if (g.stride_y % rows != 0) continue;
        Fold fold;
        fold.rows = rows;
        fold.taps = ceil_div(kernel->height, rows);
        fold.whole = Part(rows, g, kernel->width);
        fold.last = Part(kernel->height - (fold.taps - 1) * rows, g, kernel->width);
        if (fold.last.run > fold.whole.run) continue;
        // Of equally short ones that with the fewest runs.
        if (fold.k_words() < least || (best.rows > 0 && fold.k_words() == least)) {
            best = fold;
            least = fold.k_words();
        }
    }
    if (best.rows == 0) return std::nullopt;

    GemmTask folded = task;
    Gather& f = folded.gather;
    // A column of the stored map is what one position is from the next; the first is the kernel's at position
    // 0.
    f.channels = best.whole.run;
    f.pixel = best.whole.step;
    f.stride_x = 1;
    f.stride_y = g.stride_y / best.rows;
    f.in_w = best.whole.steps(g);
    f.in_h = (g.grid_h - 1) * f.stride_y + best.taps;
    if (best.has_tail()) {
        const int offset = f.in_w * f.pixel;
        f.tail = {best.last.run, best.last.step, offset, offset + best.last.steps(g) * best.last.step};
    }
    f.taps.clear();
    for (int tap = 0; tap < best.taps; ++tap) f.taps.push_back({tap, 0, tap});
    (task.sums_positions() ? folded.shape.m : folded.shape.k) = f.extent();
    return folded;
}

FoldedOrder::FoldedOrder(const Gather& image, const Gather& folded)
    : first_(image.taps.front()),
      channels_(image.channels),
      width_(whole_kernel(image.taps)->width),
      rows_(image.stride_y / folded.stride_y),
      whole_{rows_, folded.in_w * image.stride_x, folded.pixel / image.stride_x, 0} {
    const Gather::Tail& tail = folded.tail;
    if (tail.channels == 0) return;
    const int height = static_cast<int>(image.taps.size()) / width_;
    const int pitch = tail.pixel / image.stride_x;
    tail_tap_ = static_cast<std::int64_t>(folded.taps.size()) - 1;
    tail_ = {height - static_cast<int>(tail_tap_) * rows_, (tail.row - tail.offset) / pitch, pitch,
             tail.offset};
}

FoldedOrder::Element FoldedOrder::of(std::size_t tap, int channel) const {
    const int row = static_cast<int>(tap) / width_;
    const int column = static_cast<int>(tap) % width_;
    const std::int64_t record = row / rows_;
    const int pitch = record == tail_tap_ ? tail_.pitch : whole_.pitch;
    return {record, std::int64_t{column} * pitch + row % rows_ * channels_ + channel};
}

std::vector<FoldedOrder::Pixel> FoldedOrder::pixels(int record) const {
    std::vector<Pixel> found;
    for (const Part& part : {whole_, tail_}) {
        for (int x = 0; x < part.columns; ++x) {
            for (int row = 0; row < part.rows; ++row)
                found.push_back({record * rows_ + row + first_.dy, x + first_.dx,
                                 part.at + std::int64_t{x} * part.pitch + std::int64_t{row} * channels_});
        }
    }
    return found;
}

}  // namespace satsim::schedule
