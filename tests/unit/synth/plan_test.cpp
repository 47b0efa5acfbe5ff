// Device files, the plan of blocks, and the split over regions.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "runtime/support/error.hpp"
#include "runtime/synth/device.hpp"
#include "runtime/synth/floorplan.hpp"
#include "runtime/synth/plan.hpp"

namespace satsim::synth {
namespace {

using nlohmann::json;

json shipped(const std::string& file) {
    std::ifstream stream(std::string(SATSIM_SOURCE_DIR) + "/" + file);
    return json::parse(stream);
}

std::string device_fault(const json& document) {
    try {
        (void)parse_device(document.dump(), "d.json");
    } catch (const InputError& error) {
        return error.what();
    }
    return "";
}

TEST(DeviceFile, HoldsTheCardsFigures) {
    const Device device = parse_device(shipped("models/devices/xcvu9p.json").dump(), "d.json");
    EXPECT_EQ(device.total, (Resources{1182240, 2364480, 6840, 2 * 2160, 960}));
    ASSERT_EQ(device.regions.size(), 3U);
    EXPECT_EQ(device.regions[0].resources.lut, 354690);
    EXPECT_EQ(device.regions[1].resources.lut, 159739);
    EXPECT_EQ(device.regions[2].resources.lut, 354839);
}

TEST(DeviceFile, NoFieldCanBeMissing) {
    const json original = shipped("models/devices/xcvu9p.json");
    int tried = 0;
    const json leaves = original.flatten();
    for (const auto& [pointer, value] : leaves.items()) {
        const json::json_pointer where(pointer);
        if (pointer == "/$schema" || where.back() == "comment") continue;
        json document = original;
        document[where.parent_pointer()].erase(where.back());
        EXPECT_NE(device_fault(document), "") << pointer;
        ++tried;
    }
    EXPECT_GT(tried, 80);
}

TEST(DeviceFile, FaultsNameThePlace) {
    json document = shipped("models/devices/xcvu9p.json");
    document["delays"]["lut"]["unit"] = "ps";
    EXPECT_EQ(device_fault(document), "d.json: /delays/lut/unit: is \"ps\", expected \"ns\"");
    document = shipped("models/devices/xcvu9p.json");
    document["yosys_family"] = "xcup; shell";
    EXPECT_EQ(device_fault(document), "d.json: /yosys_family: is no family of synth_xilinx");
}

TEST(PlanFile, TakesTheParametersFromTheConfiguration) {
    isa::ArrayConfig array;
    array.rows = 16;
    array.max_m = 4;
    const Plan plan = parse_plan(shipped("rtl/synth/blocks.json").dump(), "p.json", array);
    EXPECT_EQ(plan.parameters.at("R"), "16");
    EXPECT_EQ(plan.parameters.at("MAXM"), "4");
    EXPECT_TRUE(plan.blocks.contains("uspe"));
    EXPECT_EQ(plan.blocks.at("west_row").numbered, "ROW");
    EXPECT_EQ(plan.row_ends.first, "north");
    EXPECT_EQ(plan.row_ends.last, "results");
    EXPECT_EQ(plan.row_ends.order, RowOrder::FromLastRegion);
}

TEST(PlanFile, RefusesAnEndThatIsNoGroup) {
    json document = shipped("rtl/synth/blocks.json");
    document["last_row_group"] = "south";
    EXPECT_THROW((void)parse_plan(document.dump(), "p.json", {}), InputError);
}

TEST(PlanFile, RefusesAnUnknownOrderOfRows) {
    json document = shipped("rtl/synth/blocks.json");
    document["first_row_region"] = "north";
    EXPECT_THROW((void)parse_plan(document.dump(), "p.json", {}), InputError);
}

TEST(PlanFile, RefusesWhatYosysCouldRunAsACommand) {
    json document = shipped("rtl/synth/blocks.json");
    document["top"] = "sat_core; shell rm";
    EXPECT_THROW((void)parse_plan(document.dump(), "p.json", {}), InputError);
    document = shipped("rtl/synth/blocks.json");
    document["parameters"]["R"] = "lines";
    EXPECT_THROW((void)parse_plan(document.dump(), "p.json", {}), InputError);
}

Device three_regions() {
    Device device;
    device.regions = {{"a", {.lut = 100}}, {"b", {.lut = 40}}, {"c", {.lut = 100}}};
    return device;
}

TEST(Split, RowsFollowTheRoom) {
    const auto uses = split({{"rows", {.lut = 120}}}, 12, {}, three_regions());
    ASSERT_EQ(uses.size(), 3U);
    EXPECT_EQ(uses[0].rows + uses[1].rows + uses[2].rows, 12);
    EXPECT_EQ(uses[0].rows, 5);
    EXPECT_EQ(uses[1].rows, 2);
    EXPECT_EQ(uses[2].rows, 5);
    EXPECT_EQ(uses[0].utilization, 0.5);
}

TEST(Split, GroupsStayWholeAndNothingIsLost) {
    const auto uses = split({{"rows", {.lut = 40}}, {"control", {.lut = 30}}, {"vector", {.lut = 60}}}, 4, {},
                            three_regions());
    std::int64_t sum = 0;
    for (const RegionUse& use : uses) {
        sum += use.used.lut;
        EXPECT_LE(use.utilization, 0.61);
        for (const std::string& group : use.groups) EXPECT_NE(group, "rows");
    }
    EXPECT_EQ(sum, 130);
}

// 4 rows of 10 LUTs and 3 wires (rounded up), and a group with wires.
TEST(Split, WiresAreShownBesideTheLuts) {
    const auto uses = split({{"rows", {.lut = 40, .wires = 11}}, {"vector", {.lut = 60, .wires = 20}}}, 4, {},
                            three_regions());
    for (const RegionUse& use : uses) {
        EXPECT_EQ(use.used.lut, 10 * use.rows + (use.groups.empty() ? 0 : 60));
        EXPECT_EQ(use.used.wires, 3 * use.rows + (use.groups.empty() ? 0 : 20));
        EXPECT_EQ(use.utilization,
                  static_cast<double>(use.used.lut) / static_cast<double>(use.available.lut));
        EXPECT_EQ(use.utilization_with_wires, static_cast<double>(use.used.lut + use.used.wires) /
                                                  static_cast<double>(use.available.lut));
    }
}

// By its LUTs alone the group would lie in the region where the fewest rows are.
TEST(Split, WiresCountInTheChoice) {
    const auto rows_beside = [](std::int64_t wires) {
        const auto uses =
            split({{"rows", {.lut = 400}}, {"vector", {.lut = 10, .wires = wires}}}, 40, {}, three_regions());
        for (const RegionUse& use : uses)
            if (!use.groups.empty()) return use.rows * 1000 / static_cast<int>(use.available.lut);
        return -1;
    };
    EXPECT_GT(rows_beside(0), rows_beside(90));
}

TEST(Split, WhatDoesNotFitIsShownAsItIs) {
    const auto uses = split({{"rows", {.lut = 960}}}, 32, {}, three_regions());
    double fullest = 0;
    for (const RegionUse& use : uses) fullest = std::max(fullest, use.utilization);
    EXPECT_GE(fullest, 4.0);
}

// As it likes, the split would put both ends into one region.
TEST(Split, TheEndsOfTheRowsLieWhereTheirGroupsDo) {
    Device device = three_regions();
    device.regions[2].resources.lut = 300;
    const std::map<std::string, Resources> groups = {
        {"rows", {.lut = 120}}, {"north", {.lut = 80}}, {"results", {.lut = 90}}};
    const auto free = split(groups, 12, {}, device);
    EXPECT_EQ(free[2].groups.size(), 2U);
    const auto uses = split(groups, 12, {"north", "results"}, device);
    const auto holder = [&uses](const std::string& group) {
        return *std::ranges::find_if(
            uses, [&](const RegionUse& use) { return std::ranges::count(use.groups, group) > 0; });
    };
    EXPECT_EQ(holder("north").first_row, 0);
    EXPECT_GT(holder("north").rows, 0);
    const RegionUse last = holder("results");
    EXPECT_EQ(last.first_row + last.rows, 12);
    EXPECT_NE(last.region, holder("north").region);
}

TEST(Split, TheFirstRowIsAtTheEndThatIsAskedFor) {
    for (const RowOrder order : {RowOrder::FromFirstRegion, RowOrder::FromLastRegion}) {
        const auto uses = split({{"rows", {.lut = 120}}}, 12, {"", "", order}, three_regions());
        EXPECT_EQ(uses[order == RowOrder::FromFirstRegion ? 0 : 2].first_row, 0);
    }
}

TEST(Split, RowsAreInOrderFromOneEndToTheOther) {
    for (const RowEnds& ends : {RowEnds{"n", "s"}, RowEnds{"s", "n"}}) {
        const auto uses =
            split({{"rows", {.lut = 120}}, {"n", {.lut = 1}}, {"s", {.lut = 20}}}, 12, ends, three_regions());
        const bool reversed = uses[0].first_row > uses[2].first_row;
        int next = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            const RegionUse& use = uses[reversed ? 2 - i : i];
            EXPECT_EQ(use.first_row, next);
            next += use.rows;
        }
        EXPECT_EQ(next, 12);
    }
}

}  // namespace
}  // namespace satsim::synth
