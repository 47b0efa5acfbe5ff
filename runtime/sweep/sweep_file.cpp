#include "runtime/sweep/sweep_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "runtime/support/error.hpp"
#include "runtime/support/json_cursor.hpp"

namespace satsim::sweep {
namespace {

using nlohmann::json;

constexpr std::array kDocuments{"hardware", "recipe", "network"};
constexpr std::array kScheduleFields{"/schedule/dataflow", "/schedule/interleave", "/schedule/pregeneration"};
constexpr std::size_t kMostValues = 4096;  // of a field

bool begins_with_document(const std::string& pointer) {
    return std::any_of(kDocuments.begin(), kDocuments.end(), [&](const char* document) {
        const std::string whole = std::string("/") + document;
        return pointer == whole || pointer.starts_with(whole + "/");
    });
}

void check_pointer(const std::string& pointer, const JsonCursor& at) {
    const bool known =
        begins_with_document(pointer) || pointer == "/batch" ||
        std::find(kScheduleFields.begin(), kScheduleFields.end(), pointer) != kScheduleFields.end();
    if (!known)
        at.fail(
            "names \"" + pointer +
            "\", expected /batch, /schedule/dataflow, /schedule/interleave, /schedule/pregeneration, or a "
            "pointer into /hardware, /recipe or /network");
    try {
        static_cast<void>(json::json_pointer(pointer));
    } catch (const json::exception&) {
        at.fail("is \"" + pointer + "\", which is no JSON pointer");
    }
}

// Values of the fields outside the documents are checked here; those inside by the documents' own readers.
void check_value(const std::string& pointer, const JsonCursor& at) {
    if (pointer == "/batch") {
        static_cast<void>(at.integer(1, 1 << 20));
    } else if (pointer == "/schedule/dataflow") {
        const std::string text = at.text();
        if (text != "auto" && text != "os" && text != "ws")
            at.fail("is \"" + text + "\", expected \"auto\", \"os\" or \"ws\"");
    } else if (pointer.starts_with("/schedule/")) {
        static_cast<void>(at.boolean());
    } else if (std::count(pointer.begin(), pointer.end(), '/') == 1) {
        static_cast<void>(at.text());  // a whole document, by name
    }
}

// {"from": 1, "to": 4, "step": 1}, both ends included.
std::vector<json> range_values(const JsonCursor& at) {
    at.object({"from", "to", "step"});
    constexpr double kHuge = 1e15;
    const double from = at.at("from").number(-kHuge, kHuge);
    const double to = at.at("to").number(from, kHuge);
    const double step = at.at("step").number(1e-15, kHuge);
    const double count = std::floor((to - from) / step + 1e-9) + 1;
    if (count > static_cast<double>(kMostValues)) at.fail("has more than 4096 values");
    const bool whole = at.at("from").node().is_number_integer() && at.at("step").node().is_number_integer();
    std::vector<json> values;
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(count); ++i) {
        const double value = from + static_cast<double>(i) * step;
        values.emplace_back(whole ? json(static_cast<std::int64_t>(value)) : json(value));
    }
    return values;
}

std::vector<json> read_values(const JsonCursor& field, const std::string& pointer) {
    if (field.has("range") == field.has("values")) field.fail("expected either \"values\" or \"range\"");
    std::vector<json> values;
    if (field.has("range")) {
        values = range_values(field.at("range"));
    } else {
        const JsonCursor list = field.at("values");
        if (list.size(1) > kMostValues) list.fail("has more than 4096 values");
        for (std::size_t i = 0; i < list.size(); ++i) values.push_back(list.at(i).node());
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        const JsonCursor at = field.has("values")
                                  ? field.at("values").at(i)
                                  : JsonCursor(values[i], field.file(), field.pointer() + "/range");
        check_value(pointer, at);
        if (std::find(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(i), values[i]) !=
            values.begin() + static_cast<std::ptrdiff_t>(i))
            at.fail("appears twice");
    }
    return values;
}

Field read_field(const JsonCursor& at) {
    at.object({"set"}, {"values", "range"});
    Field field;
    field.at = at.pointer();
    const JsonCursor set = at.at("set");
    if (set.is_array()) {
        for (std::size_t i = 0; i < set.size(1); ++i) field.pointers.push_back(set.at(i).text());
    } else {
        field.pointers.push_back(set.text());
    }
    for (const std::string& pointer : field.pointers) {
        check_pointer(pointer, set);
        field.values = read_values(at, pointer);
    }
    return field;
}

// One place must not lie in another: what is set last would depend on the order of the fields. A whole
// document is chosen before its fields are set.
void check_overlaps(const SweepFile& sweep, const JsonCursor& at) {
    std::vector<std::string> all;
    for (const Field& field : sweep.fields)
        all.insert(all.end(), field.pointers.begin(), field.pointers.end());
    std::sort(all.begin(), all.end());
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (std::size_t j = i + 1; j < all.size(); ++j) {
            const bool whole = std::count(all[i].begin(), all[i].end(), '/') == 1;
            if (all[i] == all[j]) at.fail("sets " + all[i] + " twice");
            if (!whole && all[j].starts_with(all[i] + "/"))
                at.fail("sets " + all[j] + ", which lies in " + all[i]);
        }
    }
}

