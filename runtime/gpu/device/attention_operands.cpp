// Apart from the library: a build without it asks for them too.
#include "runtime/gpu/device/attention_graph.hpp"

namespace satsim::gpu {

std::vector<Operand> attention_operands(const AttentionWork& work) {
    const AttentionShape& s = work.shape;
    const std::int64_t query_rows = s.sequences * s.queries * s.heads;
    const std::int64_t key_rows = s.sequences * s.keys * s.kv_heads;
    const std::size_t queries = halves(query_rows * s.query_size);
    const std::size_t keys = halves(key_rows * s.query_size);
    const std::size_t values = halves(key_rows * s.value_size);
    const std::size_t result = halves(query_rows * s.value_size);
    std::vector<Operand> operands{
        {queries}, {keys}, {values}, {result, Fill::Nothing}, {floats(query_rows), Fill::Nothing}};
    if (work.gradient)
        operands.insert(operands.end(),
                        {{result}, {queries, Fill::Nothing}, {keys, Fill::Nothing}, {values, Fill::Nothing}});
    return operands;
}

}  // namespace satsim::gpu
