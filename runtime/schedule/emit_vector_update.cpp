// Optimizers with pre-generation, and pruning: tiles of a weight matrix stream through once and leave as
// updated tensors and packed copies.
#include <algorithm>
#include <bit>

#include "runtime/schedule/emit_common.hpp"
#include "runtime/schedule/emit_vector.hpp"
#include "runtime/schedule/tensor_layout.hpp"
#include "runtime/support/error.hpp"
#include "runtime/support/stored_pattern.hpp"

namespace satsim::schedule {
namespace {

namespace load = isa::load;
namespace vec = isa::vec;
namespace store = isa::store;
using vec::Operation;

constexpr std::int64_t kFp16Bytes = 2;
constexpr std::int64_t kFp32Bytes = 4;
constexpr std::int64_t kWordBytes = 8;
constexpr std::int64_t kBlock = isa::timing::kVecBlock;
constexpr std::int64_t kCoordinates = (1 << 24) - 1;
constexpr std::int64_t kVmem = 4;
constexpr std::int64_t kFromVmem = 1;
constexpr std::int64_t kPackedUnit = 16;  // columns of a tile: rows of indices are whole words
constexpr double kBreakCycles = 4;        // of the memory, at a break: row change or turnaround

constexpr std::int64_t kLargestTile = 512;  // rows or columns
constexpr std::int64_t kIndexShare = 4;     // bytes of values to bytes of indices

// LOAD: half in use, bytes walked in the matrices. STORE also walks both copies. VEC: both halves.
enum Own : int {
    kHalf = 24,
    kMatrixOffset = 27,
    kFfValues = 28,
    kFfIndices = 29,
    kBpValues = 30,
    kBpIndices = 31,
    kInputHalf = 29,
    kOutputHalf = 30
};

Operation operation_of(VectorKernel kernel) {
    switch (kernel) {
        case VectorKernel::Adam:
            return Operation::Adam;
        case VectorKernel::AdamW:
            return Operation::Adamw;
        case VectorKernel::Prune:
            return Operation::Pack;
        default:
            return Operation::Sgd;
    }
}

// Words of a tile in the vector memory.
struct TileWords {
    std::int64_t input = 0;   // one operand
    std::int64_t output = 0;  // one updated tensor
    std::int64_t ff_values = 0;
    std::int64_t ff_indices = 0;
    std::int64_t bp_values = 0;
    std::int64_t bp_indices = 0;
    [[nodiscard]] std::int64_t packed() const { return ff_values + ff_indices + bp_values + bp_indices; }
};

class UpdateEmitter {
  public:
    UpdateEmitter(const VectorProblem& problem, const isa::ArrayConfig& array)
        : problem_(problem), array_(array), layout_(layout_vector(problem, array)), map_(array) {
        element_ = problem_.kernel == VectorKernel::Prune ? kFp16Bytes : kFp32Bytes;
        choose_tile();
        full_ = words_of(tile_rows_, tile_columns_);
    }

    isa::Program emit() {
        isa::Program program;
        program.config = array_;
        program.address = layout_.program;
        program.streams[static_cast<int>(isa::Engine::Load)] = load_stream();
        program.streams[static_cast<int>(isa::Engine::Vec)] = vec_stream();
        program.streams[static_cast<int>(isa::Engine::Store)] = store_stream();
        program.semaphores[kInputFree] = 2;
        program.semaphores[kOutputFree] = 2;
        return program;
    }

  private:
    [[nodiscard]] std::int64_t inputs() const { return static_cast<std::int64_t>(layout_.inputs.size()); }
    [[nodiscard]] std::int64_t outputs() const { return static_cast<std::int64_t>(layout_.outputs.size()); }

    [[nodiscard]] static std::int64_t packed_rows(const std::optional<NmPattern>& nm, std::int64_t elements) {
        if (!nm) return 0;
        const NmPattern stored = stored_pattern(*nm);
        return ceil_div<std::int64_t>(elements, stored.m) * stored.n;
    }

