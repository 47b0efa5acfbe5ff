// Rows that are many lines long begin at a line, in the GEMM that writes a matrix and in the update that
// reads it.
#include "runtime/schedule/tensor_layout.hpp"

#include <gtest/gtest.h>

#include "runtime/schedule/emit_vector.hpp"

namespace satsim::schedule {
namespace {

GemmTask weight_update(int rows, int columns) {
    GemmTask task;
    task.layer = "head";
    task.stage = Stage::WU;
    task.shape = {rows, columns, 16};
    task.gather.batch = 16;
    task.gather.channels = rows;
    task.out = ElementType::Fp32;
    return task;
}

TEST(RowPitch, WideRowsAreWholeLines) {
    isa::ArrayConfig array;
    const std::int64_t line = array.line_bytes();
    EXPECT_EQ(row_pitch(8, array), 8);
    EXPECT_EQ(row_pitch(16 * line - 8, array), 16 * line - 8);
    for (const std::int64_t bytes : {16 * line, 16 * line + 8, 723 * line + 24}) {
        const std::int64_t pitch = row_pitch(bytes, array);
        EXPECT_EQ(pitch % line, 0);
        EXPECT_GE(pitch, bytes);
        EXPECT_LT(pitch, bytes + line);
    }
}

TEST(RowPitch, AnUpdateReadsTheGradientAsTheGemmWroteIt) {
    const isa::ArrayConfig array;
    for (const int columns : {10, 1001, 8194, 92554}) {
        VectorProblem update;
        update.kernel = VectorKernel::Sgd;
        update.rows = 40;
        update.columns = columns;
        EXPECT_EQ(layout_gemm(weight_update(40, columns), array).c_pitch, layout_vector(update, array).pitch);
    }
}

}  // namespace
}  // namespace satsim::schedule
