#include "runtime/schedule/compute_bound.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/schedule/tensor_layout.hpp"

namespace satsim::schedule {
namespace {

constexpr Bytes kFp16Bytes = 2;
constexpr Bytes kFp32Bytes = 4;
constexpr double kMargin = 1.2;  // of arithmetic over traffic: refresh, turns of the bus, first and last tile

double share_of_whole(std::int64_t size, std::int64_t unit) {
    return static_cast<double>(size) / static_cast<double>(round_up(size, unit));
}

// Of K, the products that are executed.
double kept(const NmPattern& nm) {
    return static_cast<double>(nm.n) / nm.m;
}

// An operand of one of the task's GEMMs: `pieces` of `bytes` each. Side by side they are one.
struct Traffic {
    std::int64_t pieces = 1;
    Bytes bytes = 0;
    bool side_by_side = true;
    [[nodiscard]] Bytes total() const { return pieces * bytes; }
    // Of the bus, at least.
    [[nodiscard]] double lines(Bytes line) const {
        if (side_by_side) return static_cast<double>(total()) / static_cast<double>(line);
        return static_cast<double>(pieces * ceil_div(bytes, line));
    }
};

Traffic traffic_of_a(const GemmTask& task) {
    const Gather& gather = task.gather;
    const std::int64_t map = gather.batch * gather.in_h * gather.in_w;
    const std::int64_t read = gather.positions() * static_cast<std::int64_t>(gather.taps.size());
    // Strides may leave positions of the map that no tap reads.
    return {std::min(map, read), kFp16Bytes * gather.channels, gather.stride_x == 1 || read >= map};
}

Traffic traffic_of_b(const GemmTask& task) {
    const std::int64_t elements = task.shape.k * task.shape.n;
    const std::int64_t values = ceil_div<std::int64_t>(elements * task.nm.n, task.nm.m);
    return {1, kFp16Bytes * values + (task.nm.dense() ? 0 : ceil_div<std::int64_t>(values, 2)), true};
}

Traffic traffic_of_c(const GemmTask& task) {
    const bool wide = task.out == ElementType::Fp32;
    return {task.shape.m, (wide ? kFp32Bytes : kFp16Bytes) * task.shape.n,
            task.sums_positions() || task.scatter.step_x == 1};
}

}  // namespace

Bytes compulsory_bytes(const GemmTask& task) {
    return task.count *
           (traffic_of_a(task).total() + traffic_of_b(task).total() + traffic_of_c(task).total());
}

Cycles compulsory_cycles(const GemmTask& task, const isa::ArrayConfig& array) {
    double lines = 0;
    for (const Traffic& each : {traffic_of_a(task), traffic_of_b(task), traffic_of_c(task)})
        lines += each.lines(array.line_bytes());
    return static_cast<Cycles>(std::ceil(static_cast<double>(task.count) * lines));
}

bool compute_bound(const GemmTask& task, const isa::ArrayConfig& array) {
    const double slots = static_cast<double>(array.rows) * array.columns;
    const double mac_cycles = static_cast<double>(task.dense_macs()) * kept(task.nm) / slots;
    return mac_cycles >= kMargin * static_cast<double>(compulsory_cycles(task, array)) &&
           static_cast<double>(task.shape.k) * kept(task.nm) >= array.rows;
}

double array_fit(const GemmTask& task, Dataflow dataflow, const isa::ArrayConfig& array) {
    const double columns = share_of_whole(task.shape.n, array.columns);
    if (dataflow == Dataflow::OutputStationary) return share_of_whole(task.shape.m, array.rows) * columns;
    const int group = executed_pattern(task, array).m;
    return share_of_whole(task.shape.k, std::int64_t{array.rows} * group) * columns;
}

}  // namespace satsim::schedule
