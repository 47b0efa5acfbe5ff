// Errors that a user can cause and mend: bad files, bad arguments, impossible requests.
//
// One exception type carries where the fault is and what was expected. Libraries throw it; `main` alone turns
// it into one line on stderr and exit code 2. Faults of satsim itself are std::logic_error (exit code 70).
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace satsim {

class InputError : public std::runtime_error {
  public:
    // where:   file name, option name or layer name ("resnet18.json", "--nm", "layer conv1")
    // pointer: JSON pointer into that file ("/layers/3/stride"), or empty
    // message: what was found and what was expected, without a full stop
    InputError(std::string where, std::string pointer, const std::string& message)
        : std::runtime_error(compose(where, pointer, message)),
          where_(std::move(where)),
          pointer_(std::move(pointer)) {}

    [[nodiscard]] const std::string& where() const { return where_; }
    [[nodiscard]] const std::string& pointer() const { return pointer_; }

  private:
    static std::string compose(const std::string& where, const std::string& pointer,
                               const std::string& message) {
        std::string line = where;
        if (!pointer.empty()) line += (line.empty() ? "" : ": ") + pointer;
        return line.empty() ? message : line + ": " + message;
    }

    std::string where_;
    std::string pointer_;
};

}  // namespace satsim
