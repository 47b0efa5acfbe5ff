#include "runtime/isa/token_walk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "runtime/isa/names.hpp"

namespace satsim::isa {
namespace {

constexpr std::size_t kRecentStates = 256;

// The number of periods that can be skipped for one engine whose state was `earlier`, with the loop that
// counts them; nothing when the two states do not lie a whole number of iterations of one loop apart.
struct Period {
    std::size_t level = 0;
    std::int64_t fall = 0;  // 0: the engine did not move
    std::int64_t repeats = std::numeric_limits<std::int64_t>::max();
};

template <typename EngineState>
std::optional<Period> period_between(const EngineState& earlier, const EngineState& now) {
    if (earlier.at != now.at || earlier.depth != now.depth) return std::nullopt;
    Period period;
    for (std::size_t level = 0; level < now.depth; ++level) {
        const std::int64_t fall = earlier.remain[level] - now.remain[level];
        if (fall == 0) continue;
        if (fall < 0 || period.fall != 0) return std::nullopt;
        period = {level, fall, (now.remain[level] - 1) / fall};
    }
    return period;
}

}  // namespace

std::vector<TokenWalk::TokenOp> TokenWalk::compile(const std::vector<Instruction>& stream) {
    std::vector<TokenOp> ops;
    std::vector<std::size_t> open;  // places of Open in ops
    for (std::size_t at = 0; at < stream.size(); ++at) {
        const Instruction& i = stream[at];
        switch (i.opcode) {
            case Opcode::Wait:
                ops.push_back({Kind::Take, i.rd, i.imm, at});
                break;
            case Opcode::Post:
                ops.push_back({Kind::Give, i.rd, i.imm, at});
                break;
            case Opcode::Run: {
                const RunFields f = decode_run(i.imm);
                for (const int semaphore : {f.push_early0, f.push_early1, f.push_end}) {
                    if (semaphore >= 0) ops.push_back({Kind::Give, semaphore, 1, at});
                }
                break;
            }
            case Opcode::Loop:
                open.push_back(ops.size());
                ops.push_back({Kind::Open, 0, i.imm, at});
                break;
            case Opcode::End: {
                const std::size_t loop = open.back();
                open.pop_back();
                if (loop + 1 == ops.size()) {
                    ops.pop_back();  // no token inside
                } else if (ops[loop].count == 1) {
                    ops.erase(ops.begin() + static_cast<std::ptrdiff_t>(loop));
                } else {
                    ops.push_back({Kind::Close, 0, 0, at});
                }
                break;
            }
            default:
                break;
        }
    }
    return ops;
}

TokenWalk::TokenWalk(const Program& program, Engine lazy) : lazy_(static_cast<std::size_t>(lazy)) {
    for (std::size_t e = 0; e < streams_.size(); ++e) streams_[e] = compile(program.streams[e]);
    std::copy(program.semaphores.begin(), program.semaphores.end(), state_.tokens.begin());
    highest_ = state_.tokens;
}

std::optional<std::string> TokenWalk::to_end() {
    while (step()) {
        if (fault_) return fault_;
        if (steps_ > kMaxSteps) {
            return fmt::format("the tokens' course does not repeat within {} steps, so it cannot be checked",
                               kMaxSteps);
        }
        if (iterated_ < kLoopDepth) skip_periods();
    }
    return fault_ ? fault_ : stop_reason();
}

// Moves the first engine that can move, or the lazy one by one instruction. False when none can.
bool TokenWalk::step() {
    iterated_ = kLoopDepth;
    for (std::size_t e = 0; e < streams_.size(); ++e) {
        if (e != lazy_ && run_engine(e)) return true;
    }
    const EngineState& place = state_.engines[lazy_];
    return place.at < streams_[lazy_].size() && execute(lazy_, streams_[lazy_][place.at]);
}

// Until it must wait, or a loop begins a new iteration: places at which periods begin and end.
bool TokenWalk::run_engine(std::size_t engine) {
    const auto& stream = streams_[engine];
    const EngineState& place = state_.engines[engine];
    bool moved = false;
    while (iterated_ == kLoopDepth && place.at < stream.size() && execute(engine, stream[place.at]))
        moved = true;
    return moved;
}

// False when the engine must wait or a fault was found.
bool TokenWalk::execute(std::size_t engine, const TokenOp& op) {
    EngineState& place = state_.engines[engine];
    int& tokens = state_.tokens[static_cast<std::size_t>(op.semaphore)];
    ++steps_;
    switch (op.kind) {
        case Kind::Take:
            if (tokens < op.count) return false;
            tokens -= static_cast<int>(op.count);
            break;
        case Kind::Give: {
            tokens += static_cast<int>(op.count);
            int& highest = highest_[static_cast<std::size_t>(op.semaphore)];
            highest = std::max(highest, tokens);
            if (tokens <= kSemaphoreMax) break;
            fault_ = fmt::format("{} instruction {}: semaphore {} can rise to {} tokens, at most {}",
                                 kEngineNames[engine], op.instruction, op.semaphore, tokens, kSemaphoreMax);
            break;
        }
        case Kind::Open:
            place.first[place.depth] = place.at + 1;
            place.remain[place.depth++] = op.count;
            break;
        case Kind::Close: {
            const std::size_t level = place.depth - 1;
            if (place.remain[level] > 1) {
                --place.remain[level];
                place.at = place.first[level];
                iterated_ = std::min(iterated_, level);
                return !fault_;
            }
            place.remain[level] = 0;
            --place.depth;
            break;
        }
    }
    ++place.at;
    return true;
}

void TokenWalk::skip_periods() {
    Memory& memory = memories_[iterated_];
    if (memory.recent.empty()) memory.recent.resize(kRecentStates);
    State& recent = memory.recent[place_hash() % kRecentStates];
    if (skip_from(recent) || (memory.samples > 0 && skip_from(memory.landmark))) {
        memory.samples = 0;
        memory.next_landmark = 1;
    }
    recent = state_;
    if (++memory.samples >= memory.next_landmark) {
        memory.landmark = state_;
        memory.next_landmark *= 2;
    }
}

// Skips what repeats since `earlier`, if anything does.
bool TokenWalk::skip_from(const State& earlier) {
    if (earlier.tokens != state_.tokens) return false;
    std::array<Period, kEngines> periods;
    std::int64_t repeats = std::numeric_limits<std::int64_t>::max();
    bool moved = false;
    for (std::size_t e = 0; e < periods.size(); ++e) {
        const auto period = period_between(earlier.engines[e], state_.engines[e]);
        if (!period) return false;
        periods[e] = *period;
        repeats = std::min(repeats, period->repeats);
        moved = moved || period->fall > 0;
    }
    if (!moved || repeats == 0) return false;
    for (std::size_t e = 0; e < periods.size(); ++e) {
        state_.engines[e].remain[periods[e].level] -= repeats * periods[e].fall;
    }
    return true;
}

std::size_t TokenWalk::place_hash() const {
    std::size_t hash = 0;
    const auto mix = [&](std::size_t value) { hash = (hash ^ value) * 0x9E3779B97F4A7C15U; };
    for (const EngineState& engine : state_.engines) mix(engine.at);
    for (const int tokens : state_.tokens) mix(static_cast<std::size_t>(tokens));
    return hash >> 20;
}

std::optional<std::string> TokenWalk::stop_reason() const {
    std::string blocked;
    for (std::size_t e = 0; e < streams_.size(); ++e) {
        const std::size_t at = state_.engines[e].at;
        if (at >= streams_[e].size()) continue;
        const TokenOp& op = streams_[e][at];
        blocked += fmt::format("{}{} instruction {} waits for {} tokens of semaphore {} (has {})",
                               blocked.empty() ? "" : ", ", kEngineNames[e], op.instruction, op.count,
                               op.semaphore, state_.tokens[static_cast<std::size_t>(op.semaphore)]);
    }
    if (blocked.empty()) return std::nullopt;
    return "deadlock: " + blocked;
}

}  // namespace satsim::isa
