// Where the tensors of one GEMM task lie in DRAM. The same layout is used by the emitter, by tests that fill
// memory and by tools that read results back.
//
// Feature maps are NHWC in FP16 with channels padded (pad_channels); weights are dense or packed by
// runtime/nm, one row of `columns_padded` values per pair, rows ordered [tap][K group][pair]; dW is FP32
// [tap][input channel][column]. Instances of a batched task (count > 1) follow each other at the strides
// given. Every tensor begins at a burst boundary.
#pragma once

#include <cstdint>

#include "runtime/isa/program.hpp"
#include "runtime/workload/task.hpp"

namespace satsim::schedule {

// Channels of a feature map as stored: to 4 up to 4 channels, to 8 otherwise, to 16 where groups of 16 are
// pruned. Elements.
[[nodiscard]] std::int64_t pad_channels(std::int64_t channels, int group);

// Distance of matrix rows that are `bytes` long. Rows of 16 lines or more begin at a line, so that what is
// read of each (a tile's columns) lies in no line more than it fills; shorter ones follow each other, because
// the gaps would cost more than the sixteenth that they cost at most here.
[[nodiscard]] std::int64_t row_pitch(std::int64_t bytes, const isa::ArrayConfig& array);

// Throws InputError naming the layer where neither the array nor SORE is built for groups of nm.m.
void require_built_for(const NmPattern& nm, const isa::ArrayConfig& array, const std::string& layer);

// The format in which SAT multiplies: dense tasks take groups of 4 where that wastes fewer elements of K, 1:2
// weights are stored as 2:4 (stored_pattern). Throws InputError naming the layer for a pattern that the built
// array cannot run.
[[nodiscard]] NmPattern executed_pattern(const GemmTask& task, const isa::ArrayConfig& array);

// The least max_m of arrays that execute the task in the same pattern: of all that is decided for a GEMM
// (schedule, program), nothing else depends on max_m. The array's own where it is not built for the task.
[[nodiscard]] int needed_max_m(const GemmTask& task, const isa::ArrayConfig& array);

// Bytes of an element of C.
[[nodiscard]] constexpr int result_bytes(const GemmTask& task) {
    return task.out == ElementType::Fp16 ? 2 : 4;
}

struct GemmLayout {
    NmPattern nm;             // as executed and stored
    int groups_per_tap = 0;   // FF, BP: K groups of one tap
    std::int64_t k_rows = 0;  // rows of B as stored: FF, BP taps*groups*n; WU positions
    // A: the gathered map. Bytes.
    std::int64_t a = 0;
    std::int64_t a_pitch = 0;   // one position
    std::int64_t a_run = 0;     // what is read at one position and tap; more than a_pitch where runs overlap
    std::int64_t a_row = 0;     // one image row
    std::int64_t a_image = 0;   // one image
    std::int64_t a_stride = 0;  // one instance
    // Of the last tap, where it reads a part of its own (Gather::Tail); else as the others.
    int tail_groups = 0;
    std::int64_t tail_pitch = 0;
    std::int64_t tail_run = 0;
    std::int64_t tail_offset = 0;
    // B: values and (N:M) indices, or dY (WU). Bytes.
    std::int64_t b = 0;
    std::int64_t b_pitch = 0;  // one row of values
    std::int64_t b_stride = 0;
    std::int64_t indices = 0;  // 0 when dense
    std::int64_t indices_pitch = 0;
    std::int64_t indices_stride = 0;
    // C: feature map (FF, BP) or dW (WU). Bytes.
    std::int64_t c = 0;
    std::int64_t c_pitch = 0;
    std::int64_t c_row = 0;
    std::int64_t c_image = 0;
    std::int64_t c_stride = 0;
    std::int64_t program = 0;  // address of the program image
    std::int64_t bytes = 0;    // end of all
    int taps = 0;

    [[nodiscard]] bool is_tail(int tap) const { return tap + 1 == taps; }
    [[nodiscard]] int groups_of(int tap) const { return is_tail(tap) ? tail_groups : groups_per_tap; }
    [[nodiscard]] std::int64_t pitch_of(int tap) const { return is_tail(tap) ? tail_pitch : a_pitch; }
    [[nodiscard]] std::int64_t run_of(int tap) const { return is_tail(tap) ? tail_run : a_run; }
    [[nodiscard]] std::int64_t offset_of(int tap) const { return is_tail(tap) ? tail_offset : 0; }
};

[[nodiscard]] GemmLayout layout_gemm(const GemmTask& task, const isa::ArrayConfig& array);

}  // namespace satsim::schedule
