// Points in time as files of results name them: ISO 8601 in UTC, to the second, "2026-11-26T08:58:02Z".
#pragma once

#include <array>
#include <ctime>
#include <string>

namespace satsim {

// "" for a year that the calendar does not hold.
[[nodiscard]] inline std::string utc(std::time_t seconds) {
    std::tm parts{};
    if (::gmtime_r(&seconds, &parts) == nullptr) return "";
    std::array<char, 32> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return {text.data(), size};
}
[[nodiscard]] inline std::string utc_now() {
    return utc(std::time(nullptr));
}

}  // namespace satsim
