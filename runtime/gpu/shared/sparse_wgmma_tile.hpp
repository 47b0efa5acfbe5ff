// Hopper's own 2:4 kernel: the product of sparse_tile.hpp by wgmma.mma_async.sp.
//
// A block takes 128 rows of W and 256 positions, or 128 where that leaves less of a device idle; two groups
// of four warps hold 64 rows of sums each. Blocks of a cluster stand along the rows and share their
// positions: each fetches its share of the map for all of them, so that the map comes from L2 once a cluster.
// K goes in steps of two chunks (64 elements) through kStages buffers that the tensor memory access unit
// fills; it gathers a convolution's map itself (im2col) and writes zeros for what lies outside a matrix, a
// map or a tap's run of channels.
//
// Here is what lies where and who reads what; the kernel adds the instructions, the tests an emulation of
// them. Addresses are in bytes from the start of a buffer, which is aligned to 1024.
#pragma once

#include "runtime/gpu/shared/sparse_tile.hpp"

namespace satsim::gpu {

// Exchange of 16-byte units that the copy engine and wgmma know as 128-byte and 64-byte swizzle: address
// bits 4.. are xored with bits 7.., three or two of them.
[[nodiscard]] SATSIM_HD constexpr unsigned swizzle_128(unsigned address) {
    return address ^ (address >> 3 & 0x70U);
}
[[nodiscard]] SATSIM_HD constexpr unsigned swizzle_64(unsigned address) {
    return address ^ (address >> 3 & 0x30U);
}

// A box of a matrix as the copy engine brings it: `columns` contiguous elements of `rows` rows.
struct WgmmaBox {
    unsigned columns;
    unsigned rows;
};

// One direction of what the copy engine's im2col mode walks over: base pixels from `lower` on, a stride
// apart, up to the map's last pixel plus `upper`; a copy begins at one of them, takes the next base pixel as
// often as it needs positions, line after line and image after image, and reads `offset` pixels beyond each,
// zeros outside the map. CUDA driver API, cuTensorMapEncodeIm2col; PTX ISA, "im2col mode".
struct WgmmaWindow {
    int lower = 0;
    int upper = 0;
    int stride = 1;
    int reach = 0;  // the largest offset

    [[nodiscard]] static SATSIM_HD WgmmaWindow of(int size, int grid, int stride, int taps, int first,
                                                  int step) {
        const int last = taps > 0 ? first + (taps - 1) * step : first;
        WgmmaWindow w;
        w.lower = last < first ? last : first;
        w.upper = w.lower + (grid - 1) * stride - (size - 1);
        w.stride = stride;
        w.reach = last < first ? first - last : last - first;
        return w;
    }
    [[nodiscard]] static SATSIM_HD WgmmaWindow along_x(const GatherView& v) {
        return of(v.in_w, v.grid_w, v.stride_x, v.taps_x, v.first_dx, v.step_dx);
    }
    [[nodiscard]] static SATSIM_HD WgmmaWindow along_y(const GatherView& v) {
        return of(v.in_h, v.grid_h, v.stride_y, v.taps_y, v.first_dy, v.step_dy);
    }
    // What the engine's fields hold, of maps of four directions.
    [[nodiscard]] bool fits() const {
        return lower >= -128 && lower <= 127 && upper >= -128 && upper <= 127 && stride <= 8 && reach <= 255;
    }
};

inline constexpr int kWgmmaRows = 128;  // of a block

// How the blocks of one product are numbered.
struct WgmmaGrid {
    int cluster = 1;  // blocks along the rows
    int row_clusters = 0;
    int position_tiles = 0;
    int positions = 0;  // of a tile
    int rounds = 0;     // of the device

    struct Tile {
        int first_row;  // of the cluster
        int first_position;
    };
    // Clusters of two and of four blocks that a device runs at the same time.
    struct Resident {
        int twos = 66;
        int fours = 32;  // an H100's or H200's: what is left of a group of 16 or 18 multiprocessors idles
    };
    [[nodiscard]] static WgmmaGrid of(const Compressed24Shape& shape, const GatherView& view, int positions,
                                      const Resident& resident);
    // A result that is too large for this count is 2^45 elements.
    [[nodiscard]] SATSIM_HD int tiles() const { return row_clusters * position_tiles; }
    [[nodiscard]] SATSIM_HD Tile tile(int index) const;
};

template <int Positions>
struct WgmmaTileOf {
    static constexpr int kRows = kWgmmaRows;
    static constexpr int kPositions = Positions;
    static constexpr int kStages = Positions == 256 ? 5 : 8;
    static constexpr int kStepChunks = 2;
    static constexpr int kStepChannels = kStepChunks * kChunk;
    static constexpr int kGroupThreads = 128;  // of a warp group
    static constexpr int kGroupRows = 64;      // of one wgmma
    static constexpr int kGroups = kRows / kGroupRows;
    static constexpr int kThreads = (1 + kGroups) * kGroupThreads;  // the first group fetches
    static constexpr int kSums = kPositions / 8 * 4;                // of a thread
    static constexpr int kMostCluster = 4;

