#include "runtime/schedule/emit_gemm_wu.hpp"

#include <algorithm>
#include <stdexcept>

#include "runtime/schedule/emit_common.hpp"
#include "runtime/schedule/result_tiles.hpp"

namespace satsim::schedule {
namespace {

namespace load = isa::load;
namespace stce = isa::stce;
namespace store = isa::store;

constexpr std::int64_t kWordBytes = 8;
constexpr int kWordElements = 4;
constexpr std::int64_t kDestWestQuads = 5;

struct ColumnTile {
    int slots = 1;
    std::int64_t columns = 0;
    std::int64_t width = 0;
    bool last = false;
};

class WuEmitter {
  public:
    WuEmitter(const GemmTask& task, const GemmSchedule& schedule, const isa::ArrayConfig& array, WuPlan plan)
        : task_(task), schedule_(schedule), array_(array), plan_(std::move(plan)), layout_(plan_.layout) {}

    isa::Program emit() {
        isa::Program program;
        program.config = array_;
        program.address = layout_.program;
        program.streams[static_cast<int>(isa::Engine::Load)] = load_stream();
        program.streams[static_cast<int>(isa::Engine::Stce)] = stce_stream();
        program.streams[static_cast<int>(isa::Engine::Store)] = store_stream();
        program.semaphores[kWestFree] = 2;
        program.semaphores[kNorthFree] = 2;
        program.semaphores[kResultFree] = plan_.result_tiles;
        return program;
    }

  private:
    [[nodiscard]] std::int64_t positions() const { return task_.shape.k; }
    [[nodiscard]] std::int64_t panels() const { return ceil_div(task_.shape.n, schedule_.tile_n); }
    [[nodiscard]] bool half() const { return task_.out == ElementType::Fp16; }

    template <typename Body>
    void for_columns(StreamBuilder& b, Body&& body) {
        peeled(b, task_.shape.n, schedule_.tile_n, [&](std::int64_t columns, bool last) {
            ColumnTile tile;
            tile.columns = columns;
            tile.slots = last ? static_cast<int>(ceil_div<std::int64_t>(columns, array_.columns))
                              : schedule_.column_slots;
            tile.width = std::int64_t{array_.columns} * tile.slots;
            tile.last = last;
            body(tile);
        });
    }

    // body(tile) for all tiles of rows; `step` moves a base register by one repetition, in channels.
    template <typename Body, typename Step>
    void for_rows(StreamBuilder& b, Step&& step, Body&& body) {
        for (const RowTileGroup& group : plan_.tiles) {
            b.loop(group.repeat, [&] {
                body(group.tile);
                if (group.repeat > 1) step(group.channel_step);
            });
            if (group.repeat > 1) step(-group.channel_step * group.repeat);
        }
    }

    // ---- LOAD
    // -------------------------------------------------------------------------------------------------

    void load_west(StreamBuilder& b, const RowTile& tile, std::int64_t count) const {
        const Gather& g = task_.gather;
        b.wait(kWestFree);
        b.set(load::px, layout_.a_pitch);
        b.set(load::py, layout_.a_row);
        b.set(load::pb, layout_.a_image);
        b.set(load::grid_w, g.grid_w);
        b.set(load::grid_h, g.grid_h);
        b.set(load::sx, g.stride_x);
        b.set(load::sy, g.stride_y);
        b.set(load::in_w, g.in_w);
        b.set(load::in_h, g.in_h);
        b.set(load::dest_kind, kDestWestQuads);
        b.set(load::stride, plan_.position_lines);
        b.set(load::count, count);
        b.add(load::dest, kWestHalf, 0);
        for (const RowRun& run : tile.runs) {
            const Tap& tap = g.taps[static_cast<std::size_t>(run.tap)];
            const bool last = &run == &tile.runs.back();
            b.set(load::ox, tap.dx);
            b.set(load::oy, tap.dy);
            b.add(load::base, kBaseA, layout_.offset_of(run.tap) + run.channel * 2);
            if (g.tail.channels > 0) b.set(load::px, layout_.pitch_of(run.tap));
            b.set(load::len, run.words() * kWordBytes);
            b.set(load::word0, run.word);
            isa::RunFields fields;
            fields.flags = last ? load::kAdvance : 0U;
            if (last) fields.push_end = kWestFull;
            b.run(fields);
        }
        b.toggle(kWestHalf, plan_.west_half_lines);
    }

