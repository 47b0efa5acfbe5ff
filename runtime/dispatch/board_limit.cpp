#include "runtime/dispatch/board_limit.hpp"

namespace satsim {

double hold_to_limit(double board_watts, double running_watts, std::vector<TaskResult>& results) {
    double seconds = 0;
    double joules = 0;
    for (const TaskResult& result : results) {
        seconds += result.seconds;
        joules += result.energy_j;
    }
    if (board_watts <= running_watts || joules <= board_watts * seconds) return 1;
    // (joules + running * (factor - 1) * seconds) / (factor * seconds) is the limit.
    const double factor = (joules - running_watts * seconds) / ((board_watts - running_watts) * seconds);
    const auto stretch = [&](TaskResult& result) {
        result.energy_j += running_watts * (factor - 1) * result.seconds;
        result.seconds *= factor;
    };
    for (TaskResult& result : results) {
        stretch(result);
        change_apart(result, stretch);
    }
    return factor;
}

}  // namespace satsim
