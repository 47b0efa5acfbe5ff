// Every kernel on a device: the checks that tests/unit/gpu makes on the CPU.
#include "tests/gpu/device_machine.hpp"
#include "tests/unit/gpu/sparse_checks.hpp"
#include "tests/unit/gpu/update_checks.hpp"
#include "tests/unit/gpu/vector_checks.hpp"

namespace satsim::gpu::test {
namespace {

class GpuDeviceKernels : public DeviceTest {
  protected:
    DeviceMachine machine;
};

TEST_F(GpuDeviceKernels, PackedCopiesAreThoseOfTheCore) {
    expect_packed_copies_of_the_core(machine);
}
TEST_F(GpuDeviceKernels, CompressedCopiesHoldWhatTheCoreKeeps) {
    expect_compressed_copies_of_the_core(machine);
}
TEST_F(GpuDeviceKernels, SgdIsTheCoresBitForBit) {
    expect_update_in_one_pass<UpdateRule::Sgd>(machine);
}
TEST_F(GpuDeviceKernels, AdamIsTheCoresBitForBit) {
    expect_update_in_one_pass<UpdateRule::Adam>(machine);
}
TEST_F(GpuDeviceKernels, AdamWIsTheCoresBitForBit) {
    expect_update_in_one_pass<UpdateRule::AdamW>(machine);
}
TEST_F(GpuDeviceKernels, CompressesWhatItUpdatesBitForBit) {
    expect_compressed_updates(machine);
}
TEST_F(GpuDeviceKernels, UpdatesManyTilesBitForBit) {
    for (const bool decays : {false, true}) {
        expect_compressed_update<UpdateRule::Sgd>(machine, {2, 1250, 1540, {2, 8}}, decays);
        expect_compressed_update<UpdateRule::Adam>(machine, {2, 1250, 1540, {2, 4}}, decays);
    }
}
TEST_F(GpuDeviceKernels, PlainCopyIsTheRoundedWeight) {
    expect_plain_copy(machine);
}
TEST_F(GpuDeviceKernels, ElementwiseIsItsFormula) {
    expect_elementwise(machine);
}
TEST_F(GpuDeviceKernels, RowwiseIsItsFormula) {
    expect_rowwise(machine);
}
TEST_F(GpuDeviceKernels, NormsInOneKernelAreThoseOfTwo) {
    expect_whole_norms(machine);
}
TEST_F(GpuDeviceKernels, ColumnwiseIsItsFormula) {
    expect_columnwise(machine);
}
TEST_F(GpuDeviceKernels, FloatsAreTheirFormula) {
    expect_floats(machine);
}
TEST_F(GpuDeviceKernels, TransposeTurnsEveryMatrix) {
    constexpr std::int64_t kBatch = 3, kRows = 45, kColumns = 70;
    Generator generator(1);
    std::vector<Fp16> in = random_halves(generator, kBatch * kRows * kColumns);
    std::vector<Fp16> out(in.size());
    check(launch_transpose(bits_of(machine.put(in)), bits_of(machine.put(out)), kBatch, kRows, kColumns,
                           nullptr),
          "transpose");
    machine.get(out);
    for (std::int64_t b = 0; b < kBatch; ++b)
        for (std::int64_t r = 0; r < kRows; ++r)
            for (std::int64_t c = 0; c < kColumns; ++c)
                ASSERT_EQ(out[static_cast<std::size_t>((b * kColumns + c) * kRows + r)],
                          in[static_cast<std::size_t>((b * kRows + r) * kColumns + c)]);
}

class GpuDeviceSparse : public GpuDeviceKernels {
  protected:
    void SetUp() override {
        GpuDeviceKernels::SetUp();
        if (IsSkipped()) return;
        int major = 0;
        check(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0), "reading the device");
        if (major < 8) GTEST_SKIP() << "no sparse tensor cores";
    }
};
TEST_F(GpuDeviceSparse, MultipliesMatricesOfOddSizes) {
    expect_matrices_of_odd_sizes(machine);
}
TEST_F(GpuDeviceSparse, GathersConvolutions) {
    expect_convolutions(machine);
}
TEST_F(GpuDeviceSparse, WritesPhasesOfAStridedGradient) {
    expect_phases_of_a_strided_gradient(machine);
}

class GpuDeviceWgmma : public GpuDeviceKernels {
  protected:
    void SetUp() override {
        GpuDeviceKernels::SetUp();
        if (IsSkipped()) return;
        int major = 0;
        check(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0), "reading the device");
        if (major != 9) GTEST_SKIP() << "no wgmma";
    }
};
// From the smallest to what fails last: one block, one step; then clusters; then many tiles a block.
TEST_F(GpuDeviceWgmma, MultipliesOneTile) {
    Generator generator(10);
    expect_product(machine, WgmmaTile{}, {GatherView::matrix(256, 64), 128, 1, 2, 4}, generator);
}
TEST_F(GpuDeviceWgmma, MultipliesMatricesOfOddSizes) {
    expect_wgmma_matrices_of_odd_sizes<WgmmaTile>(machine);
}
TEST_F(GpuDeviceWgmma, GathersConvolutions) {
    expect_wgmma_convolutions<WgmmaTile>(machine);
}
TEST_F(GpuDeviceWgmma, MultipliesLargeMatrices) {
    expect_large_wgmma_matrices<WgmmaTile>(machine);
}
TEST_F(GpuDeviceWgmma, NarrowTilesMultiplyTheSame) {
    Generator generator(12);
    expect_product(machine, NarrowWgmmaTile{}, {GatherView::matrix(128, 64), 128, 1, 2, 4}, generator);
    expect_wgmma_matrices_of_odd_sizes<NarrowWgmmaTile>(machine);
    expect_wgmma_convolutions<NarrowWgmmaTile>(machine);
    expect_large_wgmma_matrices<NarrowWgmmaTile>(machine);
}
// Of short K; the others run as before.
TEST_F(GpuDeviceWgmma, StaggeredGroupsMultiplyTheSame) {
    machine.staggered = true;
    expect_wgmma_matrices_of_odd_sizes<WgmmaTile>(machine);
    expect_wgmma_convolutions<WgmmaTile>(machine);
    Generator generator(11);
    // Several tiles a block.
    expect_product(machine, WgmmaTile{}, {GatherView::matrix(5000, 72), 2100, 1, 2, 8}, generator);
    expect_product(machine, WgmmaTile{}, {GatherView::matrix(6000, 136), 1100, 1, 2, 4}, generator);
}

}  // namespace
}  // namespace satsim::gpu::test
