// GEMM tasks of random layers, by what bounds them: unseen work for the fast model.
#pragma once

#include <cstdint>
#include <random>

#include "runtime/schedule/scheduler.hpp"
#include "runtime/workload/task.hpp"

namespace satsim::test {

// What limits a task before anything is known of its schedule: the largest of MAC cycles, lines read and
// lines written, every operand once; Short when none of them is long enough to hide filling and draining.
enum class Bound { Compute, Read, Write, Short };
inline constexpr Bound kBounds[] = {Bound::Compute, Bound::Read, Bound::Write, Bound::Short};
[[nodiscard]] const char* to_string(Bound bound);

// Cycles of the three lower bounds.
struct BoundCycles {
    double compute = 0;
    double read = 0;
    double write = 0;
};
[[nodiscard]] BoundCycles bound_cycles(const GemmTask& task, const isa::ArrayConfig& array);
[[nodiscard]] Bound bound_of(const GemmTask& task, const isa::ArrayConfig& array);

// FF, BP or WU of a random convolution (kernel, stride, padding, groups), linear layer or attention, dense or
// N:M, as a training step has it, on the stored input; bound as asked. None needs more than about a million
// cycles.
[[nodiscard]] GemmTask random_layer_task(std::mt19937_64& rng, Bound bound, const isa::ArrayConfig& array);

}  // namespace satsim::test
