#include "runtime/schedule/emit_gemm_os.hpp"

#include <stdexcept>
#include <utility>

#include "runtime/schedule/emit_common.hpp"

namespace satsim::schedule {
namespace {

namespace load = isa::load;
namespace stce = isa::stce;
namespace store = isa::store;

constexpr std::int64_t kWordBytes = 8;

// One column tile as it is loaded and computed.
struct ColumnTile {
    int slots = 1;                 // sc
    std::int64_t columns = 0;      // valid ones
    std::int64_t width = 0;        // C * sc, computed
    std::int64_t index_words = 0;  // of the indices of one pair
    bool last = false;
};

class OsEmitter {
  public:
    OsEmitter(const GemmTask& task, const GemmSchedule& schedule, const isa::ArrayConfig& array, OsPlan plan)
        : task_(task), schedule_(schedule), array_(array), plan_(std::move(plan)), layout_(plan_.layout) {}

    isa::Program emit() {
        isa::Program program;
        program.config = array_;
        program.address = layout_.program;
        program.streams[static_cast<int>(isa::Engine::Load)] = load_stream();
        program.streams[static_cast<int>(isa::Engine::Stce)] = stce_stream();
        program.streams[static_cast<int>(isa::Engine::Store)] = store_stream();
        program.semaphores[kWestFree] = 2;
        program.semaphores[kNorthFree] = static_cast<std::uint8_t>(plan_.north_halves);
        program.semaphores[kResultFree] = plan_.result_tiles;
        return program;
    }

  private:
    [[nodiscard]] bool columns_outside() const { return schedule_.order == LoopOrder::ColumnsOutside; }
    [[nodiscard]] bool streams_b() const { return !columns_outside() || !schedule_.b_resident; }
    [[nodiscard]] int strip_rows() const { return plan_.strip.rows; }
    // Rows of C, or strips of them, that LOAD gathers one after the other.
    [[nodiscard]] std::int64_t rows() const { return plan_.strip.gather.positions(); }

    [[nodiscard]] std::int64_t panels() const { return ceil_div(task_.shape.n, schedule_.tile_n); }
    [[nodiscard]] ColumnTile column_tile(bool last) const {
        const std::int64_t first = last ? (panels() - 1) * schedule_.tile_n : 0;
        ColumnTile tile;
        tile.columns = last ? task_.shape.n - first : schedule_.tile_n;
        tile.slots =
            last ? column_slots_for(first, tile.columns, layout_.nm, array_) : schedule_.column_slots;
        tile.width = std::int64_t{array_.columns} * tile.slots;
        tile.index_words = array_.index_row_words(tile.slots);
        tile.last = last;
        return tile;
    }

    // body(ColumnTile) for every panel of columns, panels before the last in loops. next_word() where the
    // panels of a round have made up a word of indices more.
    template <typename Body, typename NextWord>
    void for_columns(StreamBuilder& b, Body&& body, NextWord&& next_word) const {
        const std::int64_t round = plan_.index_panels.round;
        const ColumnTile full = column_tile(false);
        const std::int64_t before_last = panels() - 1;
        b.loop(before_last / round, [&] {
            b.loop(round, [&] { body(full); });
            if (round > 1) next_word();
        });
        b.loop(before_last % round, [&] { body(full); });
        body(column_tile(true));
    }
    template <typename Body>
    void for_columns(StreamBuilder& b, Body&& body) const {
        for_columns(b, std::forward<Body>(body), [] {});
    }

    template <typename Body>
    void for_rows(StreamBuilder& b, Body&& body) {
        peeled(b, rows(), schedule_.tile_m, body);
    }

    // body(chunk, last) for every chunk of K, chunks that differ only in their place in loops: next(run,
    // times) moves on.
    template <typename Body, typename Next>
    void for_chunks(StreamBuilder& b, Body&& body, Next&& next) const {
        for (const ChunkRun& run : chunk_runs(plan_.chunks)) {
            const Chunk& chunk = plan_.chunks[run.first];
            b.loop(run.count, [&] {
                body(chunk, &chunk == &plan_.chunks.back());
                if (run.count > 1) next(run, 1);
            });
            if (run.count > 1) next(run, -run.count);
        }
    }

