// FP32 products by OpenBLAS, opened at run time: the library that a program without a GPU would use.
#pragma once

#include <cstdint>
#include <string>

namespace satsim::cpu {

class Blas {
  public:
    // Throws InputError ("--target cpu: ...") naming the package that brings it.
    Blas();

    // C[m,n] = A[m,k] * B[k,n] + beta * C, row-major; transposed: A lies as [k][m], B as [n][k]. Sizes are
    // below 2^31.
    void multiply(std::int64_t m, std::int64_t n, std::int64_t k, const float* a, bool a_transposed,
                  const float* b, bool b_transposed, float beta, float* c) const;
    [[nodiscard]] const std::string& version() const { return version_; }

  private:
    using Sgemm = void (*)(int order, int trans_a, int trans_b, int m, int n, int k, float alpha,
                           const float* a, int lda, const float* b, int ldb, float beta, float* c, int ldc);
    Sgemm sgemm_ = nullptr;
    std::string version_;
};

}  // namespace satsim::cpu
