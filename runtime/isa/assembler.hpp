// The text form of a program, one instruction a line, registers and flags by name. assemble(disassemble(p))
// == p.
#pragma once

#include <string>

#include "runtime/isa/program.hpp"

namespace satsim::isa {

// Streams under ".engine NAME", semaphores under ".semaphore N VALUE", loops indented. The memory image is
// not shown.
[[nodiscard]] std::string disassemble(const Program& program);
// One instruction, as in the text form: "RUN SEEK|ADVANCE end=sem0".
[[nodiscard]] std::string instruction_text(Engine engine, const Instruction& i);
// Throws InputError (name:line) for anything it does not understand.
[[nodiscard]] Program assemble(const std::string& text, const std::string& name);

}  // namespace satsim::isa
