// The fuzz target without a fuzzer: the corpus beside this file, all of which is accepted, and random
// mutations of it.
#include <gtest/gtest.h>

#include "tests/fuzz/mutation.hpp"
#include "tests/fuzz/report/fuzz_report.hpp"

namespace satsim {
namespace {

TEST(FuzzReplay, ReportDocuments) {
    std::mt19937_64 random(8);
    const std::vector<fuzz::Data> whole = fuzz::corpus("tests/fuzz/report/corpus");
    ASSERT_EQ(whole.size(), 5U);
    for (const fuzz::Data& data : whole) EXPECT_TRUE(fuzz_report(data.data(), data.size()));
    int accepted = 0;
    for (int round = 0; round < 5000; ++round) {
        const fuzz::Data data = fuzz::mutated(whole[random() % whole.size()], random);
        accepted += fuzz_report(data.data(), data.size()) ? 1 : 0;
    }
    EXPECT_GT(accepted, 100);
    EXPECT_LT(accepted, 4000);
}

}  // namespace
}  // namespace satsim
