// Hopper's 2:4 kernel on the CPU: boxes of the tensor memory access unit, stmatrix and wgmma.mma_async.sp
// from the descriptions in the CUDA driver API and the PTX ISA, around WgmmaTile.
#pragma once

#include "runtime/gpu/shared/sparse_wgmma_tile.hpp"
#include "tests/unit/gpu/emulated_device.hpp"

namespace satsim::gpu::test {

// Shared memory, by the byte.
class EmulatedShared {
  public:
    explicit EmulatedShared(std::size_t bytes) : bytes_(bytes, 0x7F) {}  // NaNs where nothing is written
    template <class T>
    [[nodiscard]] T load(std::size_t address) const {
        T value;
        EXPECT_LE(address + sizeof(T), bytes_.size());
        std::memcpy(&value, bytes_.data() + address, sizeof(T));
        return value;
    }
    template <class T>
    void store(std::size_t address, T value) {
        ASSERT_LE(address + sizeof(T), bytes_.size());
        std::memcpy(bytes_.data() + address, &value, sizeof(T));
    }
    [[nodiscard]] const std::uint16_t* halves(std::size_t address) const {
        return reinterpret_cast<const std::uint16_t*>(bytes_.data() + address);
    }

  private:
    std::vector<std::uint8_t> bytes_;
};

// A box of a matrix of three directions, the first contiguous, others packed behind it; zeros outside. Units
// of 16 bytes are exchanged by address: bits 4.. xor bits 7.., `swizzle_bits` of them.
template <class T>
void emulate_box(EmulatedShared& shared, std::size_t to, const T* memory,
                 const std::array<std::int64_t, 3>& sizes, const std::array<std::int64_t, 3>& box,
                 const std::array<std::int64_t, 3>& at, int swizzle_bits) {
    const std::size_t mask = ((std::size_t{1} << swizzle_bits) - 1) << 4;
    std::size_t address = to;
    for (std::int64_t z = at[2]; z < at[2] + box[2]; ++z)
        for (std::int64_t y = at[1]; y < at[1] + box[1]; ++y)
            for (std::int64_t x = at[0]; x < at[0] + box[0]; ++x) {
                const bool inside = x < sizes[0] && y < sizes[1] && z < sizes[2];
                const T value = inside ? memory[(z * sizes[1] + y) * sizes[0] + x] : T{0};
                shared.store(address ^ (address >> 3 & mask), value);
                address += sizeof(T);
            }
}

using GroupSums = std::vector<std::array<float, WgmmaTile::kSums>>;  // [thread of 128]

// m64n256k32 with A of four warps in registers and selector 0.
inline void emulate_wgmma_sp(GroupSums& sums, const std::array<Registers, 4>& a, std::uint64_t descriptor,
                             const std::array<std::array<std::uint32_t, 32>, 4>& metadata,
                             const EmulatedShared& shared) {
    ASSERT_EQ(descriptor >> 62, 1U);  // 128-byte swizzle
    ASSERT_EQ(descriptor >> 49 & 7U, 0U);
    const std::size_t start = (descriptor & 0x3FFFU) << 4;
    const std::size_t eight_rows = (descriptor >> 32 & 0x3FFFU) << 4;
    std::vector<std::array<float, 32>> map(256);
    for (std::size_t n = 0; n < map.size(); ++n)
        for (std::size_t k = 0; k < 32; ++k) {
            const std::size_t address = start + n / 8 * eight_rows + n % 8 * 128 + k * 2;
            map[n][k] = from_half(shared.load<std::uint16_t>(address ^ (address >> 3 & 0x70U)));
        }
    for (std::size_t warp = 0; warp < 4; ++warp) {
        std::array<std::array<float, 32>, 16> dense{};
        for (int lane = 0; lane < 32; ++lane)
            for (int i = 0; i < 8; ++i) {
                const Element at = a_element(lane, i);
                const auto group = static_cast<std::size_t>(at.column / 2);
                const std::size_t owner = static_cast<std::size_t>(at.row % 8 * 4) + group / 4;
                const std::uint32_t quad = metadata[warp][owner] >> (at.row / 8 * 16) >> (group % 4 * 4);
                ASSERT_LT(quad & 3U, quad >> 2 & 3U);
                dense[static_cast<std::size_t>(at.row)][group * 4 + (quad >> (at.column % 2 * 2) & 3U)] +=
                    from_half(half_of(a[warp], lane, i));
            }
        for (std::size_t lane = 0; lane < 32; ++lane)
            for (std::size_t i = 0; i < WgmmaTile::kSums; ++i) {
                const Element at = c_element(static_cast<int>(lane), static_cast<int>(i % 4));
                const auto& row = dense[static_cast<std::size_t>(at.row)];
                const auto& column = map[i / 4 * 8 + static_cast<std::size_t>(at.column)];
                float& sum = sums[warp * 32 + lane][i];
                for (std::size_t k = 0; k < 32; ++k) sum += row[k] * column[k];
            }
    }
}

// stmatrix.x4.trans: element (row, column) of matrix i goes to element `row` of the address that lane
// 8*i + column names.
template <class Address>
void emulate_stmatrix_trans(EmulatedShared& shared, const Registers& r, Address address) {
    for (int lane = 0; lane < 32; ++lane)
        for (int i = 0; i < 8; ++i) {
            const int row = ldmatrix_row(lane);
            const int column = ldmatrix_column(lane) + i % 2;
            shared.store(address(i / 2 * 8 + column) + static_cast<std::size_t>(row) * 2,
                         half_of(r, lane, i));
        }
}

// The kernel of sparse_wgmma.cu, one block after the other, each step in buffer 0.
class EmulatedWgmma {
  public:
    explicit EmulatedWgmma(const SparseGemmArguments& a)
        : a_(a), grid_(WgmmaGrid::of(a.shape, a.view)), shared_(WgmmaTile::kSharedBytes) {}

