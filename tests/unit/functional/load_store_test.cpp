// LOAD and STORE against loops that follow contract.md §4 and §7 word by word.
#include <gtest/gtest.h>

#include <cstring>

#include "runtime/functional/load.hpp"
#include "runtime/functional/store.hpp"
#include "runtime/support/error.hpp"
#include "tests/unit/functional/random_state.hpp"

namespace satsim::functional {
namespace {

constexpr std::int64_t kAddressSpace = std::int64_t{1} << 40;

std::int64_t modulo(std::int64_t a, std::int64_t b) {
    return (a % b + b) % b;
}

std::uint64_t read_word(const MemoryImage& dram, std::int64_t address) {
    std::uint64_t word = 0;
    std::array<std::uint8_t, 8> bytes{};
    dram.read(address, bytes);
    std::memcpy(&word, bytes.data(), 8);
    return word;
}

// A memory of random words around `base`.
void fill(MemoryImage& dram, Random& random, std::int64_t base, std::int64_t bytes) {
    std::vector<std::uint8_t> data(static_cast<std::size_t>(bytes));
    for (std::uint8_t& b : data) b = static_cast<std::uint8_t>(random.in(0, 255));
    for (std::int64_t i = 0; i < bytes; i += 8) {
        dram.write(modulo(base + i, kAddressSpace), std::span(data).subspan(static_cast<std::size_t>(i), 8));
    }
}

struct Walk {
    std::int64_t b, y, x;
};

Operation random_load(Random& random, std::int64_t kind, const isa::ArrayConfig& config) {
    using namespace isa::load;
    Operation op;
    op.engine = isa::Engine::Load;
    op.instruction = 3;
    const auto set = [&](int r, std::int64_t value) { op.registers[static_cast<std::size_t>(r)] = value; };
    set(dest_kind, kind);
    set(len, 8 * random.in(1, 9));
    set(grid_w, random.in(1, 7));
    set(grid_h, random.in(1, 5));
    set(sx, random.in(0, 3));
    set(sy, random.in(0, 3));
    set(ox, random.in(-3, 3));
    set(oy, random.in(-3, 3));
    set(in_w, random.in(0, 9));
    set(in_h, random.in(0, 9));
    set(px, 8 * random.in(0, 12));
    set(py, 8 * random.in(0, 50));
    set(pb, 8 * random.in(0, 200));
    set(base, random.one_in(5) ? kAddressSpace / 2 - 8 * random.in(1, 500) : 8 * random.in(1000, 2000));
    if (random.one_in(5)) set(base, -8 * random.in(1, 500));  // wraps at 2^40
    set(count, random.in(1, 30));
    set(b0, random.in(0, 2));
    set(y0, random.in(0, op[grid_h] - 1));
    set(x0, random.in(0, op[grid_w] - 1));
    set(dest, random.in(0, 3));
    set(stride, (op[len] / 8 + config.line_words() - 1) / config.line_words());
    if (kind == 1) {
        set(word0, random.in(0, 5));
        set(group_words, random.in(1, 4));
        set(stride, random.in(1, 2) + (op[len] / 8 + op[word0]) / config.line_words());
    }
    op.flags = (random.one_in(2) ? kSeek : 0U) | (random.one_in(2) ? kAdvance : 0U);
    return op;
}

// Word by word; also moves `saved`.
void reference_load(const Operation& op, OnChipState& state, const MemoryImage& dram) {
    using namespace isa::load;
    const std::int64_t lw = state.config.line_words();
    const std::int64_t rows = state.config.rows;
    Walk p{state.load_position.b, state.load_position.y, state.load_position.x};
    if (op.has(kSeek)) p = {op[b0], op[y0], op[x0]};
    for (std::int64_t i = 0; i < op[count]; ++i) {
        const std::int64_t iy = p.y * op[sy] + op[oy];
        const std::int64_t ix = p.x * op[sx] + op[ox];
        const bool valid = 0 <= iy && iy < op[in_h] && 0 <= ix && ix < op[in_w];
        for (std::int64_t t = 0; t < op[len] / 8; ++t) {
            const std::int64_t a = op[base] + p.b * op[pb] + iy * op[py] + ix * op[px] + 8 * t;
            const std::uint64_t word = valid ? read_word(dram, modulo(a, kAddressSpace)) : 0;
            const auto west = [&](std::int64_t row, std::int64_t at) {
                std::memcpy(state.west.data() + row * state.west_row_pitch + at * 4, &word, 8);
            };
            const std::int64_t u = op[word0] + t;
            const std::int64_t flat = op[dest] + i * (op[len] / 8) + t;
            switch (op[dest_kind]) {
                case 0:
                    west(i % rows, (op[dest] + i / rows * op[stride]) * lw + t);
                    break;
                case 1:
                    west(u / op[group_words] % rows, (op[dest] + i * op[stride]) * lw + u);
                    break;
                case 2:
                    std::memcpy(state.north_values.data() + flat * 4, &word, 8);
                    break;
                case 3:
                    std::memcpy(state.north_indices.data() + flat * 8, &word, 8);
                    break;
                default:
                    state.vmem[static_cast<std::size_t>(flat)] = word;
                    break;
            }
        }
        if (++p.x == op[grid_w]) p.x = 0, ++p.y;
        if (p.y == op[grid_h]) p.y = 0, ++p.b;
    }
    if (op.has(kAdvance)) state.load_position = {p.b, p.y, p.x};
}

TEST(Load, EqualsReferenceOnRandomGeometries) {
    Random random(11);
    int loads = 0;
    for (int i = 0; i < 600; ++i) {
        OnChipState fast(small_array(random));
        OnChipState plain = fast;
        MemoryImage dram;
        // Several operations: the saved position walks on from one to the next.
        Operation op = random_load(random, random.in(0, 4), fast.config);
        for (int k = 0; k < 3; ++k) {
            const bool fits = !isa::operation_fault(op.engine, {op.registers}, op.flags, fast.config);
            const bool inside = op.has(isa::load::kSeek) || (fast.load_position.x < op[isa::load::grid_w] &&
                                                             fast.load_position.y < op[isa::load::grid_h]);
            if (!fits || !inside) {
                EXPECT_THROW(execute_load(op, fast, dram), InputError);
            } else {
                fill(dram, random, op[isa::load::base] - 2048, 16384);
                execute_load(op, fast, dram);
                reference_load(op, plain, dram);
                ++loads;
            }
            ASSERT_EQ(fast.west, plain.west) << i;
            ASSERT_EQ(fast.north_values, plain.north_values) << i;
            ASSERT_EQ(fast.north_indices, plain.north_indices) << i;
            ASSERT_EQ(fast.vmem, plain.vmem) << i;
            ASSERT_EQ(fast.load_position, plain.load_position) << i;
            op.flags = static_cast<std::uint32_t>(random.in(0, 3));
        }
    }
    EXPECT_GT(loads, 1000);
}

TEST(Store, EqualsReferenceOnRandomGeometries) {
    using namespace isa::store;
    Random random(12);
    int stores = 0;
    for (int i = 0; i < 600; ++i) {
        OnChipState state(small_array(random));
        for (std::uint32_t& v : state.result) v = static_cast<std::uint32_t>(random.in(0, 0xFFFFFFFF));
        for (std::uint64_t& v : state.vmem) v = static_cast<std::uint64_t>(random.in(0, INT64_MAX));
        Operation op;
        op.engine = isa::Engine::Store;
        const auto set = [&](int r, std::int64_t value) {
            op.registers[static_cast<std::size_t>(r)] = value;
        };
        set(src_kind, random.in(0, 2));
        set(len, 8 * random.in(1, 9));
        set(grid_w, random.in(1, 7));
        set(grid_h, random.in(1, 5));
        set(px, 8 * random.in(9, 12));
        set(py, op[px] * op[grid_w]);
        set(pb, op[py] * op[grid_h]);
        set(base, random.one_in(5) ? -8 * random.in(1, 500) : 8 * random.in(0, 2000));
        set(count, random.in(1, 30));
        set(b0, random.in(0, 2));
        set(y0, random.in(0, op[grid_h] - 1));
        set(x0, random.in(0, op[grid_w] - 1));
        set(src, random.in(0, 20) + (op[src_kind] == 0 ? random.in(0, 4000) : 0));
        set(sc, random.in(1, 3));
        MemoryImage fast;
        MemoryImage plain;
        Position saved;
        for (int k = 0; k < 3; ++k) {
            op.flags = static_cast<std::uint32_t>(random.in(0, 7)) | (k == 0 ? kSeek : 0U);
            if (isa::operation_fault(op.engine, {op.registers}, op.flags, state.config)) {
                EXPECT_THROW(execute_store(op, state, fast), InputError);
                continue;
            }
            execute_store(op, state, fast);
            ++stores;
            Walk p{saved.b, saved.y, saved.x};
            if (op.has(kSeek)) p = {op[b0], op[y0], op[x0]};
            for (std::int64_t at = 0; at < op[count]; ++at) {
                for (std::int64_t byte = 0; byte < op[len]; ++byte) {
                    std::uint64_t source = 0;
                    if (op[src_kind] == 1) {
                        source =
                            state.vmem[static_cast<std::size_t>(op[src] + at * (op[len] / 8) + byte / 8)] >>
                            8 * (byte % 8);
                    } else if (op[src_kind] == 0) {
                        const std::int64_t size = op.has(kFp16) ? 2 : 4;
                        const std::int64_t e = byte / size;
                        const std::int64_t address = op[src] + at * op[sc] + e / state.config.columns;
                        const std::int64_t row = address % state.config.result_addresses;
                        source = state.result[static_cast<std::size_t>(row * state.config.columns +
                                                                       e % state.config.columns)] >>
                                 8 * (byte % size);
                    }
                    const std::int64_t a = op[base] + p.b * op[pb] + p.y * op[py] + p.x * op[px] + byte;
                    const std::array<std::uint8_t, 1> one{static_cast<std::uint8_t>(source)};
                    plain.write(modulo(a, kAddressSpace), one);
                }
                if (++p.x == op[grid_w]) p.x = 0, ++p.y;
                if (p.y == op[grid_h]) p.y = 0, ++p.b;
            }
            if (op.has(kAdvance)) saved = {p.b, p.y, p.x};
            ASSERT_EQ(MemoryImage::first_difference(fast, plain), -1) << i;
            ASSERT_EQ(state.store_position, saved);
        }
    }
    EXPECT_GT(stores, 1000);
}

TEST(Load, SeekWithoutAdvanceLeavesTheSavedPosition) {
    using namespace isa::load;
    OnChipState state((isa::ArrayConfig()));
    MemoryImage dram;
    Operation op;
    const auto set = [&](int r, std::int64_t value) { op.registers[static_cast<std::size_t>(r)] = value; };
    set(len, 8), set(grid_w, 4), set(grid_h, 4), set(count, 6), set(stride, 1), set(x0, 1), set(b0, 5);
    op.flags = kAdvance;
    execute_load(op, state, dram);
    EXPECT_EQ(state.load_position, (Position{0, 1, 2}));
    op.flags = kSeek;
    execute_load(op, state, dram);
    EXPECT_EQ(state.load_position, (Position{0, 1, 2}));
    op.flags = kSeek | kAdvance;
    execute_load(op, state, dram);
    EXPECT_EQ(state.load_position, (Position{5, 1, 3}));
}

TEST(Load, ASavedPositionOutsideTheGridIsRefused) {
    using namespace isa::load;
    OnChipState state((isa::ArrayConfig()));
    MemoryImage dram;
    state.load_position = {0, 0, 4};
    Operation op;
    op.instruction = 9;
    const auto set = [&](int r, std::int64_t value) { op.registers[static_cast<std::size_t>(r)] = value; };
    set(len, 8), set(grid_w, 4), set(grid_h, 4), set(count, 1), set(stride, 1);
    try {
        execute_load(op, state, dram);
        FAIL();
    } catch (const InputError& error) {
        EXPECT_STREQ(error.what(),
                     "LOAD instruction 9: the saved position (row 0, column 4) lies outside the grid of 4 "
                     "rows and 4 columns");
    }
}

}  // namespace
}  // namespace satsim::functional
