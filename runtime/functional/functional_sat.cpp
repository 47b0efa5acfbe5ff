#include "runtime/functional/functional_sat.hpp"

#include <fmt/format.h>

#include <vector>

#include "runtime/functional/load.hpp"
#include "runtime/functional/stce.hpp"
#include "runtime/functional/store.hpp"
#include "runtime/isa/names.hpp"
#include "runtime/isa/stream_walker.hpp"
#include "runtime/support/error.hpp"

namespace satsim {
namespace {

using functional::Operation;

// One run of one program.
class Run {
  public:
    Run(const isa::Program& program, MemoryImage& dram, functional::OnChipState& state,
        functional::VectorUnit* vector)
        : dram_(dram),
          state_(state),
          vector_(vector),
          tokens_(program.semaphores.begin(), program.semaphores.end()) {
        for (std::size_t e = 0; e < program.streams.size(); ++e) {
            engines_.emplace_back(static_cast<isa::Engine>(e), program.streams[e]);
        }
    }

    void to_end() {
        bool moved = true;
        while (moved) {
            moved = false;
            for (isa::StreamWalker& engine : engines_) moved = until_blocked(engine) || moved;
        }
        std::string blocked;
        for (isa::StreamWalker& engine : engines_) {
            const isa::Instruction* i = engine.next();
            if (i == nullptr) continue;
            blocked += fmt::format("{}{} instruction {} waits for {} tokens of semaphore {} (has {})",
                                   blocked.empty() ? "" : ", ", isa::name_of(engine.engine()),
                                   engine.position(), i->imm, i->rd, tokens_[i->rd]);
        }
        if (!blocked.empty()) throw InputError("", "", "deadlock: " + blocked);
    }

  private:
    // True when the engine got any further.
    bool until_blocked(isa::StreamWalker& engine) {
        bool moved = false;
        while (const isa::Instruction* i = engine.next()) {
            if (i->opcode == isa::Opcode::Wait) {
                if (tokens_[i->rd] < i->imm) break;
                tokens_[i->rd] -= i->imm;
            } else if (i->opcode == isa::Opcode::Post) {
                push(engine, i->rd, i->imm);
            } else {
                execute(engine, isa::decode_run(i->imm));
            }
            engine.pass();
            moved = true;
        }
        return moved;
    }

    void execute(const isa::StreamWalker& engine, const isa::RunFields& fields) {
        const Operation op{engine.engine(), engine.registers(), fields.flags,
                           static_cast<std::int64_t>(engine.position())};
        switch (op.engine) {
            case isa::Engine::Load:
                functional::execute_load(op, state_, dram_);
                break;
            case isa::Engine::Stce:
                functional::execute_stce(op, state_);
                break;
            case isa::Engine::Store:
                functional::execute_store(op, state_, dram_);
                break;
            case isa::Engine::Vec:
                if (vector_ == nullptr)
                    functional::fail(op, "this functional SAT was built without a vector unit");
                vector_->execute(op, state_);
                break;
        }
        for (const int semaphore : {fields.push_early0, fields.push_early1, fields.push_end}) {
            if (semaphore >= 0) push(engine, semaphore, 1);
        }
    }

    void push(const isa::StreamWalker& engine, int semaphore, std::int64_t count) {
        std::int64_t& tokens = tokens_[static_cast<std::size_t>(semaphore)];
        tokens += count;
        if (tokens <= isa::kSemaphoreMax) return;
        throw InputError(fmt::format("{} instruction {}", isa::name_of(engine.engine()), engine.position()),
                         "",
                         fmt::format("semaphore {} rises to {} tokens, at most {}", semaphore, tokens,
                                     isa::kSemaphoreMax));
    }

    MemoryImage& dram_;
    functional::OnChipState& state_;
    functional::VectorUnit* vector_;
    std::vector<std::int64_t> tokens_;
    std::vector<isa::StreamWalker> engines_;
};

}  // namespace

void place_program(const isa::Program& program, MemoryImage& dram) {
    for (const isa::ImageSegment& segment : program.image) dram.write(segment.address, segment.bytes);
    dram.write(program.address, isa::fetch_image(program));
}

FunctionalSat::FunctionalSat(const isa::ArrayConfig& config, functional::VectorUnit* vector)
    : state_(config), vector_(vector) {}

void FunctionalSat::run(const isa::Program& program, MemoryImage& dram, const std::string& name) {
    if (program.config != state_.config)
        throw InputError(name, "", "was scheduled for an array of another configuration");
    state_ = functional::OnChipState(program.config);
    if (vector_ != nullptr) vector_->reset();
    place_program(program, dram);
    try {
        Run(program, dram, state_, vector_).to_end();
    } catch (const InputError& error) {
        throw InputError(name, "", error.what());
    }
}

}  // namespace satsim
