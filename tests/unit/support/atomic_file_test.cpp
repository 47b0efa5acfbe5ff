// Results are whole or not there, and what is no plain file stays what it is.
#include "runtime/support/atomic_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "runtime/support/error.hpp"

namespace satsim {
namespace {

namespace fs = std::filesystem;

class AtomicFileTest : public ::testing::Test {
  protected:
    void SetUp() override {
        folder_ = fs::path(::testing::TempDir()) / ("atomic_file." + std::to_string(::getpid()));
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }
    [[nodiscard]] fs::path path(const char* name) const { return folder_ / name; }
    static std::string text_of(const fs::path& file) {
        std::ifstream in(file);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    [[nodiscard]] std::ptrdiff_t files() const {
        return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
    }

  private:
    fs::path folder_;
};

TEST_F(AtomicFileTest, WithoutCommitTheEarlierResultStays) {
    write_file_atomically(path("r"), "first");
    {
        AtomicFile file(path("r"));
        file.write("second");
    }
    EXPECT_EQ(text_of(path("r")), "first");
    EXPECT_EQ(files(), 1);
    write_file_atomically(path("r"), "second");
    EXPECT_EQ(text_of(path("r")), "second");
    EXPECT_EQ(files(), 1);
}

// /dev/null given by root would become a plain file otherwise.
TEST_F(AtomicFileTest, APipeIsWrittenToAndStaysOne) {
    ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
    const int reader = ::open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ASSERT_GE(reader, 0);
    write_file_atomically(path("pipe"), "contents");
    std::array<char, 32> got{};
    EXPECT_EQ(::read(reader, got.data(), got.size()), 8);
    EXPECT_STREQ(got.data(), "contents");
    ::close(reader);
    EXPECT_TRUE(fs::is_fifo(path("pipe")));
    EXPECT_EQ(files(), 1);
}

// A link stays where it is and leads to the new contents, whether it is whole, relative or a chain.
TEST_F(AtomicFileTest, ALinkedFileIsReplacedAndTheLinkStays) {
    fs::create_directory(path("folder"));
    write_file_atomically(path("folder") / "r", "first");
    fs::create_symlink(path("folder") / "r", path("whole"));
    fs::create_symlink("folder/r", path("relative"));
    fs::create_symlink("../relative", path("folder") / "chain");
    for (const fs::path& link : {path("whole"), path("relative"), path("folder") / "chain"}) {
        write_file_atomically(link, link.string());
        EXPECT_TRUE(fs::is_symlink(link));
        EXPECT_FALSE(fs::is_symlink(path("folder") / "r"));
        EXPECT_EQ(text_of(path("folder") / "r"), link.string());
    }
    {
        AtomicFile file(path("relative"));
        file.write("never committed");
    }
    EXPECT_EQ(text_of(path("folder") / "r"), (path("folder") / "chain").string());
    EXPECT_EQ(files(), 3);
    EXPECT_EQ(std::distance(fs::directory_iterator(path("folder")), fs::directory_iterator()), 2);
}

TEST_F(AtomicFileTest, ALinkToNothingGetsItsFile) {
    fs::create_symlink("later", path("link"));
    write_file_atomically(path("link"), "contents");
    EXPECT_TRUE(fs::is_symlink(path("link")));
    EXPECT_EQ(text_of(path("later")), "contents");
    EXPECT_EQ(files(), 2);
}

TEST_F(AtomicFileTest, RefusesLinksThatLeadNowhere) {
    fs::create_symlink("b", path("a"));
    fs::create_symlink("a", path("b"));
    fs::create_symlink("missing/r", path("c"));
    EXPECT_THROW(write_file_atomically(path("a"), "x"), InputError);
    EXPECT_THROW(write_file_atomically(path("c"), "x"), InputError);
    EXPECT_EQ(files(), 3);
}

// As /dev/stdout is: `>> log` keeps what is there, and what is printed later comes behind it.
TEST_F(AtomicFileTest, WhatThisProcessHasOpenIsWrittenToWhereItIs) {
    const int log = ::open(path("log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_GE(log, 0);
    fs::create_symlink("/proc/self/fd/" + std::to_string(log), path("stdout"));
    ASSERT_EQ(::write(log, "before ", 7), 7);
    write_file_atomically(path("stdout"), "contents");
    ASSERT_EQ(::write(log, " after", 6), 6);
    ::close(log);
    EXPECT_TRUE(fs::is_symlink(path("stdout")));
    EXPECT_EQ(text_of(path("log")), "before contents after");
    EXPECT_EQ(files(), 2);
}

TEST_F(AtomicFileTest, RefusesFolders) {
    EXPECT_THROW(write_file_atomically(path(""), "x"), InputError);
    EXPECT_THROW(write_file_atomically(path("missing") / "r", "x"), InputError);
}

}  // namespace
}  // namespace satsim
