#include "runtime/recipe/recipe.hpp"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "runtime/support/error.hpp"
#include "runtime/support/json_cursor.hpp"

namespace satsim {
namespace {

constexpr std::array kMethods{Method::Dense, Method::SrSte, Method::Sdgp, Method::Bdwp};
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
    throw InputError(
        "recipe " + text, "",
        "is no file and no known name, expected dense, sr-ste-N:M, sdgp-N:M, bdwp-N:M or a file");
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
    root.object({"name", "method"},
                {"nm", "first_layer_dense", "dense_layers", "batch", "optimizer", "loss_scale", "source"});
    Recipe recipe;
    recipe.name = root.at("name").text();
    recipe.method = pick(root.at("method"), kMethods);
    if (root.has("nm")) {
        recipe.nm = parse_pattern(root.at("nm").text(), file, "/nm");
    } else if (recipe.method != Method::Dense) {
        root.fail("lacks the field \"nm\", for example \"2:8\"");
    }
    if (root.has("first_layer_dense")) recipe.first_layer_dense = root.at("first_layer_dense").boolean();
    if (root.has("dense_layers")) {
        const JsonCursor names = root.at("dense_layers");
        for (std::size_t i = 0; i < names.size(); ++i) recipe.dense_layers.push_back(names.at(i).text());
    }
    if (root.has("batch")) recipe.batch = root.at("batch").integer(1, 1 << 20);
    if (root.has("optimizer")) recipe.optimizer = pick(root.at("optimizer"), kOptimizers);
    if (root.has("loss_scale")) recipe.loss_scale = root.at("loss_scale").number(1, 16777216);
    return recipe;
}

Recipe load_recipe(const std::string& text, const std::filesystem::path& models_dir) {
    if (const auto recipe = named_recipe(text)) return *recipe;
    const std::filesystem::path path = recipe_file(text, models_dir);
    return parse_recipe(parse_json_file(path), path.string());
}

nlohmann::json load_recipe_document(const std::string& text, const std::filesystem::path& models_dir) {
    const auto recipe = named_recipe(text);
    if (!recipe) return parse_json_file(recipe_file(text, models_dir));
    nlohmann::json document = {{"name", text}, {"method", to_string(recipe->method)}};
    if (recipe->method != Method::Dense)
        document["nm"] = std::to_string(recipe->nm.n) + ":" + std::to_string(recipe->nm.m);
    return document;
}

}  // namespace satsim
