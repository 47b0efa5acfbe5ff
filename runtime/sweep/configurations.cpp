#include "runtime/sweep/configurations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "runtime/hardware/buildable.hpp"
#include "runtime/support/error.hpp"

namespace satsim::sweep {
namespace {

using nlohmann::json;

constexpr std::array<const char*, 3> kNames{"hardware", "recipe", "network"};

// Fields that only describe.
bool describes(std::string_view pointer, Document document) {
    const std::string_view last = pointer.substr(pointer.rfind('/') + 1);
    for (const std::string_view word : {"$schema", "comment", "description", "source", "verified"}) {
        if (last == word) return true;
    }
    return pointer == "/name" && document != Document::Network;
}

Fingerprint hash(std::string_view first, std::string_view second) {
    std::uint64_t low = 14695981039346656037U;
    std::uint64_t high = 0x9E3779B97F4A7C15U;
    const auto add = [&](unsigned char byte) {
        low = (low ^ byte) * 1099511628211U;
        high = (high ^ byte ^ (low >> 40U)) * 0x9E3779B97F4A7C15U;
    };
    for (const char c : first) add(static_cast<unsigned char>(c));
    add(0);  // no pointer and no JSON text has this byte
    for (const char c : second) add(static_cast<unsigned char>(c));
    // Sums of these must not cancel: every bit depends on all.
    const auto finish = [](std::uint64_t z) {
        z = (z ^ (z >> 33U)) * 0xFF51AFD7ED558CCDU;
        z = (z ^ (z >> 33U)) * 0xC4CEB9FE1A85EC53U;
        return z ^ (z >> 33U);
    };
    return {finish(low), finish(high + low)};
}

// 2e8 and 200000000 are one number.
std::string value_name(const json& value) {
    if (value.is_number_float()) {
        const auto number = value.get<double>();
        constexpr double kExact = 9007199254740992.0;
        if (std::abs(number) < kExact && number == std::floor(number))
            return std::to_string(static_cast<std::int64_t>(number));
    }
    return value.dump();
}

// Sum over the leaves of `value`, which stands at `pointer`.
Fingerprint leaves(const json& value, const std::string& pointer, Document document) {
    if (describes(pointer, document)) return {};
    Fingerprint sum;
    if (value.is_object()) {
        for (const auto& [key, inner] : value.items()) sum += leaves(inner, pointer + "/" + key, document);
    } else if (value.is_array()) {
        for (std::size_t i = 0; i < value.size(); ++i)
            sum += leaves(value[i], pointer + "/" + std::to_string(i), document);
    } else {
        sum += hash(std::string(kNames[static_cast<std::size_t>(document)]) + pointer, value_name(value));
    }
    return sum;
}

// A recipe whose name is made of its method and pattern keeps such a name.
void rename_recipe(json& recipe) {
    const auto text = [&](const char* key) {
        return recipe.contains(key) && recipe[key].is_string() ? recipe[key].get<std::string>() : "";
    };
    const std::string method = text("method");
    recipe["name"] = method == "dense" ? method : method + "-" + text("nm");
}

bool is_made_name(const json& recipe) {
    json named = recipe;
    rename_recipe(named);
    return recipe.is_object() && recipe.contains("name") && named["name"] == recipe["name"];
}

// Fields that a recipe or a layer may have without its file having them.
bool may_be_added(Document document, const std::string& pointer) {
    if (document != Document::Recipe) return false;
    for (const char* name :
         {"/nm", "/first_layer_dense", "/dense_layers", "/batch", "/optimizer", "/loss_scale"}) {
        if (pointer == name) return true;
    }
    return false;
}

}  // namespace

Fingerprint& Fingerprint::operator+=(const Fingerprint& other) {
    low += other.low;
    high += other.high;
    return *this;
}

Fingerprint& Fingerprint::operator-=(const Fingerprint& other) {
    low -= other.low;
    high -= other.high;
    return *this;
}

std::string Fingerprint::text() const {
    return fmt::format("{:016x}{:016x}", high, low);
}

Fingerprint PointKey::all() const {
    Fingerprint sum = hardware;
    sum += recipe;
    sum += network;
    sum += schedule;
    sum += batch;
    return sum;
}

Configurations::Configurations(const SweepFile& sweep, const LoadDocument& load)
    : sweep_(sweep), names_{sweep.hardware, sweep.recipe, sweep.network} {
    for (std::size_t d = 0; d < names_.size(); ++d) load_base(static_cast<Document>(d), names_[d], load);
    for (const Field& field : sweep.fields) {
        std::vector<Place>& places = places_.emplace_back();
        for (const std::string& pointer : field.pointers) {
            Place place;
            place.outside = true;
            for (std::size_t d = 0; d < kNames.size(); ++d) {
                const std::string whole = std::string("/") + kNames[d];
                if (pointer != whole && !pointer.starts_with(whole + "/")) continue;
                place.outside = false;
                place.document = static_cast<Document>(d);
                place.whole = pointer == whole;
                place.text = pointer.substr(whole.size());
            }
            if (place.outside) place.text = pointer;
            place.pointer = json::json_pointer(place.text);
            if (place.whole) {
                for (const json& name : field.values)
                    load_base(place.document, name.get<std::string>(), load);
            }
            places.push_back(std::move(place));
        }
    }
    check_places();
}

void Configurations::load_base(Document document, const std::string& name, const LoadDocument& load) {
    auto& bases = bases_[static_cast<std::size_t>(document)];
    if (bases.contains(name)) return;
    json loaded = load(document, name);
    const Fingerprint fingerprint = leaves(loaded, "", document);
    bases.emplace(name, Base{std::move(loaded), fingerprint});
}

// Names of the documents that points of a product can have.
std::set<std::string> Configurations::used(Document document) const {
    std::set<std::string> names;
    for (std::size_t f = 0; f < places_.size(); ++f) {
        for (const Place& place : places_[f]) {
            if (!place.whole || place.document != document) continue;
            for (const json& name : sweep_.fields[f].values) names.insert(name.get<std::string>());
        }
    }
    if (names.empty()) names.insert(names_[static_cast<std::size_t>(document)]);
    return names;
}

void Configurations::require_field(const Place& place, const std::string& name, const std::string& at) const {
    const auto d = static_cast<std::size_t>(place.document);
    if (!bases_[d].at(name).json.contains(place.pointer))
        throw InputError(sweep_.file, at,
                         "sets " + place.text + ", which " + kNames[d] + " " + name + " does not have");
}

// A pointer must name a field that all documents which it is applied to have: otherwise a slip of the pen
// would make every point impossible. In a product any value of one field meets any of another, so each
// document that is named must have the field; a list says itself which document a point uses.
void Configurations::check_places() const {
    if (sweep_.method == Method::List) {
        for (std::size_t p = 0; p < sweep_.list.size(); ++p)
            check_places(sweep_.list[p], "/points/" + std::to_string(p));
        return;
    }
    for (std::size_t f = 0; f < places_.size(); ++f) {
        for (const Place& place : places_[f]) {
            if (place.outside || place.whole || may_be_added(place.document, place.text)) continue;
            for (const std::string& name : used(place.document))
                require_field(place, name, sweep_.fields[f].at);
        }
    }
}

void Configurations::check_places(const Choice& choice, const std::string& at) const {
    for (std::size_t f = 0; f < places_.size(); ++f) {
        if (value(choice, f) == nullptr) continue;
        for (const Place& place : places_[f]) {
            if (place.outside || place.whole || may_be_added(place.document, place.text)) continue;
            require_field(place, base_name(place.document, choice), at);
        }
    }
}

const json* Configurations::value(const Choice& choice, std::size_t field) const {
    const std::int32_t number = choice[field];
    return number == kAsBase ? nullptr : &sweep_.fields[field].values[static_cast<std::size_t>(number)];
}

const std::string& Configurations::base_name(Document document, const Choice& choice) const {
    const std::string* name = &names_[static_cast<std::size_t>(document)];
    for (std::size_t f = 0; f < places_.size(); ++f) {
        for (const Place& place : places_[f]) {
            if (place.whole && place.document == document && value(choice, f) != nullptr)
                name = value(choice, f)->get_ptr<const std::string*>();
        }
    }
    return *name;
}

const Configurations::Base& Configurations::base(Document document, const Choice& choice) const {
    return bases_[static_cast<std::size_t>(document)].at(base_name(document, choice));
}

Fingerprint Configurations::fingerprint(Document document, const Choice& choice) const {
    const Base& from = base(document, choice);
    Fingerprint sum = from.fingerprint;
    for (std::size_t f = 0; f < places_.size(); ++f) {
        const json* set = value(choice, f);
        if (set == nullptr) continue;
        for (const Place& place : places_[f]) {
            if (place.outside || place.whole || place.document != document) continue;
            if (from.json.contains(place.pointer))
                sum -= leaves(from.json.at(place.pointer), place.text, document);
            sum += leaves(*set, place.text, document);
        }
    }
    return sum;
}

json Configurations::document(Document document, const Choice& choice) const {
    json result = base(document, choice).json;
    const bool made_name = document == Document::Recipe && is_made_name(result);
    for (std::size_t f = 0; f < places_.size(); ++f) {
        const json* set = value(choice, f);
        if (set == nullptr) continue;
        for (const Place& place : places_[f]) {
            if (!place.outside && !place.whole && place.document == document) result[place.pointer] = *set;
        }
    }
    if (made_name) rename_recipe(result);
    return result;
}

PointKey Configurations::key(const Choice& choice) const {
    PointKey key{fingerprint(Document::Hardware, choice),
                 fingerprint(Document::Recipe, choice),
                 fingerprint(Document::Network, choice),
                 {},
                 {}};
    // What is not set has its default, so that setting the default is the same point.
    json outside = {{"/schedule/dataflow", "auto"},
                    {"/schedule/interleave", true},
                    {"/schedule/pregeneration", true},
                    {"/batch", nullptr}};
    for (std::size_t f = 0; f < places_.size(); ++f) {
        for (const Place& place : places_[f]) {
            if (place.outside && value(choice, f) != nullptr) outside[place.text] = *value(choice, f);
        }
    }
    for (const auto& [pointer, set] : outside.items())
        (pointer == "/batch" ? key.batch : key.schedule) += hash(pointer, value_name(set));
    return key;
}

const Hardware& Configurations::hardware(const Choice& choice) {
    const Fingerprint wanted = fingerprint(Document::Hardware, choice);
    if (!hardware_ || wanted != last_hardware_) {
        hardware_.reset();
        hardware_ = parse_hardware_document(document(Document::Hardware, choice), "hardware");
        last_hardware_ = wanted;
    }
    if (const std::string fault = unbuildable(hardware_->array); !fault.empty())
        throw InputError("hardware", "/array", fault);
    return *hardware_;
}

Configuration Configurations::resolve(const Choice& choice) {
    const PointKey wanted = key(choice);
    const Hardware& machine = hardware(choice);
    if (!network_ || wanted.network != last_network_) {
        network_.reset();
        network_ =
            std::make_shared<const Network>(parse_network(document(Document::Network, choice), "network"));
        last_network_ = wanted.network;
    }
    Configuration result{
        machine, parse_recipe(document(Document::Recipe, choice), "recipe"), network_, std::nullopt, {}};
    using Dataflow = schedule::ScheduleOptions::DataflowChoice;
    for (std::size_t f = 0; f < places_.size(); ++f) {
        const json* set = value(choice, f);
        if (set == nullptr) continue;
        for (const Place& place : places_[f]) {
            if (!place.outside) continue;
            if (place.text == "/batch") result.batch = set->get<std::int64_t>();
            if (place.text == "/schedule/interleave") result.options.interleave = set->get<bool>();
            if (place.text == "/schedule/pregeneration") result.options.pregeneration = set->get<bool>();
            if (place.text == "/schedule/dataflow")
                result.options.dataflow = *set == "os"   ? Dataflow::OutputStationary
                                          : *set == "ws" ? Dataflow::WeightStationary
                                                         : Dataflow::Auto;
        }
    }
    return result;
}

std::string Configurations::value_text(const Choice& choice, std::size_t number) const {
    const json* set = value(choice, number);
    if (set == nullptr) return "base";
    return set->is_string() ? set->get<std::string>() : value_name(*set);
}

json Configurations::value_json(const Choice& choice, std::size_t number) const {
    const json* set = value(choice, number);
    return set == nullptr ? json("base") : *set;
}

Fingerprint Configurations::network_without_batch(const Choice& choice) const {
    const std::string batch = "/batch";
    const json& network = base(Document::Network, choice).json;
    const json* last = network.contains("batch") ? &network.at("batch") : nullptr;
    for (std::size_t f = 0; f < places_.size(); ++f) {
        for (const Place& place : places_[f]) {
            const bool sets = !place.outside && place.document == Document::Network && place.text == batch;
            if (sets && value(choice, f) != nullptr) last = value(choice, f);
        }
    }
    Fingerprint sum = fingerprint(Document::Network, choice);
    if (last != nullptr) sum -= leaves(*last, batch, Document::Network);
    return sum;
}

std::string Configurations::network_name(const Choice& choice) const {
    const json& network = base(Document::Network, choice).json;
    const auto name = network.find("name");
    return name != network.end() && name->is_string() ? name->get<std::string>() : "";
}

}  // namespace satsim::sweep
