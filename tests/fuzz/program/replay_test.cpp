// The fuzz targets without a fuzzer: the corpus beside this file and random mutations of valid programs.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "runtime/isa/assembler.hpp"
#include "tests/fuzz/program/fuzz_program.hpp"
#include "tests/fuzz/program/seal.hpp"
#include "tests/unit/isa/random_program.hpp"

namespace satsim::isa {
namespace {

using Data = std::vector<std::uint8_t>;

// A few random changes: bits, bytes, removed, doubled and inserted ranges.
Data mutated(Data data, RandomProgram& random) {
    for (std::int64_t changes = random.in(1, 4); changes > 0; --changes) {
        const auto place = [&] { return random.in(0, static_cast<std::int64_t>(data.size())); };
        const std::int64_t at = place();
        const auto here = data.begin() + at;
        switch (random.in(0, 4)) {
            case 0:
                if (here != data.end()) *here ^= static_cast<std::uint8_t>(1 << random.in(0, 7));
                break;
            case 1:
                if (here != data.end()) *here = static_cast<std::uint8_t>(random.in(0, 255));
                break;
            case 2:
                data.erase(here, data.begin() + std::max(at, std::min(place(), at + 16)));
                break;
            case 3:
                data.insert(here, static_cast<std::size_t>(random.in(1, 8)),
                            static_cast<std::uint8_t>(random.in(0, 255)));
                break;
            default: {
                const Data part(here, data.begin() + std::max(at, std::min(place(), at + 32)));
                data.insert(data.begin() + place(), part.begin(), part.end());
            }
        }
    }
    return data;
}

TEST(FuzzReplay, Corpus) {
    const std::filesystem::path folder =
        std::filesystem::path(SATSIM_SOURCE_DIR) / "tests/fuzz/program/corpus";
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::ifstream file(entry.path(), std::ios::binary);
        const Data data{std::istreambuf_iterator<char>(file), {}};
        fuzz_assemble(data.data(), data.size());
        fuzz_deserialize(data.data(), data.size());
        ++files;
    }
    EXPECT_GE(files, 5);
}

TEST(FuzzReplay, MutatedFiles) {
    RandomProgram random(5);
    for (int i = 0; i < 20000; ++i) {
        const Data whole = serialize(i % 2 == 0 ? random.any() : random.tokens(4, 12, 1 << 30));
        const Data data = mutated(whole, random);
        fuzz_deserialize(data.data(), data.size());
        const Data again = sealed(data);
        fuzz_deserialize(again.data(), again.size());
    }
}

TEST(FuzzReplay, MutatedTexts) {
    RandomProgram random(6);
    for (int i = 0; i < 20000; ++i) {
        const std::string text = disassemble(i % 2 == 0 ? random.any() : random.tokens(4, 12, 1 << 30));
        const Data data = mutated({text.begin(), text.end()}, random);
        fuzz_assemble(data.data(), data.size());
    }
}

}  // namespace
}  // namespace satsim::isa
