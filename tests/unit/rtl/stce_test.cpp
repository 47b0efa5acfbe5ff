// The STCE alone, against contract.md §5: random chains of operations back to back.
#include <Vstce_2x16.h>
#include <Vstce_4x4.h>
#include <Vstce_8x4.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/unit/rtl/stce_bench.hpp"

namespace satsim::rtl_bench {
namespace {

using namespace isa::stce;

std::uint64_t environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

isa::ArrayConfig config_of(int rows, int columns, int max_m, int slots, int channels, int wd, int nvd,
                           int nid, int rd) {
    isa::ArrayConfig config;
    config.rows = rows;
    config.columns = columns;
    config.max_m = max_m;
    config.slots = slots;
    config.channels = channels;
    config.west_lines = wd;
    config.north_value_lines = nvd;
    config.north_index_lines = nid;
    config.result_addresses = rd;
    return config;
}

struct Mix {
    bool os = true;
    bool ws = false;
    bool wild = false;  // every FP16 bit pattern, infinities and NaNs included
};

template <typename Model>
class Episode {
  public:
    Episode(const isa::ArrayConfig& config, Mix mix, std::uint32_t seed)
        : config_(config), mix_(mix), random_(seed), bench_(config, static_cast<int>(seed)) {
        m_ = std::int64_t{4} << random_.in(0, config.max_m == 16 ? 2 : 1);
    }

    void run(std::int64_t chains) {
        fill();
        for (std::int64_t chain = 0; chain < chains && !testing::Test::HasFailure(); ++chain) {
            if (mix_.ws && (!mix_.os || random_.one_in(3))) {
                weight_stationary_chain();
            } else {
                output_stationary_chain();
            }
            // LOAD goes on writing where nothing is read.
            if (random_.one_in(4)) {
                bench_.finish();
                partial_writes(20);
            }
        }
        bench_.finish();
        bench_.compare_results(random_);
    }
    [[nodiscard]] std::int64_t operations() const { return operations_; }
    [[nodiscard]] std::int64_t compared() const { return bench_.compared(); }
    [[nodiscard]] Cycles cycles() const { return bench_.now(); }

  private:
    std::uint16_t half() {
        return mix_.wild && random_.one_in(4) ? random_.bits16() : random_.ordinary_fp16();
    }

    std::uint64_t word(int kind) {
        std::uint64_t value = 0;
        for (int i = 0; i < 16; ++i) {
            if (kind == 3) {
                value |= static_cast<std::uint64_t>(random_.in(0, m_ - 1)) << (4 * i);
            } else if (i < 4) {
                value |= std::uint64_t{half()} << (16 * i);
            }
        }
        return value;
    }

    void write(int kind, int line, int first_lane, int words, int row) {
        Write write;
        write.kind = kind;
        write.line = line;
        write.first_lane = first_lane;
        write.row = row;
        write.spread_word = config_.line_words() * static_cast<int>(random_.in(0, 3));
        write.group_words = 1 << random_.in(0, 2);
        for (int i = 0; i < words; ++i) write.words.push_back(word(kind));
        bench_.write(write);
    }

    void fill() {
        const int lanes = config_.line_words();
        for (int row = 0; row < config_.rows; ++row) {
            for (int line = 0; line < config_.west_lines; ++line) write(0, line, 0, lanes, row);
        }
        for (int line = 0; line < config_.north_value_lines; ++line) write(2, line, 0, lanes, 0);
        for (int line = 0; line < config_.north_index_lines; ++line) write(3, line, 0, lanes, 0);
        partial_writes(200);
    }

    // Runs that begin at any lane and may reach into the next line.
    void partial_writes(int count) {
        const int lanes = config_.line_words();
        for (int i = 0; i < count; ++i) {
            const bool quads = config_.rows % 4 == 0 && random_.one_in(4);
            const int kind = quads ? 5 : static_cast<int>(random_.in(0, 3));
            const int depth = kind < 2 || quads ? config_.west_lines
                              : kind == 2       ? config_.north_value_lines
                                                : config_.north_index_lines;
            write(kind, static_cast<int>(random_.in(0, depth - 2)),
                  static_cast<int>(random_.in(0, lanes - 1)), static_cast<int>(random_.in(1, lanes)),
                  static_cast<int>(random_.in(0, config_.rows - 1)));
        }
        bench_.idle(1);
    }

    void set(Operation& op, int reg, std::int64_t value) {
        op.registers[static_cast<std::size_t>(reg)] = value;
    }

    // n and the planes of a new operation. Half of them are the patterns of the recipes.
    void choose_pattern(Operation& op) {
        op.flags &= ~kDense;
        set(op, m, m_);
        if (random_.one_in(3)) {
            set(op, n, m_);
            op.flags |= kDense;
        } else {
            set(op, n,
                random_.one_in(2) ? std::min<std::int64_t>(m_, std::int64_t{1} << random_.in(0, 2))
                                  : random_.in(1, m_));
        }
        set(op, nv, config_.columns / 4 * random_.in(0, 40));
        set(op, ni, config_.columns / 4 * random_.in(0, 80));
    }

    void choose_west(Operation& op) {
        const std::int64_t lw = config_.line_words();
        const std::int64_t words = op.has(kTransposed) ? op[sr] * config_.rows / 4 : op[groups] * op[m] / 4;
        set(op, wa, random_.in(0, 20));
        set(op, wstride, (words + lw - 1) / lw + random_.in(0, 1));
    }

    bool fits(const Operation& op) const {
        return !isa::operation_fault(op.engine, {op.registers}, op.flags, config_);
    }

    void dispatch(const Operation& op) {
        if (random_.one_in(3)) bench_.idle(random_.in(1, random_.one_in(4) ? 200 : 10));
        SCOPED_TRACE(describe(op));
        bench_.dispatch(op);
        ++operations_;
    }

