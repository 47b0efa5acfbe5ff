// The arithmetic of a WUVE lane (runtime/vector/arithmetic.hpp) where it runs on a GPU: the same bits.
//
// On the host these are the core's functions. On the device they are IEEE instructions that nvcc never
// contracts: `add.rn.ftz` flushes inputs and result, and a sum below 2^-126 is exact, so flushing it before
// or after rounding is the same; a product is rounded with gradual underflow first and flushed by a
// multiplication by 1, because 2^-126 may come out of rounding. NaNs keep whatever payload the device gives
// them until canonical() before a store: no payload ever reaches another value.
#pragma once

#include <cstdint>

#include "runtime/gpu/shared/host_device.hpp"
#include "runtime/numerics/accumulate.hpp"
#include "runtime/vector/arithmetic.hpp"

namespace satsim::gpu {

// A value as it was loaded, subnormals flushed.
SATSIM_HD inline float flush(float x) {
#if defined(__CUDA_ARCH__)
    float y;
    asm("mul.rn.ftz.f32 %0, %1, 0f3F800000;" : "=f"(y) : "f"(x));
    return y;
#else
    return numerics::canonical(x);
#endif
}

// Of flushed operands, as all below; results are flushed.
SATSIM_HD inline float exact_add(float a, float b) {
#if defined(__CUDA_ARCH__)
    float y;
    asm("add.rn.ftz.f32 %0, %1, %2;" : "=f"(y) : "f"(a), "f"(b));
    return y;
#else
    return numerics::add_rne(a, b);
#endif
}

SATSIM_HD inline float exact_mul(float a, float b) {
#if defined(__CUDA_ARCH__)
    return flush(__fmul_rn(a, b));
#else
    return vector::mul_rne(a, b);
#endif
}

// A product that only a sum reads: the sum flushes it, so that the device need not.
SATSIM_HD inline float addend(float a, float b) {
#if defined(__CUDA_ARCH__)
    return __fmul_rn(a, b);
#else
    return vector::mul_rne(a, b);
#endif
}

// a*b + c and c - a*b, each rounded twice. c may be an addend.
SATSIM_HD inline float exact_mad(float a, float b, float c) {
    return exact_add(addend(a, b), c);
}
SATSIM_HD inline float exact_nmad(float a, float b, float c) {
#if defined(__CUDA_ARCH__)
    return exact_add(-addend(a, b), c);
#else
    return vector::negative_mad_rne(a, b, c);
#endif
}

SATSIM_HD inline float exact_div(float a, float b) {
#if defined(__CUDA_ARCH__)
    return flush(__fdiv_rn(a, b));
#else
    return vector::div_rne(a, b);
#endif
}
SATSIM_HD inline float exact_sqrt(float a) {
#if defined(__CUDA_ARCH__)
    return __fsqrt_rn(a);  // of what is not subnormal, never subnormal
#else
    return vector::sqrt_rne(a);
#endif
}

// As a value leaves for memory: every NaN becomes 0x7FC00000.
SATSIM_HD inline float stored(float x) {
#if defined(__CUDA_ARCH__)
    return x != x ? __uint_as_float(0x7FC00000U) : x;
#else
    return numerics::canonical(x);
#endif
}

// FP16 bits, nearest even, NaN 0x7E00; and back, exactly.
SATSIM_HD inline std::uint16_t to_half(float x) {
#if defined(__CUDA_ARCH__)
    unsigned short bits;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x));
    return x != x ? numerics::kFp16Nan : bits;
#else
    return numerics::to_fp16(x).bits;
#endif
}
SATSIM_HD inline float from_half(std::uint16_t bits) {
#if defined(__CUDA_ARCH__)
    float x;
    asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(bits));
    return x;
#else
    return numerics::to_float(Fp16{bits});
#endif
}

}  // namespace satsim::gpu
