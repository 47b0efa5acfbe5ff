// The fused update on a machine (emulated or real) against the core, bit by bit: both copies against
// runtime/nm, masters and states against the optimizer's arithmetic on the CPU.
#pragma once

#include <gtest/gtest.h>

#include "runtime/gpu/shared/update_tile.hpp"
#include "runtime/nm/pack.hpp"
#include "runtime/nm/prune.hpp"
#include "runtime/nm/unpack.hpp"
#include "tests/unit/gpu/random_values.hpp"

namespace satsim::gpu::test {

inline UpdateConstants constants_of(Generator& generator) {
    UpdateConstants k;
    for (float& s : k.s) s = std::uniform_real_distribution<float>(0.001F, 1)(generator);
    return k;
}

struct Case {
    std::int64_t taps, rows, columns;
    NmPattern nm;
};
// Ragged in every direction, and shapes of whole tiles.
inline const std::vector<Case> kCases{{1, 32, 64, {2, 4}},   {1, 64, 128, {2, 8}},  {9, 16, 48, {1, 8}},
                                      {1, 33, 65, {2, 8}},   {3, 7, 5, {1, 4}},     {1, 100, 3, {2, 16}},
                                      {1, 31, 129, {1, 16}}, {2, 40, 72, {1, 2}},   {1, 1, 1, {2, 4}},
                                      {1, 48, 80, {4, 8}},   {1, 50, 70, {16, 16}}, {2, 19, 34, {3, 8}}};

inline nm::PackedMatrix blank(const Case& c, std::int64_t length, std::int64_t columns) {
    nm::PackedMatrix p;
    p.taps = static_cast<int>(c.taps);
    p.groups = static_cast<int>(ceil_div<std::int64_t>(length, c.nm.m));
    p.columns = static_cast<int>(columns);
    p.columns_padded = round_up(p.columns, nm::kColumnPadding);
    p.nm = c.nm;
    const auto count = static_cast<std::size_t>(std::int64_t{p.taps} * p.groups * c.nm.n * p.columns_padded);
    p.values.assign(count, Fp16{0x7EEE});
    p.indices.assign(count / 2, 0xEE);
    return p;
}
template <class Machine>
CopyTarget packed_copy(Machine& machine, nm::PackedMatrix& p) {
    return {CopyFormat::Packed, p.nm.n, p.nm.m, bits_of(machine.put(p.values)), machine.put(p.indices)};
}
template <class Machine>
void fetch(Machine& machine, nm::PackedMatrix& p) {
    machine.get(p.values);
    machine.get(p.indices);
}
template <class Machine>
CopyTarget compressed_copy(Machine& machine, HostCompressed24& p, const NmPattern& nm) {
    return {CopyFormat::Compressed24, nm.n, nm.m, machine.put(p.values),
            reinterpret_cast<std::uint8_t*>(machine.put(p.metadata))};
}
template <class Machine>
void fetch(Machine& machine, HostCompressed24& p) {
    machine.get(p.values);
    machine.get(p.metadata);
}

template <class Machine>
void expect_packed_copies_of_the_core(Machine& machine) {
    Generator generator(1);
    for (const Case& c : kCases) {
        const auto shape = nm::WeightShape::contiguous(c.taps, c.rows, c.columns);
        std::vector<Fp16> w = random_halves(generator, static_cast<std::size_t>(c.taps * c.rows * c.columns));
        for (std::size_t i = 0; i < w.size(); i += 3) w[i].bits = static_cast<std::uint16_t>(generator());
        for (std::size_t i = 1; i < w.size(); i += 2) w[i] = w[i - 1];  // ties
        nm::PackedMatrix forward = blank(c, c.rows, c.columns);
        nm::PackedMatrix backward = blank(c, c.columns, c.rows);
        UpdateArguments a;
        a.half = bits_of(machine.put(w));
        a.taps = c.taps;
        a.rows = c.rows;
        a.columns = c.columns;
        a.forward = packed_copy(machine, forward);
        a.backward = packed_copy(machine, backward);
        machine.update(UpdateRule::None, a);
        fetch(machine, forward);
        fetch(machine, backward);
        EXPECT_EQ(forward, nm::pack_columns(w, shape, c.nm))
            << c.rows << "x" << c.columns << " " << to_string(c.nm);
        EXPECT_EQ(backward, nm::pack_rows(w, shape, c.nm))
            << c.rows << "x" << c.columns << " " << to_string(c.nm);
    }
}

inline bool contained(const NmPattern& nm) {
    return !nm.dense() && ((nm.n == 1 && nm.m == 2) || nm.n <= 2);
}

// Any 1:2, 2:4, 1:4, 2:8, 1:8, 2:16 and 1:16 matrix is also a 2:4 matrix: nothing is lost by the format.
template <class Machine>
void expect_compressed_copies_of_the_core(Machine& machine) {
    Generator generator(2);
    for (const Case& c : kCases) {
        if (!contained(c.nm)) continue;
        const auto shape = nm::WeightShape::contiguous(c.taps, c.rows, c.columns);
        std::vector<Fp16> w = random_halves(generator, static_cast<std::size_t>(c.taps * c.rows * c.columns));
        HostCompressed24 forward({c.columns, c.taps, c.rows});
        HostCompressed24 backward({c.rows, c.taps, c.columns});
        UpdateArguments a;
        a.half = bits_of(machine.put(w));
        a.taps = c.taps;
        a.rows = c.rows;
        a.columns = c.columns;
        a.forward = compressed_copy(machine, forward, c.nm);
        a.backward = compressed_copy(machine, backward, c.nm);
        machine.update(UpdateRule::None, a);
        fetch(machine, forward);
        fetch(machine, backward);
        EXPECT_TRUE(forward.legal());
        EXPECT_TRUE(backward.legal());
        std::vector<Fp16> kept_forward(w.size());
        std::vector<Fp16> kept_backward(w.size());
        nm::unpack_columns(nm::pack_columns(w, shape, c.nm), shape, kept_forward);
        nm::unpack_rows(nm::pack_rows(w, shape, c.nm), shape, kept_backward);
        for (std::int64_t t = 0; t < c.taps; ++t) {
            for (std::int64_t r = 0; r < c.rows; ++r) {
                for (std::int64_t k = 0; k < c.columns; ++k) {
                    const auto at = static_cast<std::size_t>((t * c.rows + r) * c.columns + k);
                    ASSERT_EQ(forward.at(k, t, r), kept_forward[at].bits) << to_string(c.nm);
                    ASSERT_EQ(backward.at(r, t, k), kept_backward[at].bits) << to_string(c.nm);
                }
            }
        }
        // Padding is zero, whatever lay there before.
        for (std::int64_t row = 0; row < round_up<std::int64_t>(c.columns, 32); ++row) {
            for (std::int64_t r = row < c.columns ? c.rows : 0; r < round_up<std::int64_t>(c.rows, 32); ++r)
                ASSERT_EQ(forward.at(row, 0, r), 0);
        }
    }
}

// Operands of an update and what becomes of them by the arithmetic on the CPU.
template <UpdateRule Rule>
struct UpdateTrial {
    UpdateTrial(Generator& generator, const Case& c, bool decays_pruned)
        : of(c),
          decays(decays_pruned),
          gradient(wild_floats(generator, count())),
          first(random_floats(generator, count())),
          second(random_floats(generator, count())),
          weight(random_floats(generator, count())),
          constants(constants_of(generator)) {
        for (float& v : second) v = std::abs(v);
        std::vector<Fp16> old(count());
        for (std::size_t i = 0; i < count(); ++i) old[i] = numerics::to_fp16(numerics::canonical(weight[i]));
        std::vector<std::uint8_t> kept(count());
        nm::mask_columns(old, shape(), c.nm, kept);
        for (std::size_t i = 0; i < count(); ++i) {
            want.push_back(updated<Rule>({gradient[i], first[i], second[i], weight[i]},
                                         decays_pruned && kept[i] == 0, constants));
            if (Rule == UpdateRule::Sgd) want.back().second = second[i];
            half.push_back(numerics::to_fp16(want.back().weight));
        }
    }
    [[nodiscard]] std::size_t count() const {
        return static_cast<std::size_t>(of.taps * of.rows * of.columns);
    }
    [[nodiscard]] nm::WeightShape shape() const {
        return nm::WeightShape::contiguous(of.taps, of.rows, of.columns);
    }

