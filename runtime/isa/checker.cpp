#include "runtime/isa/checker.hpp"

#include <fmt/format.h>

#include "runtime/isa/constant_registers.hpp"
#include "runtime/isa/names.hpp"
#include "runtime/isa/operation_rules.hpp"
#include "runtime/isa/rules.hpp"
#include "runtime/isa/token_walk.hpp"
#include "runtime/support/error.hpp"

namespace satsim::isa {
namespace {

class Checker {
  public:
    Checker(const Program& program, const std::string& name) : program_(program), name_(name) {}

    CheckReport run() {
        if (const auto fault = config_fault(program_.config)) fail("array configuration: " + *fault);
        if (program_.address < 0 || program_.address >= kAddressLimit ||
            program_.address % program_.config.line_bytes() != 0) {
            fail(fmt::format("program address {} is no line of the memory", program_.address));
        }
        for (std::size_t e = 0; e < program_.streams.size(); ++e) structure(static_cast<Engine>(e));
        for (std::size_t e = 0; e < program_.streams.size(); ++e) parameters(static_cast<Engine>(e));
        semaphores();
        return tokens();
    }

  private:
    [[noreturn]] void fail(const std::string& message) const { throw InputError(name_, "", message); }
    [[noreturn]] void fail(Engine engine, std::size_t at, const std::string& message) const {
        fail(fmt::format("{} instruction {}: {}", name_of(engine), at, message));
    }
    [[nodiscard]] const std::vector<Instruction>& stream(Engine engine) const {
        return program_.streams[static_cast<std::size_t>(engine)];
    }

    void structure(Engine engine) const {
        const auto& s = stream(engine);
        if (s.empty()) return;
        if (s.size() > static_cast<std::size_t>(program_.config.instructions)) {
            fail(fmt::format("{} stream of {} instructions, the instruction memory holds {}", name_of(engine),
                             s.size(), program_.config.instructions));
        }
        int depth = 0;
        for (std::size_t at = 0; at < s.size(); ++at) {
            if (const auto fault = instruction_fault(engine, s[at])) fail(engine, at, *fault);
            if (s[at].opcode == Opcode::Loop && ++depth > kLoopDepth) {
                fail(engine, at, fmt::format("loops nested deeper than {}", kLoopDepth));
            }
            if (s[at].opcode == Opcode::End && --depth < 0) fail(engine, at, "END without LOOP");
            if (s[at].opcode == Opcode::Halt && at + 1 != s.size())
                fail(engine, at, "HALT before the end of the stream");
        }
        if (s.back().opcode != Opcode::Halt)
            fail(fmt::format("{} stream ends without HALT", name_of(engine)));
        if (depth != 0) fail(fmt::format("{} stream has {} LOOP without END", name_of(engine), depth));
    }

    void parameters(Engine engine) const {
        visit_runs(stream(engine),
                   [&](std::size_t at, const RunFields& fields, const KnownRegisters& registers) {
                       const auto fault = operation_fault(engine, registers, fields.flags, program_.config);
                       if (fault) fail(engine, at, *fault);
                   });
    }

    void semaphores() const {
        std::array<int, kSemaphores> producer{};
        std::array<int, kSemaphores> consumer{};
        producer.fill(-1);
        consumer.fill(-1);
        const auto claim = [&](std::array<int, kSemaphores>& owner, int semaphore, Engine engine,
                               std::size_t at, const char* role) {
            int& held = owner[static_cast<std::size_t>(semaphore)];
            if (held >= 0 && held != static_cast<int>(engine)) {
                fail(engine, at,
                     fmt::format("semaphore {} already has {} as its {} engine", semaphore,
                                 name_of(static_cast<Engine>(held)), role));
            }
            held = static_cast<int>(engine);
        };
        for (std::size_t e = 0; e < program_.streams.size(); ++e) {
            const auto engine = static_cast<Engine>(e);
            for (std::size_t at = 0; at < stream(engine).size(); ++at) {
                const Instruction& i = stream(engine)[at];
                if (i.opcode == Opcode::Wait) claim(consumer, i.rd, engine, at, "consuming");
                if (i.opcode == Opcode::Post) claim(producer, i.rd, engine, at, "producing");
                if (i.opcode != Opcode::Run) continue;
                const RunFields f = decode_run(i.imm);
                for (const int semaphore : {f.push_early0, f.push_early1, f.push_end}) {
                    if (semaphore >= 0) claim(producer, semaphore, engine, at, "producing");
                }
            }
        }
    }

    [[nodiscard]] CheckReport tokens() const {
        CheckReport report;
        for (int lazy = 0; lazy < kEngines; ++lazy) {
            TokenWalk walk(program_, static_cast<Engine>(lazy));
            if (const auto fault = walk.to_end()) fail(*fault);
            report.left = walk.tokens();
            report.steps += walk.steps();
            for (std::size_t s = 0; s < report.highest.size(); ++s) {
                report.highest[s] = std::max(report.highest[s], walk.highest()[s]);
            }
        }
        return report;
    }

    const Program& program_;
    const std::string& name_;
};

}  // namespace

CheckReport inspect(const Program& program, const std::string& name) {
    return Checker(program, name).run();
}

void check(const Program& program, const std::string& name) {
    static_cast<void>(inspect(program, name));
}

}  // namespace satsim::isa
