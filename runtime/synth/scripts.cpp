#include "runtime/synth/scripts.hpp"

#include <fmt/format.h>

namespace satsim::synth {
namespace {

namespace fs = std::filesystem;

// Deferred: a module is elaborated where it is used, not once more with its default parameters.
std::string read_command(const std::string& file, const char* options = "") {
    return fmt::format("read_verilog -sv -defer{} \"{}\"\n", options, file);
}

}  // namespace

std::string cell_library_script(const fs::path& output) {
    return fmt::format(
        "read_verilog -lib -specify +/xilinx/cells_sim.v\n"
        "read_verilog -lib +/xilinx/cells_xtra.v\n"
        "write_rtlil \"{}\"\n",
        output.string());
}

std::string hierarchy_script(const Sources& sources, const std::string& module,
                             const std::map<std::string, std::string>& parameters, const fs::path& output) {
    std::string script;
    for (const fs::path& file : sources.files) script += read_command(file.string());
    script += "hierarchy -check -top " + module;
    for (const auto& [name, value] : parameters) script += " -chparam " + name + " " + value;
    return script + fmt::format(
                        "\ndelete p:*\n"
                        "select -set own t:$* t:$paramod* %d\n"
                        "delete @own\n"
                        "write_json \"{}\"\n",
                        output.string());
}

std::string block_script(const BlockSources& sources, const std::string& module,
                         const std::map<std::string, std::string>& parameters, const std::string& family,
                         const fs::path& cells, const fs::path& output) {
    std::string script = fmt::format("read_rtlil \"{}\"\n", cells.string()) + read_command(sources.package);
    for (const std::string& file : sources.own) script += read_command(file);
    for (const std::string& file : sources.interior) script += read_command(file, " -lib");
    std::string list;
    for (const auto& [name, value] : parameters)
        list += fmt::format("{}.{}({})", list.empty() ? "" : ", ", name, value);
    return script + fmt::format(
                        "read_verilog -sv <<EOT\nmodule satsim_holder;\n  {} #({}) unit ();\nendmodule\nEOT\n"
                        "hierarchy -check -top satsim_holder\n"
                        "delete satsim_holder\n"
                        "hierarchy -check -auto-top\n"
                        "synth_xilinx -family {} -noiopad -noclkbuf -nowidelut -flatten -run prepare:\n"
                        "hierarchy -check -purge_lib\n"
                        "write_json \"{}\"\n",
                        module, list, family, output.string());
}

}  // namespace satsim::synth
