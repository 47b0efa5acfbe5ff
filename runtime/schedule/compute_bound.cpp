#include "runtime/schedule/compute_bound.hpp"

#include <algorithm>

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

}  // namespace

Bytes compulsory_bytes(const GemmTask& task) {
    const Gather& gather = task.gather;
    // Strides may leave positions of the map that no tap reads.
    const std::int64_t map = gather.batch * gather.in_h * gather.in_w;
    const std::int64_t read = gather.positions() * static_cast<std::int64_t>(gather.taps.size());
    const Bytes a = kFp16Bytes * std::min(map, read) * gather.channels;
    const std::int64_t elements = task.shape.k * task.shape.n;
    const std::int64_t values = ceil_div<std::int64_t>(elements * task.nm.n, task.nm.m);
    const Bytes b = kFp16Bytes * values + (task.nm.dense() ? 0 : ceil_div<std::int64_t>(values, 2));
    const bool wide = task.out == ElementType::Fp32;
    const Bytes c = (wide ? kFp32Bytes : kFp16Bytes) * task.shape.m * task.shape.n;
    return task.count * (a + b + c);
}

bool compute_bound(const GemmTask& task, const isa::ArrayConfig& array) {
    const double slots = static_cast<double>(array.rows) * array.columns;
    const double mac_cycles = static_cast<double>(task.dense_macs()) * kept(task.nm) / slots;
    const double bus_cycles = static_cast<double>(compulsory_bytes(task)) / array.line_bytes();
    return mac_cycles >= kMargin * bus_cycles &&
           static_cast<double>(task.shape.k) * kept(task.nm) >= array.rows;
}

double array_fit(const GemmTask& task, Dataflow dataflow, const isa::ArrayConfig& array) {
    const double columns = share_of_whole(task.shape.n, array.columns);
    if (dataflow == Dataflow::OutputStationary) return share_of_whole(task.shape.m, array.rows) * columns;
    const int group = executed_pattern(task, array).m;
    return share_of_whole(task.shape.k, std::int64_t{array.rows} * group) * columns;
}

}  // namespace satsim::schedule
