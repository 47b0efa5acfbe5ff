#include "runtime/sweep/tables.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "runtime/support/error.hpp"
#include "runtime/support/json_cursor.hpp"

namespace satsim::sweep {
namespace {

constexpr std::int64_t kMostLuts = 1'000'000'000;

struct ArrayName {
    int rows = 0;
    int columns = 0;
    int max_m = 0;
};

// "32x40, M=8", as `satsim synth` names a configuration.
ArrayName read_array_name(const JsonCursor& at) {
    ArrayName name;
    const std::string text = at.text();
    int used = 0;
    const int found =
        std::sscanf(text.c_str(), "%4dx%4d, M=%3d%n", &name.rows, &name.columns, &name.max_m, &used);
    if (found != 3 || static_cast<std::size_t>(used) != text.size())
        at.fail("is \"" + text + "\", expected ROWSxCOLUMNS, M=MAX_M as satsim synth writes it");
    return name;
}

double determinant(const std::array<std::array<double, 3>, 3>& m) {
    return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
           m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
           m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
}

// What R*C, R + C and 1 are multiplied with.
std::array<double, 3> terms(int rows, int columns) {
    return {static_cast<double>(rows) * columns, static_cast<double>(rows + columns), 1};
}

}  // namespace

void AreaTable::read(const std::filesystem::path& path) {
    add(parse_json_file(path), path.string());
}

void AreaTable::add(const nlohmann::json& document, const std::string& name) {
    const JsonCursor root(document, name);
    const auto add_one = [&](const JsonCursor& configuration) {
        const ArrayName array = read_array_name(configuration.at("array"));
        const std::int64_t luts = configuration.at("total").at("lut").integer(1, kMostLuts);
        for (const Entry& known : entries_) {
            if (known.rows != array.rows || known.columns != array.columns || known.max_m != array.max_m)
                continue;
            if (known.luts != luts)
                configuration.at("total").at("lut").fail(
                    "expected the LUTs that were given for this array before, " + std::to_string(known.luts));
            return;
        }
        entries_.push_back({array.rows, array.columns, array.max_m, luts});
    };
    add_one(root);
    devices_.insert(root.has("device") ? root.at("device").text() : "");
    if (!root.has("sweep")) return;
    const JsonCursor sweep = root.at("sweep");
    for (std::size_t i = 0; i < sweep.size(); ++i) {
        if (!sweep.at(i).has("refused")) add_one(sweep.at(i));
    }
}

std::optional<AreaTable::Luts> AreaTable::luts(int rows, int columns, int max_m) const {
    std::vector<Entry> alike;
    for (const Entry& entry : entries_) {
        if (entry.max_m != max_m) continue;
        if (entry.rows == rows && entry.columns == columns) return Luts{entry.luts, false};
        alike.push_back(entry);
    }
    for (std::size_t i = 0; i < alike.size(); ++i) {
        for (std::size_t j = i + 1; j < alike.size(); ++j) {
            for (std::size_t k = j + 1; k < alike.size(); ++k) {
                std::array<std::array<double, 3>, 3> matrix{terms(alike[i].rows, alike[i].columns),
                                                            terms(alike[j].rows, alike[j].columns),
                                                            terms(alike[k].rows, alike[k].columns)};
                const double all = determinant(matrix);
                if (std::abs(all) < 1) continue;
                // Cramer's rule, one column after the other replaced by the LUTs.
                const std::array<double, 3> wanted = terms(rows, columns);
                double sum = 0;
                for (std::size_t column = 0; column < 3; ++column) {
                    auto replaced = matrix;
                    replaced[0][column] = static_cast<double>(alike[i].luts);
                    replaced[1][column] = static_cast<double>(alike[j].luts);
                    replaced[2][column] = static_cast<double>(alike[k].luts);
                    sum += determinant(replaced) / all * wanted[column];
                }
                if (sum >= 1) return Luts{std::llround(sum), true};
            }
        }
    }
    return std::nullopt;
}

void AccuracyTable::read(const std::filesystem::path& path) {
    add(parse_json_file(path), path.string());
}

void AccuracyTable::add(const nlohmann::json& document, const std::string& name) {
    const JsonCursor root(document, name);
    root.object({"format", "version", "source", "entries"});
    if (root.at("format").text() != "satsim-accuracy")
        root.at("format").fail("is not \"satsim-accuracy\": no table of accuracies");
    static_cast<void>(root.at("version").integer(1, 1));
    static_cast<void>(root.at("source").text());
    const JsonCursor list = root.at("entries");
    for (std::size_t i = 0; i < list.size(1); ++i) {
        const JsonCursor at = list.at(i);
        at.object({"network", "method", "accuracy"}, {"nm"});
        Entry entry{at.at("network").text(), at.at("method").text(), {8, 8}, at.at("accuracy").number(0, 1)};
        const bool dense = entry.method == to_string(Method::Dense);
        if (at.has("nm") == dense) at.fail(dense ? "is dense and has \"nm\"" : "lacks the field \"nm\"");
        if (!dense) entry.nm = parse_pattern(at.at("nm").text(), name, at.pointer() + "/nm");
        entries_.push_back(std::move(entry));
    }
}

std::optional<double> AccuracyTable::accuracy(const std::string& network, const Recipe& recipe) const {
    // A recipe whose pattern is dense trains as a dense one does.
    const bool dense = recipe.method == Method::Dense || recipe.nm.dense();
    for (const Entry& entry : entries_) {
        if (entry.network != network) continue;
        if (dense ? entry.method == to_string(Method::Dense)
                  : entry.method == to_string(recipe.method) && entry.nm == recipe.nm)
            return entry.accuracy;
    }
    return std::nullopt;
}

}  // namespace satsim::sweep
