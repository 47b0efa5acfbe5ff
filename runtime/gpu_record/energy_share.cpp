#include "runtime/gpu_record/energy_share.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace satsim::gpu {
namespace {

constexpr double kUnread = 0.05;  // of a step's time

struct Power {
    double joules = 0;
    double seconds = 0;
    void add(const Measurement& m) {
        joules += *m.joules;
        seconds += m.sustained_seconds > 0 ? m.sustained_seconds : m.seconds;  // the window's
    }
};

}  // namespace

double estimate_seconds(const Work& work, const MeasuredDevice& device) {
    const auto over = [](double amount, double rate) { return rate > 0 ? amount / rate : 0; };
    return device.launch_seconds +
           std::max(over(2 * static_cast<double>(dense_macs(work)), device.dense_flops),
                    over(static_cast<double>(compulsory_bytes(work)), device.copy_bandwidth));
}

std::vector<double> estimate_shares(const std::vector<Task>& tasks, const WorkPlan& plan,
                                    const MeasuredDevice& device) {
    std::vector<double> seconds = plan.runs(tasks);
    for (std::size_t i = 0; i < seconds.size(); ++i) {
        if (seconds[i] > 0) seconds[i] *= estimate_seconds(plan.works[i], device);
    }
    const double all = std::accumulate(seconds.begin(), seconds.end(), 0.0);
    for (double& s : seconds) s /= std::max(all, 1e-30);
    return seconds;
}

std::vector<bool> read_by_itself(const std::vector<double>& shares) {
    double left = kUnread;
    std::vector<std::size_t> shortest(shares.size());
    std::iota(shortest.begin(), shortest.end(), std::size_t{0});
    std::ranges::stable_sort(shortest, {}, [&](std::size_t i) { return shares[i]; });
    std::vector<bool> read(shares.size(), true);
    for (const std::size_t i : shortest) {
        left -= shares[i];
        if (left < 0) break;
        read[i] = false;
    }
    return read;
}

void share_power(const WorkPlan& plan, Recording& recording) {
    std::array<Power, std::variant_size_v<Work>> kinds;
    Power all;
    for (const Work& work : plan.works) {
        const auto found = recording.measurements.find(work);
        if (found == recording.measurements.end()) continue;
        const Measurement& m = found->second;
        if (!m.joules || m.shared_power) continue;
        kinds.at(work.index()).add(m);
        all.add(m);
    }
    if (all.seconds <= 0) return;
    for (const Work& work : plan.works) {
        const auto found = recording.measurements.find(work);
        if (found == recording.measurements.end() || found->second.joules) continue;
        Measurement& m = found->second;
        const Power& kind = kinds.at(work.index());
        const Power& power = kind.seconds > 0 ? kind : all;
        m.joules = m.seconds * power.joules / power.seconds;
        m.shared_power = true;
    }
}

}  // namespace satsim::gpu
