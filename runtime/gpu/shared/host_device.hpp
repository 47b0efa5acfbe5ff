// Code that nvcc compiles for the device and every C++ compiler for the tests: the same lines run thread by
// thread on the CPU (tests/unit/gpu) and in the kernels.
#pragma once

#if defined(__CUDACC__)
#define SATSIM_HD __host__ __device__
#define SATSIM_UNROLL _Pragma("unroll")
#define SATSIM_NOINLINE __noinline__
#else
#define SATSIM_HD
#define SATSIM_UNROLL
#define SATSIM_NOINLINE
#endif
