#include "host/sweep/sweep_session.hpp"

#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <utility>

#include "host/inputs.hpp"
#include "host/notes.hpp"
#include "host/origin.hpp"
#include "host/progress.hpp"
#include "runtime/recipe/recipe.hpp"
#include "runtime/support/error.hpp"
#include "runtime/support/json_cursor.hpp"
#include "sat_isa.hpp"
#include "sim/sweep/kin.hpp"

namespace satsim::host {
namespace {

// Results of one program hold for no other: version, commit, and the digest of the instruction set and its
// timing.
std::string program_name() {
    return fmt::format("satsim {}, git {}, isa {:08x}", SATSIM_VERSION, git_state(), isa::kDigest);
}

std::string text_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

sat::Fidelity fidelity_of(const std::string& name) {
    return name == "cycle" ? sat::Fidelity::Cycle : sat::Fidelity::Fast;
}

}  // namespace

SweepSession::SweepSession(SweepSettings settings)
    : settings_(std::move(settings)), sweep_(sweep::load_sweep(settings_.file)) {
    configurations_ = std::make_unique<sweep::Configurations>(
        sweep_, [this](sweep::Document kind, const std::string& name) { return document(kind, name); });
    choices_ = sweep::points_of(sweep_);
    for (const sweep::Choice& choice : choices_) {
        keys_.push_back(configurations_->key(choice));
        ids_.push_back(keys_.back().all().text());
    }
    // Files that a sweep names lie beside it or where the program was started.
    const auto beside = [&](const std::string& name) {
        const std::filesystem::path near = std::filesystem::path(settings_.file).parent_path() / name;
        std::error_code code;
        return std::filesystem::exists(near, code) ? near : std::filesystem::path(name);
    };
    for (const std::string& area : sweep_.areas) areas_.read(beside(area));
    if (!sweep_.accuracy.empty()) accuracies_.read(beside(sweep_.accuracy));
}

nlohmann::json SweepSession::document(sweep::Document kind, const std::string& name) const {
    switch (kind) {
        case sweep::Document::Hardware:
            return parse_json_file(find_hardware_file(name, settings_.models));
        case sweep::Document::Network:
            return find_network_document(name, settings_.models);
        case sweep::Document::Recipe:
            break;
    }
    return load_recipe_document(name, find_models(settings_.models));
}

std::filesystem::path SweepSession::database() const {
    if (!settings_.database.empty()) return settings_.database;
    return std::filesystem::path(settings_.file).stem().string() + ".sqlite";
}

Hardware SweepSession::base_hardware() const {
    return find_hardware(sweep_.hardware, settings_.models);
}

sweep::PointLabels SweepSession::labels(std::size_t point, const std::string& fidelity) {
    sweep::PointLabels labels = labels_[point];
    labels.fidelity = fidelity;
    return labels;
}

// What is said of a point beside its figures. An impossible configuration has no LUTs and no accuracy.
void SweepSession::label_all() {
    const isa::ArrayConfig base = base_hardware().array;
    for (std::size_t point = 0; point < choices_.size(); ++point) {
        sweep::PointLabels& labels = labels_.emplace_back();
        labels.id = ids_[point];
        for (std::size_t f = 0; f < sweep_.fields.size(); ++f)
            labels.values.push_back(configurations_->value_text(choices_[point], f));
        labels.network = configurations_->network_name(choices_[point]);
        if (areas_.empty() && accuracies_.empty()) continue;
        try {
            const sweep::Configuration configuration = configurations_->resolve(choices_[point]);
            const isa::ArrayConfig& array = configuration.hardware.array;
            if (const auto luts = areas_.luts(array.rows, array.columns, array.max_m)) {
                labels.luts = luts->count;
                // A table knows rows, columns and M; anything else was synthesised as the base has it.
                isa::ArrayConfig known = base;
                known.rows = array.rows;
                known.columns = array.columns;
                known.max_m = array.max_m;
                labels.luts_estimated = luts->estimated || known != array;
            }
            labels.accuracy = accuracies_.accuracy(configuration.network->name, configuration.recipe);
        } catch (const InputError&) {
            continue;
        }
    }
}

std::optional<sweep::DeviceLuts> SweepSession::device_luts() const {
    const std::string name = areas_.device();
    if (name.empty()) return std::nullopt;
    try {
        const synth::Device device = find_device(name, settings_.models);
        return sweep::DeviceLuts{device.name, device.total.lut};
    } catch (const InputError& error) {
        // An area file says of its device no more than the name; it may have been a file of the user's.
        note_once(fmt::format("whether arrays fit their device is not known: {}", error.what()));
        return std::nullopt;
    }
}

sweep::EvaluatePoint SweepSession::evaluate_point(const std::string& fidelity) {
    auto evaluator = std::make_shared<sweep::Evaluator>(fidelity_of(fidelity));
    return [this, evaluator](std::size_t point) {
        return evaluator->evaluate(*configurations_, choices_[point]);
    };
}

void SweepSession::evaluate_points(const std::vector<std::size_t>& wanted, const std::string& fidelity,
                                   const sweep::MpiWorld* world) {
    const std::set<std::string> stored = store_->known(fidelity);
    std::set<std::string> begun;  // several points can be one configuration
    std::vector<std::size_t> pending;
    std::set<std::string> found;
    for (const std::size_t point : wanted) {
        if (stored.contains(ids_[point]))
            found.insert(ids_[point]);
        else if (begun.insert(ids_[point]).second)
            pending.push_back(point);
    }
    const std::size_t before = wanted.size() - pending.size();
    counts_.found += found.size();
    counts_.evaluated += pending.size();
    ProgressBar bar(fmt::format("{} ({})", sweep_.name, fidelity));
    std::size_t done = before;
    bar.update(done, wanted.size());
    const auto finished = [&](std::size_t point, const sweep::PointResult& result) {
        store_->add({labels(point, fidelity), result});
        bar.update(++done, wanted.size());
    };
    // `cycle` takes seconds a point and shares nothing.
    const int workers = world != nullptr ? world->size() : settings_.workers;
    sweep::Distribution distribution(sweep::kin_of(*configurations_, choices_, keys_, pending), pending,
                                     static_cast<std::size_t>(workers),
                                     fidelity == "cycle" ? 1 : sweep::Distribution::kMostFastPoints);
    const auto start = std::chrono::steady_clock::now();
    if (world != nullptr)
        world->hand_out(distribution, evaluate_point(fidelity), finished);
    else
        sweep::evaluate_locally(distribution, evaluate_point(fidelity), finished);
    counts_.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::vector<std::string> SweepSession::field_names() const {
    std::vector<std::string> names;
    for (const sweep::Field& field : sweep_.fields) names.push_back(field.name());
    return names;
}

void SweepSession::take_stock() {
    outcome_ = sweep::make_outcome(
        *store_, settings_.fidelity, ids_, field_names(),
        [this](std::size_t point) {
            sweep::PointFacts facts;
            for (std::size_t f = 0; f < sweep_.fields.size(); ++f)
                facts.values.push_back(configurations_->value_json(choices_[point], f));
            facts.network = configurations_->network_without_batch(choices_[point]).text();
            return facts;
        },
        device_);
    outcome_.name = sweep_.name;
    outcome_.description = sweep_.description;
}

void SweepSession::open() {
    label_all();
    device_ = device_luts();
    store_ = std::make_unique<sweep::Store>(database(), sweep::Store::Mode::Write, program_name());
    store_->describe(sweep_.name, field_names(), text_of(settings_.file));
    store_->relabel(labels_);
    store_->forget_faults();
}

void SweepSession::evaluate(const sweep::MpiWorld* world) {
    std::vector<std::size_t> all(choices_.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    evaluate_points(all, settings_.fidelity, world);
    take_stock();
    if (!settings_.cycle_front || settings_.fidelity == "cycle") return;
    std::vector<std::size_t> front;
    for (const sweep::OutcomePoint& point : outcome_.points) {
        if (point.on_front) front.push_back(point.number);
    }
    evaluate_points(front, "cycle", world);
    take_stock();
}

void SweepSession::serve(const sweep::MpiWorld& world) {
    world.serve(evaluate_point(settings_.fidelity));
    if (settings_.cycle_front && settings_.fidelity != "cycle") world.serve(evaluate_point("cycle"));
}

}  // namespace satsim::host