    template <class Machine>
    void run(Machine& machine, const CopyTarget& forward, const CopyTarget& backward) {
        UpdateArguments a;
        a.gradient = machine.put(gradient);
        a.first = machine.put(first);
        a.second = machine.put(second);
        a.weight = machine.put(weight);
        a.taps = of.taps;
        a.rows = of.rows;
        a.columns = of.columns;
        a.constants = constants;
        a.decays_pruned = decays;
        a.forward = forward;
        a.backward = backward;
        machine.update(Rule, a);
        machine.get(weight);
        machine.get(first);
        machine.get(second);
    }
    void expect_values() const {
        const auto bits = [](float x) { return std::bit_cast<std::uint32_t>(x); };
        for (std::size_t i = 0; i < count(); ++i) {
            ASSERT_EQ(bits(weight[i]), bits(want[i].weight)) << i;
            ASSERT_EQ(bits(first[i]), bits(want[i].first)) << i;
            ASSERT_EQ(bits(second[i]), bits(want[i].second)) << i;
        }
    }

    Case of;
    bool decays;
    std::vector<float> gradient;
    std::vector<float> first;
    std::vector<float> second;
    std::vector<float> weight;
    UpdateConstants constants;
    std::vector<UpdateElement> want;
    std::vector<Fp16> half;
};

template <UpdateRule Rule, class Machine>
void expect_update_in_one_pass(Machine& machine) {
    Generator generator(3);
    for (const Case& c : kCases) {
        for (const bool decays : {false, true}) {
            UpdateTrial<Rule> trial(generator, c, decays);
            nm::PackedMatrix forward = blank(c, c.rows, c.columns);
            nm::PackedMatrix backward = blank(c, c.columns, c.rows);
            trial.run(machine, packed_copy(machine, forward), packed_copy(machine, backward));
            fetch(machine, forward);
            fetch(machine, backward);
            trial.expect_values();
            EXPECT_EQ(forward, nm::pack_columns(trial.half, trial.shape(), c.nm));
            EXPECT_EQ(backward, nm::pack_rows(trial.half, trial.shape(), c.nm));
        }
    }
}

// The pass of most training steps: both copies compressed.
template <UpdateRule Rule, class Machine>
void expect_compressed_update(Machine& machine, const Case& c, bool decays) {
    Generator generator(5);
    UpdateTrial<Rule> trial(generator, c, decays);
    HostCompressed24 forward({c.columns, c.taps, c.rows});
    HostCompressed24 backward({c.rows, c.taps, c.columns});
    trial.run(machine, compressed_copy(machine, forward, c.nm), compressed_copy(machine, backward, c.nm));
    fetch(machine, forward);
    fetch(machine, backward);
    trial.expect_values();
    EXPECT_TRUE(forward.legal());
    EXPECT_TRUE(backward.legal());
    std::vector<std::uint8_t> kept_forward(trial.count());
    std::vector<std::uint8_t> kept_backward(trial.count());
    nm::mask_columns(trial.half, trial.shape(), c.nm, kept_forward);
    nm::mask_rows(trial.half, trial.shape(), c.nm, kept_backward);
    for (std::int64_t t = 0, i = 0; t < c.taps; ++t) {
        for (std::int64_t r = 0; r < c.rows; ++r) {
            for (std::int64_t n = 0; n < c.columns; ++n, ++i) {
                const auto at = static_cast<std::size_t>(i);
                const auto of = [&](const std::vector<std::uint8_t>& kept) {
                    return kept[at] != 0 ? trial.half[at].bits : 0;
                };
                ASSERT_EQ(forward.at(n, t, r), of(kept_forward)) << at;
                ASSERT_EQ(backward.at(r, t, n), of(kept_backward)) << at;
            }
        }
    }
}
// Whole tiles, tiles at edges, rows that no access of 16 bytes can read.
template <class Machine>
void expect_compressed_updates(Machine& machine) {
    for (const Case& c : {Case{1, 64, 128, {2, 8}}, Case{2, 70, 132, {2, 4}}, Case{1, 33, 65, {1, 4}},
                          Case{3, 40, 72, {1, 8}}}) {
        for (const bool decays : {false, true}) {
            expect_compressed_update<UpdateRule::Sgd>(machine, c, decays);
            expect_compressed_update<UpdateRule::Adam>(machine, c, decays);
            expect_compressed_update<UpdateRule::AdamW>(machine, c, decays);
        }
    }
}

template <class Machine>
void expect_plain_copy(Machine& machine) {
    Generator generator(4);
    std::vector<float> gradient = random_floats(generator, 35 * 67);
    std::vector<float> first(gradient.size());
    std::vector<float> weight = random_floats(generator, gradient.size());
    std::vector<Fp16> copy(gradient.size());
    UpdateArguments a;
    a.gradient = machine.put(gradient);
    a.first = machine.put(first);
    a.weight = machine.put(weight);
    a.rows = 35;
    a.columns = 67;
    a.constants = constants_of(generator);
    a.forward = {CopyFormat::Plain, 1, 1, bits_of(machine.put(copy)), nullptr};
    machine.update(UpdateRule::Sgd, a);
    machine.get(weight);
    machine.get(copy);
    for (std::size_t i = 0; i < copy.size(); ++i) ASSERT_EQ(copy[i], numerics::to_fp16(weight[i]));
}

}  // namespace satsim::gpu::test
