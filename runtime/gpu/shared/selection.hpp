// N:M selection of one group, by the rule of runtime/nm/weight_shape.hpp: the N largest of the 15 magnitude
// bits, ties to the lower index.
#pragma once

#include <cstdint>

#include "runtime/gpu/shared/host_device.hpp"

namespace satsim::gpu {

// Bit e: values[e] is kept. `size` (1..M) elements exist; a group of fewer than n keeps them all. An element
// is kept when fewer than n of its group go before it; each pair is compared once.
template <int M>
SATSIM_HD inline std::uint32_t keep_mask(const std::uint16_t* values, int size, int n) {
    int magnitude[M];
    int before[M];
    SATSIM_UNROLL
    for (int e = 0; e < M; ++e) {
        magnitude[e] = e < size ? values[e] & 0x7FFF : -1;  // what does not exist goes last
        before[e] = 0;
    }
    SATSIM_UNROLL
    for (int e = 1; e < M; ++e) {
        SATSIM_UNROLL
        for (int f = 0; f < e; ++f) {
            const int lower_first = magnitude[f] >= magnitude[e] ? 1 : 0;
            before[e] += lower_first;
            before[f] += 1 - lower_first;
        }
    }
    std::uint32_t kept = 0;
    SATSIM_UNROLL
    for (int e = 0; e < M; ++e) kept |= (before[e] < n && e < size ? 1U : 0U) << e;
    return kept;
}

// The same for n = 1 or 2 by the largest two of keys that no two elements share: less than half of the
// instructions. Every element exists.
template <int M>
SATSIM_HD inline std::uint32_t keep_largest(const std::uint16_t* values, int n) {
    int first = -1;
    int second = -1;
    SATSIM_UNROLL
    for (int e = 0; e < M; ++e) {
        const int key = (values[e] & 0x7FFF) << 4 | (15 - e);  // of equal ones the lower index is larger
        const int lesser = key < first ? key : first;
        second = lesser > second ? lesser : second;
        first = key > first ? key : first;
    }
    std::uint32_t kept = 1U << (15 - (first & 15));
    if (M > 1 && n > 1) kept |= 1U << (15 - (second & 15));
    return kept;
}

// Positions of the set bits of a mask, ascending, four bits each.
template <int M>
SATSIM_HD inline std::uint64_t positions_of(std::uint32_t kept) {
    std::uint64_t nibbles = 0;
    int count = 0;
    SATSIM_UNROLL
    for (int e = 0; e < M; ++e) {
        if ((kept >> e & 1U) == 0) continue;
        nibbles |= static_cast<std::uint64_t>(e) << (4 * count);
        ++count;
    }
    return nibbles;
}

}  // namespace satsim::gpu