    // ---- LOAD
    // -------------------------------------------------------------------------------------------------

    void set_west_geometry(StreamBuilder& b) const {
        const Gather& g = plan_.strip.gather;
        b.set(load::px, layout_.a_pitch);
        b.set(load::py, layout_.a_row);
        b.set(load::pb, layout_.a_image);
        b.set(load::grid_w, g.grid_w);
        b.set(load::grid_h, g.grid_h);
        b.set(load::sx, g.stride_x);
        b.set(load::sy, g.stride_y);
        b.set(load::in_w, g.in_w);
        b.set(load::in_h, g.in_h);
        b.set(load::dest_kind, 0);
    }

    void load_west_chunk(StreamBuilder& b, const Chunk& chunk, std::int64_t positions, bool advance) const {
        b.wait(kWestFree);
        set_west_geometry(b);
        b.set(load::count, positions);
        for (const Segment& s : chunk.segments) {
            const Tap& tap = plan_.strip.gather.taps[static_cast<std::size_t>(s.tap)];
            const bool last = &s == &chunk.segments.back();
            b.set(load::ox, tap.dx);
            b.set(load::oy, tap.dy);
            b.add(load::base, kBaseA, layout_.offset_of(s.tap) + s.group * layout_.nm.m * 2);
            if (task_.gather.tail.channels > 0) b.set(load::px, layout_.pitch_of(s.tap));
            b.set(load::len, s.bytes);
            b.add(load::dest, kWestHalf, s.offset);
            b.set(load::stride, s.lines);
            isa::RunFields run;
            run.flags = last && advance ? load::kAdvance : 0U;
            if (last) run.push_end = kWestFull;
            b.run(run);
        }
        b.toggle(kWestHalf, plan_.west_half_lines);
    }

    // Rows of B from `row` on, as a matrix of `row_bytes` wide rows out of rows of `pitch` bytes.
    static void load_matrix(StreamBuilder& b, int base, std::int64_t offset, std::int64_t rows,
                            std::int64_t row_bytes, std::int64_t pitch, int dest, const isa::RunFields& run) {
        const bool contiguous = row_bytes == pitch;
        b.add(load::base, base, offset);
        b.set(load::len, contiguous ? rows * row_bytes : row_bytes);
        b.set(load::count, contiguous ? 1 : rows);
        b.set(load::px, pitch);
        b.add(load::dest, dest, 0);
        b.run(run);
    }

    void load_north(StreamBuilder& b, const ColumnTile& tile, std::int64_t first_row,
                    std::int64_t count) const {
        b.wait(kNorthFree);
        for (const int reg : {load::py, load::pb, load::ox, load::oy, load::b0, load::y0, load::x0})
            b.set(reg, 0);
        for (const int reg : {load::sx, load::sy, load::grid_h, load::in_h}) b.set(reg, 1);
        b.set(load::grid_w, count);
        b.set(load::in_w, count);
        b.set(load::dest_kind, 2);
        isa::RunFields run;
        run.flags = load::kSeek;
        if (layout_.nm.dense()) run.push_end = kNorthFull;
        load_matrix(b, kBaseB, first_row * layout_.b_pitch, count, tile.width * 2, layout_.b_pitch,
                    kNorthHalf, run);
        b.toggle(kNorthHalf, plan_.north_halves == 2 ? plan_.north_half_words : 0);
        if (layout_.nm.dense()) return;
        b.set(load::dest_kind, 3);
        run.push_end = kNorthFull;
        load_matrix(b, kBaseIndex, first_row * layout_.indices_pitch, count, tile.index_words * kWordBytes,
                    layout_.indices_pitch, kIndexHalf, run);
        b.toggle(kIndexHalf, plan_.north_halves == 2 ? plan_.index_half_words : 0);
    }

    // Forward after a panel; back to the first panel after the last one.
    void next_panel_b(StreamBuilder& b, const ColumnTile& tile) const {
        const std::int64_t last = (panels() - 1) * schedule_.tile_n;
        b.add(kBaseB, kBaseB, (tile.last ? -last : schedule_.tile_n) * 2);
        if (layout_.nm.dense()) return;
        const std::int64_t words = tile.last ? -(last / isa::kIndicesOfWord) : plan_.index_panels.words;
        b.add(kBaseIndex, kBaseIndex, words * kWordBytes);
    }

