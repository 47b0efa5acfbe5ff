#include "runtime/gpu/device/profiler.hpp"

#include <cupti.h>
#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>

#include "runtime/gpu/device/dynamic_library.hpp"

namespace satsim::gpu {
namespace {

#if CUPTI_API_VERSION >= 130000
using KernelRecord = CUpti_ActivityKernel10;
#else
using KernelRecord = CUpti_ActivityKernel9;
#endif

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;
constexpr std::size_t kLongestName = 240;  // templates of libraries' kernels fill pages

struct Seen {
    std::uint64_t start_ns = 0;
    KernelTime kernel;
};
// CUPTI hands buffers to functions without an argument of the caller's, and from threads of its own.
struct Collection {
    std::mutex mutex;
    std::vector<Seen> seen;
    decltype(&cuptiActivityGetNextRecord) next = nullptr;
};
Collection& collection() {
    static Collection c;
    return c;
}

std::string readable(const char* mangled) {
    if (mangled == nullptr) return "?";
    int status = 0;
    char* text = abi::__cxa_demangle(mangled, nullptr, nullptr, &status);
    std::string name = status == 0 && text != nullptr ? text : mangled;
    std::free(text);
    if (name.size() > kLongestName) name = name.substr(0, kLongestName - 3) + "...";
    return name.empty() ? "?" : name;
}

void CUPTIAPI give_buffer(std::uint8_t** buffer, std::size_t* size, std::size_t* most_records) {
    *buffer = static_cast<std::uint8_t*>(std::aligned_alloc(ACTIVITY_RECORD_ALIGNMENT, kBufferBytes));
    *size = *buffer == nullptr ? 0 : kBufferBytes;
    *most_records = 0;
}
void CUPTIAPI take_buffer(CUcontext, std::uint32_t, std::uint8_t* buffer, std::size_t, std::size_t valid) {
    Collection& c = collection();
    const std::lock_guard lock(c.mutex);
    CUpti_Activity* record = nullptr;
    while (valid > 0 && c.next(buffer, valid, &record) == CUPTI_SUCCESS) {
        if (record->kind != CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL &&
            record->kind != CUPTI_ACTIVITY_KIND_KERNEL)
            continue;
        const auto* kernel = reinterpret_cast<const KernelRecord*>(record);
        c.seen.push_back({kernel->start,
                          {readable(kernel->name), static_cast<double>(kernel->end - kernel->start) * 1e-9}});
    }
    std::free(buffer);
}

}  // namespace

struct Profiler::Library {
    DynamicLibrary file{"libcupti.so.13", "libcupti.so.12", "libcupti.so"};
    decltype(&cuptiGetVersion) get_version = nullptr;
    decltype(&cuptiActivityRegisterCallbacks) callbacks = nullptr;
    decltype(&cuptiActivityEnable) enable = nullptr;
    decltype(&cuptiActivityDisable) disable = nullptr;
    decltype(&cuptiActivityFlushAll) flush = nullptr;
    decltype(&cuptiActivityGetNextRecord) next = nullptr;
    std::uint32_t number = 0;
    std::string refused;

    Library() {
        file.get("cuptiGetVersion", get_version);
        file.get("cuptiActivityRegisterCallbacks", callbacks);
        file.get("cuptiActivityEnable", enable);
        file.get("cuptiActivityDisable", disable);
        file.get("cuptiActivityFlushAll", flush);
        file.get("cuptiActivityGetNextRecord", next);
        if (!file) {
            refused = file.fault();
            return;
        }
        // Records are structures whose fields move from one generation to the next.
        if (get_version(&number) != CUPTI_SUCCESS || number / 10000 != CUPTI_API_VERSION / 10000) {
            refused = "version " + std::to_string(number) + " is not that of this build, " +
                      std::to_string(CUPTI_API_VERSION);
            return;
        }
        collection().next = next;
        if (callbacks(give_buffer, take_buffer) != CUPTI_SUCCESS) refused = "does not take callbacks";
    }
};

Profiler::Profiler() : library_(std::make_unique<Library>()) {}
Profiler::~Profiler() = default;

bool Profiler::works() const {
    return library_->refused.empty();
}
std::string Profiler::fault() const {
    return library_->refused;
}
std::string Profiler::version() const {
    return std::to_string(library_->number);
}

std::vector<KernelTime> Profiler::kernels_of(const std::function<void()>& run) {
    Library& l = *library_;
    if (!works()) return {};
    if (l.enable(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL) != CUPTI_SUCCESS) {
        l.refused = "does not record kernels here";
        return {};
    }
    run();
    (void)l.flush(CUPTI_ACTIVITY_FLAG_FLUSH_FORCED);
    (void)l.disable(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL);
    Collection& c = collection();
    const std::lock_guard lock(c.mutex);
    std::sort(c.seen.begin(), c.seen.end(),
              [](const Seen& a, const Seen& b) { return a.start_ns < b.start_ns; });
    std::vector<KernelTime> kernels;
    for (Seen& s : c.seen) kernels.push_back(std::move(s.kernel));
    c.seen.clear();
    return kernels;
}

}  // namespace satsim::gpu