    [[nodiscard]] TileWords words_of(std::int64_t rows, std::int64_t columns) const {
        TileWords w;
        w.input = rows * ceil_div(columns * element_, kWordBytes);
        w.output = outputs() > 0 ? rows * ceil_div(columns * kFp32Bytes, kWordBytes) : 0;
        const auto copy = [](const std::optional<NmPattern>& nm, std::int64_t packed,
                             std::int64_t row_elements, std::int64_t& values, std::int64_t& indices) {
            values = packed * row_elements * kFp16Bytes / kWordBytes;
            if (nm && !nm->dense()) indices = values / kIndexShare;
        };
        copy(problem_.pack_ff, packed_rows(problem_.pack_ff, rows), round_up(columns, kPackedUnit),
             w.ff_values, w.ff_indices);
        copy(problem_.pack_bp, packed_rows(problem_.pack_bp, columns), round_up(rows, kBlock), w.bp_values,
             w.bp_indices);
        return w;
    }

    // Cycles of a tile: the memory moves lines and pays for every break of a burst (bank, turnaround),
    // the lanes work on whole blocks.
    [[nodiscard]] double tile_cost(std::int64_t rows, std::int64_t columns) const {
        double memory = 0;
        const auto runs = [&](std::int64_t count, std::int64_t bytes, std::int64_t pitch) {
            const bool contiguous = bytes == pitch;
            const std::int64_t bursts = ceil_div<std::int64_t>(
                contiguous ? count * bytes : bytes, std::int64_t{array_.line_bytes()} * array_.burst_lines);
            memory += static_cast<double>((contiguous ? 1 : count) * bursts) * kBreakCycles;
            memory += static_cast<double>(count * bytes) / array_.line_bytes();
            if (!contiguous && bytes % array_.line_bytes() != 0) memory += 0.5 * static_cast<double>(count);
        };
        const std::int64_t row_bytes = std::min(columns * element_, layout_.pitch);
        for (std::int64_t i = 0; i < inputs() + outputs(); ++i) runs(rows, row_bytes, layout_.pitch);
        const auto copy = [&](const std::optional<NmPattern>& nm, const VectorLayout::Packed& to,
                              std::int64_t along, std::int64_t elements) {
            const std::int64_t count = packed_rows(nm, along);
            const std::int64_t bytes = std::min(elements * kFp16Bytes, to.pitch);
            if (!nm) return;
            runs(count, bytes, to.pitch);
            if (!nm->dense()) runs(count, bytes / kIndexShare, to.pitch / kIndexShare);
        };
        copy(problem_.pack_ff, layout_.ff, rows, columns);
        copy(problem_.pack_bp, layout_.bp, columns, rows);
        const std::int64_t lanes = array_.line_bytes() / kFp32Bytes;
        const int slots = vec::kOperations[static_cast<std::size_t>(operation_of(problem_.kernel))].slots;
        const std::int64_t work = ceil_div(columns, lanes) * round_up(rows, kBlock) * slots;
        return std::max(memory, static_cast<double>(work));
    }

    // Of one tap, ragged tiles at the edges included.
    [[nodiscard]] double cost(std::int64_t rows, std::int64_t columns) const {
        const std::int64_t full_rows = problem_.rows / rows;
        const std::int64_t full_columns = problem_.columns / columns;
        const std::int64_t rest_rows = problem_.rows % rows;
        const std::int64_t rest_columns = problem_.columns % columns;
        double total = 0;
        const auto add = [&](std::int64_t count, std::int64_t r, std::int64_t c) {
            if (count > 0 && r > 0 && c > 0) total += static_cast<double>(count) * tile_cost(r, c);
        };
        add(full_rows * full_columns, rows, columns);
        add(full_columns, rest_rows, columns);
        add(full_rows, rows, rest_columns);
        add(1, rest_rows, rest_columns);
        return total;
    }

