// The container: what is written is read, and everything else is refused in one line.
#include "runtime/weights/safetensors.hpp"

#include <gtest/gtest.h>

#include "runtime/support/error.hpp"

namespace satsim::weights {
namespace {

std::vector<std::uint8_t> file_of(const std::string& header, std::size_t data_bytes) {
    std::vector<std::uint8_t> bytes;
    for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<std::uint8_t>(header.size() >> (8 * i)));
    bytes.insert(bytes.end(), header.begin(), header.end());
    bytes.resize(bytes.size() + data_bytes);
    return bytes;
}

std::string refusal(const std::vector<std::uint8_t>& bytes) {
    try {
        (void)parse_header(bytes, "w.safetensors");
    } catch (const InputError& error) {
        EXPECT_TRUE(std::string(error.what()).starts_with("w.safetensors")) << error.what();
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
        return error.what();
    }
    return "";
}

std::string refusal(const std::string& header, std::size_t data_bytes) {
    return refusal(file_of(header, data_bytes));
}

TEST(Safetensors, WhatIsWrittenIsRead) {
    std::vector<Tensor> tensors = {
        {"conv.weight", "F32", {9, 3, 4}}, {"empty", "I64", {0, 5}}, {"s", "BF16", {}}};
    const std::string head = make_header(tensors, {{"network", "net"}});
    EXPECT_EQ(head.size() % 8, 0U);
    std::vector<std::uint8_t> bytes(head.begin(), head.end());
    bytes.resize(bytes.size() + 9 * 3 * 4 * 4 + 2);
    const Header header = parse_header(bytes, "w");
    EXPECT_EQ(header.tensors, tensors);
    EXPECT_EQ(header.metadata.at("network"), "net");
    EXPECT_EQ(header.data_begin, head.size());
    EXPECT_EQ(header.tensors[0].elements(), 108);
    EXPECT_EQ(header.tensors[2].begin, 432U);
}

TEST(Safetensors, EveryCutIsRefused) {
    std::vector<Tensor> tensors = {{"a", "F32", {2}}, {"b", "F16", {3}}};
    const std::string head = make_header(tensors, {});
    std::vector<std::uint8_t> bytes(head.begin(), head.end());
    bytes.resize(bytes.size() + 14);
    EXPECT_EQ(refusal(bytes), "");
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_NE(refusal({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}), "") << size;
    bytes.push_back(0);
    EXPECT_NE(refusal(bytes).find("15 bytes after its header, expected the 14"), std::string::npos);
}

TEST(Safetensors, LiesAreRefused) {
    const std::string a = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
    EXPECT_EQ(refusal(a + "}", 8), "");
    EXPECT_EQ(refusal(a + "}   ", 8), "");
    const auto second = [&](const std::string& offsets) {
        return a + R"(,"b":{"dtype":"F32","shape":[2],"data_offsets":)" + offsets + "}}";
    };
    EXPECT_EQ(refusal(second("[8,16]"), 16), "");
    EXPECT_NE(refusal(second("[4,12]"), 12).find("begins at 4, expected 8"), std::string::npos);
    EXPECT_NE(refusal(second("[12,20]"), 20).find("begins at 12, expected 8"), std::string::npos);
    EXPECT_NE(refusal(second("[0,8]"), 8).find("begins at 0, expected 8"), std::string::npos);
    EXPECT_NE(refusal(second("[16,8]"), 16).find("expected the 8 bytes"), std::string::npos);
    EXPECT_NE(refusal(second("[8,12]"), 12).find("expected the 8 bytes"), std::string::npos);
    EXPECT_NE(refusal(second("[-8,0]"), 8).find("expected an integer from 0"), std::string::npos);
    EXPECT_NE(refusal(second("[8]"), 16).find("is no pair"), std::string::npos);
    for (const char* header :
         {R"([])", R"({"a":1})", R"({"a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}})",
          R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}})",
          R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})",
          R"({"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}})",
          R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}})",
          R"({"a\nb":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
          R"({"":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", R"({"__metadata__":{"a":1}})",
          R"({"__metadata__":{"a\nb":"x"}})", R"({"a)"}) {
        EXPECT_NE(refusal(header, 8), "") << header;
    }
    const std::string repeated = R"("a\nb":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
    EXPECT_NE(refusal("{" + repeated + "," + repeated + "}", 8).find("appears twice"), std::string::npos);
    std::vector<std::uint8_t> huge = file_of("{}", 0);
    huge[7] = 0xFF;
    EXPECT_NE(refusal(huge).find("expected at most 2"), std::string::npos);
}

}  // namespace
}  // namespace satsim::weights
