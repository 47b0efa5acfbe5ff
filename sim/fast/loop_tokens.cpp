#include "sim/fast/loop_tokens.hpp"

#include <algorithm>

namespace satsim::fast {
namespace {

void add_run(const isa::RunFields& fields, Tokens& tokens) {
    for (const int semaphore : {fields.push_early0, fields.push_early1, fields.push_end}) {
        if (semaphore >= 0) ++tokens[static_cast<std::size_t>(semaphore) % isa::kSemaphores];
    }
}

}  // namespace

StreamLoops::StreamLoops(std::span<const isa::Instruction> stream) {
    struct Open {
        std::size_t first;
        std::int64_t count;
        Tokens tokens;
    };
    std::vector<Open> open{{0, 1, {}}};
    for (std::size_t pc = 0; pc < stream.size(); ++pc) {
        const isa::Instruction& i = stream[pc];
        Tokens& tokens = open.back().tokens;
        if (i.opcode == isa::Opcode::Run) add_run(isa::decode_run(i.imm), tokens);
        if (i.opcode == isa::Opcode::Post) tokens[i.rd % isa::kSemaphores] += i.imm;
        if (i.opcode == isa::Opcode::Wait) tokens[i.rd % isa::kSemaphores] -= i.imm;
        if (i.opcode == isa::Opcode::Loop) open.push_back({pc + 1, i.imm, {}});
        if (i.opcode == isa::Opcode::End && open.size() > 1) {
            const Open done = open.back();
            open.pop_back();
            loops_.push_back({done.first, done.tokens});
            for (std::size_t s = 0; s < done.tokens.size(); ++s)
                open.back().tokens[s] += done.count * done.tokens[s];
        }
    }
}

const Tokens& StreamLoops::tokens(std::size_t first) const {
    return std::find_if(loops_.begin(), loops_.end(),
                        [first](const Loop& loop) { return loop.first == first; })
        ->tokens;
}

}  // namespace satsim::fast
