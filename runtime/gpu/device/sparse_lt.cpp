#include "runtime/gpu/device/sparse_lt.hpp"

#include <array>

#include "runtime/gpu/device/dynamic_library.hpp"

namespace satsim::gpu {
namespace {

// Numbers of the library's types. Its opaque structures are at most 11024 bytes in any version known.
constexpr int kColumn = 1;  // cusparseOrder_t
constexpr int kRow = 2;
constexpr int kHalf = 2;          // CUDA_R_16F
constexpr int kFloatCompute = 2;  // CUSPARSE_COMPUTE_32F since 0.5.2
constexpr int kNotTransposed = 0;
constexpr int kHalfSparsity = 0;  // CUSPARSELT_SPARSITY_50_PERCENT
constexpr int kDefaultAlgorithm = 0;
constexpr int kSearchIterations = 2;  // cusparseLtMatmulAlgAttribute_t
constexpr int kBiasPointer = 8;       // cusparseLtMatmulDescAttribute_t: one of each row of the result
constexpr unsigned kAlignment = 16;
constexpr int kOldestVersion = 600;  // 0.6.0

struct alignas(64) Opaque {
    std::array<unsigned char, 16384> bytes{};
    operator void*() { return bytes.data(); }
};

void require(int status, const char* what) {
    if (status != 0)
        throw InputError("GPU", "",
                         std::string("cuSPARSELt: ") + what + " failed, status " + std::to_string(status));
}

}  // namespace

struct SparseLt::Library {
    DynamicLibrary file{"libcusparseLt.so.0", "libcusparseLt.so"};
    int (*init)(void*) = nullptr;
    int (*version)(const void*, int*) = nullptr;
    int (*dense)(const void*, void*, std::int64_t, std::int64_t, std::int64_t, std::uint32_t, int,
                 int) = nullptr;
    int (*structured)(const void*, void*, std::int64_t, std::int64_t, std::int64_t, std::uint32_t, int, int,
                      int) = nullptr;
    int (*matmul)(const void*, void*, int, int, const void*, const void*, const void*, const void*,
                  int) = nullptr;
    int (*set_matmul)(const void*, void*, int, const void*, std::size_t) = nullptr;
    int (*selection)(const void*, void*, const void*, int) = nullptr;
    int (*set_selection)(const void*, void*, int, const void*, std::size_t) = nullptr;
    int (*plan)(const void*, void*, const void*, const void*) = nullptr;
    int (*plan_destroy)(const void*) = nullptr;
    int (*descriptor_destroy)(const void*) = nullptr;
    int (*workspace_size)(const void*, const void*, std::size_t*) = nullptr;
    int (*compressed_size)(const void*, const void*, std::size_t*, std::size_t*) = nullptr;
    int (*compress)(const void*, const void*, const void*, void*, void*, cudaStream_t) = nullptr;
    int (*search)(const void*, void*, const void*, const void*, const void*, const void*, const void*, void*,
                  void*, cudaStream_t*, std::int32_t) = nullptr;
    int (*run)(const void*, const void*, const void*, const void*, const void*, const void*, const void*,
               void*, void*, cudaStream_t*, std::int32_t) = nullptr;
    Opaque handle;
    int number = 0;
    std::string refused;

    Library() {
        file.get("cusparseLtInit", init);
        file.get("cusparseLtGetVersion", version);
        file.get("cusparseLtDenseDescriptorInit", dense);
        file.get("cusparseLtStructuredDescriptorInit", structured);
        file.get("cusparseLtMatmulDescriptorInit", matmul);
        file.get("cusparseLtMatmulDescSetAttribute", set_matmul);
        file.get("cusparseLtMatmulAlgSelectionInit", selection);
        file.get("cusparseLtMatmulAlgSetAttribute", set_selection);
        file.get("cusparseLtMatmulPlanInit", plan);
        file.get("cusparseLtMatmulPlanDestroy", plan_destroy);
        file.get("cusparseLtMatDescriptorDestroy", descriptor_destroy);
        file.get("cusparseLtMatmulGetWorkspace", workspace_size);
        file.get("cusparseLtSpMMACompressedSize", compressed_size);
        file.get("cusparseLtSpMMACompress", compress);
        file.get("cusparseLtMatmulSearch", search);
        file.get("cusparseLtMatmul", run);
        if (!file) {
            refused = file.fault();
            return;
        }
        if (init(handle) != 0 || version(handle, &number) != 0) {
            refused = "does not take this device";
            return;
        }
        if (number < kOldestVersion) refused = "version " + std::to_string(number) + " is older than 0.6.0";
    }
};

// An opaque structure, destroyed with its owner once it was made.
class Made {
  public:
    explicit Made(int (*destroy)(const void*)) : destroy_(destroy) {}
    Made(const Made&) = delete;
    Made& operator=(const Made&) = delete;
    ~Made() {
        if (made_) (void)destroy_(opaque_.bytes.data());
    }
    // `status` is that of the call which makes it.
    void made(int status, const char* what) {
        require(status, what);
        made_ = true;
    }
    operator void*() { return opaque_; }

