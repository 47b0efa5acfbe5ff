#include "runtime/schedule/fold_image.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <tuple>

#include "runtime/schedule/tensor_layout.hpp"

namespace satsim::schedule {
namespace {

constexpr std::int64_t kWordElements = 4;

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

std::int64_t to_words(std::int64_t elements) {
    return round_up(elements, kWordElements);
}

enum class Form { Columns, Windows };

// Rows of pixels interleaved column by column, as a kernel reads them.
struct Part {
    Form form = Form::Columns;
    int rows = 0;             // 0: there is none
    std::int64_t column = 0;  // elements of a column
    std::int64_t run = 0;     // what a position reads
    std::int64_t step = 0;    // from one position to the next
    Part() = default;
    Part(Form stored, int image_rows, const Gather& gather, int width)
        : form(stored), rows(image_rows), column(std::int64_t{image_rows} * gather.channels) {
        const bool shared = form == Form::Columns;
        if (shared && gather.stride_x * column % kWordElements != 0) column = to_words(column);
        run = width * column;
        step = shared ? gather.stride_x * column : to_words(run);
    }
    // Positions, real and beyond the last, whose steps hold all that a row of positions reads.
    [[nodiscard]] std::int64_t steps(const Gather& gather) const {
        return rows == 0 ? 0 : gather.grid_w - 1 + ceil_div(to_words(run), step);
    }
    [[nodiscard]] std::int64_t elements(const Gather& gather) const { return steps(gather) * step; }
};

// One way to store the input.
struct Fold {
    bool own_records = false;  // of every row of positions; otherwise rows of positions share them
    int head_taps = 0;         // records that a position reads whole
    Part head;
    Part tail;

