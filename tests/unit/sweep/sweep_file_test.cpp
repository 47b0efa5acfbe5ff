// Sweep files: what is read, what is refused and how, and which points a file stands for.
#include "runtime/sweep/sweep_file.hpp"

#include <gtest/gtest.h>

#include <set>

#include "runtime/support/error.hpp"
#include "tests/unit/sweep/documents.hpp"

namespace satsim::sweep {
namespace {

using test::sweep_of;

TEST(SweepFile, AProductCountsItsLastFieldFastest) {
    const SweepFile sweep = sweep_of(R"("method": "product", "fields": [
        {"set": "/batch", "range": {"from": 1, "to": 7, "step": 3}},
        {"set": "/schedule/dataflow", "values": ["os", "ws"]}])");
    EXPECT_EQ(sweep.fields[0].values, (std::vector<nlohmann::json>{1, 4, 7}));
    EXPECT_EQ(points_of(sweep), (std::vector<Choice>{{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 0}, {2, 1}}));
}

TEST(SweepFile, AListNamesWhatDiffersFromTheBase) {
    const SweepFile sweep = sweep_of(R"("method": "list", "points": [
        {"/batch": 4}, {}, {"/recipe": "dense", "/batch": 4}])");
    ASSERT_EQ(sweep.fields.size(), 2U);
    EXPECT_EQ(points_of(sweep), (std::vector<Choice>{{0, kAsBase}, {kAsBase, kAsBase}, {0, 0}}));
}

TEST(SweepFile, ARandomSampleIsDistinctInsideAndFixedByItsSeed) {
    const auto sample = [](int samples, int seed) {
        return points_of(sweep_of(R"("method": "random", "samples": )" + std::to_string(samples) +
                                  R"(, "seed": )" + std::to_string(seed) + R"(, "fields": [
            {"set": "/batch", "range": {"from": 1, "to": 100, "step": 1}},
            {"set": "/schedule/interleave", "values": [true, false]}])"));
    };
    const std::vector<Choice> points = sample(60, 1);
    EXPECT_EQ(points.size(), 60U);
    EXPECT_EQ(std::set<Choice>(points.begin(), points.end()).size(), 60U);
    EXPECT_TRUE(std::is_sorted(points.begin(), points.end()));
    EXPECT_EQ(points, sample(60, 1));
    EXPECT_NE(points, sample(60, 2));
    EXPECT_EQ(sample(200, 5).size(), 200U) << "all of them";
    EXPECT_THROW((void)sample(201, 5), InputError);
}

TEST(SweepFile, EveryPartOfTheProductIsDrawnEquallyOften) {
    std::array<int, 10> drawn{};
    for (int seed = 0; seed < 2000; ++seed) {
        const SweepFile sweep =
            sweep_of(R"("method": "random", "samples": 3, "seed": )" + std::to_string(seed) +
                     R"(, "fields": [{"set": "/batch", "range": {"from": 1, "to": 10, "step": 1}}])");
        for (const Choice& choice : points_of(sweep)) ++drawn[static_cast<std::size_t>(choice[0])];
    }
    // 600 expected each, standard deviation 20.5.
    for (const int times : drawn) EXPECT_NEAR(times, 600, 100);
}

struct Refusal {
    const char* rest;
    const char* message;
};

class Refused : public testing::TestWithParam<Refusal> {};

TEST_P(Refused, InOneLineWithItsPlace) {
    try {
        (void)points_of(sweep_of(GetParam().rest));
        FAIL() << "accepted";
    } catch (const InputError& error) {
        const std::string text = error.what();
        EXPECT_EQ(text.find("test.json"), 0U) << text;
        EXPECT_NE(text.find(GetParam().message), std::string::npos) << text;
    }
}

INSTANTIATE_TEST_SUITE_P(
    SweepFile, Refused,
    testing::Values(
        Refusal{R"("method": "all", "fields": [])", "/method"},
        Refusal{R"("method": "product")", "lacks the field \"fields\""},
        Refusal{R"("method": "product", "fields": [])", "/fields"},
        Refusal{R"("method": "product", "fields": [{"set": "/clock", "values": [1]}])", "/fields/0/set"},
        Refusal{R"("method": "product", "fields": [{"set": "/hardware/a~2", "values": [1]}])",
                "no JSON pointer"},
        Refusal{R"("method": "product", "fields": [{"set": "/batch", "values": [0]}])", "/fields/0/values/0"},
        Refusal{R"("method": "product", "fields": [{"set": "/batch", "values": [2, 2]}])", "appears twice"},
        Refusal{R"("method": "product", "fields": [{"set": "/batch"}])", "either"},
        Refusal{R"("method": "product", "fields": [{"set": "/schedule/dataflow", "values": ["is"]}])",
                "\"auto\""},
        Refusal{
            R"("method": "product", "fields": [{"set": "/batch", "values": [1]}, {"set": "/batch", "values": [2]}])",
            "twice"},
        Refusal{R"("method": "product", "fields": [{"set": "/hardware/array", "values": [{}]},
                  {"set": "/hardware/array/rows", "values": [2]}])",
                "lies in"},
        Refusal{R"("method": "product", "samples": 3, "fields": [{"set": "/batch", "values": [1]}])",
                "/samples"},
        Refusal{
            R"("method": "random", "samples": 3, "seed": 1, "fields": [{"set": "/batch", "values": [1]}])",
            "only 1 points"},
        Refusal{R"("method": "list", "points": [{"/rows": 3}])", "/points/0"},
        Refusal{
            R"("method": "product", "fields": [{"set": "/batch", "range": {"from": 1, "to": 4000, "step": 1}},
                  {"set": "/recipe/batch", "range": {"from": 1, "to": 4000, "step": 1}}])",
            "16000000 points"}));

}  // namespace
}  // namespace satsim::sweep