    // A buffer.
    static constexpr unsigned kMapRowBytes = kStepChannels * 2;        // [position][128], swizzled
    static constexpr unsigned kValueRowBytes = kStepChunks * 16U * 2;  // [row][64], swizzled
    static constexpr unsigned kWordBytes = 32 * 4;                     // [row block][chunk][lane]
    static constexpr unsigned kMapBytes = kPositions * kMapRowBytes;
    static constexpr unsigned kValueBegin = kMapBytes;
    static constexpr unsigned kValueBytes = kRows * kValueRowBytes;
    static constexpr unsigned kMetadataBegin = kValueBegin + kValueBytes;
    static constexpr unsigned kMetadataBytes = kRows / kRowBlock * kStepChunks * kWordBytes;
    static constexpr unsigned kStageBytes = kMetadataBegin + kMetadataBytes;
    static_assert(kStageBytes % 1024 == 0);

    // Results leave through a strip of 64 positions x 64 rows for each group.
    static constexpr int kStripPositions = 64;
    static constexpr unsigned kStripPitch = kGroupRows + 8;  // FP16, [position][row]
    static constexpr unsigned kStripBytes = kStripPositions * kStripPitch * 2;
    static constexpr int kStrips = kPositions / kStripPositions;
    static constexpr int kStripTiles = kStripPositions / 8;  // of eight positions

    static constexpr unsigned kStripBegin = kStages * kStageBytes;
    static constexpr unsigned kBarrierBegin = kStripBegin + kGroups * kStripBytes;
    static constexpr unsigned kSharedBytes = kBarrierBegin + kStages * 2 * 8 + 1024;  // and room to align
    static_assert(kSharedBytes <= 227 * 1024 && kBarrierBegin % 8 == 0);

    // Whether positions of the map and of the result follow each other as they lie.
    [[nodiscard]] static SATSIM_HD bool is_matrix(const GatherView& v) {
        return v.taps() == 1 && v.stride_y == 1 && v.stride_x == 1 && v.first_dy == 0 && v.first_dx == 0 &&
               v.in_h == v.grid_h && v.in_w == v.grid_w && v.out_h == v.grid_h && v.out_w == v.grid_w &&
               v.step_y == 1 && v.step_x == 1 && v.off_y == 0 && v.off_x == 0;
    }
    // Why this kernel cannot do a call, or nullptr.
    [[nodiscard]] static const char* refusal(const Compressed24Shape& shape, const GatherView& v) {
        if (v.channels % 8 != 0) return "wgmma.sp needs channels that are a multiple of 8";
        constexpr std::int64_t kMost = std::int64_t{1} << 30;
        if (v.positions() > kMost || shape.rows > kMost) return "wgmma.sp counts positions and rows to 2^30";
        if (is_matrix(v)) return nullptr;
        const WgmmaWindow x = WgmmaWindow::along_x(v);
        const WgmmaWindow y = WgmmaWindow::along_y(v);
        if (!x.fits() || !y.fits())
            return "wgmma.sp reaches 128 pixels beyond a map, strides to 8 and kernels to 256";
        return nullptr;
    }

    // Steps of K that one tap takes, and those of a call: always an even number, since operand A alternates
    // between two sets of registers. The step that may be too many multiplies zeros.
    [[nodiscard]] static SATSIM_HD int tap_steps(const Compressed24Shape& shape) {
        return static_cast<int>((shape.tap_chunks() + kStepChunks - 1) / kStepChunks);
    }
    [[nodiscard]] static SATSIM_HD int steps(const SparseGemmArguments& a) {
        return (a.view.taps() * tap_steps(a.shape) + 1) / 2 * 2;
    }

    // Where a step reads: the tap's place in the kernel and the first of its channels. The producer walks
    // with it; past the last tap it stands behind the channels, where everything is zeros.
    struct StepPlace {
        int ty = 0;
        int tx = 0;
        int step = 0;  // within the tap

