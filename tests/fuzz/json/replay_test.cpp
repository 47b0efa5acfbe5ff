// The fuzz targets without a fuzzer: shipped files, the corpus beside this file and random mutations of both.
#include <gtest/gtest.h>

#include "tests/fuzz/json/fuzz_json.hpp"
#include "tests/fuzz/mutation.hpp"

namespace satsim {
namespace {

using Target = void (*)(const std::uint8_t*, std::size_t);

void replay(Target target, const std::vector<std::string>& folders, int rounds) {
    std::mt19937_64 random(8);
    for (const std::string& folder : folders) {
        const std::vector<fuzz::Data> whole = fuzz::corpus(folder);
        EXPECT_GE(whole.size(), 2U) << folder;
        for (const fuzz::Data& data : whole) target(data.data(), data.size());
        for (int round = 0; round < rounds; ++round) {
            const fuzz::Data data = fuzz::mutated(whole[random() % whole.size()], random);
            target(data.data(), data.size());
        }
    }
}

TEST(FuzzReplay, Networks) {
    replay(fuzz_network, {"models/networks", "tests/fuzz/json/corpus/network"}, 2000);
}
TEST(FuzzReplay, Recipes) {
    replay(fuzz_recipe, {"models/recipes", "tests/fuzz/json/corpus/recipe"}, 10000);
}
TEST(FuzzReplay, Sweeps) {
    replay(fuzz_sweep, {"models/sweeps", "tests/fuzz/json/corpus/sweep"}, 3000);
}
TEST(FuzzReplay, Samples) {
    replay(fuzz_sample, {"tests/fuzz/json/corpus/sample"}, 5000);
}
TEST(FuzzReplay, Corpora) {
    replay(fuzz_corpus, {"models/corpora"}, 3000);
}
TEST(FuzzReplay, Hardware) {
    replay(fuzz_hardware, {"models/hardware"}, 3000);
}
TEST(FuzzReplay, Gpus) {
    replay(fuzz_gpu, {"models/gpus"}, 3000);
}

TEST(FuzzReplay, Placements) {
    replay(fuzz_placement, {"tests/fuzz/json/corpus/placement"}, 3000);
}

TEST(FuzzReplay, Recordings) {
    replay(fuzz_recording, {"tests/fuzz/json/corpus/recording"}, 3000);
}

}  // namespace
}  // namespace satsim
