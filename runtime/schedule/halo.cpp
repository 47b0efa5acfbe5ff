#include "runtime/schedule/halo.hpp"

#include <algorithm>

#include "runtime/schedule/merge_rows.hpp"

namespace satsim::schedule {

Halo halo_needed(const GemmTask& reader, const isa::ArrayConfig& array) {
    if (reader.gather.from_host) return {};  // the host writes what the reader asks for
    const GemmTask merged = merge_rows(reader, array);
    if (merged == reader) return {};
    const int left = merged.gather.taps.front().dx - reader.gather.taps.front().dx;
    return {left, merged.gather.in_w - left - reader.gather.in_w};
}

Halo widest(const Halo& a, const Halo& b) {
    return {std::max(a.left, b.left), std::max(a.right, b.right)};
}

GemmTask read_with_halo(const GemmTask& task, const Halo& stored) {
    // The halo's columns are columns of the input like any other: they hold the zeros that stand outside it.
    GemmTask read = task;
    read.gather.in_w += stored.left + stored.right;
    for (Tap& tap : read.gather.taps) tap.dx += stored.left;
    return read;
}

GemmTask write_with_halo(const GemmTask& task, const Halo& stored) {
    GemmTask written = task;
    written.scatter.out_w += stored.left + stored.right;
    written.scatter.off_x += stored.left;
    return written;
}

}  // namespace satsim::schedule
