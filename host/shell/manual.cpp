#include "host/shell/manual.hpp"

#include <fmt/format.h>

namespace satsim::host {
namespace {

// Text that roff takes as it is: no escapes, no requests at the beginning of a line, minus signs that can be
// copied.
std::string plain(const std::string& text) {
    std::string out;
    bool line_begins = true;
    for (const char c : text) {
        if (line_begins && (c == '.' || c == '\'')) out += "\\&";
        line_begins = c == '\n';
        if (c == '\\') {
            out += "\\e";
        } else if (c == '-') {
            out += "\\-";
        } else {
            out += c;
        }
    }
    return out;
}

std::string upper(std::string text) {
    for (char& c : text)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return text;
}

std::string option_entry(const OptionInfo& option, bool positional) {
    std::string names;
    for (const std::string& name : option.names)
        names +=
            fmt::format("{}\\fB{}\\fR", names.empty() ? "" : ", ", plain(positional ? upper(name) : name));
    if (option.takes_value && !positional) {
        std::string value = "VALUE";
        for (std::size_t i = 0; i < option.choices.size(); ++i)
            value = i == 0 ? option.choices[i] : value + "|" + option.choices[i];
        names += fmt::format(" \\fI{}\\fR", plain(value));
    }
    std::string text = plain(option.text);
    if (!option.default_value.empty()) text += fmt::format(" [{}]", plain(option.default_value));
    return fmt::format(".TP\n{}\n{}\n", names, text.empty() ? "\\&" : text);
}

std::string footer_lines(const CommandInfo& command) {
    std::string out;
    for (const std::string& line : command.footer) out += fmt::format(".PP\n{}\n", plain(line));
    return out;
}

void write_commands(const CommandInfo& command, const std::string& path, std::string& out) {
    for (const CommandInfo& below : command.commands) {
        const std::string name = path + " " + below.name;
        std::string usage;
        for (const OptionInfo& option : below.positionals) usage += " [" + upper(option.names.front()) + "]";
        out += fmt::format(".SS \"{}{} [OPTIONS]\"\n{}\n", plain(name), plain(usage), plain(below.text));
        for (const OptionInfo& option : below.positionals) out += option_entry(option, true);
        for (const OptionInfo& option : below.options) out += option_entry(option, false);
        out += footer_lines(below);
        write_commands(below, name, out);
    }
}

}  // namespace

std::string manual_page(const CommandInfo& program, const std::string& version) {
    const std::size_t end = program.text.find('\n');
    std::string summary = program.text.substr(0, end);
    // "satsim: what it is" is written "satsim - what it is" here.
    if (summary.starts_with(program.name + ": ")) summary.erase(0, program.name.size() + 2);
    std::string out = fmt::format(".TH {} 1 \"\" \"{} {}\"\n.SH NAME\n{} \\- {}\n", upper(program.name),
                                  program.name, version, program.name, plain(summary));
    out += fmt::format(".SH SYNOPSIS\n.B {}\n\\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n", program.name);
    if (end != std::string::npos)
        out += fmt::format(".SH DESCRIPTION\n{}\n", plain(program.text.substr(end + 1)));
    out += ".SH OPTIONS\n";
    for (const OptionInfo& option : program.options) out += option_entry(option, false);
    out += ".SH COMMANDS\n";
    write_commands(program, program.name, out);
    if (!program.footer.empty()) out += ".SH NOTES\n" + footer_lines(program);
    return out;
}

}  // namespace satsim::host
