#include "host/samples.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "host/inputs.hpp"
#include "runtime/sample/corpus.hpp"
#include "runtime/support/error.hpp"

namespace satsim::host {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
    std::error_code code;
    return fs::is_regular_file(path, code);
}

// "omnicorpus" of "omnicorpus:7".
std::string profile_of(const std::string& text) {
    return text.substr(0, text.rfind(':'));
}

bool holds_documents(const std::string& text) {
    return text.ends_with(".jsonl");
}

fs::path corpus_file(const std::string& name, const std::string& models_override) {
    if (is_file(name)) return name;
    const fs::path folder = find_models(models_override) / "corpora";
    const fs::path candidate = folder / (name + ".json");
    if (name.find('/') == std::string::npos && is_file(candidate)) return candidate;
    throw InputError(
        "--sample " + name, "",
        "is no file of documents (.jsonl), no corpus profile and no name of one in " + folder.string());
}

// "omnicorpus:7", or a file of documents.
void sample_by(const std::string& text, const sample::Sizes& sizes, const std::string& models_override,
               NetworkOptions& options) {
    if (holds_documents(text)) {
        sample::apply(sample::pack(sample::read_documents(text, sizes), sizes), sizes, text, options);
        return;
    }
    std::uint64_t seed = 1;
    if (const std::size_t colon = text.rfind(':'); colon != std::string::npos) {
        const char* const end = text.data() + text.size();
        const auto [next, fault] = std::from_chars(text.data() + colon + 1, end, seed);
        if (fault != std::errc{} || next != end)
            throw InputError("--sample " + text, "", "has no seed behind the colon, expected PROFILE:SEED");
    }
    const sample::Corpus corpus = sample::load_corpus(corpus_file(profile_of(text), models_override));
    sample::apply(sample::pack(sample::draw_documents(corpus, seed, sizes), sizes), sizes,
                  fmt::format("{}, seed {}", corpus.name, seed), options);
}

// A file's own sample does not override what the user sets of it.
bool sets_sample(const NetworkOptions& options) {
    const auto set = [&](const char* name) { return options.parameters.contains(name); };
    return set("tiles") || set("images") || set("text_targets") || set("code_targets");
}

// Whatever the user sets of it, a sample of text alone must leave nothing but text.
void require_described(const std::string& network, const std::string& wanted, const sample::Sizes& sizes,
                       const Options& options) {
    NetworkOptions of_text = options.network_options();
    for (const char* name : {"tiles", "images"}) of_text.parameters.erase(name);
    const sample::Document document{{sample::Segment::Kind::Text, sizes.context}};
    sample::apply(sample::pack({document}, sizes), sizes, "text", of_text);
    sample::require_described(find_network(network, options.models_folder, of_text), "--sample " + wanted);
}

}  // namespace

fs::path find_sample_file(const std::string& text, const std::string& models_override) {
    return holds_documents(text) ? fs::path(text) : corpus_file(profile_of(text), models_override);
}

Network find_sampled_network(const std::string& name, const Options& options, std::int64_t pieces) {
    NetworkOptions network_options = options.network_options();
    network_options.pieces = pieces;
    Network network = find_network(name, options.models_folder, network_options);
    std::string wanted = options.sample;
    if (wanted.empty() && !network.sample_profile.empty() && !sets_sample(network_options))
        wanted = fmt::format("{}:{}", network.sample_profile, network.sample_seed);
    if (wanted.empty()) return network;
    const sample::Sizes sizes = sample::sizes_of(network);
    if (sizes.context == 0)
        throw InputError("--sample " + wanted, "",
                         "network " + network.name + " has no context, expected a parameter \"tokens\"");
    require_described(name, wanted, sizes, options);
    sample_by(wanted, sizes, options.models_folder, network_options);
    return find_network(name, options.models_folder, network_options);
}

std::string sample_text(const Network& network) {
    return network.sample.empty() ? "" : "sample: " + network.sample + "\n";
}

}  // namespace satsim::host
