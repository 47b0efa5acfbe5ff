#include "runtime/trace_import/kineto.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>

namespace satsim::trace_import {
namespace {

constexpr std::string_view kEngine = "autograd::engine::evaluate_function: ";
constexpr std::string_view kModule = "nn.Module: ";
constexpr std::string_view kUnknown = "(launch not in the file)";

struct Place {
    std::string layer;
    std::string stage;
};

bool is_launch(const Slice& slice) {
    return slice.category == "cuda_runtime" || slice.category == "cuda_driver" ||
           slice.category == "runtime" || slice.category == "privateuse1_runtime";
}

bool is_operation(const Slice& slice) {
    return slice.category == "cpu_op" || slice.category == "operator";
}

bool is_optimizer(const Slice& slice) {
    return slice.name.starts_with("Optimizer.step");
}

// Names a part of the model, not a step of the profiler or of the training loop.
bool is_annotation(const Slice& slice) {
    if (slice.category == "python_function") return slice.name.starts_with(kModule);
    return slice.category == "user_annotation" && !slice.name.starts_with("ProfilerStep") &&
           !slice.name.starts_with("Optimizer.") && !slice.name.starts_with("enumerate(DataLoader)");
}

std::string layer_name(const Slice& slice) {
    std::string_view name = slice.name;
    for (const std::string_view prefix : {kModule, kEngine}) {
        if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
    }
    return std::string(name);
}

// Kineto's process of a device is its number.
std::string device_of(const Slice& slice) {
    return slice.device >= 0 ? std::to_string(slice.device) : slice.track.first;
}

// Walks each thread in time; `open` are the slices around the one at hand, outermost first.
class Walker {
  public:
    explicit Walker(const std::vector<Slice>& slices) {
        for (const Slice& slice : slices) {
            if (!is_launch(slice) && !is_operation(slice) && !is_annotation(slice) && !is_optimizer(slice))
                continue;
            std::vector<const Slice*>& open = open_[slice.track];
            while (!open.empty() && open.back()->end_us() <= slice.start_us) open.pop_back();
            open.push_back(&slice);
            visit(slice, open);
        }
    }

    [[nodiscard]] Place place_of(const Slice& work) const {
        const Found* found = nullptr;
        if (const auto at = launches_.find(work.correlation); work.correlation >= 0 && at != launches_.end())
            found = &at->second;
        else if (const auto op = operations_.find(work.external_id);
                 work.external_id >= 0 && op != operations_.end())
            found = &op->second;
        if (found == nullptr) return {std::string(kUnknown), ""};
        Place place = found->place;
        if (place.stage == "BP") {
            // The forward operation of this sequence number knows its layer.
            const auto forward = forward_.find(found->sequence);
            if (found->sequence >= 0 && forward != forward_.end()) place.layer = forward->second;
        }
        return place;
    }

  private:
    struct Found {
        Place place;
        std::int64_t sequence = -1;
    };

    void visit(const Slice& slice, const std::vector<const Slice*>& open) {
        Found found;
        const Slice* annotation = nullptr;
        const Slice* outermost = nullptr;
        bool backward = false;
        bool optimizer = false;
        for (const Slice* around : open) {
            if (is_annotation(*around)) annotation = around;
            if (is_operation(*around) && outermost == nullptr) outermost = around;
            if (around->sequence >= 0) found.sequence = around->sequence;
            backward = backward || around->name.starts_with(kEngine);
            optimizer = optimizer || is_optimizer(*around);
        }
        const Slice* layer = annotation != nullptr ? annotation : outermost;
        found.place.layer = layer != nullptr ? layer_name(*layer) : layer_name(*open.front());
        found.place.stage = backward ? "BP" : optimizer ? "WU" : "FF";
        if (is_operation(slice)) {
            // Operations without a gradient carry the number that the next one with a gradient takes: the
            // last counts.
            if (!backward && slice.sequence >= 0) forward_[slice.sequence] = found.place.layer;
            if (slice.external_id >= 0) operations_.try_emplace(slice.external_id, std::move(found));
        } else if (is_launch(slice) && slice.correlation >= 0) {
            launches_.try_emplace(slice.correlation, std::move(found));
        }
    }

    std::map<Track, std::vector<const Slice*>> open_;
    std::unordered_map<std::int64_t, Found> launches_;       // by correlation
    std::unordered_map<std::int64_t, Found> operations_;     // by External id
    std::unordered_map<std::int64_t, std::string> forward_;  // sequence number to layer
};

}  // namespace

bool is_device_work(const Slice& slice) {
    return slice.category == "kernel" || slice.category == "gpu_memcpy" || slice.category == "gpu_memset" ||
           slice.category == "memcpy" || slice.category == "memset";
}

void attribute_device_work(const std::vector<Slice>& slices, TraceProfile& profile) {
    const Walker walker(slices);
    std::set<std::string> devices;
    for (const Slice& slice : slices) {
        if (is_device_work(slice)) devices.insert(device_of(slice));
    }
    // Devices number their streams alike.
    const auto track_of = [&devices](const Slice& slice) {
        return (devices.size() > 1 ? fmt::format("device {} ", device_of(slice)) : "") +
               (slice.stream >= 0 ? fmt::format("stream {}", slice.stream) : "track " + slice.track.second);
    };
    for (const Slice& slice : slices) {
        if (!is_device_work(slice)) continue;
        Place place = walker.place_of(slice);
        if (place.layer == kUnknown) ++profile.unattributed;
        profile.entries.push_back({std::move(place.layer), std::move(place.stage), slice.name, slice.category,
                                   track_of(slice), slice.start_us, slice.end_us(), slice.duration_us,
                                   profile.provenance});
    }
}

}  // namespace satsim::trace_import
