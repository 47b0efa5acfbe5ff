#include "runtime/nm/kernels.hpp"

#include <cstring>
#include <stdexcept>

// Everything below is written once, for vectors of `Bytes` bytes, and compiled once a level; functions are
// forced inline because only then do they get the instructions of the level's entry point.
#define SATSIM_INLINE [[gnu::always_inline]] inline

namespace satsim::nm {
namespace {

using numerics::VectorLevel;

template <int Bytes>
struct Vectors {
    // Magnitudes have 15 bits, so signed comparison, the only one that AVX2 has, is right.
    typedef std::int16_t Lanes __attribute__((vector_size(Bytes)));
    typedef std::uint32_t Pairs __attribute__((vector_size(Bytes)));
    typedef std::uint16_t HalfPairs __attribute__((vector_size(Bytes / 2)));
    typedef std::uint8_t Nibbles __attribute__((vector_size(Bytes / 4)));
    static constexpr int kLanes = Bytes / 2;
};

template <int Bytes, int M>
struct Group {
    using Lanes = typename Vectors<Bytes>::Lanes;
    Lanes value[M];
    Lanes magnitude[M];

    // An element that does not exist is +0 and ranks below all others.
    SATSIM_INLINE Group(const GroupRows& rows, std::int64_t x) {
        for (int e = 0; e < M; ++e) {
            if (e < rows.size) {
                std::memcpy(&value[e], rows.first + e * rows.stride + x, sizeof(Lanes));
                magnitude[e] = value[e] & 0x7FFF;
            } else {
                value[e] = Lanes{};
                magnitude[e] = Lanes{} - 1;
            }
        }
    }

