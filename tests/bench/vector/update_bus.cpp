// usage: update_bus [NETWORK [RECIPE]]    (default: resnet50 bdwp-2:8)
// The weight updates of a network with their packed copies on the cycle model, for SGD with momentum, Adam
// and AdamW, on four DDR4 channels and on a memory without latency and refresh (which reads and writes a line
// in the same cycle): cycles, and the share of them in which the memory moves lines or refreshes, lanes issue
// micro-operations, VEC has an operation. "alone": the cycles when VEC takes one slot for anything. Where
// they are about as many as with the update, WUVE and SORE starve nothing.
#include <fmt/format.h>

#include "runtime/support/error.hpp"
#include "tests/support/network_update.hpp"

namespace satsim {
namespace {

void report(const std::string& network, const std::string& recipe_name) {
    const std::filesystem::path models = std::filesystem::path(SATSIM_SOURCE_DIR) / "models";
    Recipe recipe = load_recipe(recipe_name, models);
    const isa::ArrayConfig array;
    fmt::print("{:<6}  {:<6}  {:>10}  {:>9}  {:>9}  {:>9}  {:>7}  {:>9}  {:>7}  {:>5}\n", "update", "memory",
               "parameters", "lines", "cycles", "alone", "lines %", "refresh %", "lanes %", "VEC %");
    for (const Optimizer optimizer : {Optimizer::Sgd, Optimizer::Adam, Optimizer::AdamW}) {
        recipe.optimizer = optimizer;
        for (const dram::MemoryKind kind : {dram::MemoryKind::Ddr4, dram::MemoryKind::Ideal}) {
            dram::MemoryConfig memory;
            memory.channels = array.channels;
            memory.kind = kind;
            const test::UpdateSum sum = test::network_update(models, network, recipe, array, memory);
            const auto share = [&](std::int64_t cycles) {
                return 100.0 * static_cast<double>(cycles) / static_cast<double>(sum.cycles);
            };
            fmt::print("{:<6}  {:<6}  {:>10}  {:>9}  {:>9}  {:>9}  {:>7.1f}  {:>9.1f}  {:>7.1f}  {:>5.1f}\n",
                       to_string(optimizer), kind == dram::MemoryKind::Ddr4 ? "ddr4" : "ideal",
                       sum.parameters, sum.lines, sum.cycles, sum.alone, share(sum.lines), share(sum.refresh),
                       share(sum.lanes), share(sum.vec));
        }
    }
}

}  // namespace
}  // namespace satsim

int main(int argc, char** argv) {
    try {
        satsim::report(argc > 1 ? argv[1] : "resnet50", argc > 2 ? argv[2] : "bdwp-2:8");
    } catch (const satsim::InputError& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 2;
    }
    return 0;
}
