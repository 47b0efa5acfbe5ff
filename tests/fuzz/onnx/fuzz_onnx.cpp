#include "tests/fuzz/onnx/fuzz_onnx.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "runtime/onnx/import.hpp"
#include "runtime/support/error.hpp"
#include "runtime/workload/training_step.hpp"

namespace satsim {
namespace {

void require(bool holds, const char* property) {
    if (holds) return;
    std::fprintf(stderr, "broken: %s\n", property);
    std::abort();
}

}  // namespace

void fuzz_onnx(const std::uint8_t* data, std::size_t size) {
    try {
        const importer::Imported imported = importer::import_model({data, size}, "fuzz", {});
        const Network network = parse_network(nlohmann::json(imported.document), "fuzz");
        require(network.parameters() >= 0 && network.forward_macs() >= 0, "totals are not negative");
        if (network.layers.size() <= 200) (void)make_training_step(network, Recipe{});
    } catch (const InputError& error) {
        require(std::string_view(error.what()).find('\n') == std::string_view::npos, "an error is one line");
        require(std::string_view(error.what()).starts_with("fuzz"), "an error names the file");
    }
}

}  // namespace satsim
