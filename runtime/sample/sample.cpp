#include "runtime/sample/sample.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "runtime/support/error.hpp"
#include "runtime/support/json_cursor.hpp"

namespace satsim::sample {
namespace {

constexpr std::int64_t kMaxLength = 1 << 24;
constexpr std::size_t kMaxDocuments = 1 << 16;

Segment read_segment(const JsonCursor& item, const Sizes& sizes) {
    item.object({}, {"text", "image", "generate"});
    const std::vector<std::string> names = item.names();
    if (names.size() != 1) item.fail("has other fields than one of text, image and generate");
    const JsonCursor value = item.at(names.front());
    Segment segment;
    segment.size = value.integer(1, kMaxLength);
    if (names.front() == "image") {
        segment.kind = Segment::Kind::Image;
        if (sizes.tile_tokens == 0) value.fail("is an image, which this network does not take");
    } else if (names.front() == "generate") {
        segment.kind = Segment::Kind::Generate;
        if (sizes.codes == 0) value.fail("is a generated image, which this network does not make");
    }
    return segment;
}

std::int64_t positions_of(const Segment& segment, const Sizes& sizes) {
    switch (segment.kind) {
        case Segment::Kind::Text:
            return segment.size;
        case Segment::Kind::Image:
            return segment.size * sizes.tile_tokens;
        case Segment::Kind::Generate:
            return segment.size * sizes.drawn_positions();
    }
    return 0;
}

// Equal spans behind each other are counted.
void add_span(std::vector<Span>& spans, std::int64_t length) {
    if (length == 0) return;
    if (!spans.empty() && spans.back().queries == length)
        ++spans.back().count;
    else
        spans.push_back({length, length, 1});
}

}  // namespace

Sizes sizes_of(const Network& network) {
    const auto value = [&](const char* name) {
        const auto found = network.parameters_given.find(name);
        return found == network.parameters_given.end() ? std::int64_t{0} : found->second;
    };
    Sizes sizes;
    sizes.context = value("tokens");
    sizes.tile_tokens = value("tile_tokens");
    sizes.codes = value("code_side") * value("code_side");
    return sizes;
}

std::int64_t length_of(const Document& document, const Sizes& sizes) {
    std::int64_t length = 0;
    for (const Segment& segment : document) length += positions_of(segment, sizes);
    return length;
}

// `where` names the line already.
void require_json(std::string_view line, const std::string& where) {
    try {
        const nlohmann::json value = nlohmann::json::parse(line);
        (void)value;
    } catch (const nlohmann::json::parse_error& error) {
        throw InputError(where, "",
                         fmt::format("malformed JSON at column {}, expected one JSON value a line",
                                     std::max<std::size_t>(error.byte, 1)));
    } catch (const nlohmann::json::exception&) {
        return;  // parse_json_text() has words for it
    }
}

std::vector<Document> parse_documents(std::string_view text, const std::string& file, const Sizes& sizes) {
    std::vector<Document> documents;
    std::int64_t used = 0;
    for (std::size_t line = 1; !text.empty(); ++line) {
        const std::size_t end = text.find('\n');
        const std::string_view content = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (content.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        const std::string where = file + ": line " + std::to_string(line);
        require_json(content, where);
        const nlohmann::json document = parse_json_text(content, where);
        const JsonCursor root(document, where);
        root.object({"segments"}, {"id", "source"});
        const JsonCursor segments = root.at("segments");
        Document read;
        for (std::size_t i = 0; i < segments.size(1); ++i) {
            read.push_back(read_segment(segments.at(i), sizes));
            used += positions_of(read.back(), sizes);
            if (used > sizes.context)
                segments.at(i).fail(
                    fmt::format("makes the sample {} positions long, expected at most the "
                                "context of {}",
                                used, sizes.context));
        }
        documents.push_back(std::move(read));
        if (documents.size() > kMaxDocuments) root.fail("is one document too many, expected at most 65536");
    }
    if (documents.empty()) throw InputError(file, "", "has no documents, expected one JSON object a line");
    return documents;
}

std::vector<Document> read_documents(const std::filesystem::path& path, const Sizes& sizes) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    if (!in || !(text << in.rdbuf()))
        throw InputError(path.string(), "", "cannot be read, expected a sample");
    return parse_documents(text.str(), path.string(), sizes);
}

Packed pack(const std::vector<Document>& documents, const Sizes& sizes) {
    Packed packed;
    for (const Document& document : documents) {
        std::int64_t drawn = 0;
        for (const Segment& segment : document) {
            if (segment.kind == Segment::Kind::Image) packed.tiles += segment.size;
            if (segment.kind == Segment::Kind::Text) packed.text_targets += segment.size;
            if (segment.kind == Segment::Kind::Generate) drawn += segment.size;
        }
        packed.images += drawn;
        packed.text_targets += drawn;  // <imgend> leads back to text
        packed.code_targets += drawn * sizes.drawn_targets();
        packed.used += length_of(document, sizes);
        add_span(packed.documents, length_of(document, sizes));
        add_span(packed.code_documents, drawn * sizes.drawn_targets());
    }
    return packed;
}

void apply(const Packed& packed, const Sizes& sizes, const std::string& name, NetworkOptions& options) {
    options.sample["tiles"] = packed.tiles;
    options.sample["images"] = packed.images;
    options.sample["text_targets"] = packed.text_targets;
    options.sample["code_targets"] = packed.code_targets;
    options.spans["documents"] = packed.documents;
    options.spans["code_documents"] = packed.code_documents;
    std::int64_t documents = 0;
    for (const Span& span : packed.documents) documents += span.count;
    options.sample_name =
        fmt::format("{}: {} documents in {} of {} positions, {} tiles looked at, {} images generated", name,
                    documents, packed.used, sizes.context, packed.tiles, packed.images);
}

void require_described(const Network& of_text, const std::string& where) {
    for (const Layer& layer : of_text.layers) {
        if (layer.kind != LayerKind::Splice) continue;
        for (std::size_t i = 1; i < layer.inputs.size(); ++i) {
            const int input = layer.inputs[i];
            const std::int64_t items = of_text.items_of(input);
            if (items == 0) continue;
            const std::string& name = input >= 0 ? of_text.layers[static_cast<std::size_t>(input)].path
                                                 : of_text.inputs[static_cast<std::size_t>(-1 - input)].name;
            throw InputError(
                where, "",
                fmt::format("does not describe the {} positions that {} puts into {} of network {}, expected "
                            "a network of text, tiles and generated images alone, or its own parameters "
                            "(--set)",
                            items * of_text.shape_of(input).positions(), name, layer.path, of_text.name));
        }
    }
}

}  // namespace satsim::sample
