// How well `gpu-model` predicts what was measured: its figures of kernels are fitted to half of the pieces of
// work of recordings, and the error is told on the other half.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runtime/gpu_model/device.hpp"
#include "runtime/gpu_record/recording.hpp"

namespace satsim::gpu {

// Of |predicted/measured - 1|.
struct PredictionError {
    std::string kind;  // "dense product", "2:4 convolution", "rows" ...; "all", the last
    std::size_t works = 0;
    double median = 0;
    double percentile_90 = 0;
};

struct FittedFigure {
    std::string name;     // as of figures(device)
    std::string section;  // of the device file: "kernels", "power"
    std::string key;
    Figure figure;      // fitted
    double before = 0;  // of the device file
};

struct Fit {
    Device device;  // with the fitted figures and their source
    std::vector<FittedFigure> figures;
    std::size_t works = 0;                // pieces of work, each once
    std::size_t fitted = 0;               // those that the figures were fitted to
    std::vector<PredictionError> before;  // on the others, from the device file as it is
    std::vector<PredictionError> after;   // and with the fitted figures
    // The same of joules, on the held-out works whose energy was read; empty where none was.
    std::vector<PredictionError> energy_before;
    std::vector<PredictionError> energy_after;
};

// All of one device and timed in one way; of equal pieces of work the first counts. Throws InputError naming
// the recording whose device or timing is another one than the first's.
[[nodiscard]] Recording merge(const std::vector<Recording>& recordings);

// The launch overhead and idle power are the recording's. Active power and the joules of a tensor flop and of
// a DRAM byte minimise the mean of |log(predicted/measured)| of joules, at the measured time, over the works
// whose energy was read; then the kernels' figures that of seconds over every second piece of work of a kind,
// in the order of the recording. A figure that nothing recorded depends on stays as it is; but where the
// device file knows no kernel of attention (0) and the recording has one, both directions get a figure, of
// which one that was not recorded is the least, and `before` is with the least for both. `source`: what the
// fitted figures' source calls the recordings. The device's timing becomes the recording's. Throws InputError
// naming the recording when there are fewer than four pieces of work.
[[nodiscard]] Fit fit(const Device& device, const Recording& recording, const std::string& source);

// The device file `path` with the fitted figures in place of its own, everything else as it is. Throws
// InputError.
[[nodiscard]] std::string fitted_file(const std::filesystem::path& path, const Fit& fit);

}  // namespace satsim::gpu
