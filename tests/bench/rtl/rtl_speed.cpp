// usage: rtl_speed [SECONDS]
// Simulated cycles per second of the cycle model and of the verilated RTL, in one run, for every array that
// was verilated: the same program binary of a compute-bound and of a bandwidth-bound GEMM on both, which must
// take equally many cycles. SECONDS (0.5): how long the cycle model repeats a program.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <random>

#include "runtime/schedule/scheduler.hpp"
#include "sim/cycle/cycle_sat.hpp"
#include "sim/rtl/rtl_sat.hpp"
#include "sim/verify/gemm_case.hpp"

namespace satsim {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

GemmTask matrix_task(std::int64_t m, std::int64_t n, std::int64_t k) {
    GemmTask task;
    task.layer = "bench";
    task.shape = {m, n, k};
    task.nm = {8, 8};
    task.gather.grid_w = task.gather.in_w = static_cast<int>(m);
    task.gather.channels = static_cast<int>(k);
    task.scatter.out_w = static_cast<int>(m);
    return task;
}

// False when the two sides disagree.
bool compare(const isa::ArrayConfig& array, const char* bound, const GemmTask& task, double least_seconds) {
    schedule::MachineView machine;
    machine.array = array;
    machine.memory.channels = array.channels;
    const auto schedules = schedule::candidate_schedules(task, machine, {}, 1);
    const isa::Program program = schedule::emit_gemm(task, schedules.front(), machine);

    cycle::CycleSat cycle;
    cycle::RunOptions options;
    options.memory = machine.memory;
    Cycles cycles = 0;
    int runs = 0;
    const auto begin = Clock::now();
    do {
        cycles = cycle.run(program, options).cycles();
        ++runs;
    } while (seconds_since(begin) < least_seconds);
    const double model_rate = static_cast<double>(cycles) * runs / seconds_since(begin);

    std::mt19937_64 rng(1);
    const verify::GemmCase data(task, array, rng);
    MemoryImage memory;
    for (const auto& [page, bytes] : data.memory().pages())
        memory.write(page * MemoryImage::kPageBytes, *bytes);
    sim::rtl::RtlSat rtl(array);
    const auto rtl_begin = Clock::now();
    const Cycles rtl_cycles = rtl.run(program, memory, machine.memory, 2 * cycles + 1000).cycles();
    const double rtl_rate = static_cast<double>(rtl_cycles) / seconds_since(rtl_begin);

    fmt::print("{:>2}x{:<2}  {:<9}  {:>5}x{}x{:<5}  {:>8}  {:>12.3e}  {:>12.3e}  {:>8.0f}\n", array.rows,
               array.columns, bound, task.shape.m, task.shape.n, task.shape.k, cycles, model_rate, rtl_rate,
               model_rate / rtl_rate);
    if (cycles == rtl_cycles) return true;
    fmt::print("rtl_speed: the RTL took {} cycles\n", rtl_cycles);
    return false;
}

}  // namespace
}  // namespace satsim

int main(int argc, char** argv) {
    using namespace satsim;
    const double seconds = argc > 1 ? std::atof(argv[1]) : 0.5;
    fmt::print("{:<5}  {:<9}  {:<15}  {:>8}  {:>12}  {:>12}  {:>8}\n", "array", "bound", "M x N x K",
               "cycles", "cycle [1/s]", "rtl [1/s]", "ratio");
    bool equal = true;
    for (const isa::ArrayConfig& array : sim::rtl::built_configurations()) {
        // Every output element of the first takes 512 MACs; the second reads and writes more than it
        // multiplies.
        equal =
            compare(array, "compute", matrix_task(16 * array.rows, 8 * array.columns, 512), seconds) && equal;
        equal =
            compare(array, "bandwidth", matrix_task(128 * array.rows, array.columns, 8), seconds) && equal;
    }
    return equal ? 0 : 1;
}
