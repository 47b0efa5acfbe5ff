// How well `gpu-model` predicts what was measured: its efficiencies are fitted to half of a recording's
// pieces of work and the error is told on the other half.
#pragma once

#include <string>
#include <vector>

#include "runtime/gpu_model/device.hpp"
#include "runtime/gpu_record/recording.hpp"

namespace satsim::gpu {

// Of |predicted/measured - 1|.
struct PredictionError {
    std::string kind;  // "dense", "2:4", "vector", "all"
    std::size_t works = 0;
    double median = 0;
    double percentile_90 = 0;
};

struct FittedFigure {
    std::string name;
    double before = 0;  // of the device file
    double after = 0;
};

struct Fit {
    Device device;  // with the fitted figures
    std::vector<FittedFigure> figures;
    std::size_t fitted = 0;   // pieces of work that the figures were fitted to
    std::size_t skipped = 0;  // strided input gradients, which the model predicts as several products
    std::vector<PredictionError> before;  // on the other half, from the device file as it is
    std::vector<PredictionError> after;   // and with the fitted figures
};

// Launch overhead is taken from the recording; the efficiencies (dense, 2:4, memory) minimise the median
// error. Every second piece of work of a kind is held out. Throws InputError naming the recording when fewer
// than four can be predicted.
[[nodiscard]] Fit fit(const Device& device, const Recording& recording);

}  // namespace satsim::gpu
