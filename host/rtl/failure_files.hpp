// What a mismatch leaves behind: DIR/program.satp, DIR/report.txt and, where the RTL has them, DIR/waves.fst.
#pragma once

#include <filesystem>
#include <string>

#include "sim/verify/engines.hpp"

namespace satsim::host {

inline constexpr const char* kNoWaves =
    "no waves: this RTL was verilated without; configure with -DSATSIM_RTL_TRACE=ON, build, replay\n";

class FailureFiles {
  public:
    // Makes the folder. Throws InputError where that fails.
    explicit FailureFiles(std::filesystem::path folder);

    [[nodiscard]] std::filesystem::path waves() const { return folder_ / "waves.fst"; }

    // Runs the case once more, writes all files and returns the report. `fault`: as on the command line.
    std::string write(verify::Engines& engines, const verify::Case& c, const std::string& fault) const;

  private:
    std::filesystem::path folder_;
};

}  // namespace satsim::host
