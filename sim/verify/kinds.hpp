// What a random program can exercise: dataflow x pattern x form of a GEMM, and every vector kernel.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "runtime/schedule/emit_vector.hpp"
#include "runtime/schedule/gemm_schedule.hpp"

namespace satsim::verify {

// Convolution: taps with strides and padding, scattered output. Matrix: one tap, no image.
enum class GemmForm { Convolution, Matrix };

struct GemmKind {
    schedule::Dataflow dataflow = schedule::Dataflow::OutputStationary;
    NmPattern nm;
    GemmForm form = GemmForm::Convolution;
    bool weight_update = false;  // else FF or BP
};

struct Kind {
    std::string name;  // "os-2:8-conv", "wu-dense-matrix", "vec-adam"
    std::variant<GemmKind, schedule::VectorKernel> work;
};

[[nodiscard]] const std::vector<Kind>& all_kinds();

// False where the array's built size excludes the kind: a pattern of M above MAXM.
[[nodiscard]] bool runs_on(const Kind& kind, const isa::ArrayConfig& array);

}  // namespace satsim::verify
