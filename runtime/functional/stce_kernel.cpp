#include "runtime/functional/stce_kernel.hpp"

#include <algorithm>

namespace satsim::functional {
namespace {

#if defined(__GNUC__) && defined(__x86_64__)
#define SATSIM_WIDE_VECTORS 1
#define SATSIM_INLINE inline __attribute__((always_inline))
#else
#define SATSIM_INLINE inline
#endif

using Block = void (*)(const Pair*, const std::int32_t*, std::int64_t, std::int64_t, const float*, float*,
                       std::int64_t);

template <int Lanes>
SATSIM_INLINE void columns_of(const Pair* pairs, const std::int32_t* counts, std::int64_t columns,
                              std::int64_t max_pairs, const float* west, float* acc, std::int64_t acc_pitch) {
    for (std::int64_t x = 0; x < columns; ++x, pairs += max_pairs, acc += acc_pitch) {
        float sums[Lanes];
        std::copy_n(acc, Lanes, sums);
        const Pair* const end = pairs + counts[x];
        for (const Pair* pair = pairs; pair != end; ++pair) {
            const float* const elements = west + pair->west;
            const float value = pair->value;
            for (int l = 0; l < Lanes; ++l) sums[l] += elements[l] * value;
        }
        std::copy_n(sums, Lanes, acc);
    }
}

// The same source for every vector width; the compiler vectorises the loop over lanes.
#define SATSIM_BLOCK(name, lanes, ...)                                                          \
    __VA_ARGS__ void name(const Pair* p, const std::int32_t* n, std::int64_t c, std::int64_t m, \
                          const float* w, float* a, std::int64_t pitch) {                       \
        columns_of<lanes>(p, n, c, m, w, a, pitch);                                             \
    }

SATSIM_BLOCK(block16, 16, )
SATSIM_BLOCK(block32, 32, )
SATSIM_BLOCK(block64, 64, )
#ifdef SATSIM_WIDE_VECTORS
SATSIM_BLOCK(block16_avx2, 16, __attribute__((target("avx2"))))
SATSIM_BLOCK(block32_avx2, 32, __attribute__((target("avx2"))))
SATSIM_BLOCK(block64_avx2, 64, __attribute__((target("avx2"))))
#endif
#undef SATSIM_BLOCK

struct Blocks {
    Block lanes16 = block16;
    Block lanes32 = block32;
    Block lanes64 = block64;
};

Blocks best_blocks() {
#ifdef SATSIM_WIDE_VECTORS
    if (__builtin_cpu_supports("avx2") != 0) return {block16_avx2, block32_avx2, block64_avx2};
#endif
    return {};
}

}  // namespace

void accumulate_block(const Pair* pairs, const std::int32_t* counts, std::int64_t columns,
                      std::int64_t max_pairs, const float* west, std::int64_t lanes, float* acc,
                      std::int64_t acc_pitch) {
    static const Blocks blocks = best_blocks();
    const Block block = lanes <= 16 ? blocks.lanes16 : lanes <= 32 ? blocks.lanes32 : blocks.lanes64;
    block(pairs, counts, columns, max_pairs, west, acc, acc_pitch);
}

}  // namespace satsim::functional
