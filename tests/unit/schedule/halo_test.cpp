// Two convolutions one after the other: the second reads the map that the first has stored, with merged
// kernel rows from a map with a halo, and tap by tap from one without. Both give the same bits.
#include "runtime/schedule/halo.hpp"

#include <gtest/gtest.h>

#include <array>

#include "runtime/functional/functional_sat.hpp"
#include "runtime/schedule/merge_rows.hpp"
#include "runtime/schedule/scheduler.hpp"
#include "sim/verify/gemm_case.hpp"

namespace satsim::schedule {
namespace {

constexpr std::uint8_t kUntouched = 0xA5;

isa::ArrayConfig small_array() {
    isa::ArrayConfig array;
    array.rows = array.columns = 4;
    array.channels = 2;
    array.west_lines = 128;
    array.north_value_lines = 256;
    array.north_index_lines = 128;
    array.result_addresses = 1024;
    return array;
}

MemoryImage copy(const MemoryImage& from) {
    MemoryImage to;
    for (const auto& [page, bytes] : from.pages()) to.write(page * MemoryImage::kPageBytes, *bytes);
    return to;
}

std::vector<std::uint8_t> bytes_at(const MemoryImage& memory, std::int64_t address, std::int64_t count) {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count));
    memory.read(address, bytes);
    return bytes;
}

void run(const GemmTask& task, const isa::ArrayConfig& array, MemoryImage& memory, std::mt19937_64& rng) {
    MachineView machine;
    machine.array = array;
    const auto schedules = candidate_schedules(task, machine, {}, 100);
    FunctionalSat(array).run(emit_gemm(task, schedules[rng() % schedules.size()], machine), memory);
}

struct Chain {
    GemmTask first;
    GemmTask second;
};

Chain random_chain(std::mt19937_64& rng, NmPattern nm) {
    verify::CaseOptions options;
    options.kernel = true;
    options.nm = nm;
    options.max_channels = 20;
    options.max_columns = 24;
    Chain chain{verify::random_task(rng, options), verify::random_task(rng, options)};
    chain.first.out = chain.second.out = ElementType::Fp16;
    Gather& g = chain.second.gather;
    const Scatter& stored = chain.first.scatter;
    g.batch = chain.first.gather.batch;
    g.in_h = stored.out_h;
    g.in_w = stored.out_w;
    g.channels = static_cast<int>(chain.first.shape.n);
    chain.second.shape.m = g.positions();
    chain.second.shape.k = static_cast<std::int64_t>(g.taps.size()) * g.channels;
    return chain;
}

void expect_same_result(const Chain& chain, std::mt19937_64& rng, int& halos) {
    const isa::ArrayConfig array = small_array();
    const verify::GemmCase first(chain.first, array, rng);
    const verify::GemmCase second(chain.second, array, rng);
    const GemmLayout& from = first.layout();
    const GemmLayout& to = second.layout();
    ASSERT_EQ(from.c_image, to.a_image);
    MemoryImage plain1 = copy(first.memory());
    // Phases that are not written are zero.
    run(chain.first, array, plain1, rng);
    MemoryImage plain2 = copy(second.memory());
    plain2.write(to.a, bytes_at(plain1, from.c, to.a_stride));
    run(chain.second, array, plain2, rng);

    const Halo halo = halo_needed(chain.second, array);
    halos += halo != Halo{} ? 1 : 0;
    const GemmTask writer = write_with_halo(chain.first, halo);
    const GemmTask reader = merge_rows(read_with_halo(chain.second, halo), array);
    const GemmLayout written = layout_gemm(writer, array);
    const GemmLayout read = layout_gemm(reader, array);
    ASSERT_EQ(written.c_row, read.a_row);
    ASSERT_EQ(written.c_image, read.a_image);
    ASSERT_EQ(written.b, from.b);  // only C has moved: the same operands
    MemoryImage halo1 = copy(first.memory());
    halo1.write(written.c, std::vector<std::uint8_t>(static_cast<std::size_t>(written.c_stride), kUntouched));
    run(writer, array, halo1, rng);
    const Scatter& s = writer.scatter;
    for (std::int64_t pixel = 0; pixel < written.c_stride / written.c_pitch; ++pixel) {
        const std::int64_t x = pixel % s.out_w;
        if (x >= halo.left && x < s.out_w - halo.right) continue;
        const std::int64_t at = written.c + pixel * written.c_pitch;
        for (const std::uint8_t byte : bytes_at(halo1, at, written.c_pitch)) ASSERT_EQ(byte, kUntouched);
        halo1.write(at, std::vector<std::uint8_t>(static_cast<std::size_t>(written.c_pitch)));
    }
    MemoryImage halo2;
    halo2.write(read.b, bytes_at(second.memory(), to.b, to.b_stride));
    halo2.write(read.indices, bytes_at(second.memory(), to.indices, to.indices_stride));
    halo2.write(read.a, bytes_at(halo1, written.c, read.a_stride));
    run(reader, array, halo2, rng);
    const Scatter& out = chain.second.scatter;
    for (std::int64_t row = 0; row < chain.second.shape.m; ++row) {
        const Gather& g = chain.second.gather;
        const std::int64_t x = row % g.grid_w * out.step_x + out.off_x;
        const std::int64_t y = row / g.grid_w % g.grid_h * out.step_y + out.off_y;
        const std::int64_t at = row / g.grid_w / g.grid_h * to.c_image + y * to.c_row + x * to.c_pitch;
        ASSERT_EQ(bytes_at(halo2, read.c + at, chain.second.shape.n * 2),
                  bytes_at(plain2, to.c + at, chain.second.shape.n * 2))
            << "position " << row;
    }
}

TEST(Halo, NextLayerReadsWhatThisOneStored) {
    std::mt19937_64 rng(11);
    int halos = 0;
    for (int round = 0; round < 60; ++round) {
        SCOPED_TRACE(round);
        Chain chain = random_chain(rng, round % 2 == 0 ? NmPattern{8, 8} : NmPattern{2, 4});
        chain.first.scatter.step_x = chain.first.scatter.step_y = 1;
        chain.first.scatter.off_x = chain.first.scatter.off_y = 0;
        chain.first.scatter.out_w = chain.second.gather.in_w = chain.first.gather.grid_w;
        chain.first.scatter.out_h = chain.second.gather.in_h = chain.first.gather.grid_h;
        expect_same_result(chain, rng, halos);
        if (HasFailure()) return;
    }
    EXPECT_GT(halos, 20);
}

// A reader that needs less than the map has, and one whose rows are not merged.
TEST(Halo, AWiderHaloThanNeededChangesNothing) {
    std::mt19937_64 rng(12);
    const isa::ArrayConfig array = small_array();
    for (int round = 0; round < 40; ++round) {
        verify::CaseOptions options;
        options.kernel = round % 2 == 0;
        options.max_channels = 20;
        const GemmTask task = verify::random_task(rng, options);
        const Halo halo =
            widest(halo_needed(task, array), {static_cast<int>(rng() % 4), static_cast<int>(rng() % 4)});
        const GemmTask read = merge_rows(read_with_halo(task, halo), array);
        EXPECT_EQ(read.gather.in_w, task.gather.in_w + halo.left + halo.right);
        EXPECT_EQ(read.shape.m, task.shape.m);
        const std::size_t width = task.gather.taps.size() / read.gather.taps.size();
        for (std::size_t i = 0; i < read.gather.taps.size(); ++i)
            EXPECT_EQ(read.gather.taps[i].dx, task.gather.taps[i * width].dx + halo.left);
    }
}

}  // namespace
}  // namespace satsim::schedule
