#include "host/output_files.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

#include "host/file_types.hpp"
#include "host/split.hpp"
#include "runtime/support/end_of_links.hpp"
#include "runtime/support/error.hpp"

namespace satsim::host {
namespace {

namespace fs = std::filesystem;

// What an option was given, or holds if it was not.
struct Value {
    std::string type;  // file_types.hpp, or another
    NamedFile file;
};

std::vector<Value> values_of(const CLI::App& command) {
    std::vector<Value> values;
    for (const CLI::Option* option : command.get_options()) {
        const std::string type = option->get_type_name();
        const std::string name = option->get_name();
        for (const std::string& text : option->results()) {
            // Of targets a text is a list.
            if (type == file_type::kTarget) {
                for (const std::string& target : split(text, ',')) values.push_back({type, {name, target}});
            } else {
                values.push_back({type, {name, text}});
            }
        }
        const std::string text = option->get_default_str();
        if (option->empty() && !text.empty()) values.push_back({type, {name + "=" + text, text}});
    }
    return values;
}

std::string models_of(const CLI::App& command) {
    const CLI::Option* option = command.get_option_no_throw("--models");
    return option == nullptr || option->empty() ? "" : option->results().front();
}

// Where a result is written to. None for what is no file, and for what is there but cannot be overwritten: a
// device, a pipe.
std::optional<fs::path> place_of(const fs::path& path) {
    std::error_code code;
    if (path.empty() || (fs::exists(path, code) && !fs::is_regular_file(path, code))) return std::nullopt;
    const std::optional<fs::path> end = end_of_links(path);
    if (!end) return std::nullopt;
    fs::path place = fs::weakly_canonical(fs::absolute(*end, code), code);
    if (code) return std::nullopt;
    return place;
}

void require_distinct(std::span<const NamedFile> written) {
    for (std::size_t i = 0; i < written.size(); ++i) {
        const auto& [name, path] = written[i];
        const std::optional<fs::path> place = place_of(path);
        for (const NamedFile& other : written.first(i))
            if (place && place_of(other.path) == place)
                throw InputError(name + " " + path, "",
                                 "is the file of " + other.name + " too, expected another file");
    }
}

void require_other(const NamedFile& written, const std::string& name, const fs::path& file) {
    const std::optional<fs::path> place = place_of(written.path);
    if (place && place_of(file) == place)
        throw InputError(written.name + " " + written.path, "",
                         "would be written over what " + name + " names, expected another file");
}

void require_unread(std::span<const Value> written, std::span<const Value> others,
                    const std::string& models) {
    for (const Value& other : others)
        for (const fs::path& file : files_read(other.type, other.file.path, models))
            for (const Value& value : written)
                if (!may_replace(value.type, other.type)) require_other(value.file, other.file.name, file);
}

}  // namespace

void require_different_files(std::span<const NamedFile> written, std::span<const NamedFile> read) {
    for (const NamedFile& file : written)
        for (const NamedFile& other : read) require_other(file, other.name, other.path);
    require_distinct(written);
}

void require_different_files(const CLI::App& program) {
    const CLI::App* command = &program;
    while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
    std::vector<Value> written;
    std::vector<NamedFile> outputs;
    std::vector<Value> others;
    for (const Value& value : values_of(*command)) {
        (is_written(value.type) ? written : others).push_back(value);
        if (is_written(value.type)) outputs.push_back(value.file);
    }
    const auto is_there = [](const NamedFile& file) {
        std::error_code code;
        return fs::exists(file.path, code);
    };
    // To look for what is read opens files: not where there is nothing to lose.
    if (std::ranges::any_of(outputs, is_there)) require_unread(written, others, models_of(*command));
    require_distinct(outputs);
}

}  // namespace satsim::host
