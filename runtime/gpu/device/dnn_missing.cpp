// In the place of dnn.cpp where cuDNN's headers were missing when satsim was built.
#include "runtime/gpu/device/dnn.hpp"

namespace satsim::gpu {

struct Dnn::Library {};
class Dnn::Convolution {};

Dnn::Dnn() = default;
Dnn::~Dnn() = default;
bool Dnn::works() const {
    return false;
}
std::string Dnn::fault() const {
    return "this build has no cuDNN: its headers were missing";
}
std::string Dnn::version() const {
    return "";
}
std::shared_ptr<Dnn::Convolution> Dnn::prepare(const ConvolutionWork&, const OperandSets&,
                                               const OwnedStream&) {
    throw InputError("GPU", "", fault());
}
void Dnn::run(const Convolution&, const OperandSets&, int, const OwnedStream&) const {}
int Dnn::algorithm(const Convolution&) {
    return 0;
}

}  // namespace satsim::gpu
