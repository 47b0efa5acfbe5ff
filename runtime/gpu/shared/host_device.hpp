// Code that nvcc compiles for the device and every C++ compiler for the tests: the same lines run thread by
// thread on the CPU (tests/unit/gpu) and in the kernels.
#pragma once

#if defined(__CUDACC__)
#define SATSIM_HD __host__ __device__
#define SATSIM_UNROLL _Pragma("unroll")
#define SATSIM_ROLLED _Pragma("unroll 1")
#define SATSIM_NOINLINE __noinline__
#else
#define SATSIM_HD
#define SATSIM_UNROLL
#define SATSIM_ROLLED
#define SATSIM_NOINLINE
#endif

#include <cstring>

namespace satsim::gpu {

// One access of 16 bytes, which must be aligned; nvcc splits the assignment of a struct into its members.
template <class T>
SATSIM_HD inline T load_16_bytes(const void* from) {
    static_assert(sizeof(T) == 16);
    T value;
#if defined(__CUDA_ARCH__)
    const uint4 words = *static_cast<const uint4*>(from);
    memcpy(&value, &words, sizeof value);
#else
    std::memcpy(&value, from, sizeof value);
#endif
    return value;
}
// To global memory.
template <class T>
SATSIM_HD inline void store_16_bytes(void* to, const T& value) {
    static_assert(sizeof(T) == 16);
#if defined(__CUDA_ARCH__)
    uint4 words;
    memcpy(&words, &value, sizeof words);
    // By name: the compiler takes a plain store apart where a branch beside it stores the parts.
    asm volatile("st.global.v4.b32 [%0], {%1, %2, %3, %4};" ::"l"(__cvta_generic_to_global(to)), "r"(words.x),
                 "r"(words.y), "r"(words.z), "r"(words.w)
                 : "memory");
#else
    std::memcpy(to, &value, sizeof value);
#endif
}

// The same of what nothing reads again: the caches give its place away first.
template <class T>
SATSIM_HD inline T load_16_bytes_once(const void* from) {
#if defined(__CUDA_ARCH__)
    static_assert(sizeof(T) == 16);
    uint4 words;
    asm volatile("ld.global.cs.v4.b32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(words.x), "=r"(words.y), "=r"(words.z), "=r"(words.w)
                 : "l"(__cvta_generic_to_global(from)));
    T value;
    memcpy(&value, &words, sizeof value);
    return value;
#else
    return load_16_bytes<T>(from);
#endif
}
template <class T>
SATSIM_HD inline void store_16_bytes_once(void* to, const T& value) {
#if defined(__CUDA_ARCH__)
    static_assert(sizeof(T) == 16);
    uint4 words;
    memcpy(&words, &value, sizeof words);
    asm volatile("st.global.cs.v4.b32 [%0], {%1, %2, %3, %4};" ::"l"(__cvta_generic_to_global(to)),
                 "r"(words.x), "r"(words.y), "r"(words.z), "r"(words.w)
                 : "memory");
#else
    store_16_bytes(to, value);
#endif
}

}  // namespace satsim::gpu
