// The fuzz target without a fuzzer: its corpus and random mutations of it.
#include <gtest/gtest.h>

#include "tests/fuzz/mutation.hpp"
#include "tests/fuzz/weights/fuzz_weights.hpp"

namespace satsim {
namespace {

TEST(FuzzReplay, Weights) {
    std::mt19937_64 random(11);
    const std::vector<fuzz::Data> files = fuzz::corpus("tests/fuzz/weights/corpus");
    ASSERT_GE(files.size(), 4U);
    for (const fuzz::Data& data : files) fuzz_weights(data.data(), data.size());
    for (int round = 0; round < 20000; ++round) {
        const fuzz::Data data = fuzz::mutated(files[random() % files.size()], random);
        fuzz_weights(data.data(), data.size());
    }
}

}  // namespace
}  // namespace satsim
