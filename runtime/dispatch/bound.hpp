// What limited a task, from what its engines did. The rule is stated in docs/formats/compare.md.
#pragma once

#include "runtime/dispatch/target.hpp"
#include "runtime/isa/program.hpp"

namespace satsim {

[[nodiscard]] const char* to_string(Provenance provenance);

// How much of a resource's time must be taken for it to count as the limit.
inline constexpr double kSaturated = 0.8;

struct BoundInput {
    Execution execution;
    isa::ArrayConfig array;
    bool gemm = true;               // false: a vector task, whose work is VEC's
    bool short_interleave = false;  // fewer outputs in a USPE than the adder's latency asks for
    // Rows that LOAD writes a word of A to at a time. B's words go to one, so that its port is this full at
    // least.
    int load_copies = 1;
};

[[nodiscard]] Bound classify(const BoundInput& input);

// A GEMM task that uses the array to at least this share needs no explanation.
inline constexpr double kGoodUtilization = 0.95;

// Why a GEMM task's utilisation is below that, from its counters: how many of its MAC slots are padding, and
// how busy the engines and the memory bus were in the rest. Empty for other tasks and for good ones.
[[nodiscard]] std::string shortfall(const TaskResult& task, std::int64_t peak_macs);

}  // namespace satsim
