// Element-wise, row-wise and column-wise work against plain formulas in double precision.
#include <gtest/gtest.h>

#include "tests/unit/gpu/emulated_vector.hpp"
#include "tests/unit/gpu/vector_checks.hpp"

namespace satsim::gpu::test {
namespace {

TEST(GpuVector, ElementwiseIsItsFormula) {
    EmulatedVectorMachine machine;
    expect_elementwise(machine);
}
TEST(GpuVector, RowwiseIsItsFormula) {
    EmulatedVectorMachine machine;
    expect_rowwise(machine);
}
TEST(GpuVector, NormsInOneKernelAreThoseOfTwo) {
    EmulatedVectorMachine machine;
    expect_whole_norms(machine);
}
TEST(GpuVector, ColumnwiseIsItsFormula) {
    EmulatedVectorMachine machine;
    expect_columnwise(machine);
}
TEST(GpuVector, FloatsAreTheirFormula) {
    EmulatedVectorMachine machine;
    expect_floats(machine);
}

}  // namespace
}  // namespace satsim::gpu::test
