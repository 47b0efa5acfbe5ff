// Finds and reads what the command line names: models folder, networks, hardware, the tasks of a step.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "runtime/gpu_model/device.hpp"
#include "runtime/hardware/hardware.hpp"
#include "runtime/synth/device.hpp"
#include "runtime/workload/training_step.hpp"

namespace satsim::host {

// `override`, else models/ of the source tree or share/satsim/models of the installation that the program
// runs from. Throws InputError when there is none.
[[nodiscard]] std::filesystem::path find_models(const std::string& override);

// The folder that the program runs from.
[[nodiscard]] std::filesystem::path program_folder();

// `override`, else rtl/ of the source tree or share/satsim/rtl of the installation. Throws InputError when
// there is none.
[[nodiscard]] std::filesystem::path find_rtl(const std::string& override);

// A device file, or the name of one in models/devices.
[[nodiscard]] synth::Device find_device(const std::string& name, const std::string& models_override);

// A GPU device file, or the name of one in models/gpus; all of those.
[[nodiscard]] gpu::Device find_gpu(const std::string& name, const std::string& models_override);
[[nodiscard]] std::vector<std::filesystem::path> gpu_files(const std::filesystem::path& models);

// `name` is a file, or the name of one in models/networks (models/hardware). The models folder is looked for
// only when it is needed.
// A network may also be a parameter set: "decoder:llama2-7b" of a file, or "llama2-7b" alone of any file in
// models/networks. `options`: parameters and sample; the set of `name` is added.
[[nodiscard]] Network find_network(const std::string& name, const std::string& models_override,
                                   NetworkOptions options = {});
[[nodiscard]] Hardware find_hardware(const std::string& name, const std::string& models_override);
[[nodiscard]] std::vector<std::filesystem::path> network_files(const std::filesystem::path& models);

// A network's document as it is, files that it names with their whole paths.
[[nodiscard]] nlohmann::json find_network_document(const std::string& name,
                                                   const std::string& models_override);
// The files themselves, for those who read them otherwise, or must not write over them.
[[nodiscard]] std::filesystem::path find_network_file(const std::string& name,
                                                      const std::string& models_override);
[[nodiscard]] std::filesystem::path find_hardware_file(const std::string& name,
                                                       const std::string& models_override);
[[nodiscard]] std::filesystem::path find_device_file(const std::string& name,
                                                     const std::string& models_override);
[[nodiscard]] std::filesystem::path find_gpu_file(const std::string& name,
                                                  const std::string& models_override);
[[nodiscard]] std::vector<std::filesystem::path> hardware_files(const std::filesystem::path& models);

// What find_recipe() takes, for --help.
inline constexpr const char* kRecipeHelp =
    "dense, sr-ste-N:M, sdgp-N:M, bdwp-N:M, a file, or the name of one in models/recipes; several joined by "
    "+";
[[nodiscard]] Recipe find_recipe(const std::string& name, const std::string& models_override);

// The tasks of one step; refuses a step that does not fit the hardware's memory. Without pre-generation the
// step prunes on demand.
[[nodiscard]] TrainingStep make_step(const Network& network, const Recipe& recipe,
                                     std::optional<std::int64_t> batch, const Hardware& hardware,
                                     bool pregeneration);

// "M,N,K" as a forward GEMM with pattern `nm` ("dense" or "2:8"). Throws InputError naming the option.
[[nodiscard]] GemmTask parse_gemm(const std::string& sizes, const std::string& nm);

}  // namespace satsim::host
