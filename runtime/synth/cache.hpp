// What Yosys needed minutes for, kept under the digest of everything that it depends on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace satsim::synth {

// A 128-bit digest of texts, in hexadecimal: equal inputs are told from unequal ones, not from forged ones.
class Digest {
  public:
    Digest& add(std::string_view text);
    [[nodiscard]] std::string text() const;

  private:
    std::uint64_t low_ = 14695981039346656037U;
    std::uint64_t high_ = 1099511628211U;
};

// `chosen`, else $XDG_CACHE_HOME/satsim/synth, else ~/.cache/satsim/synth, else a folder for temporary files.
// It is created. Throws InputError when it cannot be.
[[nodiscard]] std::filesystem::path cache_folder(const std::string& chosen);

// A JSON document in the cache; nothing when there is none or it cannot be read.
[[nodiscard]] std::optional<nlohmann::json> read_cached(const std::filesystem::path& file);

}  // namespace satsim::synth
