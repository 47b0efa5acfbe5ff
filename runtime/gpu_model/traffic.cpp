#include "runtime/gpu_model/traffic.hpp"

#include <algorithm>
#include <cmath>

namespace satsim::gpu {
namespace {

// L2 also holds what passes by; half of it is left to what is to stay.
constexpr double kResidentShare = 0.5;

// Passes over the other operand when panels of `bytes` (all of them together) stay in L2, the panels being
// whole tiles of `extent` elements; 0: not even one tile's panel fits.
double passes(double bytes, std::int64_t extent, std::int64_t tile, double l2_capacity) {
    const double per_tile = bytes / static_cast<double>(extent) * static_cast<double>(tile);
    const double tiles = std::floor(kResidentShare * l2_capacity / per_tile);
    if (tiles < 1) return 0;
    return std::ceil(static_cast<double>(extent) / (tiles * static_cast<double>(tile)));
}

}  // namespace

double dram_operand_bytes(const Operands& operands, std::int64_t m, std::int64_t n, const Tile& tile,
                          std::int64_t blocks, double l2_capacity) {
    double least = HUGE_VAL;
    // Fewer columns than the first ones read B no less, and more than the last ones read A no less.
    const std::int64_t first = std::max<std::int64_t>(1, blocks / ceil_div(m, tile.m));
    const std::int64_t last = std::min(blocks, std::max(first, ceil_div(n, tile.n)));
    for (std::int64_t columns = first; columns <= last; ++columns) {
        const std::int64_t rows = blocks / columns;
        const auto passes_a = static_cast<double>(ceil_div(n, columns * tile.n));
        const auto passes_b = static_cast<double>(ceil_div(m, rows * tile.m));
        least = std::min(least, operands.a * passes_a + operands.b * passes_b);
    }
    if (const double over_a = passes(operands.b, n, tile.n, l2_capacity); over_a > 0)
        least = std::min(least, operands.a * over_a + operands.b);
    if (const double over_b = passes(operands.a, m, tile.m, l2_capacity); over_b > 0)
        least = std::min(least, operands.a + operands.b * over_b);
    return least;
}

}  // namespace satsim::gpu
