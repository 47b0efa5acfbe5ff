// From choices to configurations: identities, changed documents, what cannot be.
#include "runtime/sweep/configurations.hpp"

#include <gtest/gtest.h>

#include <set>

#include "runtime/support/error.hpp"
#include "tests/unit/sweep/documents.hpp"

namespace satsim::sweep {
namespace {

using test::sweep_of;

std::string id(const std::string& points) {
    const SweepFile sweep = sweep_of(R"("method": "list", "points": [)" + points + "]");
    return Configurations(sweep, test::load).key(points_of(sweep).front()).all().text();
}

TEST(Configurations, TheIdentityIsThatOfTheConfiguration) {
    const std::string base = id("{}");
    EXPECT_EQ(base.size(), 32U);
    // Other words for the same.
    for (const char* same :
         {R"({"/hardware": "sat4-slice"})", R"({"/hardware/array/rows": 4})",
          R"({"/hardware/clock_hz": 2e8})", R"({"/recipe": "bdwp-2:8"})", R"({"/recipe/nm": "2:8"})",
          R"({"/schedule/dataflow": "auto"})",
          R"({"/schedule/interleave": true, "/schedule/pregeneration": true})",
          R"({"/hardware/name": "mine"})", R"({"/hardware/energy/events/ddr4_read/source": "a guess"})"})
        EXPECT_EQ(id(same), base) << same;
    std::set<std::string> others;
    for (const char* other :
         {R"({"/hardware": "vcu1525-sat32"})", R"({"/hardware/array/rows": 8})",
          R"({"/hardware/array/columns": 8})", R"({"/hardware/clock_hz": 2.5e8})", R"({"/recipe": "dense"})",
          R"({"/recipe/nm": "1:8"})", R"({"/recipe/optimizer": "adam"})", R"({"/network/batch": 3})",
          R"({"/network/layers/0/out": 32})", R"({"/schedule/dataflow": "os"})",
          R"({"/schedule/interleave": false})", R"({"/batch": 2})",
          R"({"/hardware/energy/events/ddr4_read/value": 1e-9})", R"({"/recipe/dense_layers": ["fc"]})"}) {
        EXPECT_NE(id(other), base) << other;
        EXPECT_TRUE(others.insert(id(other)).second) << other;
    }
}

TEST(Configurations, AChangedFieldIsInTheConfiguration) {
    const SweepFile sweep = sweep_of(R"("method": "list", "points": [{"/hardware": "vcu1525-sat32",
        "/hardware/array/rows": 16, "/recipe/nm": "4:8", "/network/layers/0/out": 32, "/batch": 3,
        "/schedule/dataflow": "ws", "/schedule/interleave": false, "/schedule/pregeneration": false}, {}])");
    Configurations configurations(sweep, test::load);
    const std::vector<Choice> points = points_of(sweep);
    const Configuration changed = configurations.resolve(points[0]);
    EXPECT_EQ(changed.hardware.array.rows, 16);
    EXPECT_EQ(changed.hardware.array.columns, 32);
    EXPECT_EQ(changed.recipe.nm, (NmPattern{4, 8}));
    EXPECT_EQ(changed.recipe.name, "bdwp-4:8");
    EXPECT_EQ(changed.network->layers.front().out.channels, 32);
    EXPECT_EQ(changed.batch, 3);
    EXPECT_EQ(changed.options.dataflow, schedule::ScheduleOptions::DataflowChoice::WeightStationary);
    EXPECT_FALSE(changed.options.interleave);
    EXPECT_FALSE(changed.options.pregeneration);
    const Configuration base = configurations.resolve(points[1]);
    EXPECT_EQ(base.hardware.array.rows, 4);
    EXPECT_EQ(base.recipe.name, "bdwp-2:8");
    EXPECT_EQ(base.network->layers.front().out.channels, 16);
    EXPECT_EQ(base.batch, std::nullopt);
    EXPECT_EQ(configurations.value_text(points[0], 2), "16");
    EXPECT_EQ(configurations.value_text(points[1], 2), "base");
}

TEST(Configurations, APointerMustNameAField) {
    const auto make = [](const std::string& pointer) {
        const SweepFile sweep =
            sweep_of(R"("method": "product", "fields": [{"set": ")" + pointer + R"(", "values": [1]}])");
        return Configurations(sweep, test::load);
    };
    for (const char* pointer : {"/hardware/array/rwos", "/recipe/mn", "/network/layers/9/out"}) {
        try {
            (void)make(pointer);
            FAIL() << pointer;
        } catch (const InputError& error) {
            EXPECT_NE(std::string(error.what()).find("test.json: /fields/0"), std::string::npos)
                << error.what();
        }
    }
    EXPECT_NO_THROW((void)make("/recipe/batch")) << "a field that a recipe may have";
}

TEST(Configurations, WhatCannotBeIsAnInputError) {
    for (const char* impossible :
         {R"({"/hardware/array/rows": 24})", R"({"/hardware/array/rows": 1})",
          R"({"/hardware/array/columns": 12})", R"({"/hardware/array/columns": 64})",
          R"({"/hardware/array/slots": 32})", R"({"/hardware/clock_hz": "fast"})",
          R"({"/hardware/memory/channels": 3})", R"({"/recipe/nm": "3:7"})",
          R"({"/network/layers/0/out": -1})", R"({"/network/layers/0/kind": "convolution"})",
          R"({"/hardware/array/burst_lines": 128,
              "/hardware/array/line_fifo": 128, "/hardware/array/store_fifo": 129})"}) {
        const SweepFile sweep = sweep_of(R"("method": "list", "points": [)" + std::string(impossible) + "]");
        Configurations configurations(sweep, test::load);
        EXPECT_THROW((void)configurations.resolve(points_of(sweep).front()), InputError) << impossible;
        EXPECT_NO_THROW((void)configurations.key(points_of(sweep).front())) << "even it has an identity";
    }
}

}  // namespace
}  // namespace satsim::sweep
