// The database: what goes in comes out, nothing is replaced, other files are refused.
#include "runtime/sweep/store.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <stdexcept>

#include "runtime/support/error.hpp"

namespace satsim::sweep {
namespace {

namespace fs = std::filesystem;

class StoreTest : public testing::Test {
  protected:
    StoreTest() : folder_(fs::temp_directory_path() / ("satsim-store-" + std::to_string(::getpid()))) {
        fs::create_directories(folder_);
    }
    ~StoreTest() override { fs::remove_all(folder_); }
    [[nodiscard]] fs::path file() const { return folder_ / "sweep.sqlite"; }
    [[nodiscard]] Store open(Store::Mode mode = Store::Mode::Write) const { return {file(), mode, "test 1"}; }

    fs::path folder_;
};

StoredPoint done(const std::string& id, double seconds) {
    StoredPoint point;
    point.labels = {id, "fast", {"16", "2:8"}, "resnet18", 1234, true, 0.93};
    point.result.figures = {seconds, 1.5, 1000000007, 900, 4096, 0.1 + 0.2, 0.25, 0.125, 0.0625, 1e-300, 256};
    return point;
}

TEST_F(StoreTest, WhatGoesInComesOut) {
    StoredPoint impossible;
    impossible.labels = {"b", "fast", {"3", "2:8"}, "resnet18", {}, false, {}};
    impossible.result.status = Status::Impossible;
    impossible.result.reason = "rows is 3, expected a \"power\" of two";
    {
        Store store = open();
        store.describe("it's", {"/batch"}, "{}");
        store.add(done("a", 0.1));
        store.add(impossible);
    }
    const Store store = open(Store::Mode::Read);
    EXPECT_EQ(store.known("fast"), (std::set<std::string>{"a", "b"}));
    EXPECT_TRUE(store.known("cycle").empty());
    const auto points = store.points("fast");
    ASSERT_EQ(points.size(), 2U);
    const StoredPoint& first = points.at("a");
    EXPECT_EQ(first.result, done("a", 0.1).result) << "every bit of every figure";
    EXPECT_EQ(first.labels.values, (std::vector<std::string>{"16", "2:8"}));
    EXPECT_EQ(first.labels.luts, 1234);
    EXPECT_TRUE(first.labels.luts_estimated);
    EXPECT_EQ(first.labels.accuracy, 0.93);
    const StoredPoint& second = points.at("b");
    EXPECT_EQ(second.result.status, Status::Impossible);
    EXPECT_EQ(second.result.reason, impossible.result.reason);
    EXPECT_EQ(second.labels.luts, std::nullopt);
}

TEST_F(StoreTest, AFinishedPointIsNeverReplaced) {
    Store store = open();
    store.add(done("a", 1));
    EXPECT_THROW(store.add(done("a", 2)), std::logic_error);
    StoredPoint simulated = done("a", 3);
    simulated.labels.fidelity = "cycle";
    EXPECT_NO_THROW(store.add(simulated)) << "another fidelity is another result";
    EXPECT_EQ(store.points("fast").at("a").result.figures.seconds, 1);
}

TEST_F(StoreTest, LabelsMayBecomeKnownLater) {
    Store store = open();
    store.add(done("a", 1));
    PointLabels labels = done("a", 1).labels;
    labels.luts = std::nullopt;
    labels.accuracy = 0.5;
    store.relabel({labels});
    EXPECT_EQ(store.points("fast").at("a").labels.luts, 1234) << "what was known stays";
    EXPECT_EQ(store.points("fast").at("a").labels.accuracy, 0.5);
    labels.luts = 99;
    store.relabel({labels});
    EXPECT_EQ(store.points("fast").at("a").labels.luts, 99);
}

TEST_F(StoreTest, OneProcessWritesAndOthersRead) {
    Store writer = open();
    writer.add(done("a", 1));
    // The lock is a process's.
    EXPECT_EXIT(
        {
            try {
                (void)open();
            } catch (const InputError& error) {
                std::fputs(error.what(), stderr);
                ::_exit(3);
            }
            ::_exit(0);
        },
        testing::ExitedWithCode(3), "is being written by another sweep");
    EXPECT_EQ(open(Store::Mode::Read).known("fast").size(), 1U);
}

TEST_F(StoreTest, OtherFilesAndOtherProgramsAreRefused) {
    std::ofstream(file()) << "this is a text of some length, long enough for a header of a hundred bytes: "
                             "0123456789 0123456789 0123456789";
    EXPECT_THROW((void)open(), InputError);
    fs::remove(file());
    { Store store = open(); }
    EXPECT_THROW(Store(file(), Store::Mode::Write, "test 2"), InputError);
    EXPECT_THROW(Store(folder_ / "none" / "x", Store::Mode::Write, "test 1"), InputError);
    EXPECT_THROW(Store(folder_ / "absent.sqlite", Store::Mode::Read, "test 1"), InputError);
}

}  // namespace
}  // namespace satsim::sweep
