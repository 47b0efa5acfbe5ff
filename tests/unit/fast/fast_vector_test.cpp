// Vector programs on the fast fidelity: equal to `cycle` with ideal memory, close to it with DDR4.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "runtime/schedule/emit_vector.hpp"
#include "sim/cycle/cycle_sat.hpp"
#include "sim/fast/fast_sat.hpp"

namespace satsim {
namespace {

schedule::VectorProblem problem(schedule::VectorKernel kernel, std::int64_t rows, std::int64_t columns) {
    using schedule::VectorKernel;
    schedule::VectorProblem p;
    p.layer = "test";
    p.kernel = kernel;
    p.rows = rows;
    p.columns = columns;
    if (kernel == VectorKernel::Sgd || kernel == VectorKernel::Adam) p.pack_ff = p.pack_bp = NmPattern{2, 8};
    if (kernel == VectorKernel::Prune) p.pack_bp = NmPattern{2, 8};
    return p;
}

TEST(FastVector, EveryKernel) {
    constexpr int kLast = static_cast<int>(schedule::VectorKernel::ZeroFill);
    cycle::CycleSat cycle;
    fast::FastSat fast;
    for (int kernel = 0; kernel <= kLast; ++kernel) {
        for (const auto& [rows, columns] : {std::pair{200, 96}, {4608, 512}}) {
            const isa::Program program = schedule::emit_vector_program(
                problem(static_cast<schedule::VectorKernel>(kernel), rows, columns), {});
            cycle::RunOptions options;
            options.memory.kind = dram::MemoryKind::Ideal;
            EXPECT_EQ(fast.predict(program, options.memory).cycles, cycle.run(program, options).cycles())
                << "kernel " << kernel << ", " << rows << " x " << columns;
            options.memory.kind = dram::MemoryKind::Ddr4;
            const auto truth = static_cast<double>(cycle.run(program, options).cycles());
            const fast::Prediction prediction = fast.predict(program, options.memory);
            const double percent = 100 * (static_cast<double>(prediction.cycles) / truth - 1);
            fmt::print(
                "kernel {:>2} {:>4} x {:>3}: {:>8} cycles, predicted {:>8} ({:+.2f} %), {} simulated\n",
                kernel, rows, columns, truth, prediction.cycles, percent, prediction.simulated);
            EXPECT_LE(std::abs(percent), 3);
        }
    }
}

}  // namespace
}  // namespace satsim
