#include "runtime/execute/packed_weight.hpp"

#include <algorithm>

#include "runtime/nm/one_of_two.hpp"
#include "runtime/nm/pack.hpp"
#include "runtime/nm/unpack.hpp"
#include "runtime/numerics/fp16.hpp"

namespace satsim::execute {
namespace {

nm::WeightShape shape_of(const MatrixShape& shape) {
    return nm::WeightShape::contiguous(shape.taps, shape.rows, shape.columns);
}

// value(tap, row, column) as [tap][k][n] of the stage.
template <typename Value>
PackedWeight oriented(const MatrixShape& shape, Stage stage, Value value) {
    PackedWeight copy;
    copy.taps = shape.taps;
    copy.k = stage == Stage::FF ? shape.rows : shape.columns;
    copy.n = stage == Stage::FF ? shape.columns : shape.rows;
    copy.dense.resize(static_cast<std::size_t>(shape.elements()));
    std::size_t to = 0;
    for (std::int64_t tap = 0; tap < shape.taps; ++tap) {
        for (std::int64_t k = 0; k < copy.k; ++k) {
            for (std::int64_t n = 0; n < copy.n; ++n) {
                const std::int64_t row = stage == Stage::FF ? k : n;
                const std::int64_t column = stage == Stage::FF ? n : k;
                copy.dense[to++] =
                    value(static_cast<std::size_t>((tap * shape.rows + row) * shape.columns + column));
            }
        }
    }
    return copy;
}

std::vector<Fp16> rounded(const Values& values) {
    std::vector<Fp16> halves(values.size());
    for (std::size_t i = 0; i < values.size(); ++i)
        halves[i] = numerics::to_fp16(static_cast<float>(values[i]));
    return halves;
}

nm::PackedMatrix without_planes(const nm::PackedMatrix& packed) {
    nm::PackedMatrix header;
    header.taps = packed.taps;
    header.groups = packed.groups;
    header.columns = packed.columns;
    header.columns_padded = packed.columns_padded;
    header.nm = packed.nm;
    return header;
}

}  // namespace

NmPattern operand_pattern(const NmPattern& nm) {
    return nm.dense() ? NmPattern{8, 8} : nm;
}

PackedWeight unpacked(nm::PackedMatrix packed, const NmPattern& nm, const MatrixShape& shape, Stage stage) {
    std::vector<Fp16> halves(static_cast<std::size_t>(shape.elements()));
    if (stage == Stage::FF)
        nm::unpack_columns(packed, shape_of(shape), halves);
    else
        nm::unpack_rows(packed, shape_of(shape), halves);
    PackedWeight copy = oriented(shape, stage, [&](std::size_t i) { return numerics::to_float(halves[i]); });
    copy.nm = nm;
    if (!nm.dense()) copy.packed = std::move(packed);
    return copy;
}

PackedWeight pack_weight(const Values& master, const MatrixShape& shape, const NmPattern& nm, Stage stage,
                         bool exact) {
    const std::vector<Fp16> halves = rounded(master);
    const NmPattern pattern = operand_pattern(nm);
    if (pattern.dense()) {
        PackedWeight copy = oriented(shape, stage, [&](std::size_t i) {
            return exact ? master[i] : static_cast<double>(numerics::to_float(halves[i]));
        });
        copy.nm = pattern;
        return copy;
    }
    nm::PackedMatrix packed = stage == Stage::FF ? nm::pack_columns(halves, shape_of(shape), pattern)
                                                 : nm::pack_rows(halves, shape_of(shape), pattern);
    nm::store_one_of_two(packed);
    PackedWeight copy = unpacked(std::move(packed), pattern, shape, stage);
    if (exact) {
        const PackedWeight whole = oriented(shape, stage, [&](std::size_t i) { return master[i]; });
        const std::vector<bool> kept = kept_values(copy, shape, stage);
        for (std::size_t i = 0; i < copy.dense.size(); ++i)
            if (kept[i]) copy.dense[i] = whole.dense[i];
    }
    return copy;
}

PackedWeight taps_of(const PackedWeight& copy, std::span<const std::int64_t> taps) {
    PackedWeight part;
    part.nm = copy.nm;
    part.taps = std::ssize(taps);
    part.k = copy.k;
    part.n = copy.n;
    part.packed = without_planes(copy.packed);
    if (!copy.packed.values.empty()) part.packed.taps = static_cast<int>(taps.size());
    const auto append = [&](const auto& from, auto& to, std::int64_t tap) {
        const std::int64_t size = std::ssize(from) / copy.taps;
        to.insert(to.end(), from.begin() + tap * size, from.begin() + (tap + 1) * size);
    };
    for (const std::int64_t tap : taps) {
        append(copy.dense, part.dense, tap);
        append(copy.packed.values, part.packed.values, tap);
        append(copy.packed.indices, part.packed.indices, tap);
    }
    return part;
}

std::optional<PackedWeight> columns_of(const PackedWeight& copy, Stage stage, std::int64_t first,
                                       std::int64_t count) {
    const bool along_k = stage == Stage::BP;  // the columns
    const nm::PackedMatrix& from = copy.packed;
    const bool pruned = !from.values.empty();
    if (along_k && pruned &&
        (first % from.nm.m != 0 || ((first + count) % from.nm.m != 0 && first + count != copy.k)))
        return std::nullopt;
    PackedWeight part;
    part.nm = copy.nm;
    part.taps = copy.taps;
    part.k = along_k ? count : copy.k;
    part.n = along_k ? copy.n : count;
    const std::int64_t first_k = along_k ? first : 0;
    const std::int64_t first_n = along_k ? 0 : first;
    for (std::int64_t tap = 0; tap < part.taps; ++tap)
        for (std::int64_t k = 0; k < part.k; ++k) {
            const auto row = copy.dense.begin() + (tap * copy.k + first_k + k) * copy.n + first_n;
            part.dense.insert(part.dense.end(), row, row + part.n);
        }
    if (!pruned) return part;
    nm::PackedMatrix& to = part.packed = without_planes(from);
    to.columns = static_cast<int>(part.n);
    to.columns_padded = round_up(to.columns, nm::kColumnPadding);
    to.groups = static_cast<int>(ceil_div<std::int64_t>(part.k, from.nm.m));
    to.values.resize(to.position(to.taps, 0, 0, 0));
    to.indices.resize(to.values.size() / 2);
    for (int tap = 0; tap < to.taps; ++tap)
        for (int group = 0; group < to.groups; ++group)
            for (int j = 0; j < to.nm.n; ++j)
                for (int column = 0; column < to.columns; ++column) {
                    const int source = group + static_cast<int>(first_k / from.nm.m);
                    const int at = column + static_cast<int>(first_n);
                    const std::size_t place = to.position(tap, group, j, column);
                    to.values[place] = from.value(tap, source, j, at);
                    to.indices[place / 2] |=
                        static_cast<std::uint8_t>(from.index(tap, source, j, at) << (place % 2 * 4));
                }
    return part;
}

std::vector<bool> kept_values(const PackedWeight& copy, const MatrixShape& shape, Stage stage) {
    std::vector<bool> kept(copy.dense.size(), true);
    if (copy.nm.dense()) return kept;
    nm::PackedMatrix ones = copy.packed;  // the same places, which a value of 0 would hide
    std::ranges::fill(ones.values, numerics::to_fp16(1));
    const Values marks = unpacked(std::move(ones), copy.nm, shape, stage).dense;
    for (std::size_t i = 0; i < marks.size(); ++i) kept[i] = marks[i] != 0;
    return kept;
}

}  // namespace satsim::execute
