// Dense products by cuBLASLt, opened at run time: FP16 operands, FP32 accumulation.
#pragma once

#include <memory>
#include <string>

#include "runtime/gpu/device/operand_sets.hpp"
#include "runtime/gpu/device/stopwatch.hpp"
#include "runtime/gpu_record/work.hpp"

namespace satsim::gpu {

class Blas {
  public:
    Blas();
    ~Blas();
    [[nodiscard]] bool works() const;
    [[nodiscard]] std::string fault() const;
    [[nodiscard]] std::string version() const;

    // A product that is ready to run: its algorithm is the fastest of those that the library's heuristic
    // names, found by timing them on the operands given, and kept for equal products.
    class Product;
    // Operands 0, 1, 2 of `sets` are A, B, C, and 3 the bias, should there be one. Throws InputError where no
    // algorithm takes it.
    [[nodiscard]] std::shared_ptr<Product> prepare(const ProductWork& work, const OperandSets& sets,
                                                   const OwnedStream& stream);
    void run(const Product& product, const OperandSets& sets, int set, const OwnedStream& stream) const;
    // The heuristic's own first choice, as a caller by hand would take it.
    void run_first_choice(const Product& product, const OperandSets& sets, int set,
                          const OwnedStream& stream) const;
    // C = A * B once, by the heuristic's first choice that runs among the algorithms that round a sum once:
    // none that adds parts of a split K up in C's own format. Without a bias. Throws InputError where there
    // is none or it fails.
    void multiply(const ProductWork& work, const void* a, const void* b, void* c, const OwnedStream& stream);

  private:
    struct Library;
    std::unique_ptr<Library> library_;
};

}  // namespace satsim::gpu
