// Attention by cuDNN's fused kernels, opened at run time: scaled scores, mask, softmax and context in one
// plan, and all gradients in another. FP16 tensors [sequences][positions][heads][channels of a head], FP32
// arithmetic (probabilities enter their products in FP16), scale 1/sqrt(query_size).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/gpu/device/operand_sets.hpp"
#include "runtime/gpu_record/work.hpp"

namespace satsim::gpu {

// Places of the operands in a set. A forward pass has those up to the statistics, of which it writes two.
enum class AttentionOperand : std::size_t {
    Queries,
    Keys,
    Values,
    Result,
    Statistics,  // FP32 [sequences][heads][queries]: logarithms of the sums of the scores' exponentials
    ResultGradient,
    QueryGradient,
    KeyGradient,
    ValueGradient
};

// Of a forward pass, or of both.
[[nodiscard]] std::vector<Operand> attention_operands(const AttentionWork& work);

class Attention {
  public:
    Attention();
    ~Attention();
    // Whether the library is there and new enough; says nothing of a device.
    [[nodiscard]] bool works() const;
    [[nodiscard]] std::string fault() const;

    class Plan;
    // For this process's device, its workspace allocated. Throws InputError, with the library's reason, where
    // no engine takes the work.
    [[nodiscard]] std::shared_ptr<Plan> prepare(const AttentionWork& work);
    // For a device of these properties (JSON as the library writes it), which need not be there; compiled but
    // never run.
    [[nodiscard]] std::shared_ptr<Plan> prepare_for(const std::string& device,
                                                    const AttentionWork& work) const;
    // Bytes that the plan needs besides its operands.
    [[nodiscard]] static std::size_t workspace_bytes(const Plan& plan);
    void run(const Plan& plan, const OperandSets& sets, int set, const OwnedStream& stream) const;

  private:
    // Throws InputError where the library is missing, or takes what it should not.
    void require(const AttentionWork& work) const;

    struct Library;
    std::unique_ptr<Library> library_;
};

}  // namespace satsim::gpu
