#include "runtime/workload/module_scope.hpp"

#include <algorithm>
#include <set>

#include "runtime/support/error.hpp"

namespace satsim {
namespace {

constexpr std::size_t kLongestChain = 64;
constexpr std::int64_t kLargestParameter = std::int64_t{1} << 40;

std::string listed(const std::set<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text.empty() ? "none: there are no such names here" : text;
}

// Defaults may name each other in any order.
class Resolver {
  public:
    Resolver(const JsonCursor& declared, const ParameterSources& sources)
        : declared_(declared), sources_(sources) {
        if (sources.outer != nullptr) values_ = *sources.outer;
        for (const std::string& name : declared.names()) {
            if (name == "comment") continue;
            values_.erase(name);
            unknown_.insert(name);
        }
    }

    Bindings all() {
        while (!unknown_.empty()) need(std::string(*unknown_.begin()));  // which need() takes out of the set
        return std::move(values_);
    }

  private:
    void need(const std::string& name) {
        if (!unknown_.contains(name)) return;
        const JsonCursor item = declared_.at(name);
        if (!open_.insert(name).second) item.fail("is defined by itself");
        if (open_.size() > kLongestChain) item.fail("is defined by a chain of more than 64 others");
        values_[name] = value(name, item);
        unknown_.erase(name);
        open_.erase(name);
    }

    std::int64_t value(const std::string& name, const JsonCursor& item) {
        if (sources_.overrides != nullptr) {
            const auto found = sources_.overrides->find(name);
            if (found != sources_.overrides->end()) return found->second;
        }
        if (sources_.given != nullptr && sources_.given->has(name))
            return evaluate(sources_.given->at(name), *sources_.user);
        const JsonCursor plain = default_of(item);
        if (plain.node().is_null()) item.fail("has no default, expected a value where the module is used");
        if (plain.is_text()) need_all_in(plain.text());
        return evaluate(plain, values_);
    }

    static std::int64_t evaluate(const JsonCursor& cursor, const Bindings& bindings) {
        if (cursor.node().is_boolean()) return cursor.boolean() ? 1 : 0;
        return bound_integer(cursor, bindings, -kLargestParameter, kLargestParameter);
    }

    // A default is a value, or an object that says where it comes from.
    static JsonCursor default_of(const JsonCursor& item) {
        if (!item.node().is_object()) return item;
        item.object({"value"}, {"source", "verified"});
        return item.at("value");
    }

    // Parameters that an expression names, before it is evaluated.
    void need_all_in(const std::string& text) {
        for (std::size_t at = text.find('$'); at != std::string::npos; at = text.find('$', at + 1)) {
            const auto named = [](char c) {
                return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
            };
            std::size_t end = at + 1;
            while (end < text.size() && named(text[end])) ++end;
            need(text.substr(at + 1, end - at - 1));
        }
    }

    const JsonCursor& declared_;
    const ParameterSources& sources_;
    Bindings values_;
    std::set<std::string> unknown_;
    std::set<std::string> open_;  // being evaluated
};

}  // namespace

JsonCursor ModuleFiles::load(const std::filesystem::path& path, const JsonCursor& named_by) {
    const std::string name = path.lexically_normal().string();
    const auto found = documents_.find(name);
    if (found != documents_.end()) return {*found->second, name};
    std::error_code code;
    if (!std::filesystem::is_regular_file(path, code))
        named_by.fail("is " + shown(named_by.node()) + ", expected a file: there is no " + name);
    const auto placed = documents_.emplace(name, std::make_unique<nlohmann::json>(parse_json_file(path)));
    return {*placed.first->second, name};
}

ModuleDefinition find_module(const JsonCursor& named_by, const ModuleScope& scope, ModuleFiles& files) {
    const std::string wanted = named_by.text();
    std::set<std::string> known;
    for (const ModuleScope* at = &scope; at != nullptr; at = at->outer) {
        if (!at->body.has("modules")) continue;
        const JsonCursor modules = at->body.at("modules");
        if (modules.has(wanted)) {
            const JsonCursor found = modules.at(wanted);
            if (!found.is_text()) return {found, at, at->folder};
            const std::filesystem::path path = at->folder / found.text();
            return {files.load(path, found), nullptr, path.parent_path()};
        }
        for (const std::string& name : modules.names()) known.insert(name);
    }
    named_by.fail("is " + shown(named_by.node()) + ", expected one of the file's modules: " + listed(known));
}

JsonCursor find_block(const JsonCursor& named_by, const ModuleScope& scope) {
    const std::string wanted = named_by.text();
    for (const ModuleScope* at = &scope; at != nullptr; at = at->outer) {
        if (at->body.has("blocks") && at->body.at("blocks").has(wanted))
            return at->body.at("blocks").at(wanted);
    }
    named_by.fail("is " + shown(named_by.node()) + ", expected the name of one of the file's blocks");
}

Bindings resolve_parameters(const JsonCursor& body, const ParameterSources& sources) {
    static const nlohmann::json kNone = nlohmann::json::object();
    const JsonCursor declared =
        body.has("parameters") ? body.at("parameters") : JsonCursor(kNone, body.file(), body.pointer());
    std::set<std::string> known;
    for (const std::string& name : declared.names()) known.insert(name);
    if (sources.given != nullptr) {
        for (const std::string& name : sources.given->names()) {
            if (!known.contains(name) && name != "comment")
                sources.given->at(name).fail("is no parameter of the module, expected one of " +
                                             listed(known));
        }
    }
    return Resolver(declared, sources).all();
}

}  // namespace satsim
