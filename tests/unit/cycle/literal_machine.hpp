// The whole accelerator cycle by cycle, as contract.md is written: fetch, sequencers, semaphores, LOAD, STCE,
// STORE. Slow and simple, it shares no code with sim/cycle but the decoding of registers.
#pragma once

#include <array>
#include <map>
#include <stdexcept>
#include <vector>

#include "runtime/trace/execution.hpp"
#include "sim/cycle/stce_recurrence.hpp"
#include "tests/unit/cycle/literal_load.hpp"
#include "tests/unit/cycle/literal_store.hpp"

namespace satsim::cycle::literal {

// contract.md §5, step by step.
class Stce {
  public:
    explicit Stce(const isa::ArrayConfig& config) : r_(config.rows), c_(config.columns) {}

    [[nodiscard]] bool ready(Cycles t, const GemmOperation& op) const {
        if (steps_.empty()) return true;
        const auto [f, x] = steps_.back();
        const Cycles feed = before_.sr * before_.m / 4;
        if (t + 1 < f + feed || t + 1 < x) return false;
        if (!op.ws && op.first) {
            int unfinished = 0;
            for (const auto& [z, d] : drains_) unfinished += t < z + d ? 1 : 0;
            if (unfinished > 1) return false;
        }
        if (op.ws != before_.ws || (op.ws && (op.n != before_.n || op.sr != before_.sr))) {
            for (const Cycles end : ends_) {
                if (t <= end) return false;
            }
        }
        if (op.ws && before_.ws) {
            const Cycles p = std::max<Cycles>(before_.sr * before_.sc, isa::timing::kAccInterval);
            if (t + 1 < steps_.front().second + (r_ - 1) * ((before_.n - 1) * p + isa::timing::kWsHop - 1))
                return false;
        }
        return true;
    }

    OperationRecord dispatch(Cycles d, const GemmOperation& op) {
        const Cycles p = std::max<Cycles>(op.sr * op.sc, isa::timing::kAccInterval);
        const Cycles mac = op.n * p;
        const Cycles feed = op.sr * op.m / 4;
        const Cycles hop = op.ws ? (op.n - 1) * p + isa::timing::kWsHop : 1;
        std::vector<std::pair<Cycles, Cycles>> steps;
        for (std::int64_t k = 0; k < (op.ws ? op.batches : op.groups); ++k) {
            if (k == 0) {
                Cycles x = d + 1 + feed;
                if (!steps_.empty()) x = std::max(x, x_end_);
                if (op.ws) x = std::max(x, d + 1 + r_ * op.n);
                steps.emplace_back(d + 1, x);
            } else {
                const auto [f, x] = steps.back();
                const Cycles now = std::max(f + feed, x);
                steps.emplace_back(now, std::max(x + mac, now + feed));
            }
        }
        steps_ = steps;
        before_ = op;
        x_end_ = steps.back().second + mac;
        OperationRecord record{d, std::max(steps.back().first + feed + (r_ - 1) * hop, x_end_), 0};
        if (op.ws) {
            record.end = x_end_ - 1 + (r_ - 1) * hop + (c_ - 1) + isa::timing::kWsLatency;
        } else if (op.last) {
            Cycles z = x_end_ + isa::timing::kDrainLatency;
            if (!drains_.empty()) z = std::max(z, drains_.back().first + drains_.back().second);
            drains_.emplace_back(z, op.rows * op.sr * op.sc);
            record.end = z + op.rows * op.sr * op.sc - 1 + (r_ - 1) + (c_ - 1) + isa::timing::kOutLatency;
        } else {
            record.end = x_end_ - 1 + (r_ - 1) + (c_ - 1) + isa::timing::kDrainLatency;
        }
        if (!ends_.empty()) record.end = std::max(record.end, ends_.back() + 1);
        ends_.push_back(record.end);
        return record;
    }

  private:
    Cycles r_;
    Cycles c_;
    GemmOperation before_;
    std::vector<std::pair<Cycles, Cycles>> steps_;  // (f, x) of the previous operation
    std::vector<std::pair<Cycles, Cycles>> drains_;
    std::vector<Cycles> ends_;
    Cycles x_end_ = 0;
};

class Machine {
  public:
    Machine(const isa::Program& program, const dram::MemoryConfig& memory)
        : program_(program),
          memory_(dram::make_memory(memory)),
          load_(program.config, *memory_),
          stce_(program.config),
          store_(program.config, *memory_) {
        std::copy(program.semaphores.begin(), program.semaphores.end(), tokens_.begin());
    }

