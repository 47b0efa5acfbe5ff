// A whole hand-written program: a 3x3 convolution as implicit GEMM on a 4x4 array, dense and 2:8, with
// double-buffered west and result buffers, against a direct convolution that adds in the same order of K
// (tap, channel group, element).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/functional/functional_sat.hpp"
#include "runtime/isa/assembler.hpp"
#include "runtime/isa/checker.hpp"
#include "runtime/nm/pack.hpp"
#include "runtime/nm/prune.hpp"
#include "runtime/numerics/accumulate.hpp"
#include "tests/unit/functional/random_state.hpp"

namespace satsim {
namespace {

constexpr int kBatch = 2;
constexpr int kSize = 5;
constexpr int kChannels = 16;
constexpr int kOutputs = 16;
constexpr int kTaps = 9;
constexpr int kM = 8;
constexpr int kGroups = kChannels / kM;  // of one tap
constexpr int kPositions = kBatch * kSize * kSize;
constexpr std::int64_t kInputAt = 0x10000;
constexpr std::int64_t kValuesAt = 0x20000;
constexpr std::int64_t kIndicesAt = 0x30000;
constexpr std::int64_t kOutputAt = 0x40000;

const nm::WeightShape kWeights = nm::WeightShape::contiguous(kTaps, kChannels, kOutputs);

struct Convolution {
    std::vector<Fp16> input;    // [image][row][column][channel]
    std::vector<Fp16> weights;  // [tap][channel][output]; pruned ones are +0
    int n = kM;                 // pairs kept of every group
};

std::size_t at(int value) {
    return static_cast<std::size_t>(value);
}

Fp16& weight(Convolution& c, int tap, int channel, int output) {
    return c.weights[at((tap * kChannels + channel) * kOutputs + output)];
}

Convolution random_convolution(int n, std::uint32_t seed) {
    functional::Random random(seed);
    Convolution c;
    c.n = n;
    c.input.resize(at(kPositions * kChannels));
    c.weights.resize(at(kTaps * kChannels * kOutputs));
    for (Fp16& v : c.input) v.bits = random.ordinary_fp16();
    for (Fp16& v : c.weights) v.bits = random.ordinary_fp16();
    nm::prune_columns(c.weights, kWeights, {n, kM});
    return c;
}

std::vector<Fp16> direct(Convolution& c) {
    std::vector<Fp16> out;
    for (int b = 0; b < kBatch; ++b) {
        for (int y = 0; y < kSize; ++y) {
            for (int x = 0; x < kSize; ++x) {
                for (int o = 0; o < kOutputs; ++o) {
                    float sum = 0;
                    for (int k = 0; k < kTaps * kChannels; ++k) {
                        const Fp16 w = weight(c, k / kChannels, k % kChannels, o);
                        const int iy = y + k / kChannels / 3 - 1;
                        const int ix = x + k / kChannels % 3 - 1;
                        const bool inside = iy >= 0 && iy < kSize && ix >= 0 && ix < kSize;
                        const Fp16 a =
                            inside ? c.input[at(((b * kSize + iy) * kSize + ix) * kChannels + k % kChannels)]
                                   : Fp16{};
                        if (!w.is_zero()) sum = numerics::add_rne(sum, numerics::mul_exact(a, w));
                    }
                    out.push_back(numerics::to_fp16(sum));
                }
            }
        }
    }
    return out;
}

isa::ImageSegment segment(std::int64_t address, const std::vector<Fp16>& values) {
    isa::ImageSegment s{address, {}};
    for (const Fp16 v : values) {
        s.bytes.push_back(static_cast<std::uint8_t>(v.bits));
        s.bytes.push_back(static_cast<std::uint8_t>(v.bits >> 8));
    }
    return s;
}

// Value plane and index plane in the packed format of runtime/nm.
void pack(const Convolution& c, isa::Program& program) {
    const nm::PackedMatrix packed = nm::pack_columns(c.weights, kWeights, {c.n, kM});
    program.image.push_back(segment(kValuesAt, packed.values));
    if (c.n < kM) program.image.push_back({kIndicesAt, packed.indices});
}

// Tiles of 8 positions (2 row slots) and all 16 outputs (4 column slots); the last has 2 positions.
constexpr int kTilePositions = 8;
constexpr int kTiles = kPositions / kTilePositions;

std::string load_text(bool dense, int n) {
    const int rows = kTaps * kGroups * n;
    // One position a row of the packed planes, whose columns are padded to nm::kColumnPadding.
    std::string text = fmt::format(
        ".engine LOAD\nSET grid_w, {0}\nSET grid_h, 1\nSET in_w, {0}\nSET in_h, 1\nSET count, {0}\nSET sx, "
        "1\nSET sy, 1\n"
        "SET dest_kind, 2\nSET base, {1}\nSET len, {2}\nSET px, {3}\nRUN SEEK{4}\n",
        rows, kValuesAt, kOutputs * 2, nm::kColumnPadding * 2, dense ? " end=sem2" : "");
    if (!dense) {
        text += fmt::format("SET dest_kind, 3\nSET base, {}\nSET len, {}\nSET px, {}\nRUN SEEK end=sem2\n",
                            kIndicesAt, kOutputs / 2, nm::kColumnPadding / 2);
    }
    text += fmt::format(
        "SET dest_kind, 0\nSET base, {0}\nSET len, {1}\nSET px, {1}\nSET py, {2}\nSET pb, {3}\nSET grid_w, "
        "{4}\n"
        "SET grid_h, {4}\nSET in_w, {4}\nSET in_h, {4}\nSET stride, 1\n",
        kInputAt, kChannels * 2, kSize * kChannels * 2, kSize * kSize * kChannels * 2, kSize);
    const auto tile = [&](int positions) {
        std::string body = fmt::format("SET count, {}\n", positions);
        for (int tap = 0; tap < kTaps; ++tap) {
            body += fmt::format(
                "WAIT sem1, 1\nSET ox, {}\nSET oy, {}\nADD dest, r24, 0\nRUN {} end=sem0\nXOR r24, r24, 2\n",
                tap % 3 - 1, tap / 3 - 1, tap == kTaps - 1 ? "ADVANCE" : "");
        }
        return body;
    };
    return text + fmt::format("LOOP {}\n{}END\n{}HALT\n", kTiles, tile(kTilePositions),
                              tile(kPositions % kTilePositions));
}

std::string stce_text(bool dense, int n) {
    std::string text = fmt::format(
        ".engine STCE\nSET m, 8\nSET n, {}\nSET sc, 4\nSET groups, {}\nSET wstride, 1\nWAIT sem2, 1\n", n,
        kGroups);
    const auto tile = [&](int slots, int rows) {
        std::string body = fmt::format("SET sr, {}\nSET rows, {}\n", slots, rows);
        for (int tap = 0; tap < kTaps; ++tap) {
            const int row = tap * kGroups * n;
            const bool last = tap == kTaps - 1;
            body += fmt::format(
                "WAIT sem0, 1\n{}ADD wa, r24, 0\nSET nv, {}\nSET ni, {}\nRUN OUT_FP16{}{}{} "
                "early0=sem1{}\nXOR r24, r24, 2\n",
                last ? "WAIT sem5, 1\n" : "", row * kOutputs / 4, row * kOutputs / 4, dense ? "|DENSE" : "",
                tap == 0 ? "|FIRST" : "", last ? "|LAST" : "", last ? " end=sem4" : "");
        }
        return body + "XOR ra, ra, 32\n";
    };
    return text +
           fmt::format("LOOP {}\n{}END\n{}HALT\n", kTiles, tile(2, 4), tile(1, kPositions % kTilePositions));
}

std::string store_text() {
    const int pixel = kOutputs * 2;
    return fmt::format(
        ".engine STORE\nSET base, {}\nSET len, {}\nSET px, {}\nSET py, {}\nSET pb, {}\nSET grid_w, {}\nSET "
        "grid_h, {}\n"
        "SET sc, 4\nSET count, {}\nLOOP {}\nWAIT sem4, 1\nRUN ADVANCE|FP16 early0=sem5\nXOR src, src, "
        "32\nEND\n"
        "SET count, {}\nWAIT sem4, 1\nRUN ADVANCE|FP16 early0=sem5\nHALT\n",
        kOutputAt, pixel, pixel, kSize * pixel, kSize * kSize * pixel, kSize, kSize, kTilePositions, kTiles,
        kPositions % kTilePositions);
}

isa::Program program_for(Convolution& c) {
    const bool dense = c.n == kM;
    const std::string head =
        ".config rows=4 columns=4 channels=1 west_lines=128 north_value_lines=256 north_index_lines=128 "
        "result_addresses=1024 instructions=1024\n.address 0x80000\n.semaphore 1 2\n.semaphore 5 2\n";
    isa::Program program =
        isa::assemble(head + load_text(dense, c.n) + stce_text(dense, c.n) + store_text(), "convolution");
    program.image.push_back(segment(kInputAt, c.input));
    pack(c, program);
    return program;
}

void run_and_compare(int n, std::uint32_t seed) {
    Convolution c = random_convolution(n, seed);
    const isa::Program program = program_for(c);
    const isa::CheckReport report = isa::inspect(program, "convolution");
    EXPECT_EQ(report.left[1], 2);  // both buffers are free again
    EXPECT_EQ(report.left[5], 2);
    // Through the file and back: what a user runs.
    const isa::Program loaded = isa::deserialize(isa::serialize(program), "convolution");
    MemoryImage dram;
    FunctionalSat(loaded.config).run(loaded, dram);
    const std::vector<Fp16> expected = direct(c);
    for (std::size_t i = 0; i < expected.size(); ++i) {
        std::array<std::uint8_t, 2> bytes{};
        dram.read(kOutputAt + 2 * static_cast<std::int64_t>(i), bytes);
        ASSERT_EQ(bytes[0] | bytes[1] << 8, expected[i].bits) << i;
    }
    EXPECT_EQ(std::count_if(expected.begin(), expected.end(), [](Fp16 v) { return v.is_zero(); }), 0);
}

TEST(ConvolutionProgram, DenseEqualsDirectConvolution) {
    for (std::uint32_t seed = 1; seed <= 5; ++seed) run_and_compare(kM, seed);
}

TEST(ConvolutionProgram, TwoOfEightEqualsDirectConvolution) {
    for (std::uint32_t seed = 1; seed <= 5; ++seed) run_and_compare(2, seed);
}

}  // namespace
}  // namespace satsim
