#include "runtime/trace_import/profile.hpp"

#include <algorithm>
#include <charconv>
#include <memory>

#include "runtime/gzip/gzip.hpp"
#include "runtime/support/error.hpp"
#include "runtime/trace_import/event_reader.hpp"
#include "runtime/trace_import/kineto.hpp"
#include "runtime/trace_import/slices.hpp"

namespace satsim {
namespace {

using trace_import::Slice;
using trace_import::SliceCollector;
using trace_import::Track;

bool is_task(const Slice& slice) {
    return !slice.layer.empty() && !slice.stage.empty();
}

// The tasks of one process of satsim's own file.
void take_tasks(const SliceCollector& file, std::size_t process, TraceProfile& profile) {
    std::vector<std::string> pids;
    for (const Slice& slice : file.slices) {
        if (is_task(slice) && std::find(pids.begin(), pids.end(), slice.track.first) == pids.end())
            pids.push_back(slice.track.first);
    }
    std::stable_sort(pids.begin(), pids.end(), [](const std::string& a, const std::string& b) {
        return a.size() != b.size() ? a.size() < b.size() : a < b;  // numbers without leading zeros
    });
    if (process < 1 || process > pids.size())
        throw InputError(profile.file, "",
                         "has " + std::to_string(pids.size()) + " processes with tasks, not process " +
                             std::to_string(process));
    const std::string& pid = pids[process - 1];
    const auto name = file.process_names.find(pid);
    if (name != file.process_names.end()) profile.machine = name->second;
    for (const Slice& slice : file.slices) {
        if (!is_task(slice) || slice.track.first != pid) continue;
        const auto track = file.track_names.find(slice.track);
        profile.entries.push_back({slice.layer, slice.stage, slice.name, slice.category,
                                   track != file.track_names.end() ? track->second : slice.track.second,
                                   slice.start_us, slice.end_us(), slice.duration_us});
        if (profile.provenance.empty()) profile.provenance = slice.provenance;
        if (profile.provenance != slice.provenance) profile.provenance = "mixed";
    }
}

// Every slice for itself, less what nests in it.
void take_slices(const SliceCollector& file, TraceProfile& profile) {
    std::map<Track, std::vector<std::size_t>> open;  // entries around the one at hand
    for (const Slice& slice : file.slices) {
        std::vector<std::size_t>& around = open[slice.track];
        const auto ended = [&](std::size_t i) { return file.slices[i].end_us() <= slice.start_us; };
        while (!around.empty() && ended(around.back())) around.pop_back();
        if (!around.empty()) {
            double& left = profile.entries[around.back()].busy_us;
            left = std::max(0.0, left - slice.duration_us);
        }
        around.push_back(profile.entries.size());
        const auto name = file.track_names.find(slice.track);
        profile.entries.push_back(
            {slice.layer.empty() ? slice.name : slice.layer, slice.stage, slice.name, "slice",
             name != file.track_names.end() ? name->second : "track " + slice.track.second, slice.start_us,
             slice.end_us(), slice.duration_us});
    }
}

struct ProcessOfFile {
    std::string path;
    std::size_t process = 1;
};

ProcessOfFile place_of(const std::string& text) {
    const std::size_t mark = text.rfind('#');
    if (mark == std::string::npos || mark + 1 == text.size()) return {text};
    ProcessOfFile place{text.substr(0, mark)};
    const char* const end = text.data() + text.size();
    const auto [last, fault] = std::from_chars(text.data() + mark + 1, end, place.process);
    if (fault == std::errc{} && last == end) return place;
    return {text};  // a file whose name has the mark
}

}  // namespace

const char* to_string(ProfileSource source) {
    constexpr const char* kNames[] = {"satsim", "kineto", "chrome"};
    return kNames[static_cast<int>(source)];
}

double TraceProfile::busy_us() const {
    double sum = 0;
    for (const ProfileEntry& entry : entries) sum += entry.busy_us;
    return sum;
}

double TraceProfile::wall_us() const {
    if (entries.empty()) return 0;
    double end = entries.front().end_us;
    for (const ProfileEntry& entry : entries) end = std::max(end, entry.end_us);
    return end - entries.front().start_us;
}

TraceProfile read_profile(std::istream& in, const std::string& name, std::size_t process) {
    SliceCollector file(name);
    const trace_import::TraceHeader header = trace_import::read_events(
        in, name, [&file](const nlohmann::json& event, std::size_t index) { file.add(event, index); });
    file.finish();
    TraceProfile profile;
    profile.file = name;
    const auto any = [&file](bool (*is)(const Slice&)) {
        return std::any_of(file.slices.begin(), file.slices.end(), is);
    };
    if (any(is_task)) {
        profile.source = ProfileSource::Satsim;
        take_tasks(file, process, profile);
    } else if (process != 1) {
        throw InputError(name, "", "is no trace of satsim, whose processes have numbers");
    } else if (any(trace_import::is_device_work)) {
        profile.source = ProfileSource::Kineto;
        profile.machine = header.device;
        profile.provenance = "recorded";
        trace_import::attribute_device_work(file.slices, profile);
    } else if (header.schema_version) {
        throw InputError(name, "", "is a profiler's trace without work of a device, expected kernels");
    } else {
        profile.provenance = "recorded";
        take_slices(file, profile);
    }
    if (profile.entries.empty()) throw InputError(name, "/traceEvents", "holds no slice");
    return profile;
}

std::string profile_file(const std::string& text) {
    return place_of(text).path;
}

TraceProfile load_profile(const std::string& file) {
    const auto& [path, process] = place_of(file);
    std::error_code code;
    if (std::filesystem::is_directory(path, code))
        throw InputError(path, "", "is a folder, expected a trace file");
    const std::unique_ptr<std::istream> in = open_text(path);
    return read_profile(*in, path, process);
}

}  // namespace satsim