    // start, end, operations and memory counters; busy and event counters are left out.
    Execution run(Cycles limit = 2000000) {
        Cycles t = fetch();
        result_.start = result_.end = t;
        for (std::size_t e = 0; e < 4; ++e) engines_[e].halted = program_.streams[e].empty();
        for (; !done(); ++t) {
            if (t > limit) throw std::runtime_error("the literal machine hangs");
            const auto at_beginning = tokens_;
            for (std::size_t e = 0; e < 4; ++e) sequence(t, e, at_beginning);
            load_.cycle(t);
            store_.cycle(t);
            collect(t);
        }
        result_.memory = memory_->counters(result_.end);
        return result_;
    }

  private:
    struct Engine {
        bool halted = false;
        std::size_t pc = 0;
        std::array<std::int64_t, isa::kRegisters> registers{};
        std::vector<std::pair<std::size_t, std::int64_t>> loops;
        std::vector<isa::RunFields> operations;
        std::size_t released = 0;
        std::size_t ended = 0;
    };

    Cycles fetch() {
        const std::int64_t lb = program_.config.line_bytes();
        std::int64_t lines = 1;
        for (const auto& stream : program_.streams) {
            lines += (static_cast<std::int64_t>(stream.size()) * 8 + lb - 1) / lb;
        }
        std::int64_t requested = 0;
        std::vector<Cycles> arrival;
        std::int64_t popped = 0;
        for (Cycles t = 0;; ++t) {
            const std::int64_t popped_before = popped;
            if (popped < static_cast<std::int64_t>(arrival.size()) &&
                arrival[static_cast<std::size_t>(popped)] < t) {
                if (++popped == lines) return t + 1;
            }
            if (requested == lines || (requested > 0 && popped_before == 0)) continue;
            const std::int64_t line = program_.address / lb + requested;
            std::int64_t burst = 1;
            while (requested > 0 && requested + burst < lines &&
                   (line + burst) % program_.config.burst_lines != 0) {
                ++burst;
            }
            if (requested - popped_before + burst > program_.config.line_fifo) continue;
            std::vector<Cycles> there(static_cast<std::size_t>(burst));
            memory_->read(t, line, there);
            arrival.insert(arrival.end(), there.begin(), there.end());
            requested += burst;
        }
    }

    [[nodiscard]] bool done() const {
        for (const Engine& e : engines_) {
            if (!e.halted || e.ended != e.operations.size()) return false;
        }
        return pushes_.empty();
    }

    void sequence(Cycles t, std::size_t e, const std::array<int, isa::kSemaphores>& at_beginning) {
        Engine& engine = engines_[e];
        if (engine.halted) return;
        const isa::Instruction i = program_.streams[e].at(engine.pc);
        auto& reg = engine.registers;
        switch (i.opcode) {
            case isa::Opcode::Halt:
                engine.halted = true;
                result_.end = std::max(result_.end, t);
                break;
            case isa::Opcode::Set:
                reg[i.rd] = i.imm;
                break;
            case isa::Opcode::Add:
                reg[i.rd] = isa::wrap_register(reg[i.rs] + i.imm);
                break;
            case isa::Opcode::Addr:
                reg[i.rd] = isa::wrap_register(reg[i.rs] + reg[static_cast<std::size_t>(i.imm)]);
                break;
            case isa::Opcode::Xor:
                reg[i.rd] = isa::wrap_register(reg[i.rs] ^ i.imm);
                break;
            case isa::Opcode::Loop:
                engine.loops.emplace_back(engine.pc, i.imm);
                break;
            case isa::Opcode::End:
                if (--engine.loops.back().second > 0) {
                    engine.pc = engine.loops.back().first;
                } else {
                    engine.loops.pop_back();
                }
                break;
            case isa::Opcode::Wait:
                if (at_beginning[i.rd] < i.imm) return;
                tokens_[i.rd] -= static_cast<int>(i.imm);
                break;
            case isa::Opcode::Post:
                pushes_[t][i.rd] += static_cast<int>(i.imm);
                break;
            case isa::Opcode::Run:
                if (!run(t, e, isa::decode_run(i.imm))) return;
                break;
        }
        ++engine.pc;
    }

