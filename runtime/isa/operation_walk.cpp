#include "runtime/isa/operation_walk.hpp"

#include <fmt/format.h>

#include "runtime/isa/names.hpp"
#include "runtime/isa/operation_rules.hpp"
#include "runtime/isa/stream_walker.hpp"
#include "runtime/support/error.hpp"

namespace satsim::isa {

bool check_operations(const Program& program, const std::string& name, const VectorRules& vector_rules,
                      std::int64_t budget) {
    bool complete = true;
    for (std::size_t e = 0; e < program.streams.size(); ++e) {
        StreamWalker walker(static_cast<Engine>(e), program.streams[e], budget);
        for (; const Instruction* i = walker.next(); walker.pass()) {
            if (i->opcode != Opcode::Run) continue;
            const std::uint32_t flags = decode_run(i->imm).flags;
            const auto fault =
                walker.engine() == Engine::Vec
                    ? vector_rules(walker.registers(), flags, program.config)
                    : operation_fault(walker.engine(), {walker.registers()}, flags, program.config);
            if (!fault) continue;
            throw InputError(
                name, "",
                fmt::format("{} instruction {}: {}", name_of(walker.engine()), walker.position(), *fault));
        }
        complete = complete && !walker.exhausted();
    }
    return complete;
}

}  // namespace satsim::isa