    // Nothing is stored twice but for the columns that padding adds: kernel rows of whole pixels.
    [[nodiscard]] bool plain() const {
        return !own_records && head.rows == 1 && head.form == Form::Columns && tail.rows == 0;
    }
    [[nodiscard]] int taps() const { return head_taps + (tail.rows > 0 ? 1 : 0); }
    // Records from one row of positions to the next, and image rows from one record to the next.
    [[nodiscard]] int stride_y(const Gather& g) const { return own_records ? 1 : g.stride_y / head.rows; }
    [[nodiscard]] int record_rows(const Gather& g) const { return own_records ? g.stride_y : head.rows; }
    [[nodiscard]] int tail_record() const { return own_records ? 0 : head_taps; }
    [[nodiscard]] int records(const Gather& g) const {
        return (g.grid_h - 1) * stride_y(g) + (own_records ? 1 : taps());
    }
    [[nodiscard]] std::int64_t k() const { return head_taps * to_words(head.run) + to_words(tail.run); }
    [[nodiscard]] std::int64_t elements(const Gather& g) const {  // of an image
        return records(g) * (head.elements(g) + tail.elements(g));
    }
};

// All ways: heads of `rows` rows in each form, and what is left of the kernel in each. (Of shared records the
// last may also be read whole.)
std::vector<Fold> folds(const Gather& g, const Kernel& kernel) {
    std::vector<Fold> found;
    for (const bool own : {false, true}) {
        for (int rows = 1; rows <= (own ? kernel.height : std::min(g.stride_y, kernel.height)); ++rows) {
            if (!own && g.stride_y % rows != 0) continue;
            const int whole = own ? 1 : kernel.height / rows;
            const int rest = kernel.height - whole * rows;
            for (const Form form : {Form::Columns, Form::Windows}) {
                const Part head(form, rows, g, kernel.width);
                if (rest == 0 || !own) found.push_back({own, whole + (rest > 0 ? 1 : 0), head, {}});
                if (rest == 0) continue;
                for (const Form tail_form : {Form::Columns, Form::Windows}) {
                    const Part tail(tail_form, rest, g, kernel.width);
                    if (tail.run <= head.run) found.push_back({own, whole, head, tail});
                }
            }
        }
    }
    return found;
}

std::optional<Fold> best_fold(const Gather& g) {
    const std::optional<Kernel> kernel = whole_kernel(g.taps);
    if (!kernel) return std::nullopt;
    const std::int64_t padded = static_cast<std::int64_t>(g.taps.size()) * pad_channels(g.channels, 1);
    const std::int64_t most = kMostCopies * std::int64_t{g.in_h} * g.in_w * g.channels;
    std::optional<Fold> best;
    const auto cost = [&](const Fold& fold) { return std::tuple(fold.k(), fold.elements(g), fold.taps()); };
    for (const Fold& fold : folds(g, *kernel)) {
        const bool fewer_runs =
            fold.k() == padded && fold.plain() && static_cast<std::size_t>(fold.taps()) < g.taps.size();
        if ((fold.k() >= padded && !fewer_runs) || fold.elements(g) > most) continue;
        if (fold.elements(g) / fold.records(g) > std::numeric_limits<int>::max())
            continue;  // Gather has ints
        if (!best || cost(fold) < cost(*best)) best = fold;
    }
    return best;
}

}  // namespace

std::optional<GemmTask> fold_image(const GemmTask& task) {
    const Gather& g = task.gather;
    if (!g.from_host || g.pixel > 0 || task.count > 1 || !task.nm.dense()) return std::nullopt;
    const std::optional<Fold> best = best_fold(g);
    if (!best) return std::nullopt;

    GemmTask folded = task;
    Gather& f = folded.gather;
    // A column of the stored map is what one position is from the next; the first is the kernel's at position
    // 0.
    const auto narrow = [](std::int64_t elements) { return static_cast<int>(elements); };
    f.channels = narrow(best->head.run);
    f.pixel = narrow(best->head.step);
    f.stride_x = 1;
    f.stride_y = best->stride_y(g);
    f.in_w = narrow(best->head.steps(g));
    f.in_h = best->records(g);
    f.taps.clear();
    for (int tap = 0; tap < best->head_taps; ++tap) f.taps.push_back({tap, 0, tap});
    if (const Part& tail = best->tail; tail.rows > 0) {
        const std::int64_t offset = best->head.elements(g);
        f.tail = {narrow(tail.run), narrow(tail.step), narrow(offset), narrow(offset + tail.elements(g))};
        f.taps.push_back({best->tail_record(), 0, best->head_taps});
    }
    (task.sums_positions() ? folded.shape.m : folded.shape.k) = f.extent();
    return folded;
}

GemmTask on_stored_input(const GemmTask& task) {
    return fold_image(task).value_or(task);
}

FoldedOrder::FoldedOrder(const Gather& image) : first_(image.taps.front()), channels_(image.channels) {
    const std::optional<Fold> fold = best_fold(image);
    if (!fold) throw std::logic_error("the order of an input that is not folded");
    width_ = whole_kernel(image.taps)->width;
    record_rows_ = fold->record_rows(image);
    const auto part = [&](const Part& stored, int first, std::int64_t at) {
        if (stored.form == Form::Windows)
            return Stored{first,          stored.rows, at,     image.grid_w,
                          image.stride_x, stored.step, width_, stored.column};
        return Stored{first, stored.rows, at, 1, 0, 0, stored.elements(image) / stored.column, stored.column};
    };
    head_ = part(fold->head, 0, 0);
    if (fold->tail.rows == 0) return;
    tail_tap_ = fold->head_taps;
    tail_ = part(fold->tail, fold->own_records ? fold->head.rows : 0, fold->head.elements(image));
}

FoldedOrder::Element FoldedOrder::of(std::size_t tap, int channel) const {
    const int row = static_cast<int>(tap) / width_;
    const int column = static_cast<int>(tap) % width_;
    // The tail's rows are fewer than a record's, and the kernel's last.
    const std::int64_t record =
        tail_tap_ >= 0 ? std::min<std::int64_t>(row / head_.rows, tail_tap_) : row / head_.rows;
    const Stored& part = record == tail_tap_ ? tail_ : head_;
    const auto first = static_cast<int>(record) * head_.rows;
    return {record, std::int64_t{column} * part.column_pitch + (row - first) * channels_ + channel};
}

std::vector<FoldedOrder::Pixel> FoldedOrder::pixels(int record) const {
    std::vector<Pixel> found;
    for (const Stored& part : {head_, tail_}) {
        if (part.rows == 0) continue;
        for (int block = 0; block < part.blocks; ++block) {
            for (int x = 0; x < part.columns; ++x) {
                for (int row = 0; row < part.rows; ++row) {
                    found.push_back({record * record_rows_ + part.first + row + first_.dy,
                                     block * part.step + x + first_.dx,
                                     part.at + block * part.block_pitch +
                                         std::int64_t{x} * part.column_pitch +
                                         std::int64_t{row} * channels_});
                }
            }
        }
    }
    return found;
}

}  // namespace satsim::schedule
