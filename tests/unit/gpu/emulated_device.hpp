// A GPU's threads on the CPU: the kernels' shared code run thread by thread, with a loop where the kernel has
// a barrier. mma.sp and ldmatrix are emulated from the PTX ISA's description of their registers.
#pragma once

#include <array>
#include <cstring>
#include <vector>

#include "runtime/gpu/kernels/launch.hpp"
#include "runtime/gpu/shared/sparse_tile.hpp"
#include "runtime/gpu/shared/update_tile.hpp"

namespace satsim::gpu::test {

template <UpdateRule Rule>
void run_update(const UpdateArguments& a) {
    UpdateTile tile;
    for (std::int64_t tap = 0; tap < a.taps; ++tap) {
        for (std::int64_t y = 0; y < UpdateBlock::row_tiles(a); ++y) {
            for (std::int64_t x = 0; x < UpdateBlock::column_tiles(a); ++x) {
                std::memset(&tile, 0xA5, sizeof tile);  // shared memory holds anything at first
                const UpdateBlock block(a, tap, y, x);
                if constexpr (Rule != UpdateRule::None) {
                    if (a.decays_pruned)
                        for (int t = 0; t < kUpdateThreads; ++t) block.rank_old(t, tile);
                }
                for (int t = 0; t < kUpdateThreads; ++t) {
                    if (UpdateBlock::compressed_groups(a) > 0)
                        block.template update<Rule, false>(t, tile);
                    else
                        block.template update<Rule, true>(t, tile);
                }

                for (int t = 0; t < kUpdateThreads; ++t) {
                    switch (UpdateBlock::compressed_groups(a)) {
                        case 4:
                            block.template pack_compressed<4>(t, tile);
                            break;
                        case 8:
                            block.template pack_compressed<8>(t, tile);
                            break;
                        default:
                            block.template pack<16>(t, tile);
                    }
                }
            }
        }
    }
}

using Registers = std::array<std::array<std::uint32_t, 4>, 32>;  // [lane][register]
using Sums = std::array<std::array<float, 4>, 32>;

inline std::uint16_t half_of(const Registers& r, int lane, int i) {
    return static_cast<std::uint16_t>(r[static_cast<std::size_t>(lane)][static_cast<std::size_t>(i / 2)] >>
                                      (i % 2 * 16));
}

// D += A*B of one mma.sp.m16n8k32: registers of all lanes to matrices, a plain product, and back. Sums are
// added in ascending k, which is one order that the hardware may use.
inline void emulate_mma_sp(Sums& c, const Registers& a, const Registers& b,
                           const std::array<std::uint32_t, 32>& metadata, int selector) {
    float dense[16][32] = {};
    float map[32][8] = {};
    for (int lane = 0; lane < 32; ++lane) {
        for (int i = 0; i < 8; ++i) {
            const Element at = a_element(lane, i);
            // Two stored elements a group of four; the word that holds their positions belongs to the lane of
            // the row (of eight) and of the half of K, in the pair of lanes that the selector names.
            const int group = at.column / 2;
            const std::size_t owner = static_cast<std::size_t>(at.row % 8 * 4 + selector * 2 + group / 4);
            const unsigned word = metadata[owner] >> (at.row / 8 * 16);
            const unsigned position = word >> (group % 4 * 4 + at.column % 2 * 2) & 3U;
            dense[at.row][static_cast<unsigned>(group) * 4 + position] += from_half(half_of(a, lane, i));
            const Element in_b = b_element(lane, i);
            map[in_b.row][in_b.column] = from_half(half_of(b, lane, i));
        }
    }
    for (int lane = 0; lane < 32; ++lane) {
        for (int i = 0; i < 4; ++i) {
            const Element at = c_element(lane, i);
            float& sum = c[static_cast<std::size_t>(lane)][static_cast<std::size_t>(i)];
            for (int k = 0; k < 32; ++k) sum += dense[at.row][k] * map[k][at.column];
        }
    }
}

// ldmatrix.x4: lane L's address is `address(L)`, in FP16 from `memory`.
template <class Address>
Registers emulate_ldmatrix(const std::vector<std::uint16_t>& memory, Address address) {
    Registers r{};
    for (int lane = 0; lane < 32; ++lane) {
        for (int matrix = 0; matrix < 4; ++matrix) {
            const std::size_t row = address(matrix * 8 + ldmatrix_row(lane));
            const std::size_t at = row + static_cast<std::size_t>(ldmatrix_column(lane));
            r[static_cast<std::size_t>(lane)][static_cast<std::size_t>(matrix)] =
                memory.at(at) | static_cast<std::uint32_t>(memory.at(at + 1)) << 16;
        }
    }
    return r;
}

// The kernel of sparse_gemm.cu, one block after the other.
template <class Tile>
class EmulatedSparseGemm {
  public:
    explicit EmulatedSparseGemm(const SparseGemmArguments& a) : a_(a), memory_(Tile::kSharedBytes / 2) {}

    void run() {
        const std::int64_t positions = a_.view.positions();
        for (first_row_ = 0; first_row_ < a_.shape.rows; first_row_ += Tile::kRows)
            for (first_position_ = 0; first_position_ < positions; first_position_ += Tile::kPositions)
                block();
    }

  private:
    static constexpr int kWarps = Tile::kThreads / 32;

