// LUTs and accuracy from elsewhere.
#include "runtime/sweep/tables.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "runtime/support/error.hpp"

namespace satsim::sweep {
namespace {

using nlohmann::json;

json configuration(const std::string& name, std::int64_t luts) {
    return {{"array", name}, {"total", {{"lut", luts}}}};
}

// 500 a PE, 100 a row and a column, 3000 for the rest.
std::int64_t made_up(int rows, int columns) {
    return 500 * rows * columns + 100 * (rows + columns) + 3000;
}

TEST(AreaTable, WhatWasSynthesizedIsExactAndOtherArraysFollowTheFormula) {
    json document = configuration("32x32, M=8", made_up(32, 32) + 1);
    document["sweep"] = json::array({configuration("16x16, M=8", made_up(16, 16)),
                                     configuration("32x64, M=8", made_up(32, 64)),
                                     {{"array", "3x3, M=8"}, {"refused", "no power of two"}},
                                     configuration("8x8, M=8", made_up(8, 8)),
                                     configuration("32x32, M=16", 999)});
    AreaTable table;
    EXPECT_TRUE(table.empty());
    table.add(document, "synth.json");
    const auto exact = table.luts(32, 32, 8);
    ASSERT_TRUE(exact);
    EXPECT_EQ(exact->count, made_up(32, 32) + 1);
    EXPECT_FALSE(exact->estimated);
    EXPECT_EQ(table.luts(32, 32, 16)->count, 999);
    EXPECT_EQ(table.luts(16, 16, 16), std::nullopt) << "one array of that M says nothing of others";
    EXPECT_EQ(table.luts(16, 16, 4), std::nullopt);
    AreaTable fitted;
    document["array"] = "64x64, M=8";
    document["total"]["lut"] = made_up(64, 64);
    fitted.add(document, "synth.json");
    const auto estimated = fitted.luts(64, 16, 8);
    ASSERT_TRUE(estimated);
    EXPECT_TRUE(estimated->estimated);
    EXPECT_EQ(estimated->count, made_up(64, 16));
}

TEST(AreaTable, ItsDeviceIsTheOneThatAllFilesName) {
    const auto on = [](const char* device, const std::string& array) {
        json document = configuration(array, 1000);
        if (*device != 0) document["device"] = device;
        return document;
    };
    AreaTable table;
    EXPECT_EQ(table.device(), "");
    table.add(on("xcvu9p", "8x8, M=8"), "a.json");
    table.add(on("xcvu9p", "16x16, M=8"), "b.json");
    EXPECT_EQ(table.device(), "xcvu9p");
    AreaTable unnamed = table;
    unnamed.add(on("", "32x32, M=8"), "c.json");
    EXPECT_EQ(unnamed.device(), "");
    table.add(on("other", "32x32, M=8"), "c.json");
    EXPECT_EQ(table.device(), "");
}

TEST(AreaTable, OtherFilesAreRefused) {
    AreaTable table;
    EXPECT_THROW(table.add(json::object(), "x"), InputError);
    EXPECT_THROW(table.add(configuration("32x32", 1), "x"), InputError);
    EXPECT_THROW(table.add(configuration("32x32, M=8 and more", 1), "x"), InputError);
    EXPECT_THROW(table.add(configuration("32x32, M=8", -1), "x"), InputError);
}

TEST(AccuracyTable, ByNetworkMethodAndPattern) {
    AccuracyTable table;
    table.add({{"format", "satsim-accuracy"},
               {"version", 1},
               {"source", "test"},
               {"entries",
                {{{"network", "a"}, {"method", "dense"}, {"accuracy", 0.9}},
                 {{"network", "a"}, {"method", "bdwp"}, {"nm", "2:8"}, {"accuracy", 0.8}}}}},
              "accuracy.json");
    Recipe recipe;
    EXPECT_EQ(table.accuracy("a", recipe), 0.9);
    EXPECT_EQ(table.accuracy("b", recipe), std::nullopt);
    recipe.method = Method::Bdwp;
    recipe.nm = {2, 8};
    EXPECT_EQ(table.accuracy("a", recipe), 0.8);
    recipe.nm = {1, 8};
    EXPECT_EQ(table.accuracy("a", recipe), std::nullopt);
    recipe.nm = {8, 8};
    EXPECT_EQ(table.accuracy("a", recipe), 0.9) << "N = M is dense";
    EXPECT_THROW(table.add({{"format", "other"}}, "x"), InputError);
}

}  // namespace
}  // namespace satsim::sweep
