// The fuzz targets without a fuzzer: the corpus beside this file and random mutations of valid programs.
#include <gtest/gtest.h>

#include "runtime/isa/assembler.hpp"
#include "tests/fuzz/mutation.hpp"
#include "tests/fuzz/program/fuzz_program.hpp"
#include "tests/fuzz/program/seal.hpp"
#include "tests/unit/isa/random_program.hpp"

namespace satsim::isa {
namespace {

using fuzz::Data;
using fuzz::mutated;

TEST(FuzzReplay, Corpus) {
    const std::vector<Data> whole = fuzz::corpus("tests/fuzz/program/corpus");
    EXPECT_GE(whole.size(), 5U);
    for (const Data& data : whole) {
        fuzz_assemble(data.data(), data.size());
        fuzz_deserialize(data.data(), data.size());
    }
}

TEST(FuzzReplay, MutatedFiles) {
    RandomProgram random(5);
    std::mt19937_64 changes(5);
    for (int i = 0; i < 20000; ++i) {
        const Data whole = serialize(i % 2 == 0 ? random.any() : random.tokens(4, 12, 1 << 30));
        const Data data = mutated(whole, changes);
        fuzz_deserialize(data.data(), data.size());
        const Data again = sealed(data);
        fuzz_deserialize(again.data(), again.size());
    }
}

TEST(FuzzReplay, MutatedTexts) {
    RandomProgram random(6);
    std::mt19937_64 changes(6);
    for (int i = 0; i < 20000; ++i) {
        const std::string text = disassemble(i % 2 == 0 ? random.any() : random.tokens(4, 12, 1 << 30));
        const Data data = mutated({text.begin(), text.end()}, changes);
        fuzz_assemble(data.data(), data.size());
    }
}

}  // namespace
}  // namespace satsim::isa