    // The cheapest tile that fits; the largest of equally cheap ones.
    void choose_tile() {
        const std::int64_t most_rows = std::min(kLargestTile, round_up(problem_.rows, kBlock));
        const std::int64_t most_columns = std::min(kLargestTile, round_up(problem_.columns, kPackedUnit));
        double best = 0;
        for (std::int64_t rows = kBlock; rows <= most_rows; rows += kBlock) {
            for (std::int64_t columns = kPackedUnit; columns <= most_columns; columns += kPackedUnit) {
                const TileWords w = words_of(rows, columns);
                if (inputs() * w.input > map_.input_half ||
                    outputs() * w.output + w.packed() > map_.output_half)
                    break;
                const double value = cost(rows, columns);
                if (tile_rows_ == 0 || value < best ||
                    (value == best && rows * columns > tile_rows_ * tile_columns_)) {
                    best = value;
                    tile_rows_ = rows;
                    tile_columns_ = columns;
                }
            }
        }
        if (tile_rows_ == 0)
            throw InputError("layer " + problem_.layer, "",
                             "the vector memory is too small for a block of weights");
        tile_rows_ = std::min(tile_rows_, problem_.rows);
        tile_columns_ = std::min(tile_columns_, problem_.columns);
    }

    // body(rows, columns) for all tiles; step(rows, columns, taps) moves the walk. A dimension of one tile is
    // not walked: its tile need not be a multiple of a group.
    template <typename Body, typename Step>
    void for_tiles(StreamBuilder& b, Body&& body, Step&& step) const {
        const std::int64_t down = ceil_div(problem_.rows, tile_rows_);
        const std::int64_t across = ceil_div(problem_.columns, tile_columns_);
        const std::int64_t row_step = down > 1 ? tile_rows_ : 0;
        const std::int64_t column_step = across > 1 ? tile_columns_ : 0;
        b.loop(problem_.taps, [&] {
            peeled(b, problem_.rows, tile_rows_, [&](std::int64_t rows, bool) {
                peeled(b, problem_.columns, tile_columns_, [&](std::int64_t columns, bool) {
                    body(rows, columns);
                    step(std::int64_t{0}, column_step, std::int64_t{0});
                });
                step(row_step, -across * column_step, std::int64_t{0});
            });
            step(-down * row_step, std::int64_t{0}, std::int64_t{1});
        });
    }

    // Moves the walk through the matrices by rows, columns and taps.
    void step_matrix(StreamBuilder& b, std::int64_t rows, std::int64_t columns, std::int64_t taps) const {
        b.add(kMatrixOffset, kMatrixOffset,
              rows * layout_.pitch + columns * element_ + taps * problem_.rows * layout_.pitch);
    }

    void step_copies(StreamBuilder& b, std::int64_t rows, std::int64_t columns, std::int64_t taps) const {
        const auto step = [&](const std::optional<NmPattern>& nm, const VectorLayout::Packed& copy,
                              int values, int indices, std::int64_t along, std::int64_t across) {
            if (!nm) return;
            const NmPattern stored = stored_pattern(*nm);
            const std::int64_t bytes = along / stored.m * stored.n * copy.pitch + across * kFp16Bytes +
                                       taps * copy.rows * copy.pitch;
            b.add(values, values, bytes);
            if (!nm->dense()) b.add(indices, indices, bytes / kIndexShare);
        };
        step(problem_.pack_ff, layout_.ff, kFfValues, kFfIndices, rows, columns);
        step(problem_.pack_bp, layout_.bp, kBpValues, kBpIndices, columns, rows);
    }

