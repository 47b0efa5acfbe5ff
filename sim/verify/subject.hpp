// A program with its data and surroundings: what is run, and all that a replay needs.
#pragma once

#include <memory>

#include "runtime/functional/memory_image.hpp"
#include "runtime/isa/program.hpp"
#include "sim/verify/case.hpp"
#include "sim/verify/gemm_case.hpp"

namespace satsim::verify {

struct Subject {
    isa::Program program;  // its image holds the data
    dram::MemoryConfig memory;
    int rtl_seed = 1;
    std::shared_ptr<const GemmCase> reference;  // what C must be, computed in the plainest way; GEMMs only
};

[[nodiscard]] Subject subject_of(const Case& c);

// The pages that hold data, neighbours joined, as a program's segments.
[[nodiscard]] std::vector<isa::ImageSegment> segments_of(const MemoryImage& memory);

}  // namespace satsim::verify
