#include "sim/verify/draw.hpp"

#include <optional>
#include <stdexcept>
#include <vector>

#include "runtime/schedule/emit_gemm_os.hpp"
#include "runtime/schedule/fold_image.hpp"
#include "runtime/support/error.hpp"
#include "runtime/support/stored_pattern.hpp"
#include "sim/verify/gemm_case.hpp"
#include "sim/verify/random.hpp"

namespace satsim::verify {
namespace {

using schedule::ScheduleOptions;
using schedule::VectorKernel;
using schedule::VectorProblem;

constexpr int kMostRefusals = 500;
constexpr std::size_t kMostSchedules = 100;

GemmTask draw_task(const GemmKind& kind, const isa::ArrayConfig& array, std::mt19937_64& rng) {
    CaseOptions options;
    options.over_positions = kind.weight_update && one_in(rng, 3);
    options.stage = kind.weight_update && !options.over_positions ? Stage::WU
                    : one_in(rng, 2)                              ? Stage::FF
                                                                  : Stage::BP;
    options.nm = kind.nm;
    options.matrix = kind.form == GemmForm::Matrix;
    options.kernel = !options.matrix && one_in(rng, 3);
    options.from_host = options.kernel && one_in(rng, 2);
    options.max_channels = 34;
    options.max_columns = std::max(40, 2 * array.columns + 7);         // more than two tiles
    if (options.matrix && one_in(rng, 12)) options.max_columns = 700;  // rows that begin at lines
    options.max_grid = 5 + array.rows / 8;
    options.count = one_in(rng, 6) ? 2 : 1;
    GemmTask task = random_task(rng, options);
    return options.kernel && one_in(rng, 2) ? schedule::on_stored_input(task) : task;
}

// Any height of strips that fits, not only the one with the best estimate.
void draw_strips(GemmWork& work, const isa::ArrayConfig& array, std::mt19937_64& rng) {
    if (work.task.sums_positions() || work.schedule.dataflow != schedule::Dataflow::OutputStationary) return;
    const std::vector<int> heights = schedule::strip_heights(work.task.gather);
    schedule::GemmSchedule drawn = work.schedule;
    drawn.strip_rows = heights[static_cast<std::size_t>(pick(rng, 0, static_cast<int>(heights.size()) - 1))];
    if (schedule::plan_os(work.task, drawn, array).valid()) work.schedule = drawn;
}

std::optional<GemmWork> draw_gemm(const GemmKind& kind, const Case& c, std::mt19937_64& rng) {
    GemmWork work;
    work.task = draw_task(kind, c.array, rng);
    ScheduleOptions choice;
    choice.dataflow = kind.dataflow == schedule::Dataflow::WeightStationary
                          ? ScheduleOptions::DataflowChoice::WeightStationary
                          : ScheduleOptions::DataflowChoice::OutputStationary;
    choice.interleave = !one_in(rng, 5);
    try {
        const auto schedules =
            schedule::candidate_schedules(work.task, {c.array, c.memory}, choice, kMostSchedules);
        work.schedule =
            schedules[static_cast<std::size_t>(pick(rng, 0, static_cast<int>(schedules.size()) - 1))];
        draw_strips(work, c.array, rng);
        return work;
    } catch (const InputError&) {  // every program is longer than the instruction memory
        return std::nullopt;
    }
}

std::optional<VectorProblem> draw_vector(VectorKernel kernel, const isa::ArrayConfig& array,
                                         std::mt19937_64& rng) {
    VectorProblem p;
    p.layer = "random";
    p.kernel = kernel;
    const auto pattern = [&] {
        if (one_in(rng, 6)) return kOneOfTwo;
        const int m = 4 << pick(rng, 0, array.max_m == 16 ? 2 : 1);
        return NmPattern{one_in(rng, 4) ? m : pick(rng, 1, m), m};
    };
    const bool update =
        kernel == VectorKernel::Sgd || kernel == VectorKernel::Adam || kernel == VectorKernel::AdamW;
    if (update || kernel == VectorKernel::Prune) {
        p.rows = pick_size(rng, 101);
        const bool wide = one_in(rng, 8);  // rows that begin at lines (schedule::row_pitch)
        if (wide) p.rows = pick_size(rng, 20);
        p.columns = pick_size(rng, wide ? 700 : 127);
        p.taps = pick(rng, 1, 3);
        if (!one_in(rng, 4)) p.pack_ff = pattern();
        if (!one_in(rng, 4) || (kernel == VectorKernel::Prune && !p.pack_ff)) p.pack_bp = pattern();
    } else {
        p.rows = pick_size(rng, 300);
        p.columns = 4 * pick_size(rng, 41);  // channels as stored
    }
    if (kernel == VectorKernel::ZeroFill) p.rows = 1;
    p.relu = one_in(rng, 2);
    p.hyper.loss_scale = 8.0F;
    p.hyper.weight_decay = 1e-2F;
    if (one_in(rng, 2)) p.hyper.sr_ste_decay = 2e-2F;
    p.hyper.step = pick(rng, 1, 100);
    try {
        (void)schedule::emit_vector_program(p, array);
        return p;
    } catch (const InputError&) {  // operands, results and copies exceed the vector memory
        return std::nullopt;
    }
}

bool draw_work(const Kind& kind, Case& c, std::mt19937_64& rng) {
    if (const auto* gemm = std::get_if<GemmKind>(&kind.work)) {
        if (auto work = draw_gemm(*gemm, c, rng))
            c.work = *std::move(work);
        else
            return false;
    } else {
        if (auto problem = draw_vector(std::get<VectorKernel>(kind.work), c.array, rng))
            c.work = *std::move(problem);
        else
            return false;
    }
    return true;
}

}  // namespace

Draw draw_case(const Kind& kind, const isa::ArrayConfig& array, std::uint64_t seed) {
    std::mt19937_64 rng(seed);
    Draw draw;
    Case& c = draw.found;
    c.kind = kind.name;
    c.array = array;
    c.memory.channels = array.channels;
    c.memory.kind = one_in(rng, 4) ? dram::MemoryKind::Ideal : dram::MemoryKind::Ddr4;
    c.memory.stall_seed = one_in(rng, 2) ? 0 : static_cast<std::uint64_t>(pick(rng, 1, 1'000'000));
    c.data_seed = static_cast<std::uint64_t>(pick(rng, 1, 1'000'000));
    c.rtl_seed = pick(rng, 1, 1'000'000);
    while (!draw_work(kind, c, rng)) {
        if (++draw.refused == kMostRefusals)
            throw std::logic_error("no program of kind " + kind.name + " fits a " + array_name(array) +
                                   " array");
    }
    return draw;
}

}  // namespace satsim::verify
