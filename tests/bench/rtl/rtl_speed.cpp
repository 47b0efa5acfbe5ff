// usage: rtl_speed [SECONDS]
// Simulated cycles per second of the cycle model and of the verilated RTL, in one run, for every array that
// was verilated: the same program binary of a compute-bound and of a bandwidth-bound GEMM on both, which must
// take equally many cycles. Both GEMMs are a layer's of a real network; `bus` is the share of cycles in which
// the bus moves a line. SECONDS (0.5): how long the cycle model repeats a program.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <random>
#include <utility>

#include "runtime/schedule/scheduler.hpp"
#include "runtime/workload/matrix_task.hpp"
#include "sim/cycle/cycle_sat.hpp"
#include "sim/rtl/rtl_sat.hpp"
#include "sim/verify/gemm_case.hpp"

namespace satsim {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

// The share of the bus from which on a program counts as bound by it (docs/formats/compare.md).
constexpr double kBusBound = 0.8;

GemmTask bench_task(std::int64_t m, std::int64_t n, std::int64_t k, NmPattern nm = {8, 8}) {
    return matrix_task("bench", {m, n, k}, nm);
}

// Of the three best predicted schedules the cycle model's fastest; a later one must be 0.25 % better.
isa::Program fastest_program(const GemmTask& task, const schedule::MachineView& machine,
                             cycle::CycleSat& cycle, const cycle::RunOptions& options) {
    isa::Program best;
    Cycles least = 0;
    for (const schedule::GemmSchedule& chosen : schedule::candidate_schedules(task, machine, {}, 3)) {
        isa::Program program = schedule::emit_gemm(task, chosen, machine);
        const Cycles cycles = cycle.run(program, options).cycles();
        if (least != 0 && static_cast<double>(cycles) > 0.9975 * static_cast<double>(least)) continue;
        least = cycles;
        best = std::move(program);
    }
    return best;
}

// False when the two sides disagree, or the bus is not what it should be.
bool compare(const isa::ArrayConfig& array, bool bus_bound, const GemmTask& task, double least_seconds) {
    schedule::MachineView machine;
    machine.array = array;
    machine.memory.channels = array.channels;
    cycle::CycleSat cycle;
    cycle::RunOptions options;
    options.memory = machine.memory;
    const isa::Program program = fastest_program(task, machine, cycle, options);
    Execution execution;
    int runs = 0;
    const auto begin = Clock::now();
    do {
        execution = cycle.run(program, options);
        ++runs;
    } while (seconds_since(begin) < least_seconds);
    const Cycles cycles = execution.cycles();
    const double bus = static_cast<double>(execution.memory.read_lines + execution.memory.write_lines) /
                       static_cast<double>(cycles);
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

    fmt::print(
        "{:>2}x{:<2}  {:<9}  {:>5}x{}x{:<5}  {}:{:<5}  {:>3.0f} %  {:>8}  {:>12.3e}  {:>12.3e}  {:>8.0f}\n",
        array.rows, array.columns, bus >= kBusBound ? "bandwidth" : "compute", task.shape.m, task.shape.n,
        task.shape.k, task.nm.n, task.nm.m, 100 * bus, cycles, model_rate, rtl_rate, model_rate / rtl_rate);
    if (cycles != rtl_cycles) fmt::print("rtl_speed: the RTL took {} cycles\n", rtl_cycles);
    if (bus_bound != (bus >= kBusBound)) fmt::print("rtl_speed: expected another bound\n");
    return cycles == rtl_cycles && bus_bound == (bus >= kBusBound);
}

}  // namespace
}  // namespace satsim

int main(int argc, char** argv) {
    using namespace satsim;
    const double seconds = argc > 1 ? std::atof(argv[1]) : 0.5;
    fmt::print("{:<5}  {:<9}  {:<15}  {:<7}  {:>5}  {:>8}  {:>12}  {:>12}  {:>8}\n", "array", "bound",
               "M x N x K", "pattern", "bus", "cycles", "cycle [1/s]", "rtl [1/s]", "ratio");
    bool equal = true;
    for (const isa::ArrayConfig& array : sim::rtl::built_configurations()) {
        // ResNet-18, a 3x3 convolution of layer1, two images; ResNet-50, the 1x1 convolution that ends in
        // layer1's 64 channels, one image. On small arrays the second is not bound by the bus, nor is any
        // other layer of these networks: they have 16 to 64 MACs for the 64 or 128 bytes of a cycle.
        equal = compare(array, false, bench_task(512, 64, 576), seconds) && equal;
        if (array == isa::ArrayConfig{})
            equal = compare(array, true, bench_task(3136, 64, 256, {1, 8}), seconds) && equal;
    }
    return equal ? 0 : 1;
}
