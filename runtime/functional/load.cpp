#include "runtime/functional/load.hpp"

#include <bit>
#include <cstring>
#include <vector>

#include "runtime/functional/position_walk.hpp"

namespace satsim::functional {
namespace {

using namespace isa::load;

static_assert(std::endian::native == std::endian::little, "buffers are copied byte for byte");

constexpr std::int64_t kWordBytes = 8;
constexpr std::int64_t kWordElements = 4;

enum DestKind : std::int64_t {
    kWest = 0,
    kWestSpread = 1,
    kNorthValues = 2,
    kNorthIndices = 3,
    kVmem = 4,
    kWestQuads = 5
};

void read_wrapped(const MemoryImage& dram, std::int64_t address, std::span<std::uint8_t> out) {
    const std::int64_t to_end = static_cast<std::int64_t>(kAddressMask) + 1 - address;
    const auto first = static_cast<std::size_t>(std::min(to_end, static_cast<std::int64_t>(out.size())));
    dram.read(address, out.first(first));
    if (first < out.size()) dram.read(0, out.subspan(first));
}

// Where the words of position i go.
class Destination {
  public:
    Destination(const Operation& op, OnChipState& state)
        : op_(op), state_(state), line_words_(state.config.line_words()), rows_(state.config.rows) {}

    void put(std::int64_t i, std::span<const std::uint8_t> data) {
        const std::int64_t dest_at = op_[dest];
        const auto words = static_cast<std::int64_t>(data.size()) / kWordBytes;
        switch (op_[dest_kind]) {
            case kWest:
                west(i % rows_, (dest_at + i / rows_ * op_[stride]) * line_words_, data);
                break;
            case kWestSpread:
                spread((dest_at + i * op_[stride]) * line_words_, data);
                break;
            case kWestQuads:
                quads((dest_at + i * op_[stride]) * line_words_, data);
                break;
            case kNorthValues:
                copy(state_.north_values.data(), dest_at + i * words, data);
                break;
            case kNorthIndices:
                copy(state_.north_indices.data(), dest_at + i * words, data);
                break;
            case kVmem:
                copy(state_.vmem.data(), dest_at + i * words, data);
                break;
            default:
                break;
        }
    }

  private:
    static void copy(void* buffer, std::int64_t word, std::span<const std::uint8_t> data) {
        std::memcpy(static_cast<std::uint8_t*>(buffer) + word * kWordBytes, data.data(), data.size());
    }
    void west(std::int64_t row, std::int64_t word, std::span<const std::uint8_t> data) {
        copy(state_.west.data() + row * state_.west_row_pitch + word * kWordElements, 0, data);
    }
    // Runs of group_words words go to one array row after another; every row has them at the same word
    // address.
    void spread(std::int64_t line_word, std::span<const std::uint8_t> data) {
        const std::int64_t group = op_[group_words];
        std::int64_t u = op_[word0];
        while (!data.empty()) {
            const std::int64_t run =
                std::min((group - u % group) * kWordBytes, static_cast<std::int64_t>(data.size()));
            west(u / group % rows_, line_word + u, data.first(static_cast<std::size_t>(run)));
            data = data.subspan(static_cast<std::size_t>(run));
            u += run / kWordBytes;
        }
    }

    // A word's elements are for four neighbouring rows; each of them has the whole word.
    void quads(std::int64_t line_word, std::span<const std::uint8_t> data) {
        const std::int64_t quads_of_rows = rows_ / kWordElements;
        for (std::int64_t u = op_[word0]; !data.empty(); ++u, data = data.subspan(kWordBytes)) {
            const std::int64_t first_row = u % quads_of_rows * kWordElements;
            for (std::int64_t row = first_row; row < first_row + kWordElements; ++row)
                west(row, line_word + u, data.first(kWordBytes));
        }
    }

    const Operation& op_;
    OnChipState& state_;
    std::int64_t line_words_;
    std::int64_t rows_;
};

}  // namespace

void execute_load(const Operation& op, OnChipState& state, const MemoryImage& dram) {
    check_operation(op, state.config);
    std::vector<std::uint8_t> data(static_cast<std::size_t>(op[len]));
    Destination destination(op, state);
    const Position start{op[b0], op[y0], op[x0]};
    walk_positions(op, op[grid_w], op[grid_h], op[count], op.has(kSeek) ? &start : nullptr, op.has(kAdvance),
                   state.load_position, [&](std::int64_t i, const Position& p) {
                       const std::int64_t iy = p.y * op[sy] + op[oy];
                       const std::int64_t ix = p.x * op[sx] + op[ox];
                       if (iy >= 0 && iy < op[in_h] && ix >= 0 && ix < op[in_w]) {
                           read_wrapped(dram, tensor_address(op[base], p.b, op[pb], iy, op[py], ix, op[px]),
                                        data);
                       } else {
                           std::memset(data.data(), 0, data.size());
                       }
                       destination.put(i, data);
                   });
}

}  // namespace satsim::functional