    std::vector<isa::Instruction> load_stream() {
        StreamBuilder b;
        for (const int reg : {load::py, load::pb, load::ox, load::oy, load::b0, load::y0, load::x0})
            b.set(reg, 0);
        for (const int reg : {load::sx, load::sy, load::grid_h, load::in_h}) b.set(reg, 1);
        for (const int reg : {load::grid_w, load::in_w}) b.set(reg, kCoordinates);
        b.set(load::px, layout_.pitch);
        b.set(load::dest_kind, kVmem);
        for (const int reg : {kHalf, kMatrixOffset}) b.set(reg, 0);
        for_tiles(
            b,
            [&](std::int64_t rows, std::int64_t columns) {
                const bool whole = columns == problem_.columns;
                b.set(load::count, whole ? 1 : rows);
                b.set(load::len, whole ? rows * layout_.pitch : round_up(columns * element_, kWordBytes));
                b.wait(kInputFree);
                for (std::size_t i = 0; i < layout_.inputs.size(); ++i) {
                    b.add(load::base, kMatrixOffset, layout_.inputs[i]);
                    b.add(load::dest, kHalf, static_cast<std::int64_t>(i) * full_.input);
                    isa::RunFields run;
                    run.flags = load::kSeek;
                    if (i + 1 == layout_.inputs.size()) run.push_end = kInputFull;
                    b.run(run);
                }
                b.toggle(kHalf, map_.input_half);
            },
            [&](std::int64_t rows, std::int64_t columns, std::int64_t taps) {
                step_matrix(b, rows, columns, taps);
            });
        b.halt();
        return b.take();
    }

    void compute(StreamBuilder& b, std::int64_t rows, std::int64_t columns) const {
        b.set(vec::rows, rows);
        b.set(vec::channels, columns);
        for (int i = 0; i < static_cast<int>(inputs()); ++i) b.add(vec::a + i, kInputHalf, i * full_.input);
        std::int64_t at = map_.upper;
        for (int i = 0; i < static_cast<int>(outputs()); ++i, at += full_.output)
            b.add(vec::o0 + i, kOutputHalf, at);
        const std::pair<int, std::int64_t> copies[] = {{vec::o3, full_.ff_values},
                                                       {vec::o4, full_.ff_indices},
                                                       {vec::o5, full_.bp_values},
                                                       {vec::o6, full_.bp_indices}};
        for (const auto& [reg, words] : copies) {
            if (words > 0) b.add(reg, kOutputHalf, at);
            at += words;
        }
        b.wait(kInputFull);
        b.wait(kOutputFree);
        isa::RunFields run;
        run.flags = problem_.hyper.sr_ste_decay != 0.0F ? vec::kDecay : 0U;
        run.push_early0 = kInputFree;
        run.push_end = kOutputFull;
        b.run(run);
        b.toggle(kInputHalf, map_.input_half);
        b.toggle(kOutputHalf, map_.output_half);
    }

    std::vector<isa::Instruction> vec_stream() {
        StreamBuilder b;
        for (const int reg : {kInputHalf, kOutputHalf}) b.set(reg, 0);
        const auto bits = [](const std::optional<NmPattern>& nm) {
            return nm ? std::int64_t{nm->n} + (std::int64_t{nm->m} << 8) : 0;
        };
        b.set(vec::op, static_cast<std::int64_t>(operation_of(problem_.kernel)));
        b.set(vec::nm_f, bits(problem_.pack_ff));
        b.set(vec::nm_b, bits(problem_.pack_bp));
        if (problem_.kernel != VectorKernel::Prune) {
            const std::array<float, 11> scalars = scalars_of(problem_);
            for (std::size_t i = 0; i < scalars.size(); ++i)
                b.set(vec::s0 + static_cast<int>(i), std::bit_cast<std::uint32_t>(scalars[i]));
        }
        static_assert(static_cast<int>(vec::s10) < static_cast<int>(kInputHalf));
        for_tiles(
            b, [&](std::int64_t rows, std::int64_t columns) { compute(b, rows, columns); },
            [](std::int64_t, std::int64_t, std::int64_t) {});
        b.halt();
        return b.take();
    }

    struct Piece {
        int offset;            // register
        std::int64_t address;  // of the tensor
        std::int64_t source;   // words into the half
        std::int64_t count;
        std::int64_t bytes;
        std::int64_t pitch;
    };

