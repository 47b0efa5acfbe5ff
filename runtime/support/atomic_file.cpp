#include "runtime/support/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "runtime/support/error.hpp"

namespace satsim {
namespace {

class OwnedTemporary {
  public:
    explicit OwnedTemporary(const std::filesystem::path& target) : name_(target.string() + ".XXXXXX") {
        descriptor_ = ::mkstemp(name_.data());
    }
    OwnedTemporary(const OwnedTemporary&) = delete;
    OwnedTemporary& operator=(const OwnedTemporary&) = delete;
    ~OwnedTemporary() {
        if (descriptor_ >= 0) ::close(descriptor_);
        if (descriptor_ >= 0 && !kept_) ::unlink(name_.c_str());
    }

    [[nodiscard]] bool valid() const { return descriptor_ >= 0; }

    [[nodiscard]] bool write_all(std::string_view contents) const {
        while (!contents.empty()) {
            const ssize_t written = ::write(descriptor_, contents.data(), contents.size());
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) return false;
            contents.remove_prefix(static_cast<std::size_t>(written));
        }
        // mkstemp makes the file private; results are for sharing, as far as the user's umask says.
        const mode_t mask = ::umask(0);
        ::umask(mask);
        return ::fchmod(descriptor_, static_cast<mode_t>(0666U & ~mask)) == 0 && ::fsync(descriptor_) == 0;
    }

    [[nodiscard]] bool rename_to(const std::filesystem::path& target) {
        kept_ = ::rename(name_.c_str(), target.c_str()) == 0;
        return kept_;
    }

  private:
    std::string name_;
    int descriptor_ = -1;
    bool kept_ = false;
};

}  // namespace

void write_file_atomically(const std::filesystem::path& path, std::string_view contents) {
    OwnedTemporary temporary(path);
    if (!temporary.valid() || !temporary.write_all(contents) || !temporary.rename_to(path)) {
        throw InputError(path.string(), "", std::string("cannot be written: ") + std::strerror(errno));
    }
}

}  // namespace satsim
