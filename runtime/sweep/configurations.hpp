// From a choice of values to the machine, the network and the recipe that a point is about.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/hardware/hardware.hpp"
#include "runtime/recipe/recipe.hpp"
#include "runtime/schedule/gemm_schedule.hpp"
#include "runtime/sweep/sweep_file.hpp"
#include "runtime/workload/network.hpp"

namespace satsim::sweep {

enum class Document { Hardware, Recipe, Network };

// The document of a name or file, as JSON. Throws InputError.
using LoadDocument = std::function<nlohmann::json(Document, const std::string& name)>;

// 128 bits that tell apart what differs; sums, so that a changed field costs as much as it is long.
struct Fingerprint {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    auto operator<=>(const Fingerprint&) const = default;
    Fingerprint& operator+=(const Fingerprint& other);
    Fingerprint& operator-=(const Fingerprint& other);
    [[nodiscard]] std::string text() const;  // 32 hexadecimal digits
};

// Fingerprints of a point's parts. Two points with equal fingerprints are the same configuration: every field
// counts except those that only describe (name of hardware or recipe, description, source, verified,
// comment).
struct PointKey {
    Fingerprint hardware;
    Fingerprint recipe;
    Fingerprint network;
    Fingerprint schedule;
    Fingerprint batch;
    [[nodiscard]] Fingerprint all() const;
};

// Everything that an evaluation needs. Networks are shared between points.
struct Configuration {
    Hardware hardware;
    Recipe recipe;
    std::shared_ptr<const Network> network;
    std::optional<std::int64_t> batch;  // instead of the recipe's and the network's
    schedule::ScheduleOptions options;
};

class Configurations {
  public:
    // Loads all documents that the sweep names. Throws InputError where a pointer names nothing.
    Configurations(const SweepFile& sweep, const LoadDocument& load);

    [[nodiscard]] PointKey key(const Choice& choice) const;
    // Throws InputError for a configuration that cannot be: the message says why.
    [[nodiscard]] Configuration resolve(const Choice& choice);
    // The machine alone; the reference holds until the next call. Throws InputError like resolve().
    [[nodiscard]] const Hardware& hardware(const Choice& choice);

    // For tables: the value of field `number` as text ("32", "2:8", "bdwp-2:8"); "base" where it is not set.
    [[nodiscard]] std::string value_text(const Choice& choice, std::size_t number) const;
    // The same as JSON, as the sweep file has it; "base" where it is not set.
    [[nodiscard]] nlohmann::json value_json(const Choice& choice, std::size_t number) const;
    // Equal for points of the same network, whatever the batch that its file gives.
    [[nodiscard]] Fingerprint network_without_batch(const Choice& choice) const;
    [[nodiscard]] std::string network_name(const Choice& choice) const;

  private:
    struct Place {
        Document document = Document::Hardware;
        nlohmann::json::json_pointer pointer;
        std::string text;  // of `pointer`
        bool whole = false;
        bool outside = false;  // not in a document: /batch, /schedule/...
    };
    struct Base {
        nlohmann::json json;
        Fingerprint fingerprint;
    };

    [[nodiscard]] const std::string& base_name(Document document, const Choice& choice) const;
    [[nodiscard]] const Base& base(Document document, const Choice& choice) const;
    [[nodiscard]] Fingerprint fingerprint(Document document, const Choice& choice) const;
    [[nodiscard]] nlohmann::json document(Document document, const Choice& choice) const;
    [[nodiscard]] const nlohmann::json* value(const Choice& choice, std::size_t field) const;
    void load_base(Document document, const std::string& name, const LoadDocument& load);
    void check_places() const;
    void check_places(const Choice& choice, const std::string& at) const;
    [[nodiscard]] std::set<std::string> used(Document document) const;
    void require_field(const Place& place, const std::string& name, const std::string& at) const;

    const SweepFile& sweep_;
    std::vector<std::vector<Place>> places_;            // of each field
    std::array<std::map<std::string, Base>, 3> bases_;  // by name
    std::array<std::string, 3> names_;                  // of the sweep's base documents
    // The document resolved last, and what it was read into.
    Fingerprint last_hardware_;
    std::optional<Hardware> hardware_;
    Fingerprint last_network_;
    std::shared_ptr<const Network> network_;
};

}  // namespace satsim::sweep
