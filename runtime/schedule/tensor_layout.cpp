#include "runtime/schedule/tensor_layout.hpp"

#include <algorithm>

#include "runtime/support/error.hpp"
#include "runtime/support/stored_pattern.hpp"

namespace satsim::schedule {
namespace {

constexpr std::int64_t kFp16Bytes = 2;
constexpr std::int64_t kFp32Bytes = 4;
constexpr std::int64_t kColumnPadding = 32;  // packed rows are whole bytes of indices, runtime/nm

// Addresses handed out one after the other, each at a burst boundary.
class Allocator {
  public:
    explicit Allocator(const isa::ArrayConfig& array)
        : alignment_(static_cast<std::int64_t>(array.line_bytes()) * array.burst_lines) {}
    std::int64_t take(std::int64_t bytes) {
        const std::int64_t address = next_;
        next_ += round_up(bytes, alignment_);
        return address;
    }
    [[nodiscard]] std::int64_t end() const { return next_; }

  private:
    std::int64_t alignment_;
    std::int64_t next_ = 0;
};

}  // namespace

std::int64_t pad_channels(std::int64_t channels, int group) {
    const std::int64_t unit = channels <= 4 ? 4 : 8;
    return round_up(channels, std::max<std::int64_t>(unit, group));
}

std::int64_t row_pitch(std::int64_t bytes, const isa::ArrayConfig& array) {
    constexpr std::int64_t kWideLines = 16;
    return bytes >= kWideLines * array.line_bytes() ? round_up<std::int64_t>(bytes, array.line_bytes())
                                                    : bytes;
}

void require_built_for(const NmPattern& nm, const isa::ArrayConfig& array, const std::string& layer) {
    if (nm.m <= array.max_m) return;
    throw InputError("layer " + layer, "",
                     to_string(nm) + " needs an array built for M = " + std::to_string(nm.m) +
                         ", this one is built for M <= " + std::to_string(array.max_m));
}

NmPattern executed_pattern(const GemmTask& task, const isa::ArrayConfig& array) {
    const NmPattern nm = task.nm;
    const std::string where = "layer " + task.layer;
    if (nm.n < 1 || nm.n > nm.m) throw InputError(where, "", "N:M must have 1 <= N <= M");
    if (nm.dense()) {
        const std::int64_t reduced = task.sums_positions() ? task.shape.k : task.gather.channels;
        const bool four = round_up<std::int64_t>(reduced, 4) < round_up<std::int64_t>(reduced, 8);
        return four ? NmPattern{4, 4} : NmPattern{std::min(8, array.max_m), std::min(8, array.max_m)};
    }
    if (nm == kOneOfTwo) return stored_pattern(nm);
    if (nm.m != 4 && nm.m != 8 && nm.m != 16) {
        throw InputError(where, "", "M must be 2, 4, 8 or 16, not " + std::to_string(nm.m));
    }
    require_built_for(nm, array, task.layer);
    return nm;
}

int needed_max_m(const GemmTask& task, const isa::ArrayConfig& array) {
    constexpr int kLeast = 4;  // an array is built for at least that
    constexpr int kDense = 8;  // wider groups are pruned ones
    return std::min(array.max_m, task.nm.dense() ? kDense : std::max(task.nm.m, kLeast));
}

GemmLayout layout_gemm(const GemmTask& task, const isa::ArrayConfig& array) {
    GemmLayout layout;
    layout.nm = executed_pattern(task, array);
    const Gather& gather = task.gather;
    const int feature_group = layout.nm.dense() ? 1 : layout.nm.m;
    const std::int64_t channels = pad_channels(gather.channels, feature_group);
    layout.a_pitch = gather.pixel > 0 ? gather.pixel * kFp16Bytes : row_pitch(channels * kFp16Bytes, array);
    layout.a_run = channels * kFp16Bytes;
    const Gather::Tail& tail = gather.tail;
    const bool has_tail = tail.channels > 0;
    layout.taps = static_cast<int>(gather.taps.size());
    layout.tail_pitch = has_tail ? tail.pixel * kFp16Bytes : layout.a_pitch;
    layout.tail_run = has_tail ? pad_channels(tail.channels, feature_group) * kFp16Bytes : layout.a_run;
    layout.tail_offset = tail.offset * kFp16Bytes;
    layout.a_row = has_tail ? tail.row * kFp16Bytes : layout.a_pitch * gather.in_w;
    layout.a_image = layout.a_row * gather.in_h;
    layout.a_stride = layout.a_image * gather.batch;

    Allocator allocate(array);
    layout.program =
        allocate.take(std::int64_t{8} * array.instructions * isa::kEngines + array.line_bytes() * 5);
    layout.a = allocate.take(layout.a_stride * task.count);

    const auto c_pitch = [&](int group) {
        const std::int64_t bytes = task.out == ElementType::Fp16
                                       ? pad_channels(task.shape.n, group) * kFp16Bytes
                                       : round_up<std::int64_t>(task.shape.n, 2) * kFp32Bytes;
        return row_pitch(bytes, array);
    };
    const std::int64_t columns_padded = round_up<std::int64_t>(task.shape.n, kColumnPadding);
    if (task.sums_positions()) {
        layout.k_rows = task.shape.k;
        layout.b_pitch = row_pitch(pad_channels(task.shape.n, 1) * kFp16Bytes, array);
        layout.c_pitch = c_pitch(1);
        layout.c_stride = layout.c_pitch * gather.extent();
    } else {
        layout.groups_per_tap = ceil_div(gather.channels, layout.nm.m);
        layout.tail_groups = ceil_div(gather.channels_of(gather.taps.size() - 1), layout.nm.m);
        layout.k_rows =
            (std::int64_t{layout.taps - 1} * layout.groups_per_tap + layout.tail_groups) * layout.nm.n;
        layout.b_pitch = columns_padded * kFp16Bytes;
        layout.c_pitch = c_pitch(feature_group);
        layout.c_row = layout.c_pitch * task.scatter.out_w;
        layout.c_image = layout.c_row * task.scatter.out_h;
        layout.c_stride = layout.c_image * gather.batch;
    }
    layout.b_stride = layout.k_rows * layout.b_pitch;
    layout.b = allocate.take(layout.b_stride * task.count);
    if (!layout.nm.dense()) {
        layout.indices_pitch = columns_padded / 2;
        layout.indices_stride = layout.k_rows * layout.indices_pitch;
        layout.indices = allocate.take(layout.indices_stride * task.count);
    }
    layout.c = allocate.take(layout.c_stride * task.count);
    layout.bytes = allocate.end();
    return layout;
}

}  // namespace satsim::schedule
