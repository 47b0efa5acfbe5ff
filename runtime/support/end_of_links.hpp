// Where a path leads that may be a symbolic link.
#pragma once

#include <filesystem>
#include <optional>

namespace satsim {

// What is behind the links of `path`: a file, or the place of one that is not there yet. A link in /proc ends
// the way: it is named like a file and stands for what a process has open (/dev/stdout leads to one). None
// where the links lead in a circle.
[[nodiscard]] std::optional<std::filesystem::path> end_of_links(std::filesystem::path path);

}  // namespace satsim
