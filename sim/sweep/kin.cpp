#include "sim/sweep/kin.hpp"

#include <exception>
#include <map>

#include "sim/target/program_costs.hpp"

namespace satsim::sweep {

std::vector<Kin> kin_of(Configurations& configurations, const std::vector<Choice>& choices,
                        const std::vector<PointKey>& keys, const std::vector<std::size_t>& pending) {
    using Timing = std::pair<std::uint64_t, std::uint64_t>;
    std::map<Fingerprint, Timing> timings;  // reading a machine takes longer than finding it
    const auto timing_of = [&](std::size_t point) {
        const auto [known, fresh] = timings.try_emplace(keys[point].hardware);
        if (!fresh) return known->second;
        try {
            const Hardware& machine = configurations.hardware(choices[point]);
            known->second = sat::machine_timing(machine.array, machine.memory_config());
        } catch (const std::exception&) {
            return known->second;  // evaluating the point says why
        }
        return known->second;
    };
    std::vector<Kin> kin;
    kin.reserve(pending.size());
    for (const std::size_t point : pending)
        kin.push_back({timing_of(point), keys[point].network, keys[point].batch, keys[point].hardware});
    return kin;
}

}  // namespace satsim::sweep
