#include "tests/fuzz/json/fuzz_json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "runtime/gpu_model/gpu_target.hpp"
#include "runtime/gpu_record/recording.hpp"
#include "runtime/hardware/hardware.hpp"
#include "runtime/placement/placement_file.hpp"
#include "runtime/recipe/recipe.hpp"
#include "runtime/sample/corpus.hpp"
#include "runtime/support/error.hpp"
#include "runtime/support/json_cursor.hpp"
#include "runtime/sweep/sweep_file.hpp"
#include "runtime/workload/training_step.hpp"
#include "tests/fuzz/require.hpp"

namespace satsim {
namespace {

// Larger networks are read, but their steps are left alone: one input must not take a second.
constexpr std::size_t kLayersWithStep = 200;

using fuzz::require;

// `use` reads the text and uses what it found.
template <typename Use>
void read_and_use(const std::uint8_t* data, std::size_t size, Use use) {
    try {
        use(std::string_view(reinterpret_cast<const char*>(data), size));
    } catch (const InputError& error) {
        require(std::string_view(error.what()).find('\n') == std::string_view::npos, "an error is one line");
        const bool layer = error.where().starts_with("layer") || error.where().starts_with("network");
        require(
            std::string_view(error.what()).starts_with("fuzz") || layer || error.where().ends_with(".json"),
            "an error names the file, the layer or the network");
    }
}

void use_network(const Network& network) {
    require(!network.layers.empty(), "a network has layers");
    require(network.parameters() >= 0 && network.forward_macs() >= 0 &&
                network.activation_bytes(network.batch) >= 0,
            "totals are not negative");
    (void)describe(network, network.batch);
    if (network.layers.size() > kLayersWithStep) return;
    Recipe recipe;
    for (const Method method : {Method::Dense, Method::Bdwp, Method::Sdgp}) {
        recipe.method = method;
        if (method != Method::Dense) recipe.nm = {2, 8};
        for (const Task& task : make_training_step(network, recipe).tasks) {
            const auto* gemm = std::get_if<GemmTask>(&task);
            require(gemm == nullptr || gemm->dense_macs() > 0, "a GEMM has work");
        }
    }
}

}  // namespace

void fuzz_network(const std::uint8_t* data, std::size_t size) {
    NetworkOptions options;  // modules and parameter sets are those that come along
    options.folder = std::filesystem::path(SATSIM_SOURCE_DIR) / "models" / "networks";
    read_and_use(data, size, [&options](std::string_view text) {
        use_network(parse_network(parse_json_text(text, "fuzz"), "fuzz", options));
    });
}

void fuzz_recipe(const std::uint8_t* data, std::size_t size) {
    read_and_use(data, size, [](std::string_view text) {
        const Recipe recipe = parse_recipe(parse_json_text(text, "fuzz"), "fuzz");
        require(recipe.nm.n >= 1 && recipe.nm.n <= recipe.nm.m && recipe.nm.m <= 16, "a pattern is N:M");
    });
}

void fuzz_sample(const std::uint8_t* data, std::size_t size) {
    read_and_use(data, size, [](std::string_view text) {
        const sample::Sizes sizes{1 << 20, 256, 256};
        const sample::Packed packed = sample::pack(sample::parse_documents(text, "fuzz", sizes), sizes);
        require(packed.used <= sizes.context, "a sample fits its context");
        require(packed.text_targets + packed.code_targets + packed.tiles * sizes.tile_tokens == packed.used,
                "every position is a tile's or predicted from");
    });
}

void fuzz_corpus(const std::uint8_t* data, std::size_t size) {
    read_and_use(data, size, [](std::string_view text) {
        const sample::Corpus corpus = sample::parse_corpus(parse_json_text(text, "fuzz"), "fuzz");
        const sample::Sizes sizes{4096, 256, 256};
        require(sample::pack(sample::draw_documents(corpus, 1, sizes), sizes).used <= sizes.context,
                "what is drawn fits its context");
    });
}

void fuzz_hardware(const std::uint8_t* data, std::size_t size) {
    read_and_use(data, size, [](std::string_view text) {
        const Hardware hardware = parse_hardware(text, "fuzz");
        require(hardware.peak_macs() > 0 && hardware.memory_config().ddr4.refi >= 2, "a hardware can work");
    });
}

void fuzz_gpu(const std::uint8_t* data, std::size_t size) {
    read_and_use(data, size, [](std::string_view text) {
        const gpu::Device device = gpu::parse_device(text, "fuzz");
        GemmTask task;
        task.shape = {48, 64, 80};
        task.nm = {2, 8};
        task.gather.in_w = task.gather.grid_w = 48;
        task.gather.channels = 80;
        const TaskResult result = gpu::predict(device, task);
        require(std::isfinite(result.seconds) && result.seconds > 0, "a GEMM takes time");
        require(result.energy_j >= 0, "energy is not negative");
    });
}

void fuzz_recording(const std::uint8_t* data, std::size_t size) {
    read_and_use(data, size, [](std::string_view text) {
        const gpu::Recording recording = gpu::parse_recording(text, "fuzz");
        const std::string written = gpu::recording_json(recording);
        require(gpu::recording_json(gpu::parse_recording(written, "fuzz")) == written,
                "a recording comes back");
        for (const auto& [work, measured] : recording.measurements) {
            require(gpu::dense_macs(work) >= 0 && gpu::compulsory_bytes(work) >= 0, "work is not negative");
            require(measured.fastest <= measured.seconds && measured.seconds <= measured.slowest,
                    "a median lies inside");
            require(!gpu::describe(work).empty(), "work has a name");
            (void)gpu::task_of(work);
        }
    });
}

void fuzz_sweep(const std::uint8_t* data, std::size_t size) {
    read_and_use(data, size, [](std::string_view text) {
        const sweep::SweepFile file = sweep::parse_sweep(text, "fuzz");
        require(!file.fields.empty() || file.method == sweep::Method::List, "a sweep has fields or points");
        if (file.samples > 1000) return;
        double all = 1;
        for (const sweep::Field& field : file.fields) all *= static_cast<double>(field.values.size());
        if (file.method == sweep::Method::Product && all > 1000) return;
        for (const sweep::Choice& choice : sweep::points_of(file)) {
            require(choice.size() == file.fields.size(), "a point chooses for every field");
            for (std::size_t f = 0; f < choice.size(); ++f)
                require(choice[f] >= sweep::kAsBase &&
                            choice[f] < static_cast<std::int32_t>(file.fields[f].values.size()),
                        "a choice is one of the field's values");
        }
    });
}

void fuzz_placement(const std::uint8_t* data, std::size_t size) {
    static const Network network =
        load_network(std::filesystem::path(SATSIM_SOURCE_DIR) / "models" / "networks" / "resnet9.json");
    static const placement::Problem problem = [] {
        placement::Problem made;
        made.graph = placement::make_graph(network, Recipe{}, make_training_step(network, Recipe{}));
        made.machines.resize(2);
        made.machines[0].name = "sat";
        made.machines[1].name = "cpu";
        for (std::size_t n = 0; n < made.graph.nodes.size(); ++n)
            made.seconds.push_back({n % 3 == 0 ? placement::kCannot : 1.0, 1.0});
        return made;
    }();
    read_and_use(data, size, [](std::string_view text) {
        const placement::Assignment placed =
            placement::parse_placement(parse_json_text(text, "fuzz"), "fuzz", network, problem);
        require(placed.size() == problem.graph.nodes.size(), "every node has a place");
        for (std::size_t n = 0; n < placed.size(); ++n)
            require(problem.can_run(static_cast<int>(n), placed[n]), "on a machine that can run it");
    });
}

}  // namespace satsim
