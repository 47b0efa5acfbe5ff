#include "runtime/schedule/bound.hpp"

#include <algorithm>

#include "runtime/schedule/index_panels.hpp"
#include "runtime/schedule/predict.hpp"
#include "runtime/schedule/strip.hpp"

namespace satsim::schedule {
namespace {

// Of a walk over all positions: what the taps of `strip` read.
double walked_lines(const Strip& strip, const GemmLayout& layout, const isa::ArrayConfig& array) {
    const Gather& gather = strip.gather;
    const auto positions = static_cast<double>(gather.positions());
    double lines = 0;
    for (int tap = 0; tap < static_cast<int>(gather.taps.size()); ++tap) {
        // A strip has more taps than the kernel, each like its first.
        const int like = strip.rows > 1 ? 0 : tap;
        lines += gather_cost(gather, tap, positions, static_cast<double>(layout.run_of(like)),
                             layout.pitch_of(like), array)
                     .lines;
    }
    return lines;
}

// MAC slots that a step of K takes of a tile's columns, for a block of R rows: idle ones where slots do not
// hide the accumulator, or the west feed is the slower.
double slots_of_block(const NmPattern& nm, int sr, int sc) {
    const double of_tile = static_cast<double>(std::max(sr * sc, isa::timing::kAccInterval)) / sr;
    return std::max(nm.n * of_tile, nm.m / 4.0);
}

}  // namespace

OsBound::OsBound(const GemmTask& task, const MachineView& machine, const std::vector<int>& strip_heights)
    : task_(task),
      array_(machine.array),
      layout_(layout_gemm(task, machine.array)),
      memory_(machine.memory),
      latency_(round_trip(machine.memory)),
      height_(strip_heights.back()),
      a_lines_(walked_lines(make_strip(task.gather, height_), layout_, machine.array)) {}

Estimate OsBound::of(const GemmSchedule& schedule) const {
    const NmPattern nm = layout_.nm;
    const std::int64_t rows = task_.gather.positions();
    const std::int64_t panels = ceil_div(task_.shape.n, schedule.tile_n);
    const std::int64_t first = (panels - 1) * schedule.tile_n;
    const auto k_rows = static_cast<double>(layout_.k_rows);
    const auto blocks = static_cast<double>(ceil_div<std::int64_t>(rows, array_.rows));
    const std::int64_t step = panels > 1 ? schedule.tile_n : 0;  // from one panel to the next
    double slots = 0;    // taken in every step of K, over all panels and blocks of rows
    double b_lines = 0;  // of all panels
    double c_lines = 0;
    double panel = 0;  // pieces of the last one
    for (const bool last : {false, true}) {
        const auto count = static_cast<double>(last ? 1 : panels - 1);
        if (count == 0) continue;
        const std::int64_t columns = last ? task_.shape.n - first : schedule.tile_n;
        const int sc = last ? column_slots_for(first, columns, nm, array_) : schedule.column_slots;
        const double width = static_cast<double>(array_.columns) * sc;
        slots += count * blocks * slots_of_block(nm, schedule.row_slots, sc);
        const TransferCost values =
            matrix_cost(k_rows, width * 2, static_cast<double>(layout_.b_pitch), array_, step * 2);
        b_lines += count * values.lines;
        if (last) panel = values.pieces;
        if (!nm.dense()) {
            b_lines +=
                count * matrix_cost(k_rows, 8.0 * static_cast<double>(array_.index_row_words(sc)),
                                    static_cast<double>(layout_.indices_pitch), array_, index_step(step))
                            .lines;
        }
        c_lines += count * transfer_cost(static_cast<double>(rows),
                                         static_cast<double>(columns) * result_bytes(task_),
                                         static_cast<double>(layout_.c_pitch * task_.scatter.step_x), array_,
                                         step * result_bytes(task_))
                               .lines;
    }
    // Nothing hides the way of the first operands to the array and of the last results from it.
    const int sc = column_slots_for(first, task_.shape.n - first, nm, array_);
    const std::int64_t last_rows =
        height_ > 1 ? 1 : rows - (ceil_div(rows, schedule.tile_m) - 1) * schedule.tile_m;
    const auto last_blocks = static_cast<double>(ceil_div<std::int64_t>(last_rows, array_.rows));
    const bool waits = schedule.order == LoopOrder::ColumnsOutside && schedule.b_resident;
    const double ends = 2 * latency_ + os_timing(array_, nm, schedule.row_slots, sc, false).results +
                        (waits ? panel : 0) +
                        last_blocks * sc * std::min<double>(array_.rows, static_cast<double>(last_rows)) +
                        static_cast<double>(last_rows);
    const bool outside = schedule.order == LoopOrder::ColumnsOutside;
    const double a_times = outside ? static_cast<double>(panels) : 1;
    const double b_times = outside && schedule.b_resident
                               ? 1
                               : static_cast<double>(ceil_div<std::int64_t>(rows, height_ * schedule.tile_m));
    const double reads = a_times * a_lines_ + b_times * b_lines;
    const auto products = static_cast<double>(task_.count);
    const double array = products * slots * k_rows / nm.n;
    return {static_cast<Cycles>(std::max(array + ends, products * bus_cycles(reads, c_lines, memory_))),
            products * (reads + c_lines), static_cast<Cycles>(array)};
}

WuBound::WuBound(const GemmTask& task, const MachineView& machine)
    : task_(task),
      array_(machine.array),
      layout_(layout_gemm(task, machine.array)),
      memory_(machine.memory),
      rows_(0),
      a_lines_(0) {
    for (int tap = 0; tap < static_cast<int>(task.gather.taps.size()); ++tap) {
        a_lines_ += gather_cost(task.gather, tap, static_cast<double>(task.shape.k),
                                static_cast<double>(layout_.run_of(tap)), layout_.pitch_of(tap), array_)
                        .lines;
        rows_ += round_up<std::int64_t>(task.gather.channels_of(static_cast<std::size_t>(tap)), 4);
    }
}

Estimate WuBound::of(const GemmSchedule& schedule) const {
    const NmPattern nm = layout_.nm;
    const std::int64_t panels = ceil_div(task_.shape.n, schedule.tile_n);
    const auto positions = static_cast<double>(task_.shape.k);
    const auto blocks = static_cast<double>(ceil_div<std::int64_t>(rows_, array_.rows));
    double slots = 0;
    double b_lines = 0;
    for (const bool last : {false, true}) {
        const auto count = static_cast<double>(last ? 1 : panels - 1);
        const std::int64_t columns = last ? task_.shape.n - (panels - 1) * schedule.tile_n : schedule.tile_n;
        const auto sc = static_cast<int>(ceil_div<std::int64_t>(columns, array_.columns));
        slots += count * blocks * slots_of_block(nm, schedule.row_slots, sc);
        b_lines += count * transfer_cost(positions, 2.0 * array_.columns * sc,
                                         static_cast<double>(layout_.b_pitch), array_)
                               .lines;
    }
    const double lines = static_cast<double>(panels) * a_lines_ +
                         static_cast<double>(ceil_div(rows_, schedule.tile_m)) * b_lines;
    const auto products = static_cast<double>(task_.count);
    const double array = products * slots * static_cast<double>(ceil_div<std::int64_t>(task_.shape.k, nm.m));
    return {static_cast<Cycles>(std::max(array, products * bus_cycles(lines, 0, memory_))), products * lines,
            static_cast<Cycles>(array)};
}

Estimate WsBound::of(const GemmSchedule& schedule) const {
    const NmPattern nm = layout_.nm;
    const std::int64_t groups = layout_.k_rows / nm.n;
    const std::int64_t operations = ceil_div<std::int64_t>(groups, array_.rows) *
                                    ceil_div<std::int64_t>(task_.shape.n, array_.columns) * task_.count;
    const std::int64_t steps = ceil_div<std::int64_t>(task_.gather.positions(), schedule.row_slots);
    const auto array = static_cast<Cycles>(static_cast<double>(operations) *
                                           occupied_cycles(steps, nm.n, nm.m, schedule.row_slots, 1));
    return {array, 0, array};
}

}  // namespace satsim::schedule
