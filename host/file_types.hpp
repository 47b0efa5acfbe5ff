// What an option that names a file is called in --help: its type says what the file is, and by that what
// would be lost if it were written over. An option gets it where it is added, and is protected by that alone:
//     command.add_option("--doc", file, "write the page to this file")->type_name(file_type::kOutput);
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace satsim::host {
namespace file_type {

// Files to write. The second takes the place of the GPU device file that it was made from, if that is wanted.
inline constexpr const char* kOutput = "OUTFILE";
inline constexpr const char* kUpdatedGpu = "GPU-OUTFILE";

// Files to read, some of them by a name in the models folder.
inline constexpr const char* kFile = "FILE";
inline constexpr const char* kNetwork = "NETWORK";
inline constexpr const char* kRecipe = "RECIPE";
inline constexpr const char* kHardware = "HARDWARE";
inline constexpr const char* kDevice = "DEVICE";  // an FPGA
inline constexpr const char* kGpu = "GPU";
inline constexpr const char* kSample = "SAMPLE";
inline constexpr const char* kTarget = "TARGET";
inline constexpr const char* kPolicy = "POLICY";  // of a placement, or a file of one
inline constexpr const char* kTrace = "TRACE";    // "step.json#2"

}  // namespace file_type

[[nodiscard]] bool is_written(std::string_view type);

// Whether a file to write of type `written` may replace one that is read as `read`.
[[nodiscard]] bool may_replace(std::string_view written, std::string_view read);

// The files that a command reads for `value`, found as the command finds them. Empty where the type names no
// file to read and where nothing is found: that is for the command to say.
[[nodiscard]] std::vector<std::filesystem::path> files_read(std::string_view type, const std::string& value,
                                                            const std::string& models_override);

}  // namespace satsim::host
