#include "runtime/schedule/scheduler.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "runtime/schedule/bound.hpp"
#include "runtime/schedule/predict.hpp"
#include "runtime/schedule/schedule_order.hpp"
#include "runtime/support/error.hpp"

namespace satsim::schedule {
namespace {

using Choice = ScheduleOptions::DataflowChoice;

// Estimates that differ by less say nothing about which schedule is faster.
constexpr double kSameEstimate = 0.005;

void put(const Estimate& estimate, GemmSchedule& schedule) {
    schedule.predicted = estimate.cycles;
    schedule.lines = estimate.lines;
    schedule.least = estimate.least;
}

// The slot counts worth trying: all that hide the accumulator's latency, and powers of two; one of each
// without interleaving. Slots beyond the blocks of rows and columns that there are change nothing: of pairs
// that come to the same, the first.
std::vector<std::pair<int, int>> slot_pairs(const isa::ArrayConfig& array, const ScheduleOptions& options,
                                            std::int64_t rows, std::int64_t columns) {
    if (!options.interleave) return {{1, 1}};
    const auto power_of_two = [](int x) { return (x & (x - 1)) == 0; };
    const std::int64_t row_blocks = ceil_div<std::int64_t>(rows, array.rows);
    const std::int64_t column_blocks = ceil_div<std::int64_t>(columns, array.columns);
    std::set<std::pair<std::int64_t, std::int64_t>> used;
    std::vector<std::pair<int, int>> pairs;
    for (int sr = 1; sr <= array.row_slots(); ++sr) {
        for (int sc = 1; sr * sc <= array.slots; ++sc) {
            const bool worth = sr * sc >= isa::timing::kAccInterval || (power_of_two(sr) && power_of_two(sc));
            if (worth && used.emplace(std::min<std::int64_t>(sr, row_blocks),
                                      std::min<std::int64_t>(sc, column_blocks))
                             .second)
                pairs.emplace_back(sr, sc);
        }
    }
    return pairs;
}

// The schedules found so far, and which others need not be looked at.
class Found {
  public:
    // `limit`: as many are wanted.
    explicit Found(std::size_t limit) : limit_(limit) {}

    // Whether one that takes `bound` cycles or more could be ahead of no wanted one by more than what
    // estimates do not tell apart.
    [[nodiscard]] bool are_no_worse(double bound) const {
        return best_.size() == limit_ &&
               static_cast<double>(best_.back().first) <= (1 + kSameEstimate) * bound;
    }
    void add(const GemmSchedule& schedule) {
        schedules_.push_back(schedule);
        // Schedules that differ in what does not matter to the task have one estimate, and one program.
        const std::pair estimate(schedule.predicted, schedule.lines);
        const auto at = std::ranges::lower_bound(best_, estimate);
        if (at != best_.end() && *at == estimate) return;
        best_.insert(at, estimate);
        if (best_.size() > limit_) best_.pop_back();
    }
    [[nodiscard]] std::vector<GemmSchedule> take() { return std::move(schedules_); }

