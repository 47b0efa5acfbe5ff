// How a network is trained: which GEMMs are N:M sparse, with which optimizer, at which batch.
// docs/formats/recipe.md.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "runtime/support/types.hpp"

namespace satsim {

enum class Method {
    Dense,
    SrSte,  // FF sparse in the weights, BP and WU dense, pruned weights decay
    Sdgp,   // BP sparse in the output gradient
    Bdwp    // FF and BP sparse in the weights, WU dense
};
[[nodiscard]] const char* to_string(Method method);

enum class Optimizer { Sgd, Adam, AdamW };  // Sgd with momentum
[[nodiscard]] const char* to_string(Optimizer optimizer);

struct Recipe {
    std::string name = "dense";
    Method method = Method::Dense;
    NmPattern nm{8, 8};                     // the sparse GEMMs' pattern
    bool first_layer_dense = true;          // papers keep the first convolution dense
    std::vector<std::string> dense_layers;  // further layers by name
    std::optional<std::int64_t> batch;      // overrides the network's
    Optimizer optimizer = Optimizer::Sgd;
    double loss_scale = 1024;
};

// Throws InputError unless M is 2, 4, 8 or 16 and 1 <= N <= M.
void check_pattern(const NmPattern& nm, const std::string& where, const std::string& pointer);
// "2:8". Throws InputError naming `where`.
[[nodiscard]] NmPattern parse_pattern(const std::string& text, const std::string& where,
                                      const std::string& pointer);

[[nodiscard]] Recipe parse_recipe(const nlohmann::json& document, const std::string& file);

// `text` is a file, the name of a file in models_dir/recipes, or one of dense, sr-ste-N:M, sdgp-N:M,
// bdwp-N:M.
[[nodiscard]] Recipe load_recipe(const std::string& text, const std::filesystem::path& models_dir);
// The same as a document, as its file has it or as a file of that name would.
[[nodiscard]] nlohmann::json load_recipe_document(const std::string& text,
                                                  const std::filesystem::path& models_dir);

}  // namespace satsim
