#include "runtime/support/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>

#include "runtime/support/end_of_links.hpp"
#include "runtime/support/error.hpp"

namespace satsim {

namespace {

namespace fs = std::filesystem;

// The number in "/proc/self/fd/1"; -1: no such path.
int own_descriptor(const fs::path& path) {
    std::error_code code;
    if (fs::canonical(path.parent_path(), code) != fs::canonical("/proc/self/fd", code) || code) return -1;
    const std::string name = path.filename().string();
    int number = -1;
    const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), number);
    return fault == std::errc{} && end == name.data() + name.size() ? number : -1;
}

// What this process has open already goes on where it is, so that `>> log` keeps what is there.
int open_itself(const fs::path& path) {
    const int own = own_descriptor(path);
    return own < 0 ? ::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC) : ::fcntl(own, F_DUPFD_CLOEXEC, 0);
}

}  // namespace

class AtomicFile::Temporary {
  public:
    // A rename would replace what `path` leads to where that is no plain file (a device, a pipe), and miss it
    // where it is what a process has open: both are written to themselves.
    explicit Temporary(const fs::path& path) {
        const std::optional<fs::path> end = end_of_links(path);
        if (!end) {
            errno = ELOOP;
            return;
        }
        target_ = *end;
        name_ = target_.string() + ".XXXXXX";
        std::error_code code;
        const fs::file_status status = fs::status(target_, code);
        direct_ = fs::is_symlink(target_, code) ||
                  (fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status));
        descriptor_ = direct_ ? open_itself(target_) : ::mkstemp(name_.data());
    }
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;
    ~Temporary() {
        if (descriptor_ >= 0) ::close(descriptor_);
        if (descriptor_ >= 0 && !kept_ && !direct_) ::unlink(name_.c_str());
    }

    [[nodiscard]] bool valid() const { return descriptor_ >= 0; }

    [[nodiscard]] bool write_all(std::string_view contents) const {
        while (!contents.empty()) {
            const ssize_t written = ::write(descriptor_, contents.data(), contents.size());
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) return false;
            contents.remove_prefix(static_cast<std::size_t>(written));
        }
        return true;
    }

    [[nodiscard]] bool flush() const {
        if (direct_) return true;
        // mkstemp makes the file private; results are for sharing, as far as the user's umask says.
        const mode_t mask = ::umask(0);
        ::umask(mask);
        return ::fchmod(descriptor_, static_cast<mode_t>(0666U & ~mask)) == 0 && ::fsync(descriptor_) == 0;
    }

    [[nodiscard]] bool rename_to_target() {
        kept_ = direct_ || ::rename(name_.c_str(), target_.c_str()) == 0;
        return kept_;
    }

  private:
    fs::path target_;
    std::string name_;
    int descriptor_ = -1;
    bool kept_ = false;
    bool direct_ = false;
};

AtomicFile::AtomicFile(std::filesystem::path path)
    : path_(std::move(path)), temporary_(std::make_unique<Temporary>(path_)) {
    if (!temporary_->valid()) fail();
}

AtomicFile::AtomicFile(AtomicFile&&) noexcept = default;
AtomicFile& AtomicFile::operator=(AtomicFile&&) noexcept = default;
AtomicFile::~AtomicFile() = default;

void AtomicFile::write(std::string_view contents) {
    if (!temporary_->write_all(contents)) fail();
}

void AtomicFile::commit() {
    if (!temporary_->flush() || !temporary_->rename_to_target()) fail();
}

void AtomicFile::fail() const {
    throw InputError(path_.string(), "", std::string("cannot be written: ") + std::strerror(errno));
}

void write_file_atomically(const std::filesystem::path& path, std::string_view contents) {
    AtomicFile file(path);
    file.write(contents);
    file.commit();
}

}  // namespace satsim
