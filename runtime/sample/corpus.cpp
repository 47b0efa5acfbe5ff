#include "runtime/sample/corpus.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>
#include <random>

#include "runtime/support/json_cursor.hpp"

namespace satsim::sample {
namespace {

constexpr std::int64_t kMostImages = 1000;
constexpr double kLongestText = 1 << 24;

// The standard's distributions differ between libraries; these do not.
class Draws {
  public:
    explicit Draws(std::uint64_t seed) : random_(seed) {}

    // In (0, 1).
    double uniform() { return (static_cast<double>(random_() >> 11) + 0.5) / 9007199254740992.0; }

    double normal() {
        const double radius = std::sqrt(-2 * std::log(uniform()));
        return radius * std::cos(2 * std::numbers::pi * uniform());
    }

    std::int64_t log_normal(double mean, double spread) {
        const double value = std::exp(std::log(mean) - spread * spread / 2 + spread * normal());
        return std::max<std::int64_t>(1, std::llround(std::min(value, kLongestText)));
    }

    // Number of failures before the first success, of the given mean.
    std::int64_t geometric(double mean) {
        if (mean <= 0) return 0;
        const double value = std::floor(std::log(uniform()) / std::log(mean / (1 + mean)));
        return static_cast<std::int64_t>(std::min(value, static_cast<double>(kMostImages)));
    }

  private:
    std::mt19937_64 random_;
};

// Text in equal parts before, between and behind the images.
Document draw_document(const Corpus& corpus, const Sizes& sizes, Draws& draws) {
    const std::int64_t text = draws.log_normal(corpus.tokens.value, corpus.spread.value);
    const std::int64_t images = draws.geometric(corpus.images.value);
    Document document;
    std::int64_t left = text;
    for (std::int64_t i = 0; i < images; ++i) {
        const std::int64_t part = left / (images + 1 - i);
        if (part > 0) document.push_back({Segment::Kind::Text, part});
        left -= part;
        const bool generated = draws.uniform() < corpus.generated.value;
        if (generated && sizes.codes > 0)
            document.push_back({Segment::Kind::Generate, 1});
        else if (sizes.tile_tokens > 0)
            document.push_back({Segment::Kind::Image, std::llround(corpus.tiles.value)});
    }
    if (left > 0) document.push_back({Segment::Kind::Text, left});
    return document;
}

// The first part of a document that `room` positions hold: text is cut, an image is kept whole or left out.
Document cut(const Document& document, const Sizes& sizes, std::int64_t room) {
    Document kept;
    for (const Segment& segment : document) {
        kept.push_back(segment);
        const std::int64_t over = length_of(kept, sizes) - room;
        if (over <= 0) continue;
        if (segment.kind == Segment::Kind::Text && segment.size > over)
            kept.back().size -= over;
        else
            kept.pop_back();
        break;
    }
    return kept;
}

}  // namespace

Corpus parse_corpus(const nlohmann::json& document, const std::string& file) {
    const JsonCursor root(document, file);
    root.object({"name", "source", "text_tokens", "spread", "images", "tiles", "generated"});
    Corpus corpus;
    corpus.name = root.at("name").name();
    corpus.source = root.at("source").text();
    corpus.tokens = read_figure(root.at("text_tokens"), "token", 1, 1e6);
    corpus.spread = read_figure(root.at("spread"), "1", 0, 4);
    corpus.images = read_figure(root.at("images"), "image", 0, 100);
    corpus.tiles = read_figure(root.at("tiles"), "tile", 1, 100);
    corpus.generated = read_figure(root.at("generated"), "1", 0, 1);
    return corpus;
}

Corpus load_corpus(const std::filesystem::path& path) {
    return parse_corpus(parse_json_file(path), path.string());
}

// Whoever left out documents that do not fit the rest would draw shorter ones than the corpus has.
std::vector<Document> draw_whole_documents(const Corpus& corpus, std::uint64_t seed, const Sizes& sizes) {
    Draws draws(seed);
    std::vector<Document> documents;
    for (std::int64_t used = 0; used < sizes.context; used += length_of(documents.back(), sizes))
        documents.push_back(draw_document(corpus, sizes, draws));
    return documents;
}

std::vector<Document> draw_documents(const Corpus& corpus, std::uint64_t seed, const Sizes& sizes) {
    std::vector<Document> documents = draw_whole_documents(corpus, seed, sizes);
    if (documents.empty()) return documents;
    std::int64_t room = sizes.context;
    for (std::size_t i = 0; i + 1 < documents.size(); ++i) room -= length_of(documents[i], sizes);
    documents.back() = cut(documents.back(), sizes, room);
    if (documents.back().empty()) documents.pop_back();
    return documents;
}

}  // namespace satsim::sample