    void next_chunk(StreamBuilder& b, const ChunkRun& run, std::int64_t times) const {
        b.add(kBaseA, kBaseA, times * run.groups * layout_.nm.m * 2);
        if (!streams_b()) return;
        b.add(kBaseB, kBaseB, times * run.b_rows * layout_.b_pitch);
        if (!layout_.nm.dense()) b.add(kBaseIndex, kBaseIndex, times * run.b_rows * layout_.indices_pitch);
    }

    template <typename Body>
    void for_columns_b(StreamBuilder& b, Body&& load) const {
        for_columns(
            b,
            [&](const ColumnTile& tile) {
                load(tile);
                next_panel_b(b, tile);
            },
            [&] { b.add(kBaseIndex, kBaseIndex, kWordBytes); });
    }

    std::vector<isa::Instruction> load_stream() {
        StreamBuilder b;
        b.set(kWestHalf, 0);
        b.set(kNorthHalf, 0);
        b.set(kIndexHalf, 0);
        b.set(kBaseA, layout_.a);
        b.set(kBaseB, layout_.b);
        b.set(kBaseIndex, layout_.indices);
        // A walk over all positions ends one batch further on; stepping the base back starts the next walk.
        const std::int64_t walk = task_.gather.batch * layout_.a_image;
        b.loop(task_.count, [&] {
            if (columns_outside()) {
                for_columns_b(b, [&](const ColumnTile& tile) {
                    if (!streams_b()) load_north(b, tile, 0, layout_.k_rows);
                    for_rows(b, [&](std::int64_t positions, bool) {
                        for_chunks(
                            b,
                            [&](const Chunk& chunk, bool last) {
                                load_west_chunk(b, plan_.fetched(chunk), positions, last);
                                if (streams_b())
                                    load_north(b, tile, chunk.segments.front().b_row, chunk.b_rows);
                            },
                            [&](const ChunkRun& run, std::int64_t times) { next_chunk(b, run, times); });
                    });
                    b.add(kBaseA, kBaseA, -walk);
                });
            } else {
                for_rows(b, [&](std::int64_t positions, bool) {
                    load_west_chunk(b, plan_.fetched(plan_.chunks.front()), positions, true);
                    for_columns_b(b, [&](const ColumnTile& tile) { load_north(b, tile, 0, layout_.k_rows); });
                });
                b.add(kBaseA, kBaseA, -walk);
            }
            b.add(kBaseA, kBaseA, layout_.a_stride);
            b.add(kBaseB, kBaseB, layout_.b_stride);
            b.add(kBaseIndex, kBaseIndex, layout_.indices_stride);
        });
        b.halt();
        return b.take();
    }

    // ---- STCE
    // -------------------------------------------------------------------------------------------------

    // Which operands an output tile waits for, and which its last operation releases for good.
    struct Turn {
        bool waits_west = false;
        bool frees_west = false;
        bool frees_panel = false;
        bool first_of_strip = true;
        bool last_of_strip = true;
    };

    // The output tiles of a strip, which share their operands; kWestHalf goes from row to row and back.
    void compute_tiles(StreamBuilder& b, std::int64_t positions, const ColumnTile& tile, Turn turn) const {
        const int rows = strip_rows();
        turn.last_of_strip = rows == 1;
        b.add(kWestHalf, kWestHalf, plan_.first_line(0));
        compute_tile(b, positions, tile, turn);
        if (rows == 1) return;
        const std::int64_t step = plan_.first_line(1) - plan_.first_line(0);
        turn.first_of_strip = false;
        b.loop(rows - 2, [&] {
            b.add(kWestHalf, kWestHalf, step);
            compute_tile(b, positions, tile, turn);
        });
        turn.last_of_strip = true;
        b.add(kWestHalf, kWestHalf, step);
        compute_tile(b, positions, tile, turn);
    }

