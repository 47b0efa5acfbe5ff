#include "sim/sweep/distribution.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace satsim::sweep {
namespace {

// Numbers things in the order in which they are met.
template <typename Key>
class Ranks {
  public:
    std::size_t of(const Key& key) { return ranks_.emplace(key, ranks_.size()).first->second; }

  private:
    std::map<Key, std::size_t> ranks_;
};

}  // namespace

Distribution::Distribution(const std::vector<Kin>& kin, const std::vector<std::size_t>& pending,
                           std::size_t workers, std::size_t most)
    : open_(std::max<std::size_t>(workers, 1)), most_(std::max<std::size_t>(most, 1)) {
    struct Place {
        std::size_t group;
        std::size_t machine;
        std::size_t point;
    };
    Ranks<std::tuple<std::pair<std::uint64_t, std::uint64_t>, Fingerprint, Fingerprint>> groups;
    Ranks<Fingerprint> machines;
    std::vector<Place> places;
    places.reserve(pending.size());
    for (std::size_t i = 0; i < pending.size(); ++i)
        places.push_back({groups.of({kin[i].timing, kin[i].network, kin[i].batch}),
                          machines.of(kin[i].hardware), pending[i]});
    std::stable_sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
        return std::tie(a.group, a.machine) < std::tie(b.group, b.machine);
    });
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (i == 0 || places[i].group != places[i - 1].group) groups_.push_back({i, i});
        groups_.back().end = i + 1;
        order_.push_back(places[i].point);
    }
    std::stable_sort(groups_.begin(), groups_.end(),
                     [](const Range& a, const Range& b) { return a.size() > b.size(); });
}

std::optional<Distribution::Range> Distribution::next(std::size_t worker) {
    Range& own = open_.at(worker);
    if (own.size() == 0) {
        if (next_group_ < groups_.size()) {
            own = groups_[next_group_++];
        } else {
            const auto largest =
                std::max_element(open_.begin(), open_.end(),
                                 [](const Range& a, const Range& b) { return a.size() < b.size(); });
            // Its worker has what the last few points need: it is done with them sooner.
            if (largest->size() < most_) return std::nullopt;
            const std::size_t middle = largest->begin + largest->size() / 2;
            own = {middle, largest->end};
            largest->end = middle;
        }
    }
    // Less towards the end, so that there is something left to share.
    constexpr std::size_t kParts = 4;
    const Range piece{own.begin, own.begin + std::clamp<std::size_t>(own.size() / kParts, 1, most_)};
    own.begin = piece.end;
    return piece;
}

}  // namespace satsim::sweep
