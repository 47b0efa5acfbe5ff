// SORE alone against runtime/vector/sore: masks and both packed copies, for all groups of eight values over a
// small alphabet and for random matrices, with random holds.
#include <Vsore_16_8.h>
#include <Vsore_32_16.h>
#include <gtest/gtest.h>
#include <verilated.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include "runtime/support/stored_pattern.hpp"
#include "runtime/vector/sore.hpp"
#include "sim/rtl/coverage.hpp"

namespace satsim {
namespace {

using vector::Parameters;

std::uint64_t environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

constexpr int kBlock = vector::kBlockRows;
constexpr int kWordBits = 19;
constexpr std::size_t kWords = 4200;
constexpr std::uint64_t kUnwritten = 0xFEEDFACEDEADBEEFU;

// One verilated SORE and the memory that its writes fill.
template <typename Model>
class SoreBench {
  public:
    SoreBench(int lanes, int seed) : lanes_(lanes), rng_(static_cast<unsigned>(seed)) {
        context_.randReset(2);
        context_.randSeed(seed);
        model_ = std::make_unique<Model>(&context_);
        model_->clk_i = 0;
        model_->rst_ni = 0;
        model_->rank_i = 0;
        model_->pack_i = 0;
        model_->hold_i = 0;
        edge();
        edge();
        model_->rst_ni = 1;
    }

    std::vector<std::uint64_t> vmem = std::vector<std::uint64_t>(kWords, kUnwritten);
    // A write is held back in so many of 16 cycles.
    int holds = 0;

    // All blocks of a matrix of FP16 values [row][channel]; `halves` is read as +0 outside of it.
    void pack(const Parameters& p, const std::vector<std::uint16_t>& halves) {
        offer(p);
        const std::int64_t slices = ceil_div<std::int64_t>(p.channels, lanes_);
        const std::int64_t blocks = ceil_div<std::int64_t>(p.rows, kBlock);
        for (std::int64_t slice = 0; slice < slices; ++slice) {
            for (std::int64_t block = 0; block < blocks; ++block) {
                model_->first_block_i = slice == 0 && block == 0;
                model_->first_of_slice_i = block == 0;
                rows_of(p, halves, slice, block, false);
                drain(p);
            }
        }
    }

    // The mask of the block of old weights, as keep_along_rows gives it.
    std::vector<std::uint8_t> rank(const Parameters& p, const std::vector<std::uint16_t>& halves) {
        offer(p);
        rows_of(p, halves, 0, 0, true);
        cycle();
        std::vector<std::uint8_t> kept;
        for (int r = 0; r < kBlock; ++r) {
            model_->mask_row_i = static_cast<std::uint8_t>(r);
            model_->eval();
            for (int l = 0; l < lanes_; ++l)
                kept.push_back(static_cast<std::uint8_t>(model_->mask_o >> l & 1));
        }
        return kept;
    }

  private:
    void offer(const Parameters& p) {
        const auto bits = [](const std::optional<NmPattern>& nm) {
            return nm ? static_cast<std::uint16_t>(vector::pattern_bits(stored_pattern(*nm)))
                      : std::uint16_t{0};
        };
        model_->nm_f_i = bits(p.nm_f);
        model_->nm_b_i = bits(p.nm_b);
        model_->pairs_f_i = p.nm_f == kOneOfTwo;
        model_->pairs_b_i = p.nm_b == kOneOfTwo;
        model_->units_i = static_cast<std::uint32_t>(p.packed_columns() / 16);
        model_->blocks_i = static_cast<std::uint32_t>(ceil_div<std::int64_t>(p.rows, kBlock));
        for (int i = 0; i < 4 * kWordBits; ++i) {
            const std::int64_t address = p.results[static_cast<std::size_t>(3 + i / kWordBits)];
            const auto bit = static_cast<std::uint32_t>(address >> (i % kWordBits) & 1);
            std::uint32_t& word = model_->results_i[static_cast<std::size_t>(i / 32)];
            word = (word & ~(1U << (i % 32))) | bit << (i % 32);
        }
    }