        SATSIM_HD void advance(const GatherView& v, int steps_of_tap) {
            const bool last = ty == v.taps_y - 1 && tx == v.taps_x - 1;
            if (++step < steps_of_tap || last) return;
            step = 0;
            if (++tx < v.taps_x) return;
            tx = 0;
            ++ty;
        }
        [[nodiscard]] SATSIM_HD int weight_tap(const GatherView& v) const {
            return v.first_weight_tap + ty * v.weight_tap_step_y + tx * v.weight_tap_step_x;
        }
        // Pixels beyond a window's base pixel.
        [[nodiscard]] SATSIM_HD int offset_x(const GatherView& v, const WgmmaWindow& x) const {
            return v.first_dx + tx * v.step_dx - x.lower;
        }
        [[nodiscard]] SATSIM_HD int offset_y(const GatherView& v, const WgmmaWindow& y) const {
            return v.first_dy + ty * v.step_dy - y.lower;
        }
    };

    [[nodiscard]] static constexpr WgmmaBox map_box(int cluster) {
        return {kStepChannels, static_cast<unsigned>(kPositions / cluster)};
    }
    [[nodiscard]] static constexpr WgmmaBox value_box() { return {kStepChunks * kChunkValues, kRows}; }
    // Of words; further directions are one tap and kRows / kRowBlock row blocks.
    [[nodiscard]] static constexpr WgmmaBox metadata_box() { return {32, kStepChunks}; }

    // Matrix descriptor of a block's positions x 32 channels in a buffer at `address`: addresses in units of
    // 16 bytes; the leading offset (bits 16..29) means nothing for a swizzled operand whose K is contiguous;
    // eight positions are 1024 bytes (bits 32..45); 128-byte swizzle (1 in bits 62, 63). PTX ISA, "Matrix
    // descriptor format".
    [[nodiscard]] static SATSIM_HD constexpr std::uint64_t map_descriptor(std::uint32_t buffer, int chunk) {
        const std::uint32_t address = buffer + static_cast<std::uint32_t>(chunk) * kChunk * 2;
        return std::uint64_t{(address & 0x3FFFFU) >> 4} | std::uint64_t{1} << 16 |
               std::uint64_t{8 * kMapRowBytes / 16} << 32 | std::uint64_t{1} << 62;
    }

    // What `lane` of warp 0..3 of a group names for ldmatrix: operand A is in registers, since the map alone
    // takes what shared memory can deliver. The fragment is that of mma.sp.m16n8k32.
    [[nodiscard]] static SATSIM_HD unsigned value_address(int group, int warp, int lane, int chunk) {
        const Element at = a_address(lane);
        const auto row = static_cast<unsigned>(group * kGroupRows + warp * 16 + at.row);
        const auto column = static_cast<unsigned>(chunk * kChunkValues + at.column);
        return kValueBegin + swizzle_64(row * kValueRowBytes + column * 2);
    }
    // The word that `lane` hands to wgmma. A word serves 16 rows in lanes t = 0, 1 of four and the next 16 in
    // t = 2, 3, but the selector is one immediate of all warps: everybody says 0 (lanes t = 0, 1), and
    // warps of odd number, whose rows are the second 16, read what lies two lanes further.
    [[nodiscard]] static SATSIM_HD unsigned metadata_address(int group, int warp, int lane, int chunk) {
        const int block = group * (kGroupRows / kRowBlock) + warp / 2;
        const int word = (lane & ~2) | (warp % 2 * 2);
        return kMetadataBegin + static_cast<unsigned>(block * kStepChunks + chunk) * kWordBytes +
               static_cast<unsigned>(word) * 4;
    }
    // Outside the matrix the copy engine writes zeros, and position 0 twice is no legal pair. A legal word
    // has a second position above its first, so it is never zero.
    [[nodiscard]] static SATSIM_HD std::uint32_t legal_metadata(std::uint32_t word) {
        return word != 0 ? word : 0x44444444U;
    }