  private:
    Opaque opaque_;
    int (*destroy_)(const void*);
    bool made_ = false;
};

class SparseLt::Product {
  public:
    Product(Library& library, const GemmShape& s, const void* bias)
        : library_(library),
          w_(library.descriptor_destroy),
          x_(library.descriptor_destroy),
          y_(library.descriptor_destroy),
          plan_(library.plan_destroy) {
        // Y^T[n][m] = W[n][k] * X^T[k][m]; a row-major X is a column-major X^T.
        w_.made(library.structured(library.handle, w_, s.n, s.k, s.k, kAlignment, kHalf, kRow, kHalfSparsity),
                "the sparse operand's description");
        x_.made(library.dense(library.handle, x_, s.k, s.m, s.k, kAlignment, kHalf, kColumn),
                "a description");
        y_.made(library.dense(library.handle, y_, s.n, s.m, s.n, kAlignment, kHalf, kColumn),
                "a description");
        require(library.matmul(library.handle, matmul_, kNotTransposed, kNotTransposed, w_, x_, y_, y_,
                               kFloatCompute),
                "the product's description");
        // Before the plan, which takes it from there. Rows of Y^T are Y's columns.
        if (bias != nullptr)
            require(library.set_matmul(library.handle, matmul_, kBiasPointer, &bias, sizeof bias), "a bias");
        require(library.selection(library.handle, selection_, matmul_, kDefaultAlgorithm),
                "a choice of algorithm");
        search_once_if_long(s);
        plan_.made(library.plan(library.handle, plan_, matmul_, selection_), "a plan");
        std::size_t compressed = 0;
        std::size_t buffer = 0;
        require(library.compressed_size(library.handle, plan_, &compressed, &buffer), "the compressed size");
        compressed_ = DeviceBuffer(compressed);
        buffer_ = DeviceBuffer(buffer);
    }

    void compress(const void* w, cudaStream_t stream) {
        require(library_.compress(library_.handle, plan_, w, compressed_.data(), buffer_.data(), stream),
                "compression");
    }
    // The library's own search for its fastest algorithm.
    void search(const void* x, void* y, cudaStream_t stream) {
        constexpr float kOne = 1;
        constexpr float kZero = 0;
        require(library_.search(library_.handle, plan_, &kOne, compressed_.data(), x, &kZero, y, y, nullptr,
                                &stream, 1),
                "the search for an algorithm");
        std::size_t bytes = 0;
        require(library_.workspace_size(library_.handle, plan_, &bytes), "the size of the workspace");
        workspace_ = DeviceBuffer(bytes);
    }
    void multiply(const void* x, void* y, cudaStream_t stream) {
        constexpr float kOne = 1;
        constexpr float kZero = 0;
        require(library_.run(library_.handle, plan_, &kOne, compressed_.data(), x, &kZero, y, y,
                             workspace_.data(), &stream, 1),
                "a product");
    }

  private:
    // The search times every algorithm five times otherwise, and chance is small beside milliseconds.
    void search_once_if_long(const GemmShape& s) {
        constexpr double kLong = 1e12;  // flop: a millisecond or more
        constexpr int kOnce = 1;
        if (2.0 * static_cast<double>(s.m) * static_cast<double>(s.n) * static_cast<double>(s.k) < kLong)
            return;
        require(library_.set_selection(library_.handle, selection_, kSearchIterations, &kOnce, sizeof kOnce),
                "an attribute of the search");
    }

    Library& library_;
    Made w_;
    Made x_;
    Made y_;
    Opaque matmul_;
    Opaque selection_;
    Made plan_;
    DeviceBuffer compressed_;
    DeviceBuffer buffer_;
    DeviceBuffer workspace_;
};

SparseLt::SparseLt() : library_(std::make_unique<Library>()) {}
SparseLt::~SparseLt() = default;

bool SparseLt::works() const {
    return library_->refused.empty();
}
std::string SparseLt::fault() const {
    return library_->refused;
}
std::string SparseLt::version() const {
    const int v = library_->number;
    return std::to_string(v / 1000000) + "." + std::to_string(v / 100 % 10000) + "." +
           std::to_string(v % 100);
}

std::shared_ptr<SparseLt::Product> SparseLt::prepare(const GemmShape& shape, const void* x, const void* w,
                                                     void* y, const void* bias, const OwnedStream& stream) {
    if (!works()) throw InputError("GPU", "", "cuSPARSELt: " + fault());
    auto product = std::make_shared<Product>(*library_, shape, bias);
    product->compress(w, stream.get());
    product->search(x, y, stream.get());
    stream.wait();
    return product;
}
void SparseLt::compress(Product& product, const void* w, const OwnedStream& stream) const {
    product.compress(w, stream.get());
}
void SparseLt::multiply(Product& product, const void* x, void* y, const OwnedStream& stream) const {
    product.multiply(x, y, stream.get());
}

}  // namespace satsim::gpu
