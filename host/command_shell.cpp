// satsim completion, satsim manual: the command line described to shells and to man(1).
#include <fmt/format.h>

#include <memory>

#include "host/commands.hpp"
#include "host/options.hpp"
#include "host/shell/completion.hpp"
#include "host/shell/manual.hpp"

namespace satsim::host {
namespace {

struct Arguments {
    Options options;
    std::string shell;
};

std::string completion_of(const std::string& shell, const CommandInfo& program) {
    if (shell == "bash") return bash_completion(program);
    return shell == "zsh" ? zsh_completion(program) : fish_completion(program);
}

}  // namespace

void add_completion(CLI::App& program, Action& action) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command = program.add_subcommand("completion", "completion script of a shell");
    command->footer(
        "Example: satsim completion bash > ~/.local/share/bash-completion/completions/satsim\n"
        "Example: satsim completion fish > ~/.config/fish/completions/satsim.fish");
    command->add_option("shell", arguments->shell, "bash, zsh or fish")
        ->check(CLI::IsMember({"bash", "zsh", "fish"}))
        ->required();
    add_output(*command, arguments->options.output);
    command->callback([arguments, &action, &program] {
        action = [arguments, &program] {
            deliver(arguments->options, completion_of(arguments->shell, describe(program)));
            return 0;
        };
    });
}

void add_manual(CLI::App& program, Action& action) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command = program.add_subcommand("manual", "this help as a manual page");
    command->footer("Example: satsim manual -o satsim.1 && man ./satsim.1");
    add_output(*command, arguments->options.output);
    command->callback([arguments, &action, &program] {
        action = [arguments, &program] {
            deliver(arguments->options, manual_page(describe(program), SATSIM_VERSION));
            return 0;
        };
    });
}

}  // namespace satsim::host