    [[nodiscard]] std::vector<Piece> pieces(std::int64_t rows, std::int64_t columns) const {
        std::vector<Piece> list;
        std::int64_t source = 0;
        const bool whole = columns == problem_.columns;
        for (const std::int64_t address : layout_.outputs) {
            const std::int64_t bytes = round_up(columns * kFp32Bytes, kWordBytes);
            list.push_back({kMatrixOffset, address, source, whole ? 1 : rows,
                            whole ? rows * layout_.pitch : bytes, layout_.pitch});
            source += full_.output;
        }
        const auto copy = [&](const std::optional<NmPattern>& nm, const VectorLayout::Packed& to, int values,
                              int indices, std::int64_t along, std::int64_t elements,
                              std::int64_t value_words, std::int64_t index_words) {
            if (!nm) return;
            const std::int64_t count = packed_rows(nm, along);
            const std::int64_t bytes = elements * kFp16Bytes;
            list.push_back({values, to.values, source, count, bytes, to.pitch});
            if (!nm->dense())
                list.push_back({indices, to.indices, source + value_words, count, bytes / kIndexShare,
                                to.pitch / kIndexShare});
            source += value_words + index_words;
        };
        copy(problem_.pack_ff, layout_.ff, kFfValues, kFfIndices, rows, round_up(columns, kPackedUnit),
             full_.ff_values, full_.ff_indices);
        copy(problem_.pack_bp, layout_.bp, kBpValues, kBpIndices, columns, round_up(rows, kBlock),
             full_.bp_values, full_.bp_indices);
        return list;
    }

    void store_tile(StreamBuilder& b, std::int64_t rows, std::int64_t columns) const {
        const std::vector<Piece> list = pieces(rows, columns);
        b.wait(kOutputFull);
        for (const Piece& piece : list) {
            b.set(store::count, piece.count);
            b.set(store::len, piece.bytes);
            b.set(store::px, piece.pitch);
            b.add(store::base, piece.offset, piece.address);
            b.add(store::src, kHalf, map_.upper + piece.source);
            isa::RunFields run;
            run.flags = store::kSeek;
            if (&piece == &list.back()) run.push_early0 = kOutputFree;
            b.run(run);
        }
        b.toggle(kHalf, map_.output_half);
    }

    std::vector<isa::Instruction> store_stream() {
        StreamBuilder b;
        for (const int reg : {store::py, store::pb, store::b0, store::y0, store::x0}) b.set(reg, 0);
        b.set(store::grid_w, kCoordinates);
        b.set(store::grid_h, 1);
        b.set(store::src_kind, kFromVmem);
        for (const int reg : {kHalf, kMatrixOffset, kFfValues, kFfIndices, kBpValues, kBpIndices})
            b.set(reg, 0);
        for_tiles(
            b, [&](std::int64_t rows, std::int64_t columns) { store_tile(b, rows, columns); },
            [&](std::int64_t rows, std::int64_t columns, std::int64_t taps) {
                if (outputs() > 0) step_matrix(b, rows, columns, taps);
                step_copies(b, rows, columns, taps);
            });
        b.halt();
        return b.take();
    }

    const VectorProblem& problem_;
    const isa::ArrayConfig& array_;
    VectorLayout layout_;
    VectorMemoryMap map_;
    std::int64_t element_ = kFp32Bytes;
    std::int64_t tile_rows_ = 0;
    std::int64_t tile_columns_ = 0;
    TileWords full_;
};

}  // namespace

isa::Program emit_vector_update(const VectorProblem& problem, const isa::ArrayConfig& array) {
    if (problem.kernel == VectorKernel::Prune && !problem.pack_ff && !problem.pack_bp)
        throw InputError("layer " + problem.layer, "", "pruning without a pattern");
    for (const std::optional<NmPattern>& copy : {problem.pack_ff, problem.pack_bp})
        if (copy) require_built_for(*copy, array, problem.layer);
    return UpdateEmitter(problem, array).emit();
}

}  // namespace satsim::schedule
