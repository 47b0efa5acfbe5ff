#include "runtime/functional/stce_kernel.hpp"

#include <cstring>

namespace satsim::functional {
namespace {

#if defined(__x86_64__)
#define SATSIM_AVX2 __attribute__((target("avx2")))
#endif

// Eight lanes. GCC and Clang map it to the widest registers of the function's target, two of them if need be.
// (Plain loops over an array of sums were tried: GCC 12 jams the loop over pairs into them and leaves scalar
// code.)
using Lanes8 = float __attribute__((vector_size(32)));
constexpr int kVectorLanes = 8;

template <int Lanes>
[[gnu::always_inline]] inline void columns_of(const Pair* pairs, const std::int32_t* counts,
                                              std::int64_t columns, std::int64_t max_pairs, const float* west,
                                              float* acc, std::int64_t acc_pitch) {
    constexpr int vectors = Lanes / kVectorLanes;
    for (std::int64_t x = 0; x < columns; ++x, pairs += max_pairs, acc += acc_pitch) {
        Lanes8 sums[vectors];
        std::memcpy(sums, acc, sizeof sums);
        const Pair* const end = pairs + counts[x];
        for (const Pair* pair = pairs; pair != end; ++pair) {
            const float* const elements = west + pair->west;
            for (int v = 0; v < vectors; ++v) {
                Lanes8 element;
                std::memcpy(&element, elements + v * kVectorLanes, sizeof element);
                sums[v] += element * pair->value;
            }
        }
        std::memcpy(acc, sums, sizeof sums);
    }
}

using Block = void (*)(const Pair*, const std::int32_t*, std::int64_t, std::int64_t, const float*, float*,
                       std::int64_t);

template <int Lanes>
void block(const Pair* pairs, const std::int32_t* counts, std::int64_t columns, std::int64_t max_pairs,
           const float* west, float* acc, std::int64_t acc_pitch) {
    columns_of<Lanes>(pairs, counts, columns, max_pairs, west, acc, acc_pitch);
}

#ifdef SATSIM_AVX2
template <int Lanes>
SATSIM_AVX2 void block_avx2(const Pair* pairs, const std::int32_t* counts, std::int64_t columns,
                            std::int64_t max_pairs, const float* west, float* acc, std::int64_t acc_pitch) {
    columns_of<Lanes>(pairs, counts, columns, max_pairs, west, acc, acc_pitch);
}
#endif

struct Blocks {
    Block lanes16 = block<16>;
    Block lanes32 = block<32>;
    Block lanes64 = block<64>;
};

Blocks blocks_for(VectorSupport support) {
#ifdef SATSIM_AVX2
    if (support == VectorSupport::Best && __builtin_cpu_supports("avx2") != 0) {
        return {block_avx2<16>, block_avx2<32>, block_avx2<64>};
    }
#else
    static_cast<void>(support);
#endif
    return {};
}

Blocks blocks = blocks_for(VectorSupport::Best);

}  // namespace

void set_vector_support(VectorSupport support) {
    blocks = blocks_for(support);
}

void accumulate_block(const Pair* pairs, const std::int32_t* counts, std::int64_t columns,
                      std::int64_t max_pairs, const float* west, std::int64_t lanes, float* acc,
                      std::int64_t acc_pitch) {
    const Block chosen = lanes <= 16 ? blocks.lanes16 : lanes <= 32 ? blocks.lanes32 : blocks.lanes64;
    chosen(pairs, counts, columns, max_pairs, west, acc, acc_pitch);
}

}  // namespace satsim::functional
