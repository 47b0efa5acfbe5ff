#include "runtime/dispatch/capacity.hpp"

#include <fmt/format.h>

#include "runtime/support/error.hpp"

namespace satsim {
namespace {

double gib(Bytes bytes) {
    return static_cast<double>(bytes) / static_cast<double>(Bytes{1} << 30);
}

}  // namespace

void require_capacity(const std::string& network, const Footprint& footprint, const Hardware& hardware) {
    if (footprint.total() <= hardware.capacity_bytes()) return;
    throw InputError(
        network, "",
        fmt::format("needs {:.1f} GiB of accelerator memory (activations {:.1f}, their gradients {:.1f}, "
                    "weights {:.1f}, "
                    "optimizer state {:.1f}, weight gradients {:.1f}), but {} has {:.1f} GiB; expected a "
                    "smaller --batch",
                    gib(footprint.total()), gib(footprint.activations), gib(footprint.gradients),
                    gib(footprint.weights), gib(footprint.optimizer_state), gib(footprint.weight_gradients),
                    hardware.name, gib(hardware.capacity_bytes())));
}

}  // namespace satsim
