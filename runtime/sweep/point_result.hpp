// What is known of one point once it has been evaluated.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/support/types.hpp"

namespace satsim::sweep {

enum class Status : std::uint8_t {
    Done,
    Impossible,  // the configuration cannot be: `reason` is the input error
    Fault        // satsim failed: `reason` says how
};
[[nodiscard]] const char* to_string(Status status);

// The figures of one training step; seconds and joules as `satsim run` gives them.
struct StepFigures {
    double seconds = 0;
    double energy_j = 0;
    Cycles cycles = 0;
    Cycles gemm_cycles = 0;
    Bytes dram_bytes = 0;
    double utilization = 0;
    double gemm_s = 0;
    double vector_s = 0;
    double host_s = 0;
    double transfer_s = 0;
    std::int64_t batch = 0;
    // A step of more samples takes longer and does more: only these compare across batch sizes.
    [[nodiscard]] double seconds_per_sample() const { return seconds / static_cast<double>(batch); }
    [[nodiscard]] double joules_per_sample() const { return energy_j / static_cast<double>(batch); }
    bool operator==(const StepFigures&) const = default;
};

struct PointResult {
    Status status = Status::Done;
    std::string reason;
    StepFigures figures;  // Done only
    bool operator==(const PointResult&) const = default;
};

}  // namespace satsim::sweep
