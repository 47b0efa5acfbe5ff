#include "sim/verify/case.hpp"

#include <fmt/format.h>

namespace satsim::verify {
namespace {

std::string describe_gemm(const GemmWork& work) {
    const GemmTask& task = work.task;
    const Gather& g = task.gather;
    std::string text =
        fmt::format("{} {}x{}x{}", to_string(task.stage), task.shape.m, task.shape.n, task.shape.k);
    if (task.count > 1) text += fmt::format(", {} instances", task.count);
    text += fmt::format(", {} tap{}, grid {}x{}x{}, input {}x{}x{}, stride {}x{}", g.taps.size(),
                        g.taps.size() == 1 ? "" : "s", g.batch, g.grid_h, g.grid_w, g.in_h, g.in_w,
                        g.channels, g.stride_y, g.stride_x);
    if (task.over_positions) text += ", over positions";
    if (g.pixel > 0) text += fmt::format(", runs over columns of {}", g.pixel);
    return text + fmt::format(", {}, schedule {}", task.out == ElementType::Fp16 ? "fp16" : "fp32",
                              work.schedule.tile_text());
}

std::string describe_vector(const schedule::VectorProblem& problem) {
    std::string text = fmt::format("{} x {} x {}", problem.taps, problem.rows, problem.columns);
    if (problem.relu) text += ", relu";
    if (problem.pack_ff) text += ", FF copy " + to_string(*problem.pack_ff);
    if (problem.pack_bp) text += ", BP copy " + to_string(*problem.pack_bp);
    if (problem.hyper.sr_ste_decay != 0) text += ", SR-STE";
    return text;
}

}  // namespace

std::string array_name(const isa::ArrayConfig& array) {
    return fmt::format("{}x{}", array.rows, array.columns);
}

std::string describe(const Case& c) {
    const auto* gemm = std::get_if<GemmWork>(&c.work);
    return fmt::format(
        "{} on {}: {}; {} memory, {}", c.kind, array_name(c.array),
        gemm != nullptr ? describe_gemm(*gemm) : describe_vector(std::get<schedule::VectorProblem>(c.work)),
        c.memory.kind == dram::MemoryKind::Ideal ? "ideal" : "DDR4",
        c.memory.stall_seed == 0 ? "no stalls" : fmt::format("stall seed {}", c.memory.stall_seed));
}

}  // namespace satsim::verify
