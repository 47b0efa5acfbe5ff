#include "runtime/gpu_record/time_budget.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "runtime/gpu_record/energy_share.hpp"
#include "runtime/gpu_record/plan.hpp"
#include "runtime/support/error.hpp"

namespace satsim::gpu {

double TimeBudget::steady_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

TimeBudget::TimeBudget(double seconds, Clock clock) {
    if (clock) clock_ = std::move(clock);
    end_ = clock_() + seconds;
    limit_ = seconds;
}

void TimeBudget::expect(const std::vector<Task>& tasks, const MeasuredDevice& device, Kernels kernels) {
    WorkPlan plan = plan_work(tasks, kernels);
    plan.leave_out(refused_);
    const std::vector<double> shares = estimate_shares(tasks, plan, device);
    const std::vector<bool> read = read_by_itself(shares);
    for (std::size_t i = 0; i < plan.works.size(); ++i) {
        if (shares[i] <= 0) continue;
        Expected& expected = works_[plan.works[i]];
        expected.weight = std::max(expected.weight, shares[i]);
        expected.seconds = estimate_seconds(plan.works[i], device);
        expected.wished = expected.wished || read[i];
    }
}

void TimeBudget::refuse(const Work& work, std::string reason) {
    refused_.insert_or_assign(work, std::move(reason));
    works_.erase(work);
}

void TimeBudget::forget(const Work& work) {
    const auto found = works_.find(work);
    if (found != works_.end() && !found->second.timed) works_.erase(found);
}

bool TimeBudget::reads(const Work& work) const {
    const auto found = works_.find(work);
    const bool wished = found != works_.end() && found->second.wished;
    if (!end_) return wished;
    if (found != works_.end() && found->second.timed) return false;
    const double now = clock_();
    if (now >= *end_)
        throw InputError("GPU", "", "the time is up before " + describe(work) + ", expected more --seconds");
    if (!wished) return false;
    // What comes later may be larger than what the mean is of: its runs, some for each way of doing it, come
    // on top.
    constexpr double kRuns = 30;
    constexpr double kMargin = 1.2;
    constexpr double kReserve = 0.04;
    double needed = kReserve * limit_;
    int heavier = 0;  // works whose energy matters more than this one's
    for (const auto& [other, expected] : works_) {
        if (expected.timed) continue;
        needed += kMargin * without_.seconds + kRuns * expected.seconds;
        heavier += expected.wished && expected.weight > found->second.weight ? 1 : 0;
    }
    const double each = std::max(with_.seconds - without_.seconds, 0.0);
    return needed + (heavier + 1) * each <= *end_ - now;
}

void TimeBudget::spent(const Work& work, bool energy, double seconds) {
    works_[work].timed = true;
    (energy ? with_ : without_).add(seconds);
}

}  // namespace satsim::gpu
