#include "sim/verify/kinds.hpp"

#include <array>

namespace satsim::verify {
namespace {

using schedule::Dataflow;
using schedule::VectorKernel;

constexpr std::array kPatterns{NmPattern{8, 8}, NmPattern{1, 2},  NmPattern{2, 4},
                               NmPattern{2, 8}, NmPattern{1, 8},  NmPattern{4, 8},
                               NmPattern{1, 4}, NmPattern{2, 16}, NmPattern{4, 16}};
constexpr std::array<const char*, 15> kKernelNames{"vec-relu",
                                                   "vec-relu-grad",
                                                   "vec-add",
                                                   "vec-bias",
                                                   "vec-bias-grad",
                                                   "vec-norm-statistics",
                                                   "vec-norm-apply",
                                                   "vec-norm-grad-statistics",
                                                   "vec-norm-grad-apply",
                                                   "vec-sgd",
                                                   "vec-adam",
                                                   "vec-adamw",
                                                   "vec-prune",
                                                   "vec-zero-fill",
                                                   "vec-sum"};
static_assert(static_cast<std::size_t>(VectorKernel::Sum) + 1 == kKernelNames.size());

std::string form_name(GemmForm form) {
    return form == GemmForm::Convolution ? "-conv" : "-matrix";
}

std::vector<Kind> make_kinds() {
    std::vector<Kind> kinds;
    constexpr std::array kForms{GemmForm::Convolution, GemmForm::Matrix};
    for (const Dataflow dataflow : {Dataflow::OutputStationary, Dataflow::WeightStationary}) {
        for (const NmPattern nm : kPatterns) {
            for (const GemmForm form : kForms)
                kinds.push_back({std::string(to_string(dataflow)) + "-" + to_string(nm) + form_name(form),
                                 GemmKind{dataflow, nm, form, false}});
        }
    }
    for (const GemmForm form : kForms)
        kinds.push_back(
            {"wu-dense" + form_name(form), GemmKind{Dataflow::OutputStationary, {8, 8}, form, true}});
    for (std::size_t kernel = 0; kernel < kKernelNames.size(); ++kernel)
        kinds.push_back({kKernelNames[kernel], static_cast<VectorKernel>(kernel)});
    return kinds;
}

}  // namespace

const std::vector<Kind>& all_kinds() {
    static const std::vector<Kind> kinds = make_kinds();
    return kinds;
}

bool runs_on(const Kind& kind, const isa::ArrayConfig& array) {
    const auto* gemm = std::get_if<GemmKind>(&kind.work);
    return gemm == nullptr || gemm->nm.dense() || gemm->nm.m <= array.max_m;
}

}  // namespace satsim::verify