    // Rows of dY; positions past the end are zeros, so that the last group of K is whole.
    void load_north(StreamBuilder& b, const ColumnTile& tile, std::int64_t count) const {
        const std::int64_t rows = round_up<std::int64_t>(count, layout_.nm.m);
        const bool contiguous = rows == count && tile.width * 2 == layout_.b_pitch;
        b.wait(kNorthFree);
        for (const int reg : {load::py, load::pb, load::ox, load::oy, load::b0, load::y0}) b.set(reg, 0);
        for (const int reg : {load::sx, load::sy, load::grid_h, load::in_h}) b.set(reg, 1);
        b.add(load::x0, kPosition, 0);
        b.set(load::grid_w, round_up<std::int64_t>(positions(), layout_.nm.m) + 1);
        b.set(load::in_w, positions());
        b.set(load::dest_kind, 2);
        b.set(load::px, layout_.b_pitch);
        b.add(load::base, kBaseB, 0);
        b.set(load::len, contiguous ? rows * layout_.b_pitch : tile.width * 2);
        b.set(load::count, contiguous ? 1 : rows);
        b.add(load::dest, kNorthHalf, 0);
        isa::RunFields run;
        run.flags = load::kSeek;
        run.push_end = kNorthFull;
        b.run(run);
        b.toggle(kNorthHalf, plan_.north_half_words);
        b.add(kPosition, kPosition, count);
    }

    std::vector<isa::Instruction> load_stream() {
        StreamBuilder b;
        b.set(kWestHalf, 0);
        b.set(kNorthHalf, 0);
        b.set(kBaseA, layout_.a);
        b.set(kBaseB, layout_.b);
        const std::int64_t walk = task_.gather.batch * layout_.a_image;
        const auto step = [&](std::int64_t channels) { b.add(kBaseA, kBaseA, channels * 2); };
        b.loop(task_.count, [&] {
            for_rows(b, step, [&](const RowTile& rows) {
                for_columns(b, [&](const ColumnTile& columns) {
                    b.set(kPosition, 0);
                    peeled(b, positions(), plan_.chunk_positions, [&](std::int64_t count, bool) {
                        load_west(b, rows, count);
                        load_north(b, columns, count);
                    });
                    b.add(kBaseA, kBaseA, -walk);
                    b.add(kBaseB, kBaseB,
                          (columns.last ? -(panels() - 1) * schedule_.tile_n : schedule_.tile_n) * 2);
                });
            });
            b.add(kBaseA, kBaseA, layout_.a_stride);
            b.add(kBaseB, kBaseB, layout_.b_stride);
        });
        b.halt();
        return b.take();
    }

    // ---- STCE
    // -------------------------------------------------------------------------------------------------

    void compute_chunk(StreamBuilder& b, std::int64_t count, bool first, bool last) const {
        b.set(stce::groups, ceil_div<std::int64_t>(count, layout_.nm.m));
        b.add(stce::wa, kWestHalf, 0);
        b.add(stce::nv, kNorthHalf, 0);
        b.wait(kWestFull);
        b.wait(kNorthFull);
        isa::RunFields run;
        run.flags = stce::kTransposed | stce::kDense | (first ? stce::kFirst : 0U) |
                    (last ? stce::kLast : 0U) | (half() ? stce::kOutFp16 : 0U);
        run.push_early0 = kWestFree;
        run.push_early1 = kNorthFree;
        if (last) {
            run.push_end = kResultFull;
            b.wait(kResultFree);
        }
        b.run(run);
        b.toggle(kWestHalf, plan_.west_half_lines);
        b.toggle(kNorthHalf, plan_.north_half_words);
    }

    std::vector<isa::Instruction> stce_stream() {
        StreamBuilder b;
        b.set(kWestHalf, 0);
        b.set(kNorthHalf, 0);
        b.set(stce::ra, 0);
        b.set(stce::n, layout_.nm.n);
        b.set(stce::m, layout_.nm.m);
        b.set(stce::wstride, plan_.position_lines);
        const std::int64_t chunks = ceil_div(positions(), plan_.chunk_positions);
        const std::int64_t tail = positions() - (chunks - 1) * plan_.chunk_positions;
        b.loop(task_.count, [&] {
            for_rows(
                b, [](std::int64_t) {},
                [&](const RowTile& rows) {
                    b.set(stce::sr, rows.row_slots(array_.rows));
                    b.set(stce::rows, std::min<std::int64_t>(rows.rows(), array_.rows));
                    for_columns(b, [&](const ColumnTile& columns) {
                        b.set(stce::sc, columns.slots);
                        if (chunks == 1) {
                            compute_chunk(b, tail, true, true);
                        } else {
                            compute_chunk(b, plan_.chunk_positions, true, false);
                            b.loop(chunks - 2,
                                   [&] { compute_chunk(b, plan_.chunk_positions, false, false); });
                            compute_chunk(b, tail, false, true);
                        }
                        b.add(stce::ra, stce::ra, plan_.result_tile);
                    });
                });
        });
        b.halt();
        return b.take();
    }

    // ---- STORE
    // ------------------------------------------------------------------------------------------------

