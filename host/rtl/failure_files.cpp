#include "host/rtl/failure_files.hpp"

#include <fmt/format.h>

#include <utility>

#include "runtime/isa/assembler.hpp"
#include "runtime/support/atomic_file.hpp"
#include "runtime/support/error.hpp"

namespace satsim::host {

FailureFiles::FailureFiles(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::error_code fault;
    std::filesystem::create_directories(folder_, fault);
    if (fault) throw InputError(folder_.string(), "", "no such folder can be made: " + fault.message());
}

std::string FailureFiles::write(verify::Engines& engines, const verify::Case& c,
                                const std::string& fault) const {
    const verify::Subject subject = verify::subject_of(c);
    const bool has_waves = engines.has_waves(c.array);
    const verify::Comparison comparison = engines.run(subject, has_waves ? waves() : std::filesystem::path());
    const std::filesystem::path program = folder_ / "program.satp";
    isa::save_program(subject.program, program);
    std::string text = verify::report(comparison, subject.program);
    text += has_waves ? "waves: " + waves().string() + "\n" : kNoWaves;
    text += fmt::format("again: satsim verify --replay {} --memory {} --stall-seed {} --rtl-seed {}{}\n",
                        program.string(), c.memory.kind == dram::MemoryKind::Ideal ? "ideal" : "ddr4",
                        c.memory.stall_seed, c.rtl_seed, fault == "none" ? "" : " --fault " + fault);
    write_file_atomically(folder_ / "report.txt",
                          verify::describe(c) + "\n" + text + "\n" + isa::disassemble(subject.program));
    return text;
}

}  // namespace satsim::host
