#include "runtime/support/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "runtime/support/error.hpp"

namespace satsim {

MappedFile::MappedFile(const std::filesystem::path& path, std::string_view expected) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const auto refuse = [&](std::string why) {
        if (descriptor >= 0) ::close(descriptor);
        throw InputError(path.string(), "",
                         "cannot be read (" + why + "), expected " + std::string(expected));
    };
    struct stat status {};
    if (descriptor < 0 || ::fstat(descriptor, &status) != 0) refuse(std::strerror(errno));
    if (S_ISDIR(status.st_mode)) refuse("is a folder");
    size_ = static_cast<std::size_t>(status.st_size);
    if (!S_ISREG(status.st_mode) || size_ == 0) refuse("is empty or no regular file");
    address_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (address_ == MAP_FAILED) refuse(std::strerror(errno));
    ::close(descriptor);
}

MappedFile::~MappedFile() {
    ::munmap(address_, size_);
}

}  // namespace satsim
