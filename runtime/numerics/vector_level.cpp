#include "runtime/numerics/vector_level.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace satsim::numerics {
namespace {

#if defined(__x86_64__)
// clang's __builtin_cpu_supports does not know it.
bool has_f16c() {
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}
#endif

VectorLevel find_best() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") == 0 || !has_f16c()) return VectorLevel::Baseline;
    const bool wide = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
                      __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512dq") != 0;
    return wide ? VectorLevel::Avx512 : VectorLevel::Avx2;
#else
    return VectorLevel::Baseline;
#endif
}

}  // namespace

VectorLevel best_vector_level() {
    static const VectorLevel best = find_best();
    return best;
}

const char* to_string(VectorLevel level) {
    switch (level) {
        case VectorLevel::Baseline:
            return "baseline";
        case VectorLevel::Avx2:
            return "avx2";
        case VectorLevel::Avx512:
            return "avx512";
    }
    return "?";
}

}  // namespace satsim::numerics
