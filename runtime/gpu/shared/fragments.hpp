// Which element of a matrix each register of each lane holds in
// mma.sp.m16n8k32 (FP16 operands, FP32 accumulators), after the PTX ISA. A is stored half (16 x 16 of 16 x
// 32).
#pragma once

#include "runtime/gpu/shared/host_device.hpp"

namespace satsim::gpu {

struct Element {
    int row = 0;
    int column = 0;
};

// FP16 number i (0..7) of A in `lane`, as stored: two in a register, registers in the order of the
// instruction.
SATSIM_HD constexpr Element a_element(int lane, int i) {
    return {lane / 4 + (i / 2 % 2) * 8, lane % 4 * 2 + i % 2 + i / 4 * 8};
}
// FP16 number i (0..7) of B (32 x 8).
SATSIM_HD constexpr Element b_element(int lane, int i) {
    return {lane % 4 * 2 + i % 2 + i / 2 * 8, lane / 4};
}
// FP32 number i (0..3) of C and D (16 x 8).
SATSIM_HD constexpr Element c_element(int lane, int i) {
    return {lane / 4 + i / 2 * 8, lane % 4 * 2 + i % 2};
}

// `ldmatrix` without .trans hands lane L two FP16 of row L/4, columns 2*(L%4) and +1, of each 8 x 8 matrix;
// lanes 8*j .. 8*j+7 give the addresses of the rows of matrix j.
SATSIM_HD constexpr int ldmatrix_row(int lane) {
    return lane / 4;
}
SATSIM_HD constexpr int ldmatrix_column(int lane) {
    return lane % 4 * 2;
}
// Row and column (in FP16, a multiple of 8) that `lane` names for the 16 x 16 stored A of one instruction:
// matrices in the order of its four registers.
SATSIM_HD constexpr Element a_address(int lane) {
    return {lane % 8 + lane / 8 % 2 * 8, lane / 16 * 8};
}
// Row (of B's columns) and column (of K) that `lane` names for the 32 x 8 B, which lies as [column][k].
SATSIM_HD constexpr Element b_address(int lane) {
    return {lane % 8, lane / 8 * 8};
}

}  // namespace satsim::gpu
