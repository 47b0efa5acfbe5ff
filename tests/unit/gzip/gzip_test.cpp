#include "runtime/gzip/gzip.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>

#include "runtime/support/atomic_file.hpp"
#include "runtime/support/error.hpp"

namespace satsim {
namespace {

class Gzip : public testing::Test {
  protected:
    void SetUp() override {
        folder_ = std::filesystem::path(testing::TempDir()) /
                  ("gzip_test_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
        std::filesystem::create_directories(folder_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    static std::string read(const std::filesystem::path& file) {
        return {std::istreambuf_iterator<char>(*open_text(file)), {}};
    }
    std::filesystem::path folder_;
};

std::string some_text(std::size_t size) {
    std::mt19937 generator(5);
    std::string text;
    while (text.size() < size) text += "{\"ts\": " + std::to_string(generator() % 1000) + "},\n";
    text.resize(size);
    return text;
}

TEST_F(Gzip, TextComesBackFromEitherForm) {
    for (const std::size_t size : {0U, 1U, 1000U, 300'000U}) {
        const std::string text = some_text(size);
        EXPECT_EQ(write_text(folder_ / "t.json", text), size);
        EXPECT_EQ(write_text(folder_ / "t.json.gz", text), gzipped(text).size());
        EXPECT_EQ(read(folder_ / "t.json"), text);
        EXPECT_EQ(read(folder_ / "t.json.gz"), text);
        EXPECT_EQ(std::filesystem::file_size(folder_ / "t.json"), size);
        EXPECT_EQ(std::filesystem::file_size(folder_ / "t.json.gz"), gzipped(text).size());
        EXPECT_LT(gzipped(text).size(), size / 3 + 500);
    }
}

TEST_F(Gzip, DamageIsTold) {
    const std::string whole = gzipped(some_text(300'000));
    std::string flipped = whole;
    flipped[whole.size() / 2] = static_cast<char>(flipped[whole.size() / 2] ^ 0x55);
    for (const std::string& bytes :
         {whole.substr(0, whole.size() / 2), whole.substr(0, whole.size() - 4), flipped}) {
        write_file_atomically(folder_ / "d.gz", bytes);
        EXPECT_THROW((void)read(folder_ / "d.gz"), InputError);
    }
    EXPECT_THROW((void)open_text(folder_ / "none.gz"), InputError);
    EXPECT_THROW((void)open_text(folder_), InputError);
}

}  // namespace
}  // namespace satsim
