#include "sim/verify/engines.hpp"

#include <array>
#include <exception>

#include "runtime/functional/functional_sat.hpp"
#include "runtime/vector/vector_engine.hpp"

namespace satsim::verify {
namespace {

// The program's data in memory. The instruction image too, so that all three memories begin alike.
MemoryImage loaded(const isa::Program& program) {
    MemoryImage memory;
    place_program(program, memory);
    return memory;
}

// False, and why, where an implementation gives up.
template <typename Run>
bool finishes(const char* who, Comparison& result, Run run) {
    try {
        run();
        return true;
    } catch (const std::exception& error) {
        if (!result.stopped.empty()) result.stopped += "; ";
        result.stopped += std::string(who) + ": " + error.what();
        return false;
    }
}

dram::MemoryConfig slower(dram::MemoryConfig memory) {
    ++memory.ideal_latency;
    ++memory.ddr4.cl;
    return memory;
}

// The lowest bit of the first value, an operand, and one that no program reads: a result that is overwritten
// differs too.
void flip_bits(const isa::Program& program, MemoryImage& memory) {
    if (program.image.empty()) return;
    const auto flip = [&memory](std::int64_t address) {
        std::array<std::uint8_t, 1> byte{};
        memory.read(address, byte);
        byte[0] ^= 1;
        memory.write(address, byte);
    };
    const isa::ImageSegment& last = program.image.back();
    flip(program.image.front().address);
    flip(last.address + static_cast<std::int64_t>(last.bytes.size()) - 1);
}

}  // namespace

sim::rtl::RtlSat& Engines::rtl_of(const isa::ArrayConfig& array) {
    for (auto& [config, rtl] : rtl_) {
        if (config == array) return rtl;
    }
    return rtl_.emplace_back(array, sim::rtl::RtlSat(array)).second;
}

Comparison Engines::run(const Subject& subject, const std::filesystem::path& waves) {
    const isa::Program& program = subject.program;
    dram::MemoryConfig memory = subject.memory;
    memory.channels = program.config.channels;
    sim::rtl::RtlSat& rtl = rtl_of(program.config);
    rtl.set_seed(subject.rtl_seed);
    rtl.set_waves(waves);

    Comparison result;
    MemoryImage functional_memory = loaded(program);
    const bool functional_ran = finishes("functional", result, [&] {
        vector::VectorEngine vector(program.config);
        FunctionalSat(program.config, &vector).run(program, functional_memory);
    });
    if (functional_ran && subject.reference) {
        result.bits += subject.reference->mismatching_bits(functional_memory);
        if (result.bits > 0)
            result.first_bits = "functional differs from the plain reference: " +
                                subject.reference->compare(functional_memory);
    }

    MemoryImage cycle_memory = loaded(program);
    Execution modelled;
    const bool cycle_ran = finishes("cycle", result, [&] {
        vector::VectorEngine vector(program.config);
        cycle::RunOptions options;
        options.memory = memory;
        options.record_operations = true;
        options.cycle_limit = kCycleLimit;
        options.data = &cycle_memory;
        options.vector = &vector;
        modelled = cycle_.run(program, options);
    });
    if (functional_ran && cycle_ran) compare_memories(functional_memory, cycle_memory, "cycle", result);

    MemoryImage rtl_memory = loaded(program);
    if (fault_ == Fault::Data) flip_bits(program, rtl_memory);
    Execution verilated;
    const bool rtl_ran = finishes("rtl", result, [&] {
        verilated =
            rtl.run(program, rtl_memory, fault_ == Fault::Memory ? slower(memory) : memory, kCycleLimit);
    });
    if (functional_ran && rtl_ran) compare_memories(functional_memory, rtl_memory, "rtl", result);
    if (cycle_ran && rtl_ran) compare_executions(modelled, verilated, result);
    return result;
}

}  // namespace satsim::verify
