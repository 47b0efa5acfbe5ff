// Interleaved samples: documents of text and image segments, packed into a context. docs/formats/samples.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "runtime/workload/network.hpp"

namespace satsim::sample {

struct Segment {
    enum class Kind {
        Text,     // `size` tokens
        Image,    // looked at: `size` tiles
        Generate  // drawn: `size` images
    };
    Kind kind = Kind::Text;
    std::int64_t size = 0;
    bool operator==(const Segment&) const = default;
};

using Document = std::vector<Segment>;

// What segments become in a network.
struct Sizes {
    std::int64_t context = 0;      // positions of a sample
    std::int64_t tile_tokens = 0;  // positions of a tile; 0: the network takes no images
    std::int64_t codes = 0;        // codes of a generated image; 0: it generates none
    std::int64_t max_items = 1 << 20;
    // Of a generated image: <imgbos>, codes and <imgend> are read, the visual head predicts the codes and
    // <imgend>.
    [[nodiscard]] std::int64_t drawn_positions() const { return codes + 2; }
    [[nodiscard]] std::int64_t drawn_targets() const { return codes + 1; }
};
// From the parameters `tokens`, `tile_tokens` and `code_side` of a network.
[[nodiscard]] Sizes sizes_of(const Network& network);

// Positions of a document.
[[nodiscard]] std::int64_t length_of(const Document& document, const Sizes& sizes);

struct Packed {
    std::vector<Span> documents;       // positions of each document, in order
    std::vector<Span> code_documents;  // positions of each that the visual head predicts from
    std::int64_t used = 0;             // positions; the rest of the context is padding
    std::int64_t tiles = 0;
    std::int64_t images = 0;
    std::int64_t text_targets = 0;
    std::int64_t code_targets = 0;
};

// One JSON object a line: {"segments": [{"text": 120}, {"image": 4}, {"generate": 1}]}. All documents make
// one sample. Throws InputError with file, line as JSON pointer ("/2/segments/0") and what was expected: also
// for a sample that is longer than the context, and for segments that the network cannot take.
[[nodiscard]] std::vector<Document> read_documents(const std::filesystem::path& path, const Sizes& sizes);
[[nodiscard]] std::vector<Document> parse_documents(std::string_view text, const std::string& file,
                                                    const Sizes& sizes);

[[nodiscard]] Packed pack(const std::vector<Document>& documents, const Sizes& sizes);

// What the network's parameters and spans become; `name` says where the sample comes from.
void apply(const Packed& packed, const Sizes& sizes, const std::string& name, NetworkOptions& options);

// Refuses networks whose stream holds positions that no sample describes (frames, latents): those of a sample
// would count them as text too. `of_text`: the network with a sample of text alone, which must splice
// nothing. `where`: what to name in the refusal.
void require_described(const Network& of_text, const std::string& where);

}  // namespace satsim::sample
