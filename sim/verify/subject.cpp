#include "sim/verify/subject.hpp"

#include "runtime/schedule/scheduler.hpp"
#include "sim/verify/vector_case.hpp"

namespace satsim::verify {

std::vector<isa::ImageSegment> segments_of(const MemoryImage& memory) {
    std::vector<isa::ImageSegment> segments;
    std::int64_t next = -1;
    for (const auto& [page, bytes] : memory.pages()) {
        if (page != next) segments.push_back({page * MemoryImage::kPageBytes, {}});
        auto& joined = segments.back().bytes;
        joined.insert(joined.end(), bytes->begin(), bytes->end());
        next = page + 1;
    }
    return segments;
}

Subject subject_of(const Case& c) {
    Subject subject;
    subject.memory = c.memory;
    subject.rtl_seed = c.rtl_seed;
    if (const auto* gemm = std::get_if<GemmWork>(&c.work)) {
        std::mt19937_64 rng(c.data_seed);
        subject.reference = std::make_shared<const GemmCase>(gemm->task, c.array, rng);
        subject.program = schedule::emit_gemm(gemm->task, gemm->schedule, {c.array, c.memory});
        subject.program.image = segments_of(subject.reference->memory());
    } else {
        VectorCase data(std::get<schedule::VectorProblem>(c.work), c.array,
                        static_cast<unsigned>(c.data_seed));
        data.add_extremes();
        subject.program = data.program();
        subject.program.image = segments_of(data.memory());
    }
    return subject;
}

}  // namespace satsim::verify
