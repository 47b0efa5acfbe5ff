// Hopper's own 2:4 kernel: the product of sparse_tile.hpp by wgmma.mma_async.sp, for maps that are matrices.
//
// A block takes 128 rows of W and 256 positions; two groups of four warps hold 64 x 256 sums each. Blocks of
// a cluster stand along the rows and share their positions: each fetches its share of the map for all of
// them, so that the map comes from L2 once a cluster. K goes in steps of two chunks (64 elements) through
// kStages buffers that the tensor memory access unit fills; it writes zeros for what lies outside a matrix.
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

// How the blocks of one product are numbered.
struct WgmmaGrid {
    int cluster = 1;  // blocks along the rows
    std::int64_t row_clusters = 0;
    std::int64_t position_tiles = 0;

    struct Tile {
        std::int64_t first_row;  // of the cluster
        std::int64_t first_position;
    };
    [[nodiscard]] static WgmmaGrid of(const Compressed24Shape& shape, const GatherView& view);
    [[nodiscard]] SATSIM_HD std::int64_t tiles() const { return row_clusters * position_tiles; }
    [[nodiscard]] SATSIM_HD Tile tile(std::int64_t index) const;
};

struct WgmmaTile {
    static constexpr int kRows = 128;
    static constexpr int kPositions = 256;
    static constexpr int kStages = 5;
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

    // Why this kernel cannot do a call, or nullptr.
    [[nodiscard]] static const char* refusal(const Compressed24Shape& shape, const GatherView& v) {
        const bool matrix = v.taps() == 1 && shape.taps == 1 && v.stride_y == 1 && v.stride_x == 1 &&
                            v.first_dy == 0 && v.first_dx == 0 && v.in_h == v.grid_h && v.in_w == v.grid_w &&
                            v.out_h == v.grid_h && v.out_w == v.grid_w && v.step_y == 1 && v.step_x == 1 &&
                            v.off_y == 0 && v.off_x == 0;
        if (!matrix) return "wgmma.sp multiplies matrices only: convolutions are mma.sp's";
        if (v.channels % 8 != 0) return "wgmma.sp needs channels that are a multiple of 8";
        constexpr std::int64_t kMost = std::int64_t{1} << 30;
        if (v.positions() > kMost || shape.rows > kMost) return "wgmma.sp counts positions and rows to 2^30";
        return nullptr;
    }

    // Steps of K, always an even number: operand A alternates between two sets of registers. The step that
    // may be too many multiplies zeros.
    [[nodiscard]] static SATSIM_HD int steps(const Compressed24Shape& shape) {
        return static_cast<int>((shape.tap_chunks() + 2 * kStepChunks - 1) / (2 * kStepChunks) * 2);
    }

    [[nodiscard]] static constexpr WgmmaBox map_box(int cluster) {
        return {kStepChannels, static_cast<unsigned>(kPositions / cluster)};
    }
    [[nodiscard]] static constexpr WgmmaBox value_box() { return {kStepChunks * kChunkValues, kRows}; }
    // Of words; a third direction, row blocks, is a box of kRows / kRowBlock.
    [[nodiscard]] static constexpr WgmmaBox metadata_box() { return {32, kStepChunks}; }

    // Matrix descriptor of 256 positions x 32 channels in a buffer at `address`: addresses in units of 16
    // bytes; the leading offset (bits 16..29) means nothing for a swizzled operand whose K is contiguous;
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
        SATSIM_UNROLL
        for (int i = 0; i < kStripPositions * kUnits / kGroupThreads; ++i) {
            const int in_strip = (thread + i * kGroupThreads) / kUnits;
            const int row = thread % kUnits * 8;
            const std::int64_t position = first_position + in_strip;
            const std::int64_t channel = first_row + row;
            if (position >= a.view.positions() || channel >= a.shape.rows) continue;
            std::uint16_t* to = a.result + position * a.shape.rows + channel;
            const std::uint16_t* from = strip + in_strip * static_cast<int>(kStripPitch) + row;
            if (a.shape.rows % 8 == 0) {
                store_16_bytes(to, load_16_bytes<Unit>(from));
            } else {
                SATSIM_ROLLED
                for (int e = 0; e < 8 && channel + e < a.shape.rows; ++e) to[e] = from[e];
            }
        }
    }
};

// Clusters as large as they can be without more empty blocks than clusters of two have.
inline WgmmaGrid WgmmaGrid::of(const Compressed24Shape& shape, const GatherView& view) {
    const std::int64_t row_tiles = (shape.rows + WgmmaTile::kRows - 1) / WgmmaTile::kRows;
    WgmmaGrid grid;
    grid.cluster = row_tiles == 1 ? 1 : row_tiles % 4 == 1 || row_tiles % 4 == 2 ? 2 : 4;
    grid.row_clusters = (row_tiles + grid.cluster - 1) / grid.cluster;
    grid.position_tiles = (view.positions() + WgmmaTile::kPositions - 1) / WgmmaTile::kPositions;
    return grid;
}

// Bands of 2048 rows, in a band position after position: clusters that run at the same time cover about as
// many rows as positions, so what they read together is small.
SATSIM_HD inline WgmmaGrid::Tile WgmmaGrid::tile(std::int64_t index) const {
    constexpr int kBandTiles = 16;
    const std::int64_t band_clusters = kBandTiles / cluster;
    const std::int64_t band = index / (band_clusters * position_tiles);
    const std::int64_t in_band = index - band * band_clusters * position_tiles;
    const std::int64_t left = row_clusters - band * band_clusters;
    const std::int64_t height = left < band_clusters ? left : band_clusters;
    const std::int64_t row_cluster = band * band_clusters + in_band % height;
    return {row_cluster * cluster * WgmmaTile::kRows, in_band / height * WgmmaTile::kPositions};
}

}  // namespace satsim::gpu
