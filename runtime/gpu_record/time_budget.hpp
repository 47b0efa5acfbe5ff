// How a limited time is spent on measuring. Every piece of work is timed; its energy, which takes longer to
// read than all else together, is read of the works that weigh most in a step, as far as the time allows.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "runtime/gpu_record/recording.hpp"

namespace satsim::gpu {

class TimeBudget {
  public:
    using Clock = std::function<double()>;  // s

    // No limit: the energy is read of all that anybody wishes.
    TimeBudget() = default;
    // `seconds` from now on.
    explicit TimeBudget(double seconds, Clock clock = {});

    // A step whose work will be measured, unless it was expected before. What matters to a later step is then
    // read at once, and time is kept for all.
    void expect(const std::vector<Task>& tasks, const MeasuredDevice& device, Kernels kernels);

    // A work that nothing runs, and why: the tasks in whose place it stands are measured one by one, in this
    // step and all later ones. No time is kept for it.
    void refuse(const Work& work, std::string reason);
    [[nodiscard]] const Refusals& refused() const { return refused_; }

    // A work that the rest of its step does not need after all: no time is kept for it, unless it is expected
    // again.
    void forget(const Work& work);

    // Whether the energy of `work`, which is to be measured now, is wished for and there is time to read it.
    // Within a limit nothing is measured twice: no, where the work was timed. Throws InputError for untimed
    // work once the time is up.
    [[nodiscard]] bool reads(const Work& work) const;

    // Measures by `measure` and keeps account of the time that it takes.
    template <class Measure>
    Measurement spend(const Work& work, bool energy, const Measure& measure) {
        const double begin = clock_();
        Measurement result = measure();
        spent(work, energy, clock_() - begin);
        return result;
    }

  private:
    struct Expected {
        double weight = 0;    // the largest share of a step's estimated time
        double seconds = 0;   // of one run, estimated
        bool wished = false;  // the energy, by a step at least
        bool timed = false;
    };
    // Mean seconds of measuring a piece of work: at first a guess that counts as a few of them.
    struct Mean {
        double seconds;
        int count = 4;
        void add(double more) {
            seconds = (seconds * count + more) / (count + 1);
            ++count;
        }
    };
    [[nodiscard]] static double steady_seconds();
    void spent(const Work& work, bool energy, double seconds);

    Clock clock_ = &TimeBudget::steady_seconds;
    std::optional<double> end_;
    double limit_ = 0;
    std::map<Work, Expected> works_;
    Refusals refused_;
    Mean without_{0.15};  // energy
    Mean with_{0.4};
};

}  // namespace satsim::gpu
