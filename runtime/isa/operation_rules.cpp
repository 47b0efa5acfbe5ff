#include "runtime/isa/operation_rules.hpp"

#include <fmt/format.h>

#include <bit>
#include <initializer_list>

#include "runtime/isa/names.hpp"
#include "runtime/isa/rules.hpp"

namespace satsim::isa {
namespace {

constexpr std::int64_t kCoordinateLimit = 1 << 24;       // b, y, x, grid_*, in_*, count, len/8
constexpr std::int64_t kLineLimit = 1 << 16;             // line numbers of buffers and their strides
constexpr std::int64_t kBufferLimit = kCoordinateLimit;  // word numbers
constexpr std::int64_t kWordBytes = 8;
constexpr std::int64_t kWordElements = 4;

// Collects the first broken rule.
class Rules {
  public:
    Rules(Engine engine, const KnownRegisters& registers) : engine_(engine), registers_(registers) {}

    [[nodiscard]] bool knows(std::initializer_list<int> registers) const {
        for (const int r : registers) {
            if ((registers_.known >> r & 1U) == 0) return false;
        }
        return !fault_;
    }
    [[nodiscard]] std::int64_t operator[](int r) const {
        return registers_.values[static_cast<std::size_t>(r)];
    }

    void range(std::initializer_list<int> registers, std::int64_t low, std::int64_t high) {
        for (const int r : registers) {
            if (!knows({r}) || ((*this)[r] >= low && (*this)[r] <= high)) continue;
            fault_ = fmt::format("{} is {}, expected {}..{}", name(r), (*this)[r], low, high);
        }
    }
    void multiple(std::initializer_list<int> registers, std::int64_t unit) {
        for (const int r : registers) {
            if (!knows({r}) || (*this)[r] % unit == 0) continue;
            fault_ = fmt::format("{} is {}, expected a multiple of {}", name(r), (*this)[r], unit);
        }
    }
    void require(bool holds, const std::string& message) {
        if (!holds && !fault_) fault_ = message;
    }
    // An access that ends just before `end` of a buffer of `size`; both in `unit`.
    void inside(const char* buffer, std::int64_t end, std::int64_t size, const char* unit) {
        if (end > size && !fault_)
            fault_ = fmt::format("reaches {} {} of the {}, which has {}", unit, end - 1, buffer, size);
    }
    [[nodiscard]] std::optional<std::string> fault() const { return fault_; }

  private:
    [[nodiscard]] std::string_view name(int r) const {
        return register_names(engine_)[static_cast<std::size_t>(r)];
    }

