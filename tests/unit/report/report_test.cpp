// What goes into a page: timelines of results, escaped text, and a page that stays one whatever the names
// are.
#include <gtest/gtest.h>

#include "runtime/report/document.hpp"
#include "runtime/report/embedded_page.hpp"
#include "runtime/report/page.hpp"
#include "runtime/support/error.hpp"
#include "tests/unit/report/sample_document.hpp"

namespace satsim::report {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

TEST(Timeline, TasksFollowEachOtherAndTheLongestAreExcerpts) {
    StepResult result = sample_result("dense");
    for (int i = 0; i < 5; ++i) {
        result.tasks.push_back(result.tasks.front());
        result.tasks.back().seconds = 1e-6 * (i + 1);
    }
    const std::vector<StepResult> results{result};
    const ordered_json timeline = timeline_json(results, {3, 48});
    double start = 0;
    for (const ordered_json& task : timeline[0]["tasks"]) {
        EXPECT_DOUBLE_EQ(task["start_s"].get<double>(), start);
        start += task["seconds"].get<double>();
    }
    ASSERT_EQ(timeline[0]["excerpts"].size(), 3U);
    EXPECT_EQ(timeline[0]["excerpts"][0]["task"], 0);  // 5 us, and the earlier one of two
    EXPECT_EQ(timeline[0]["excerpts"][1]["task"], 7);
    EXPECT_EQ(timeline[0]["excerpts"][2]["task"], 6);
    EXPECT_EQ(timeline[0]["excerpts"][0]["engines"]["STCE"], ordered_json::parse("[[10, 900, 800, 7]]"));
    EXPECT_TRUE(timeline[0]["excerpts"][0]["engines"]["VEC"].empty());
}

TEST(Timeline, OperationsBecomeIntervals) {
    StepResult result = sample_result("dense");
    result.tasks[0].intervals = {};
    result.tasks[0].execution.operations[0] = {{0, 1, 9}, {5, 6, 19}, {30, 31, 39}};
    const std::vector<StepResult> results{result};
    EXPECT_EQ(timeline_json(results, {})[0]["excerpts"][0]["engines"]["LOAD"],
              ordered_json::parse("[[0, 20, 20, 2], [30, 40, 10, 1]]"));
}

TEST(Escaping, NothingInADocumentReadsAsMarkup) {
    const ordered_json hostile = {{"</script><!--", "<script>\u2028&amp;\xff"}};
    const std::string text = script_safe_json(hostile);
    EXPECT_EQ(text.find_first_of("<>&"), std::string::npos) << text;
    for (const char c : text) EXPECT_LT(static_cast<unsigned char>(c), 128);
    const json back = json::parse(text);
    EXPECT_EQ(back["</script><!--"], "<script>\u2028&amp;\ufffd");
    EXPECT_EQ(html_escaped("<a href=\"x\">'&"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t times = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++times;
    return times;
}

class Page : public testing::Test {
  protected:
    void SetUp() override {
        if (embedded_page().empty()) GTEST_SKIP() << "built without D3 (node-d3)";
    }
};

TEST_F(Page, HoldsItsDataAndNoOtherScript) {
    ordered_json document = sample_document("compare");
    document["title"] = "</title><script>alert(1)</script> {\"satsim\":\"data\"}";
    document["data"]["network"] = "</script><script>alert(2)</script><!--satsim:title-->";
    const std::string page = render_page(document);
    const std::string bare(embedded_page());
    EXPECT_EQ(count(page, "<script"), count(bare, "<script"));
    EXPECT_EQ(count(page, "</script"), count(bare, "</script"));
    EXPECT_EQ(count(page, "<title>"), 1U);
    const std::string open = "<script id=\"report-data\" type=\"application/json\">";
    const std::size_t from = page.find(open) + open.size();
    EXPECT_EQ(json::parse(page.substr(from, page.find("</script>", from) - from)), json(document));
}

TEST_F(Page, NamesNoPlaceToLoadFrom) {
    const std::string page = render_page(sample_document("run"));
    EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
    EXPECT_EQ(count(page, " src="), 0U);
    EXPECT_EQ(count(page, "<link"), 0U);
    EXPECT_EQ(count(page, "@import"), 0U);
    EXPECT_EQ(count(page, "url(http"), 0U);
    EXPECT_EQ(count(page, "'unsafe-"), 0U);
    EXPECT_NE(page.find("Copyright 2010-2020 Mike Bostock"), std::string::npos);
}

TEST(WithoutD3, TheOptionSaysWhichPackageBringsIt) {
    if (!embedded_page().empty()) GTEST_SKIP() << "built with D3";
    try {
        require_page("--report x.html");
        FAIL();
    } catch (const InputError& error) {
        EXPECT_NE(std::string(error.what()).find("node-d3"), std::string::npos);
    }
}

}  // namespace
}  // namespace satsim::report
