#include "runtime/execute/gemm_image.hpp"

#include <algorithm>
#include <stdexcept>

#include "runtime/execute/image_access.hpp"
#include "runtime/schedule/fold_image.hpp"

namespace satsim::execute {

GemmImage::GemmImage(const GemmTask& task, const isa::ArrayConfig& array)
    : task_(task),
      scheduled_(schedule::on_stored_input(task)),
      layout_(schedule::layout_gemm(scheduled_, array)) {
    if (scheduled_ != task_) folded_.emplace(task_.gather);
}

void GemmImage::place(const GemmWork& work, MemoryImage& memory) const {
    folded_ ? place_folded_map(work, memory) : place_map(work, memory);
    if (work.weight != nullptr)
        place_weight(work, memory);
    else
        place_rows(work, memory);
}

void GemmImage::place_map(const GemmWork& work, MemoryImage& memory) const {
    const Gather& g = task_.gather;
    const auto pitch = static_cast<std::size_t>(layout_.a_pitch / 2);
    Values line(pitch * static_cast<std::size_t>(g.in_w));
    for (std::int64_t z = 0; z < task_.count; ++z) {
        for (std::int64_t b = 0; b < g.batch; ++b) {
            for (int y = 0; y < g.in_h; ++y) {
                for (int x = 0; x < g.in_w; ++x) {
                    const double* from = work.a.at(z, b, y, x);
                    std::copy(
                        from, from + g.channels,
                        line.begin() + static_cast<std::ptrdiff_t>(pitch * static_cast<std::size_t>(x)));
                }
                write_fp16(memory, layout_.a + z * layout_.a_stride + b * layout_.a_image + y * layout_.a_row,
                           line);
            }
        }
    }
}

void GemmImage::place_folded_map(const GemmWork& work, MemoryImage& memory) const {
    const Gather& g = task_.gather;
    for (std::int64_t b = 0; b < g.batch; ++b) {
        for (int record = 0; record < scheduled_.gather.in_h; ++record) {
            Values line(static_cast<std::size_t>(layout_.a_row / 2));
            for (const schedule::FoldedOrder::Pixel& pixel : folded_->pixels(record)) {
                if (pixel.row < 0 || pixel.row >= g.in_h || pixel.column < 0 || pixel.column >= g.in_w)
                    continue;
                const double* from = work.a.at(0, b, pixel.row, pixel.column);
                std::copy(from, from + g.channels, line.begin() + pixel.at);
            }
            write_fp16(memory, layout_.a + b * layout_.a_image + record * layout_.a_row, line);
        }
    }
}

void GemmImage::place_weight(const GemmWork& work, MemoryImage& memory) const {
    const PackedWeight& w = *work.weight;
    const Gather& g = task_.gather;
    if (w.k != g.channels || w.n != task_.shape.n || w.taps % task_.count != 0)
        throw std::logic_error("layer " + task_.layer + ": a weight of another shape");
    const std::int64_t groups = ceil_div<std::int64_t>(g.channels, layout_.nm.m);
    for (std::int64_t z = 0; z < task_.count; ++z) {
        const std::int64_t first = z * (w.taps / task_.count);
        for (std::size_t i = 0; i < g.taps.size(); ++i) {
            const std::int64_t tap = first + g.taps[i].weight_tap;
            if (layout_.nm.dense()) {
                for (std::int64_t c = 0; c < w.k; ++c)
                    write_fp16(
                        memory,
                        layout_.b + z * layout_.b_stride + row_of(i, static_cast<int>(c)) * layout_.b_pitch,
                        std::span(w.dense).subspan(static_cast<std::size_t>((tap * w.k + c) * w.n),
                                                   static_cast<std::size_t>(w.n)));
                continue;
            }
            const nm::PackedMatrix& p = w.packed;
            const std::int64_t row = first_row(i);
            if (p.nm != layout_.nm || p.groups != groups || p.columns_padded * 2 != layout_.b_pitch)
                throw std::logic_error("layer " + task_.layer + ": weights packed for another pattern");
            const auto at = static_cast<std::size_t>(tap * groups * p.nm.n * p.columns_padded);
            const auto size = static_cast<std::size_t>(groups * p.nm.n * p.columns_padded);
            std::vector<std::uint8_t> bytes(size * 2);
            std::memcpy(bytes.data(), p.values.data() + at, bytes.size());
            memory.write(layout_.b + z * layout_.b_stride + row * layout_.b_pitch, bytes);
            memory.write(layout_.indices + z * layout_.indices_stride + row * layout_.indices_pitch,
                         std::span(p.indices).subspan(at / 2, size / 2));
        }
    }
}

void GemmImage::place_rows(const GemmWork& work, MemoryImage& memory) const {
    for (std::int64_t z = 0; z < task_.count; ++z)
        for (std::int64_t k = 0; k < task_.shape.k; ++k)
            write_fp16(memory, layout_.b + z * layout_.b_stride + k * layout_.b_pitch,
                       {work.b.at(z, k), static_cast<std::size_t>(task_.shape.n)});
}

std::int64_t GemmImage::first_row(std::size_t tap) const {
    return static_cast<std::int64_t>(tap) * layout_.groups_per_tap * layout_.nm.n;
}

std::int64_t GemmImage::row_of(std::size_t tap, int c) const {
    if (!folded_) return first_row(tap) + c;
    const auto [record, element] = folded_->of(tap, c);
    return record * layout_.groups_per_tap * layout_.nm.n + element;
}

std::int64_t GemmImage::stored_row(std::size_t tap, int c) const {
    if (folded_) {
        const auto [record, element] = folded_->of(tap, c);
        return record * scheduled_.gather.channels + element;
    }
    return std::int64_t{task_.gather.taps[tap].weight_tap} * task_.gather.channels + c;
}

void GemmImage::read(const MemoryImage& memory, const GemmWork& work) const {
    const Gather& g = task_.gather;
    const Scatter& s = task_.scatter;
    const auto n = static_cast<std::size_t>(task_.shape.n);
    for (std::int64_t z = 0; z < task_.count; ++z) {
        const std::int64_t base = layout_.c + z * layout_.c_stride;
        if (task_.sums_positions()) {
            const auto read_row = task_.out == ElementType::Fp16 ? read_fp16 : read_fp32;
            for (std::size_t tap = 0; tap < g.taps.size(); ++tap)
                for (int c = 0; c < g.channels; ++c)
                    read_row(memory, base + stored_row(tap, c) * layout_.c_pitch,
                             {work.rows.at(z, std::int64_t{g.taps[tap].weight_tap} * g.channels + c), n});
            continue;
        }
        for (std::int64_t b = 0; b < g.batch; ++b) {
            for (int oy = 0; oy < g.grid_h; ++oy) {
                for (int ox = 0; ox < g.grid_w; ++ox) {
                    const int y = oy * s.step_y + s.off_y;
                    const int x = ox * s.step_x + s.off_x;
                    read_fp16(memory, base + b * layout_.c_image + y * layout_.c_row + x * layout_.c_pitch,
                              {work.map.at(z, b, y, x), n});
                }
            }
        }
    }
}

}  // namespace satsim::execute
