#include "runtime/schedule/emit_gemm_ws.hpp"

#include <algorithm>
#include <stdexcept>

#include "runtime/schedule/emit_common.hpp"
#include "runtime/schedule/index_panels.hpp"

namespace satsim::schedule {
namespace {

namespace load = isa::load;
namespace stce = isa::stce;
namespace store = isa::store;

constexpr std::int64_t kWordBytes = 8;
constexpr int kWordElements = 4;
// STCE, STORE: first result address of the block. Panels follow each other around the result buffer, those of
// a narrow last tile too: a token that STORE gives back then always stands for the next free panel.
constexpr int kResultTile = kPosition;

class WsEmitter {
  public:
    WsEmitter(const GemmTask& task, const GemmSchedule& schedule, const isa::ArrayConfig& array, WsPlan plan)
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
        program.semaphores[kResultFree] = static_cast<std::uint8_t>(2 * plan_.panels);
        return program;
    }

  private:
    [[nodiscard]] bool dense() const { return layout_.nm.dense(); }
    [[nodiscard]] std::int64_t tile_columns() const { return plan_.panels * array_.columns; }
    [[nodiscard]] std::int64_t tiles() const { return ceil_div(task_.shape.n, tile_columns()); }
    [[nodiscard]] std::int64_t panels_of(std::int64_t columns) const {
        return ceil_div<std::int64_t>(columns, array_.columns);
    }

    // body(columns) for every tile of columns.
    template <typename Body>
    void for_tiles(StreamBuilder& b, Body&& body) {
        tiled(b, task_.shape.n, tile_columns(), body);
    }

    template <typename Body>
    void for_blocks(StreamBuilder& b, Body&& body) {
        tiled(b, task_.gather.positions(), plan_.block, body);
    }

    // ---- LOAD
    // -------------------------------------------------------------------------------------------------

    void load_west(StreamBuilder& b, const Chunk& pass, std::int64_t positions, bool advance) const {
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
        b.set(load::dest_kind, 1);
        b.set(load::stride, plan_.position_lines);
        b.set(load::group_words, layout_.nm.m / kWordElements);
        b.set(load::count, positions);
        b.add(load::dest, kWestHalf, 0);
        for (const Segment& s : pass.segments) {
            const Tap& tap = g.taps[static_cast<std::size_t>(s.tap)];
            const bool last = &s == &pass.segments.back();
            b.set(load::ox, tap.dx);
            b.set(load::oy, tap.dy);
            b.add(load::base, kBaseA, layout_.offset_of(s.tap) + s.group * layout_.nm.m * 2);
            if (g.tail.channels > 0) b.set(load::px, layout_.pitch_of(s.tap));
            b.set(load::len, s.bytes);
            b.set(load::word0, s.offset * (layout_.nm.m / kWordElements));
            isa::RunFields run;
            run.flags = last && advance ? load::kAdvance : 0U;
            if (last) run.push_end = kWestFull;
            b.run(run);
        }
        b.toggle(kWestHalf, plan_.west_half_lines);
    }

    // Where in its tile's rows of indices a panel begins, and whether the panel before it did not load that
    // word.
    [[nodiscard]] std::int64_t index_word(std::int64_t panel) const {
        return panel * array_.columns / isa::kIndicesOfWord;
    }
    [[nodiscard]] bool loads_indices(std::int64_t panel) const {
        return !dense() && (panel == 0 || index_word(panel) != index_word(panel - 1));
    }

    void load_north(StreamBuilder& b, const Chunk& pass, std::int64_t panel) const {
        b.wait(kNorthFree);
        for (const int reg : {load::py, load::pb, load::ox, load::oy, load::b0, load::y0, load::x0})
            b.set(reg, 0);
        for (const int reg : {load::sx, load::sy, load::grid_h, load::in_h}) b.set(reg, 1);
        const std::int64_t row = pass.segments.front().b_row;
        b.set(load::grid_w, pass.b_rows);
        b.set(load::in_w, pass.b_rows);
        b.set(load::count, pass.b_rows);
        b.set(load::dest_kind, 2);
        b.set(load::px, layout_.b_pitch);
        b.set(load::len, std::int64_t{2} * array_.columns);
        b.add(load::base, kBaseB, row * layout_.b_pitch + panel * array_.columns * 2);
        b.add(load::dest, kNorthHalf, 0);
        isa::RunFields run;
        run.flags = load::kSeek;
        if (!loads_indices(panel)) run.push_end = kNorthFull;
        b.run(run);
        b.toggle(kNorthHalf, plan_.north_half_words);
        if (!loads_indices(panel)) return;
        b.set(load::dest_kind, 3);
        b.set(load::px, layout_.indices_pitch);
        b.set(load::len, array_.index_row_words(1) * kWordBytes);
        b.add(load::base, kBaseIndex, row * layout_.indices_pitch + index_word(panel) * kWordBytes);
        b.add(load::dest, kIndexHalf, 0);
        run.push_end = kNorthFull;
        b.run(run);
        b.toggle(kIndexHalf, plan_.index_half_words);
    }

