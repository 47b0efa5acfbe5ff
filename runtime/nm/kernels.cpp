#include "runtime/nm/kernels.hpp"

#include <cstring>
#include <stdexcept>
#include <utility>

#include "runtime/nm/weight_shape.hpp"

// Everything below is written once, for vectors of `Bytes` bytes, and compiled once a level; functions are
// forced inline because only then do they get the instructions of the level's entry point.
#define SATSIM_INLINE [[gnu::always_inline]] inline

namespace satsim::nm {
namespace {

using numerics::VectorLevel;

constexpr std::int16_t kMagnitude = 0x7FFF;

template <int Bytes>
struct Vectors {
    typedef std::int16_t Lanes __attribute__((vector_size(Bytes)));
    typedef std::uint32_t Pairs __attribute__((vector_size(Bytes)));
    typedef std::uint16_t HalfPairs __attribute__((vector_size(Bytes / 2)));
    typedef std::uint8_t Nibbles __attribute__((vector_size(Bytes / 4)));
    static constexpr int kLanes = Bytes / 2;
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

// All ones where a < b, else 0; a and b are not negative, so that their difference has 16 bits. (GCC 12 tends
// to take vector comparisons and `mask ? yes : value` apart into scalar code; this it leaves alone.)
template <typename Lanes>
SATSIM_INLINE void less(const Lanes& a, const Lanes& b, Lanes& result) {
    result = (a - b) >> 15;
}

// `mask` is all ones or 0.
template <typename Lanes>
SATSIM_INLINE void replace_where(const Lanes& mask, const Lanes& yes, Lanes& value) {
    value = (mask & yes) | (~mask & value);
}

// The N elements kept so far of each lane's group, ascending by index.
template <int Bytes, int N>
struct Kept {
    using Lanes = typename Vectors<Bytes>::Lanes;
    Lanes value[N];
    Lanes index[N];

    // Begins with the first N elements. Those that do not exist are padding pairs: +0 with index 0.
    SATSIM_INLINE Kept(const GroupRows& rows, std::int64_t x) {
        for (int j = 0; j < N; ++j) {
            value[j] = Lanes{};
            index[j] = Lanes{};
            if (j < rows.size) {
                std::memcpy(&value[j], rows.first + j * rows.stride + x, sizeof(Lanes));
                index[j] += static_cast<std::int16_t>(j);
            }
        }
    }