// Points by name of what they set; what a point does not name is as in the base documents.
void read_list(const JsonCursor& points, SweepFile& sweep) {
    const std::size_t count = points.size(1);
    if (count > static_cast<std::size_t>(kMostPoints)) points.fail("has more than a million points");
    std::vector<std::map<std::string, std::int32_t>> known;  // values of each field, by their text
    for (std::size_t i = 0; i < count; ++i) {
        const JsonCursor point = points.at(i);
        Choice choice(sweep.fields.size(), kAsBase);
        for (const std::string& pointer : point.names()) {
            const JsonCursor value = point.at(pointer);
            auto field = std::find_if(sweep.fields.begin(), sweep.fields.end(),
                                      [&](const Field& f) { return f.name() == pointer; });
            if (field == sweep.fields.end()) {
                check_pointer(pointer, point);
                sweep.fields.push_back({{pointer}, {}, point.pointer()});
                choice.push_back(kAsBase);
                known.emplace_back();
                field = sweep.fields.end() - 1;
            }
            check_value(pointer, value);
            const auto number = static_cast<std::size_t>(field - sweep.fields.begin());
            const auto [at, fresh] =
                known[number].emplace(value.node().dump(), static_cast<std::int32_t>(field->values.size()));
            if (fresh) field->values.push_back(value.node());
            choice[number] = at->second;
        }
        sweep.list.push_back(std::move(choice));
    }
    for (Choice& choice : sweep.list) choice.resize(sweep.fields.size(), kAsBase);
}

void read_points(const JsonCursor& root, SweepFile& sweep) {
    const std::string method = root.at("method").text();
    if (method == "list") {
        sweep.method = Method::List;
        for (const char* key : {"fields", "samples", "seed"}) {
            if (root.has(key)) root.at(key).fail("does not belong to a list, expected \"points\"");
        }
        read_list(root.at("points"), sweep);
        check_overlaps(sweep, root.at("points"));
        return;
    }
    if (method != "product" && method != "random")
        root.at("method").fail("is \"" + method + "\", expected \"product\", \"list\" or \"random\"");
    if (root.has("points")) root.at("points").fail("belongs to the method \"list\", expected \"fields\"");
    const JsonCursor fields = root.at("fields");
    for (std::size_t i = 0; i < fields.size(1); ++i) sweep.fields.push_back(read_field(fields.at(i)));
    check_overlaps(sweep, fields);
    sweep.method = method == "product" ? Method::Product : Method::Random;
    if (sweep.method == Method::Random) {
        sweep.samples = root.at("samples").integer(1, kMostPoints);
        sweep.seed = static_cast<std::uint64_t>(root.at("seed").integer(0, std::int64_t{1} << 53));
    } else if (root.has("samples") || root.has("seed")) {
        root.at(root.has("samples") ? "samples" : "seed").fail("belongs to the method \"random\"");
    }
}

