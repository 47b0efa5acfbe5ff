#include "runtime/trace_import/profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <set>

#include "runtime/gzip/gzip.hpp"
#include "runtime/support/error.hpp"
#include "runtime/trace_import/event_reader.hpp"
#include "runtime/trace_import/kineto.hpp"
#include "runtime/trace_import/lanes.hpp"
#include "runtime/trace_import/slices.hpp"

namespace satsim {
namespace {

using trace_import::Lanes;
using trace_import::Slice;
using trace_import::SliceCollector;
using trace_import::Track;

bool is_task(const Slice& slice) {
    return slice.is_task();
}

std::string name_of(const SliceCollector& file, const Track& track) {
    const auto name = file.track_names.find(track);
    return name != file.track_names.end() ? name->second : "track " + track.second;
}

// Names of the tracks, with their numbers where several have one name: they are not one track.
class TrackNames {
  public:
    explicit TrackNames(const SliceCollector& file) : file_(file) {
        std::set<Track> tracks;
        for (const Slice& slice : file.slices) {
            if (tracks.insert(slice.track).second) ++count_[name_of(file, slice.track)];
        }
    }
    [[nodiscard]] std::string of(const Track& track) const {
        const std::string name = name_of(file_, track);
        if (count_.at(name) == 1) return name;
        return fmt::format("{} (process {}, thread {})", name, track.first, track.second);
    }

  private:
    const SliceCollector& file_;
    std::map<std::string, std::size_t> count_;
};

// Takes pieces in order of their start, each less what nests in it.
class Nesting {
  public:
    explicit Nesting(TraceProfile& profile) : profile_(profile) {}

    void take(const Track& track, ProfileEntry entry) {
        Lanes& lanes = lanes_.try_emplace(track, profile_.resolution_us).first->second;
        const Lanes::Placed placed = lanes.add(entry.start_us, entry.end_us, profile_.entries.size());
        if (placed.parent) {
            double& left = profile_.entries[*placed.parent].busy_us;
            left = std::max(0.0, left - (placed.end - placed.start));
        }
        profile_.entries.push_back(std::move(entry));
    }

  private:
    TraceProfile& profile_;
    std::map<Track, Lanes> lanes_;
};

// As `compare` has it: the weakest of the GEMMs, and beside it the share that is modelled.
std::string provenance_of(const std::vector<ProfileEntry>& entries) {
    const auto is_gemm = [](const ProfileEntry& entry) { return entry.kind == "gemm"; };
    const bool any = std::any_of(entries.begin(), entries.end(), is_gemm);
    const auto* weakest = trace_import::kProvenances.begin();
    for (const ProfileEntry& entry : entries) {
        if (any && !is_gemm(entry)) continue;
        weakest = std::max(weakest, std::find(trace_import::kProvenances.begin(),
                                              trace_import::kProvenances.end(), entry.provenance));
    }
    return std::string(*weakest);
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
    const TrackNames names(file);
    Nesting nesting(profile);
    for (const Slice& slice : file.slices) {
        if (!is_task(slice) || slice.track.first != pid) continue;
        nesting.take(slice.track,
                     {slice.layer, slice.stage, slice.name, slice.category, names.of(slice.track),
                      slice.start_us, slice.end_us(), slice.duration_us, slice.provenance});
    }
    profile.provenance = provenance_of(profile.entries);
}

void take_slices(const SliceCollector& file, TraceProfile& profile) {
    const TrackNames names(file);
    Nesting nesting(profile);
    for (const Slice& slice : file.slices)
        nesting.take(slice.track, {slice.layer.empty() ? slice.name : slice.layer, slice.stage, slice.name,
                                   "slice", names.of(slice.track), slice.start_us, slice.end_us(),
                                   slice.duration_us, profile.provenance});
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

double TraceProfile::covered_us() const {
    if (entries.empty()) return 0;
    double sum = 0;
    double until = entries.front().start_us;
    for (const ProfileEntry& entry : entries) {
        sum += std::max(0.0, entry.end_us - std::max(until, entry.start_us));
        until = std::max(until, entry.end_us);
    }
    return std::min(sum, wall_us());  // a sum of many may round up
}

double TraceProfile::modelled_us() const {
    double sum = 0;
    if (provenance == "modelled") return sum;
    for (const ProfileEntry& entry : entries) sum += entry.provenance == "modelled" ? entry.busy_us : 0;
    return sum;
}

std::size_t TraceProfile::tracks() const {
    std::set<std::string_view> names;
    for (const ProfileEntry& entry : entries) names.insert(entry.track);
    return names.size();
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
    profile.unended = file.unended;
    profile.resolution_us = file.resolution_us;
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