    // A later element takes the place of the smallest, if strictly larger: what stands behind the smallest
    // moves up and the newcomer is last, which keeps the order. Of equal smallest ones the last goes.
    SATSIM_INLINE void offer(const Lanes& newcomer, int e) {
        Lanes dropped_before[N];  // of pair j: the smallest is j or an earlier one
        Lanes least = value[N - 1] & kMagnitude;
        for (int j = N - 2; j >= 0; --j) {
            const Lanes magnitude = value[j] & kMagnitude;
            less(magnitude, least, dropped_before[j]);
            replace_where(dropped_before[j], magnitude, least);
        }
        Lanes take;
        less(least, newcomer & kMagnitude, take);
        for (int j = 0; j < N - 1; ++j) {
            if (j > 0) dropped_before[j] |= dropped_before[j - 1];
            const Lanes moves = dropped_before[j] & take;
            replace_where(moves, value[j + 1], value[j]);
            replace_where(moves, index[j + 1], index[j]);
        }
        replace_where(take, newcomer, value[N - 1]);
        replace_where(take, Lanes{} + static_cast<std::int16_t>(e), index[N - 1]);
    }
};

template <int Bytes, int N>
SATSIM_INLINE void pack_group(const GroupRows& rows, std::int64_t columns, const PackedRows& out) {
    using Lanes = typename Vectors<Bytes>::Lanes;
    for (std::int64_t x = 0; x < columns; x += Vectors<Bytes>::kLanes) {
        Kept<Bytes, N> kept(rows, x);
        for (int e = N; e < rows.size; ++e) {
            Lanes newcomer;
            std::memcpy(&newcomer, rows.first + e * rows.stride + x, sizeof newcomer);
            kept.offer(newcomer, e);
        }
        for (int j = 0; j < N; ++j) store_pair<Bytes>(out, j, x, kept.value[j], kept.index[j]);
    }
}

// Ranks of the M elements of each lane's group. Each pair is compared once: a later element ranks before an
// earlier one only if it is strictly larger.
template <int Bytes, int M>
SATSIM_INLINE void keep_group(const GroupRows& rows, int n, std::int64_t columns, std::uint16_t* kept,
                              std::ptrdiff_t pitch) {
    using Lanes = typename Vectors<Bytes>::Lanes;
    const Lanes count = Lanes{} + static_cast<std::int16_t>(n);
    for (std::int64_t x = 0; x < columns; x += Vectors<Bytes>::kLanes) {
        Lanes magnitude[M];
        Lanes before[M];  // how many elements rank before e
        for (int e = 0; e < M; ++e) {
            if (e >= rows.size) continue;  // the bound of the loop is M so that it is unrolled
            std::memcpy(&magnitude[e], rows.first + e * rows.stride + x, sizeof(Lanes));
            magnitude[e] &= kMagnitude;
            before[e] = Lanes{} + static_cast<std::int16_t>(e);
            for (int earlier = 0; earlier < e; ++earlier) {
                Lanes larger;
                less(magnitude[earlier], magnitude[e], larger);
                before[e] += larger;
                before[earlier] -= larger;
            }
        }
        for (int e = 0; e < rows.size; ++e) {
            Lanes mask;
            less(before[e], count, mask);
            std::memcpy(kept + e * pitch + x, &mask, sizeof mask);
        }
    }
}

// Two lanes from each byte: the low nibble's in the lower half of a pair of lanes, the high one's in the
// upper.
template <int Bytes>
SATSIM_INLINE void load_indices(const std::uint8_t* from, typename Vectors<Bytes>::Lanes& index) {
    using V = Vectors<Bytes>;
    typename V::Nibbles bytes;
    std::memcpy(&bytes, from, sizeof bytes);
    const auto halves = __builtin_convertvector(bytes, typename V::HalfPairs);
    const auto two = __builtin_convertvector(halves, typename V::Pairs);
    index = (typename V::Lanes)((two & 0xF) | (two & 0xF0) << 12);
}

template <int Bytes, int N>
SATSIM_INLINE bool unpack_group(const PackedPairs& pairs, std::int64_t columns, const DenseRows& group) {
    using Lanes = typename Vectors<Bytes>::Lanes;
    const Lanes most = Lanes{} + static_cast<std::int16_t>(group.size - 1);
    Lanes outside{};
    for (std::int64_t x = 0; x < columns; x += Vectors<Bytes>::kLanes) {
        Lanes value[N];
        Lanes place[N];  // of pair j: its index, or none of the group's
        Lanes before{};
        for (int j = 0; j < N; ++j) {
            value[j] = Lanes{};
            place[j] = Lanes{} - 1;
            if (j >= group.size) continue;  // the bound of the loop is N so that it is unrolled
            std::memcpy(&value[j], pairs.values + j * pairs.pitch + x, sizeof(Lanes));
            Lanes index;
            load_indices<Bytes>(pairs.indices + (j * pairs.pitch + x) / 2, index);
            Lanes counts = Lanes{} - 1;
            if (j > 0) less(before, index, counts);
            replace_where(counts, index, place[j]);
            before = index;
            outside |= most - place[j];
        }
        for (int e = 0; e < group.size; ++e) {
            Lanes element{};
            for (int j = 0; j < N; ++j) {
                const Lanes here = place[j] == static_cast<std::int16_t>(e);
                replace_where(here, value[j], element);
            }
            std::memcpy(group.first + e * group.stride + x, &element, sizeof element);
        }
    }
    std::int16_t signs = 0;
    for (int lane = 0; lane < Vectors<Bytes>::kLanes; ++lane)
        signs = static_cast<std::int16_t>(signs | outside[lane]);
    return signs >= 0;
}

// The entry points of one level. Only a macro can take the attribute.
#define SATSIM_KERNELS(LEVEL, BYTES, TARGET)                                                             \
    template <int N>                                                                                     \
    TARGET void pack_##LEVEL(const GroupRows& group, std::int64_t columns, const PackedRows& out) {      \
        pack_group<BYTES, N>(group, columns, out);                                                       \
    }                                                                                                    \
    template <int M>                                                                                     \
    TARGET void keep_##LEVEL(const GroupRows& group, int n, std::int64_t columns, std::uint16_t* kept,   \
                             std::ptrdiff_t pitch) {                                                     \
        keep_group<BYTES, M>(group, n, columns, kept, pitch);                                            \
    }                                                                                                    \
    template <int N>                                                                                     \
    TARGET bool unpack_##LEVEL(const PackedPairs& pairs, std::int64_t columns, const DenseRows& group) { \
        return unpack_group<BYTES, N>(pairs, columns, group);                                            \
    }