SweepFile read_sweep(const JsonCursor& root) {
    root.object({"format", "version", "name", "base", "method"},
                {"description", "fields", "points", "samples", "seed", "area", "accuracy"});
    if (root.at("format").text() != "satsim-sweep")
        root.at("format").fail("is not \"satsim-sweep\": no sweep file");
    static_cast<void>(root.at("version").integer(1, 1));
    SweepFile sweep;
    sweep.file = root.file();
    sweep.name = root.at("name").name();
    if (root.has("description")) sweep.description = root.at("description").text();
    const JsonCursor base = root.at("base");
    base.object({"network", "hardware", "recipe"});
    sweep.network = base.at("network").text();
    sweep.hardware = base.at("hardware").text();
    sweep.recipe = base.at("recipe").text();
    if (root.has("area")) {
        const JsonCursor areas = root.at("area");
        for (std::size_t i = 0; i < areas.size(1); ++i) sweep.areas.push_back(areas.at(i).text());
    }
    if (root.has("accuracy")) sweep.accuracy = root.at("accuracy").text();
    read_points(root, sweep);
    return sweep;
}

// splitmix64: the same everywhere, unlike the library's distributions.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t below(std::uint64_t bound) {
        const std::uint64_t limit = bound * (UINT64_MAX / bound);
        std::uint64_t value = next();
        while (value >= limit) value = next();
        return value % bound;
    }

  private:
    std::uint64_t next() {
        std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }
    std::uint64_t state_;
};

Choice product_point(const SweepFile& sweep, std::uint64_t number) {
    Choice choice(sweep.fields.size());
    for (std::size_t i = sweep.fields.size(); i-- > 0;) {
        const std::size_t values = sweep.fields[i].values.size();
        choice[i] = static_cast<std::int32_t>(number % values);
        number /= values;
    }
    return choice;
}

}  // namespace

const char* to_string(Method method) {
    switch (method) {
        case Method::Product:
            return "product";
        case Method::List:
            return "list";
        case Method::Random:
            return "random";
    }
    return "?";
}

SweepFile parse_sweep(std::string_view text, const std::string& name) {
    const json document = parse_json_text(text, name);
    return read_sweep(JsonCursor(document, name));
}

SweepFile load_sweep(const std::filesystem::path& path) {
    const json document = parse_json_file(path);
    return read_sweep(JsonCursor(document, path.string()));
}

std::vector<Choice> points_of(const SweepFile& sweep) {
    if (sweep.method == Method::List) return sweep.list;
    constexpr std::uint64_t kCountable = std::uint64_t{1} << 62U;
    std::uint64_t all = 1;
    for (const Field& field : sweep.fields) {
        if (all > kCountable / field.values.size())
            throw InputError(sweep.file, "/fields", "make more than 2^62 points");
        all *= field.values.size();
    }
    std::vector<Choice> points;
    if (sweep.method == Method::Product) {
        if (all > static_cast<std::uint64_t>(kMostPoints))
            throw InputError(sweep.file, "/fields",
                             "make " + std::to_string(all) +
                                 " points, expected at most a million; the method \"random\" samples them");
        for (std::uint64_t i = 0; i < all; ++i) points.push_back(product_point(sweep, i));
        return points;
    }
    const auto samples = static_cast<std::uint64_t>(sweep.samples);
    if (samples > all)
        throw InputError(sweep.file, "/samples",
                         "is " + std::to_string(samples) + ", but the fields make only " +
                             std::to_string(all) + " points");
    // Floyd's sampling: as many draws as samples, whatever the size of the product.
    Random random(sweep.seed);
    std::set<std::uint64_t> drawn;
    for (std::uint64_t last = all - samples; last < all; ++last) {
        const std::uint64_t at = random.below(last + 1);
        if (!drawn.insert(at).second) drawn.insert(last);
    }
    for (const std::uint64_t number : drawn) points.push_back(product_point(sweep, number));
    return points;
}

}  // namespace satsim::sweep
