// The fused update: optimizer step, rounding to FP16, N:M selection and both packed copies in one pass over
// the weights (WUVE's and SORE's job). Also pruning and packing alone.
//
// A block of 256 threads takes a tile of 32 rows (input channels) x 64 columns (output channels) of one tap.
// The phases below are what a thread does between two barriers; the kernel calls them with a barrier after
// each, the tests with a loop over threads.
#pragma once

#include <cstdint>

#include "runtime/gpu/shared/compressed24.hpp"
#include "runtime/gpu/shared/optimizer.hpp"
#include "runtime/gpu/shared/sixteen_bytes.hpp"

namespace satsim::gpu {

enum class CopyFormat {
    None,
    Plain,        // FP16 [tap][row][column]; forward only, since a GEMM library reads either order
    Packed,       // the core's planes, runtime/nm/packed_matrix.hpp
    Compressed24  // compressed24.hpp, rows of the sparse operand being the packed columns
};

struct CopyTarget {
    CopyFormat format = CopyFormat::None;
    int n = 1;
    int m = 1;
    std::uint16_t* values = nullptr;
    std::uint8_t* positions = nullptr;  // index nibbles, or metadata
};

struct UpdateArguments {
    const float* gradient = nullptr;
    float* first = nullptr;
    float* second = nullptr;              // Adam
    float* weight = nullptr;              // FP32 masters [tap][row][column]
    const std::uint16_t* half = nullptr;  // UpdateRule::None: the FP16 weights
    std::int64_t taps = 1;
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    UpdateConstants constants;
    bool decays_pruned = false;  // SR-STE: weights outside the forward mask decay by s9
    CopyTarget forward;          // groups along rows
    CopyTarget backward;         // groups along columns
};

inline constexpr int kUpdateThreads = 256;
inline constexpr int kUpdateRows = 32;
inline constexpr int kUpdateColumns = 64;
inline constexpr int kUpdatePitch =
    kUpdateColumns + 2;  // FP16; an odd number of words: columns spread over banks

struct alignas(4) UpdateTile {
    std::uint16_t old_weight[kUpdateRows * kUpdatePitch];
    std::uint16_t weight[kUpdateRows * kUpdatePitch];
};

// Neighbours in one access: packed columns, which are always aligned; and of rows that are.
struct alignas(4) TwoValues {
    std::uint16_t v[2];
};

// Four neighbouring elements of everything that an update reads.
struct Quad {
    FourFloats gradient;
    FourFloats first;
    FourFloats second;  // Adam
    FourFloats weight;
};
inline constexpr int kUpdateQuads = kUpdateRows * kUpdateColumns / 4 / kUpdateThreads;  // of a thread
template <UpdateRule Rule>
inline constexpr bool kHasSecond = Rule == UpdateRule::Adam || Rule == UpdateRule::AdamW;

// Whether its accesses leave the caches to others. On an H200 that gave Adam, which has the most of them, a
// point of the copy's bandwidth, and cost SGD two.
template <UpdateRule Rule>
inline constexpr bool kPasses = kHasSecond<Rule>;

// Where a piece of a compressed copy is: in the tile, and in the whole matrix.
struct PiecePlace {
    bool along_rows;     // of the forward copy
    int across;          // row of the sparse operand in the tile
    int piece;           // of that row, in the tile
    std::int64_t row;    // of the sparse operand
    std::int64_t chunk;  // of its K
    int half;            // of the chunk
};

// A half word each, where it belongs.
struct PutPositions {
    SATSIM_HD void operator()(const CopyTarget& to, const Compressed24Shape& shape, const PiecePlace& at,
                              std::uint16_t positions) const {
        reinterpret_cast<std::uint16_t*>(to.positions)[shape.positions_at(at.row, at.chunk, at.half)] =
            positions;
    }
};

// Tile number `number` of all: along columns first, `together` rows of tiles side by side, so that what they
// write of a line of the forward copy meets in the cache.
struct UpdateTilePlace {
    unsigned tap = 0;
    unsigned row = 0;
    unsigned column = 0;
};
SATSIM_HD inline UpdateTilePlace update_tile_at(unsigned number, unsigned rows, unsigned columns,
                                                unsigned together) {
    const unsigned in_tap = number % (rows * columns);
    const unsigned band = in_tap / (together * columns);
    const unsigned left = rows - band * together;
    const unsigned high = left < together ? left : together;
    const unsigned in_band = in_tap % (together * columns);
    return {number / (rows * columns), band * together + in_band % high, in_band / high};
}

class UpdateBlock {
  public:
    SATSIM_HD UpdateBlock(const UpdateArguments& a, std::int64_t tap, std::int64_t row_tile,
                          std::int64_t column_tile)
        : a_(a), tap_(tap), row_(row_tile * kUpdateRows), column_(column_tile * kUpdateColumns) {}

