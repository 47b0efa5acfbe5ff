#include "runtime/recipe/recipe.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "runtime/support/error.hpp"
#include "runtime/support/json_cursor.hpp"

namespace satsim {
namespace {

constexpr std::array kMethods{Method::Dense, Method::SrSte, Method::Sdgp, Method::Bdwp};
constexpr std::array kRecomputes{Recompute::None, Recompute::Attention, Recompute::Modules};
constexpr std::array kOptimizers{Optimizer::Sgd, Optimizer::Adam, Optimizer::AdamW};

template <typename Values>
auto pick(const JsonCursor& cursor, const Values& values) {
    const std::string text = cursor.text();
    std::string known;
    for (const auto value : values) {
        if (text == to_string(value)) return value;
        known += (known.empty() ? "" : ", ") + std::string(to_string(value));
    }
    cursor.fail("is \"" + text + "\", expected one of " + known);
}

// "bdwp-2:8" and the like; empty for anything else.
std::optional<Recipe> named_recipe(const std::string& text) {
    Recipe recipe;
    recipe.name = text;
    if (text == to_string(Method::Dense)) return recipe;
    for (const Method method : kMethods) {
        const std::string prefix = std::string(to_string(method)) + "-";
        if (method == Method::Dense || !text.starts_with(prefix)) continue;
        recipe.method = method;
        recipe.nm = parse_pattern(text.substr(prefix.size()), "recipe " + text, "");
        return recipe;
    }
    return std::nullopt;
}

std::filesystem::path recipe_file(const std::string& text, const std::filesystem::path& models_dir) {
    std::error_code code;
    for (const std::filesystem::path& path :
         {std::filesystem::path(text), models_dir / "recipes" / (text + ".json")}) {
        if (std::filesystem::is_regular_file(path, code)) return path;
    }
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(models_dir / "recipes", code))
        if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
    std::sort(names.begin(), names.end());
    std::string known;
    for (const std::string& name : names) known += ", " + name;
    throw InputError("recipe " + text, "",
                     "is no file and no known name, expected dense, sr-ste-N:M, sdgp-N:M, bdwp-N:M" + known +
                         ", several of these joined by +, or a file");
}

std::vector<std::string> read_names(const JsonCursor& root, const char* key) {
    std::vector<std::string> names;
    if (!root.has(key)) return names;
    const JsonCursor list = root.at(key);
    for (std::size_t i = 0; i < list.size(); ++i) names.push_back(list.at(i).text());
    return names;
}

void read_stage(const JsonCursor& root, Recipe& recipe) {
    recipe.train = read_names(root, "train");
    recipe.freeze = read_names(root, "freeze");
    recipe.assumptions = read_names(root, "assumptions");
    if (root.has("losses")) {
        for (const std::string& name : root.at("losses").names())
            if (name != "comment") recipe.losses[name] = root.at("losses").at(name).number(0, 1e6);
    }
    if (root.has("frozen_sparse")) recipe.frozen_sparse = root.at("frozen_sparse").boolean();
    if (root.has("recompute")) recipe.recompute = pick(root.at("recompute"), kRecomputes);
    if (root.has("micro_batches")) recipe.micro_batches = root.at("micro_batches").integer(1, 1 << 20);
}

// The parts of "wohg-2+bdwp-2:8"; a file may have a + in its name.
std::vector<std::string> parts_of(const std::string& text) {
    std::error_code code;
    if (std::filesystem::is_regular_file(text, code)) return {text};
    std::vector<std::string> parts;
    std::size_t begin = 0;
    for (std::size_t plus = text.find('+'); plus != std::string::npos; plus = text.find('+', begin)) {
        parts.push_back(text.substr(begin, plus - begin));
        begin = plus + 1;
    }
    parts.push_back(text.substr(begin));
    return parts;
}

// One part as a document, sound by itself.
nlohmann::json part_document(const std::string& text, const std::filesystem::path& models_dir) {
    if (const auto recipe = named_recipe(text)) {
        nlohmann::json document = {{"name", text}, {"method", to_string(recipe->method)}};
        if (recipe->method != Method::Dense)
            document["nm"] = std::to_string(recipe->nm.n) + ":" + std::to_string(recipe->nm.m);
        return document;
    }
    const std::filesystem::path path = recipe_file(text, models_dir);
    nlohmann::json document = parse_json_file(path);
    (void)parse_recipe(document, path.string());
    return document;
}

// Fields of `part` join those of `whole`. Lists of words (assumptions) are put together.
void join(nlohmann::json& whole, const nlohmann::json& part, const std::string& text) {
    for (const auto& [key, value] : part.items()) {
        if (key == "name" || key == "source" || key == "$schema" || key == "comment") continue;
        if (!whole.contains(key)) {
            whole[key] = value;
        } else if (key == "assumptions") {
            whole[key].insert(whole[key].end(), value.begin(), value.end());
        } else if (whole[key] != value) {
            throw InputError("recipe " + text, "/" + key,
                             "is " + shown(whole[key]) + " in one part and " + shown(value) +
                                 " in another, expected one of them");
        }
    }
}

}  // namespace

