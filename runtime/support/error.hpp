// Errors that a user can cause and mend: bad files, bad arguments, impossible requests.
//
// One exception type carries where the fault is and what was expected. Libraries throw it; `main` alone turns
// it into one line on stderr and exit code 2. Faults of satsim itself are std::logic_error (exit code 70).
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace satsim {

// `text` with control characters as \n, \t and \xNN: files and command lines may name things with any
// characters, and a message is one line.
[[nodiscard]] inline std::string one_line(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string line;
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if (c == '\n')
            line += "\\n";
        else if (c == '\t')
            line += "\\t";
        else if (code < 0x20 || code == 0x7f)
            line += std::string("\\x") + kDigits[code >> 4] + kDigits[code & 15];
        else
            line += c;
    }
    return line;
}

class InputError : public std::runtime_error {
  public:
    // where:   file name, option name or layer name ("resnet18.json", "--nm", "layer conv1")
    // pointer: JSON pointer into that file ("/layers/3/stride"), or empty
    // message: what was found and what was expected, without a full stop
    // what() is one line of all three, whatever they hold.
    InputError(std::string where, std::string pointer, std::string message)
        : std::runtime_error(compose(where, pointer, message)),
          where_(std::move(where)),
          pointer_(std::move(pointer)),
          message_(std::move(message)) {}

    [[nodiscard]] const std::string& where() const { return where_; }
    [[nodiscard]] const std::string& pointer() const { return pointer_; }
    [[nodiscard]] const std::string& message() const { return message_; }

  private:
    static std::string compose(const std::string& where, const std::string& pointer,
                               const std::string& message) {
        std::string line = where;
        if (!pointer.empty()) line += (line.empty() ? "" : ": ") + pointer;
        return one_line(line.empty() ? message : line + ": " + message);
    }

    std::string where_;
    std::string pointer_;
    std::string message_;
};

}  // namespace satsim