    // Tiles of one tap: padding of the packed formats (multiples of 32) is covered too.
    [[nodiscard]] static SATSIM_HD std::int64_t row_tiles(const UpdateArguments& a) {
        return (a.rows + kUpdateRows - 1) / kUpdateRows;
    }
    [[nodiscard]] static SATSIM_HD std::int64_t column_tiles(const UpdateArguments& a) {
        return (a.columns + kUpdateColumns - 1) / kUpdateColumns;
    }

    // Phase 0, only with decays_pruned: the old weights as SORE ranks them.
    SATSIM_HD void rank_old(int thread, UpdateTile& tile) const {
        for (int i = thread; i < kUpdateRows * kUpdateColumns; i += kUpdateThreads) {
            const int r = i / kUpdateColumns;
            const int c = i % kUpdateColumns;
            const std::int64_t at = offset(r, c);
            tile.old_weight[r * kUpdatePitch + c] =
                exists(r, c) ? to_half(flush(a_.weight[at])) : std::uint16_t{0};
        }
    }

    // Phase 1: update, and the new FP16 weights into the tile; what does not exist is +0 there. May decay:
    // with decays_pruned behind phase 0.
    template <UpdateRule Rule, bool MayDecay>
    SATSIM_HD void update(int thread, UpdateTile& tile) const {
        if (is_whole())
            update_whole<Rule, MayDecay>(thread, tile);
        else
            update_edge<Rule, MayDecay>(thread, tile);
    }

    // Phase 2: the lower half of the threads makes the forward copy, the upper half the backward one. Groups
    // are of at most MostM elements: larger ones take more registers, which all kernels would pay for.
    // Not inlined: one copy of it serves the kernels of all rules.
    template <int MostM>
    SATSIM_NOINLINE SATSIM_HD void pack(int thread, const UpdateTile& tile) const {
        constexpr int kHalf = kUpdateThreads / 2;
        if (thread < kHalf)
            pack_along<true, MostM>(a_.forward, thread, tile);
        else
            pack_along<false, MostM>(a_.backward, thread - kHalf, tile);
    }

    // Phase 2 where both copies are compressed and their groups are of M elements, as most are. `put` takes
    // the positions of each piece: to memory, or to where a later phase fetches them.
    template <int M, class Put = PutPositions>
    SATSIM_HD void pack_compressed(int thread, const UpdateTile& tile, const Put& put = {}) const {
        constexpr int kHalf = kUpdateThreads / 2;
        if (thread < kHalf)
            compress<true, M>(a_.forward, thread, tile, put);
        else
            compress<false, M>(a_.backward, thread - kHalf, tile, put);
    }
    // That M, where nothing decays either; 0: the general phases.
    [[nodiscard]] static int compressed_groups(const UpdateArguments& a) {
        const bool both = a.forward.format == CopyFormat::Compressed24 &&
                          a.backward.format == CopyFormat::Compressed24 && a.forward.m == a.backward.m;
        return both && !a.decays_pruned && (a.forward.m == 4 || a.forward.m == 8) ? a.forward.m : 0;
    }

  private:
    // Of a tile that is not whole: quad by quad, for few registers.
    template <UpdateRule Rule, bool MayDecay>
    SATSIM_HD void update_edge(int thread, UpdateTile& tile) const {
        SATSIM_ROLLED
        for (int q = 0; q < kUpdateQuads; ++q) {
            Quad quad;
            const int r = row_of(thread, q);
            load_quad<Rule, false>(r, column_of(thread), quad);
            update_quad<Rule, MayDecay, false>(r, column_of(thread), quad, tile);
        }
    }

    // Whole: every element exists and each four of them are aligned, as in all tiles but those at an edge.
    [[nodiscard]] SATSIM_HD bool is_whole() const {
        return a_.columns % 4 == 0 && row_ + kUpdateRows <= a_.rows && column_ + kUpdateColumns <= a_.columns;
    }

