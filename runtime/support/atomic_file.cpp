#include "runtime/support/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "runtime/support/error.hpp"

namespace satsim {

class AtomicFile::Temporary {
  public:
    // What is there and no plain file (a device, a pipe) is written to itself: a rename would replace it.
    explicit Temporary(const std::filesystem::path& target) : name_(target.string() + ".XXXXXX") {
        std::error_code code;
        const std::filesystem::file_status status = std::filesystem::status(target, code);
        direct_ = std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
                  !std::filesystem::is_directory(status);
        descriptor_ = direct_ ? ::open(target.c_str(), O_WRONLY | O_CLOEXEC) : ::mkstemp(name_.data());
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

    [[nodiscard]] bool rename_to(const std::filesystem::path& target) {
        kept_ = direct_ || ::rename(name_.c_str(), target.c_str()) == 0;
        return kept_;
    }

  private:
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
    if (!temporary_->flush() || !temporary_->rename_to(path_)) fail();
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