    std::vector<isa::Instruction> store_stream() {
        StreamBuilder b;
        b.set(kWestHalf, 0);  // here: the tile's first result address
        b.set(kBaseC, layout_.c);
        for (const int reg : {store::py, store::pb, store::b0, store::y0, store::x0, store::src_kind})
            b.set(reg, 0);
        b.set(store::px, layout_.c_pitch);
        b.set(store::grid_w, schedule_.tile_m + 1);
        b.set(store::grid_h, 1);
        const auto step = [&](std::int64_t channels) { b.add(kBaseC, kBaseC, channels * layout_.c_pitch); };
        b.loop(task_.count, [&] {
            for_rows(b, step, [&](const RowTile& rows) {
                for_columns(b, [&](const ColumnTile& columns) {
                    b.set(store::sc, columns.slots);
                    b.set(store::len,
                          round_up<std::int64_t>(columns.columns * result_bytes(task_), kWordBytes));
                    b.wait(kResultFull);
                    for (const RowRun& run : rows.runs) {
                        const int tap = task_.gather.taps[static_cast<std::size_t>(run.tap)].weight_tap;
                        const std::int64_t row = std::int64_t{tap} * task_.gather.channels + run.channel;
                        b.set(store::count, run.channels);
                        b.add(store::base, kBaseC, row * layout_.c_pitch);
                        b.add(store::src, kWestHalf, run.word * kWordElements * columns.slots);
                        isa::RunFields fields;
                        fields.flags = store::kSeek | (half() ? store::kFp16 : 0U);
                        if (&run == &rows.runs.back()) fields.push_early0 = kResultFree;
                        b.run(fields);
                    }
                    b.add(kWestHalf, kWestHalf, plan_.result_tile);
                    b.add(kBaseC, kBaseC,
                          (columns.last ? -(panels() - 1) * schedule_.tile_n : schedule_.tile_n) *
                              result_bytes(task_));
                });
            });
            b.add(kBaseC, kBaseC, layout_.c_stride);
        });
        b.halt();
        return b.take();
    }

    const GemmTask& task_;
    const GemmSchedule& schedule_;
    const isa::ArrayConfig& array_;
    WuPlan plan_;
    const GemmLayout& layout_;
};

// Neighbouring tiles that differ only by their channel become one group.
std::vector<RowTileGroup> group_tiles(const std::vector<RowTile>& tiles) {
    std::vector<RowTileGroup> groups;
    for (const RowTile& tile : tiles) {
        if (!groups.empty() && tile.runs.size() == 1 && groups.back().tile.runs.size() == 1) {
            RowTileGroup& group = groups.back();
            const RowRun& first = group.tile.runs.front();
            const RowRun& run = tile.runs.front();
            if (run.tap == first.tap && run.channels == first.channels &&
                run.channel == first.channel + group.repeat * first.channels) {
                group.channel_step = first.channels;
                ++group.repeat;
                continue;
            }
        }
        groups.push_back({tile, 1, 0});
    }
    return groups;
}

}  // namespace

WuPlan plan_wu(const GemmTask& task, const GemmSchedule& schedule, const isa::ArrayConfig& array) {
    WuPlan plan;
    plan.layout = layout_gemm(task, array);
    const int sr = schedule.row_slots;
    const int sc = schedule.column_slots;
    if (array.rows % kWordElements != 0 || sr < 1 || sr > array.row_slots() || sc < 1 ||
        sr * sc > array.slots)
        return {};
    const std::int64_t tile_words = std::int64_t{array.rows} * sr / kWordElements;
    plan.tiles = group_tiles(cut_rows(task, tile_words, schedule.fill_rows));
    plan.position_lines = ceil_div<std::int64_t>(tile_words, array.line_words());
    plan.west_half_lines = array.west_lines / 2;
    const std::int64_t row_words = std::int64_t{array.columns} * sc * 2 / kWordBytes;
    const std::int64_t by_north = array.north_value_lines * std::int64_t{array.line_words()} / 2 / row_words;
    const std::int64_t positions = std::min(plan.west_half_lines / plan.position_lines, by_north);
    const std::int64_t m = plan.layout.nm.m;
    plan.chunk_positions = std::min(positions / m * m, round_up<std::int64_t>(task.shape.k, m));
    plan.north_half_words = plan.chunk_positions * row_words;
    plan.result_tile = std::int64_t{array.rows} * sr * sc;
    if (2 * plan.result_tile > array.result_addresses) return {};
    plan.result_tiles = result_tiles(task, schedule, plan.layout.nm, ceil_div<std::int64_t>(task.shape.k, m),
                                     plan.result_tile, array);
    return plan;
}

isa::Program emit_gemm_wu(const GemmTask& task, const GemmSchedule& schedule, const MachineView& machine) {
    WuPlan plan = plan_wu(task, schedule, machine.array);
    if (!plan.valid())
        throw std::logic_error("schedule of layer " + task.layer + " does not fit the buffers");
    return WuEmitter(task, schedule, machine.array, std::move(plan)).emit();
}

}  // namespace satsim::schedule
