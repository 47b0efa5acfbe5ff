#include "runtime/execute/weight_sets.hpp"

#include <algorithm>
#include <numeric>

namespace satsim::execute {

std::size_t weight_count(const Layer& layer) {
    return std::max<std::size_t>(layer.sets.size(), 1);
}

Positions positions_of(const Layer& layer, std::int64_t batch, std::span<const std::int64_t> weights) {
    const std::int64_t all = layer.in.positions();
    Positions positions;
    for (const std::int64_t weight : weights) {
        const auto set = layer.sets.begin() + (layer.sets.empty() ? 0 : weight);
        const std::int64_t first = std::accumulate(layer.sets.begin(), set, std::int64_t{0});
        const std::int64_t count = layer.sets.empty() ? all : *set;
        for (std::int64_t item = 0; item < batch; ++item)
            for (std::int64_t i = 0; i < count; ++i) positions.push_back(item * all + first + i);
    }
    return positions;
}

Values taken_at(const Positions& positions, std::size_t values, const Values& map) {
    Values part;
    part.reserve(positions.size() * values);
    const auto size = static_cast<std::ptrdiff_t>(values);
    for (const std::int64_t position : positions)
        part.insert(part.end(), map.begin() + position * size, map.begin() + (position + 1) * size);
    return part;
}

void put_at(const Positions& positions, std::size_t values, const Values& part, Values& map) {
    const auto size = static_cast<std::ptrdiff_t>(values);
    auto from = part.begin();
    for (const std::int64_t position : positions) {
        std::copy(from, from + size, map.begin() + position * size);
        from += size;
    }
}

}  // namespace satsim::execute
