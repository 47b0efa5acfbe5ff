// Where the time of a traced step went: single pieces of work with the layer and stage that they belong to.
//
// Three kinds of files are understood (docs/formats/trace.md): satsim's own, whose tasks carry layer and
// stage; PyTorch profiler (Kineto) traces, whose kernels are led back to the operation that launched them;
// and any other Chrome trace, whose slices stand for themselves.
#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>
#include <string>
#include <vector>

namespace satsim {

struct ProfileEntry {
    std::string layer;
    std::string stage;  // "FF", "BP" (of PyTorch: the whole backward pass), "WU", or "" where it is not known
    std::string name;   // of the kernel or task
    std::string kind;   // satsim: the task's; Kineto: "kernel", "gpu_memcpy", ...; "slice"
    std::string track;  // "stream 7"
    double start_us = 0;
    double end_us = 0;
    double busy_us = 0;  // without what nests inside it
    std::string provenance;
};

enum class ProfileSource { Satsim, Kineto, Chrome };
[[nodiscard]] const char* to_string(ProfileSource source);

struct TraceProfile {
    std::string file;
    ProfileSource source = ProfileSource::Chrome;
    std::string machine;                // process or device name
    std::string provenance;             // satsim: the weakest of its GEMMs (else of all); else "recorded"
    std::vector<ProfileEntry> entries;  // in order of their start
    std::size_t unattributed = 0;       // Kineto: device work whose launch is not in the file
    std::size_t unended = 0;            // slices without an end: they last to the file's last time
    double resolution_us = 0;           // how far two times of the file may be off

    [[nodiscard]] double busy_us() const;     // sum over all pieces, of whatever track
    [[nodiscard]] double covered_us() const;  // at least one piece was at work; never more than wall_us
    // Of pieces that are modelled where the profile as a whole is not.
    [[nodiscard]] double modelled_us() const;
    [[nodiscard]] std::size_t tracks() const;
    [[nodiscard]] double wall_us() const;  // first start to last end
};

// `process`: of satsim's files, which of those with tasks (from 1). Throws InputError naming `name` and the
// event for what is no trace, holds no work, or has no such process.
[[nodiscard]] TraceProfile read_profile(std::istream& in, const std::string& name, std::size_t process = 1);

// "FILE", or "FILE#2" for the second process; the file of that.
[[nodiscard]] TraceProfile load_profile(const std::string& file);
[[nodiscard]] std::string profile_file(const std::string& text);

}  // namespace satsim
