// Reads a hardware file: models/schemas/hardware.schema.json in code, plus what a schema cannot say.
#include <utility>

#include "runtime/hardware/hardware.hpp"
#include "runtime/support/json_cursor.hpp"

namespace satsim {
namespace {

int power_of_two(const JsonCursor& at, int low, int high) {
    const auto value = static_cast<int>(at.integer(low, high));
    if ((value & (value - 1)) != 0) at.fail("is " + std::to_string(value) + ", expected a power of two");
    return value;
}

isa::ArrayConfig read_array(const JsonCursor& at) {
    at.object({"rows", "columns", "max_m", "slots", "west_lines", "north_value_lines", "north_index_lines",
               "result_addresses", "instructions", "vmem_lines", "burst_lines", "piece_fifo", "line_fifo",
               "store_fifo"});
    isa::ArrayConfig array;
    array.rows = static_cast<int>(at.at("rows").integer(1, 256));
    array.columns = static_cast<int>(at.at("columns").integer(4, 256));
    if (array.columns % 4 != 0) at.at("columns").fail("is no multiple of 4");
    array.max_m = power_of_two(at.at("max_m"), 4, 16);
    array.slots = power_of_two(at.at("slots"), 1, 64);
    constexpr int kLines = 65535;
    array.west_lines = static_cast<int>(at.at("west_lines").integer(2, kLines));
    array.north_value_lines = static_cast<int>(at.at("north_value_lines").integer(2, kLines));
    array.north_index_lines = static_cast<int>(at.at("north_index_lines").integer(2, kLines));
    array.result_addresses = power_of_two(at.at("result_addresses"), 2, kLines);
    array.instructions = static_cast<int>(at.at("instructions").integer(16, kLines));
    array.vmem_lines = static_cast<int>(at.at("vmem_lines").integer(2, kLines));
    array.burst_lines = power_of_two(at.at("burst_lines"), 1, 256);
    array.piece_fifo = static_cast<int>(at.at("piece_fifo").integer(4, kLines));
    array.line_fifo = static_cast<int>(at.at("line_fifo").integer(1, kLines));
    array.store_fifo = static_cast<int>(at.at("store_fifo").integer(2, kLines));
    // contract.md §9: a burst must fit the FIFOs that it passes.
    if (array.line_fifo < array.burst_lines) at.at("line_fifo").fail("is smaller than burst_lines");
    if (array.store_fifo < array.burst_lines + 1) at.at("store_fifo").fail("is smaller than burst_lines + 1");
    return array;
}

MemoryTimes read_times(const JsonCursor& at) {
    at.object({"cl", "rcd", "rp", "ras", "wr", "wtr", "rtw", "refi", "rfc", "ctrl", "phy"});
    const auto time = [&at](const char* key) { return read_figure(at.at(key), "ns", 0, 1e6); };
    MemoryTimes times{time("cl"),  time("rcd"),  time("rp"),  time("ras"),  time("wr"), time("wtr"),
                      time("rtw"), time("refi"), time("rfc"), time("ctrl"), time("phy")};
    if (times.refi.value <= 2 * times.rfc.value)
        at.at("refi").fail("leaves no time between refreshes, expected more than twice rfc");
    return times;
}

void read_memory(const JsonCursor& at, Hardware& hardware) {
    at.object({"kind", "channels", "capacity", "timing"});
    const std::string kind = at.at("kind").text();
    if (kind != "ddr4" && kind != "ideal")
        at.at("kind").fail("is \"" + kind + "\", expected \"ddr4\" or \"ideal\"");
    hardware.memory_kind = kind == "ddr4" ? dram::MemoryKind::Ddr4 : dram::MemoryKind::Ideal;
    hardware.array.channels = power_of_two(at.at("channels"), 1, 4);
    hardware.memory_capacity = read_figure(at.at("capacity"), "byte", 1e6, 1e13);
    hardware.times = read_times(at.at("timing"));
}

HostFigures read_host(const JsonCursor& at) {
    at.object({"pcie_bandwidth", "pcie_latency", "memory_bandwidth", "arithmetic_rate"}, {"memory_capacity"});
    HostFigures host{read_figure(at.at("pcie_bandwidth"), "byte/s", 1, kLargestFigure),
                     read_figure(at.at("pcie_latency"), "s", 0, 1),
                     read_figure(at.at("memory_bandwidth"), "byte/s", 1, kLargestFigure),
                     read_figure(at.at("arithmetic_rate"), "flop/s", 1, kLargestFigure)};
    if (at.has("memory_capacity")) host.memory_capacity = read_figure(at.at("memory_capacity"), "byte", 1);
    return host;
}

EventFigures read_events(const JsonCursor& at) {
    at.object({"fp16_multiply", "fp32_add", "vector_operation", "west_read", "north_read", "result_access",
               "onchip_write", "vmem_access", "cmem_access", "ddr4_activate", "ddr4_read", "ddr4_write",
               "ddr4_io", "ddr4_refresh", "axi_beat", "pcie_byte"});
    const auto joules = [&at](const char* key) { return read_figure(at.at(key), "J", 0, 1); };
    return {
        joules("fp16_multiply"), joules("fp32_add"),      joules("vector_operation"), joules("west_read"),
        joules("north_read"),    joules("result_access"), joules("onchip_write"),     joules("vmem_access"),
        joules("cmem_access"),   joules("ddr4_activate"), joules("ddr4_read"),        joules("ddr4_write"),
        joules("ddr4_io"),       joules("ddr4_refresh"),  joules("axi_beat"),         joules("pcie_byte")};
}

PowerFigures read_power(const JsonCursor& at) {
    at.object({"accelerator_static", "ddr4_background", "host_busy"});
    const auto watts = [&at](const char* key) { return read_figure(at.at(key), "W", 0, 1e6); };
    return {watts("accelerator_static"), watts("ddr4_background"), watts("host_busy")};
}

Hardware read_hardware(const JsonCursor& root, const std::string& name) {
    root.object(
        {"format", "version", "name", "description", "clock_hz", "array", "memory", "host", "energy"});
    if (root.at("format").text() != "satsim-hardware")
        root.at("format").fail("is not \"satsim-hardware\": no hardware file");
    (void)root.at("version").integer(1, 1);
    Hardware hardware;
    hardware.file = name;
    hardware.name = root.at("name").name();
    hardware.description = root.at("description").text();
    hardware.clock_hz = root.at("clock_hz").number(1e6, 2e9);
    hardware.array = read_array(root.at("array"));
    read_memory(root.at("memory"), hardware);
    hardware.host = read_host(root.at("host"));
    const JsonCursor energy = root.at("energy");
    energy.object({"model", "events", "power"});
    hardware.energy_model = energy.at("model").text();
    hardware.events = read_events(energy.at("events"));
    hardware.power = read_power(energy.at("power"));
    if (hardware.memory_config().ddr4.refi < 2)
        root.at("clock_hz").fail("is too slow for the memory's refresh interval");
    return hardware;
}

}  // namespace

Hardware load_hardware(const std::filesystem::path& path) {
    const nlohmann::json document = parse_json_file(path);
    return read_hardware(JsonCursor(document, path.string()), path.string());
}

Hardware parse_hardware(std::string_view text, const std::string& name) {
    return parse_hardware_document(parse_json_text(text, name), name);
}

Hardware parse_hardware_document(const nlohmann::json& document, const std::string& name) {
    return read_hardware(JsonCursor(document, name), name);
}

}  // namespace satsim
