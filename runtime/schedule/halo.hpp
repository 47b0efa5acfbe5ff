// Columns of zeros at the sides of a stored feature map, which merged kernel rows read (merge_rows.hpp).
//
// One map has one producer and several readers: it is stored with the widest halo that any of them needs, and
// all of them are told so. docs/decisions/0002-halo-columns.md
#pragma once

#include "runtime/isa/program.hpp"
#include "runtime/workload/task.hpp"

namespace satsim::schedule {

// Pixels at the left and right of every image row.
struct Halo {
    int left = 0;
    int right = 0;
    auto operator<=>(const Halo&) const = default;
};

// What merge_rows() will assume of the map that `reader` gathers A from; none where its rows are not merged.
[[nodiscard]] Halo halo_needed(const GemmTask& reader, const isa::ArrayConfig& array);
[[nodiscard]] Halo widest(const Halo& a, const Halo& b);

// The task with A's map stored so; to be called before merge_rows(). `stored` covers what the task needs.
[[nodiscard]] GemmTask read_with_halo(const GemmTask& task, const Halo& stored);
// FF, BP: the task with C stored as such a map. The halo itself is not written: it stays zero once it is.
[[nodiscard]] GemmTask write_with_halo(const GemmTask& task, const Halo& stored);

}  // namespace satsim::schedule