    // Row of the group that sum 4*j + e of `lane` belongs to; sums 0 and 1, and 2 and 3, of four share one.
    [[nodiscard]] static SATSIM_HD int result_row(int warp, int lane, int e) {
        return warp * 16 + c_element(lane, e).row;
    }
    // Sum 4*j + e of `lane` is element e of position tile j (c_element). stmatrix.x4.trans takes tiles j and
    // j + 1 at a time, each as rows 0..7 and rows 8..15; the address that `lane` names for it, in bytes from
    // the group's strip, j counted from the strip's first tile.
    [[nodiscard]] static SATSIM_HD unsigned strip_address(int warp, int lane, int j) {
        const int position = (j + lane / 16) * 8 + lane % 8;
        const int row = warp * 16 + lane / 8 % 2 * 8;
        return (static_cast<unsigned>(position) * kStripPitch + static_cast<unsigned>(row)) * 2;
    }
    // Writes a strip to memory, eight channels at a time. `thread` is that of the group.
    static SATSIM_HD void write_strip(const SparseGemmArguments& a, std::int64_t first_row,
                                      std::int64_t first_position, int thread, const std::uint16_t* strip) {
        struct alignas(16) Unit {
            std::uint16_t v[8];
        };
        constexpr int kUnits = kGroupRows / 8;
        constexpr int kCopies = kStripPositions * kUnits / kGroupThreads;
        constexpr int kApart = kGroupThreads / kUnits;  // positions between a thread's copies
        const std::int64_t channel = first_row + thread % kUnits * 8;
        const auto position = static_cast<int>(first_position) + thread / kUnits;  // below 2^30 + 256
        const std::uint16_t* from =
            strip + thread / kUnits * static_cast<int>(kStripPitch) + thread % kUnits * 8;
        if (channel >= a.shape.rows) return;
        const std::int64_t left = a.view.positions() - position;
        if (a.shape.rows % 8 == 0 && is_matrix(a.view)) {
            std::uint16_t* to = a.result + position * a.shape.rows + channel;
            SATSIM_UNROLL
            for (int i = 0; i < kCopies; ++i)
                if (i * kApart < left)
                    store_16_bytes(to + i * kApart * a.shape.rows,
                                   load_16_bytes<Unit>(from + i * kApart * static_cast<int>(kStripPitch)));
            return;
        }
        SATSIM_ROLLED
        for (int i = 0; i < kCopies && i * kApart < left; ++i) {
            std::uint16_t* to =
                a.result + scatter_row(a.view, position + i * kApart) * a.shape.rows + channel;
            if (a.shape.rows % 8 == 0) {
                store_16_bytes(to, load_16_bytes<Unit>(from));
            } else {
                SATSIM_ROLLED
                for (int e = 0; e < 8 && channel + e < a.shape.rows; ++e) to[e] = from[e];
            }
            from += kApart * static_cast<int>(kStripPitch);
        }
    }
};

using WgmmaTile = WgmmaTileOf<256>;
using NarrowWgmmaTile = WgmmaTileOf<128>;

// Clusters of four, which read least, unless those of two are done in fewer rounds: because fewer of their
// blocks are empty, or because fewer multiprocessors idle.
inline WgmmaGrid WgmmaGrid::of(const Compressed24Shape& shape, const GatherView& view, int positions,
                               const Resident& resident) {
    const auto ceil = [](std::int64_t size, std::int64_t tile) { return (size + tile - 1) / tile; };
    const std::int64_t row_tiles = ceil(shape.rows, kWgmmaRows);
    const std::int64_t position_tiles = ceil(view.positions(), positions);
    const auto rounds = [&](int cluster, int at_once) {
        return static_cast<int>(ceil(ceil(row_tiles, cluster) * position_tiles, at_once));
    };
    WgmmaGrid grid;
    grid.rounds = rounds(1, 2 * resident.twos);
    if (row_tiles > 1) {
        const int by_two = rounds(2, resident.twos);
        const int by_four = rounds(4, resident.fours);
        grid.cluster = by_two < by_four || row_tiles == 2 ? 2 : 4;
        grid.rounds = grid.cluster == 2 ? by_two : by_four;
    }
    grid.row_clusters = static_cast<int>(ceil(row_tiles, grid.cluster));
    grid.position_tiles = static_cast<int>(position_tiles);
    grid.positions = positions;
    return grid;
}

// Whether blocks of half the positions may be done earlier: a round of them takes half as long and some more,
// since the sparse operand is read twice as often.
[[nodiscard]] inline bool narrow_may_win(const Compressed24Shape& shape, const GatherView& view) {
    constexpr double kPrice = 1.05;
    const int wide = WgmmaGrid::of(shape, view, WgmmaTile::kPositions, {}).rounds;
    const int narrow = WgmmaGrid::of(shape, view, NarrowWgmmaTile::kPositions, {}).rounds;
    return kPrice * narrow < 2 * wide;
}

// Bands of 2048 rows, in a band position after position: clusters that run at the same time cover about as
// many rows as positions, so what they read together is small.
SATSIM_HD inline WgmmaGrid::Tile WgmmaGrid::tile(int index) const {
    constexpr int kBandTiles = 16;
    const int band_clusters = kBandTiles / cluster;
    const int band = index / (band_clusters * position_tiles);
    const int in_band = index - band * band_clusters * position_tiles;
    const int left = row_clusters - band * band_clusters;
    const int height = left < band_clusters ? left : band_clusters;
    const int row_cluster = band * band_clusters + in_band % height;
    return {row_cluster * cluster * kWgmmaRows, in_band / height * positions};
}

}  // namespace satsim::gpu