    // kept[e] = all ones where fewer than n elements rank before e. Each pair is compared once: a later
    // element ranks before an earlier one only if it is strictly larger.
    SATSIM_INLINE void select(int n, Lanes (&kept)[M]) const {
        Lanes before[M];
        for (int e = 0; e < M; ++e) {
            before[e] = Lanes{} + static_cast<std::int16_t>(e);
            for (int earlier = 0; earlier < e; ++earlier) {
                const Lanes larger = magnitude[e] > magnitude[earlier];
                before[e] += larger;
                before[earlier] -= larger;
            }
        }
        for (int e = 0; e < M; ++e) kept[e] = before[e] < static_cast<std::int16_t>(n);
    }
};

template <int Bytes>
SATSIM_INLINE void store_pair(const PackedRows& out, int j, std::int64_t x,
                              const typename Vectors<Bytes>::Lanes& value,
                              const typename Vectors<Bytes>::Lanes& index) {
    using V = Vectors<Bytes>;
    std::memcpy(out.values + j * out.pitch + x, &value, sizeof value);
    // Two lanes make one byte: the odd one, in the upper half, comes down to the high nibble.
    const auto two = (typename V::Pairs)index;
    const auto halves = __builtin_convertvector(two | two >> 12, typename V::HalfPairs);
    const auto bytes = __builtin_convertvector(halves, typename V::Nibbles);
    std::memcpy(out.indices + (j * out.pitch + x) / 2, &bytes, sizeof bytes);
}

// The index that is stored for element e: padding pairs have 0.
SATSIM_INLINE std::int16_t stored_index(const GroupRows& group, int e) {
    return static_cast<std::int16_t>(e < group.size ? e : 0);
}

template <int Bytes, int M>
SATSIM_INLINE void pack_dense(const GroupRows& rows, std::int64_t x, const PackedRows& out) {
    using Lanes = typename Vectors<Bytes>::Lanes;
    const Group<Bytes, M> group(rows, x);
    for (int e = 0; e < M; ++e) {
        store_pair<Bytes>(out, e, x, group.value[e], Lanes{} + stored_index(rows, e));
    }
}

// `mask` is all ones or all zeros a lane. (GCC 12 makes scalar code of `mask ? yes : no` at 64 bytes.)
template <typename Lanes>
SATSIM_INLINE void replace_where(const Lanes& mask, const Lanes& yes, Lanes& value) {
    value = (mask & yes) | (~mask & value);
}

// One of M needs no ranks: the largest so far, replaced only by a strictly larger one.
template <int Bytes, int M>
SATSIM_INLINE void pack_one(const GroupRows& rows, std::int64_t x, const PackedRows& out) {
    using Lanes = typename Vectors<Bytes>::Lanes;
    const Group<Bytes, M> group(rows, x);
    Lanes value = group.value[0];
    Lanes index = {};
    for (int e = 1; e < M; ++e) {
        const Lanes larger = group.magnitude[e] > (value & 0x7FFF);
        replace_where(larger, group.value[e], value);
        replace_where(larger, Lanes{} + static_cast<std::int16_t>(e), index);
    }
    store_pair<Bytes>(out, 0, x, value, index);
}

template <int Bytes, int M>
SATSIM_INLINE void pack_ranked(const GroupRows& rows, int n, std::int64_t x, const PackedRows& out) {
    using Lanes = typename Vectors<Bytes>::Lanes;
    const Group<Bytes, M> group(rows, x);
    Lanes place[M];  // the pair that element e becomes, -1 when it is dropped
    group.select(n, place);
    Lanes next = {};
    for (int e = 0; e < M; ++e) {
        const Lanes kept = place[e];
        place[e] = next | ~kept;
        next -= kept;
    }
    for (int j = 0; j < n; ++j) {
        Lanes value = {};
        Lanes index = {};
        for (int e = 0; e < M; ++e) {
            const Lanes here = place[e] == static_cast<std::int16_t>(j);
            value |= here & group.value[e];
            index |= here & stored_index(rows, e);
        }
        store_pair<Bytes>(out, j, x, value, index);
    }
}

template <int Bytes, int M>
SATSIM_INLINE void pack_group(const GroupRows& group, int n, std::int64_t columns, const PackedRows& out) {
    constexpr int lanes = Vectors<Bytes>::kLanes;
    if (n == M) {
        for (std::int64_t x = 0; x < columns; x += lanes) pack_dense<Bytes, M>(group, x, out);
    } else if (n == 1) {
        for (std::int64_t x = 0; x < columns; x += lanes) pack_one<Bytes, M>(group, x, out);
    } else {
        for (std::int64_t x = 0; x < columns; x += lanes) pack_ranked<Bytes, M>(group, n, x, out);
    }
}

template <int Bytes, int M>
SATSIM_INLINE void keep_group(const GroupRows& rows, int n, std::int64_t columns, std::uint16_t* kept,
                              std::ptrdiff_t pitch) {
    using Lanes = typename Vectors<Bytes>::Lanes;
    for (std::int64_t x = 0; x < columns; x += Vectors<Bytes>::kLanes) {
        Lanes mask[M];
        Group<Bytes, M>(rows, x).select(n, mask);
        for (int e = 0; e < rows.size; ++e) std::memcpy(kept + e * pitch + x, &mask[e], sizeof(Lanes));
    }
}

// One pair of entry points a level. The macro's argument is what only a token can be: the attribute.
#define SATSIM_KERNELS(NAME, BYTES, TARGET)                                                               \
    template <int M>                                                                                      \
    TARGET void pack_##NAME(const GroupRows& group, int n, std::int64_t columns, const PackedRows& out) { \
        pack_group<BYTES, M>(group, n, columns, out);                                                     \
    }                                                                                                     \
    template <int M>                                                                                      \
    TARGET void keep_##NAME(const GroupRows& group, int n, std::int64_t columns, std::uint16_t* kept,     \
                            std::ptrdiff_t pitch) {                                                       \
        keep_group<BYTES, M>(group, n, columns, kept, pitch);                                             \
    }

SATSIM_KERNELS(baseline, 16, )
#if defined(__x86_64__)
SATSIM_KERNELS(avx2, 32, __attribute__((target("avx2"))))
SATSIM_KERNELS(avx512, 64, __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"))))
#endif

template <int M>
Kernels kernels_at(VectorLevel level) {
    switch (level) {
#if defined(__x86_64__)
        case VectorLevel::Avx512:
            return {pack_avx512<M>, keep_avx512<M>};
        case VectorLevel::Avx2:
            return {pack_avx2<M>, keep_avx2<M>};
#endif
        default:
            return {pack_baseline<M>, keep_baseline<M>};
    }
}

}  // namespace

Kernels kernels_for(int m, VectorLevel level) {
    switch (m) {
        case 1:
            return kernels_at<1>(level);
        case 2:
            return kernels_at<2>(level);
        case 4:
            return kernels_at<4>(level);
        case 8:
            return kernels_at<8>(level);
        case 16:
            return kernels_at<16>(level);
        default:
            throw std::logic_error("kernels_for: M is not 1, 2, 4, 8 or 16");
    }
}

}  // namespace satsim::nm
