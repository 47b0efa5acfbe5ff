// The fuzz target without a fuzzer: the small models of the unit tests and random mutations of them.
#include <gtest/gtest.h>

#include "tests/fuzz/mutation.hpp"
#include "tests/fuzz/onnx/fuzz_onnx.hpp"

namespace satsim {
namespace {

TEST(FuzzReplay, Onnx) {
    std::mt19937_64 random(9);
    const std::vector<fuzz::Data> models = fuzz::corpus("tests/unit/onnx/models");
    ASSERT_GE(models.size(), 5U);
    for (const fuzz::Data& data : models) fuzz_onnx(data.data(), data.size());
    for (int round = 0; round < 3000; ++round) {
        const fuzz::Data data = fuzz::mutated(models[random() % models.size()], random);
        fuzz_onnx(data.data(), data.size());
    }
}

}  // namespace
}  // namespace satsim