const char* to_string(Method method) {
    switch (method) {
        case Method::Dense:
            return "dense";
        case Method::SrSte:
            return "sr-ste";
        case Method::Sdgp:
            return "sdgp";
        case Method::Bdwp:
            return "bdwp";
    }
    return "?";
}

const char* to_string(Optimizer optimizer) {
    switch (optimizer) {
        case Optimizer::Sgd:
            return "sgd";
        case Optimizer::Adam:
            return "adam";
        case Optimizer::AdamW:
            return "adamw";
    }
    return "?";
}

const char* to_string(Recompute recompute) {
    switch (recompute) {
        case Recompute::None:
            return "none";
        case Recompute::Attention:
            return "attention";
        case Recompute::Modules:
            return "modules";
    }
    return "?";
}

void check_pattern(const NmPattern& nm, const std::string& where, const std::string& pointer) {
    const bool m_known = nm.m == 2 || nm.m == 4 || nm.m == 8 || nm.m == 16;
    if (!m_known || nm.n < 1 || nm.n > nm.m) {
        throw InputError(where, pointer,
                         "pattern " + std::to_string(nm.n) + ":" + std::to_string(nm.m) +
                             " is not supported, expected N:M with M = 2, 4, 8 or 16 and 1 <= N <= M");
    }
}

NmPattern parse_pattern(const std::string& text, const std::string& where, const std::string& pointer) {
    NmPattern nm;
    const std::size_t colon = text.find(':');
    const char* end = text.data() + text.size();
    bool good = colon != std::string::npos;
    if (good) {
        const auto first = std::from_chars(text.data(), text.data() + colon, nm.n);
        const auto second = std::from_chars(text.data() + colon + 1, end, nm.m);
        good = first.ec == std::errc{} && first.ptr == text.data() + colon && second.ec == std::errc{} &&
               second.ptr == end;
    }
    if (!good)
        throw InputError(where, pointer, "pattern \"" + text + "\" is not of the form N:M, for example 2:8");
    check_pattern(nm, where, pointer);
    return nm;
}

Recipe parse_recipe(const nlohmann::json& document, const std::string& file) {
    const JsonCursor root(document, file);
    root.object({"name"}, {"method", "nm", "first_layer_dense", "dense_layers", "batch", "optimizer",
                           "loss_scale", "source", "train", "freeze", "losses", "frozen_sparse", "recompute",
                           "micro_batches", "assumptions"});
    Recipe recipe;
    recipe.name = root.at("name").name();
    if (root.has("method")) recipe.method = pick(root.at("method"), kMethods);
    if (root.has("nm")) {
        recipe.nm = parse_pattern(root.at("nm").text(), file, "/nm");
    } else if (recipe.method != Method::Dense) {
        root.fail("lacks the field \"nm\", for example \"2:8\"");
    }
    if (root.has("first_layer_dense")) recipe.first_layer_dense = root.at("first_layer_dense").boolean();
    recipe.dense_layers = read_names(root, "dense_layers");
    if (root.has("batch")) recipe.batch = root.at("batch").integer(1, 1 << 20);
    if (root.has("optimizer")) recipe.optimizer = pick(root.at("optimizer"), kOptimizers);
    if (root.has("loss_scale")) recipe.loss_scale = root.at("loss_scale").number(1, 16777216);
    read_stage(root, recipe);
    return recipe;
}

std::vector<std::filesystem::path> recipe_files(const std::string& text,
                                                const std::filesystem::path& models_dir) {
    std::vector<std::filesystem::path> files;
    for (const std::string& part : parts_of(text))
        if (!named_recipe(part)) files.push_back(recipe_file(part, models_dir));
    return files;
}

Recipe load_recipe(const std::string& text, const std::filesystem::path& models_dir) {
    // The parts come first: "bdwp-2:8+recompute" begins like a name, too.
    const bool joined = parts_of(text).size() > 1;
    if (!joined) {
        if (const auto recipe = named_recipe(text)) return *recipe;
    }
    const std::string file = joined ? "recipe " + text : recipe_file(text, models_dir).string();
    const nlohmann::json document = joined ? load_recipe_document(text, models_dir) : parse_json_file(file);
    Recipe recipe = parse_recipe(document, file);
    // Sweeps may vary the method of a document with a pattern; who writes a recipe means one of the two.
    if (recipe.method == Method::Dense && document.contains("nm"))
        throw InputError(file, "/nm",
                         "says nothing where \"method\" is dense, expected no pattern or another method");
    return recipe;
}

nlohmann::json load_recipe_document(const std::string& text, const std::filesystem::path& models_dir) {
    const std::vector<std::string> parts = parts_of(text);
    if (parts.size() == 1) return part_document(text, models_dir);
    nlohmann::json whole = {{"name", text}};
    for (const std::string& part : parts) join(whole, part_document(part, models_dir), text);
    return whole;
}

}  // namespace satsim
