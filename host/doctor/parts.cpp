#include "host/doctor/parts.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <initializer_list>
#include <regex>

#include "build_facts.hpp"
#include "runtime/synth/process.hpp"

namespace satsim::host {
namespace {

namespace fs = std::filesystem;

std::string first_version(const std::string& text) {
    std::smatch found;
    return std::regex_search(text, found, std::regex("[0-9]+(\\.[0-9]+)+")) ? found.str() : "";
}

// Output of a command, or nothing when there is none or it fails.
std::string ask(const std::vector<std::string>& command) {
    std::error_code code;
    const fs::path log =
        fs::temp_directory_path(code) / fmt::format("satsim-doctor-{}.log", static_cast<long>(::getpid()));
    const auto output = synth::output_of(command, log);
    fs::remove(log, code);
    return output.value_or("");
}

PartState program(std::initializer_list<const char*> names, const char* flag = "--version") {
    for (const char* name : names) {
        const auto path = synth::find_program(name);
        if (path) return {true, first_version(ask({path->string(), flag})), path->string()};
    }
    return {};
}

// A file of a Debian package, whose version dpkg knows.
PartState file(std::initializer_list<const char*> paths, const char* package) {
    std::error_code code;
    for (const char* path : paths) {
        if (!fs::exists(path, code)) continue;
        const auto dpkg = synth::find_program("dpkg-query");
        const std::string version =
            dpkg ? first_version(ask({dpkg->string(), "-W", "-f", "${Version}", package})) : "";
        return {true, version, path};
    }
    return {};
}

// A shared library, as long as it is looked at.
class Library {
  public:
    explicit Library(const char* name) : handle_(::dlopen(name, RTLD_NOW | RTLD_LOCAL)) {}
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
    ~Library() {
        if (handle_ != nullptr) ::dlclose(handle_);
    }
    explicit operator bool() const { return handle_ != nullptr; }
    template <typename Function>
    [[nodiscard]] Function* get(const char* name) const {
        return reinterpret_cast<Function*>(::dlsym(handle_, name));
    }

  private:
    void* handle_;
};

PartState sqlite() {
    const char* name = "libsqlite3.so.0";
    const Library library(name);
    if (!library) return {};
    auto* version = library.get<const char*()>("sqlite3_libversion");
    return {true, version != nullptr ? version() : "", name};
}

// Through the driver's own interface: CUDA's toolkit may be missing.
PartState cuda_device() {
    const Library library("libcuda.so.1");
    if (!library) return {};
    auto* init = library.get<int(unsigned)>("cuInit");
    auto* count_of = library.get<int(int*)>("cuDeviceGetCount");
    auto* name_of = library.get<int(char*, int, int)>("cuDeviceGetName");
    auto* version_of = library.get<int(int*)>("cuDriverGetVersion");
    int count = 0;
    if (init == nullptr || count_of == nullptr || name_of == nullptr || version_of == nullptr ||
        init(0) != 0 || count_of(&count) != 0 || count == 0)
        return {};
    std::array<char, 256> name{};
    int version = 0;
    (void)name_of(name.data(), static_cast<int>(name.size()), 0);
    (void)version_of(&version);
    return {true, fmt::format("CUDA {}.{}", version / 1000, version % 1000 / 10),
            fmt::format("{} x {}", count, name.data())};
}

std::optional<bool> in_build(std::string_view name) {
    for (const BuildPart& part : kBuildParts) {
        if (part.name == name) return part.found;
    }
    return std::nullopt;
}

// What is part of this program works, whether or not the files that it was built from are still here: a
// package brings no headers.
PartState compiled_in(PartState found, std::string_view name) {
    if (!found.found && in_build(name) == true) return {true, "", "compiled into this program"};
    return found;
}

PartState onnx() {
    std::error_code code;
    if (!fs::exists("/usr/include/google/protobuf/message.h", code)) return {};
    return file({"/usr/include/onnx/onnx-ml.pb.h"}, "libonnx-dev");
}

}  // namespace

std::vector<Part> examine() {
    return {
        {"C++ compiler", "build-essential", "satsim cannot be built; this program does not need it",
         program({"c++", "g++", "clang++"}), true},
        {"Verilator", "verilator",
         "a build without it cannot run the RTL: satsim verify refuses, RTL tests are skipped",
         program({"verilator"}), in_build("Verilator")},
        {"Yosys", "yosys", "satsim synth refuses, the check of the RTL's subset is skipped",
         program({"yosys"}, "-V"), in_build("Yosys")},
        {"CUDA toolkit", "nvidia-cuda-toolkit", "nothing can be compiled for a GPU", program({"nvcc"}),
         in_build("CUDA")},
        {"CUDA device", "nvidia-driver", "nothing can be measured on a GPU", cuda_device(), std::nullopt},
        {"OpenBLAS", "libopenblas0-pthread", "--target cpu measures nothing",
         file({"/usr/lib/x86_64-linux-gnu/libopenblas.so.0",
               "/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.so.0"},
              "libopenblas0-pthread"),
         std::nullopt},
        {"MPI", "libboost-mpi-dev openmpi-bin", "sweeps run on one machine", program({"mpirun"}),
         in_build("Boost.MPI")},
        {"Chromium", "chromium", "reports are not opened by the tests; any browser shows them",
         program({"chromium", "chromium-browser", "google-chrome"}), in_build("Chromium")},
        {"ONNX", "libonnx-dev libprotobuf-dev", "networks come from JSON only", compiled_in(onnx(), "ONNX"),
         in_build("ONNX")},
        {"SQLite", "libsqlite3-dev", "results are kept in files only", sqlite(), in_build("SQLite")},
        {"D3", "node-d3", "no pages with plots are written",
         compiled_in(
             file({"/usr/share/nodejs/d3/dist/d3.min.js", "/usr/share/nodejs/d3/dist/d3.js"}, "node-d3"),
             "D3"),
         in_build("D3")},
        {"XRT", "libxrt-dev uuid-dev", "satsim-card, the host program of a card, is not built",
         compiled_in(file({"/usr/include/xrt/xrt/xrt_kernel.h"}, "libxrt-dev"), "XRT"), in_build("XRT")},
    };
}

}  // namespace satsim::host
