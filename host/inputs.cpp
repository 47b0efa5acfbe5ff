#include "host/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <nlohmann/json.hpp>

#include "host/fitting_gemm.hpp"
#include "host/notes.hpp"
#include "runtime/dispatch/capacity.hpp"
#include "runtime/dispatch/pregeneration.hpp"
#include "runtime/support/error.hpp"
#include "runtime/support/json_cursor.hpp"
#include "runtime/workload/matrix_task.hpp"

namespace satsim::host {
namespace {

namespace fs = std::filesystem;

// Sizes of a GEMM that position counters and registers can hold (contract.md §9).
constexpr std::int64_t kLargestSize = (std::int64_t{1} << 24) - 1;

// Multiply-accumulates that counters of 64 bits hold with room for sums over operations and energies.
constexpr Macs kMostMacs = Macs{1} << 62;

bool is_models(const fs::path& folder) {
    std::error_code code;
    return fs::is_directory(folder / "networks", code) && fs::is_directory(folder / "hardware", code);
}

bool is_rtl(const fs::path& folder) {
    std::error_code code;
    return fs::exists(folder / "synth" / "blocks.json", code);
}

// The first of `names`, in the program's folder or one above it, that is what is looked for.
fs::path beside_program(std::initializer_list<const char*> names, bool (*is_it)(const fs::path&),
                        const char* what, const char* option) {
    const fs::path program = program_folder();
    for (fs::path folder = program; folder.has_relative_path(); folder = folder.parent_path()) {
        for (const char* name : names) {
            if (is_it(folder / name)) return folder / name;
        }
    }
    if (program.empty())
        throw InputError(
            what, "",
            fmt::format("cannot tell where this program lies (/proc is not mounted), expected {}", option));
    throw InputError(what, "",
                     fmt::format("no {} folder beside {}, expected {}", what, program.string(), option));
}

bool is_file(const fs::path& path) {
    std::error_code code;
    return fs::exists(path, code);
}

// A file as named, or models/<kind>/<name>.json.
fs::path resolve(const std::string& name, const char* kind, const std::string& models_override) {
    if (is_file(name)) return name;
    const bool looks_like_a_file = name.ends_with(".json") || name.find('/') != std::string::npos;
    if (!looks_like_a_file) {
        const fs::path candidate = find_models(models_override) / kind / (name + ".json");
        if (is_file(candidate)) return candidate;
        throw InputError(name, "", "is no file and no name in " + candidate.parent_path().string());
    }
    throw InputError(name, "", "cannot be read, expected a JSON file");
}

std::vector<fs::path> json_files(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code code;
    if (!fs::is_directory(folder, code)) throw InputError(folder.string(), "", "is no folder of JSON files");
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

struct NetworkName {
    fs::path file;
    std::string set;
};

// The file in models/networks that has the parameter set `set`, if one has.
std::optional<fs::path> file_with_set(const std::string& set, const std::string& models_override) {
    for (const fs::path& file : network_files(find_models(models_override))) {
        const std::vector<std::string> sets = parameter_sets(file);
        if (std::find(sets.begin(), sets.end(), set) != sets.end()) return file;
    }
    return std::nullopt;
}

NetworkName resolve_network(const std::string& name, const std::string& models_override) {
    const bool looks_like_a_file = name.ends_with(".json") || name.find('/') != std::string::npos;
    if (is_file(name)) return {name, ""};
    if (const std::size_t colon = name.rfind(':'); colon != std::string::npos)
        return {resolve(name.substr(0, colon), "networks", models_override), name.substr(colon + 1)};
    if (!looks_like_a_file && !is_file(find_models(models_override) / "networks" / (name + ".json"))) {
        if (const auto file = file_with_set(name, models_override)) return {*file, name};
    }
    return {resolve(name, "networks", models_override), ""};
}

}  // namespace

fs::path program_folder() {
    std::error_code code;
    return fs::read_symlink("/proc/self/exe", code).parent_path();
}

fs::path find_models(const std::string& override) {
    if (!override.empty()) {
        if (!is_models(override))
            throw InputError("--models " + override, "",
                             "is no models folder, expected networks/ and hardware/ in it");
        return override;
    }
    return beside_program({"models", "share/satsim/models"}, is_models, "models", "--models DIR");
}

fs::path find_rtl(const std::string& override) {
    if (!override.empty()) {
        if (!is_rtl(override))
            throw InputError("--rtl " + override, "",
                             "is no folder of the RTL, expected synth/blocks.json in it");
        return override;
    }
    return beside_program({"rtl", "share/satsim/rtl"}, is_rtl, "rtl", "--rtl DIR");
}

fs::path find_device_file(const std::string& name, const std::string& models_override) {
    return resolve(name, "devices", models_override);
}

synth::Device find_device(const std::string& name, const std::string& models_override) {
    return synth::load_device(find_device_file(name, models_override));
}

fs::path find_gpu_file(const std::string& name, const std::string& models_override) {
    return resolve(name, "gpus", models_override);
}

gpu::Device find_gpu(const std::string& name, const std::string& models_override) {
    return gpu::load_device(find_gpu_file(name, models_override));
}

std::vector<fs::path> gpu_files(const fs::path& models) {
    return json_files(models / "gpus");
}

fs::path find_hardware_file(const std::string& name, const std::string& models_override) {
    return resolve(name, "hardware", models_override);
}

fs::path find_network_file(const std::string& name, const std::string& models_override) {
    return resolve_network(name, models_override).file;
}

Network find_network(const std::string& name, const std::string& models_override, NetworkOptions options) {
    const NetworkName found = resolve_network(name, models_override);
    options.set = found.set;
    return load_network(found.file, std::move(options));
}

nlohmann::json find_network_document(const std::string& name, const std::string& models_override) {
    const NetworkName found = resolve_network(name, models_override);
    if (!found.set.empty())
        throw InputError(name, "", "is a parameter set, expected a network file without one here");
    nlohmann::json document = parse_json_file(found.file);
    const fs::path folder = fs::absolute(found.file).parent_path();
    const auto anchor = [&folder](nlohmann::json& file) {
        if (file.is_string()) file = (folder / file.get<std::string>()).lexically_normal().string();
    };
    if (document.contains("sets")) anchor(document["sets"]);
    if (document.contains("modules") && document["modules"].is_object())
        for (auto& [key, module] : document["modules"].items()) anchor(module);
    return document;
}

Hardware find_hardware(const std::string& name, const std::string& models_override) {
    return load_hardware(find_hardware_file(name, models_override));
}

Recipe find_recipe(const std::string& name, const std::string& models_override) {
    return load_recipe(name, find_models(models_override));
}

std::vector<fs::path> network_files(const fs::path& models) {
    return json_files(models / "networks");
}

std::vector<fs::path> hardware_files(const fs::path& models) {
    return json_files(models / "hardware");
}

TrainingStep make_step(const Network& network, const Recipe& recipe, std::optional<std::int64_t> batch,
                       const Hardware& hardware, bool pregeneration) {
    TrainingStep step = make_training_step(network, recipe, batch);
    for (const Task& task : step.tasks) {
        if (const auto* gemm = std::get_if<GemmTask>(&task)) require_built(*gemm, hardware);
    }
    require_fit(network, recipe, step, hardware.name, hardware.capacity_bytes());
    if (network.source.empty())
        note_once(network.name + " has no source: nobody says where its shapes come from");
    const bool loss = std::any_of(network.layers.begin(), network.layers.end(),
                                  [](const Layer& layer) { return layer.kind == LayerKind::Loss; });
    if (!loss)
        note_once(network.name + " has no loss layer: the gradients of its outputs are taken as given");
    return pregeneration ? step : without_pregeneration(step);
}

GemmTask parse_gemm(const std::string& sizes, const std::string& nm) {
    std::array<std::int64_t, 3> values{};
    const char* at = sizes.data();
    const char* const end = at + sizes.size();
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto [next, fault] = std::from_chars(at, end, values[i]);
        const bool last = i + 1 == values.size();
        const bool separated = last ? next == end : next != end && *next == ',';
        if (fault != std::errc{} || !separated || values[i] < 1 || values[i] > kLargestSize)
            throw InputError("--gemm " + sizes, "",
                             "expected M,N,K, three integers from 1 to " + std::to_string(kLargestSize));
        at = last ? next : next + 1;
    }
    if (values[0] * values[1] > kMostMacs / values[2])
        throw InputError("--gemm " + sizes, "",
                         "has more than 2^62 multiply-accumulates, expected M*N*K no larger");
    const NmPattern dense{8, 8};
    const NmPattern pattern = nm == "dense" ? dense : parse_pattern(nm, "--nm", "");
    return matrix_task("gemm", {values[0], values[1], values[2]}, pattern.dense() ? dense : pattern);
}

}  // namespace satsim::host
