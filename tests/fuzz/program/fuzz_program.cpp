#include "tests/fuzz/program/fuzz_program.hpp"

#include <string_view>

#include "runtime/isa/assembler.hpp"
#include "runtime/isa/checker.hpp"
#include "runtime/support/error.hpp"
#include "tests/fuzz/require.hpp"

namespace satsim::isa {
namespace {

using fuzz::require;

// An error message is one line of ordinary length, unless it quotes the input.
void require_one_line(const InputError& error) {
    require(std::string_view(error.what()).find('\n') == std::string_view::npos, "an error is one line");
}

void check_quietly(const Program& program) {
    try {
        check(program, "fuzz");
    } catch (const InputError& error) {
        require_one_line(error);
    }
}

}  // namespace

void fuzz_deserialize(const std::uint8_t* data, std::size_t size) {
    try {
        Program program = deserialize({data, data + size}, "fuzz");
        require(deserialize(serialize(program), "fuzz") == program, "binary round trip");
        check_quietly(program);
        program.image.clear();
        require(assemble(disassemble(program), "fuzz") == program, "text round trip");
    } catch (const InputError& error) {
        require_one_line(error);
    }
}

void fuzz_assemble(const std::uint8_t* data, std::size_t size) {
    try {
        const Program program = assemble({reinterpret_cast<const char*>(data), size}, "fuzz");
        require(assemble(disassemble(program), "fuzz") == program, "text round trip");
        require(deserialize(serialize(program), "fuzz") == program, "binary round trip");
        check_quietly(program);
    } catch (const InputError& error) {
        require_one_line(error);
    }
}

}  // namespace satsim::isa
