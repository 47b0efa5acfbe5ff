#include <fmt/format.h>

#include <iterator>
#include <stdexcept>

#include "runtime/isa/assembler.hpp"
#include "runtime/isa/names.hpp"
#include "runtime/isa/program_fields.hpp"
#include "runtime/isa/rules.hpp"

namespace satsim::isa {
namespace {

std::string register_name(Engine engine, std::int64_t number) {
    const auto names = register_names(engine);
    const auto index = static_cast<std::size_t>(number);
    return index < names.size() ? std::string(names[index]) : fmt::format("r{}", number);
}

std::string run_text(Engine engine, const RunFields& fields) {
    std::string text = "RUN";
    const auto names = flag_names(engine);
    char separator = ' ';
    for (std::size_t bit = 0; bit < names.size(); ++bit) {
        if ((fields.flags >> bit & 1U) == 0) continue;
        text += separator;
        text += names[bit];
        separator = '|';
    }
    if (fields.push_early0 >= 0) text += fmt::format(" early0=sem{}", fields.push_early0);
    if (fields.push_early1 >= 0) text += fmt::format(" early1=sem{}", fields.push_early1);
    if (fields.push_end >= 0) text += fmt::format(" end=sem{}", fields.push_end);
    return text;
}

void append_stream(std::string& out, Engine engine, const std::vector<Instruction>& stream) {
    fmt::format_to(std::back_inserter(out), ".engine {}\n", name_of(engine));
    std::size_t depth = 1;
    for (std::size_t at = 0; at < stream.size(); ++at) {
        const Instruction& i = stream[at];
        if (const auto fault = instruction_fault(engine, i)) {
            throw std::logic_error(fmt::format("{} instruction {}: {}", name_of(engine), at, *fault));
        }
        if (i.opcode == Opcode::End && depth > 1) --depth;
        fmt::format_to(std::back_inserter(out), "{:{}}{}\n", "", 4 * depth, instruction_text(engine, i));
        if (i.opcode == Opcode::Loop) ++depth;
    }
}

}  // namespace

std::string instruction_text(Engine engine, const Instruction& i) {
    const std::string_view name = kOpcodeNames[static_cast<std::size_t>(i.opcode)];
    const auto reg = [&](std::int64_t number) { return register_name(engine, number); };
    switch (i.opcode) {
        case Opcode::Halt:
        case Opcode::End:
            break;
        case Opcode::Set:
            return fmt::format("{} {}, {}", name, reg(i.rd), i.imm);
        case Opcode::Add:
        case Opcode::Xor:
            return fmt::format("{} {}, {}, {}", name, reg(i.rd), reg(i.rs), i.imm);
        case Opcode::Addr:
            return fmt::format("{} {}, {}, {}", name, reg(i.rd), reg(i.rs), reg(i.imm));
        case Opcode::Loop:
            return fmt::format("{} {}", name, i.imm);
        case Opcode::Wait:
        case Opcode::Post:
            return fmt::format("{} sem{}, {}", name, i.rd, i.imm);
        case Opcode::Run:
            return run_text(engine, decode_run(i.imm));
    }
    return std::string(name);
}

std::string disassemble(const Program& program) {
    std::string out = fmt::format("; SAT program, instruction set {} ({:08x})\n.config", kVersion, kDigest);
    for (const auto& [name, value] : config_fields(program.config)) {
        fmt::format_to(std::back_inserter(out), " {}={}", name, *value);
    }
    fmt::format_to(std::back_inserter(out), "\n.address {}\n", program.address);
    for (std::size_t s = 0; s < program.semaphores.size(); ++s) {
        if (program.semaphores[s] == 0) continue;
        fmt::format_to(std::back_inserter(out), ".semaphore {} {}\n", s, program.semaphores[s]);
    }
    for (std::size_t e = 0; e < program.streams.size(); ++e) {
        if (!program.streams[e].empty()) append_stream(out, static_cast<Engine>(e), program.streams[e]);
    }
    return out;
}

}  // namespace satsim::isa