    bool run(Cycles t, std::size_t e, const isa::RunFields& fields) {
        Engine& engine = engines_[e];
        OperationRecord record{t, -1, -1};
        if (e == 0) {
            if (!load_.ready) return false;
            load_.dispatch(t, LoadOperation::from(engine.registers, fields.flags));
        } else if (e == 1) {
            const GemmOperation op = GemmOperation::from(engine.registers, fields.flags);
            if (!stce_.ready(t, op)) return false;
            record = stce_.dispatch(t, op);
        } else if (e == 3) {
            if (!store_.ready) return false;
            store_.dispatch(t, StoreOperation::from(engine.registers, fields.flags));
        } else {
            if (t < vec_ready_) return false;
            record = vector(t, engine.registers);
        }
        engine.operations.push_back(fields);
        result_.operations[e].push_back(record);
        if (e == 1 || e == 2) {
            release(e, record.release);
            end(e, record.end);
        }
        return true;
    }

    // docs/architecture/vector.md §1, block by block.
    OperationRecord vector(Cycles d, const std::array<std::int64_t, isa::kRegisters>& reg) {
        const auto& cost = isa::vec::kOperations[static_cast<std::size_t>(reg[isa::vec::op])];
        const std::int64_t lanes = program_.config.line_bytes() / 4;
        const std::int64_t block = isa::timing::kVecBlock;
        std::int64_t lines = cost.writes * block;
        bool packs = false;
        for (const auto& [nm, length] :
             {std::pair{reg[isa::vec::nm_f], block}, std::pair{reg[isa::vec::nm_b], lanes}}) {
            const std::int64_t n = nm % 256;
            const std::int64_t m = nm / 256;
            if (n == 0) continue;
            packs = true;
            lines += length * n / m * (n == m ? 1 : 2);
        }
        std::int64_t slots = cost.slots;
        while (packs && slots * block < lines) ++slots;
        Cycles at = d;
        for (std::int64_t column = 0; column < reg[isa::vec::channels]; column += lanes) {
            for (std::int64_t row = 0; row < reg[isa::vec::rows]; row += block) at += slots * block;
        }
        vec_ready_ = at + (packs ? slots * block : 0);
        return {d, at, vec_ready_ + isa::timing::kVecLatency};
    }

    void release(std::size_t e, Cycles at) {
        const isa::RunFields& fields = engines_[e].operations[engines_[e].released];
        if (fields.push_early0 >= 0) ++pushes_[at][static_cast<std::size_t>(fields.push_early0)];
        if (fields.push_early1 >= 0) ++pushes_[at][static_cast<std::size_t>(fields.push_early1)];
        result_.operations[e][engines_[e].released++].release = at;
    }
    void end(std::size_t e, Cycles at) {
        const isa::RunFields& fields = engines_[e].operations[engines_[e].ended];
        if (fields.push_end >= 0) ++pushes_[at][static_cast<std::size_t>(fields.push_end)];
        result_.operations[e][engines_[e].ended++].end = at;
        result_.end = std::max(result_.end, at);
    }

    void collect(Cycles t) {
        while (engines_[0].ended < load_.ends.size()) {
            release(0, load_.ends[engines_[0].ended]);
            end(0, load_.ends[engines_[0].ended]);
        }
        while (engines_[3].released < store_.releases.size())
            release(3, store_.releases[engines_[3].released]);
        while (engines_[3].ended < store_.ends.size()) end(3, store_.ends[engines_[3].ended]);
        const auto now = pushes_.find(t);
        if (now == pushes_.end()) return;
        for (std::size_t s = 0; s < tokens_.size(); ++s) tokens_[s] += now->second[s];
        pushes_.erase(now);
    }

    isa::Program program_;
    std::unique_ptr<dram::Memory> memory_;
    Load load_;
    Stce stce_;
    Store store_;
    std::array<Engine, 4> engines_;
    std::array<int, isa::kSemaphores> tokens_{};
    std::map<Cycles, std::array<int, isa::kSemaphores>> pushes_;
    Cycles vec_ready_ = 0;
    Execution result_;
};

}  // namespace satsim::cycle::literal
