// What a device's predictions rest on: figures that are fitted to recordings of it, or assumptions.
#pragma once

#include "runtime/gpu_model/device.hpp"

namespace satsim::gpu {

enum class Basis { Assumed, Fitted };
[[nodiscard]] const char* to_string(Basis basis);  // "assumed", "fitted"

[[nodiscard]] Basis basis_of(const Figure& figure);
// Seconds are fitted where the memory's efficiency is, which every kind of work depends on.
[[nodiscard]] Basis basis_of_times(const Device& device);
// Joules are fitted where those of a tensor flop and of a DRAM byte are, which every step spends.
[[nodiscard]] Basis basis_of_joules(const Device& device);

}  // namespace satsim::gpu
