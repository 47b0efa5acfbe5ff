#include "host/shell/completion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace satsim::host {
namespace {

// visit(path, command) for the program (path "") and all commands below it ("models/list").
template <typename Visit>
void for_each_command(const CommandInfo& command, const std::string& path, const Visit& visit) {
    visit(path, command);
    for (const CommandInfo& below : command.commands)
        for_each_command(below, path.empty() ? below.name : path + "/" + below.name, visit);
}

// One line for a shell's list of candidates.
std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

// In single quotes, for any shell.
std::string shell_word(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

// A description inside zsh's [...]: brackets and colons mean something there.
std::string zsh_text(const std::string& text) {
    std::string out;
    for (const char c : first_line(text)) {
        if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

std::string zsh_function(const std::string& program, const std::string& path) {
    std::string name = "_" + program + (path.empty() ? "" : "_" + path);
    for (char& c : name)
        if (c == '/' || c == '-') c = '_';
    return name;
}

}  // namespace

std::string bash_completion(const CommandInfo& program) {
    std::vector<std::string> paths;  // case patterns of words that go one command down
    std::string values;              // what may follow an option
    std::string words;               // what may begin here
    for_each_command(program, "", [&](const std::string& path, const CommandInfo& command) {
        std::vector<std::string> here;
        for (const CommandInfo& below : command.commands) {
            paths.push_back(path + "/" + below.name);
            here.push_back(below.name);
        }
        for (const OptionInfo& option : command.options) {
            here.insert(here.end(), option.names.begin(), option.names.end());
            if (!option.takes_value) continue;
            std::vector<std::string> patterns;
            for (const std::string& name : option.names) patterns.push_back(path + ":" + name);
            values += fmt::format("        {}) ", fmt::join(patterns, "|"));
            values += option.choices.empty()
                          ? "COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n"
                          : fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$current\")); return ;;\n",
                                        fmt::join(option.choices, " "));
        }
        words += fmt::format("        {}) words='{}'; files={} ;;\n", path.empty() ? "''" : path,
                             fmt::join(here, " "), command.positionals.empty() ? 0 : 1);
    });
    return fmt::format(
        "# bash completion of {0}; written by `{0} completion bash`\n"
        "_{0}() {{\n"
        "    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} command= "
        "words= files=0 i\n"
        "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "        case \"$command/${{COMP_WORDS[i]}}\" in\n"
        "            {1}) command=${{command:+$command/}}${{COMP_WORDS[i]}} ;;\n"
        "        esac\n"
        "    done\n"
        "    case \"$command:$previous\" in\n{2}    esac\n"
        "    case \"$command\" in\n{3}    esac\n"
        "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
        "    if [[ $files = 1 && $current != -* ]]; then COMPREPLY+=($(compgen -f -- \"$current\")); fi\n"
        "}}\n"
        "complete -o filenames -F _{0} {0}\n",
        program.name, fmt::join(paths, "|"), values, words);
}

std::string zsh_completion(const CommandInfo& program) {
    std::string out =
        fmt::format("#compdef {0}\n# zsh completion of {0}; written by `{0} completion zsh`\n", program.name);
    for_each_command(program, "", [&](const std::string& path, const CommandInfo& command) {
        std::string specifications;
        for (const OptionInfo& option : command.options) {
            for (const std::string& name : option.names) {
                std::string value;
                if (option.takes_value)
                    value = option.choices.empty()
                                ? ":value:_files"
                                : fmt::format(":value:({})", fmt::join(option.choices, " "));
                specifications += fmt::format(
                    " \\\n    {}", shell_word(fmt::format("{}[{}]{}", name, zsh_text(option.text), value)));
            }
        }
        out += fmt::format("{}() {{\n", zsh_function(program.name, path));
        if (command.commands.empty()) {
            if (!command.positionals.empty())
                specifications += fmt::format(
                    " \\\n    {}",
                    shell_word(fmt::format("*:{}:_files", command.positionals.front().names.front())));
            out += fmt::format("  _arguments{}\n}}\n", specifications);
            return;
        }
        std::string names;
        std::string cases;
        for (const CommandInfo& below : command.commands) {
            names += fmt::format(" {}", shell_word(below.name + ":" + zsh_text(below.text)));
            cases +=
                fmt::format("        {}) {} ;;\n", below.name,
                            zsh_function(program.name, path.empty() ? below.name : path + "/" + below.name));
        }
        out += fmt::format(
            "  local state line context\n  typeset -A opt_args\n"
            "  _arguments -C{} \\\n    '1: :->command' '*:: :->rest'\n"
            "  case $state in\n"
            "    command) local -a commands=({} ); _describe command commands ;;\n"
            "    rest)\n      case $words[1] in\n{}      esac ;;\n"
            "  esac\n}}\n",
            specifications, names, cases);
    });
    return out + fmt::format("compdef {} {}\n", zsh_function(program.name, ""), program.name);
}

std::string fish_completion(const CommandInfo& program) {
    std::string out =
        fmt::format("# fish completion of {0}; written by `{0} completion fish`\n", program.name);
    std::vector<std::string> top;
    for (const CommandInfo& command : program.commands) top.push_back(command.name);
    for_each_command(program, "", [&](const std::string& path, const CommandInfo& command) {
        std::string condition = fmt::format("not __fish_seen_subcommand_from {}", fmt::join(top, " "));
        if (!path.empty()) {
            condition.clear();
            for (std::size_t begin = 0; begin < path.size();) {
                const std::size_t end = std::min(path.find('/', begin), path.size());
                condition += fmt::format("{}__fish_seen_subcommand_from {}",
                                         condition.empty() ? "" : "; and ", path.substr(begin, end - begin));
                begin = end + 1;
            }
        }
        for (const CommandInfo& below : command.commands)
            out += fmt::format("complete -c {} -f -n {} -a {} -d {}\n", program.name, shell_word(condition),
                               below.name, shell_word(first_line(below.text)));
        for (const OptionInfo& option : command.options) {
            out += fmt::format("complete -c {} -n {}", program.name, shell_word(condition));
            for (const std::string& name : option.names)
                out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
            if (option.takes_value)
                out += option.choices.empty()
                           ? " -r"
                           : fmt::format(" -x -a {}",
                                         shell_word(fmt::format("{}", fmt::join(option.choices, " "))));
            out += fmt::format(" -d {}\n", shell_word(first_line(option.text)));
        }
    });
    return out;
}

}  // namespace satsim::host
