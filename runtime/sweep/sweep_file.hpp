// A sweep file: which fields of which documents take which values. docs/formats/sweep.md describes it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace satsim::sweep {

enum class Method { Product, List, Random };
[[nodiscard]] const char* to_string(Method method);

// One or more places that take a value together, as JSON pointers whose first name is the document:
// "/hardware/array/rows", "/recipe/nm", "/network" (the whole document, by name or file),
// "/schedule/dataflow", "/batch".
struct Field {
    std::vector<std::string> pointers;
    std::vector<nlohmann::json> values;
    std::string at;  // JSON pointer of this field in the sweep file, for messages

    [[nodiscard]] const std::string& name() const { return pointers.front(); }
};

// Which value each field has, in the order of the fields; kAsBase: that of the base documents.
using Choice = std::vector<std::int32_t>;
inline constexpr std::int32_t kAsBase = -1;

struct SweepFile {
    std::string file;
    std::string name;
    std::string description;
    // Names or files of the documents that the fields change.
    std::string network;
    std::string hardware;
    std::string recipe;
    Method method = Method::Product;
    std::vector<Field> fields;
    std::vector<Choice> list;        // List: the points
    std::int64_t samples = 0;        // Random
    std::uint64_t seed = 0;          // Random
    std::vector<std::string> areas;  // outputs of `satsim synth --json`
    std::string accuracy;            // file; empty: none
};

// At most this many points.
inline constexpr std::int64_t kMostPoints = 1'000'000;

// Throws InputError naming file and JSON pointer.
[[nodiscard]] SweepFile parse_sweep(std::string_view text, const std::string& name);
[[nodiscard]] SweepFile load_sweep(const std::filesystem::path& path);

// All points, in the order of the file: a product counts its last field fastest; a random sample is a set of
// distinct points of the product, in the product's order, that depends on the seed alone. Throws InputError
// for more than kMostPoints, or more samples than the product has points.
[[nodiscard]] std::vector<Choice> points_of(const SweepFile& sweep);

}  // namespace satsim::sweep
