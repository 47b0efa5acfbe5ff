#include "runtime/support/end_of_links.hpp"

namespace satsim {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLinks = 40;  // as Linux has it

bool in_proc(const fs::path& link) {
    std::error_code code;
    const fs::path folder = fs::canonical(fs::absolute(link, code).parent_path(), code).relative_path();
    return !folder.empty() && *folder.begin() == "proc";
}

}  // namespace

// By hand: weakly_canonical() does not follow a link to what is not there, and does follow those of /proc.
std::optional<fs::path> end_of_links(fs::path path) {
    for (int links = 0; links <= kMostLinks; ++links) {
        std::error_code code;
        const fs::path next = fs::read_symlink(path, code);
        if (code || in_proc(path)) return path;
        path = path.parent_path() / next;
    }
    return std::nullopt;
}

}  // namespace satsim