    void rows_of(const Parameters& p, const std::vector<std::uint16_t>& halves, std::int64_t slice,
                 std::int64_t block, bool old) {
        model_->rows_i = static_cast<std::uint8_t>(std::min<std::int64_t>(kBlock, p.rows - block * kBlock));
        model_->lanes_i =
            static_cast<std::uint8_t>(std::min<std::int64_t>(lanes_, p.channels - slice * lanes_));
        model_->rank_i = old;
        model_->pack_i = !old;
        for (int r = 0; r < kBlock; ++r) {
            model_->row_i = static_cast<std::uint8_t>(r);
            for (int l = 0; l < lanes_; ++l) {
                const std::int64_t row = block * kBlock + r;
                const std::int64_t channel = slice * lanes_ + l;
                const bool exists = row < p.rows && channel < p.channels;
                // What does not exist is masked by SORE itself.
                const auto value = exists ? halves[static_cast<std::size_t>(row * p.channels + channel)]
                                          : static_cast<std::uint16_t>(rng_());
                std::uint32_t& word = model_->data_i[static_cast<std::size_t>(l / 2)];
                const int shift = 16 * (l % 2);
                word = (word & ~(0xFFFFU << shift)) | static_cast<std::uint32_t>(value) << shift;
            }
            cycle();
        }
        model_->rank_i = 0;
        model_->pack_i = 0;
    }

    void drain(const Parameters& p) {
        int writes = 0;
        if (p.nm_f) writes += kBlock / p.nm_f->m * p.nm_f->n * (p.nm_f->dense() ? 1 : 2);
        if (p.nm_b) writes += lanes_ / p.nm_b->m * p.nm_b->n * (p.nm_b->dense() ? 1 : 2);
        constexpr int kPipeline = 4 + 3;
        const int until = writes + kPipeline;
        for (int free = 0; free < until;) {
            if (model_->hold_i == 0) ++free;
            cycle();
        }
    }

    void cycle() {
        model_->hold_i = static_cast<int>(rng_() % 16) < holds;
        model_->eval();
        if (model_->wr_valid_o != 0) {
            for (unsigned w = 0; w < model_->wr_words_o; ++w) {
                vmem[model_->wr_word_o + w] = std::uint64_t{model_->wr_data_o[2 * w]} |
                                              std::uint64_t{model_->wr_data_o[2 * w + 1]} << 32;
            }
        }
        edge();
    }
    void edge() {
        model_->clk_i = 1;
        model_->eval();
        model_->clk_i = 0;
        model_->eval();
    }