    Engine engine_;
    const KnownRegisters& registers_;
    std::optional<std::string> fault_;
};

// What LOAD and STORE have in common, given the numbers of their registers.
struct WalkRegisters {
    int base, len, px, py, pb, grid_w, grid_h, b0, y0, x0, count;
};

void walk_rules(Rules& rules, const WalkRegisters& w, bool seek) {
    rules.multiple({w.base, w.px, w.py, w.pb, w.len}, kWordBytes);
    rules.range({w.len}, kWordBytes, (kCoordinateLimit - 1) * kWordBytes);
    rules.range({w.count, w.grid_w, w.grid_h}, 1, kCoordinateLimit - 1);
    if (!seek) return;
    rules.range({w.b0, w.y0, w.x0}, 0, kCoordinateLimit - 1);
    if (rules.knows({w.grid_w, w.x0})) rules.range({w.x0}, 0, rules[w.grid_w] - 1);
    if (rules.knows({w.grid_h, w.y0})) rules.range({w.y0}, 0, rules[w.grid_h] - 1);
}

void load_rules(Rules& rules, std::uint32_t flags, const ArrayConfig& c) {
    using namespace load;
    walk_rules(rules, {base, len, px, py, pb, grid_w, grid_h, b0, y0, x0, count}, (flags & kSeek) != 0);
    rules.range({sx, sy}, 0, kStrideLimit);
    rules.range({ox, oy}, -kCoordinateLimit / 2, kCoordinateLimit / 2 - 1);
    rules.range({in_w, in_h}, 0, kCoordinateLimit - 1);
    rules.range({dest_kind}, 0, 5);
    if (!rules.knows({dest_kind, dest})) return;
    const bool quads = rules[dest_kind] == 5;
    const bool spread = rules[dest_kind] == 1 || quads;
    const bool west = rules[dest_kind] == 0 || spread;
    const std::int64_t lw = c.line_words();
    rules.range({dest}, 0, (west ? kLineLimit : kBufferLimit) - 1);
    if (west) rules.range({stride}, 0, kLineLimit - 1);
    if (rules[dest_kind] == 1) rules.range({group_words}, 1, (1 << 8) - 1);
    if (spread) rules.range({word0}, 0, kLineLimit - 1);
    rules.require(!quads || c.rows % kWordElements == 0, "WEST_QUADS needs an array of a multiple of 4 rows");
    if (!rules.knows({len, count})) return;
    const std::int64_t words = rules[len] / kWordBytes;
    if (west) {
        if (!rules.knows({stride}) || (spread && !rules.knows({word0}))) return;
        const std::int64_t last = spread ? rules[count] - 1 : (rules[count] - 1) / c.rows;
        const std::int64_t first_word = spread ? rules[word0] : 0;
        rules.inside("west buffer", (rules[dest] + last * rules[stride]) * lw + first_word + words,
                     c.west_lines * lw, "word");
        return;
    }
    const std::int64_t end = rules[dest] + rules[count] * words;
    if (rules[dest_kind] == 2) rules.inside("north value buffer", end, c.north_value_lines * lw, "word");
    if (rules[dest_kind] == 3) rules.inside("north index buffer", end, c.north_index_lines * lw, "word");
    if (rules[dest_kind] == 4) rules.inside("vector memory", end, c.vmem_lines * lw, "word");
}

void stce_west_rules(Rules& rules, std::uint32_t flags, const ArrayConfig& c) {
    using namespace stce;
    if (!rules.knows({wa, wstride, groups, m, sr, batches})) return;
    const std::int64_t lw = c.line_words();
    const std::int64_t k = rules[groups] * rules[m];
    std::int64_t last_line = rules[wa] + (rules[sr] - 1) * rules[wstride];
    std::int64_t words = k / kWordElements;
    if ((flags & kWs) != 0) last_line = rules[wa] + (rules[batches] * rules[sr] - 1) * rules[wstride];
    if ((flags & kTransposed) != 0) {
        last_line = rules[wa] + (k - 1) * rules[wstride];
        words = rules[sr] * c.rows / kWordElements;
    }
    rules.inside("west buffer", last_line * lw + words, c.west_lines * lw, "word");
}

void stce_north_rules(Rules& rules, bool dense, const ArrayConfig& c) {
    using namespace stce;
    if (!rules.knows({nv, groups, n, sc})) return;
    const std::int64_t rows = rules[groups] * rules[n];
    const std::int64_t row_elements = rules[sc] * c.columns;
    rules.inside("north value buffer", rules[nv] + (rows * row_elements + 3) / 4,
                 std::int64_t{c.north_value_lines} * c.line_words(), "word");
    if (dense || !rules.knows({ni})) return;
    const std::int64_t indices = rules[ni] * kIndicesOfUnit +
                                 (rows - 1) * c.index_row_words(rules[sc]) * kIndicesOfWord + row_elements;
    rules.inside("north index buffer", ceil_div(indices, kIndicesOfWord),
                 std::int64_t{c.north_index_lines} * c.line_words(), "word");
}

// Addresses count modulo RD, so only the number of them matters.
void stce_result_rules(Rules& rules, std::uint32_t flags, const ArrayConfig& c) {
    using namespace stce;
    if ((flags & kWs) != 0) {
        if (rules.knows({batches, sr})) {
            rules.inside("result buffer", rules[batches] * rules[sr], c.result_addresses, "address");
        }
    } else if ((flags & kLast) != 0 && rules.knows({rows, sr, sc})) {
        const std::int64_t last = (rules[sr] - 1) * c.rows + rules[rows] - 1;
        rules.inside("result buffer", (last + 1) * rules[sc], c.result_addresses, "address");
    }
}

void stce_rules(Rules& rules, std::uint32_t flags, const ArrayConfig& c) {
    using namespace stce;
    const bool ws = (flags & kWs) != 0;
    const bool dense = (flags & kDense) != 0;
    rules.require(!ws || (flags & (kLast | kTransposed)) == 0, "WS goes with neither LAST nor TRANSPOSED");
    rules.range({m}, 4, c.max_m);
    if (rules.knows({m})) {
        rules.require((rules[m] & (rules[m] - 1)) == 0,
                      fmt::format("m is {}, expected 4, 8 or 16", rules[m]));
    }
    if (rules.knows({m, n})) {
        rules.range({n}, 1, rules[m]);
        rules.require(!dense || rules[n] == rules[m], "DENSE needs n == m");
    }
    rules.range({groups}, 1, ws ? c.rows : kCoordinateLimit);
    rules.range({sr}, 1, c.row_slots());
    rules.range({sc}, 1, ws ? 1 : c.slots);
    if (ws) rules.range({batches}, 1, kCoordinateLimit);
    if (!ws && (flags & kLast) != 0) rules.range({rows}, 1, c.rows);
    rules.require((flags & kTransposed) == 0 || c.rows % kWordElements == 0,
                  "TRANSPOSED needs an array of a multiple of 4 rows");
    rules.range({wa, wstride}, 0, kLineLimit - 1);
    rules.range({nv, ni}, 0, kBufferLimit - 1);
    if (rules.knows({sr, sc})) {
        rules.require(rules[sr] * rules[sc] <= c.slots,
                      fmt::format("sr*sc is {}, expected at most {}", rules[sr] * rules[sc], c.slots));
    }
    // The operands of a slot are C consecutive values and indices of one line (where C is built, a power of
    // two).
    if (std::has_single_bit(static_cast<unsigned>(c.columns))) {
        rules.multiple({nv}, c.columns / kWordElements);
        if (!dense) rules.multiple({ni}, c.columns / kIndicesOfUnit);
    }
    stce_west_rules(rules, flags, c);
    stce_north_rules(rules, dense, c);
    stce_result_rules(rules, flags, c);
}

void store_rules(Rules& rules, std::uint32_t flags, const ArrayConfig& c) {
    using namespace store;
    walk_rules(rules, {base, len, px, py, pb, grid_w, grid_h, b0, y0, x0, count}, (flags & kSeek) != 0);
    rules.range({src_kind}, 0, 2);
    if (!rules.knows({src_kind}) || rules[src_kind] == 2) return;
    if (rules[src_kind] == 0) rules.range({sc}, 1, kLineLimit - 1);
    if (rules[src_kind] == 1) rules.range({src}, 0, kBufferLimit - 1);
    if (!rules.knows({count, len})) return;
    if (rules[src_kind] == 1) {
        if (!rules.knows({src})) return;
        rules.inside("vector memory", rules[src] + rules[count] * (rules[len] / kWordBytes),
                     std::int64_t{c.vmem_lines} * c.line_words(), "word");
    } else if (rules.knows({sc})) {
        const std::int64_t elements = rules[len] / ((flags & kFp16) != 0 ? 2 : 4);
        const std::int64_t addresses = (elements + c.columns - 1) / c.columns;
        rules.inside("result buffer", (rules[count] - 1) * rules[sc] + addresses, c.result_addresses,
                     "address");
    }
}

}  // namespace

std::optional<std::string> operation_fault(Engine engine, const KnownRegisters& registers,
                                           std::uint32_t flags, const ArrayConfig& config) {
    Rules rules(engine, registers);
    switch (engine) {
        case Engine::Load:
            load_rules(rules, flags, config);
            break;
        case Engine::Stce:
            stce_rules(rules, flags, config);
            break;
        case Engine::Store:
            store_rules(rules, flags, config);
            break;
        case Engine::Vec:
            break;
    }
    return rules.fault();
}

}  // namespace satsim::isa
