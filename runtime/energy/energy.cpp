#include "runtime/energy/energy.hpp"

namespace satsim::energy {

Events& Events::operator+=(const Events& other) {
    mac_slots += other.mac_slots;
    vector_operations += other.vector_operations;
    west_words += other.west_words;
    north_bytes += other.north_bytes;
    result_accesses += other.result_accesses;
    onchip_writes += other.onchip_writes;
    vmem_words += other.vmem_words;
    cmem_values += other.cmem_values;
    ddr4_activates += other.ddr4_activates;
    ddr4_reads += other.ddr4_reads;
    ddr4_writes += other.ddr4_writes;
    ddr4_refreshes += other.ddr4_refreshes;
    pcie_bytes += other.pcie_bytes;
    return *this;
}

Events Events::operator*(std::int64_t times) const {
    return {.mac_slots = mac_slots * times,
            .vector_operations = vector_operations * times,
            .west_words = west_words * times,
            .north_bytes = north_bytes * times,
            .result_accesses = result_accesses * times,
            .onchip_writes = onchip_writes * times,
            .vmem_words = vmem_words * times,
            .cmem_values = cmem_values * times,
            .ddr4_activates = ddr4_activates * times,
            .ddr4_reads = ddr4_reads * times,
            .ddr4_writes = ddr4_writes * times,
            .ddr4_refreshes = ddr4_refreshes * times,
            .pcie_bytes = pcie_bytes * times};
}

Events count_events(const Execution& execution, int channels) {
    Events events;
    events.mac_slots = execution.counters.mac_slots;
    events.vector_operations = execution.counters.vector_elements;
    events.west_words = execution.counters.west_words;
    events.north_bytes = execution.counters.north_lines_bytes;
    events.result_accesses = execution.counters.result_reads + execution.counters.result_writes;
    events.onchip_writes = execution.counters.load_words;
    events.vmem_words = execution.counters.vmem_words;
    events.cmem_values = execution.counters.cmem_values;
    // Ganged channels: every command and every line is one of each channel.
    events.ddr4_activates = execution.memory.activates * channels;
    events.ddr4_reads = execution.memory.read_lines * channels;
    events.ddr4_writes = execution.memory.write_lines * channels;
    events.ddr4_refreshes = execution.memory.refreshes * channels;
    return events;
}

double Report::counted_joules() const {
    double sum = 0;
    for (const CountedEnergy& part : counted) sum += part.joules();
    return sum;
}

double Report::assumed_joules() const {
    double sum = 0;
    for (const AssumedEnergy& part : assumed) sum += part.joules();
    return sum;
}

namespace {

// What is counted and what is assumed, part by part: counted(name, group, events, joules of one) and
// assumed(name, seconds, watts, how many of them).
template <typename Counted, typename Assumed>
void for_each_part(const Hardware& hardware, const Events& events, const Times& times, Counted counted,
                   Assumed assumed) {
    const EventFigures& f = hardware.events;
    const std::int64_t beats = events.ddr4_reads + events.ddr4_writes;
    counted("FP16 multiplication", "arithmetic", events.mac_slots, f.fp16_multiply);
    counted("FP32 addition", "arithmetic", events.mac_slots, f.fp32_add);
    counted("vector operation", "arithmetic", events.vector_operations, f.vector_operation);
    counted("west buffer read, 8 bytes", "on-chip memory", events.west_words, f.west_read);
    counted("north buffer read, 1 byte", "on-chip memory", events.north_bytes, f.north_read);
    counted("result buffer access, 4 bytes", "on-chip memory", events.result_accesses, f.result_access);
    counted("on-chip write by LOAD, 8 bytes", "on-chip memory", events.onchip_writes, f.onchip_write);
    counted("vector memory access, 8 bytes", "on-chip memory", events.vmem_words, f.vmem_access);
    counted("coefficient memory access, 4 bytes", "on-chip memory", events.cmem_values, f.cmem_access);
    counted("DDR4 activate", "DRAM", events.ddr4_activates, f.ddr4_activate);
    counted("DDR4 read, 64 bytes", "DRAM", events.ddr4_reads, f.ddr4_read);
    counted("DDR4 write, 64 bytes", "DRAM", events.ddr4_writes, f.ddr4_write);
    counted("DDR4 interface, 64 bytes", "DRAM", beats, f.ddr4_io);
    counted("DDR4 refresh", "DRAM", events.ddr4_refreshes, f.ddr4_refresh);
    counted("AXI beat, 64 bytes", "interconnect", beats, f.axi_beat);
    counted("PCIe, 1 byte", "interconnect", events.pcie_bytes, f.pcie_byte);
    const PowerFigures& p = hardware.power;
    assumed("accelerator static power", times.step_seconds, p.accelerator_static, 1);
    assumed("DDR4 background power", times.step_seconds, p.ddr4_background, hardware.array.channels);
    assumed("host CPU while busy", times.host_seconds, p.host_busy, 1);
}

}  // namespace

Report make_report(const Hardware& hardware, const Events& events, const Times& times) {
    Report report;
    report.model = hardware.energy_model;
    for_each_part(
        hardware, events, times,
        [&](const char* name, const char* group, std::int64_t count, const Figure& each) {
            report.counted.push_back({name, group, count, each});
        },
        [&](const char* name, double seconds, const Figure& watts, int many) {
            report.assumed.push_back({name, seconds, watts, many});
        });
    return report;
}

double joules(const Hardware& hardware, const Events& events, const Times& times) {
    double counted = 0;
    double assumed = 0;
    for_each_part(
        hardware, events, times,
        [&](const char*, const char*, std::int64_t count, const Figure& each) {
            counted += static_cast<double>(count) * each.value;
        },
        [&](const char*, double seconds, const Figure& watts, int many) {
            assumed += seconds * watts.value * many;
        });
    return counted + assumed;
}

}  // namespace satsim::energy
