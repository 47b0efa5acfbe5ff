// Vector programs on the cycle model with data and random memory stalls: the same bits as on the functional
// SAT, and a memory that is kept busy.
#include <gtest/gtest.h>

#include "runtime/vector/vector_engine.hpp"
#include "sim/cycle/cycle_sat.hpp"
#include "sim/verify/vector_case.hpp"
#include "tests/support/network_update.hpp"

namespace satsim::schedule {
namespace {

VectorProblem problem(VectorKernel kernel, std::int64_t rows, std::int64_t columns) {
    VectorProblem p;
    p.layer = "test";
    p.kernel = kernel;
    p.rows = rows;
    p.columns = columns;
    if (kernel == VectorKernel::Sgd || kernel == VectorKernel::Adam) p.pack_ff = p.pack_bp = NmPattern{2, 8};
    if (kernel == VectorKernel::Prune) p.pack_bp = NmPattern{2, 8};
    return p;
}

TEST(VectorCycle, BitsEqualTheFunctionalRun) {
    isa::ArrayConfig thin;
    thin.rows = thin.columns = 4;
    thin.channels = 1;
    thin.vmem_lines = 256;
    for (const isa::ArrayConfig& array : {thin, isa::ArrayConfig{}}) {
        for (int kernel = 0; kernel <= static_cast<int>(VectorKernel::Sum); ++kernel) {
            const VectorProblem p = problem(static_cast<VectorKernel>(kernel), 200, 96);
            verify::VectorCase functional(p, array, 3);
            verify::VectorCase timed(p, array, 3);
            functional.run();
            vector::VectorEngine engine(array);
            cycle::RunOptions options;
            options.memory.stall_seed = 17;
            options.data = &timed.memory();
            options.vector = &engine;
            options.record_operations = true;
            cycle::CycleSat sat;
            const Execution run = sat.run(timed.program(), options);
            EXPECT_EQ(MemoryImage::first_difference(functional.memory(), timed.memory()), -1) << kernel;
            EXPECT_FALSE(run.operations[static_cast<std::size_t>(isa::Engine::Store)].empty());
        }
    }
}

// The update of a large layer is limited by the memory or by the lanes, not by waiting in between.
TEST(VectorCycle, UpdateIsNotStarved) {
    cycle::CycleSat sat;
    const Execution run = sat.run(emit_vector_program(problem(VectorKernel::Sgd, 4608, 512), {}), {});
    const auto lines = static_cast<double>(run.memory.read_lines + run.memory.write_lines);
    EXPECT_GT(lines / static_cast<double>(run.cycles()), 0.75);
}

// 25 million parameters on four DDR4 channels. SGD with both packed copies is bound by the memory: WUVE and
// SORE cost it less than 5 % against LOAD and STORE alone. AdamW is bound by the lanes, which issue in nine
// of ten cycles: division and root take ten of its 21 slots.
TEST(VectorCycle, UpdateOfResnet50IsBoundByMemoryOrLanes) {
    const std::filesystem::path models = std::filesystem::path(SATSIM_SOURCE_DIR) / "models";
    Recipe recipe = load_recipe("bdwp-2:8", models);
    const test::UpdateSum sgd = test::network_update(models, "resnet50", recipe, {}, {});
    EXPECT_GT(sgd.parameters, 25'000'000);
    EXPECT_LT(static_cast<double>(sgd.cycles), 1.05 * static_cast<double>(sgd.alone));
    recipe.optimizer = Optimizer::AdamW;
    const test::UpdateSum adamw = test::network_update(models, "resnet50", recipe, {}, {});
    EXPECT_GT(static_cast<double>(adamw.lanes), 0.9 * static_cast<double>(adamw.cycles));
}

}  // namespace
}  // namespace satsim::schedule
