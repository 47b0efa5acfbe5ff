#include "runtime/gpu/device/blas.hpp"

#include <cublasLt.h>

#include <array>
#include <map>
#include <memory>

#include "runtime/gpu/device/dynamic_library.hpp"

namespace satsim::gpu {
namespace {

constexpr std::size_t kWorkspaceBytes = std::size_t{64} << 20;
constexpr int kCandidates = 8;

void require(cublasStatus_t status, const char* what) {
    if (status != CUBLAS_STATUS_SUCCESS)
        throw InputError("GPU", "",
                         std::string("cuBLASLt: ") + what + " failed, status " + std::to_string(status));
}

// An opaque object of the library, and what destroys it.
template <class T>
using Owned = std::unique_ptr<T, cublasStatus_t (*)(T*)>;

}  // namespace

struct Blas::Library {
    DynamicLibrary file{"libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so"};
    decltype(&cublasLtCreate) create = nullptr;
    decltype(&cublasLtGetVersion) version = nullptr;
    decltype(&cublasLtMatmulDescCreate) desc_create = nullptr;
    decltype(&cublasLtMatmulDescDestroy) desc_destroy = nullptr;
    decltype(&cublasLtMatmulDescSetAttribute) desc_set = nullptr;
    decltype(&cublasLtMatrixLayoutCreate) layout_create = nullptr;
    decltype(&cublasLtMatrixLayoutDestroy) layout_destroy = nullptr;
    decltype(&cublasLtMatrixLayoutSetAttribute) layout_set = nullptr;
    decltype(&cublasLtMatmulPreferenceCreate) preference_create = nullptr;
    decltype(&cublasLtMatmulPreferenceDestroy) preference_destroy = nullptr;
    decltype(&cublasLtMatmulPreferenceSetAttribute) preference_set = nullptr;
    decltype(&cublasLtMatmulAlgoGetHeuristic) heuristic = nullptr;
    decltype(&cublasLtMatmul) matmul = nullptr;
    cublasLtHandle_t handle = nullptr;
    DeviceBuffer workspace;
    std::map<ProductWork, std::shared_ptr<Product>> known;
    std::map<ProductWork, std::shared_ptr<Product>> exact;  // for multiply()

    Library() {
        file.get("cublasLtCreate", create);
        file.get("cublasLtGetVersion", version);
        file.get("cublasLtMatmulDescCreate", desc_create);
        file.get("cublasLtMatmulDescDestroy", desc_destroy);
        file.get("cublasLtMatmulDescSetAttribute", desc_set);
        file.get("cublasLtMatrixLayoutCreate", layout_create);
        file.get("cublasLtMatrixLayoutDestroy", layout_destroy);
        file.get("cublasLtMatrixLayoutSetAttribute", layout_set);
        file.get("cublasLtMatmulPreferenceCreate", preference_create);
        file.get("cublasLtMatmulPreferenceDestroy", preference_destroy);
        file.get("cublasLtMatmulPreferenceSetAttribute", preference_set);
        file.get("cublasLtMatmulAlgoGetHeuristic", heuristic);
        file.get("cublasLtMatmul", matmul);
        if (!file) return;
        require(create(&handle), "opening it");
        workspace = DeviceBuffer(kWorkspaceBytes);
    }
};

// Row-major C = A*B is column-major C^T = B^T * A^T: B is the first operand, n x m the result. A bias is
// one of each row of that, n.
class Blas::Product {
  public:
    // `exact`: only algorithms that round every sum once. `bias`: if the work has one; algorithms depend on
    // its alignment, and every run brings its own.
    Product(Library& library, const ProductWork& work, bool exact, const void* bias)
        : library_(library), biased_(work.bias) {
        const auto [m, n, k] = work.shape;
        cublasLtMatmulDesc_t desc = nullptr;
        require(library.desc_create(&desc, CUBLAS_COMPUTE_32F, CUDA_R_32F), "a description");
        desc_.reset(desc);
        const cublasOperation_t first = work.b_transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
        const cublasOperation_t second = work.a_transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
        require(library.desc_set(desc, CUBLASLT_MATMUL_DESC_TRANSA, &first, sizeof first), "a description");
        require(library.desc_set(desc, CUBLASLT_MATMUL_DESC_TRANSB, &second, sizeof second), "a description");
        if (biased_) describe_bias(bias);
        b_ = work.b_transposed ? layout(CUDA_R_16F, k, n, work.count) : layout(CUDA_R_16F, n, k, work.count);
        a_ = work.a_transposed ? layout(CUDA_R_16F, m, k, work.count) : layout(CUDA_R_16F, k, m, work.count);
        c_ = layout(work.out == ElementType::Fp32 ? CUDA_R_32F : CUDA_R_16F, n, m, work.count);
        cublasLtMatmulPreference_t preference = nullptr;
        require(library.preference_create(&preference), "a preference");
        const Owned<cublasLtMatmulPreferenceOpaque_t> owned(preference, library.preference_destroy);
        require(library.preference_set(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &kWorkspaceBytes,
                                       sizeof kWorkspaceBytes),
                "a preference");
        if (exact) {
            constexpr std::uint32_t kReduction = CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE;
            require(library.preference_set(preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
                                           &kReduction, sizeof kReduction),
                    "a preference");
        }
        const cublasStatus_t status =
            library.heuristic(library.handle, desc_.get(), b_.get(), a_.get(), c_.get(), c_.get(), preference,
                              kCandidates, found_.data(), &count_);
        if (status != CUBLAS_STATUS_SUCCESS || count_ == 0)
            throw InputError("GPU", "", "cuBLASLt has no algorithm for " + describe(work));
    }
    Product(const Product&) = delete;
    Product& operator=(const Product&) = delete;
    ~Product() = default;

