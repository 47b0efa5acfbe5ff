// Documents drawn from a corpus profile. docs/formats/samples.md states the distributions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "runtime/hardware/figure.hpp"
#include "runtime/sample/sample.hpp"

namespace satsim::sample {

struct Corpus {
    std::string name;
    std::string source;
    Figure tokens;     // text tokens a document, mean
    Figure spread;     // standard deviation of their logarithm
    Figure images;     // a document, mean
    Figure tiles;      // of an image that is looked at
    Figure generated;  // share of the images that are generated
};

// Throws InputError with file, JSON pointer and what was expected.
[[nodiscard]] Corpus parse_corpus(const nlohmann::json& document, const std::string& file);
[[nodiscard]] Corpus load_corpus(const std::filesystem::path& path);

// Documents from `seed` on as they come, up to the first that reaches the end of the context. Text tokens are
// log-normal, images a document geometric, both of the corpus's means; text is split evenly around the
// images. The same on every machine.
[[nodiscard]] std::vector<Document> draw_whole_documents(const Corpus& corpus, std::uint64_t seed,
                                                         const Sizes& sizes);

// The same, the last one cut where the context ends.
[[nodiscard]] std::vector<Document> draw_documents(const Corpus& corpus, std::uint64_t seed,
                                                   const Sizes& sizes);

}  // namespace satsim::sample