    static std::string describe(const Operation& op) {
        std::string text = "flags " + std::to_string(op.flags);
        const char* names[] = {"wa", "wstride", "nv", "ni", "ra",   "groups",
                               "sr", "sc",      "n",  "m",  "rows", "batches"};
        for (int i = 0; i < 12; ++i) text += std::string(" ") + names[i] + " " + std::to_string(op[i]);
        return text;
    }

    void output_stationary_chain() {
        Operation op;
        op.engine = isa::Engine::Stce;
        const bool transposed = config_.rows % 4 == 0 && random_.one_in(4);
        set(op, sr, random_.in(1, config_.row_slots()));
        set(op, sc, random_.one_in(2) ? config_.slots / op[sr] : random_.in(1, config_.slots / op[sr]));
        const std::int64_t links = random_.in(1, 3);
        for (std::int64_t link = 0; link < links; ++link) {
            op.flags = (link == 0 ? kFirst : 0U) | (link == links - 1 ? kLast : 0U) |
                       (transposed ? kTransposed : 0U) | (random_.one_in(3) ? kOutFp16 : 0U);
            do {
                choose_pattern(op);
                set(op, groups, random_.in(1, 6));
                set(op, rows, random_.in(1, config_.rows));
                set(op, batches, 1);
                set(op, ra, random_.in(0, 3 * config_.result_addresses));
                choose_west(op);
            } while (!fits(op));
            dispatch(op);
            if (testing::Test::HasFailure()) return;
        }
    }

    // Operations of one shape overlap; one that continues waits for the end of the one before it.
    void weight_stationary_chain() {
        Operation op;
        op.engine = isa::Engine::Stce;
        set(op, sc, 1);
        set(op, sr, random_.in(1, config_.row_slots()));
        choose_pattern(op);
        const std::uint32_t dense = op.flags & kDense;
        const std::int64_t links = random_.in(1, 4);
        for (std::int64_t link = 0; link < links; ++link) {
            const bool goes_on = link > 0 && random_.one_in(2);
            op.flags = kWs | (goes_on ? 0U : kFirst) | dense;
            const auto keep = op;
            do {
                op = keep;
                set(op, groups, random_.one_in(2) ? config_.rows : random_.in(1, config_.rows));
                set(op, rows, config_.rows);
                set(op, nv, config_.columns / 4 * random_.in(0, 40));
                set(op, ni, config_.columns / 4 * random_.in(0, 80));
                if (!goes_on) {
                    set(op, batches, random_.in(1, 6));
                    set(op, ra, random_.in(0, 3 * config_.result_addresses));
                }
                choose_west(op);
            } while (!fits(op));
            if (link == links - 1 && random_.one_in(3)) op.flags |= kOutFp16;
            if (goes_on) bench_.finish();
            dispatch(op);
            if (testing::Test::HasFailure()) return;
        }
    }

    isa::ArrayConfig config_;
    Mix mix_;
    Random random_;
    StceBench<Model> bench_;
    std::int64_t m_;
    std::int64_t operations_ = 0;
};

template <typename Model>
void run_episodes(const isa::ArrayConfig& config, Mix mix) {
    const auto seed = static_cast<std::uint32_t>(environment("SATSIM_RTL_SEED", 1));
    const auto episodes = static_cast<std::uint32_t>(environment("SATSIM_RTL_EPISODES", 60));
    std::int64_t operations = 0;
    std::int64_t compared = 0;
    std::int64_t cycles = 0;
    for (std::uint32_t i = 0; i < episodes; ++i) {
        SCOPED_TRACE("seed " + std::to_string(seed + i));
        Episode<Model> episode(config, mix, seed + i);
        episode.run(12);
        operations += episode.operations();
        compared += episode.compared();
        cycles += episode.cycles();
        if (testing::Test::HasFailure()) return;
    }
    testing::Test::RecordProperty("operations", static_cast<int>(operations));
    std::printf("%lld operations, %lld results, %lld cycles\n", static_cast<long long>(operations),
                static_cast<long long>(compared), static_cast<long long>(cycles));
    EXPECT_GT(compared, 0);
}

const isa::ArrayConfig k4x4 = config_of(4, 4, 8, 16, 1, 128, 256, 128, 1024);
const isa::ArrayConfig k2x16 = config_of(2, 16, 16, 4, 2, 64, 128, 64, 512);
const isa::ArrayConfig k8x4 = config_of(8, 4, 8, 8, 2, 128, 128, 64, 1024);

TEST(StceRtl, OutputStationary4x4) {
    run_episodes<Vstce_4x4>(k4x4, {true, false, false});
}
TEST(StceRtl, OutputStationary2x16) {
    run_episodes<Vstce_2x16>(k2x16, {true, false, false});
}
TEST(StceRtl, OutputStationary8x4) {
    run_episodes<Vstce_8x4>(k8x4, {true, false, false});
}
TEST(StceRtl, WeightStationary4x4) {
    run_episodes<Vstce_4x4>(k4x4, {false, true, false});
}
TEST(StceRtl, WeightStationary2x16) {
    run_episodes<Vstce_2x16>(k2x16, {false, true, false});
}
TEST(StceRtl, Mixed8x4) {
    run_episodes<Vstce_8x4>(k8x4, {true, true, false});
}
TEST(StceRtl, MixedAnyBits2x16) {
    run_episodes<Vstce_2x16>(k2x16, {true, true, true});
}
TEST(StceRtl, OutputStationaryAnyBits) {
    run_episodes<Vstce_4x4>(k4x4, {true, false, true});
}

}  // namespace
}  // namespace satsim::rtl_bench
