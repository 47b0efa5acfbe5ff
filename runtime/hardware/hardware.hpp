// The machine that a run is about, as its hardware file states it: sizes, clock, memory, host and energy
// figures. docs/formats/hardware.md describes the file; every figure carries its source and whether anyone
// checked it.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "runtime/hardware/figure.hpp"
#include "runtime/hardware/memory_config.hpp"
#include "runtime/isa/program.hpp"
#include "runtime/support/types.hpp"

namespace satsim {

// Device times in nanoseconds; cycles come from the clock (rounded up; the refresh interval down).
struct MemoryTimes {
    Figure cl, rcd, rp, ras, wr, wtr, rtw, refi, rfc, ctrl, phy;
};

struct HostFigures {
    Figure pcie_bandwidth;     // byte/s, one direction, after protocol
    Figure pcie_latency;       // s, one transfer's start
    Figure memory_bandwidth;   // byte/s of the host CPU on streamed tensors
    Figure arithmetic_rate;    // flop/s of the host CPU on element-wise FP32
    Figure memory_capacity{};  // byte, of the host; 0: not known
};

// Joules of one event.
struct EventFigures {
    Figure fp16_multiply;
    Figure fp32_add;
    Figure vector_operation;  // one FP32 micro-operation of VEC
    Figure west_read;         // 8-byte word
    Figure north_read;        // byte
    Figure result_access;     // 4-byte value, read or write
    Figure onchip_write;      // 8-byte word written by LOAD
    Figure vmem_access;       // 8-byte word of the vector memory, VEC and STORE
    Figure cmem_access;       // 4-byte value of VEC's coefficient memory
    Figure ddr4_activate;     // one row of one channel
    Figure ddr4_read;         // 64-byte beat, device core
    Figure ddr4_write;        // 64-byte beat, device core
    Figure ddr4_io;           // 64-byte beat, interface and termination, either direction
    Figure ddr4_refresh;      // one refresh of one channel
    Figure axi_beat;          // 64-byte beat between port and engines
    Figure pcie_byte;
};

// Watts that are assumed, not counted.
struct PowerFigures {
    Figure accelerator_static;  // logic and board, always
    Figure ddr4_background;     // one channel, always
    Figure host_busy;           // the host CPU while it runs a task or moves data
};

struct Hardware {
    std::string name;
    std::string description;
    std::string file;  // where it was read from
    double clock_hz = 0;
    isa::ArrayConfig array;  // channels as memory_channels
    dram::MemoryKind memory_kind = dram::MemoryKind::Ddr4;
    Figure memory_capacity;  // byte, one channel
    MemoryTimes times;
    HostFigures host;
    std::string energy_model;  // what the figures stand for ("45 nm ASIC model")
    EventFigures events;
    PowerFigures power;

    [[nodiscard]] dram::MemoryConfig memory_config() const;
    [[nodiscard]] Bytes capacity_bytes() const;
    // Multiply-accumulates per cycle at the peak.
    [[nodiscard]] std::int64_t peak_macs() const { return std::int64_t{array.rows} * array.columns; }
};

// Throws InputError naming file and JSON pointer.
[[nodiscard]] Hardware load_hardware(const std::filesystem::path& path);
[[nodiscard]] Hardware parse_hardware(std::string_view text, const std::string& name);
[[nodiscard]] Hardware parse_hardware_document(const nlohmann::json& document, const std::string& name);

// The same machine with another number of memory channels and the same capacity in all: the question that
// this answers is one of bandwidth. Throws InputError (naming `option`) for one that the machine cannot have.
[[nodiscard]] Hardware with_channels(Hardware hardware, int channels, const std::string& option);

}  // namespace satsim
