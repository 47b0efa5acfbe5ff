#include "host/output_files.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/support/error.hpp"

namespace satsim::host {
namespace {

namespace fs = std::filesystem;

// Options that name a file to write have one of these names, in every command.
constexpr std::array<std::string_view, 10> kWritten{
    "--output", "--trace", "--report", "--record", "--save-placement",
    "--doc",    "--write", "--data",   "--db",     "--rewrite"};

// Those that name files to read, if what they name is one.
constexpr std::array<std::string_view, 13> kRead{
    "--hardware", "--placement", "--sample",   "--device", "--check", "--replay", "--program",
    "hardware",   "device",      "recordings", "document", "sweep",   "file"};
constexpr std::array<std::string_view, 3> kRecipes{"--recipe", "--baseline", "--stages"};
constexpr std::array<std::string_view, 3> kTraces{"trace", "a", "b"};

bool contains(std::span<const std::string_view> names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
}

bool is_written(const CLI::App& command, const std::string& option) {
    return contains(kWritten, option) || (option == "--program" && command.get_name() == "schedule");
}

// `text` up to the last `mark`.
std::string before(const std::string& text, char mark) {
    return text.substr(0, text.rfind(mark));
}

// What may be a file in the value of an option: "net.json:large", "a.json+b.json", "gpu:recorded.json@2",
// "step.json#2".
std::vector<std::string> files_in(const std::string& option, const std::string& text) {
    if (contains(kRead, option)) return {text};
    if (option == "network") return {text, before(text, ':')};
    if (contains(kTraces, option)) return {text, before(text, '#')};
    if (option == "--target") {
        const std::size_t colon = text.find(':');
        if (colon == std::string::npos) return {};
        const std::string file = text.substr(colon + 1);
        return {file, before(file, '@')};
    }
    if (!contains(kRecipes, option)) return {};
    std::vector<std::string> files{text};
    std::size_t begin = 0;
    for (std::size_t plus = 0; plus != std::string::npos; begin = plus + 1) {
        plus = text.find('+', begin);
        files.push_back(text.substr(begin, plus - begin));
    }
    return files;
}

// None for what is no file, and for what is there but cannot be overwritten: a device, a pipe.
std::optional<fs::path> place_of(const std::string& path) {
    std::error_code code;
    if (path.empty() || (fs::exists(path, code) && !fs::is_regular_file(path, code))) return std::nullopt;
    fs::path place = fs::weakly_canonical(fs::absolute(path, code), code);
    if (code) return std::nullopt;
    return place;
}

}  // namespace

void require_different_files(std::span<const NamedFile> written, std::span<const NamedFile> read) {
    for (std::size_t i = 0; i < written.size(); ++i) {
        const auto& [name, path] = written[i];
        const std::optional<fs::path> place = place_of(path);
        if (!place) continue;
        for (const NamedFile& other : read)
            if (place_of(other.path) == place)
                throw InputError(
                    name + " " + path, "",
                    "would be written over what " + other.name + " names, expected another file");
        for (const NamedFile& other : written.first(i))
            if (place_of(other.path) == place)
                throw InputError(name + " " + path, "",
                                 "is the file of " + other.name + " too, expected another file");
    }
}

void require_different_files(const CLI::App& program) {
    std::vector<NamedFile> written;
    std::vector<NamedFile> read;
    const CLI::App* command = &program;
    while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
    for (const CLI::Option* option : command->get_options()) {
        const std::string name = option->get_name();
        for (const std::string& text : option->results()) {
            if (is_written(*command, name)) {
                written.push_back({name, text});
                continue;
            }
            for (const std::string& file : files_in(name, text)) read.push_back({name, file});
        }
    }
    require_different_files(written, read);
}

}  // namespace satsim::host
