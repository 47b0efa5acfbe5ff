#include "runtime/synth/memory_map.hpp"

#include <cctype>

#include "runtime/synth/resources.hpp"

namespace satsim::synth {
namespace {

bool is_ram(const std::string& type) {
    return is_lutram(type) || is_bram(type) || is_uram(type);
}

// "gen_lane[3].memory_q" as "gen_lane[*].memory_q".
std::string without_indices(const std::string& name) {
    std::string text;
    for (std::size_t i = 0; i < name.size(); ++i) {
        text += name[i];
        if (name[i] != '[') continue;
        text += '*';
        while (i + 1 < name.size() && std::isdigit(static_cast<unsigned char>(name[i + 1])) != 0) ++i;
    }
    return text;
}

// The cells of a memory are called by it, with two numbers: "fifo.storage_q.0.12".
std::string memory_of(const std::string& cell) {
    std::string name = cell;
    for (int part = 0; part < 2; ++part) {
        const std::size_t dot = name.rfind('.');
        if (dot == std::string::npos || name.find_first_not_of("0123456789", dot + 1) != std::string::npos)
            return cell;
        name.erase(dot);
    }
    return name;
}

struct Named {
    std::string path;
    const Memory* memory;
};

void collect(const Elaboration& elaboration, const std::string& key, const Plan& plan,
             const std::string& path, std::vector<Named>& list) {
    const Module& module = elaboration.modules.at(key);
    for (const Memory& memory : module.memories) list.push_back({path + memory.name, &memory});
    for (const Instance& instance : module.instances) {
        if (!plan.blocks.contains(elaboration.modules.at(instance.module).module))
            collect(elaboration, instance.module, plan, path + instance.name + ".", list);
    }
}

}  // namespace

std::string MemoryUse::fault() const {
    bool block = false;
    bool ultra = false;
    bool lut = false;
    for (const auto& [type, number] : cells) {
        block = block || is_bram(type);
        ultra = ultra || is_uram(type);
        lut = lut || is_lutram(type);
    }
    const std::string found = cells.empty() ? "in registers or unused"
                              : ultra       ? "in UltraRAM"
                              : block       ? "in block RAM"
                                            : "in distributed RAM";
    if (style == "block" && (!block || ultra || lut)) return "meant for block RAM, is " + found;
    if (style == "ultra" && (!ultra || block || lut)) return "meant for UltraRAM, is " + found;
    if (style == "distributed" && (!lut || block || ultra)) return "meant for distributed RAM, is " + found;
    if (style.empty() && width * words > kUndeclared) return "says not what it is meant to be, is " + found;
    return "";
}

std::vector<MemoryUse> map_memories(const Elaboration& elaboration, const std::string& module,
                                    const Plan& plan, const Netlist& netlist) {
    std::map<std::string, std::map<std::string, std::int64_t>> cells;
    for (const Cell& cell : netlist.cells) {
        if (is_ram(cell.type)) ++cells[memory_of(cell.name)][cell.type];
    }
    std::vector<Named> memories;
    collect(elaboration, module, plan, "", memories);
    std::map<std::string, MemoryUse> uses;
    for (const Named& named : memories) {
        const Memory& memory = *named.memory;
        const auto found = cells.find(named.path);
        const std::string name = without_indices(named.path);
        // Memories of one loop that came out in different ways are told apart.
        std::string key = name;
        if (found != cells.end()) {
            for (const auto& [type, number] : found->second) key += " " + type;
        }
        MemoryUse& use = uses[key];
        use.name = name;
        use.width = memory.width;
        use.words = memory.words;
        use.style = memory.style;
        ++use.memories;
        if (found == cells.end()) continue;
        for (const auto& [type, number] : found->second) use.cells[type] += number;
    }
    std::vector<MemoryUse> list;
    for (auto& [key, use] : uses) list.push_back(std::move(use));
    return list;
}

}  // namespace satsim::synth
