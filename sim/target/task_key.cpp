#include "sim/target/task_key.hpp"

#include <fmt/format.h>

#include <iterator>

namespace satsim::sat {
namespace {

std::string gemm_key(const GemmTask& t) {
    const Gather& g = t.gather;
    const Scatter& s = t.scatter;
    std::string key = fmt::format("gemm {} {}x{}x{}*{} {}:{}", to_string(t.stage), t.shape.m, t.shape.n,
                                  t.shape.k, t.count, t.nm.n, t.nm.m);
    fmt::format_to(std::back_inserter(key), " g{},{},{},{},{},{},{},{},{}", g.pixel, g.batch, g.grid_h,
                   g.grid_w, g.in_h, g.in_w, g.channels, g.stride_y, g.stride_x);
    if (g.from_host) key += " host";
    if (g.tail != Gather::Tail{})
        fmt::format_to(std::back_inserter(key), " e{},{},{},{}", g.tail.channels, g.tail.pixel, g.tail.offset,
                       g.tail.row);
    for (const Tap& tap : g.taps)
        fmt::format_to(std::back_inserter(key), " t{},{},{}", tap.dy, tap.dx, tap.weight_tap);
    fmt::format_to(std::back_inserter(key), " s{},{},{},{},{},{}", s.out_h, s.out_w, s.step_y, s.step_x,
                   s.off_y, s.off_x);
    fmt::format_to(std::back_inserter(key), " {}{}{}", t.out == ElementType::Fp16 ? "h" : "f",
                   t.weight_operand ? "w" : "-", t.sparse_is_activation ? "a" : "-");
    if (t.over_positions) key += "p";
    return key;
}

std::string vector_key(const VectorTask& t) {
    const NmPattern ff = t.pregenerate_ff.value_or(NmPattern{0, 0});
    const NmPattern bp = t.pregenerate_bp.value_or(NmPattern{0, 0});
    return fmt::format("vector {} {} {}x{}x{} r{},{} w{},{} f{} x{} {} {}:{} {}:{}{}", static_cast<int>(t.op),
                       t.elements, t.shape.taps, t.shape.rows, t.shape.columns, t.reads_fp16, t.reads_fp32,
                       t.writes_fp16, t.writes_fp32, t.flops_per_element, t.extra_bytes, t.optimizer, ff.n,
                       ff.m, bp.n, bp.m, t.relu ? " relu" : "");
}

}  // namespace

std::string task_key(const Task& task) {
    if (const auto* gemm = std::get_if<GemmTask>(&task)) return gemm_key(*gemm);
    return vector_key(std::get<VectorTask>(task));
}

}  // namespace satsim::sat
