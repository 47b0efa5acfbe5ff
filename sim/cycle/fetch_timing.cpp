#include "sim/cycle/fetch_timing.hpp"

#include <algorithm>
#include <vector>

namespace satsim::cycle {

std::int64_t fetch_body_lines(const isa::Program& program) {
    std::int64_t lines = 0;
    for (const auto& stream : program.streams) {
        lines += ceil_div(static_cast<std::int64_t>(stream.size()) * isa::kInstructionBytes,
                          std::int64_t{program.config.line_bytes()});
    }
    return lines;
}

Cycles fetch(const isa::Program& program, dram::Memory& memory) {
    const std::int64_t header = program.address / program.config.line_bytes();
    std::vector<Cycles> arrival(1);
    memory.read(0, header, arrival);
    std::vector<Cycles> popped{arrival[0] + 1};  // of every line, the header being the first
    Cycles at = popped[0];
    const std::int64_t bl = program.config.burst_lines;
    const std::int64_t end = header + 1 + fetch_body_lines(program);
    for (std::int64_t line = header + 1; line < end;) {
        const std::int64_t lines = std::min(end - line, bl - line % bl);
        const auto must_be_popped =
            static_cast<std::int64_t>(popped.size()) + lines - program.config.line_fifo - 1;
        ++at;
        if (must_be_popped >= 0) at = std::max(at, popped[static_cast<std::size_t>(must_be_popped)] + 1);
        arrival.resize(static_cast<std::size_t>(lines));
        memory.read(at, line, arrival);
        for (const Cycles there : arrival) popped.push_back(std::max(popped.back(), there) + 1);
        line += lines;
    }
    return popped.back() + 1;
}

}  // namespace satsim::cycle
