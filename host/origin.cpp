#include "host/origin.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <vector>

#include "runtime/support/utc.hpp"
#include "satsim_git_state.hpp"

namespace satsim::host {
namespace {

std::string quoted(const std::string& word) {
    const auto plain = [](unsigned char c) {
        return std::isalnum(c) != 0 ||
               std::string_view("-_./:,=+@%").find(static_cast<char>(c)) != std::string_view::npos;
    };
    if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return word;
    std::string text(1, '\'');
    for (const char c : word) {
        if (c == '\'')
            text.append("'\\''");
        else
            text += c;
    }
    text += '\'';
    return text;
}

std::time_t now() {
    const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
    const std::string_view text = epoch == nullptr ? "" : epoch;
    std::time_t seconds = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    const bool whole = !text.empty() && fault == std::errc{} && end == text.data() + text.size();
    return whole ? seconds : std::time(nullptr);
}

}  // namespace

std::string command_line() {
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    const std::string all((std::istreambuf_iterator<char>(file)), {});
    std::string text;
    for (std::size_t at = 0; at < all.size();) {
        const std::string word = all.substr(at, all.find('\0', at) - at);
        // The program by its name: where it lies is of no use on another machine.
        const bool program = text.empty();
        if (!program) text += ' ';
        text += quoted(program ? std::filesystem::path(word).filename().string() : word);
        at += word.size() + 1;
    }
    return text;
}

std::string git_state() {
    return SATSIM_GIT_STATE;
}

report::Origin origin(const std::string& fidelity) {
    return {command_line(), SATSIM_VERSION, git_state(), utc(now()), fidelity};
}

}  // namespace satsim::host
