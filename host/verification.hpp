// What `satsim verify` does; verification_unavailable.cpp where the RTL was not verilated.
#pragma once

#include <cstdint>
#include <string>

#include "host/options.hpp"

namespace satsim::host {

struct VerifyArguments {
    Options options;  // --json, --csv, -o
    // random programs
    std::int64_t count = 200;
    std::int64_t seed = 1;
    std::string array = "all";
    std::string kinds;
    int jobs = 2;
    bool list = false;
    // one file
    std::string replay;
    std::string memory = "ddr4";
    std::int64_t stall_seed = 0;
    int rtl_seed = 1;
    // both
    std::string waves = "verify-failure";
    std::string fault = "none";
};

[[nodiscard]] bool has_rtl();
// Exit codes: 0 all equal, 1 something differs, 130 interrupted (with what was found until then).
[[nodiscard]] int verify_random(const VerifyArguments& arguments);
[[nodiscard]] int verify_file(const VerifyArguments& arguments);

}  // namespace satsim::host
