// The reader of GPU device files: what it reads, and that every fault names file, pointer and expectation.
#include "runtime/gpu_model/device.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "runtime/gpu_model/basis.hpp"
#include "runtime/support/error.hpp"
#include "runtime/support/json_cursor.hpp"
#include "tests/unit/gpu_model/shipped.hpp"

namespace satsim::gpu {
namespace {

using nlohmann::json;

// The message of the InputError that `change` to H100's file provokes; "" when it is accepted.
std::string fault(const std::function<void(json&)>& change) {
    json document = parse_json_file(path_of("h100"));
    change(document);
    try {
        (void)parse_device(document.dump(), "g.json");
    } catch (const InputError& error) {
        return error.what();
    }
    return "";
}

TEST(GpuDevice, EveryShippedFileIsReadAndNamedLikeItsFile) {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(SATSIM_SOURCE_DIR "/models/gpus"))
        files += entry.path().extension() == ".json" ? 1U : 0U;
    EXPECT_EQ(files, kShipped.size());
    for (const std::string& name : kShipped) EXPECT_EQ(shipped(name).name, name);
}

TEST(GpuDevice, FiguresArePublishedOnes) {
    const Device a100 = shipped("a100");
    EXPECT_EQ(a100.compute.sm_count.value, 108);
    EXPECT_EQ(a100.compute.tensor_dense.value, 312e12);
    EXPECT_TRUE(a100.compute.tensor_dense.verified);
    EXPECT_EQ(a100.memory.bandwidth.value, 2.039e12);
    EXPECT_TRUE(a100.has_sparse_tensor_cores());
    EXPECT_FALSE(shipped("rtx2080ti").has_sparse_tensor_cores());
    EXPECT_FALSE(shipped("jetson-agx-xavier").has_sparse_tensor_cores());
}

// An assumption cannot pass for a checked figure.
TEST(GpuDevice, WhatIsFromMemoryOrAssumedIsNotVerified) {
    for (const std::string& name : kShipped) {
        const Device device = shipped(name);
        for (const NamedFigure& f : figures(device)) {
            const bool doubtful = f.figure->source.find("from memory") != std::string::npos ||
                                  f.figure->source.find("assumption") != std::string::npos;
            EXPECT_FALSE(doubtful && f.figure->verified) << name << ": " << f.name;
        }
    }
}

TEST(GpuDevice, FaultsNameFilePointerAndExpectation) {
    EXPECT_EQ(fault([](json& d) { d["compute"]["sm_count"]["value"] = 131.5; }),
              "g.json: /compute/sm_count/value: is no whole number");
    EXPECT_EQ(fault([](json& d) { d["compute"]["clock"]["unit"] = "MHz"; }),
              "g.json: /compute/clock/unit: is \"MHz\", expected \"Hz\"");
    EXPECT_EQ(
        fault([](json& d) { d["compute"]["tensor_sparse"]["value"] = 1e12; }),
        "g.json: /compute/tensor_sparse: is not above tensor_dense, expected 0 where there are no sparse "
        "tensor cores");
    EXPECT_EQ(fault([](json& d) { d["memory"]["l2_bandwidth"]["value"] = 1e12; }),
              "g.json: /memory/l2_bandwidth: is below the bandwidth of the memory behind it");
    EXPECT_EQ(fault([](json& d) { d["kernels"]["tiles"] = json::array(); }),
              "g.json: /kernels/tiles: has 0 elements, expected at least 1");
    EXPECT_EQ(fault([](json& d) { d["kernels"]["tiles"][0]["m"] = 8; }),
              "g.json: /kernels/tiles/0/m: is 8, expected an integer from 16 to 512");
    EXPECT_EQ(fault([](json& d) { d["kernels"]["memory_efficiency"]["value"] = 1.1; }),
              "g.json: /kernels/memory_efficiency/value: is 1.1, expected a number from 0.01 to 1");
    EXPECT_EQ(fault([](json& d) { d["power"]["idle"]["value"] = 700; }),
              "g.json: /power/idle: is not below board, the limit");
    EXPECT_EQ(fault([](json& d) { d["format"] = "satsim-hardware"; }),
              "g.json: /format: is not \"satsim-gpu\": no GPU device file");
    EXPECT_EQ(fault([](json& d) { d["power"]["fan"] = 1; }),
              "g.json: /power: has the unknown field \"fan\", expected one of board, idle, tensor_flop, "
              "fp32_flop, dram_byte, active, burst");
    EXPECT_EQ(fault([](json&) {}), "");
}

// How the recordings were timed stands in the files that are fitted to some, and in no other.
TEST(GpuDevice, FittedFilesSayHowTheirRecordingsWereTimed) {
    EXPECT_EQ(shipped("h100").kernels.timing, TimingConvention::Calls);
    EXPECT_EQ(shipped("h200").kernels.timing, TimingConvention::GraphReplays);
    for (const std::string& name : kShipped) {
        const Device device = shipped(name);
        EXPECT_EQ(device.kernels.timing.has_value(), basis_of_times(device) == Basis::Fitted) << name;
        EXPECT_EQ(device.kernels.timing_source.empty(), !device.kernels.timing) << name;
    }
    EXPECT_EQ(fault([](json& d) {
                  d["kernels"].erase("timing");
                  d["kernels"].erase("timing_source");
              }),
              "");
    EXPECT_EQ(fault([](json& d) { d["kernels"].erase("timing"); }),
              "g.json: /kernels: has one of timing and timing_source, expected both or neither");
    EXPECT_EQ(fault([](json& d) { d["kernels"]["timing"] = "graphs"; }),
              "g.json: /kernels/timing: is \"graphs\", expected \"calls\" or \"graph replays\"");
}

// Joules of cards that were never measured are told from fitted ones.
TEST(GpuDevice, BasisOfTimesAndJoules) {
    for (const std::string& name : kShipped) {
        const Basis expected = name == "h100" || name == "h200" ? Basis::Fitted : Basis::Assumed;
        EXPECT_EQ(basis_of_times(shipped(name)), expected) << name;
        EXPECT_EQ(basis_of_joules(shipped(name)), expected) << name;
    }
    // Times of a device may be fitted where no energy was read; both figures of joules have to be.
    Device device = shipped("h100");
    device.power.dram_byte.source = "assumption: as of another";
    EXPECT_EQ(basis_of_joules(device), Basis::Assumed);
    EXPECT_EQ(basis_of_times(device), Basis::Fitted);
    device.power.tensor_flop.source = "assumption: as of another";
    EXPECT_EQ(basis_of_joules(device), Basis::Assumed);
    EXPECT_STREQ(to_string(Basis::Fitted), "fitted");
    EXPECT_STREQ(to_string(Basis::Assumed), "assumed");
}

// Removing any field anywhere, or giving any leaf another type, is noticed and named.
TEST(GpuDevice, NoFieldCanBeMissingOrOfAnotherType) {
    const json original = parse_json_file(path_of("h100"));
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
            EXPECT_THROW((void)parse_device(document.dump(), "g.json"), InputError) << pointer;
            ++tried;
        }
    }
    EXPECT_GT(tried, 150);
}

TEST(GpuDevice, MalformedFilesAreRefused) {
    EXPECT_THROW((void)parse_device("{\"a\": ", "g.json"), InputError);
    EXPECT_THROW((void)parse_device("[]", "g.json"), InputError);
    EXPECT_THROW((void)load_device("/nonexistent.json"), InputError);
}

}  // namespace
}  // namespace satsim::gpu
