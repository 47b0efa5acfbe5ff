#include "host/file_types.hpp"

#include <algorithm>

#include "host/compare/mix.hpp"
#include "host/compare/target_groups.hpp"
#include "host/inputs.hpp"
#include "host/samples.hpp"
#include "runtime/recipe/recipe.hpp"
#include "runtime/support/error.hpp"
#include "runtime/trace_import/profile.hpp"

namespace satsim::host {
namespace {

namespace fs = std::filesystem;
using Files = std::vector<fs::path>;

struct ReadType {
    std::string_view type;
    Files (*files)(const std::string& value, const std::string& models);
};

const ReadType kRead[] = {
    {file_type::kFile, [](const std::string& value, const std::string&) { return Files{value}; }},
    {file_type::kNetwork, [](const std::string& value,
                             const std::string& models) { return Files{find_network_file(value, models)}; }},
    {file_type::kRecipe, [](const std::string& value,
                            const std::string& models) { return recipe_files(value, find_models(models)); }},
    {file_type::kHardware,
     [](const std::string& value, const std::string& models) {
         return Files{find_hardware_file(value, models)};
     }},
    {file_type::kDevice, [](const std::string& value,
                            const std::string& models) { return Files{find_device_file(value, models)}; }},
    {file_type::kGpu,
     [](const std::string& value, const std::string& models) { return Files{find_gpu_file(value, models)}; }},
    {file_type::kSample, [](const std::string& value,
                            const std::string& models) { return Files{find_sample_file(value, models)}; }},
    {file_type::kTarget,
     [](const std::string& value, const std::string& models) {
         const std::string file = target_file(value);
         return file.empty() ? Files{} : Files{find_gpu_file(file, models)};
     }},
    {file_type::kPolicy, [](const std::string& value,
                            const std::string&) { return is_objective(value) ? Files{} : Files{value}; }},
    {file_type::kTrace,
     [](const std::string& value, const std::string&) { return Files{profile_file(value)}; }},
};

}  // namespace

bool is_written(std::string_view type) {
    return type == file_type::kOutput || type == file_type::kUpdatedGpu;
}

bool may_replace(std::string_view written, std::string_view read) {
    return written == file_type::kUpdatedGpu && read == file_type::kGpu;
}

Files files_read(std::string_view type, const std::string& value, const std::string& models_override) {
    const auto* const read = std::ranges::find(kRead, type, &ReadType::type);
    if (read == std::end(kRead)) return {};
    try {
        return read->files(value, models_override);
    } catch (const InputError&) {
        return {};
    }
}

}  // namespace satsim::host