    [[nodiscard]] cublasStatus_t run(int choice, const void* a, const void* b, void* c, const void* bias,
                                     cudaStream_t stream) const {
        constexpr float kOne = 1;
        constexpr float kZero = 0;
        if (biased_) point_at_bias(bias);
        return library_.matmul(library_.handle, desc_.get(), &kOne, b, b_.get(), a, a_.get(), &kZero, c,
                               c_.get(), c, c_.get(), &found_[static_cast<std::size_t>(choice)].algo,
                               library_.workspace.data(), kWorkspaceBytes, stream);
    }
    [[nodiscard]] cublasStatus_t run(int choice, const OperandSets& sets, int set,
                                     const OwnedStream& stream) const {
        return run(choice, sets.at(0, set), sets.at(1, set), sets.at(2, set),
                   biased_ ? sets.at(3, set) : nullptr, stream.get());
    }
    [[nodiscard]] int count() const { return count_; }
    void search(const OperandSets& sets, const OwnedStream& stream) {
        best_ = fastest_of(
            count_,
            [&](int choice, int set) { return run(choice, sets, set, stream) == CUBLAS_STATUS_SUCCESS; },
            sets.sets(), stream);
        if (best_ < 0) throw InputError("GPU", "", "none of cuBLASLt's algorithms runs");
    }
    [[nodiscard]] int best() const { return best_; }

  private:
    using Layout = Owned<cublasLtMatrixLayoutOpaque_t>;
    Layout layout(cudaDataType_t type, std::int64_t rows, std::int64_t columns, std::int64_t batch) {
        cublasLtMatrixLayout_t made = nullptr;
        require(library_.layout_create(&made, type, static_cast<std::uint64_t>(rows),
                                       static_cast<std::uint64_t>(columns), rows),
                "a layout");
        Layout owned(made, library_.layout_destroy);
        const auto count = static_cast<std::int32_t>(batch);
        const std::int64_t stride = rows * columns;
        require(library_.layout_set(made, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof count),
                "a layout");
        require(
            library_.layout_set(made, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride, sizeof stride),
            "a layout");
        return owned;
    }

    void describe_bias(const void* bias) {
        constexpr cublasLtEpilogue_t kEpilogue = CUBLASLT_EPILOGUE_BIAS;
        constexpr auto kType = static_cast<std::int32_t>(CUDA_R_16F);
        require(library_.desc_set(desc_.get(), CUBLASLT_MATMUL_DESC_EPILOGUE, &kEpilogue, sizeof kEpilogue),
                "a description");
        require(library_.desc_set(desc_.get(), CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, &kType, sizeof kType),
                "a description");
        point_at_bias(bias);
    }
    void point_at_bias(const void* bias) const {
        require(library_.desc_set(desc_.get(), CUBLASLT_MATMUL_DESC_BIAS_POINTER, &bias, sizeof bias),
                "a bias");
    }

    Library& library_;
    bool biased_ = false;
    Owned<cublasLtMatmulDescOpaque_t> desc_{nullptr, library_.desc_destroy};
    Layout a_{nullptr, library_.layout_destroy};
    Layout b_{nullptr, library_.layout_destroy};
    Layout c_{nullptr, library_.layout_destroy};
    std::array<cublasLtMatmulHeuristicResult_t, kCandidates> found_{};
    int count_ = 0;
    int best_ = -1;
};

Blas::Blas() : library_(std::make_unique<Library>()) {}
Blas::~Blas() = default;

bool Blas::works() const {
    return library_->handle != nullptr;
}
std::string Blas::fault() const {
    return library_->file.fault();
}
std::string Blas::version() const {
    const std::size_t v = library_->version();
    return std::to_string(v / 10000) + "." + std::to_string(v / 100 % 100) + "." + std::to_string(v % 100);
}

std::shared_ptr<Blas::Product> Blas::prepare(const ProductWork& work, const OperandSets& sets,
                                             const OwnedStream& stream) {
    if (!works()) throw InputError("GPU", "", "cuBLASLt: " + fault());
    ProductWork dense = work;
    dense.nm = {8, 8};
    dense.sparse_is_activation = false;
    std::shared_ptr<Product>& product = library_->known[dense];
    if (product == nullptr) {
        auto made = std::make_shared<Product>(*library_, dense, false, work.bias ? sets.at(3, 0) : nullptr);
        made->search(sets, stream);
        product = std::move(made);
    }
    return product;
}

void Blas::run(const Product& product, const OperandSets& sets, int set, const OwnedStream& stream) const {
    require(product.run(product.best(), sets, set, stream), "a product");
}
void Blas::run_first_choice(const Product& product, const OperandSets& sets, int set,
                            const OwnedStream& stream) const {
    require(product.run(0, sets, set, stream), "a product");
}
void Blas::multiply(const ProductWork& work, const void* a, const void* b, void* c,
                    const OwnedStream& stream) {
    if (!works()) throw InputError("GPU", "", "cuBLASLt: " + fault());
    ProductWork dense = work;
    dense.nm = {8, 8};
    dense.sparse_is_activation = false;
    dense.bias = false;
    std::shared_ptr<Product>& product = library_->exact[dense];
    if (product == nullptr) product = std::make_shared<Product>(*library_, dense, true, nullptr);
    cublasStatus_t status = CUBLAS_STATUS_NOT_SUPPORTED;
    for (int choice = 0; choice < product->count() && status != CUBLAS_STATUS_SUCCESS; ++choice)
        status = product->run(choice, a, b, c, nullptr, stream.get());
    require(status, "a product");
}

}  // namespace satsim::gpu
