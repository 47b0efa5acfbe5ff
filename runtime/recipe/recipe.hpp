// How a network is trained: which GEMMs are N:M sparse, with which optimizer, at which batch.
// docs/formats/recipe.md.
#pragma once

#include <filesystem>
#include <map>
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

// What the backward pass forms again instead of reading what the forward pass kept.
enum class Recompute {
    None,
    Attention,  // scores and probabilities of attention within spans
    Modules     // everything inside repeated modules: only what goes into each copy is kept
};
[[nodiscard]] const char* to_string(Recompute recompute);

struct Recipe {
    std::string name = "dense";
    Method method = Method::Dense;
    NmPattern nm{8, 8};                     // the sparse GEMMs' pattern
    bool first_layer_dense = true;          // papers keep the first convolution dense
    std::vector<std::string> dense_layers;  // further layers by name
    std::optional<std::int64_t> batch;      // overrides the network's
    Optimizer optimizer = Optimizer::Sgd;
    double loss_scale = 1024;
    // Training in stages: names of layers or modules; "*" is everything. Empty `train`: what the network's
    // file says. `freeze` is applied after it.
    std::vector<std::string> train;
    std::vector<std::string> freeze;
    std::map<std::string, double> losses;  // weights by the loss layer's name; others have 1
    bool frozen_sparse = true;             // frozen weights keep the pattern; false: they are dense
    Recompute recompute = Recompute::None;
    std::int64_t micro_batches = 1;        // parts of the step's samples, one after the other
    std::vector<std::string> assumptions;  // what nobody has published, in words
};

// Throws InputError unless M is 2, 4, 8 or 16 and 1 <= N <= M.
void check_pattern(const NmPattern& nm, const std::string& where, const std::string& pointer);
// "2:8". Throws InputError naming `where`.
[[nodiscard]] NmPattern parse_pattern(const std::string& text, const std::string& where,
                                      const std::string& pointer);

[[nodiscard]] Recipe parse_recipe(const nlohmann::json& document, const std::string& file);

// `text` is a file, the name of a file in models_dir/recipes, one of dense, sr-ste-N:M, sdgp-N:M, bdwp-N:M,
// or several of these joined by `+`, which must not say different things of one field: "wohg-2+bdwp-2:8".
[[nodiscard]] Recipe load_recipe(const std::string& text, const std::filesystem::path& models_dir);
// The files that it is read from, none for "dense".
[[nodiscard]] std::vector<std::filesystem::path> recipe_files(const std::string& text,
                                                              const std::filesystem::path& models_dir);
// The same as a document, as its file has it or as a file of that name would.
[[nodiscard]] nlohmann::json load_recipe_document(const std::string& text,
                                                  const std::filesystem::path& models_dir);

}  // namespace satsim
