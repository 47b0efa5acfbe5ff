// A verilated bench in a random power-up state.
#pragma once

#include <gtest/gtest.h>
#include <verilated.h>

#include <memory>
#include <utility>
#include <vector>

#include "sim/rtl/coverage.hpp"

namespace satsim::rtl_bench {

template <typename Model>
struct Verilated {
    explicit Verilated(int seed) : model(randomised(context, seed)), coverage(context) {}
    static VerilatedContext* randomised(VerilatedContext& context, int seed) {
        context.randReset(2);
        context.randSeed(seed);
        return &context;
    }

    VerilatedContext context;
    Model model;
    sim::rtl::CoverageFile coverage;
};

// Models that live until the last test: Verilator's own state is gone when static objects are destroyed.
class KeptModels : public testing::Environment {
  public:
    static void keep(std::shared_ptr<void> model) { models().push_back(std::move(model)); }
    void TearDown() override { models().clear(); }

  private:
    static std::vector<std::shared_ptr<void>>& models() {
        static std::vector<std::shared_ptr<void>> all;
        return all;
    }
};
inline testing::Environment* const kKeptModels = testing::AddGlobalTestEnvironment(new KeptModels);

// A model whose registers and memories start from random values. With coverage one model serves all runs of a
// program, each of which resets it: thousands of counter files would say the same.
template <typename Model>
std::shared_ptr<Verilated<Model>> verilate(int seed) {
    if (!sim::rtl::kCoverage) return std::make_shared<Verilated<Model>>(seed);
    static std::weak_ptr<Verilated<Model>> kept;
    if (auto model = kept.lock()) return model;
    const auto model = std::make_shared<Verilated<Model>>(seed);
    kept = model;
    KeptModels::keep(model);
    return model;
}

}  // namespace satsim::rtl_bench
