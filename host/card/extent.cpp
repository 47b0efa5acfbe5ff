#include "host/card/extent.hpp"

#include <algorithm>

#include "runtime/functional/position_walk.hpp"
#include "runtime/isa/stream_walker.hpp"
#include "runtime/support/error.hpp"

namespace satsim::card {
namespace {

using functional::Operation;
using functional::Position;

// LOAD and STORE give the same meaning to these registers; LOAD alone has padding.
std::int64_t end_of_load(const Operation& op, Position& saved) {
    using namespace isa::load;
    std::int64_t end = 0;
    const Position start{op[b0], op[y0], op[x0]};
    functional::walk_positions(
        op, op[grid_w], op[grid_h], op[count], op.has(kSeek) ? &start : nullptr, op.has(kAdvance), saved,
        [&](std::int64_t /*i*/, const Position& p) {
            const std::int64_t iy = p.y * op[sy] + op[oy];
            const std::int64_t ix = p.x * op[sx] + op[ox];
            if (iy < 0 || iy >= op[in_h] || ix < 0 || ix >= op[in_w]) return;
            end = std::max(
                end, functional::tensor_address(op[base], p.b, op[pb], iy, op[py], ix, op[px]) + op[len]);
        });
    return end;
}

std::int64_t end_of_store(const Operation& op, Position& saved) {
    using namespace isa::store;
    std::int64_t end = 0;
    const Position start{op[b0], op[y0], op[x0]};
    functional::walk_positions(
        op, op[grid_w], op[grid_h], op[count], op.has(kSeek) ? &start : nullptr, op.has(kAdvance), saved,
        [&](std::int64_t /*i*/, const Position& p) {
            end = std::max(
                end, functional::tensor_address(op[base], p.b, op[pb], p.y, op[py], p.x, op[px]) + op[len]);
        });
    return end;
}

}  // namespace

std::int64_t memory_extent(const isa::Program& program, const std::string& name) {
    std::int64_t end = program.address + isa::fetch_lines(program) * program.config.line_bytes();
    for (const isa::ImageSegment& segment : program.image)
        end = std::max(end, segment.address + static_cast<std::int64_t>(segment.bytes.size()));
    for (const isa::Engine engine : {isa::Engine::Load, isa::Engine::Store}) {
        Position saved;
        isa::StreamWalker walker(engine, program.streams[static_cast<std::size_t>(engine)]);
        for (; const isa::Instruction* i = walker.next(); walker.pass()) {
            if (i->opcode != isa::Opcode::Run) continue;
            const Operation op{engine, walker.registers(), isa::decode_run(i->imm).flags,
                               static_cast<std::int64_t>(walker.position())};
            try {
                functional::check_operation(op, program.config);
                end = std::max(
                    end, engine == isa::Engine::Load ? end_of_load(op, saved) : end_of_store(op, saved));
            } catch (const InputError& error) {
                throw InputError(name, "", error.what());
            }
        }
    }
    return end;
}

}  // namespace satsim::card
