#include "runtime/gpu/device/stopwatch.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "runtime/gpu/device/operand_sets.hpp"

namespace satsim::gpu {
namespace {

// s of a run: of such work one is warm-up enough, and its call is nothing beside it; chance is small beside
// longer.
constexpr double kLong = 5e-3;
constexpr double kVeryLong = 20e-3;

// Seconds of one run, from `runs` called in a row.
double time_once(const Run& run, int sets, int runs, const OwnedStream& stream) {
    const OwnedEvent begin;
    const OwnedEvent end;
    check(cudaEventRecord(begin.get(), stream.get()), "recording an event");
    for (int i = 0; i < runs; ++i) run(i % sets);
    check(cudaEventRecord(end.get(), stream.get()), "recording an event");
    return seconds_between(begin, end) / runs;
}

// Loads the kernels, warms up, and says roughly what a run takes. Work of a millisecond and more needs no
// more warming up than the run that loads it.
double estimate_seconds(const Run& run, int sets, const OwnedStream& stream) {
    constexpr int kWarmUp = 3;
    constexpr double kWarm = 1e-3;
    (void)time_once(run, sets, 1, stream);
    double estimate = time_once(run, sets, 1, stream);
    for (int i = 0; i < 2 && estimate < kWarm; ++i)
        estimate = std::max(time_once(run, sets, kWarmUp, stream), 1e-7);
    return estimate;
}

Timing time_estimated(const Run& run, int sets, int repetitions, const OwnedStream& stream, Launches launches,
                      double estimate) {
    constexpr double kShortest = 200e-6;  // s of a repetition: events tell half microseconds
    constexpr double kLongest = 0.02;     // s of all repetitions, as long as there are five
    const int least = std::min(repetitions, estimate < kVeryLong ? 5 : 3);
    // A graph repeats itself: it must go through all sets, or what it reads would stay in L2.
    const int least_runs = static_cast<int>(std::ceil(kShortest / estimate));
    const int runs =
        std::clamp(launches == Launches::Replayed ? std::max(least_runs, sets) : least_runs, 1, kMostSets);
    const Replay replay(run, sets, runs, stream, estimate < kLong ? launches : Launches::CallByCall);
    const double room = kLongest / (estimate * runs);
    const int count = std::clamp(static_cast<int>(std::min(room, 1e6)), least, repetitions);
    const std::vector<OwnedEvent> events(static_cast<std::size_t>(count) + 1);
    replay.queue();
    check(cudaEventRecord(events.front().get(), stream.get()), "recording an event");
    for (std::size_t i = 1; i < events.size(); ++i) {
        replay.queue();
        check(cudaEventRecord(events[i].get(), stream.get()), "recording an event");
    }
    std::vector<double> times;
    for (std::size_t i = 1; i < events.size(); ++i)
        times.push_back(seconds_between(events[i - 1], events[i]) / runs);
    std::sort(times.begin(), times.end());
    const std::size_t middle = times.size() / 2;
    const double median = times.size() % 2 == 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
    return {median, times.front(), times.back(), count, replay.is_graph()};
}

}  // namespace

Timing time_runs(const Run& run, int sets, int repetitions, const OwnedStream& stream, Launches launches) {
    return time_estimated(run, sets, repetitions, stream, launches, estimate_seconds(run, sets, stream));
}

int fastest_of(int count, const std::function<bool(int choice, int set)>& run, int sets,
               const OwnedStream& stream) {
    constexpr int kInList = 2;  // repetitions: enough to tell who may be the fastest
    constexpr int kInTurn = 3;
    constexpr int kRounds = 3;
    constexpr double kGain = 0.97;
    constexpr double kHopeless = 1.5;     // times the best one's estimate: not worth timing
    constexpr double kNoHostTime = 1e-3;  // s: an estimate from calls that says what the device takes
    struct Choice {
        double estimate = 0;
        double seconds = 0;
    };
    // One that fails while it is captured leaves an empty graph, which would be the fastest of all.
    const auto run_of = [&](int choice) {
        return [&run, choice](int set) {
            if (!run(choice, set)) throw InputError("GPU", "", "an algorithm that ran once runs no more");
        };
    };
    const auto seconds_of = [&](int choice, double estimate, int repetitions) {
        return time_estimated(run_of(choice), sets, repetitions, stream, Launches::Replayed, estimate).median;
    };
    std::vector<Choice> times(static_cast<std::size_t>(count));
    const auto at = [&](int choice) -> Choice& { return times[static_cast<std::size_t>(choice)]; };
    int first = -1;
    int best = -1;
    for (int choice = 0; choice < count; ++choice) {
        if (!run(choice, 0)) continue;
        try {
            at(choice).estimate = estimate_seconds(run_of(choice), sets, stream);
            if (best >= 0 && at(choice).estimate > std::max(kHopeless * at(best).estimate, kNoHostTime))
                continue;
            at(choice).seconds = seconds_of(choice, at(choice).estimate, kInList);
        } catch (const InputError&) {
            require_context();
            continue;
        }
        if (first < 0) first = choice;
        if (best < 0 || at(choice).seconds < at(best).seconds) best = choice;
    }
    if (best == first) return best;
    // Clocks fall while the list is timed: the two in turn.
    double with_first = 0;
    double with_best = 0;
    for (int round = 0; round < kRounds; ++round) {
        with_first += seconds_of(first, at(first).estimate, kInTurn);
        with_best += seconds_of(best, at(best).estimate, kInTurn);
    }
    return with_best < kGain * with_first ? best : first;
}

}  // namespace satsim::gpu
