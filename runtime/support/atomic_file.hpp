// Writing results so that an interrupted run never destroys an earlier one.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

namespace satsim {

// A result that is written piece by piece: to a temporary file beside `path`, which commit() flushes to the
// disk and renames onto `path`. Without commit() nothing is left of it. Everything throws InputError (naming
// `path`) when the folder is missing or cannot be written; `path` is then untouched. A symbolic link stays
// one: the file that it leads to is replaced, or made where there is none. A device, a pipe and what a
// process has open (/dev/stdout) are written to as they are.
class AtomicFile {
  public:
    explicit AtomicFile(std::filesystem::path path);
    AtomicFile(AtomicFile&&) noexcept;
    AtomicFile& operator=(AtomicFile&&) noexcept;
    ~AtomicFile();

    void write(std::string_view contents);
    void commit();
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    class Temporary;
    [[noreturn]] void fail() const;

    std::filesystem::path path_;
    std::unique_ptr<Temporary> temporary_;
};

// The same for contents that are there as a whole.
void write_file_atomically(const std::filesystem::path& path, std::string_view contents);

}  // namespace satsim
