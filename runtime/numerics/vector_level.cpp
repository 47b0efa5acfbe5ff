#include "runtime/numerics/vector_level.hpp"

namespace satsim::numerics {
namespace {

VectorLevel find_best() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") == 0 || __builtin_cpu_supports("f16c") == 0)
        return VectorLevel::Baseline;
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
