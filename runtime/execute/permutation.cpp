#include "runtime/execute/permutation.hpp"

#include <array>
#include <optional>
#include <stdexcept>

#include "runtime/execute/tensor_places.hpp"

namespace satsim::execute {
namespace {

using std::int64_t;

bool to_depth(const Layer& l) {
    return l.out.channels >= l.in.channels;
}
const TensorShape& small_of(const Layer& l) {
    return to_depth(l) ? l.out : l.in;
}
const TensorShape& large_of(const Layer& l) {
    return to_depth(l) ? l.in : l.out;
}
bool is_space_to_depth(const Layer& l) {
    return large_of(l).height % small_of(l).height == 0 && large_of(l).width % small_of(l).width == 0;
}

std::vector<std::size_t> space_to_depth(const Layer& l, int64_t batch) {
    const TensorShape& small = small_of(l);
    const TensorShape& large = large_of(l);
    const int64_t high = large.height / small.height;
    const int64_t wide = large.width / small.width;
    std::vector<std::size_t> places(static_cast<std::size_t>(batch * l.out.elements()));
    for_each_element(batch, large, [&](auto c, auto y, auto x, auto b) {
        const int64_t channel = (y % high * wide + x % wide) * large.channels + c;
        const std::size_t inner = element(small, channel, y / high, x / wide, b);
        const std::size_t outer = element(large, c, y, x, b);
        places[to_depth(l) ? inner : outer] = to_depth(l) ? outer : inner;
    });
    return places;
}

// [position][channel] to [channel][position].
std::vector<std::size_t> positions_to_channels(const Layer& l, int64_t batch) {
    const int64_t positions = l.in.positions();
    std::vector<std::size_t> places;
    for (int64_t b = 0; b < batch; ++b)
        for (int64_t c = 0; c < l.in.channels; ++c)
            for (int64_t p = 0; p < positions; ++p)
                places.push_back(static_cast<std::size_t>((b * positions + p) * l.in.channels + c));
    return places;
}

// Of the output's channels, rows and columns, the axis of the input in the same order.
using Axes = std::array<std::size_t, 3>;

std::array<int64_t, 3> extents(const TensorShape& shape) {
    return {shape.channels, shape.height, shape.width};
}

// The only order of axes that leads from one shape to the other.
std::optional<Axes> axes_of(const Layer& l) {
    constexpr Axes kRowsAndColumns{0, 2, 1};
    constexpr Axes kOtherChannels[] = {{1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    const std::array<int64_t, 3> from = extents(l.in);
    const std::array<int64_t, 3> to = extents(l.out);
    const auto fits = [&](const Axes& axes) {
        return to[0] == from[axes[0]] && to[1] == from[axes[1]] && to[2] == from[axes[2]];
    };
    if (!l.transposed) return fits(kRowsAndColumns) ? std::optional(kRowsAndColumns) : std::nullopt;
    std::optional<Axes> found;
    for (const Axes& axes : kOtherChannels) {
        if (!fits(axes)) continue;
        if (found) return std::nullopt;
        found = axes;
    }
    return found;
}

std::vector<std::size_t> other_axes(const Layer& l, const Axes& axes, int64_t batch) {
    std::vector<std::size_t> places;
    for_each_element(batch, l.out, [&](auto c, auto y, auto x, auto b) {
        std::array<int64_t, 3> at{};
        at[axes[0]] = c;
        at[axes[1]] = y;
        at[axes[2]] = x;
        places.push_back(element(l.in, at[0], at[1], at[2], b));
    });
    return places;
}

}  // namespace

bool has_one_meaning(const Layer& l) {
    const bool first = l.transposed ? l.out.channels == l.in.positions() : is_space_to_depth(l);
    return first || axes_of(l).has_value();
}

std::vector<std::size_t> permuted_places(const Layer& l, int64_t batch) {
    if (l.transposed && l.out.channels == l.in.positions()) return positions_to_channels(l, batch);
    if (!l.transposed && is_space_to_depth(l)) return space_to_depth(l, batch);
    const std::optional<Axes> axes = axes_of(l);
    if (!axes) throw std::logic_error("layer " + l.name + " is a permutation of several meanings");
    return other_axes(l, *axes, batch);
}

}  // namespace satsim::execute
