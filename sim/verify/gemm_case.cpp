#include "sim/verify/gemm_case.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>
#include <string>

#include "runtime/numerics/accumulate.hpp"
#include "runtime/numerics/fp16.hpp"
#include "runtime/support/stored_pattern.hpp"
#include "sim/verify/random.hpp"

namespace satsim::verify {
namespace {

std::uint16_t random_value(std::mt19937_64& rng) {
    const int kind = pick(rng, 0, 19);
    const auto sign = static_cast<std::uint16_t>(pick(rng, 0, 1) << 15);
    if (kind == 0) return sign;                                                   // zero of either sign
    if (kind == 1) return static_cast<std::uint16_t>(sign | pick(rng, 1, 1023));  // subnormal
    if (kind <= 4) return static_cast<std::uint16_t>(sign | 0x3C00);              // one: ties
    return static_cast<std::uint16_t>(sign | pick(rng, 0x2800, 0x4800));          // 2^-5 .. 8
}

// Positions, ascending, of the n largest of every m of `group`; ties to the lower one.
std::vector<int> kept_of(const std::vector<std::uint16_t>& group, const NmPattern& nm) {
    std::vector<int> kept;
    const auto size = static_cast<int>(group.size());
    for (int first = 0; first < size; first += nm.m) {
        std::vector<int> rank(static_cast<std::size_t>(std::min(nm.m, size - first)));
        std::iota(rank.begin(), rank.end(), first);
        std::stable_sort(rank.begin(), rank.end(), [&](int x, int y) {
            return (group[static_cast<std::size_t>(x)] & 0x7FFF) >
                   (group[static_cast<std::size_t>(y)] & 0x7FFF);
        });
        rank.resize(std::min<std::size_t>(rank.size(), static_cast<std::size_t>(nm.n)));
        std::sort(rank.begin(), rank.end());
        kept.insert(kept.end(), rank.begin(), rank.end());
    }
    return kept;
}

}  // namespace

GemmTask random_task(std::mt19937_64& rng, const CaseOptions& options) {
    GemmTask task;
    task.layer = "random";
    task.stage = options.stage;
    task.nm = options.nm;
    task.count = options.count;
    Gather& g = task.gather;
    g.channels = pick_size(rng, options.max_channels);
    g.batch = pick(rng, 1, 3);
    g.grid_h = pick(rng, 1, options.max_grid);
    g.grid_w = pick(rng, 1, options.max_grid);
    g.taps.clear();
    if (options.matrix) {
        g.batch = 1;
        g.grid_h = 1;
        g.grid_w = g.in_w = pick_size(rng, options.max_grid * options.max_grid * 3);
        g.taps.push_back(Tap{});
    } else {
        g.stride_x = pick(rng, 1, 2);
        g.stride_y = pick(rng, 1, 2);
        g.in_h = g.grid_h * g.stride_y + pick(rng, 0, 2);
        g.in_w = g.grid_w * g.stride_x + pick(rng, 0, 2);
        const int taps = options.kernel ? 0 : pick(rng, 1, 5);
        const int rows = pick(rng, 1, 3);
        const int width = pick(rng, 2, 4);
        const int top = pick(rng, -2, 0);
        const int left = pick(rng, -2, 1);
        for (int i = 0; options.kernel && i < rows * width; ++i) {
            g.taps.push_back({top + i / width, left + i % width, i});
        }
        g.from_host = options.kernel && options.from_host;
        for (int i = 0; i < taps; ++i) g.taps.push_back({pick(rng, -2, 2), pick(rng, -2, 2), i});
    }
    const int columns = pick_size(rng, options.max_columns);
    const auto taps = static_cast<std::int64_t>(g.taps.size());
    if (options.stage == Stage::WU || options.over_positions) {
        task.shape = {taps * g.channels, columns, g.positions()};
        task.over_positions = options.over_positions;
        task.out = options.over_positions ? ElementType::Fp16 : ElementType::Fp32;
    } else {
        task.shape = {g.positions(), columns, taps * g.channels};
        task.out = pick(rng, 0, 3) == 0 ? ElementType::Fp32 : ElementType::Fp16;
        Scatter& s = task.scatter;
        if (!options.matrix) {
            s.step_x = pick(rng, 1, 2);
            s.step_y = pick(rng, 1, 2);
            s.off_x = pick(rng, 0, s.step_x - 1);
            s.off_y = pick(rng, 0, s.step_y - 1);
        }
        s.out_w = g.grid_w * s.step_x;
        s.out_h = g.grid_h * s.step_y;
    }
    return task;
}

GemmCase::GemmCase(GemmTask task, const isa::ArrayConfig& array, std::mt19937_64& rng)
    : task_(std::move(task)), layout_(schedule::layout_gemm(task_, array)) {
    fill_a(rng);
    b_.resize(static_cast<std::size_t>(task_.count * task_.shape.k * task_.shape.n));
    if (task_.sums_positions()) {
        fill_gradient(rng);
    } else {
        fill_weights(rng);
    }
    add_extremes();
}

void GemmCase::put(std::int64_t address, std::uint16_t value) {
    const std::array<std::uint8_t, 2> bytes{static_cast<std::uint8_t>(value & 0xFF),
                                            static_cast<std::uint8_t>(value >> 8)};
    memory_.write(address, bytes);
}

std::uint16_t GemmCase::get(std::int64_t address) const {
    std::array<std::uint8_t, 2> bytes{};
    memory_.read(address, bytes);
    return static_cast<std::uint16_t>(bytes[0] | (bytes[1] << 8));
}

void GemmCase::fill_a(std::mt19937_64& rng) {
    // Padding channels get values too: they must never matter.
    const std::int64_t values = layout_.a_stride * task_.count / 2;
    for (std::int64_t i = 0; i < values; ++i) put(layout_.a + 2 * i, random_value(rng));
}

void GemmCase::add_extremes() {
    constexpr std::array<std::uint16_t, 5> kExtremes{0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E00};
    // A generator of its own, seeded by data and sizes: cases without extremes stay what they were.
    const std::uint64_t data = get(layout_.a) * 65537U + get(layout_.a + 2);
    const GemmShape& shape = task_.shape;
    std::mt19937_64 rng(
        mixed_seed(data, static_cast<std::uint64_t>((shape.m * 1009 + shape.n) * 1009 + shape.k)));
    if (pick(rng, 0, 7) != 0) return;
    const auto last = static_cast<int>(layout_.a_stride * task_.count / 2) - 1;
    for (int i = pick(rng, 1, 3); i > 0; --i)
        put(layout_.a + 2 * std::int64_t{pick(rng, 0, last)},
            kExtremes[static_cast<std::size_t>(pick(rng, 0, 4))]);
}

void GemmCase::fill_gradient(std::mt19937_64& rng) {
    for (std::int64_t z = 0; z < task_.count; ++z) {
        for (std::int64_t k = 0; k < task_.shape.k; ++k) {
            for (std::int64_t c = 0; c < layout_.b_pitch / 2; ++c) {
                const std::uint16_t value = random_value(rng);
                put(layout_.b + z * layout_.b_stride + k * layout_.b_pitch + 2 * c, value);
                if (c < task_.shape.n) {
                    b_[static_cast<std::size_t>((z * task_.shape.k + k) * task_.shape.n + c)] = value;
                }
            }
        }
    }
}

void GemmCase::fill_weights(std::mt19937_64& rng) {
    const NmPattern nm = layout_.nm;
    const NmPattern selected = task_.nm == kOneOfTwo ? kOneOfTwo : nm;
    const int channels = task_.gather.channels;
    const auto taps = static_cast<std::int64_t>(task_.gather.taps.size());
    for (std::int64_t z = 0; z < task_.count; ++z) {
        for (std::int64_t tap = 0; tap < taps; ++tap) {
            const int mine = task_.gather.channels_of(static_cast<std::size_t>(tap));
            for (int group = 0; group * nm.m < mine; ++group) {
                for (std::int64_t column = 0; column < task_.shape.n; ++column) {
                    const int size = std::min(nm.m, mine - group * nm.m);
                    std::vector<std::uint16_t> values(static_cast<std::size_t>(size));
                    for (auto& value : values) value = random_value(rng);
                    const std::vector<int> kept = kept_of(values, selected);
                    for (int pair = 0; pair < static_cast<int>(kept.size()); ++pair) {
                        const int index = kept[static_cast<std::size_t>(pair)];
                        const std::uint16_t value = values[static_cast<std::size_t>(index)];
                        const std::int64_t k = tap * channels + group * nm.m + index;
                        b_[static_cast<std::size_t>((z * task_.shape.k + k) * task_.shape.n + column)] =
                            value;
                        const std::int64_t row = (tap * layout_.groups_per_tap + group) * nm.n + pair;
                        put(layout_.b + z * layout_.b_stride + row * layout_.b_pitch + 2 * column, value);
                        if (nm.dense()) continue;
                        const std::int64_t at = layout_.indices + z * layout_.indices_stride +
                                                row * layout_.indices_pitch + column / 2;
                        std::array<std::uint8_t, 1> byte{};
                        memory_.read(at, byte);
                        byte[0] = static_cast<std::uint8_t>(byte[0] | (index << (4 * (column % 2))));
                        memory_.write(at, byte);
                    }
                }
            }
        }
    }
}

std::uint16_t GemmCase::a_at(std::int64_t instance, std::int64_t position, const Tap& tap,
                             int channel) const {
    const Gather& g = task_.gather;
    const std::int64_t x = position % g.grid_w * g.stride_x + tap.dx;
    const std::int64_t y = position / g.grid_w % g.grid_h * g.stride_y + tap.dy;
    const std::int64_t image = position / g.grid_w / g.grid_h;
    if (x < 0 || x >= g.in_w || y < 0 || y >= g.in_h) return 0;
    const bool tail = g.tail.channels > 0 && &tap == &g.taps.back();
    const std::int64_t column = tail ? 2 * (g.tail.offset + x * g.tail.pixel) : x * layout_.a_pitch;
    return get(layout_.a + instance * layout_.a_stride + image * layout_.a_image + y * layout_.a_row +
               column + 2 * channel);
}

std::uint16_t GemmCase::b_at(std::int64_t instance, std::int64_t k, std::int64_t column) const {
    return b_[static_cast<std::size_t>((instance * task_.shape.k + k) * task_.shape.n + column)];
}

std::uint32_t GemmCase::expected(std::int64_t instance, std::int64_t row, std::int64_t column) const {
    const int channels = task_.gather.channels;
    float sum = 0;
    for (std::int64_t k = 0; k < task_.shape.k; ++k) {
        const std::uint16_t b = b_at(instance, k, column);
        if ((b & 0x7FFF) == 0) continue;
        const bool update = task_.sums_positions();
        const std::int64_t tapped = update ? row : k;
        const Tap& tap = task_.gather.taps[static_cast<std::size_t>(tapped / channels)];
        const std::uint16_t a = a_at(instance, update ? k : row, tap, static_cast<int>(tapped % channels));
        sum = numerics::add_rne(sum, numerics::mul_exact(Fp16{a}, Fp16{b}));
    }
    if (task_.out == ElementType::Fp16) return numerics::to_fp16(sum).bits;
    std::uint32_t bits = 0;
    std::memcpy(&bits, &sum, sizeof bits);
    return bits;
}

std::int64_t GemmCase::address_of(std::int64_t instance, std::int64_t row, std::int64_t column) const {
    const std::int64_t base = layout_.c + instance * layout_.c_stride;
    if (task_.sums_positions()) {
        const Tap& tap = task_.gather.taps[static_cast<std::size_t>(row / task_.gather.channels)];
        const std::int64_t stored =
            std::int64_t{tap.weight_tap} * task_.gather.channels + row % task_.gather.channels;
        return base + stored * layout_.c_pitch + column * schedule::result_bytes(task_);
    }
    const Gather& g = task_.gather;
    const Scatter& s = task_.scatter;
    const std::int64_t x = row % g.grid_w * s.step_x + s.off_x;
    const std::int64_t y = row / g.grid_w % g.grid_h * s.step_y + s.off_y;
    const std::int64_t image = row / g.grid_w / g.grid_h;
    return base + image * layout_.c_image + y * layout_.c_row + x * layout_.c_pitch +
           column * schedule::result_bytes(task_);
}

template <typename Visit>
void GemmCase::for_each_difference(const MemoryImage& memory, Visit visit) const {
    const std::size_t bytes = static_cast<std::size_t>(schedule::result_bytes(task_));
    for (std::int64_t z = 0; z < task_.count; ++z) {
        for (std::int64_t row = 0; row < task_.shape.m; ++row) {
            for (std::int64_t column = 0; column < task_.shape.n; ++column) {
                std::array<std::uint8_t, 4> raw{};
                memory.read(address_of(z, row, column), std::span(raw).first(bytes));
                std::uint32_t found = 0;
                std::memcpy(&found, raw.data(), raw.size());
                const std::uint32_t wanted = expected(z, row, column);
                if (found != wanted && !visit(z, row, column, found, wanted)) return;
            }
        }
    }
}

std::string GemmCase::compare(const MemoryImage& memory) const {
    std::string text;
    for_each_difference(memory, [&](std::int64_t z, std::int64_t row, std::int64_t column,
                                    std::uint32_t found, std::uint32_t wanted) {
        text = "instance " + std::to_string(z) + ", C[" + std::to_string(row) + "," + std::to_string(column) +
               "]: bits " + std::to_string(found) + ", expected " + std::to_string(wanted);
        return false;
    });
    return text;
}

std::int64_t GemmCase::mismatching_bits(const MemoryImage& memory) const {
    std::int64_t bits = 0;
    for_each_difference(
        memory, [&](std::int64_t, std::int64_t, std::int64_t, std::uint32_t found, std::uint32_t wanted) {
            bits += std::popcount(found ^ wanted);
            return true;
        });
    return bits;
}

}  // namespace satsim::verify