    void run() {
        ASSERT_EQ(WgmmaTile::refusal(a_.shape, a_.view), nullptr);
        for (std::int64_t t = 0; t < grid_.tiles(); ++t)
            for (int rank = 0; rank < grid_.cluster; ++rank) block(grid_.tile(t), rank);
    }

  private:
    using Tile = WgmmaTile;

    void fetch(std::int64_t row, std::int64_t position, int step) {
        shared_ = EmulatedShared(Tile::kSharedBytes);
        const WgmmaBox map = Tile::map_box(grid_.cluster);
        for (int from = 0; from < grid_.cluster; ++from)  // the shares of all blocks of the cluster
            emulate_box(shared_, static_cast<std::size_t>(from) * map.rows * Tile::kMapRowBytes, a_.map,
                        {a_.view.channels, a_.view.positions(), 1}, {map.columns, map.rows, 1},
                        {step * Tile::kStepChannels, position + from * std::int64_t{map.rows}, 0}, 3);
        const WgmmaBox values = Tile::value_box();
        emulate_box(shared_, Tile::kValueBegin, a_.values,
                    {a_.shape.chunks() * kChunkValues, a_.shape.row_blocks() * kRowBlock, 1},
                    {values.columns, values.rows, 1}, {step * Tile::kStepChunks * kChunkValues, row, 0}, 2);
        const WgmmaBox words = Tile::metadata_box();
        emulate_box(shared_, Tile::kMetadataBegin, a_.metadata,
                    {32, a_.shape.chunks(), a_.shape.row_blocks()},
                    {words.columns, words.rows, Tile::kRows / kRowBlock},
                    {0, step * Tile::kStepChunks, row / kRowBlock}, 0);
    }

    void multiply(int group, GroupSums& sums) {
        for (int c = 0; c < Tile::kStepChunks; ++c) {
            std::array<Registers, 4> values{};
            std::array<std::array<std::uint32_t, 32>, 4> metadata{};
            for (int warp = 0; warp < 4; ++warp)
                for (int lane = 0; lane < 32; ++lane) {
                    const auto w = static_cast<std::size_t>(warp);
                    const auto l = static_cast<std::size_t>(lane);
                    metadata[w][l] = Tile::legal_metadata(
                        shared_.load<std::uint32_t>(Tile::metadata_address(group, warp, lane, c)));
                    for (int matrix = 0; matrix < 4; ++matrix)
                        values[w][l][static_cast<std::size_t>(matrix)] = shared_.load<std::uint32_t>(
                            Tile::value_address(group, warp, matrix * 8 + ldmatrix_row(lane), c) +
                            static_cast<std::size_t>(ldmatrix_column(lane)) * 2);
                }
            emulate_wgmma_sp(sums, values, Tile::map_descriptor(0, c), metadata, shared_);
        }
    }

    void write(const GroupSums& sums, int group, std::int64_t row, std::int64_t position) {
        const std::size_t begin = Tile::kStripBegin + static_cast<std::size_t>(group) * Tile::kStripBytes;
        for (int strip = 0; strip < Tile::kStrips; ++strip) {
            for (int warp = 0; warp < 4; ++warp)
                for (int j = 0; j < Tile::kStripTiles; j += 2) {
                    Registers r{};
                    for (std::size_t lane = 0; lane < 32; ++lane)
                        for (std::size_t i = 0; i < 4; ++i) {
                            const float* of = sums[static_cast<std::size_t>(warp) * 32 + lane].data() +
                                              (strip * Tile::kStripTiles + j) * 4;
                            r[lane][i] =
                                to_half(of[i * 2]) | static_cast<std::uint32_t>(to_half(of[i * 2 + 1])) << 16;
                        }
                    emulate_stmatrix_trans(
                        shared_, r, [&](int lane) { return begin + Tile::strip_address(warp, lane, j); });
                }
            for (int thread = 0; thread < Tile::kGroupThreads; ++thread)
                Tile::write_strip(a_, row, position + strip * Tile::kStripPositions, thread,
                                  shared_.halves(begin));
        }
    }

    void block(const WgmmaGrid::Tile& tile, int rank) {
        const std::int64_t row = tile.first_row + std::int64_t{rank} * Tile::kRows;
        std::array<GroupSums, Tile::kGroups> sums;
        sums.fill(GroupSums(Tile::kGroupThreads));
        for (int step = 0; step < Tile::steps(a_.shape); ++step) {
            fetch(row, tile.first_position, step);
            for (int group = 0; group < Tile::kGroups; ++group)
                multiply(group, sums[static_cast<std::size_t>(group)]);
        }
        for (int group = 0; group < Tile::kGroups; ++group)
            write(sums[static_cast<std::size_t>(group)], group, row + group * Tile::kGroupRows,
                  tile.first_position);
    }

    const SparseGemmArguments& a_;
    WgmmaGrid grid_;
    EmulatedShared shared_;
};

// The emulated machine where it is a Hopper.
class EmulatedHopper : public EmulatedMachine {
  public:
    using EmulatedMachine::sparse_gemm;
    void sparse_gemm(WgmmaTile, const SparseGemmArguments& a) { EmulatedWgmma(a).run(); }
};

}  // namespace satsim::gpu::test
