// Attention: one fused kernel of cuDNN's, forward or backward.
#include "runtime/gpu/device/candidates.hpp"

namespace satsim::gpu {
namespace {

// The backward pass reads results and statistics: those of random ones would be no probabilities.
void leave_results(Libraries& l, const AttentionWork& work, const OperandSets& sets) {
    const auto plan = l.attention.prepare({false, work.shape});
    for (int set = 0; set < sets.sets(); ++set) l.attention.run(*plan, sets, set, l.stream);
    l.stream.wait();
}

}  // namespace

std::vector<Contender> contenders(Libraries& l, const AttentionWork& work) {
    std::vector<Contender> list;
    add_or_refuse(list, "cuDNN attention", false, [&](Contender& c) {
        const auto plan = l.attention.prepare(work);
        auto sets = std::make_shared<OperandSets>(attention_operands(work), l.l2_bytes, l.stream.get());
        if (work.gradient) leave_results(l, work, *sets);
        c.sets = sets->sets();
        c.run = [&l, plan, sets](int set) { l.attention.run(*plan, *sets, set, l.stream); };
        // A kernel may refuse as late as here.
        c.run(0);
        l.stream.wait();
        c.operands = sets;
    });
    return list;
}

}  // namespace satsim::gpu