    void step_tile(StreamBuilder& b, std::int64_t tiles_forward) const {
        b.add(kBaseB, kBaseB, tiles_forward * tile_columns() * 2);
        if (!dense()) b.add(kBaseIndex, kBaseIndex, tiles_forward * tile_columns() / 2);
    }

    std::vector<isa::Instruction> load_stream() {
        StreamBuilder b;
        for (const int reg : {kWestHalf, kNorthHalf, kIndexHalf}) b.set(reg, 0);
        b.set(kBaseA, layout_.a);
        b.set(kBaseB, layout_.b);
        b.set(kBaseIndex, layout_.indices);
        const std::int64_t walk = task_.gather.batch * layout_.a_image;
        b.loop(task_.count, [&] {
            for_tiles(b, [&](std::int64_t columns) {
                for_blocks(b, [&](std::int64_t positions) {
                    for (const Chunk& pass : plan_.passes) {
                        load_west(b, pass, positions, &pass == &plan_.passes.back());
                        for (std::int64_t panel = 0; panel < panels_of(columns); ++panel)
                            load_north(b, pass, panel);
                    }
                });
                b.add(kBaseA, kBaseA, -walk);
                step_tile(b, 1);
            });
            step_tile(b, -tiles());
            b.add(kBaseA, kBaseA, layout_.a_stride);
            b.add(kBaseB, kBaseB, layout_.b_stride);
            b.add(kBaseIndex, kBaseIndex, layout_.indices_stride);
        });
        b.halt();
        return b.take();
    }

    // ---- STCE
    // -------------------------------------------------------------------------------------------------

    // Of the panel's first index, within its first word.
    [[nodiscard]] std::int64_t index_unit(std::int64_t panel) const {
        return panel * array_.columns % isa::kIndicesOfWord / isa::kIndicesOfUnit;
    }

    void compute_block(StreamBuilder& b, std::int64_t positions, std::int64_t panels) const {
        b.set(stce::batches, ceil_div<std::int64_t>(positions, schedule_.row_slots));
        for (const Chunk& pass : plan_.passes) {
            const bool first = &pass == &plan_.passes.front();
            const bool last = &pass == &plan_.passes.back();
            std::int64_t groups = 0;
            for (const Segment& s : pass.segments) groups += s.groups;
            b.set(stce::groups, groups);
            b.add(stce::wa, kWestHalf, 0);
            b.wait(kWestFull);
            for (std::int64_t panel = 0; panel < panels; ++panel) {
                b.add(stce::ra, kResultTile, panel * plan_.block);
                b.add(stce::nv, kNorthHalf, 0);
                if (!dense()) b.add(stce::ni, kIndexHalf, index_unit(panel));
                b.wait(kNorthFull);
                b.wait(first ? kResultFree : kPartialDone);
                isa::RunFields run;
                run.flags = stce::kWs | (first ? stce::kFirst : 0U) | (dense() ? stce::kDense : 0U) |
                            (last && task_.out == ElementType::Fp16 ? stce::kOutFp16 : 0U);
                run.push_early0 = kNorthFree;
                if (panel + 1 == panels) run.push_early1 = kWestFree;
                run.push_end = last ? kResultFull : kPartialDone;
                b.run(run);
                b.toggle(kNorthHalf, plan_.north_half_words);
                if (panel + 1 == panels ? !dense() : loads_indices(panel + 1))
                    b.toggle(kIndexHalf, plan_.index_half_words * isa::kIndexUnitsOfWord);
            }
            b.toggle(kWestHalf, plan_.west_half_lines);
        }
        b.add(kResultTile, kResultTile, panels * plan_.block);
    }

    std::vector<isa::Instruction> stce_stream() {
        StreamBuilder b;
        for (const int reg : {+kWestHalf, +kNorthHalf, +kIndexHalf, kResultTile}) b.set(reg, 0);
        b.set(stce::n, layout_.nm.n);
        b.set(stce::m, layout_.nm.m);
        b.set(stce::sr, schedule_.row_slots);
        b.set(stce::sc, 1);
        b.set(stce::wstride, plan_.position_lines);
        b.loop(task_.count, [&] {
            for_tiles(b, [&](std::int64_t columns) {
                for_blocks(b,
                           [&](std::int64_t positions) { compute_block(b, positions, panels_of(columns)); });
            });
        });
        b.halt();
        return b.take();
    }

    // ---- STORE
    // ------------------------------------------------------------------------------------------------

