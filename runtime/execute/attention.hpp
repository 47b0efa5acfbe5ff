// Scores, softmax and context of attention, and their gradients: what `attend` layers are and what
// `attention` layers have between their projections. Internal to runtime/execute.
#pragma once

#include "runtime/execute/layer_run.hpp"

namespace satsim::execute {

// What attention reads, or the gradients of it: [sample][position][head][channel], whole maps of every
// sample.
struct HeadMaps {
    Values queries;
    Values keys;
    Values values;
};

// The fields of `attend` say how heads and positions lie: in, with, out, heads, kv_heads, spans, causal,
// window. Tasks are taken from `run`, whose layer has them under the same names: products scores and context,
// dP, dV, dQ and dK, softmax, transpositions, zero fill. Probabilities are kept for the gradients.
[[nodiscard]] Values attention_context(LayerRun& run, const Layer& attend, const HeadMaps& in);
// `gradient` is that of the context. `again`: the probabilities are formed again.
[[nodiscard]] HeadMaps attention_gradients(LayerRun& run, const Layer& attend, const HeadMaps& in,
                                           const Values& gradient, bool again);

}  // namespace satsim::execute
