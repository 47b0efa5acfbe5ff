// What was measured on a GPU, and where it came from: docs/formats/gpu-recording.md. A recording is a list of
// pieces of work with their times, so that any step made of them can be put together again without the GPU.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/gpu_record/work.hpp"

namespace satsim::gpu {

// A kernel that could have done the work: its median seconds, or why it could not.
struct Candidate {
    std::string kernel;
    double seconds = 0;
    std::string refused;  // "" where it ran
};
struct KernelTime {
    std::string name;
    double seconds = 0;
};

struct Measurement {
    std::string kernel;  // the fastest candidate
    double seconds = 0;  // its median
    double fastest = 0;  // of the repetitions
    double slowest = 0;
    int repetitions = 0;
    // Median where the host calls the work anew for each run, if `seconds` is of replays without the host.
    std::optional<double> called_seconds;
    std::optional<double> joules;  // of the board, idle included
    bool shared_power = false;     // joules are `seconds` at the mean power of its kind (energy_share.hpp)
    double energy_window_s = 0;
    double sustained_seconds =
        0;                      // of a run while energy was read: clocks fall when the board is at its limit
    double measured_share = 1;  // of work that is larger than the memory: the times are of this part of it,
                                // over the share (fitting_part.hpp)
    bool sparse = false;        // the kernel skips what is pruned
    std::string dense_reason;   // why work with a sparse operand ran dense
    std::vector<Candidate> candidates;
    std::vector<KernelTime> kernels;  // as the profiler names them; empty without one
};

// Everything that a figure needs to be believed.
struct MeasuredDevice {
    std::string name;
    std::string compute_capability;
    int sm_count = 0;
    Bytes memory_bytes = 0;
    Bytes l2_bytes = 0;
    std::string driver;
    std::string cuda;
    std::map<std::string, std::string> libraries;  // name to version, or why it is missing
    double sm_clock_hz = 0;                        // read during the calibration; 0: not known
    double memory_clock_hz = 0;
    std::optional<double> idle_watts;
    std::string energy_method;  // how joules were found, or why there are none
    std::string time_method;
    std::string date;  // ISO 8601, UTC
    // Measured at the start: what this board reaches, the roofs of comparisons.
    double dense_flops = 0;     // flop/s of a large dense product
    double copy_bandwidth = 0;  // byte/s read and written by a large copy
    double launch_seconds = 0;  // of an empty kernel in a stream of others
    double board_watts = 0;     // the limit; 0: not known
};

struct RecordedStep {
    std::string network;
    std::string recipe;
    std::int64_t batch = 0;
    auto operator<=>(const RecordedStep&) const = default;
};

struct Recording {
    std::string file;  // where it was read from; "" for one that is being made
    MeasuredDevice device;
    std::vector<RecordedStep> steps;
    std::map<Work, Measurement> measurements;
    // Works that would stand in the place of several tasks, but that no kernel of the device runs.
    Refusals refused;
};

// What the measured kernel moved of what the work moves. Below 1 in recordings from before 2026-11-27 alone:
// gated activations ran as GELU, which has one tensor less to read (its gradient, one and one to write), and
// statistics of the gradients of rows' norms without the second pass, which sums those of scales and shifts.
[[nodiscard]] double moved_share(const Work& work, const Measurement& measured);

[[nodiscard]] std::string recording_json(const Recording& recording);
// Throw InputError naming file and JSON pointer.
[[nodiscard]] Recording load_recording(const std::filesystem::path& path);
[[nodiscard]] Recording parse_recording(std::string_view text, const std::string& name);

}  // namespace satsim::gpu
