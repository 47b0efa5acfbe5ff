// Writing results so that an interrupted run never destroys an earlier one.
#pragma once

#include <filesystem>
#include <string_view>

namespace satsim {

// Writes `contents` to a temporary file beside `path`, flushes it to the disk and renames it onto `path`.
// Throws InputError (naming `path`) when the folder is missing or cannot be written; `path` is then
// untouched.
void write_file_atomically(const std::filesystem::path& path, std::string_view contents);

}  // namespace satsim
