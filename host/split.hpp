// Lists in one text.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace satsim::host {

// "a,b" at ',': a and b; no parts of an empty text.
[[nodiscard]] inline std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= text.size() && !text.empty();) {
        const std::size_t end = std::min(text.find(separator, begin), text.size());
        parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

}  // namespace satsim::host
