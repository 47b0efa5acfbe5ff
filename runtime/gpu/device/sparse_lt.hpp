// 2:4 products by cuSPARSELt, opened at run time with the few declarations that are needed: no header of it
// is needed to build. Versions from 0.6.0 on, whose numbers of types are those below.
#pragma once

#include <memory>
#include <string>

#include "runtime/gpu/device/stopwatch.hpp"
#include "runtime/gpu_record/work.hpp"

namespace satsim::gpu {

class SparseLt {
  public:
    SparseLt();
    ~SparseLt();
    [[nodiscard]] bool works() const;
    [[nodiscard]] std::string fault() const;
    [[nodiscard]] std::string version() const;

    // Y[m][n] = X[m][k] * W^T, W lying as [n][k] with two of every four elements zero. `bias`: FP16, [n],
    // added to every row of Y by every product, or nullptr.
    class Product;
    [[nodiscard]] std::shared_ptr<Product> prepare(const GemmShape& shape, const void* x, const void* w,
                                                   void* y, const void* bias, const OwnedStream& stream);
    // Compression of the weights (every step changes them), and the product.
    void compress(Product& product, const void* w, const OwnedStream& stream) const;
    void multiply(Product& product, const void* x, void* y, const OwnedStream& stream) const;

  private:
    struct Library;
    std::unique_ptr<Library> library_;
};

}  // namespace satsim::gpu
