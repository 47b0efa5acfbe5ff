#include "runtime/synth/device.hpp"

#include "runtime/support/json_cursor.hpp"

namespace satsim::synth {
namespace {

constexpr std::int64_t kMost = 100'000'000;
constexpr double kLongest = 100;  // ns

Resources read_resources(const JsonCursor& at) {
    const auto value = [&at](const char* key) { return at.at(key).integer(0, kMost); };
    return {value("lut"), value("ff"), value("dsp"), 2 * value("bram36"), value("uram")};
}

Figure read_delay(const JsonCursor& at) {
    at.object({"value", "unit", "source", "verified"});
    Figure figure{at.at("value").number(0, kLongest), at.at("unit").text(), at.at("source").text(),
                  at.at("verified").boolean()};
    if (figure.unit != "ns") at.at("unit").fail("is \"" + figure.unit + "\", expected \"ns\"");
    return figure;
}

Delays read_delays(const JsonCursor& at) {
    at.object({"clock_uncertainty", "net", "register_clock_to_out", "register_setup", "lut", "mux",
               "carry_enter", "carry_step", "carry_leave", "lutram_clock_to_out", "lutram_setup",
               "bram_clock_to_out", "bram_setup", "uram_clock_to_out", "uram_setup", "dsp_combinational",
               "dsp_setup", "dsp_clock_to_out"});
    Delays delays;
    for (const NamedDelay& delay : named_delays()) delays.*delay.figure = read_delay(at.at(delay.name));
    return delays;
}

Device read_device(const JsonCursor& root) {
    root.object({"format", "version", "name", "description", "yosys_family", "total", "shell", "delays"});
    if (root.at("format").text() != "satsim-device")
        root.at("format").fail("is not \"satsim-device\": no device file");
    (void)root.at("version").integer(1, 1);
    Device device;
    device.name = root.at("name").name();
    device.description = root.at("description").text();
    device.yosys_family = root.at("yosys_family").text();
    if (device.yosys_family.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") != std::string::npos)
        root.at("yosys_family").fail("is no family of synth_xilinx");
    const JsonCursor total = root.at("total");
    total.object({"lut", "ff", "dsp", "bram36", "uram", "source", "verified"});
    device.total = read_resources(total);
    device.total_source = total.at("source").text();
    (void)total.at("verified").boolean();
    const JsonCursor shell = root.at("shell");
    shell.object({"source", "verified", "total", "regions"});
    device.shell_source = shell.at("source").text();
    (void)shell.at("verified").boolean();
    shell.at("total").object({"lut", "ff", "dsp", "bram36", "uram"});
    device.shell_total = read_resources(shell.at("total"));
    const JsonCursor regions = shell.at("regions");
    for (std::size_t i = 0; i < regions.size(1); ++i) {
        const JsonCursor region = regions.at(i);
        region.object({"name", "lut", "ff", "dsp", "bram36", "uram"});
        device.regions.push_back({region.at("name").name(), read_resources(region)});
    }
    if (device.regions.size() > 4) regions.fail("has more than four regions");
    device.delays = read_delays(root.at("delays"));
    return device;
}

}  // namespace

const std::vector<NamedDelay>& named_delays() {
    static const std::vector<NamedDelay> all = {
        {"clock_uncertainty", &Delays::clock_uncertainty},
        {"net", &Delays::net},
        {"register_clock_to_out", &Delays::register_clock_to_out},
        {"register_setup", &Delays::register_setup},
        {"lut", &Delays::lut},
        {"mux", &Delays::mux},
        {"carry_enter", &Delays::carry_enter},
        {"carry_step", &Delays::carry_step},
        {"carry_leave", &Delays::carry_leave},
        {"lutram_clock_to_out", &Delays::lutram_clock_to_out},
        {"lutram_setup", &Delays::lutram_setup},
        {"bram_clock_to_out", &Delays::bram_clock_to_out},
        {"bram_setup", &Delays::bram_setup},
        {"uram_clock_to_out", &Delays::uram_clock_to_out},
        {"uram_setup", &Delays::uram_setup},
        {"dsp_combinational", &Delays::dsp_combinational},
        {"dsp_setup", &Delays::dsp_setup},
        {"dsp_clock_to_out", &Delays::dsp_clock_to_out},
    };
    return all;
}

Device load_device(const std::filesystem::path& path) {
    const nlohmann::json document = parse_json_file(path);
    return read_device(JsonCursor(document, path.string()));
}

Device parse_device(std::string_view text, const std::string& name) {
    const nlohmann::json document = parse_json_text(text, name);
    return read_device(JsonCursor(document, name));
}

}  // namespace satsim::synth
