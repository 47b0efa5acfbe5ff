#include "runtime/isa/program.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "runtime/isa/crc32.hpp"
#include "runtime/support/error.hpp"
#include "tests/unit/isa/random_program.hpp"

namespace satsim::isa {
namespace {

using Bytes8 = std::vector<std::uint8_t>;

// The line that deserialize throws, without its place; "" when it throws nothing.
std::string refusal(const Bytes8& bytes) {
    try {
        static_cast<void>(deserialize(bytes, "p.sat"));
        return "";
    } catch (const InputError& error) {
        EXPECT_EQ(error.where(), "p.sat");
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
        return error.what();
    }
}

void put32(Bytes8& bytes, std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

// Makes length and checksum right again after a change.
Bytes8 sealed(Bytes8 bytes) {
    put32(bytes, 12, static_cast<std::uint32_t>(bytes.size()));
    put32(bytes, 16, 0);
    put32(bytes, bytes.size() - 4, crc32(std::span<const std::uint8_t>(bytes).first(bytes.size() - 4)));
    return bytes;
}

Program sample() {
    Program p;
    p.address = 4096;
    p.semaphores[1] = 2;
    p.streams[0] = {{Opcode::Set, 3, 0, -5}, {Opcode::Wait, 1, 0, 1}, {Opcode::Halt, 0, 0, 0}};
    p.image = {{256, {1, 2, 3}}};
    return p;
}

constexpr std::size_t kConfigAt = 28;
constexpr std::size_t kCountsAt = kConfigAt + 15 * 4 + 16;
constexpr std::size_t kStreamsAt = kCountsAt + 5 * 4;

TEST(Crc32, KnownValue) {
    const std::string text = "123456789";
    EXPECT_EQ(crc32({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}), 0xCBF43926U);
}

TEST(Program, BinaryRoundTrip) {
    RandomProgram random(1);
    for (int i = 0; i < 300; ++i) {
        const Program p = random.any();
        EXPECT_EQ(deserialize(serialize(p), "p"), p);
    }
}

TEST(Program, EveryTruncationIsRefused) {
    const Bytes8 whole = serialize(sample());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const Bytes8 part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_NE(refusal(part), "") << size;
        // Even when length and checksum fit what is left.
        if (size >= 32) {
            EXPECT_NE(refusal(sealed(part)), "") << size;
        }
    }
    EXPECT_EQ(refusal({whole.begin(), whole.begin() + 50}), "p.sat: truncated SAT program: 50 of 171 bytes");
}

TEST(Program, EverySingleBitErrorIsRefused) {
    const Bytes8 whole = serialize(sample());
    for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
        Bytes8 damaged = whole;
        damaged[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        EXPECT_NE(refusal(damaged), "") << bit;
    }
}

TEST(Program, EveryBadFieldIsNamed) {
    const Bytes8 good = serialize(sample());
    ASSERT_EQ(refusal(sealed(good)), "");
    const auto with = [&](std::size_t at, std::uint32_t value) {
        Bytes8 bytes = good;
        put32(bytes, at, value);
        return refusal(sealed(bytes));
    };
    EXPECT_EQ(with(0, 0), "p.sat: not a SAT program (it does not begin with \"SATP\")");
    EXPECT_EQ(with(4, 2), "p.sat: program format version 2, expected 1");
    EXPECT_NE(with(8, 1).find("program of instruction set 00000001, this build has"), std::string::npos);
    EXPECT_EQ(with(20, 4097), "p.sat: program address 4097 is no line of the memory");
    EXPECT_EQ(with(24, 0x80000000), "p.sat: program address -9223372036854771712 is no line of the memory");
    EXPECT_EQ(with(kConfigAt, 0), "p.sat: array configuration: rows is 0, expected 1..256");
    EXPECT_EQ(with(kConfigAt, 0xFFFFFFFF), "p.sat: array configuration: rows is 4294967295");
    EXPECT_EQ(with(kConfigAt + 4, 6), "p.sat: array configuration: columns is 6, expected a multiple of 4");
    EXPECT_EQ(with(kConfigAt + 8, 5), "p.sat: array configuration: max_m is 5, expected 4, 8 or 16");
    EXPECT_EQ(with(kConfigAt + 16, 3), "p.sat: array configuration: channels is 3, expected a power of two");
    EXPECT_EQ(with(kCountsAt, 65536), "p.sat: LOAD stream of 65536 instructions, expected at most 65535");
    EXPECT_EQ(with(kCountsAt, 1000), "p.sat: truncated SAT program");
    EXPECT_EQ(with(kCountsAt + 16, 0), "p.sat: 19 bytes follow the last segment");
    EXPECT_EQ(with(kCountsAt + 16, 0xFFFFFFFF), "p.sat: truncated SAT program");
    EXPECT_EQ(with(kStreamsAt + 4, 0xFF000000),
              "p.sat: LOAD instruction 0: ff000000fffffffb is no instruction");
    EXPECT_EQ(with(kStreamsAt + 4, 0x01210000),
              "p.sat: LOAD instruction 0: 01210000fffffffb is no instruction");
    EXPECT_EQ(with(kStreamsAt + 8, 0), "p.sat: LOAD instruction 1: WAIT of 0 tokens, expected 1..255");
    EXPECT_EQ(with(kStreamsAt + 16, 1),
              "p.sat: LOAD instruction 2: HALT has a field set that it does not use");
    EXPECT_EQ(with(kStreamsAt + 28, 256), "p.sat: segment of 3 bytes at 1099511628032 leaves the memory");
    EXPECT_EQ(with(kStreamsAt + 32, 300), "p.sat: truncated SAT program");
}

TEST(Program, FilesAreWrittenWholeAndReadBack) {
    const auto path = std::filesystem::path(SATSIM_BINARY_DIR) / "program_test.sat";
    save_program(sample(), path);
    EXPECT_EQ(load_program(path), sample());
    EXPECT_THROW(static_cast<void>(load_program("/nonexistent/p.sat")), InputError);
    EXPECT_THROW(static_cast<void>(load_program(SATSIM_BINARY_DIR)), InputError);
    EXPECT_THROW(save_program(sample(), "/nonexistent/p.sat"), InputError);
    std::filesystem::remove(path);
}

TEST(Program, FetchImageIsTheContractsHeaderAndAlignedStreams) {
    Program p = sample();
    p.streams[3].assign(40, {Opcode::Set, 1, 0, 7});
    const Bytes8 image = fetch_image(p);
    EXPECT_EQ(fetch_lines(p), 1 + 1 + 2);
    ASSERT_EQ(image.size(), 4U * 256);
    const auto word = [&](std::size_t at) {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < 8; ++i) value |= std::uint64_t{image[8 * at + i]} << (8 * i);
        return value;
    };
    EXPECT_EQ(word(0), std::uint64_t{0x5A7} << 32 | kDigest);
    EXPECT_EQ(word(1), 3U | std::uint64_t{40} << 48);
    EXPECT_EQ(word(2), 2U << 8);
    EXPECT_EQ(word(3), 0U);
    EXPECT_EQ(word(32), encode(p.streams[0][0]));
    EXPECT_EQ(word(64), encode(p.streams[3][0]));
    EXPECT_EQ(word(64 + 40), 0U);
}

}  // namespace
}  // namespace satsim::isa
