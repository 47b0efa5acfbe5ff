// Keeps the coverage counters of a verilated model, which go with the model. Only builds with SATSIM_COVERAGE
// have counters; they are written where SATSIM_COVERAGE_DIR names a directory (tools/coverage.sh).
#pragma once

#include <verilated.h>
#ifdef SATSIM_COVERAGE
#include <unistd.h>
#include <verilated_cov.h>

#include <cstdlib>
#include <string>
#endif

namespace satsim::sim::rtl {

#ifdef SATSIM_COVERAGE
inline constexpr bool kCoverage = true;

// Must be destroyed before the models of its context.
class CoverageFile {
  public:
    explicit CoverageFile(VerilatedContext& context) : context_(context) {}
    CoverageFile(const CoverageFile&) = delete;
    CoverageFile& operator=(const CoverageFile&) = delete;
    ~CoverageFile() {
        const char* directory = std::getenv("SATSIM_COVERAGE_DIR");
        if (directory == nullptr) return;
        static int files = 0;
        const std::string path =
            std::string(directory) + "/" + std::to_string(getpid()) + "-" + std::to_string(files++) + ".dat";
        context_.coveragep()->write(path.c_str());
    }

  private:
    VerilatedContext& context_;
};
#else
inline constexpr bool kCoverage = false;

class CoverageFile {
  public:
    explicit CoverageFile(VerilatedContext& /*context*/) {}
    CoverageFile(const CoverageFile&) = delete;
    CoverageFile& operator=(const CoverageFile&) = delete;
};
#endif

}  // namespace satsim::sim::rtl