    int lanes_;
    std::mt19937 rng_;
    VerilatedContext context_;
    std::unique_ptr<Model> model_;
    sim::rtl::CoverageFile coverage_{context_};
};

std::vector<std::uint64_t> expected_copies(const Parameters& p, int lanes,
                                           const std::vector<std::uint16_t>& halves) {
    std::vector<std::uint64_t> vmem(kWords, kUnwritten);
    for (std::int64_t slice = 0; slice * lanes < p.channels; ++slice) {
        for (std::int64_t block = 0; block * kBlock < p.rows; ++block) {
            vector::SoreBlock values(lanes);
            for (int r = 0; r < kBlock && block * kBlock + r < p.rows; ++r) {
                for (int l = 0; l < lanes && slice * lanes + l < p.channels; ++l)
                    values.row(r)[static_cast<std::size_t>(l)] = halves[static_cast<std::size_t>(
                        (block * kBlock + r) * p.channels + slice * lanes + l)];
            }
            values.pack(p, slice, block, vmem);
        }
    }
    return vmem;
}

Parameters matrix(std::int64_t rows, std::int64_t channels) {
    Parameters p;
    p.operation = isa::vec::Operation::Pack;
    p.rows = rows;
    p.channels = channels;
    p.results = {0, 0, 0, 1, 1700, 2101, 3701};
    return p;
}

// Every sequence of eight letters, in both directions, with every N of M = 8 and M = 4, and 1:2.
void all_groups_of_eight(const std::array<std::uint16_t, 4>& letters) {
    constexpr std::uint32_t kGroups = 1U << 16;
    constexpr std::uint32_t kInBlock = 32;  // two groups in each of 16 lanes
    SoreBench<Vsore_16_8> bench(16, static_cast<int>(environment("SATSIM_RTL_SEED", 1)));
    std::vector<std::uint16_t> halves(kBlock * 16);
    std::vector<std::uint16_t> turned(halves.size());
    for (std::uint32_t first = 0; first < kGroups; first += kInBlock) {
        for (std::uint32_t g = 0; g < kInBlock; ++g) {
            for (std::uint32_t e = 0; e < 8; ++e)
                halves[(g / 16 * 8 + e) * 16 + g % 16] = letters[(first + g) >> (2 * e) & 3U];
        }
        for (std::size_t i = 0; i < halves.size(); ++i) turned[i % 16 * 16 + i / 16] = halves[i];
        for (int kept = 1; kept <= 13; ++kept) {
            Parameters p = matrix(kBlock, 16);
            p.nm_f = p.nm_b = kept <= 8    ? NmPattern{kept, 8}
                              : kept <= 12 ? NmPattern{kept - 8, 4}
                                           : kOneOfTwo;
            for (const auto& values : {halves, turned}) {
                bench.pack(p, values);
                const auto expected = expected_copies(p, 16, values);
                for (std::size_t w = 0; w < expected.size(); ++w) {
                    if (expected[w] == kUnwritten) continue;
                    ASSERT_EQ(bench.vmem[w], expected[w])
                        << "groups from " << first << ", " << p.nm_f->n << ":" << p.nm_f->m << ", word " << w;
                }
            }
        }
    }
}

TEST(RtlSore, AllGroupsOfEightWithZerosAndNan) {
    all_groups_of_eight({0x0000, 0x8000, 0xBC00, 0x7E00});
}
// Three magnitudes, a tie between signs.
TEST(RtlSore, AllGroupsOfEightWithBothSigns) {
    all_groups_of_eight({0x3C00, 0xBC00, 0x8001, 0xFC00});
}

template <typename Model>
void random_matrices(int lanes, int max_m, std::uint64_t seed) {
    constexpr std::array<std::uint16_t, 6> kLetters{0x0000, 0x8000, 0x3C00, 0xBC00, 0x7E00, 0x7C00};
    SoreBench<Model> bench(lanes, static_cast<int>(seed));
    std::mt19937_64 rng(seed);
    const auto in = [&](int low, int high) {
        return low + static_cast<int>(rng() % static_cast<std::uint64_t>(high - low + 1));
    };
    const auto rounds = environment("SATSIM_RTL_EPISODES", 60) * 4;
    std::int64_t compared = 0;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        Parameters p = matrix(in(1, 50), in(1, 3 * lanes));
        const auto pattern = [&]() -> std::optional<NmPattern> {
            if (in(0, 4) == 0) return kOneOfTwo;
            const int m = 4 << in(0, max_m == 16 ? 2 : 1);
            return NmPattern{in(1, m), m};
        };
        p.nm_f = pattern();
        p.nm_b = pattern();
        if (round % 7 == 3) p.nm_f.reset();
        if (round % 7 == 5) p.nm_b.reset();
        std::vector<std::uint16_t> halves(static_cast<std::size_t>(p.rows * p.channels));
        for (std::uint16_t& value : halves)
            value = in(0, 3) == 0 ? static_cast<std::uint16_t>(rng())
                                  : kLetters[static_cast<std::size_t>(in(0, 5))];
        if (p.nm_f) {
            vector::SoreBlock old(lanes);
            for (int r = 0; r < kBlock && r < p.rows; ++r) {
                for (int l = 0; l < lanes && l < p.channels; ++l)
                    old.row(r)[static_cast<std::size_t>(l)] =
                        halves[static_cast<std::size_t>(r * p.channels + l)];
            }
            std::vector<std::uint8_t> expected;
            old.keep_along_rows(*p.nm_f, expected);
            ASSERT_EQ(bench.rank(p, halves), expected) << "round " << round;
        }
        std::fill(bench.vmem.begin(), bench.vmem.end(), kUnwritten);
        bench.holds = in(0, 12);
        bench.pack(p, halves);
        const auto expected = expected_copies(p, lanes, halves);
        for (std::size_t w = 0; w < expected.size(); ++w) {
            ASSERT_EQ(bench.vmem[w], expected[w])
                << "word " << w << ", round " << round << ", " << p.rows << " x " << p.channels;
            compared += expected[w] != kUnwritten ? 1 : 0;
        }
    }
    EXPECT_GT(compared, rounds * 1000 / 240);  // in proportion to SATSIM_RTL_EPISODES
}

TEST(RtlSore, RandomMatricesOnSixteenLanes) {
    random_matrices<Vsore_16_8>(16, 8, environment("SATSIM_RTL_SEED", 11));
}
TEST(RtlSore, RandomMatricesOnThirtyTwoLanes) {
    random_matrices<Vsore_32_16>(32, 16, environment("SATSIM_RTL_SEED", 12));
}

}  // namespace
}  // namespace satsim
