// What a list of layers may name: parameters, modules, blocks, and the files that modules live in.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/support/json_cursor.hpp"
#include "runtime/workload/layer_file.hpp"

namespace satsim {

// Files of modules, each read once.
class ModuleFiles {
  public:
    // The document of `path`; a file that cannot be read is the fault of `named_by`.
    [[nodiscard]] JsonCursor load(const std::filesystem::path& path, const JsonCursor& named_by);

  private:
    std::map<std::string, std::unique_ptr<nlohmann::json>> documents_;
};

// Where definitions are looked up: in `body`, then in what surrounds it in the same file.
struct ModuleScope {
    JsonCursor body;                     // the object with `modules` and `blocks`
    const ModuleScope* outer = nullptr;  // of a module within a file
    std::filesystem::path folder;        // of the file
    Bindings parameters;
};

// A module's text, and the scope that it stands in (none: a file of its own).
struct ModuleDefinition {
    JsonCursor body;
    const ModuleScope* outer = nullptr;
    std::filesystem::path folder;
};

// The module that `named_by` names. Throws InputError when there is none or it is no module.
[[nodiscard]] ModuleDefinition find_module(const JsonCursor& named_by, const ModuleScope& scope,
                                           ModuleFiles& files);
// The block of that name, in the innermost scope that has blocks.
[[nodiscard]] JsonCursor find_block(const JsonCursor& named_by, const ModuleScope& scope);

// Values of the parameters that `body` declares: `overrides`, else `given` (an object beside the use), else
// the default, which may be an expression of others. What is given is evaluated with the user's parameters.
struct ParameterSources {
    const JsonCursor* given = nullptr;
    const Bindings* user = nullptr;       // what expressions in `given` may name
    const Bindings* outer = nullptr;      // what defaults may name beside their neighbours
    const Bindings* overrides = nullptr;  // from the command line or a sample
};
[[nodiscard]] Bindings resolve_parameters(const JsonCursor& body, const ParameterSources& sources);

}  // namespace satsim