SATSIM_KERNELS(baseline, 16, )
#if defined(__x86_64__)
SATSIM_KERNELS(avx2, 32, __attribute__((target("avx2"))))
SATSIM_KERNELS(avx512, 64, __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"))))
#endif

template <int N>
PackKernel pack_at(VectorLevel level) {
    switch (level) {
#if defined(__x86_64__)
        case VectorLevel::Avx512:
            return pack_avx512<N>;
        case VectorLevel::Avx2:
            return pack_avx2<N>;
#endif
        default:
            return pack_baseline<N>;
    }
}

template <int M>
KeepKernel keep_at(VectorLevel level) {
    switch (level) {
#if defined(__x86_64__)
        case VectorLevel::Avx512:
            return keep_avx512<M>;
        case VectorLevel::Avx2:
            return keep_avx2<M>;
#endif
        default:
            return keep_baseline<M>;
    }
}

template <int N>
UnpackKernel unpack_at(VectorLevel level) {
    switch (level) {
#if defined(__x86_64__)
        case VectorLevel::Avx512:
            return unpack_avx512<N>;
        case VectorLevel::Avx2:
            return unpack_avx2<N>;
#endif
        default:
            return unpack_baseline<N>;
    }
}

template <int... N>
PackKernel find_pack(int n, VectorLevel level, std::integer_sequence<int, N...>) {
    PackKernel found = nullptr;
    static_cast<void>(((n == N + 1 && (found = pack_at<N + 1>(level), true)) || ...));
    return found;
}

template <int... N>
UnpackKernel find_unpack(int n, VectorLevel level, std::integer_sequence<int, N...>) {
    UnpackKernel found = nullptr;
    static_cast<void>(((n == N + 1 && (found = unpack_at<N + 1>(level), true)) || ...));
    return found;
}

}  // namespace

PackKernel pack_kernel(int n, VectorLevel level) {
    const PackKernel found = find_pack(n, level, std::make_integer_sequence<int, kMaxGroup>());
    if (found == nullptr) throw std::logic_error("pack_kernel: N is not 1 to 16");
    return found;
}

UnpackKernel unpack_kernel(int n, VectorLevel level) {
    const UnpackKernel found = find_unpack(n, level, std::make_integer_sequence<int, kMaxGroup>());
    if (found == nullptr) throw std::logic_error("unpack_kernel: N is not 1 to 16");
    return found;
}

KeepKernel keep_kernel(int m, VectorLevel level) {
    switch (m) {
        case 1:
            return keep_at<1>(level);
        case 2:
            return keep_at<2>(level);
        case 4:
            return keep_at<4>(level);
        case 8:
            return keep_at<8>(level);
        case 16:
            return keep_at<16>(level);
        default:
            throw std::logic_error("keep_kernel: M is not 1, 2, 4, 8 or 16");
    }
}

}  // namespace satsim::nm