    // All of a thread's quads in flight before the first is needed.
    template <UpdateRule Rule, bool MayDecay>
    SATSIM_HD void update_whole(int thread, UpdateTile& tile) const {
        Quad quads[kUpdateQuads];
        const int c = column_of(thread);
        SATSIM_UNROLL
        for (int q = 0; q < kUpdateQuads; ++q) load_quad<Rule, true>(row_of(thread, q), c, quads[q]);
        SATSIM_UNROLL
        for (int q = 0; q < kUpdateQuads; ++q)
            update_quad<Rule, MayDecay, true>(row_of(thread, q), c, quads[q], tile);
    }

    template <UpdateRule Rule, bool Whole>
    SATSIM_HD void load_quad(int r, int c, Quad& quad) const {
        if constexpr (Rule != UpdateRule::None) {
            load<Rule, Whole>(a_.gradient, r, c, quad.gradient);
            load<Rule, Whole>(a_.first, r, c, quad.first);
            if constexpr (kHasSecond<Rule>) load<Rule, Whole>(a_.second, r, c, quad.second);
            load<Rule, Whole>(a_.weight, r, c, quad.weight);
        }
    }
    template <UpdateRule Rule, bool MayDecay, bool Whole>
    SATSIM_HD void update_quad(int r, int c, Quad& quad, UpdateTile& tile) const {
        std::uint16_t halves[4];
        SATSIM_UNROLL
        for (int e = 0; e < 4; ++e) {
            const bool real = Whole || exists(r, c + e);
            if constexpr (Rule == UpdateRule::None) {
                halves[e] = real ? a_.half[offset(r, c + e)] : std::uint16_t{0};
            } else {
                const UpdateElement element =
                    updated<Rule>({quad.gradient.v[e], quad.first.v[e],
                                   kHasSecond<Rule> ? quad.second.v[e] : 0.0F, quad.weight.v[e]},
                                  MayDecay && a_.decays_pruned && is_pruned(tile, r, c + e), a_.constants);
                quad.first.v[e] = element.first;
                if constexpr (kHasSecond<Rule>) quad.second.v[e] = element.second;
                quad.weight.v[e] = element.weight;
                halves[e] = real ? to_half(element.weight) : std::uint16_t{0};
            }
        }
        auto* to = reinterpret_cast<TwoValues*>(&tile.weight[r * kUpdatePitch + c]);
        to[0] = {{halves[0], halves[1]}};
        to[1] = {{halves[2], halves[3]}};
        if constexpr (Rule != UpdateRule::None) {
            store<Rule, Whole>(a_.first, r, c, quad.first);
            if constexpr (kHasSecond<Rule>) store<Rule, Whole>(a_.second, r, c, quad.second);
            store<Rule, Whole>(a_.weight, r, c, quad.weight);
        }
        if (a_.forward.format == CopyFormat::Plain) store_plain(tile, r, c);
    }

    // Groups along rows (forward) or columns.
    template <bool AlongRows, int MostM>
    SATSIM_HD void pack_along(const CopyTarget& to, int thread, const UpdateTile& tile) const {
        if (to.m == 2) pack_groups<AlongRows, 2>(to, thread, tile);
        if (to.m == 4) pack_groups<AlongRows, 4>(to, thread, tile);
        if (to.m == 8) pack_groups<AlongRows, 8>(to, thread, tile);
        if constexpr (MostM == 16) {
            if (to.m == 16) pack_groups<AlongRows, 16>(to, thread, tile);
        }
    }
    template <bool AlongRows, int M>
    SATSIM_HD void pack_groups(const CopyTarget& to, int thread, const UpdateTile& tile) const {
        if (to.format == CopyFormat::Compressed24) compress<AlongRows, M>(to, thread, tile, PutPositions{});
        if (to.format == CopyFormat::Packed) planes<AlongRows, M>(to, thread, tile);
    }

    template <bool AlongRows>
    struct Direction {
        static constexpr int kLong = AlongRows ? kUpdateRows : kUpdateColumns;  // along groups
        static constexpr int kWide = AlongRows ? kUpdateColumns : kUpdateRows;
        static constexpr int kPieces = kLong / kPiece;
    };

