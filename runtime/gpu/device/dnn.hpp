// Convolutions by cuDNN, opened at run time: NHWC, FP16, FP32 accumulation, the fastest of the algorithms
// that the library names. The gradient of the weights leaves in FP16, since cuDNN offers no FP32 result for
// FP16 operands.
#pragma once

#include <memory>
#include <string>

#include "runtime/gpu/device/operand_sets.hpp"
#include "runtime/gpu/device/stopwatch.hpp"
#include "runtime/gpu_record/work.hpp"

namespace satsim::gpu {

class Dnn {
  public:
    Dnn();
    ~Dnn();
    [[nodiscard]] bool works() const;
    [[nodiscard]] std::string fault() const;
    [[nodiscard]] std::string version() const;

    class Convolution;
    // Operands of `sets`: 0 the input map, 1 the weights [out][ky][kx][in of a group], 2 the output map; what
    // the pass computes is written. Throws InputError where no algorithm takes it.
    [[nodiscard]] std::shared_ptr<Convolution> prepare(const ConvolutionWork& work, const OperandSets& sets,
                                                       const OwnedStream& stream);
    void run(const Convolution& convolution, const OperandSets& sets, int set,
             const OwnedStream& stream) const;
    [[nodiscard]] static int algorithm(const Convolution& convolution);

    // cuDNN pads both ends alike: where a layer does not, its input is taken as padded already. Rows and
    // columns of that input.
    [[nodiscard]] static std::pair<int, int> input_extent(const ConvolutionWork& work);

  private:
    struct Library;
    std::unique_ptr<Library> library_;
};

}  // namespace satsim::gpu
