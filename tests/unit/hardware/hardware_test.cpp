// The hardware parser: what it reads, and that every fault names file, pointer and expectation.
#include "runtime/hardware/hardware.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>

#include "runtime/hardware/buildable.hpp"
#include "runtime/support/error.hpp"
#include "runtime/support/json_cursor.hpp"

namespace satsim {
namespace {

using nlohmann::json;

json shipped(const std::string& name) {
    return parse_json_file(SATSIM_SOURCE_DIR "/models/hardware/" + name + ".json");
}

// The message of the InputError that `change` to the default file provokes; "" when it is accepted.
std::string fault(const std::function<void(json&)>& change) {
    json document = shipped("vcu1525-sat32");
    change(document);
    try {
        (void)parse_hardware(document.dump(), "h.json");
    } catch (const InputError& error) {
        return error.what();
    }
    return "";
}

TEST(Hardware, DefaultsOfTheModelAreTheDefaultFile) {
    const Hardware hardware = load_hardware(SATSIM_SOURCE_DIR "/models/hardware/vcu1525-sat32.json");
    EXPECT_EQ(hardware.array, isa::ArrayConfig{});
    EXPECT_EQ(hardware.memory_config(), dram::MemoryConfig{});
    EXPECT_EQ(hardware.clock_hz, 200e6);
    EXPECT_EQ(hardware.peak_macs(), 1024);
    EXPECT_EQ(hardware.capacity_bytes(), Bytes{64} << 30);
}

TEST(Hardware, SliceIsTheContractsThinSlice) {
    const Hardware hardware = load_hardware(SATSIM_SOURCE_DIR "/models/hardware/sat4-slice.json");
    EXPECT_EQ(hardware.array.rows, 4);
    EXPECT_EQ(hardware.array.west_lines, 128);
    EXPECT_EQ(hardware.array.instructions, 4096);
    EXPECT_EQ(hardware.memory_config().channels, 1);
}

TEST(Hardware, NanosecondsBecomeCyclesRoundedUpAndTheRefreshIntervalDown) {
    json document = shipped("vcu1525-sat32");
    document["clock_hz"] = 250e6;  // 4 ns
    const dram::Ddr4Timing timing = parse_hardware(document.dump(), "h").memory_config().ddr4;
    EXPECT_EQ(timing.cl, 4);   // 14.16 / 4 = 3.54
    EXPECT_EQ(timing.ras, 8);  // 32 / 4, exactly
    EXPECT_EQ(timing.refi, 1950);
    document["clock_hz"] = 130e6;
    EXPECT_EQ(parse_hardware(document.dump(), "h").memory_config().ddr4.refi, 1014);
    document["clock_hz"] = 190e6;
    EXPECT_EQ(parse_hardware(document.dump(), "h").memory_config().ddr4.rfc, 67);  // 66.5
}

TEST(Hardware, FaultsNameFilePointerAndExpectation) {
    EXPECT_EQ(fault([](json& d) { d["array"]["rows"] = "x"; }),
              "h.json: /array/rows: is \"x\", expected an integer from 1 to 256");
    EXPECT_EQ(fault([](json& d) { d["array"]["columns"] = 6; }),
              "h.json: /array/columns: is no multiple of 4");
    EXPECT_EQ(fault([](json& d) { d["array"]["slots"] = 6; }),
              "h.json: /array/slots: is 6, expected a power of two");
    EXPECT_EQ(fault([](json& d) { d["memory"]["timing"]["cl"]["unit"] = "s"; }),
              "h.json: /memory/timing/cl/unit: is \"s\", expected \"ns\"");
    EXPECT_EQ(fault([](json& d) { d["memory"]["timing"]["cl"].erase("source"); }),
              "h.json: /memory/timing/cl: lacks the field \"source\"");
    EXPECT_EQ(fault([](json& d) { d["energy"]["power"]["fan"] = 1; }),
              "h.json: /energy/power: has the unknown field \"fan\", expected one of accelerator_static, "
              "ddr4_background, host_busy");
    EXPECT_EQ(fault([](json& d) { d["energy"]["events"]["axi_beat"]["value"] = -1; }),
              "h.json: /energy/events/axi_beat/value: is -1, expected a number from 0 to 1");
    EXPECT_EQ(fault([](json& d) { d["array"]["line_fifo"] = 8; }),
              "h.json: /array/line_fifo: is smaller than burst_lines");
    EXPECT_EQ(fault([](json& d) { d["format"] = "network"; }),
              "h.json: /format: is not \"satsim-hardware\": no hardware file");
    EXPECT_EQ(fault([](json& d) { d = json::array(); }), "h.json: /: is [], expected an object");
    EXPECT_EQ(fault([](json& d) { d["memory"]["kind"] = "hbm"; }),
              "h.json: /memory/kind: is \"hbm\", expected \"ddr4\" or \"ideal\"");
    EXPECT_EQ(fault([](json&) {}), "");
}

// Removing any field anywhere, or giving any leaf another type, is noticed and named.
TEST(Hardware, NoFieldCanBeMissingOrOfAnotherType) {
    const json original = shipped("vcu1525-sat32");
    int tried = 0;
    const json leaves = original.flatten();
    for (const auto& [pointer, value] : leaves.items()) {
        if (pointer == "/$schema") continue;
        const json::json_pointer where(pointer);
        for (const bool remove : {true, false}) {
            json document = original;
            if (remove)
                document[where.parent_pointer()].erase(where.back());
            else
                document[where] = json::object();
            try {
                (void)parse_hardware(document.dump(), "h.json");
                ADD_FAILURE() << pointer << " accepted";
            } catch (const InputError& error) {
                EXPECT_EQ(error.pointer(),
                          remove ? (where.parent_pointer().empty() ? "/" : where.parent_pointer().to_string())
                                 : pointer);
                ++tried;
            }
        }
    }
    EXPECT_GT(tried, 200);
}

TEST(Hardware, MalformedJsonNamesThePlace) {
    const auto message = [](const std::string& text) -> std::string {
        try {
            (void)parse_hardware(text, "h.json");
        } catch (const InputError& error) {
            return error.what();
        }
        return "";
    };
    EXPECT_EQ(message("{\n \"a\": }"), "h.json: malformed JSON at line 2, column 7, expected one JSON value");
    EXPECT_NE(message(""), "");
    EXPECT_NE(message("{} {}"), "");
    EXPECT_NE(message("\"\xff\""), "");
    EXPECT_EQ(message("{\"a\": 1, \"a\": 2}"), "h.json: key \"a\" appears twice in one object");
    EXPECT_THROW((void)load_hardware("/nonexistent.json"), InputError);
    EXPECT_THROW((void)load_hardware("/"), InputError);
}

// Whatever files and options are called, what main prints of an error is one line.
TEST(Hardware, AnErrorIsOneLine) {
    const InputError error("a\nb.json", "/x\ty", std::string("is \x01\x7f\r, not \xc3\xa4"));
    EXPECT_STREQ(error.what(), "a\\nb.json: /x\\ty: is \\x01\\x7f\\x0d, not \xc3\xa4");
    EXPECT_EQ(error.where(), "a\nb.json");
    EXPECT_EQ(error.message(), "is \x01\x7f\r, not \xc3\xa4");
    EXPECT_EQ(fault([](json& d) { d["name"] = "a\nb"; }),
              "h.json: /name: is \"a\\nb\", expected a name without control characters");
}

TEST(Hardware, ChannelsOverride) {
    const Hardware hardware = load_hardware(SATSIM_SOURCE_DIR "/models/hardware/vcu1525-sat32.json");
    EXPECT_EQ(with_channels(hardware, 1, "--channels").memory_config().channels, 1);
    EXPECT_EQ(with_channels(hardware, 1, "--channels").capacity_bytes(), hardware.capacity_bytes());
    EXPECT_THROW((void)with_channels(hardware, 3, "--channels"), InputError);
}

TEST(Hardware, TheSlicesOfTheRtlCanBeBuilt) {
    isa::ArrayConfig array;
    EXPECT_EQ(unbuildable(array), "");
    array.columns = 64;
    array.channels = 1;
    EXPECT_NE(unbuildable(array), "");
    array.channels = 2;
    EXPECT_EQ(unbuildable(array), "");
}

// Each refusal is one of the RTL's own (stce.sv, sat_core.sv, sat_top.sv); tools/check_rtl.sh tries that of
// S.
TEST(Hardware, WhatTheRtlRefusesCannotBeBuilt) {
    const auto refusal = [](int isa::ArrayConfig::*size, int value) {
        isa::ArrayConfig array;
        array.*size = value;
        return unbuildable(array);
    };
    for (const int slots : {2, 4, 8, 16}) EXPECT_EQ(refusal(&isa::ArrayConfig::slots, slots), "");
    for (const int slots : {1, 3, 12, 32}) {
        EXPECT_EQ(refusal(&isa::ArrayConfig::slots, slots),
                  "slots is " + std::to_string(slots) + ", expected a power of two from 2 to 16");
    }
    EXPECT_NE(refusal(&isa::ArrayConfig::channels, 8), "");
    EXPECT_NE(refusal(&isa::ArrayConfig::burst_lines, 12), "");
    EXPECT_NE(refusal(&isa::ArrayConfig::burst_lines, 128), "");
    EXPECT_NE(refusal(&isa::ArrayConfig::instructions, 4100), "");
}

}  // namespace
}  // namespace satsim
