// The tensors by which kernels are chosen for work (device/vector_kernel.hpp) are those that they touch: each
// is read, or written whole, and no other is there.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>

#include "runtime/gpu/device/vector_kernel.hpp"
#include "tests/unit/gpu/emulated_vector.hpp"
#include "tests/unit/gpu/random_values.hpp"

namespace satsim::gpu::test {
namespace {

constexpr std::int64_t kRows = 6;
constexpr std::int64_t kColumns = 24;
constexpr std::size_t kElements = kRows * kColumns;
constexpr std::uint16_t kUnwritten = 0x7E01;  // a NaN that no kernel forms

using Inputs = std::vector<std::vector<Fp16>>;
using Outputs = std::vector<std::vector<std::uint16_t>>;

// What a run left: tensors, and the bits of everything smaller.
struct Left {
    Outputs tensors;
    std::vector<std::uint32_t> small;
    void add(const std::vector<float>& values) {
        for (const float value : values) small.push_back(std::bit_cast<std::uint32_t>(value));
    }
    bool operator==(const Left&) const = default;
};

Outputs unwritten(const KernelTensors& tensors) {
    return Outputs(static_cast<std::size_t>(tensors.writes),
                   std::vector<std::uint16_t>(kElements, kUnwritten));
}
std::vector<float> small_operand(std::int64_t count) {
    Generator generator(3);
    return random_floats(generator, static_cast<std::size_t>(count));
}

Left left_by(Elementwise operation, const KernelTensors& tensors, Inputs& in) {
    Left left{unwritten(tensors), {}};
    std::vector<float> channels = small_operand(3 * kColumns);
    ElementwiseArguments a;
    a.elements = kElements;
    a.channels = kColumns;
    for (std::size_t i = 0; i < in.size(); ++i) a.in[i] = bits_of(in[i].data());
    for (std::size_t i = 0; i < left.tensors.size(); ++i) a.out[i] = left.tensors[i].data();
    for (std::size_t i = 0; i < 3; ++i) a.channel[i] = channels.data() + i * kColumns;
    EmulatedVectorMachine().elementwise(operation, a);
    return left;
}
Left left_by(Rowwise operation, const KernelTensors& tensors, Inputs& in) {
    Left left{unwritten(tensors), {}};
    std::vector<float> statistics = small_operand(2 * kRows);
    const std::vector<float> normal = small_operand(2 * kRows);
    const std::vector<float> columns = small_operand(2 * kColumns);
    std::vector<float> loss(kRows);
    const std::vector<int> labels(kRows, 1);
    RowArguments a;
    for (std::size_t i = 0; i < in.size(); ++i) a.in[i] = bits_of(in[i].data());
    if (!left.tensors.empty()) a.out = left.tensors.front().data();
    a.statistics = statistics.data();
    a.normal = normal.data();
    a.scale = columns.data();
    a.shift = columns.data() + kColumns;
    a.loss = loss.data();
    a.label = labels.data();
    a.rows = kRows;
    a.columns = kColumns;
    EmulatedVectorMachine().rowwise(operation, a);
    left.add(statistics);
    left.add(loss);
    return left;
}
Left left_by(Columnwise operation, const KernelTensors& tensors, Inputs& in) {
    Left left{unwritten(tensors), {}};
    const std::vector<float> columns = small_operand(4 * kColumns);
    const std::vector<float> row_normal = small_operand(2 * kRows);
    std::vector<float> out(5 * kColumns);
    ColumnArguments a;
    a.rows = kRows;
    a.columns = kColumns;
    a.choose_strip();
    std::vector<float> workspace(static_cast<std::size_t>(a.strips() * 2 * kColumns));
    for (std::size_t i = 0; i < in.size(); ++i) a.in[i] = bits_of(in[i].data());
    a.normal[0] = columns.data();
    a.normal[1] = columns.data() + kColumns;
    a.scale = columns.data() + 2 * kColumns;
    a.shift = columns.data() + 3 * kColumns;
    a.row_normal = row_normal.data();
    a.workspace = workspace.data();
    for (std::size_t i = 0; i < 5; ++i) a.out[i] = out.data() + i * kColumns;
    EmulatedVectorMachine().columnwise(operation, a);
    left.add(out);
    return left;
}

// Tensors that a kernel does not have are null pointers, which it could neither read nor write.
void expect_touched(auto operation) {
    SCOPED_TRACE(to_string(operation));
    const KernelTensors tensors = tensors_of(operation);
    Generator generator(7);
    Inputs in;
    for (int i = 0; i < tensors.reads; ++i) in.push_back(random_halves(generator, kElements));
    const Left before = left_by(operation, tensors, in);
    for (const auto& tensor : before.tensors) EXPECT_EQ(std::ranges::count(tensor, kUnwritten), 0);
    for (std::size_t i = 0; i < in.size(); ++i) {
        Inputs changed = in;
        changed[i] = random_halves(generator, kElements);
        EXPECT_FALSE(left_by(operation, tensors, changed) == before) << "tensor " << i << " is not read";
    }
}

TEST(GpuKernelTensors, AreThoseThatElementwiseKernelsTouch) {
    for (int i = 0; i <= static_cast<int>(kLastElementwise); ++i) expect_touched(static_cast<Elementwise>(i));
}
TEST(GpuKernelTensors, AreThoseThatRowwiseKernelsTouch) {
    for (int i = 0; i <= static_cast<int>(Rowwise::Loss); ++i) expect_touched(static_cast<Rowwise>(i));
}
TEST(GpuKernelTensors, AreThoseThatColumnwiseKernelsTouch) {
    for (int i = 0; i <= static_cast<int>(Columnwise::RowGradientSums); ++i)
        expect_touched(static_cast<Columnwise>(i));
}

// Two kernels one after the other, on the same tensors.
TEST(GpuKernelTensors, OfRowGradientsAreThoseOfBothPasses) {
    EXPECT_EQ(tensors_of(Columnwise::RowGradientSums), tensors_of(Rowwise::GradientStatistics));
    EXPECT_EQ(tensors_of(SingleKernel::RowGradientStatistics), tensors_of(Rowwise::GradientStatistics));
    EXPECT_EQ(tensors_of(SingleKernel::RowNormGradient), tensors_of(Rowwise::NormGradient));
}

}  // namespace
}  // namespace satsim::gpu::test
