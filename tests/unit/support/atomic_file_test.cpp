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

TEST_F(AtomicFileTest, RefusesFolders) {
    EXPECT_THROW(write_file_atomically(path(""), "x"), InputError);
    EXPECT_THROW(write_file_atomically(path("missing") / "r", "x"), InputError);
}

}  // namespace
}  // namespace satsim