    // The tile's element number `along` along the groups, `across` them.
    template <bool AlongRows>
    [[nodiscard]] static SATSIM_HD std::uint16_t element(const UpdateTile& tile, int along, int across) {
        return AlongRows ? tile.weight[along * kUpdatePitch + across]
                         : tile.weight[across * kUpdatePitch + along];
    }
    // 16 elements from number `along` on: of a column one by one, of a row in pairs, which begin at words.
    template <bool AlongRows>
    [[nodiscard]] static SATSIM_HD PieceWords piece_words(const UpdateTile& tile, int along, int across) {
        PieceWords words;
        SATSIM_UNROLL
        for (int pair = 0; pair < kPiece / 2; ++pair) {
            const int e = along + 2 * pair;
            if constexpr (AlongRows) {
                words.v[pair] = element<true>(tile, e, across) |
                                static_cast<std::uint32_t>(element<true>(tile, e + 1, across)) << 16;
            } else {
                memcpy(&words.v[pair], &tile.weight[across * kUpdatePitch + e], sizeof words.v[pair]);
            }
        }
        return words;
    }
    // Elements along the groups, and across, of the whole matrix; where this tile begins in them.
    template <bool AlongRows>
    [[nodiscard]] SATSIM_HD std::int64_t length() const {
        return AlongRows ? a_.rows : a_.columns;
    }
    template <bool AlongRows>
    [[nodiscard]] SATSIM_HD std::int64_t width() const {
        return AlongRows ? a_.columns : a_.rows;
    }
    template <bool AlongRows>
    [[nodiscard]] SATSIM_HD std::int64_t first_long() const {
        return AlongRows ? row_ : column_;
    }
    template <bool AlongRows>
    [[nodiscard]] SATSIM_HD std::int64_t first_wide() const {
        return AlongRows ? column_ : row_;
    }
    [[nodiscard]] static SATSIM_HD int clamp_size(std::int64_t left, int most) {
        return left <= 0 ? 0 : left < most ? static_cast<int>(left) : most;
    }

    template <bool AlongRows, int M, class Put>
    SATSIM_HD void compress(const CopyTarget& to, int thread, const UpdateTile& tile, const Put& put) const {
        using D = Direction<AlongRows>;
        const Compressed24Shape shape{width<AlongRows>(), a_.taps, length<AlongRows>()};
        for (int unit = thread; unit < D::kWide * D::kPieces; unit += kUpdateThreads / 2) {
            // Pieces of a row go to neighbouring threads: together they fill sectors of memory.
            const int across = unit / D::kPieces;
            const int piece = unit % D::kPieces;
            const std::int64_t row = first_wide<AlongRows>() + across;
            const std::int64_t k = first_long<AlongRows>() + piece * kPiece;
            if (row >= shape.row_blocks() * kRowBlock || k >= shape.tap_chunks() * kChunk) continue;
            const PieceWords elements = piece_words<AlongRows>(tile, piece * kPiece, across);
            const int size = row < shape.rows ? clamp_size(shape.channels - k, kPiece) : 0;
            const Piece packed = compress_piece<M>(elements, size, to.n);
            const std::int64_t chunk = tap_ * shape.tap_chunks() + k / kChunk;
            const auto half = static_cast<int>(k % kChunk / kPiece);
            store_16_bytes(to.values + shape.value_at(row, chunk, half), packed.values);
            put(to, shape, {AlongRows, across, piece, row, chunk, half}, packed.positions);
        }
    }

