// No file that a command writes is one that it reads, or another one that it writes.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>

namespace satsim::host {

// A file by what names it on the command line: "--report", "page.html". An empty path names none.
struct NamedFile {
    std::string name;
    std::string path;
};

// Throws InputError where two of `written` are one file, whatever way their paths are spelled, or one of them
// is among `read`. What is there and no regular file (/dev/null) may be written several times.
void require_different_files(std::span<const NamedFile> written, std::span<const NamedFile> read);

// The same of the command that was chosen, before it does anything: its options say by their types
// (file_types.hpp) what is written and what is read, and what is read by a name is found as the command finds
// it.
void require_different_files(const CLI::App& program);

}  // namespace satsim::host