    void compute_tile(StreamBuilder& b, std::int64_t positions, const ColumnTile& tile, Turn turn) const {
        const bool frees_west = turn.frees_west && turn.last_of_strip;
        const bool frees_panel = turn.frees_panel && turn.last_of_strip;
        const bool frees_north = streams_b() && turn.last_of_strip;
        const auto slots = static_cast<int>(ceil_div<std::int64_t>(positions, array_.rows));
        b.set(stce::sr, slots);
        b.set(stce::sc, tile.slots);
        b.set(stce::rows, slots > 1 ? array_.rows : positions);
        const auto compute = [&](const Chunk& chunk, bool last_chunk) {
            const bool first_chunk = &chunk == &plan_.chunks.front();
            if (turn.waits_west && turn.first_of_strip) b.wait(kWestFull);
            if (streams_b() && turn.first_of_strip) b.wait(kNorthFull);
            for (const Segment& s : chunk.segments) {
                const bool first = first_chunk && &s == &chunk.segments.front();
                const bool chunk_end = &s == &chunk.segments.back();
                const bool last = last_chunk && chunk_end;
                // Rows of B on chip begin at the panel's (resident) or the chunk's (streamed) first row.
                const std::int64_t row = streams_b() ? s.b_row - chunk.segments.front().b_row : s.b_row;
                b.add(stce::wa, kWestHalf, s.offset);
                b.set(stce::wstride, s.lines);
                b.add(stce::nv, kNorthHalf, row * tile.width * 2 / kWordBytes);
                if (!layout_.nm.dense())
                    b.add(stce::ni, kIndexHalf, row * tile.index_words * isa::kIndexUnitsOfWord);
                b.set(stce::groups, s.groups);
                isa::RunFields run;
                run.flags = (first ? stce::kFirst : 0U) | (last ? stce::kLast : 0U) |
                            (layout_.nm.dense() ? stce::kDense : 0U) |
                            (task_.out == ElementType::Fp16 ? stce::kOutFp16 : 0U);
                if (chunk_end && frees_west) run.push_early0 = kWestFree;
                if (chunk_end && frees_north) run.push_early1 = kNorthFree;
                if (last && frees_panel) run.push_early1 = kNorthFree;
                if (last) {
                    run.push_end = kResultFull;
                    b.wait(kResultFree);
                }
                b.run(run);
            }
            if (turn.last_of_strip) b.add(kWestHalf, kWestHalf, -plan_.first_line(strip_rows() - 1));
            if (frees_west) b.toggle(kWestHalf, plan_.west_half_lines);
            if (frees_north) toggle_north(b);
        };
        // A resident panel's rows have an address for every chunk; of those that stream, each has the same.
        if (streams_b()) {
            for_chunks(b, compute, [](const ChunkRun&, std::int64_t) {});
        } else {
            for (const Chunk& chunk : plan_.chunks) compute(chunk, &chunk == &plan_.chunks.back());
        }
        b.add(stce::ra, stce::ra, plan_.result_tile);
    }

    void toggle_north(StreamBuilder& b) const {
        if (plan_.north_halves != 2) return;
        b.toggle(kNorthHalf, plan_.north_half_words);
        if (!layout_.nm.dense()) b.toggle(kIndexHalf, plan_.index_half_words * isa::kIndexUnitsOfWord);
    }

    // kIndexHalf counts units here: those of the half, and below them where in its first word the panel
    // begins.
    template <typename Body>
    void for_computed_columns(StreamBuilder& b, Body&& compute) const {
        const std::int64_t last = (panels() - 1) * schedule_.tile_n % isa::kIndicesOfWord;
        for_columns(
            b,
            [&](const ColumnTile& tile) {
                compute(tile);
                if (layout_.nm.dense()) return;
                b.add(kIndexHalf, kIndexHalf,
                      tile.last ? -last / isa::kIndicesOfUnit : plan_.index_panels.units);
            },
            [&] { b.add(kIndexHalf, kIndexHalf, -isa::kIndexUnitsOfWord); });
    }

