// A GEMM of the command line for a machine that can hold and run it.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "host/inputs.hpp"
#include "runtime/isa/rules.hpp"
#include "runtime/schedule/tensor_layout.hpp"
#include "runtime/support/error.hpp"

namespace satsim::host {

// Throws InputError naming the hardware file where its array was not built for the pattern of `task`.
inline void require_built(const GemmTask& task, const Hardware& hardware) {
    if (task.nm.dense() || task.nm.m <= hardware.array.max_m) return;
    throw InputError(hardware.file, "/array/max_m",
                     fmt::format("is {}, but layer {} is {}, which needs an array built for M = {}",
                                 hardware.array.max_m, task.layer, to_string(task.nm), task.nm.m));
}

// parse_gemm(); refuses operands and a result that do not fit the hardware's memory, with the arithmetic.
inline GemmTask fitting_gemm(const std::string& sizes, const std::string& nm, const Hardware& hardware) {
    GemmTask task = parse_gemm(sizes, nm);
    require_built(task, hardware);
    const schedule::GemmLayout layout = schedule::layout_gemm(task, hardware.array);
    // Addresses are signed immediates of SET.
    const Bytes capacity = std::min<Bytes>(hardware.capacity_bytes(), isa::kAddressLimit / 2);
    if (layout.bytes <= capacity) return task;
    const auto gib = [](Bytes bytes) {
        return static_cast<double>(bytes) / static_cast<double>(Bytes{1} << 30);
    };
    throw InputError(
        "--gemm " + sizes, "",
        fmt::format(
            "needs {:.1f} GiB of accelerator memory (A {:.1f}, B {:.1f}, C {:.1f}), but {} has {:.1f} "
            "GiB; expected smaller sizes",
            gib(layout.bytes), gib(layout.a_stride), gib(layout.b_stride + layout.indices_stride),
            gib(layout.c_stride), hardware.name, gib(capacity)));
}

}  // namespace satsim::host
