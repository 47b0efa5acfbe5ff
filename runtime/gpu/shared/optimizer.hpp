// The optimizers' arithmetic for one element: the programs SGD, ADAM and ADAMW of docs/architecture/vector.md
// §4, operation by operation, so that a GPU's master weights equal SAT's bit for bit.
#pragma once

#include "runtime/gpu/shared/arithmetic.hpp"

namespace satsim::gpu {

enum class UpdateRule {
    Sgd,
    Adam,
    AdamW,
    None  // no update: the FP16 weights are pruned and packed as they are
};

// s0..s10 of the programs; what each means is stated there.
struct UpdateConstants {
    float s[11] = {};
};

struct UpdateElement {
    float gradient = 0;
    float first = 0;   // momentum
    float second = 0;  // Adam's second moment
    float weight = 0;
};

// Operands as loaded. `decays`: the SR-STE decay s9 applies instead of s1.
template <UpdateRule Rule>
SATSIM_HD inline UpdateElement updated(UpdateElement e, bool decays, const UpdateConstants& k) {
    static_assert(Rule != UpdateRule::None);
    e = {flush(e.gradient), flush(e.first), flush(e.second), flush(e.weight)};
    const float decay = decays ? k.s[9] : k.s[1];
    const float scaled = addend(e.gradient, k.s[0]);
    const float kept = addend(e.first, k.s[2]);
    const float gradient = exact_mad(e.weight, decay, scaled);
    if constexpr (Rule == UpdateRule::Sgd) {
        e.first = exact_add(kept, gradient);
        e.weight = exact_nmad(e.first, k.s[3], e.weight);
    } else {
        e.first = exact_mad(gradient, k.s[3], kept);
        const float old = addend(e.second, k.s[4]);
        e.second = exact_mad(exact_mul(gradient, gradient), k.s[5], old);
        const float root = exact_mad(exact_sqrt(e.second), k.s[6], k.s[7]);
        const float step = exact_div(e.first, root);
        if constexpr (Rule == UpdateRule::AdamW) e.weight = exact_mul(e.weight, k.s[10]);
        e.weight = exact_nmad(step, k.s[8], e.weight);
    }
    e.first = stored(e.first);
    e.second = stored(e.second);
    e.weight = stored(e.weight);
    return e;
}

}  // namespace satsim::gpu
