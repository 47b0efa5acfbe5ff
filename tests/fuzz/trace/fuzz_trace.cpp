#include "tests/fuzz/trace/fuzz_trace.hpp"

#include <cmath>
#include <sstream>
#include <string_view>

#include "runtime/support/error.hpp"
#include "runtime/trace_import/diff.hpp"
#include "tests/fuzz/require.hpp"

namespace satsim {
namespace {

using fuzz::require;

}  // namespace

bool fuzz_trace(const std::uint8_t* data, std::size_t size) {
    std::istringstream in(std::string(reinterpret_cast<const char*>(data), size));
    try {
        const TraceProfile profile = read_profile(in, "fuzz");
        require(!profile.entries.empty(), "a profile has work");
        require(profile.covered_us() >= 0 && profile.covered_us() <= profile.wall_us(),
                "no more than the whole time is busy");
        require(profile.modelled_us() <= profile.busy_us(), "no more than all work is modelled");
        std::size_t pieces = 0;
        for (const ProfileEntry& entry : profile.entries)
            require(std::isfinite(entry.busy_us) && entry.busy_us >= 0, "times are finite and not negative");
        for (const DiffRow& row : diff(profile, profile)) {
            require(row.change_us() == 0, "a profile does not differ from itself");
            pieces += row.a.pieces;
        }
        require(pieces == profile.entries.size(), "every piece is in one row");
        return true;
    } catch (const InputError& error) {
        require(error.where() == "fuzz", "an error names the file");
        require(std::string_view(error.what()).find('\n') == std::string_view::npos, "an error is one line");
        return false;
    }
}

}  // namespace satsim
