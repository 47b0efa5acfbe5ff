// What a fit moves and what moves with it: the kinds of work that errors are told of, the figures of a device
// file that are fitted, and the model's prediction of a piece of work as it was recorded.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "runtime/gpu_model/device.hpp"
#include "runtime/workload/task.hpp"

namespace satsim::gpu {

// What a piece of work is to the model.
enum class FitKind : std::size_t {
    DenseProduct,
    DenseConvolution,
    SparseProduct,
    SparseConvolution,
    Elements,
    Packing,
    Rows,
    Columns,
    Attention,
    AttentionGradient
};
inline constexpr std::array kFitKinds{"dense product", "dense convolution", "2:4 product", "2:4 convolution",
                                      "elements",      "packing",           "rows",        "columns",
                                      "attention",     "attention gradient"};

constexpr unsigned bit(FitKind kind) {
    return 1U << static_cast<unsigned>(kind);
}
inline constexpr unsigned kAllKinds = (1U << kFitKinds.size()) - 1;

// A figure that is fitted: where it is (in the device file too), its range, and the kinds of work that can
// depend on it: no other's prediction changes with it.
struct FitFigure {
    const char* name;
    const char* section;
    const char* key;
    Figure& (*of)(Device&);
    double low;
    double high;
    unsigned kinds;
};
// Of seconds, and of joules at a given time.
[[nodiscard]] std::span<const FitFigure> time_figures();
[[nodiscard]] std::span<const FitFigure> energy_figures();
// Measured by a recording itself, not fitted: launch overhead, idle and burst power.
[[nodiscard]] const FitFigure& launch_figure();
[[nodiscard]] const FitFigure& idle_figure();
[[nodiscard]] const FitFigure& burst_figure();

// Of an efficiency, the least that a device file may have.
inline constexpr double kLeastEfficiency = 0.01;

// `sparse`: the fastest kernel skipped what is pruned.
[[nodiscard]] FitKind fit_kind_of(const std::vector<Task>& tasks, bool sparse);

struct FitPrediction {
    double seconds = 0;
    double dynamic_j = 0;
};
// All tasks one after the other, each on the path that was the fastest when it was measured.
[[nodiscard]] FitPrediction fit_prediction(const Device& device, const std::vector<Task>& tasks, bool sparse);

}  // namespace satsim::gpu