    std::vector<isa::Instruction> stce_stream() {
        StreamBuilder b;
        b.set(kWestHalf, 0);
        b.set(kNorthHalf, 0);
        b.set(kIndexHalf, 0);
        b.set(stce::ra, 0);
        b.set(stce::n, layout_.nm.n);
        b.set(stce::m, layout_.nm.m);
        b.loop(task_.count, [&] {
            if (columns_outside()) {
                for_computed_columns(b, [&](const ColumnTile& tile) {
                    if (!streams_b()) b.wait(kNorthFull);
                    for_rows(b, [&](std::int64_t positions, bool last) {
                        compute_tiles(
                            b, positions, tile,
                            {.waits_west = true, .frees_west = true, .frees_panel = last && !streams_b()});
                    });
                    if (!streams_b()) toggle_north(b);
                });
            } else {
                for_rows(b, [&](std::int64_t positions, bool) {
                    b.wait(kWestFull);
                    for_computed_columns(b, [&](const ColumnTile& tile) {
                        compute_tiles(b, positions, tile, {.frees_west = tile.last});
                    });
                });
            }
        });
        b.halt();
        return b.take();
    }

    // ---- STORE
    // ------------------------------------------------------------------------------------------------

    // The tiles of a strip lie an image row of C apart; the walk goes on behind the last.
    void store_tiles(StreamBuilder& b, std::int64_t positions, const ColumnTile& tile, bool advance) const {
        const std::int64_t step = task_.scatter.step_y * layout_.c_row;
        b.loop(strip_rows() - 1, [&] {
            store_tile(b, positions, tile, false);
            b.add(kBaseC, kBaseC, step);
        });
        store_tile(b, positions, tile, advance);
        b.add(kBaseC, kBaseC, -(strip_rows() - 1) * step);
    }

    void store_tile(StreamBuilder& b, std::int64_t positions, const ColumnTile& tile, bool advance) const {
        b.wait(kResultFull);
        b.add(store::base, kBaseC, 0);
        b.set(store::count, positions);
        b.set(store::sc, tile.slots);
        b.set(store::len, round_up<std::int64_t>(tile.columns * result_bytes(task_), kWordBytes));
        isa::RunFields run;
        run.flags = (advance ? store::kAdvance : 0U) | (task_.out == ElementType::Fp16 ? store::kFp16 : 0U);
        run.push_early0 = kResultFree;
        b.run(run);
        b.add(store::src, store::src, plan_.result_tile);
    }

    std::vector<isa::Instruction> store_stream() {
        const Gather& g = plan_.strip.gather;
        const Scatter& s = task_.scatter;
        StreamBuilder b;
        b.set(kBaseC, layout_.c + s.off_y * layout_.c_row + s.off_x * layout_.c_pitch);
        b.set(store::px, s.step_x * layout_.c_pitch);
        b.set(store::py, strip_rows() * s.step_y * layout_.c_row);
        b.set(store::pb, layout_.c_image);
        b.set(store::grid_w, g.grid_w);
        b.set(store::grid_h, g.grid_h);
        b.set(store::src, 0);
        b.set(store::src_kind, 0);
        const std::int64_t walk = g.batch * layout_.c_image;
        const std::int64_t step = schedule_.tile_n * result_bytes(task_);
        const auto next_panel = [&](const ColumnTile& tile) {
            b.add(kBaseC, kBaseC, tile.last ? -(panels() - 1) * step : step);
        };
        b.loop(task_.count, [&] {
            if (columns_outside()) {
                for_columns(b, [&](const ColumnTile& tile) {
                    for_rows(b, [&](std::int64_t positions, bool) { store_tiles(b, positions, tile, true); });
                    b.add(kBaseC, kBaseC, -walk);
                    next_panel(tile);
                });
            } else {
                for_rows(b, [&](std::int64_t positions, bool) {
                    for_columns(b, [&](const ColumnTile& tile) {
                        store_tiles(b, positions, tile, tile.last);
                        next_panel(tile);
                    });
                });
                b.add(kBaseC, kBaseC, -walk);
            }
            b.add(kBaseC, kBaseC, layout_.c_stride);
        });
        b.halt();
        return b.take();
    }

    const GemmTask& task_;
    const GemmSchedule& schedule_;
    const isa::ArrayConfig& array_;
    OsPlan plan_;
    const GemmLayout& layout_;
};

}  // namespace

isa::Program emit_gemm_os(const GemmTask& task, const GemmSchedule& schedule, const MachineView& machine) {
    OsPlan plan = plan_os(task, schedule, machine.array);
    if (!plan.valid())
        throw std::logic_error("schedule of layer " + task.layer + " does not fit the buffers");
    return OsEmitter(task, schedule, machine.array, std::move(plan)).emit();
}

}  // namespace satsim::schedule
