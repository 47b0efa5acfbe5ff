// One random case: everything that three runs of a program depend on.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "runtime/hardware/memory_config.hpp"
#include "runtime/schedule/emit_vector.hpp"
#include "runtime/schedule/gemm_schedule.hpp"

namespace satsim::verify {

struct GemmWork {
    GemmTask task;
    schedule::GemmSchedule schedule;
};

struct Case {
    std::string kind;
    isa::ArrayConfig array;
    std::variant<GemmWork, schedule::VectorProblem> work;
    dram::MemoryConfig memory;    // the channels are the array's
    std::uint64_t data_seed = 1;  // values in DRAM
    int rtl_seed = 1;             // what the RTL's registers and memories hold before reset
};

// "4x4", as --array names it.
[[nodiscard]] std::string array_name(const isa::ArrayConfig& array);

// "os-2:8-conv on 4x4: FF 12x33x90 ..., DDR4, stalls 17": one line for people.
[[nodiscard]] std::string describe(const Case& c);

}  // namespace satsim::verify