    void copy(typename Tile::Copy c) {
        std::uint16_t* to = memory_.data() + static_cast<std::size_t>(c.to) * 8;
        if (!c.any)
            std::memset(to, 0, 16);
        else
            std::memcpy(to, c.from, 16);
    }
    // Every step into stage 0: what matters here is what is copied and read, not when.
    void fetch() {
        std::memset(memory_.data(), 0x7F, memory_.size() * 2);  // NaNs where nothing is copied
        std::array<typename Tile::ChunkPlace, Tile::kStepChunks> places;
        for (std::size_t c = 0; c < places.size(); ++c) {
            places[c] = Tile::place_of(a_, next_[c]);
            Tile::advance(a_, next_[c], Tile::kStepChunks);
        }
        const auto place = [&places](int c) { return places.at(static_cast<std::size_t>(c)); };
        for (int unit = 0; unit < Tile::kValueUnits; ++unit)
            copy(Tile::copy_values(a_, first_row_, unit, place(Tile::value_chunk(unit % Tile::kThreads))));
        for (int unit = 0; unit < Tile::kMetadataUnits; ++unit)
            copy(Tile::copy_metadata(a_, first_row_, unit, place(Tile::metadata_chunk(unit))));
        for (int thread = 0; thread < Tile::kThreads; ++thread) {
            for (int i = 0; i < Tile::kMapRowsOfThread; ++i) {
                const GatherRow row = gather_row(a_.view, first_position_ + Tile::map_row(thread, i));
                copy(Tile::copy_map(a_, row, thread, i, place(Tile::map_chunk(thread))));
            }
        }
    }
    void block() {
        std::vector<Sums> sums(static_cast<std::size_t>(kWarps * Tile::kRowTiles * Tile::kPositionTiles));
        const auto at = [](int warp, int i, int j) {
            return static_cast<std::size_t>((warp * Tile::kRowTiles + i) * Tile::kPositionTiles + j);
        };
        for (std::size_t c = 0; c < next_.size(); ++c) next_[c] = Tile::first_chunk(a_, static_cast<int>(c));
        for (int step = 0; step < Tile::steps(a_); ++step) {
            fetch();
            for (int warp = 0; warp < kWarps; ++warp)
                for (int c = 0; c < Tile::kStepChunks; ++c)
                    for (int i = 0; i < Tile::kRowTiles; ++i) {
                        std::array<std::uint32_t, 32> metadata{};
                        for (int lane = 0; lane < 32; ++lane) {
                            const auto word =
                                static_cast<std::size_t>(Tile::metadata_word(warp, lane, i / 2, c)) * 2;
                            metadata[static_cast<std::size_t>(lane)] =
                                memory_.at(word) | static_cast<std::uint32_t>(memory_.at(word + 1)) << 16;
                        }
                        const Registers values = emulate_ldmatrix(memory_, [&](int lane) {
                            return static_cast<std::size_t>(Tile::value_unit(warp, lane, i, c)) * 8;
                        });
                        for (int j = 0; j < Tile::kPositionTiles; ++j) {
                            const Registers map = emulate_ldmatrix(memory_, [&](int lane) {
                                return static_cast<std::size_t>(Tile::map_unit(warp, lane, j, c)) * 8;
                            });
                            emulate_mma_sp(sums[at(warp, i, j)], values, map, metadata, i % 2);
                        }
                    }
        }
        for (int warp = 0; warp < kWarps; ++warp)
            for (int i = 0; i < Tile::kRowTiles; ++i)
                for (int j = 0; j < Tile::kPositionTiles; ++j)
                    for (int lane = 0; lane < 32; ++lane)
                        for (int e = 0; e < 4; ++e) {
                            float sum = sums[at(warp, i, j)][static_cast<std::size_t>(lane)]
                                            [static_cast<std::size_t>(e)];
                            if (a_.bias != nullptr)  // as add_bias: sums 2h and 2h + 1 by the row of 2h
                                sum += bias_of(a_, first_row_ + Tile::result_row(warp, lane, i, e / 2 * 2));
                            memory_.at(static_cast<std::size_t>(Tile::result_at(warp, lane, i, j, e))) =
                                to_half(sum);
                        }
        for (int thread = 0; thread < Tile::kThreads; ++thread)
            Tile::write_result(a_, first_row_, first_position_, thread, memory_.data());
    }

    const SparseGemmArguments& a_;
    std::vector<std::uint16_t> memory_;
    std::array<typename Tile::ChunkCursor, Tile::kStepChunks> next_{};
    std::int64_t first_row_ = 0;
    std::int64_t first_position_ = 0;
};

// Memory and kernels of the emulated device.
class EmulatedMachine {
  public:
    template <class T>
    T* put(std::vector<T>& values) {
        return values.data();
    }
    template <class T>
    void get(std::vector<T>&) {}

    void update(UpdateRule rule, const UpdateArguments& a) {
        if (rule == UpdateRule::Sgd) run_update<UpdateRule::Sgd>(a);
        if (rule == UpdateRule::Adam) run_update<UpdateRule::Adam>(a);
        if (rule == UpdateRule::AdamW) run_update<UpdateRule::AdamW>(a);
        if (rule == UpdateRule::None) run_update<UpdateRule::None>(a);
    }
    void sparse_gemm(SparseTileSize size, const SparseGemmArguments& a) {
        if (size == SparseTileSize::Large) EmulatedSparseGemm<LargeSparseTile>(a).run();
        if (size == SparseTileSize::Medium) EmulatedSparseGemm<MediumSparseTile>(a).run();
        if (size == SparseTileSize::Small) EmulatedSparseGemm<SmallSparseTile>(a).run();
    }
};

}  // namespace satsim::gpu::test