  private:
    std::size_t limit_;
    std::vector<std::pair<Cycles, double>> best_;  // cycles and lines, ascending
    std::vector<GemmSchedule> schedules_;
};

void add_weight_update(const GemmTask& task, const MachineView& machine, const ScheduleOptions& options,
                       Found& out) {
    const auto taps = static_cast<std::int64_t>(task.gather.taps.size());
    const std::int64_t rows = taps * round_up<std::int64_t>(task.gather.channels, 4);
    const WuBound bound(task, machine);
    std::vector<GemmSchedule> shapes;
    for (const auto& [sr, sc] : slot_pairs(machine.array, options, rows, task.shape.n)) {
        GemmSchedule schedule;
        schedule.row_slots = sr;
        schedule.column_slots = sc;
        schedule.tile_m = std::int64_t{machine.array.rows} * sr;
        schedule.tile_n = std::int64_t{machine.array.columns} * sc;
        schedule.b_resident = false;
        put(bound.of(schedule), schedule);
        shapes.push_back(schedule);
    }
    sort_by_time_and_traffic(shapes, kSameEstimate);
    for (GemmSchedule& schedule : shapes) {
        if (out.are_no_worse(static_cast<double>(schedule.predicted))) break;
        for (const bool fill : {false, true}) {
            schedule.fill_rows = fill;
            const WuPlan plan = plan_wu(task, schedule, machine.array);
            if (!plan.valid()) continue;
            schedule.chunk_k = plan.chunk_positions;
            put(predict_wu(task, schedule, machine, plan), schedule);
            out.add(schedule);
        }
    }
}

// Whether LOAD's program of a strip may not fit the instruction memory: so many instructions a segment at
// most, up to three panels (in a loop, its rest, the last) of two sizes of row tiles.
bool is_long(const Chunk& gathered, const isa::ArrayConfig& array) {
    constexpr std::int64_t kOfSegment = 5;
    constexpr std::int64_t kOfTile = 60;  // geometry, B, loops
    const auto segments = static_cast<std::int64_t>(gathered.segments.size());
    return segments > 0 && 2 * 3 * (kOfSegment * segments + kOfTile) > array.instructions;
}

void add_output_stationary(const GemmTask& task, const MachineView& machine, const ScheduleOptions& options,
                           Found& out) {
    struct Form {
        LoopOrder order;
        bool resident;
    };
    constexpr Form kForms[] = {{LoopOrder::ColumnsOutside, true},
                               {LoopOrder::ColumnsOutside, false},
                               {LoopOrder::RowsOutside, false}};
    const std::vector<int> heights = strip_heights(task.gather);
    const OsBound bound(task, machine, heights);
    std::vector<GemmSchedule> shapes;
    for (const auto& [sr, sc] : slot_pairs(machine.array, options, task.gather.positions(), task.shape.n)) {
        for (const Form& form : kForms) {
            // One panel of columns: both orders are the same.
            if (form.order == LoopOrder::RowsOutside &&
                task.shape.n <= std::int64_t{machine.array.columns} * sc)
                continue;
            GemmSchedule schedule;
            schedule.row_slots = sr;
            schedule.column_slots = sc;
            schedule.order = form.order;
            schedule.b_resident = form.resident;
            schedule.tile_m = std::int64_t{machine.array.rows} * sr;
            schedule.tile_n = std::int64_t{machine.array.columns} * sc;
            put(bound.of(schedule), schedule);
            shapes.push_back(schedule);
        }
    }
    // Of those that promise the same, the ones with least traffic come first: it is by traffic that they are
    // chosen from in the end.
    sort_by_time_and_traffic(shapes, kSameEstimate);
    for (GemmSchedule& schedule : shapes) {
        const auto least = static_cast<double>(schedule.predicted);
        if (out.are_no_worse(least)) break;
        std::vector<GemmSchedule> strips;
        for (auto height = heights.rbegin(); height != heights.rend(); ++height) {
            schedule.strip_rows = *height;
            schedule.chunk_k = 0;
            const OsPlan plan = plan_os(task, schedule, machine.array);
            if (!plan.valid() || is_long(plan.gathered, machine.array)) continue;
            for (const Chunk& chunk : plan.chunks) {
                schedule.chunk_k =
                    std::max(schedule.chunk_k, chunk.b_rows / plan.layout.nm.n * plan.layout.nm.m);
            }
            put(predict_os(task, schedule, machine, plan), schedule);
            strips.push_back(schedule);
            if (options.all_heights) continue;
            // Lower ones move more, and are hardly faster.
            if (static_cast<double>(schedule.predicted) <= (1 + kSameEstimate) * least) break;
        }
        sort_by_time_and_traffic(strips, kSameEstimate);
        // Of heights, in which alone they differ, the best: the rest would crowd other tiles out.
        if (!options.all_heights && !strips.empty()) strips.resize(1);
        for (const GemmSchedule& strip : strips) out.add(strip);
    }
}

std::vector<GemmSchedule> output_stationary(const GemmTask& task, const MachineView& machine,
                                            const ScheduleOptions& options, std::size_t limit) {
    Found found(limit);
    add_output_stationary(task, machine, options, found);
    return found.take();
}

// `shape`: row slots and columns of a tile. None where it does not fit.
std::optional<GemmSchedule> weight_stationary(const GemmTask& task, const MachineView& machine,
                                              const GemmSchedule& shape) {
    const WsPlan plan = plan_ws(task, shape, machine.array);
    if (!plan.valid()) return std::nullopt;
    GemmSchedule schedule = shape;
    schedule.tile_m = plan.block;
    schedule.chunk_k = std::int64_t{machine.array.rows} * plan.layout.nm.m;
    put(predict_ws(task, schedule, machine, plan), schedule);
    return schedule;
}

void add_weight_stationary(const GemmTask& task, const MachineView& machine, const ScheduleOptions& options,
                           KnownEstimates& known, Found& out) {
    constexpr int kMostPanels = 8;
    const std::int64_t all_panels = ceil_div<std::int64_t>(task.shape.n, machine.array.columns);
    const WsBound bound(task, machine.array);
    for (int sr = options.interleave ? machine.array.row_slots() : 1; sr >= 1; --sr) {
        // More slots than the accumulator needs only lengthen the way down the rows.
        if (sr > 1 && sr != machine.array.row_slots() && sr != isa::timing::kAccInterval) continue;
        GemmSchedule schedule;
        schedule.dataflow = Dataflow::WeightStationary;
        schedule.row_slots = sr;
        schedule.column_slots = 1;
        schedule.b_resident = false;
        if (out.are_no_worse(static_cast<double>(bound.of(schedule).cycles))) continue;
        for (std::int64_t panels = 1; panels <= std::min<std::int64_t>(kMostPanels, all_panels); ++panels) {
            schedule.tile_n = panels * machine.array.columns;
            const auto estimated = known.weight_stationary(
                sr, panels, [&] { return weight_stationary(task, machine, schedule); });
            if (estimated) out.add(*estimated);
        }
    }
}

// Programs whose tiles differ (WU with cut runs) are long.
bool fits_instruction_memory(const isa::Program& program) {
    return std::all_of(program.streams.begin(), program.streams.end(), [&](const auto& stream) {
        return stream.size() <= static_cast<std::size_t>(program.config.instructions);
    });
}

// Schedules that fit the buffers, best estimate first: at least the best `limit`.
std::vector<GemmSchedule> estimated(const GemmTask& task, const MachineView& machine,
                                    const ScheduleOptions& options, std::size_t limit,
                                    KnownEstimates& known) {
    known.use_for(options.interleave, limit);
    Found found(limit);
    if (task.sums_positions()) {
        // Weights do not exist yet, and the array turns A in output-stationary operations only.
        add_weight_update(task, machine, options, found);
    } else {
        if (options.dataflow != Choice::WeightStationary) {
            for (const GemmSchedule& schedule :
                 known.output_stationary([&] { return output_stationary(task, machine, options, limit); }))
                found.add(schedule);
        }
        if (options.dataflow != Choice::OutputStationary)
            add_weight_stationary(task, machine, options, known, found);
    }
    std::vector<GemmSchedule> schedules = found.take();
    sort_by_time_and_traffic(schedules, kSameEstimate);
    return schedules;
}

std::vector<Candidate> emitted(const GemmTask& task, const MachineView& machine,
                               const std::vector<GemmSchedule>& schedules, std::size_t limit,
                               const CandidateWatch& watch) {
    std::vector<Candidate> programs;
    for (const GemmSchedule& schedule : schedules) {
        if (programs.size() == limit) break;
        if (!watch.worth(schedule)) continue;
        isa::Program program = emit_gemm(task, schedule, machine);
        // Schedules that differ in what does not matter to this task have one program.
        const bool known =
            std::ranges::any_of(programs, [&](const Candidate& other) { return other.program == program; });
        if (known || !fits_instruction_memory(program)) continue;
        programs.push_back({schedule, std::move(program)});
        watch.emitted(programs.back());
    }
    return programs;
}

}  // namespace

std::string GemmSchedule::tile_text() const {
    std::string text = std::to_string(tile_m) + "x" + std::to_string(tile_n) + "x" + std::to_string(chunk_k);
    text += std::string(" ") + to_string(dataflow) + " sr" + std::to_string(row_slots) + " sc" +
            std::to_string(column_slots);
    text += order == LoopOrder::ColumnsOutside ? " n-outside" : " m-outside";
    if (strip_rows > 1) text += " strips of " + std::to_string(strip_rows);
    if (b_resident) text += " B-resident";
    return text;
}

std::vector<Candidate> candidate_programs(const GemmTask& task, const MachineView& machine,
                                          const ScheduleOptions& options, std::size_t limit) {
    KnownEstimates none;
    return candidate_programs(task, machine, options, limit,
                              {[](const GemmSchedule&) { return true; }, [](Candidate&) {}}, none);
}

std::vector<Candidate> candidate_programs(const GemmTask& task, const MachineView& machine,
                                          const ScheduleOptions& options, std::size_t limit,
                                          const CandidateWatch& watch, KnownEstimates& known) {
    std::vector<GemmSchedule> schedules = estimated(task, machine, options, limit, known);
    if (schedules.empty()) {
        throw InputError(
            "layer " + task.layer, "",
            std::string(to_string(task.stage)) + ": no tile fits the on-chip buffers of this hardware");
    }
    std::vector<Candidate> programs = emitted(task, machine, schedules, limit, watch);
    if (programs.empty()) {
        // All too long: schedules that are behind may have shorter programs.
        KnownEstimates all;
        schedules = estimated(task, machine, options, std::numeric_limits<std::size_t>::max(), all);
        programs = emitted(task, machine, schedules, limit, watch);
    }
    if (programs.empty()) {
        throw InputError("layer " + task.layer, "",
                         std::string(to_string(task.stage)) + ": every program " +
                             (options.dataflow == Choice::WeightStationary ? "of dataflow ws " : "") +
                             "is longer than the " + std::to_string(machine.array.instructions) +
                             " instructions that an engine's memory holds");
    }
    return programs;
}

std::vector<GemmSchedule> candidate_schedules(const GemmTask& task, const MachineView& machine,
                                              const ScheduleOptions& options, std::size_t limit) {
    std::vector<GemmSchedule> schedules;
    for (Candidate& candidate : candidate_programs(task, machine, options, limit))
        schedules.push_back(candidate.schedule);
    return schedules;
}

isa::Program emit_gemm(const GemmTask& task, const GemmSchedule& schedule, const MachineView& machine) {
    if (task.sums_positions()) return emit_gemm_wu(task, schedule, machine);
    return schedule.dataflow == Dataflow::WeightStationary ? emit_gemm_ws(task, schedule, machine)
                                                           : emit_gemm_os(task, schedule, machine);
}

Estimate predict_gemm(const GemmTask& task, const GemmSchedule& schedule, const MachineView& machine) {
    if (task.sums_positions())
        return predict_wu(task, schedule, machine, plan_wu(task, schedule, machine.array));
    return schedule.dataflow == Dataflow::WeightStationary
               ? predict_ws(task, schedule, machine, plan_ws(task, schedule, machine.array))
               : predict_os(task, schedule, machine, plan_os(task, schedule, machine.array));
}

}  // namespace satsim::schedule
