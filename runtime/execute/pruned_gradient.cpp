#include "runtime/execute/pruned_gradient.hpp"

#include <algorithm>
#include <stdexcept>

#include "runtime/support/stored_pattern.hpp"
#include "runtime/workload/phase_gather.hpp"

namespace satsim::execute {
namespace {

// visit(from, to): column `to` of the grid reads position `from` of dY.
template <typename Visit>
void for_columns(const Gather& g, const Tap& tap, Visit visit) {
    std::int64_t to = 0;
    for (std::int64_t b = 0; b < g.batch; ++b) {
        for (int gy = 0; gy < g.grid_h; ++gy) {
            for (int gx = 0; gx < g.grid_w; ++gx, ++to) {
                const int y = gy + tap.dy;
                const int x = gx + tap.dx;
                if (y >= 0 && y < g.in_h && x >= 0 && x < g.in_w) visit((b * g.in_h + y) * g.in_w + x, to);
            }
        }
    }
}

void require_whole(const PackedWeight& copies, const Gather& reads, int groups, std::size_t columns) {
    const bool same_map = copies.n == reads.batch * reads.in_h * reads.in_w &&
                          copies.k == std::int64_t{reads.channels} * groups;
    const bool one_run = groups == 1 && reads.taps.size() == 1;
    const bool whole = one_run || reads.channels % stored_pattern(copies.nm).m == 0;
    if (!same_map || !whole || static_cast<std::size_t>(copies.taps) < columns)
        throw std::logic_error("copies of a pruned gradient that are not those that its GEMM reads");
}

void move_values(const double* from, double* to, const Gather& reads, const Tap& tap) {
    for_columns(reads, tap, [&](std::int64_t at, std::int64_t column) { to[column] = from[at]; });
}

// A row of pairs: from value and nibble `first` on, to those from `into` on, whose nibbles are 0.
void move_pairs(const nm::PackedMatrix& from, std::size_t first, nm::PackedMatrix& to, std::size_t into,
                const Gather& reads, const Tap& tap) {
    for_columns(reads, tap, [&](std::int64_t at, std::int64_t column) {
        const std::size_t source = first + static_cast<std::size_t>(at);
        const std::size_t target = into + static_cast<std::size_t>(column);
        to.values[target] = from.values[source];
        const int index = from.indices[source / 2] >> (source % 2 * 4) & 0xF;
        to.indices[target / 2] =
            static_cast<std::uint8_t>(to.indices[target / 2] | index << (target % 2 * 4));
    });
}

// All zeros.
PackedWeight operand(const NmPattern& nm, const NmPattern& stored, int groups, std::int64_t k,
                     std::int64_t packed_groups, std::int64_t n) {
    PackedWeight b;
    b.nm = nm;
    b.taps = groups;
    b.k = k;
    b.n = n;
    b.dense.resize(static_cast<std::size_t>(groups * k * n));
    nm::PackedMatrix& planes = b.packed;
    planes.nm = stored;
    planes.taps = groups;
    planes.groups = static_cast<int>(packed_groups);
    planes.columns = static_cast<int>(n);
    planes.columns_padded = round_up(planes.columns, nm::kColumnPadding);
    planes.values.resize(static_cast<std::size_t>(groups * packed_groups * stored.n * planes.columns_padded));
    planes.indices.resize(planes.values.size() / 2);
    return b;
}

}  // namespace

PackedWeight shifted_copies(const PackedWeight& copies, const Gather& reads, int groups) {
    const std::vector<int> columns = columns_of(reads.taps);
    require_whole(copies, reads, groups, columns.size());
    const nm::PackedMatrix& from = copies.packed;
    const auto taps = static_cast<int>(reads.taps.size());
    const int packed_groups = from.groups / groups;  // of a tap and a group of channels
    PackedWeight b = operand(copies.nm, from.nm, groups, std::int64_t{taps} * reads.channels,
                             std::int64_t{taps} * packed_groups, reads.positions());
    for (int z = 0; z < groups; ++z) {
        for (int t = 0; t < taps; ++t) {
            const Tap& tap = reads.taps[static_cast<std::size_t>(t)];
            const auto copy = static_cast<int>(std::ranges::lower_bound(columns, tap.dx) - columns.begin());
            for (std::int64_t c = 0; c < reads.channels; ++c)
                move_values(copies.dense.data() + (copy * copies.k + z * reads.channels + c) * copies.n,
                            b.dense.data() + (z * b.k + t * reads.channels + c) * b.n, reads, tap);
            for (int g = 0; g < packed_groups; ++g)
                for (int j = 0; j < from.nm.n; ++j)
                    move_pairs(from, from.position(copy, z * packed_groups + g, j, 0), b.packed,
                               b.packed.position(z, t * packed_groups + g, j, 0), reads, tap);
        }
    }
    return b;
}

}  // namespace satsim::execute