    // Two neighbouring columns of the planes at a time: their indices share a byte.
    template <bool AlongRows, int M>
    SATSIM_HD void planes(const CopyTarget& to, int thread, const UpdateTile& tile) const {
        using D = Direction<AlongRows>;
        const std::int64_t columns = width<AlongRows>();
        const std::int64_t pitch = (columns + 31) / 32 * 32;
        const std::int64_t groups = (length<AlongRows>() + M - 1) / M;
        for (int unit = thread; unit < D::kWide / 2 * (D::kLong / M); unit += kUpdateThreads / 2) {
            const int across = unit % (D::kWide / 2) * 2;
            const int first = unit / (D::kWide / 2) * M;
            const std::int64_t column = first_wide<AlongRows>() + across;
            const std::int64_t k = first_long<AlongRows>() + first;
            const int size = clamp_size(length<AlongRows>() - k, M);
            if (column >= pitch || size == 0) continue;
            const int kept = to.n < size ? to.n : size;
            const std::uint64_t left = positions<AlongRows, M>(tile, first, across, size, to.n);
            const std::uint64_t right = positions<AlongRows, M>(tile, first, across + 1, size, to.n);
            for (int j = 0; j < to.n; ++j) {
                const std::int64_t at = ((tap_ * groups + k / M) * to.n + j) * pitch + column;
                const auto e_left = static_cast<int>(left >> (4 * j) & 15U);
                const auto e_right = static_cast<int>(right >> (4 * j) & 15U);
                const bool real_left = j < kept && column < columns;
                const bool real_right = j < kept && column + 1 < columns;
                TwoValues pair{};
                if (real_left) pair.v[0] = element<AlongRows>(tile, first + e_left, across);
                if (real_right) pair.v[1] = element<AlongRows>(tile, first + e_right, across + 1);
                *reinterpret_cast<TwoValues*>(to.values + at) = pair;
                to.positions[at / 2] =
                    static_cast<std::uint8_t>((real_left ? e_left : 0) | (real_right ? e_right : 0) << 4);
            }
        }
    }
    template <bool AlongRows, int M>
    [[nodiscard]] static SATSIM_HD std::uint64_t positions(const UpdateTile& tile, int first, int across,
                                                           int size, int n) {
        std::uint16_t group[M];
        SATSIM_UNROLL
        for (int e = 0; e < M; ++e) group[e] = element<AlongRows>(tile, first + e, across);
        return positions_of<M>(keep_mask<M>(group, size, n));
    }

    [[nodiscard]] static SATSIM_HD int row_of(int thread, int quad) {
        return (thread + quad * kUpdateThreads) / (kUpdateColumns / 4);
    }
    [[nodiscard]] static SATSIM_HD int column_of(int thread) { return thread % (kUpdateColumns / 4) * 4; }
    [[nodiscard]] SATSIM_HD bool exists(int r, int c) const {
        return row_ + r < a_.rows && column_ + c < a_.columns;
    }
    [[nodiscard]] SATSIM_HD std::int64_t offset(int r, int c) const {
        return (tap_ * a_.rows + row_ + r) * a_.columns + column_ + c;
    }
    // All four exist and begin at a multiple of 16 bytes.
    [[nodiscard]] SATSIM_HD bool whole(int r, int c) const { return a_.columns % 4 == 0 && exists(r, c + 3); }
    template <UpdateRule Rule, bool Whole>
    SATSIM_HD void load(const float* from, int r, int c, FourFloats& to) const {
        if (Whole || whole(r, c)) {
            to = kPasses<Rule> ? load_16_bytes_once<FourFloats>(from + offset(r, c))
                               : load_16_bytes<FourFloats>(from + offset(r, c));
        } else if constexpr (!Whole) {
            SATSIM_UNROLL
            for (int e = 0; e < 4; ++e) to.v[e] = exists(r, c + e) ? from[offset(r, c + e)] : 0.0F;
        }
    }
    template <UpdateRule Rule, bool Whole>
    SATSIM_HD void store(float* to, int r, int c, const FourFloats& from) const {
        if (Whole || whole(r, c)) {
            if constexpr (kPasses<Rule>)
                store_16_bytes_once(to + offset(r, c), from);
            else
                store_16_bytes(to + offset(r, c), from);
        } else if constexpr (!Whole) {
            SATSIM_UNROLL
            for (int e = 0; e < 4; ++e) {
                if (exists(r, c + e)) to[offset(r, c + e)] = from.v[e];
            }
        }
    }
    SATSIM_HD void store_plain(const UpdateTile& tile, int r, int c) const {
        SATSIM_UNROLL
        for (int e = 0; e < 4; ++e) {
            if (exists(r, c + e)) a_.forward.values[offset(r, c + e)] = tile.weight[r * kUpdatePitch + c + e];
        }
    }
    // Whether an old weight is outside the forward mask.
    [[nodiscard]] SATSIM_HD bool is_pruned(const UpdateTile& tile, int r, int c) const {
        const int m = a_.forward.m;
        const int first = r / m * m;
        const int mine = tile.old_weight[r * kUpdatePitch + c] & 0x7FFF;
        int before = 0;
        for (int f = first; f < first + m; ++f) {
            if (f == r || row_ + f >= a_.rows) continue;
            const int other = tile.old_weight[f * kUpdatePitch + c] & 0x7FFF;
            before += (f < r ? other >= mine : other > mine) ? 1 : 0;
        }
        return before >= a_.forward.n;
    }

    const UpdateArguments& a_;
    std::int64_t tap_;
    std::int64_t row_;
    std::int64_t column_;
};

}  // namespace satsim::gpu
