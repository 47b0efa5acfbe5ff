#include "runtime/onnx/view.hpp"

#include <algorithm>
#include <numeric>

namespace satsim::importer {
namespace {

constexpr std::int64_t kMostChannels = std::int64_t{1} << 36;
constexpr std::int64_t kMostSide = std::int64_t{1} << 20;

// Product of the extents of axes [from, to) of the order in memory.
std::int64_t product(const View& view, std::size_t from, std::size_t to, const std::vector<int>& order) {
    std::int64_t count = 1;
    for (std::size_t i = from; i < to; ++i) count *= view.extent(order[i]);
    return count;
}

}  // namespace

std::vector<int> View::real_order() const {
    std::vector<int> real;
    for (const int axis : order) {
        if (extent(axis) != 1) real.push_back(axis);
    }
    return real;
}

std::int64_t View::elements() const {
    return element_count(dims).value_or(0);
}

std::vector<int> natural_order(int rank) {
    std::vector<int> order(static_cast<std::size_t>(rank));
    std::iota(order.begin(), order.end(), 0);
    return order;
}

View with_axes(const View& view, const std::vector<int>& axes) {
    View result = view;
    std::vector<int> place(axes.size());
    for (std::size_t i = 0; i < axes.size(); ++i) {
        const auto from = static_cast<std::size_t>(axes[i]);
        place[from] = static_cast<int>(i);
        result.dims[i] = view.dims[from];
    }
    for (int& axis : result.order) axis = place[static_cast<std::size_t>(axis)];
    return result;
}

// Both lists of extents are cut into the shortest runs of equal product. A run whose old axes lie one after
// another in memory is that stretch of memory under new extents.
std::optional<View> reshaped(const View& view, const Dims& dims) {
    View result = view;
    result.dims = dims;
    const std::vector<int> memory = view.real_order();
    std::vector<std::vector<int>> replacement(view.dims.size());  // new axes in place of an old one
    std::size_t i = 0;
    std::size_t k = 0;
    const std::size_t n = view.dims.size();
    const std::size_t m = dims.size();
    while (i < n || k < m) {
        std::vector<int> old_axes;
        std::vector<int> new_axes;
        std::int64_t a = 1;
        std::int64_t b = 1;
        do {
            if (i < n && (a <= b || k >= m)) {
                a *= view.dims[i];
                if (view.dims[i] != 1) old_axes.push_back(static_cast<int>(i));
                ++i;
            } else if (k < m) {
                b *= dims[k];
                if (dims[k] != 1) new_axes.push_back(static_cast<int>(k));
                ++k;
            } else {
                return std::nullopt;
            }
        } while (a != b);
        if (old_axes.empty()) continue;
        const auto first = std::find(memory.begin(), memory.end(), old_axes.front());
        if (memory.end() - first < std::ssize(old_axes) ||
            !std::equal(old_axes.begin(), old_axes.end(), first))
            return std::nullopt;
        replacement[static_cast<std::size_t>(old_axes.front())] = new_axes;
    }
    result.order.clear();
    for (std::size_t axis = 0; axis < m; ++axis) {
        if (dims[axis] == 1) result.order.push_back(static_cast<int>(axis));
    }
    for (const int axis : memory) {
        const std::vector<int>& now = replacement[static_cast<std::size_t>(axis)];
        result.order.insert(result.order.end(), now.begin(), now.end());
    }
    return result;
}

std::optional<TensorShape> make_shape(std::int64_t channels, std::int64_t height, std::int64_t width) {
    if (channels < 1 || height < 1 || width < 1 || channels > kMostChannels || height > kMostSide ||
        width > kMostSide)
        return std::nullopt;
    return TensorShape{channels, static_cast<int>(height), static_cast<int>(width)};
}

std::optional<TensorShape> plain_shape(const View& view) {
    const std::vector<int> memory = view.real_order();
    const std::size_t n = memory.size();
    const std::int64_t channels = n > 0 ? view.extent(memory[n - 1]) : 1;
    const std::int64_t width = n > 1 ? view.extent(memory[n - 2]) : 1;
    return make_shape(channels, n > 2 ? product(view, 0, n - 2, memory) : 1, width);
}

std::optional<Place> place_of(const View& view, const TensorShape& shape, int axis) {
    const std::vector<int> memory = view.real_order();
    const auto at = static_cast<std::size_t>(std::find(memory.begin(), memory.end(), axis) - memory.begin());
    if (at == memory.size()) return std::nullopt;
    const std::int64_t inside = product(view, at + 1, memory.size(), memory);
    const std::int64_t with = inside * view.extent(axis);
    const std::int64_t width_end = shape.channels * shape.width;
    // The axis must be the outermost of its group.
    if (with == shape.channels) return Place{Axis::Channels, inside};
    if (with == width_end && inside >= shape.channels) return Place{Axis::Width, inside / shape.channels};
    if (with == shape.elements() && inside >= width_end) return Place{Axis::Height, inside / width_end};
    return std::nullopt;
}

std::optional<TensorShape> shape_around(const View& view, int axis) {
    const std::vector<int> memory = view.real_order();
    const std::size_t n = memory.size();
    const auto at = static_cast<std::size_t>(std::find(memory.begin(), memory.end(), axis) - memory.begin());
    if (at == n) return std::nullopt;
    const std::int64_t outside = product(view, 0, at, memory);
    const std::int64_t inside = product(view, at + 1, n, memory);
    if (at + 1 < n) return make_shape(inside, outside, view.extent(axis));
    const std::int64_t width = n > 1 ? view.extent(memory[n - 2]) : 1;
    return make_shape(view.extent(axis), outside / width, width);
}

}  // namespace satsim::importer
