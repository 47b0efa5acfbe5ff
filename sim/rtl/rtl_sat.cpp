#include "sim/rtl/rtl_sat.hpp"

#include <array>
#include <string>

#include "runtime/support/error.hpp"
#include "sim/rtl/rtl_model.hpp"

namespace satsim::sim::rtl {
namespace {

struct Built {
    isa::ArrayConfig (*config)();
    std::unique_ptr<RtlModel> (*make_model)();
};
#ifdef SATSIM_RTL_32X32
isa::ArrayConfig default_array() {
    return {};
}
#endif
constexpr std::array kBuilt{
    Built{thin_slice, make_model_4x4},
#ifndef SATSIM_COVERAGE
    Built{eight_by_eight, make_model_8x8},
    Built{four_by_sixteen, make_model_4x16},
#endif
#ifdef SATSIM_RTL_32X32
    Built{default_array, make_model_32x32},
#endif
};

}  // namespace

isa::ArrayConfig thin_slice() {
    isa::ArrayConfig config;
    config.rows = 4;
    config.columns = 4;
    config.max_m = 8;
    config.slots = 8;
    config.channels = 1;
    config.west_lines = 128;
    config.north_value_lines = 256;
    config.north_index_lines = 128;
    config.result_addresses = 1024;
    config.instructions = 4096;
    config.vmem_lines = 256;
    config.burst_lines = 16;
    config.piece_fifo = 256;
    config.line_fifo = 64;
    config.store_fifo = 64;
    return config;
}

isa::ArrayConfig eight_by_eight() {
    isa::ArrayConfig config = thin_slice();
    config.rows = 8;
    config.columns = 8;
    config.channels = 2;
    return config;
}

isa::ArrayConfig four_by_sixteen() {
    isa::ArrayConfig config = thin_slice();
    config.columns = 16;
    config.max_m = 16;
    config.slots = 16;
    return config;
}

std::vector<isa::ArrayConfig> built_configurations() {
    std::vector<isa::ArrayConfig> configurations;
    for (const Built& built : kBuilt) configurations.push_back(built.config());
    return configurations;
}

RtlSat::RtlSat(const isa::ArrayConfig& config) : config_(config) {
    for (const Built& built : kBuilt) {
        if (config == built.config()) model_ = built.make_model();
    }
    if (model_) return;
    throw InputError("array configuration", "",
                     std::to_string(config.rows) + "x" + std::to_string(config.columns) + " with " +
                         std::to_string(config.channels) +
                         " channels has no verilated model; expected one of those that sim/rtl/rtl_sat.hpp "
                         "states");
}

RtlSat::RtlSat(RtlSat&&) noexcept = default;
RtlSat& RtlSat::operator=(RtlSat&&) noexcept = default;
RtlSat::~RtlSat() = default;

void RtlSat::set_seed(int seed) {
    seed_ = seed;
}

void RtlSat::set_waves(const std::filesystem::path& file) {
    if (!file.empty() && !has_waves())
        throw InputError(
            file.string(), "",
            "this build's RTL has no waves; configure with -DSATSIM_RTL_TRACE=ON and build again");
    waves_ = file;
}

bool RtlSat::has_waves() const {
    return model_->has_waves();
}

Execution RtlSat::run(const isa::Program& program, MemoryImage& dram, const dram::MemoryConfig& memory,
                      Cycles limit) {
    if (!(program.config == config_)) {
        throw InputError("program", "/config", "scheduled for another array than the verilated one");
    }
    dram::MemoryConfig gang = memory;
    gang.channels = config_.channels;
    const std::vector<std::uint8_t> image = isa::fetch_image(program);
    dram.write(program.address, image);
    Recorder recorder(config_);
    const auto times = dram::make_memory(gang);
    MemoryPort port(*times, dram, config_.line_bytes());
    model_->run({program.address / config_.line_bytes(), limit, seed_, waves_}, port, recorder);
    Execution execution = recorder.take();
    execution.memory = times->counters(execution.end);
    return execution;
}

}  // namespace satsim::sim::rtl
