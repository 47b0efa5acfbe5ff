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

using Directions = std::array<std::int64_t, 4>;

// Units of 16 bytes are exchanged by address: bits 4.. xor bits 7.., `bits` of them.
inline std::size_t swizzled(std::size_t address, int bits) {
    return address ^ (address >> 3 & ((std::size_t{1} << bits) - 1) << 4);
}

// An element of a matrix of four directions, the first contiguous and others packed behind it; zero outside.
template <class T>
T element_or_zero(const T* memory, const Directions& sizes, const Directions& at) {
    std::int64_t index = 0;
    for (std::size_t d = 4; d-- > 0;) {
        if (at[d] < 0 || at[d] >= sizes[d]) return T{0};
        index = index * sizes[d] + at[d];
    }
    return memory[index];
}

template <class T>
void emulate_box(EmulatedShared& shared, std::size_t to, const T* memory, const Directions& sizes,
                 const Directions& box, const Directions& begin, int swizzle_bits) {
    std::size_t address = to;
    Directions i{};
    for (i[3] = 0; i[3] < box[3]; ++i[3])
        for (i[2] = 0; i[2] < box[2]; ++i[2])
            for (i[1] = 0; i[1] < box[1]; ++i[1])
                for (i[0] = 0; i[0] < box[0]; ++i[0]) {
                    Directions at{};
                    for (std::size_t d = 0; d < 4; ++d) at[d] = begin[d] + i[d];
                    shared.store(swizzled(address, swizzle_bits), element_or_zero(memory, sizes, at));
                    address += sizeof(T);
                }
}

// Pixels in im2col mode: from base pixel (begin[1], begin[2]) of image begin[3] on, along a line of base
// pixels within the window, then the next line, then the next image; each read at its offset.
template <class T>
void emulate_pixels(EmulatedShared& shared, std::size_t to, const T* memory, const Directions& sizes,
                    const WgmmaWindow& x, const WgmmaWindow& y, int channels, int pixels, Directions begin,
                    int offset_x, int offset_y, int swizzle_bits) {
    ASSERT_TRUE(x.fits() && y.fits());
    ASSERT_TRUE(offset_x >= 0 && offset_x <= 255 && offset_y >= 0 && offset_y <= 255);
    std::size_t address = to;
    for (int pixel = 0; pixel < pixels; ++pixel) {
        for (int c = 0; c < channels; ++c) {
            const Directions at{begin[0] + c, begin[1] + offset_x, begin[2] + offset_y, begin[3]};
            shared.store(swizzled(address, swizzle_bits), element_or_zero(memory, sizes, at));
            address += sizeof(T);
        }
        begin[1] += x.stride;
        if (begin[1] <= sizes[1] - 1 + x.upper) continue;
        begin[1] = x.lower;
        begin[2] += y.stride;
        if (begin[2] <= sizes[2] - 1 + y.upper) continue;
        begin[2] = y.lower;
        ++begin[3];
    }
}

template <class Tile>
using GroupSums = std::vector<std::array<float, Tile::kSums>>;  // [thread of 128]

