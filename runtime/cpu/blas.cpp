#include "runtime/cpu/blas.hpp"

#include <dlfcn.h>

#include <climits>

#include "runtime/cpu/workers.hpp"
#include "runtime/support/error.hpp"

namespace satsim::cpu {
namespace {

constexpr const char* kLibrary = "libopenblas.so.0";
// Of cblas.h.
constexpr int kRowMajor = 101;
constexpr int kAsIs = 111;
constexpr int kTransposed = 112;

int narrow(std::int64_t size) {
    if (size > INT_MAX) throw InputError("--target cpu", "", "a product with a side above 2^31");
    return static_cast<int>(size);
}

}  // namespace

Blas::Blas() {
    void* library = ::dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);  // stays open
    if (library == nullptr)
        throw InputError("--target cpu", "",
                         std::string("needs OpenBLAS (") + kLibrary +
                             "), expected Debian's package libopenblas0-pthread or one like it");
    sgemm_ = reinterpret_cast<Sgemm>(::dlsym(library, "cblas_sgemm"));
    const auto set_threads = reinterpret_cast<void (*)(int)>(::dlsym(library, "openblas_set_num_threads"));
    const auto config = reinterpret_cast<char* (*)()>(::dlsym(library, "openblas_get_config"));
    if (sgemm_ == nullptr || set_threads == nullptr || config == nullptr)
        throw InputError("--target cpu", "", std::string(kLibrary) + " lacks a function of OpenBLAS");
    set_threads(worker_count());
    version_ = config();
    version_.erase(version_.find_last_not_of(' ') + 1);
}

void Blas::multiply(std::int64_t m, std::int64_t n, std::int64_t k, const float* a, bool a_transposed,
                    const float* b, bool b_transposed, float beta, float* c) const {
    sgemm_(kRowMajor, a_transposed ? kTransposed : kAsIs, b_transposed ? kTransposed : kAsIs, narrow(m),
           narrow(n), narrow(k), 1, a, narrow(a_transposed ? m : k), b, narrow(b_transposed ? k : n), beta, c,
           narrow(n));
}

}  // namespace satsim::cpu
