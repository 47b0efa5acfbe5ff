#include "sim/verify/reductions.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "runtime/schedule/scheduler.hpp"
#include "runtime/support/error.hpp"

namespace satsim::verify {
namespace {

using schedule::GemmSchedule;
using schedule::VectorProblem;
using Take = std::function<bool(const Case&)>;

constexpr std::size_t kMostSchedules = 100;
constexpr std::size_t kNearSchedules = 2;  // tried for each smaller task

// Smaller values of a size, in steps of `unit`: the least, half, one less.
template <typename T>
std::vector<T> smaller_sizes(T value, T unit = 1) {
    std::vector<T> sizes;
    const auto add = [&](T size) {
        if (size >= unit && size < value && std::find(sizes.begin(), sizes.end(), size) == sizes.end())
            sizes.push_back(size);
    };
    add(unit);
    add(value / 2 / unit * unit);
    add(value - unit);
    return sizes;
}

// Sizes that follow from the gather and the number of columns.
GemmTask completed(GemmTask task) {
    Gather& g = task.gather;
    for (std::size_t i = 0; i < g.taps.size(); ++i) g.taps[i].weight_tap = static_cast<int>(i);
    g.tail.channels = std::min(g.tail.channels, g.channels);
    const std::int64_t reduction = g.extent();
    if (task.sums_positions()) {
        task.shape.m = reduction;
        task.shape.k = g.positions();
    } else {
        task.shape.m = g.positions();
        task.shape.k = reduction;
        task.scatter.out_w = g.grid_w * task.scatter.step_x;
        task.scatter.out_h = g.grid_h * task.scatter.step_y;
    }
    return task;
}

template <typename T, typename Field>
void reduce_size(std::vector<GemmTask>& tasks, const GemmTask& task, Field field) {
    GemmTask copy = task;
    const T value = field(copy);
    for (const T size : smaller_sizes<T>(value)) {
        field(copy) = size;
        tasks.push_back(copy);
    }
}

void reduce_taps(std::vector<GemmTask>& tasks, const GemmTask& task) {
    const auto& taps = task.gather.taps;
    const auto with = [&](std::vector<Tap> changed) {
        GemmTask copy = task;
        copy.gather.taps = std::move(changed);
        tasks.push_back(copy);
    };
    if (taps.size() > 1) {
        const auto middle = taps.begin() + static_cast<std::ptrdiff_t>(taps.size() / 2);
        with({taps.begin(), middle});
        with({middle, taps.end()});
    }
    for (std::size_t i = 0; i < taps.size(); ++i) {
        if (taps.size() > 1) {
            std::vector<Tap> fewer = taps;
            fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
            with(std::move(fewer));
        }
        if (taps[i].dx != 0 || taps[i].dy != 0) {
            std::vector<Tap> centred = taps;
            centred[i].dx = centred[i].dy = 0;
            with(std::move(centred));
        }
    }
}

std::vector<GemmTask> smaller_tasks(const GemmTask& task) {
    std::vector<GemmTask> tasks;
    reduce_size<std::int64_t>(
        tasks, task, [](GemmTask & t) -> auto& { return t.count; });
    reduce_size<std::int64_t>(
        tasks, task, [](GemmTask & t) -> auto& { return t.gather.batch; });
    reduce_size<int>(
        tasks, task, [](GemmTask & t) -> auto& { return t.gather.channels; });
    reduce_size<std::int64_t>(
        tasks, task, [](GemmTask & t) -> auto& { return t.shape.n; });
    reduce_size<int>(
        tasks, task, [](GemmTask & t) -> auto& { return t.gather.grid_h; });
    reduce_size<int>(
        tasks, task, [](GemmTask & t) -> auto& { return t.gather.grid_w; });
    reduce_taps(tasks, task);
    reduce_size<int>(
        tasks, task, [](GemmTask & t) -> auto& { return t.gather.in_h; });
    reduce_size<int>(
        tasks, task, [](GemmTask & t) -> auto& { return t.gather.in_w; });
    reduce_size<int>(
        tasks, task, [](GemmTask & t) -> auto& { return t.gather.stride_y; });
    reduce_size<int>(
        tasks, task, [](GemmTask & t) -> auto& { return t.gather.stride_x; });
    const auto changed = [&](bool applies, auto change) {
        if (!applies) return;
        tasks.push_back(task);
        change(tasks.back());
    };
    changed(task.gather.pixel > 0, [](GemmTask& t) {
        t.gather.pixel = 0;
        t.gather.tail = {};
    });
    changed(task.scatter.step_x > 1 || task.scatter.step_y > 1, [](GemmTask& t) { t.scatter = {}; });
    changed(task.stage != Stage::WU && task.out == ElementType::Fp32,
            [](GemmTask& t) { t.out = ElementType::Fp16; });
    return tasks;
}

std::vector<GemmSchedule> schedules_of(const GemmTask& task, const Case& c, const GemmSchedule& old) {
    using Choice = schedule::ScheduleOptions::DataflowChoice;
    schedule::ScheduleOptions options;
    options.dataflow = old.dataflow == schedule::Dataflow::WeightStationary ? Choice::WeightStationary
                                                                            : Choice::OutputStationary;
    try {
        return schedule::candidate_schedules(task, {c.array, c.memory}, options, kMostSchedules);
    } catch (const InputError&) {
        return {};
    }
}

int distance(const GemmSchedule& a, const GemmSchedule& b) {
    return (a.row_slots != b.row_slots ? 1 : 0) + (a.column_slots != b.column_slots ? 1 : 0) +
           (a.order != b.order ? 1 : 0) + (a.b_resident != b.b_resident ? 1 : 0) +
           (a.strip_rows != b.strip_rows ? 1 : 0) + (a.fill_rows != b.fill_rows ? 1 : 0) +
           (a.tile_n != b.tile_n ? 1 : 0);
}

bool visit_gemm(const Case& c, const GemmWork& work, const Take& take) {
    Case smaller = c;
    for (const GemmTask& reduced : smaller_tasks(work.task)) {
        const GemmTask task = completed(reduced);
        std::vector<GemmSchedule> schedules = schedules_of(task, c, work.schedule);
        std::stable_sort(schedules.begin(), schedules.end(),
                         [&](const GemmSchedule& a, const GemmSchedule& b) {
                             return distance(a, work.schedule) < distance(b, work.schedule);
                         });
        if (schedules.size() > kNearSchedules) schedules.resize(kNearSchedules);
        for (const GemmSchedule& schedule : schedules) {
            smaller.work = GemmWork{task, schedule};
            if (take(smaller)) return true;
        }
    }
    if (work.schedule.strip_rows > 1) {
        GemmWork plain = work;
        plain.schedule.strip_rows = 1;
        smaller.work = std::move(plain);
        if (take(smaller)) return true;
    }
    // The same task with fewer outputs a processing element.
    const auto slots = [](const GemmSchedule& s) { return s.row_slots * s.column_slots; };
    for (const GemmSchedule& schedule : schedules_of(work.task, c, work.schedule)) {
        if (slots(schedule) >= slots(work.schedule)) continue;
        smaller.work = GemmWork{work.task, schedule};
        if (take(smaller)) return true;
    }
    return false;
}

std::vector<VectorProblem> smaller_problems(const VectorProblem& problem) {
    using schedule::VectorKernel;
    std::vector<VectorProblem> problems;
    const auto with = [&](auto change) {
        problems.push_back(problem);
        change(problems.back());
    };
    const bool weights = problem.kernel == VectorKernel::Sgd || problem.kernel == VectorKernel::Adam ||
                         problem.kernel == VectorKernel::AdamW || problem.kernel == VectorKernel::Prune;
    for (const std::int64_t size : smaller_sizes<std::int64_t>(problem.taps))
        with([&](VectorProblem& p) { p.taps = size; });
    for (const std::int64_t size : smaller_sizes<std::int64_t>(problem.rows))
        with([&](VectorProblem& p) { p.rows = size; });
    // Maps have channels as stored, a multiple of 4.
    for (const std::int64_t size : smaller_sizes<std::int64_t>(problem.columns, weights ? 1 : 4))
        with([&](VectorProblem& p) { p.columns = size; });
    const bool needs_copy = problem.kernel == VectorKernel::Prune;
    if (problem.pack_ff && (!needs_copy || problem.pack_bp))
        with([](VectorProblem& p) { p.pack_ff.reset(); });
    if (problem.pack_bp && (!needs_copy || problem.pack_ff))
        with([](VectorProblem& p) { p.pack_bp.reset(); });
    if (problem.relu) with([](VectorProblem& p) { p.relu = false; });
    if (problem.hyper.sr_ste_decay != 0) with([](VectorProblem& p) { p.hyper.sr_ste_decay = 0; });
    if (problem.hyper.weight_decay != 0) with([](VectorProblem& p) { p.hyper.weight_decay = 0; });
    return problems;
}

bool visit_vector(const Case& c, const VectorProblem& problem, const Take& take) {
    Case smaller = c;
    for (const VectorProblem& reduced : smaller_problems(problem)) {
        try {
            (void)schedule::emit_vector_program(reduced, c.array);
        } catch (const InputError&) {
            continue;
        }
        smaller.work = reduced;
        if (take(smaller)) return true;
    }
    return false;
}

bool visit_surroundings(const Case& c, const Take& take) {
    Case plainer = c;
    if (c.memory.stall_seed != 0) {
        plainer.memory.stall_seed = 0;
        if (take(plainer)) return true;
        plainer = c;
    }
    if (c.memory.kind != dram::MemoryKind::Ideal) {
        plainer.memory.kind = dram::MemoryKind::Ideal;
        if (take(plainer)) return true;
    }
    return false;
}

}  // namespace

bool visit_reductions(const Case& c, const Take& take) {
    if (visit_surroundings(c, take)) return true;
    if (const auto* gemm = std::get_if<GemmWork>(&c.work)) return visit_gemm(c, *gemm, take);
    return visit_vector(c, std::get<VectorProblem>(c.work), take);
}

}  // namespace satsim::verify
