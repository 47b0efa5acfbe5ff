// In the place of attention_graph.cpp where cuDNN's headers were missing, or too old, when satsim was built.
#include "runtime/gpu/device/attention_graph.hpp"

namespace satsim::gpu {

struct Attention::Library {};
class Attention::Plan {};

Attention::Attention() = default;
Attention::~Attention() = default;
bool Attention::works() const {
    return false;
}
std::string Attention::fault() const {
    return "this build has no cuDNN 9.16: its headers were missing or older";
}
void Attention::require(const AttentionWork&) const {
    throw InputError("", "", fault());
}
std::shared_ptr<Attention::Plan> Attention::prepare(const AttentionWork& work) {
    require(work);
    return nullptr;
}
std::shared_ptr<Attention::Plan> Attention::prepare_for(const std::string&, const AttentionWork& work) const {
    require(work);
    return nullptr;
}
std::size_t Attention::workspace_bytes(const Plan&) {
    return 0;
}
void Attention::run(const Plan&, const OperandSets&, int, const OwnedStream&) const {}

}  // namespace satsim::gpu
