#include "runtime/synth/cache.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>

#include "runtime/support/error.hpp"

namespace satsim::synth {

namespace fs = std::filesystem;

Digest& Digest::add(std::string_view text) {
    const auto mix = [this](unsigned char byte) {
        low_ = (low_ ^ byte) * 1099511628211U;
        high_ = (high_ ^ byte ^ (low_ >> 40)) * 0x9E3779B97F4A7C15U;
    };
    for (const char c : text) mix(static_cast<unsigned char>(c));
    for (std::size_t size = text.size(), i = 0; i < sizeof size; ++i)
        mix(static_cast<unsigned char>(size >> (8 * i)));
    return *this;
}

std::string Digest::text() const {
    return fmt::format("{:016x}{:016x}", high_, low_);
}

fs::path cache_folder(const std::string& chosen) {
    const char* cache = std::getenv("XDG_CACHE_HOME");
    const char* home = std::getenv("HOME");
    fs::path folder = chosen;
    if (chosen.empty()) {
        std::error_code code;
        folder = cache != nullptr && *cache != '\0' ? fs::path(cache)
                 : home != nullptr && *home != '\0' ? fs::path(home) / ".cache"
                                                    : fs::temp_directory_path(code);
        folder = folder / "satsim" / "synth";
    }
    std::error_code code;
    fs::create_directories(folder, code);
    if (code) throw InputError("--cache " + folder.string(), "", "cannot be created: " + code.message());
    return fs::absolute(folder);
}

std::optional<nlohmann::json> read_cached(const fs::path& file) {
    std::ifstream stream(file);
    if (!stream) return std::nullopt;
    nlohmann::json document = nlohmann::json::parse(stream, nullptr, false);
    if (document.is_discarded()) return std::nullopt;
    return document;
}

}  // namespace satsim::synth
