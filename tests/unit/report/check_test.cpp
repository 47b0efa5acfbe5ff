// Documents that the page could not show are refused with the pointer of what is missing or wrong.
#include <gtest/gtest.h>

#include "runtime/report/document.hpp"
#include "runtime/support/error.hpp"
#include "tests/unit/report/sample_document.hpp"

namespace satsim::report {
namespace {

using nlohmann::json;

std::string fault_of(const json& document) {
    try {
        check_document(document, "d.json");
    } catch (const InputError& error) {
        return error.what();
    }
    return "";
}

class Kinds : public testing::TestWithParam<const char*> {};

TEST_P(Kinds, ACompleteDocumentPasses) {
    EXPECT_EQ(fault_of(sample_document(GetParam())), "");
}

// What a document may leave out: the clock, which is the machine's again, how often a task runs (once), what
// was decided of its sizes, engines, recipes (those of the average are the ones shown), mixes, whether a step
// fits its target, which of several machines a task is on.
bool optional(const std::string& pointer) {
    const bool of_a_mix = pointer.find("/mixes/") != std::string::npos;
    return pointer == "/steps" || pointer == "/data/mixes" || (pointer.ends_with("/timeline") && !of_a_mix) ||
           pointer.ends_with("/data/clock_hz") || pointer.ends_with("/times") ||
           pointer.ends_with("/compute_bound") || pointer.ends_with("/compulsory_bytes") ||
           pointer.ends_with("/compulsory_cycles") || pointer.ends_with("/array_fit") ||
           pointer.ends_with("/fits") || pointer.ends_with("/baseline_fits") ||
           pointer.ends_with("/modelled_seconds") || pointer.ends_with("/limit_factor") ||
           pointer.ends_with("/busy_seconds") || pointer.ends_with("/machines") ||
           pointer.ends_with("/machine") || pointer.ends_with("/timing") ||
           pointer.ends_with("/energy_basis") || pointer.ends_with("/peaks") ||
           pointer.ends_with("/slot_fit") || pointer.ends_with("/executed") ||
           pointer.find("/engines/") != std::string::npos ||
           pointer.find("/average/speedup/") != std::string::npos;
}

// Takes every field away, one at a time.
TEST_P(Kinds, EveryMissingFieldIsNamed) {
    const json document = sample_document(GetParam());
    int tried = 0;
    const json flat = document.flatten();
    for (const auto& [pointer, value] : flat.items()) {
        for (json::json_pointer at(pointer); !at.empty(); at = at.parent_pointer()) {
            const bool whole_machine = at == json::json_pointer("/machine");
            if (!document.at(at.parent_pointer()).is_object()) continue;
            if (optional(at.to_string()) && !whole_machine) continue;
            json broken = document;
            broken.at(at.parent_pointer()).erase(at.back());
            const std::string fault = fault_of(broken);
            EXPECT_NE(fault.find("lacks the field \"" + at.back() + "\""), std::string::npos)
                << at.to_string() << ": " << fault;
            EXPECT_EQ(fault.rfind("d.json: ", 0), 0U) << fault;
            ++tried;
        }
    }
    EXPECT_GT(tried, 30);
}

// Gives every value another type, one at a time.
TEST_P(Kinds, EveryWrongTypeIsRefused) {
    const json document = sample_document(GetParam());
    const json flat = document.flatten();
    for (const auto& [pointer, value] : flat.items()) {
        if (pointer.ends_with("/data/clock_hz")) continue;
        json broken = document;
        broken.at(json::json_pointer(pointer)) =
            value.is_string() ? json(7) : json::array({"no", "such", "thing"});
        EXPECT_NE(fault_of(broken), "") << pointer;
    }
}

INSTANTIATE_TEST_SUITE_P(All, Kinds, testing::Values("run", "compare", "targets", "reproduce", "sweep"));

TEST(Check, ValuesOutOfRangeAreRefused) {
    json document = sample_document("compare");
    document["version"] = 2;
    EXPECT_NE(fault_of(document).find("/version: is 2"), std::string::npos) << fault_of(document);

    document = sample_document("compare");
    document["data"]["results"][0]["seconds"] = -1;
    EXPECT_NE(fault_of(document).find("/data/results/0/seconds"), std::string::npos);

    document = sample_document("compare");
    document["data"]["results"].erase(1);
    EXPECT_NE(fault_of(document).find("/data/results"), std::string::npos);

    document = sample_document("compare");
    document["timeline"][0]["excerpts"][0]["task"] = 3;
    EXPECT_NE(fault_of(document).find("/timeline/0/excerpts/0/task"), std::string::npos);

    document = sample_document("sweep");
    document["data"]["objectives"][1]["field"] = "array";
    EXPECT_NE(fault_of(document).find("a field with numbers"), std::string::npos);

    document["data"]["objectives"][1]["field"] = "j";
    document["data"]["points"][0]["j"] = nullptr;
    EXPECT_NE(fault_of(document).find("/data/points/0/j"), std::string::npos) << "an axis is known of all";
    document["data"]["points"][0]["j"] = 2;
    document["data"]["left_out"] = {{{"status", "impossible"}, {"reason", 1}, {"points", 2}}};
    EXPECT_NE(fault_of(document).find("/data/left_out/0/reason"), std::string::npos) << fault_of(document);

    document = sample_document("run");
    document["data"]["layers"][0]["nm"] = "2:";
    EXPECT_NE(fault_of(document).find("/data/layers/0/nm"), std::string::npos) << fault_of(document);
}

TEST(Check, TargetsAreNamedOnceAndRowsNameThem) {
    json document = sample_document("targets");
    document["data"]["targets"][1]["name"] = "sat";
    EXPECT_NE(fault_of(document).find("/data/targets/1/name"), std::string::npos) << fault_of(document);

    document = sample_document("targets");
    document["data"]["rows"][0]["winner"] = "tpu";
    EXPECT_NE(fault_of(document).find("/data/rows/0/winner: is \"tpu\""), std::string::npos)
        << fault_of(document);

    document = sample_document("targets");
    document["data"]["rows"][0]["targets"][1]["target"] = "sat";
    EXPECT_NE(fault_of(document).find("/data/rows/0/targets/1/target"), std::string::npos)
        << fault_of(document);

    document = sample_document("targets");
    document["data"]["targets"][0]["provenance"] = "guessed";
    EXPECT_NE(fault_of(document).find("/data/targets/0/provenance"), std::string::npos);

    document = sample_document("targets");
    document["data"]["targets"] = json::array();  // as documents of mixes alone were once
    document["data"]["rows"] = json::array();
    EXPECT_EQ(fault_of(document), "");
    document["data"].erase("mixes");
    EXPECT_NE(fault_of(document).find("/data/targets"), std::string::npos);

    document = sample_document("targets");
    document["data"]["mixes"][0]["objective"] = "speed";
    EXPECT_NE(fault_of(document).find("/data/mixes/0/objective"), std::string::npos) << fault_of(document);

    // Of SAT's machine all is needed, where it is told of at all.
    document = sample_document("targets");
    document["machine"] = sample_document("run").at("machine");
    EXPECT_EQ(fault_of(document), "");
    document["machine"].erase("rows");
    EXPECT_NE(fault_of(document).find("/machine"), std::string::npos);
}

TEST(Check, FurtherFieldsAreAllowed) {
    json document = sample_document("run");
    document["data"]["more"] = 1;
    EXPECT_EQ(fault_of(document), "");
}

}  // namespace
}  // namespace satsim::report
