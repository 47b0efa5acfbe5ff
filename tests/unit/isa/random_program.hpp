// Random programs for round trips, the token walk and the fuzz driver.
#pragma once

#include <cstdint>
#include <random>

#include "runtime/isa/names.hpp"
#include "runtime/isa/program.hpp"

namespace satsim::isa {

class RandomProgram {
  public:
    explicit RandomProgram(std::uint32_t seed) : engine_(seed) {}

    std::int64_t in(std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(engine_);
    }

    // Every instruction well-formed; loops not balanced, parameters arbitrary.
    Program any() {
        Program p;
        p.config.rows = static_cast<int>(in(1, 256));
        p.config.channels = 1 << in(0, 4);
        p.address = in(0, 1000) * p.config.line_bytes();
        for (std::uint8_t& s : p.semaphores) s = static_cast<std::uint8_t>(in(0, 255));
        for (std::size_t e = 0; e < p.streams.size(); ++e) {
            for (std::int64_t i = in(0, 40); i > 0; --i)
                p.streams[e].push_back(instruction(static_cast<Engine>(e)));
        }
        for (std::int64_t i = in(0, 3); i > 0; --i) {
            ImageSegment segment{in(0, 1 << 30), {}};
            for (std::int64_t b = in(0, 100); b > 0; --b)
                segment.bytes.push_back(static_cast<std::uint8_t>(in(0, 255)));
            p.image.push_back(segment);
        }
        return p;
    }

    // Balanced loops of WAIT and POST only. Each of `semaphores` has one producer and one consumer, chosen at
    // random.
    Program tokens(int semaphores, std::int64_t instructions, std::int64_t iterations) {
        Program p;
        std::vector<std::int64_t> producer;
        std::vector<std::int64_t> consumer;
        for (int s = 0; s < semaphores; ++s) {
            p.semaphores[static_cast<std::size_t>(s)] = static_cast<std::uint8_t>(in(0, 3));
            producer.push_back(in(0, 2));
            consumer.push_back(in(0, 2));
        }
        for (std::int64_t e = 0; e < 3; ++e) {
            auto& stream = p.streams[static_cast<std::size_t>(e)];
            int depth = 0;
            for (std::int64_t i = in(0, instructions); i > 0; --i) {
                const std::int64_t s = in(0, semaphores - 1);
                const auto at = static_cast<std::size_t>(s);
                const std::int64_t kind = in(0, 9);
                if (kind == 0 && depth < 3) {
                    stream.push_back({Opcode::Loop, 0, 0, in(1, iterations)});
                    ++depth;
                } else if (kind == 1 && depth > 0) {
                    stream.push_back({Opcode::End, 0, 0, 0});
                    --depth;
                } else if (kind < 6 && producer[at] == e) {
                    stream.push_back({Opcode::Post, static_cast<std::uint8_t>(s), 0, in(1, 2)});
                } else if (consumer[at] == e) {
                    stream.push_back({Opcode::Wait, static_cast<std::uint8_t>(s), 0, in(1, 2)});
                }
            }
            for (; depth > 0; --depth) stream.push_back({Opcode::End, 0, 0, 0});
            stream.push_back({Opcode::Halt, 0, 0, 0});
        }
        return p;
    }

  private:
    Instruction instruction(Engine engine) {
        Instruction i;
        i.opcode = static_cast<Opcode>(in(0, kOpcodes - 1));
        const auto reg = [&] { return static_cast<std::uint8_t>(in(0, kRegisters - 1)); };
        const std::int64_t limit = std::int64_t{1} << (kRegisterBits - 1);
        switch (i.opcode) {
            case Opcode::Halt:
            case Opcode::End:
                break;
            case Opcode::Add:
            case Opcode::Xor:
                i.rs = reg();
                [[fallthrough]];
            case Opcode::Set:
                i.rd = reg();
                i.imm = in(-limit, limit - 1);
                break;
            case Opcode::Addr:
                i.rd = reg();
                i.rs = reg();
                i.imm = reg();
                break;
            case Opcode::Loop:
                i.imm = in(1, limit - 1);
                break;
            case Opcode::Wait:
            case Opcode::Post:
                i.rd = static_cast<std::uint8_t>(in(0, kSemaphores - 1));
                i.imm = in(1, kSemaphoreMax);
                break;
            case Opcode::Run: {
                const auto semaphore = [&] { return static_cast<int>(in(-1, kSemaphores - 1)); };
                const auto flags = (std::uint32_t{1} << flag_names(engine).size()) - 1;
                i.imm = encode_run(
                    {semaphore(), semaphore(), semaphore(), static_cast<std::uint32_t>(in(0, flags))});
                break;
            }
        }
        return i;
    }

    std::mt19937 engine_;
};

}  // namespace satsim::isa