// m64nNk32, N the tile's positions, with A of four warps in registers and selector 0.
template <class Tile>
void emulate_wgmma_sp(GroupSums<Tile>& sums, const std::array<Registers, 4>& a, std::uint64_t descriptor,
                      const std::array<std::array<std::uint32_t, 32>, 4>& metadata,
                      const EmulatedShared& shared) {
    ASSERT_EQ(descriptor >> 62, 1U);  // 128-byte swizzle
    ASSERT_EQ(descriptor >> 49 & 7U, 0U);
    const std::size_t start = (descriptor & 0x3FFFU) << 4;
    const std::size_t eight_rows = (descriptor >> 32 & 0x3FFFU) << 4;
    std::vector<std::array<float, 32>> map(Tile::kPositions);
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
            for (std::size_t i = 0; i < Tile::kSums; ++i) {
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
template <class Tile>
class EmulatedWgmma {
  public:
    explicit EmulatedWgmma(const SparseGemmArguments& a)
        : a_(a), grid_(WgmmaGrid::of(a.shape, a.view, Tile::kPositions, {})), shared_(Tile::kSharedBytes) {}

    void run() {
        ASSERT_EQ(Tile::refusal(a_.shape, a_.view), nullptr);
        for (int t = 0; t < grid_.tiles(); ++t)
            for (int rank = 0; rank < grid_.cluster; ++rank) block(grid_.tile(t), rank);
    }

  private:
    void fetch(std::int64_t row, std::int64_t position, const typename Tile::StepPlace& at) {
        shared_ = EmulatedShared(Tile::kSharedBytes);
        const GatherView& v = a_.view;
        const WgmmaBox map = Tile::map_box(grid_.cluster);
        const int channel = at.step * Tile::kStepChannels;
        for (int from = 0; from < grid_.cluster; ++from) {  // the shares of all blocks of the cluster
            const std::size_t to = static_cast<std::size_t>(from) * map.rows * Tile::kMapRowBytes;
            const std::int64_t first = position + from * std::int64_t{map.rows};
            if (Tile::is_matrix(v)) {
                emulate_box(shared_, to, a_.map, {v.channels, v.positions(), 1, 1},
                            {map.columns, map.rows, 1, 1}, {channel, first, 0, 0}, 3);
                continue;
            }
            const WgmmaWindow x = WgmmaWindow::along_x(v);
            const WgmmaWindow y = WgmmaWindow::along_y(v);
            const GatherPosition base = gather_position_or_end(v, first);
            emulate_pixels(shared_, to, a_.map, {v.channels, v.in_w, v.in_h, v.batch}, x, y,
                           static_cast<int>(map.columns), static_cast<int>(map.rows),
                           {channel, std::int64_t{base.x} * v.stride_x + x.lower,
                            std::int64_t{base.y} * v.stride_y + y.lower, std::int64_t{base.image}},
                           at.offset_x(v, x), at.offset_y(v, y), 3);
        }
        const Compressed24Shape& shape = a_.shape;
        const int tap = at.weight_tap(v);
        const WgmmaBox values = Tile::value_box();
        emulate_box(shared_, Tile::kValueBegin, a_.values,
                    {shape.tap_chunks() * kChunkValues, shape.taps, shape.row_blocks() * kRowBlock, 1},
                    {values.columns, 1, values.rows, 1},
                    {at.step * Tile::kStepChunks * kChunkValues, tap, row, 0}, 2);
        const WgmmaBox words = Tile::metadata_box();
        emulate_box(shared_, Tile::kMetadataBegin, a_.metadata,
                    {32, shape.tap_chunks(), shape.taps, shape.row_blocks()},
                    {words.columns, words.rows, 1, Tile::kRows / kRowBlock},
                    {0, at.step * Tile::kStepChunks, tap, row / kRowBlock}, 0);
    }

    void multiply(int group, GroupSums<Tile>& sums) {
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
            emulate_wgmma_sp<Tile>(sums, values, Tile::map_descriptor(0, c), metadata, shared_);
        }
    }

    void add_bias(GroupSums<Tile>& sums, std::int64_t row) const {
        for (int warp = 0; warp < 4; ++warp)
            for (int lane = 0; lane < 32; ++lane) {
                auto& of = sums[static_cast<std::size_t>(warp * 32 + lane)];
                for (std::size_t i = 0; i < of.size(); ++i)
                    of[i] += bias_of(a_, row + Tile::result_row(warp, lane, static_cast<int>(i / 2 % 2 * 2)));
            }
    }

    void write(const GroupSums<Tile>& sums, int group, std::int64_t row, std::int64_t position) {
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
        std::array<GroupSums<Tile>, Tile::kGroups> sums;
        sums.fill(GroupSums<Tile>(Tile::kGroupThreads));
        typename Tile::StepPlace at;
        for (int step = 0; step < Tile::steps(a_); ++step) {
            fetch(row, tile.first_position, at);
            for (int group = 0; group < Tile::kGroups; ++group)
                multiply(group, sums[static_cast<std::size_t>(group)]);
            at.advance(a_.view, Tile::tap_steps(a_.shape));
        }
        for (int group = 0; group < Tile::kGroups; ++group) {
            GroupSums<Tile>& of = sums[static_cast<std::size_t>(group)];
            const std::int64_t group_row = row + group * Tile::kGroupRows;
            if (a_.bias != nullptr) add_bias(of, group_row);
            write(of, group, group_row, tile.first_position);
        }
    }

    const SparseGemmArguments& a_;
    WgmmaGrid grid_;
    EmulatedShared shared_;
};

// The emulated machine where it is a Hopper.
class EmulatedHopper : public EmulatedMachine {
  public:
    using EmulatedMachine::sparse_gemm;
    template <int Positions>
    void sparse_gemm(WgmmaTileOf<Positions>, const SparseGemmArguments& a) {
        EmulatedWgmma<WgmmaTileOf<Positions>>(a).run();
    }
};

}  // namespace satsim::gpu::test