    std::vector<isa::Instruction> store_stream() {
        const Gather& g = task_.gather;
        const Scatter& s = task_.scatter;
        StreamBuilder b;
        b.set(kBaseC, layout_.c + s.off_y * layout_.c_row + s.off_x * layout_.c_pitch);
        b.set(store::px, s.step_x * layout_.c_pitch);
        b.set(store::py, s.step_y * layout_.c_row);
        b.set(store::pb, layout_.c_image);
        b.set(store::grid_w, g.grid_w);
        b.set(store::grid_h, g.grid_h);
        b.set(kResultTile, 0);
        b.set(store::src_kind, 0);
        b.set(store::sc, 1);
        const std::int64_t walk = g.batch * layout_.c_image;
        const std::int64_t panel_bytes = std::int64_t{array_.columns} * result_bytes(task_);
        const std::int64_t step = plan_.panels * panel_bytes;
        b.loop(task_.count, [&] {
            for_tiles(b, [&](std::int64_t columns) {
                for_blocks(b, [&](std::int64_t positions) {
                    b.set(store::count, positions);
                    for (std::int64_t panel = 0; panel < panels_of(columns); ++panel) {
                        const bool last_panel = panel + 1 == panels_of(columns);
                        const std::int64_t width =
                            std::min<std::int64_t>(array_.columns, columns - panel * array_.columns);
                        b.set(store::len, round_up<std::int64_t>(width * result_bytes(task_), kWordBytes));
                        b.wait(kResultFull);
                        b.add(store::base, kBaseC, panel * panel_bytes);
                        b.add(store::src, kResultTile, panel * plan_.block);
                        isa::RunFields run;
                        run.flags = (last_panel ? store::kAdvance : 0U) |
                                    (task_.out == ElementType::Fp16 ? store::kFp16 : 0U);
                        run.push_early0 = kResultFree;
                        b.run(run);
                    }
                    b.add(kResultTile, kResultTile, panels_of(columns) * plan_.block);
                });
                b.add(kBaseC, kBaseC, step - walk);
            });
            b.add(kBaseC, kBaseC, layout_.c_stride - tiles() * step);
        });
        b.halt();
        return b.take();
    }

    const GemmTask& task_;
    const GemmSchedule& schedule_;
    const isa::ArrayConfig& array_;
    WsPlan plan_;
    const GemmLayout& layout_;
};

// Cuts K into passes of at most `rows` groups; a segment's offset is its first group within the pass.
std::vector<Chunk> cut_passes(const GemmTask& task, const GemmLayout& layout, std::int64_t rows) {
    std::vector<Chunk> passes(1);
    std::int64_t used = 0;
    for (int tap = 0; tap < static_cast<int>(task.gather.taps.size()); ++tap) {
        for (std::int64_t group = 0; group < layout.groups_of(tap);) {
            if (used == rows) {
                passes.emplace_back();
                used = 0;
            }
            Segment s;
            s.tap = tap;
            s.group = group;
            s.groups = std::min<std::int64_t>(rows - used, layout.groups_of(tap) - group);
            const std::int64_t group_bytes = std::int64_t{2} * layout.nm.m;
            s.bytes = std::min(s.groups * group_bytes, layout.run_of(tap) - group * group_bytes);
            s.offset = used;
            s.b_row = (std::int64_t{tap} * layout.groups_per_tap + group) * layout.nm.n;
            passes.back().b_rows += s.b_rows(layout.nm);
            passes.back().segments.push_back(s);
            used += s.groups;
            group += s.groups;
        }
    }
    return passes;
}

}  // namespace

WsPlan plan_ws(const GemmTask& task, const GemmSchedule& schedule, const isa::ArrayConfig& array) {
    WsPlan plan;
    plan.layout = layout_gemm(task, array);
    const NmPattern nm = plan.layout.nm;
    plan.panels = ceil_div<std::int64_t>(schedule.tile_n, array.columns);
    if (plan.panels < 1 || plan.panels * 2 > 255) return {};
    if (schedule.row_slots < 1 || schedule.row_slots > array.row_slots() || schedule.column_slots != 1)
        return {};
    const bool one_tile = schedule.tile_n >= task.shape.n;
    if (!nm.dense() && !one_tile && plan.panels * array.columns % isa::kIndicesOfWord != 0) return {};
    if (!index_panels(plan.panels, 1, nm, array)) return {};
    const std::int64_t row_words = std::int64_t{array.columns} * 2 / kWordBytes;
    const std::int64_t index_words = nm.dense() ? 0 : array.index_row_words(1);
    plan.passes = cut_passes(task, plan.layout, array.rows);
    plan.position_lines =
        ceil_div<std::int64_t>(std::int64_t{array.rows} * (nm.m / kWordElements), array.line_words());
    plan.west_half_lines = array.west_lines / 2;
    const std::int64_t positions = std::min<std::int64_t>(plan.west_half_lines / plan.position_lines,
                                                          array.result_addresses / (2 * plan.panels));
    plan.block = positions / schedule.row_slots * schedule.row_slots;
    plan.north_half_words = std::int64_t{array.rows} * nm.n * row_words;
    plan.index_half_words = std::int64_t{array.rows} * nm.n * index_words;
    if (2 * plan.north_half_words > std::int64_t{array.north_value_lines} * array.line_words()) return {};
    if (2 * plan.index_half_words > std::int64_t{array.north_index_lines} * array.line_words()) return {};
    return plan;
}

isa::Program emit_gemm_ws(const GemmTask& task, const GemmSchedule& schedule, const MachineView& machine) {
    WsPlan plan = plan_ws(task, schedule, machine.array);
    if (!plan.valid())
        throw std::logic_error("schedule of layer " + task.layer + " does not fit the buffers");
    return WsEmitter(task, schedule, machine.array, std::move(plan)).emit();
}

}  // namespace satsim::schedule
