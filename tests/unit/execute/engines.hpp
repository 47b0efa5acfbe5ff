// Engines for tests: one that compares two others task by task, one that shakes what the CPU writes.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "tests/unit/execute/sum_bounds.hpp"

namespace satsim::execute::test {

// Distance to the next FP16 value away from zero.
inline double unit_of(double value) {
    const double size = std::abs(value);
    if (size < 0x1p-14) return 0x1p-24;
    return std::ldexp(1.0, std::ilogb(size) - 10);
}

// Elements from the first to the last one that a view reaches.
template <typename T>
std::size_t extent(const MapView<T>& view, std::int64_t count, std::int64_t batch, std::int64_t high,
                   std::int64_t wide, std::int64_t channels) {
    return static_cast<std::size_t>(view.at(count - 1, batch - 1, high - 1, wide - 1) - view.data + channels);
}

// Visits every element of C of a task, in both of two views.
inline void for_result(
    const GemmTask& task,
    const std::function<void(std::int64_t, std::int64_t, std::int64_t, std::int64_t)>& visit) {
    const Gather& g = task.gather;
    const Scatter& s = task.scatter;
    for (std::int64_t z = 0; z < task.count; ++z)
        for (std::int64_t b = 0; b < g.batch; ++b)
            for (std::int64_t y = 0; y < g.grid_h; ++y)
                for (std::int64_t x = 0; x < g.grid_w; ++x)
                    visit(z, b, y * s.step_y + s.off_y, x * s.step_x + s.off_x);
}

// Runs each task on `used` and on `other` with the same operands and counts elements that differ by more than
// the bound of docs/architecture/execution.md: GEMMs 2 g S + one unit, S by the reference from magnitudes;
// maps of vector work one unit and 2^-20 of the largest element; sums as sum_bounds() has it; packed copies
// not at all from those of the master that was written with them, or of the gradient that is pruned.
class ComparingEngine : public Engine {
  public:
    ComparingEngine(Engine& used, Engine& other) : used_(used), other_(other) {}
    [[nodiscard]] std::string name() const override { return used_.name(); }
    [[nodiscard]] std::string refusal(const Task& task) const override { return used_.refusal(task); }
    void vector(const VectorWork& work) override {
        VectorWork second = work;
        const auto own = [](std::vector<std::span<double>>& written, std::vector<Values>& into) {
            for (std::span<double>& each : written) each = into.emplace_back(each.size());
        };
        std::vector<Values> theirs;
        std::vector<Values> sums;
        theirs.reserve(work.results.size());
        sums.reserve(work.sums.size());
        own(second.results, theirs);
        own(second.sums, sums);
        PackedWeight ff;
        PackedWeight bp;
        if (work.ff != nullptr) second.ff = &ff;
        if (work.bp != nullptr) second.bp = &bp;
        other_.vector(second);
        used_.vector(work);
        const std::string name = work.layer.name + " " + to_string(work.task.op);
        for (std::size_t r = 0; r < theirs.size(); ++r) {
            double largest = 0;
            for (const double value : theirs[r])
                if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
            const bool wide = work.task.op == VectorOp::Optimizer;  // FP32
            for (std::size_t i = 0; i < theirs[r].size(); ++i) {
                const double one = work.results[r][i];
                const double two = theirs[r][i];
                const double unit = wide ? 0 : unit_of(std::max(std::abs(one), std::abs(two)));
                count(one, two, unit + 0x1p-20 * largest, name);
            }
        }
        const std::vector<Values> allowed = sum_bounds(work);
        for (std::size_t v = 0; v < sums.size(); ++v)
            for (std::size_t i = 0; i < sums[v].size(); ++i, ++compared_sums)
                count(work.sums[v][i], sums[v][i], allowed[v][i], name + " sum");
        if (work.ff != nullptr) compare_copy(work, *work.ff, *work.task.pregenerate_ff, Stage::FF);
        if (work.bp != nullptr) compare_copy(work, *work.bp, *work.task.pregenerate_bp, Stage::BP);
    }
    void gemm(const GemmWork& work) override {
        const GemmTask& task = work.task;
        const Values a =
            magnitudes(work.a.data, extent(work.a, task.count, task.gather.batch, task.gather.in_h,
                                           task.gather.in_w, task.gather.channels));
        PackedWeight weight;
        Values b;
        GemmWork sizes{.task = task, .a = work.a};
        sizes.a.data = a.data();
        if (work.weight != nullptr) {
            weight = *work.weight;
            weight.dense = magnitudes(weight.dense.data(), weight.dense.size());
            sizes.weight = &weight;
        } else {
            b = magnitudes(work.b.data, static_cast<std::size_t>(work.b.at(task.count - 1, task.shape.k - 1) -
                                                                 work.b.data + task.shape.n));
            sizes.b = work.b;
            sizes.b.data = b.data();
        }
        const bool in_rows = task.sums_positions();
        const std::size_t size =
            in_rows ? static_cast<std::size_t>(work.rows.at(task.count - 1, task.shape.m - 1) -
                                               work.rows.data + task.shape.n)
                    : extent(work.map, task.count, task.gather.batch, task.scatter.out_h, task.scatter.out_w,
                             task.shape.n);
        Values sums(size);
        Values theirs(size);
        GemmWork second{.task = task,
                        .a = work.a,
                        .weight = work.weight,
                        .b = work.b,
                        .map = work.map,
                        .rows = work.rows};
        sizes.map = work.map;
        sizes.rows = work.rows;
        sizes.map.data = sizes.rows.data = sums.data();
        second.map.data = second.rows.data = theirs.data();
        reference_.gemm(sizes);
        other_.gemm(second);
        used_.gemm(work);
        const double k = static_cast<double>(task.shape.k) * 0x1p-24;
        const double g = k / (1 - k);
        const auto check = [&](const double* mine, std::ptrdiff_t at) {
            for (std::int64_t n = 0; n < task.shape.n; ++n, ++at) {
                const double one = mine[n];
                const double two = theirs[static_cast<std::size_t>(at)];
                const bool sum = task.out == ElementType::Fp32;
                const double rounding = sum ? 0 : unit_of(std::max(std::abs(one), std::abs(two)));
                const double allowed = 2 * g * sums[static_cast<std::size_t>(at)] + rounding;
                count(one, two, allowed, task.layer + " " + to_string(task.stage) + " " + task.part);
            }
        };
        if (in_rows) {
            for (std::int64_t z = 0; z < task.count; ++z)
                for (std::int64_t m = 0; m < task.shape.m; ++m)
                    check(work.rows.at(z, m), work.rows.at(z, m) - work.rows.data);
        } else {
            for_result(task, [&](auto z, auto b_, auto y, auto x) {
                check(work.map.at(z, b_, y, x), work.map.at(z, b_, y, x) - work.map.data);
            });
        }
    }

    std::int64_t compared = 0;
    std::int64_t compared_sums = 0;    // of them
    std::int64_t compared_copies = 0;  // values of packed copies
    std::int64_t outside = 0;
    std::int64_t different = 0;
    std::string where;  // what is outside, line by line

  private:
    static Values magnitudes(const double* data, std::size_t size) {
        Values values(data, data + size);
        for (double& value : values) value = std::abs(value);
        return values;
    }
    void compare_copy(const VectorWork& work, const PackedWeight& copy, const NmPattern& nm, Stage stage) {
        const std::span<const double> of =
            work.task.op == VectorOp::Prune ? work.maps[0] : std::span<const double>(work.results[0]);
        const Values master(of.begin(), of.end());
        const PackedWeight fresh = pack_weight(master, work.task.shape, nm, stage, false);
        for (std::size_t i = 0; i < fresh.dense.size(); ++i, ++compared_copies)
            count(copy.dense[i], fresh.dense[i], 0, work.layer.name + " copy");
        if (copy.packed.indices == fresh.packed.indices) return;
        ++outside;
        where += "\n  " + work.layer.name + " copy: other positions";
    }
    void count(double one, double two, double allowed, const std::string& task) {
        ++compared;
        if (one != two) ++different;
        if (std::abs(one - two) <= allowed) return;
        ++outside;
        // The first element of each task, of a few tasks.
        if (named_.size() >= 12 || !named_.insert(task).second) return;
        std::ostringstream line;
        line.precision(9);
        line << "\n  " << task << ": " << one << " and " << two << ", " << std::abs(one - two) << " apart, "
             << allowed << " allowed";
        where += line.str();
    }

    Engine& used_;
    Engine& other_;
    ReferenceEngine reference_;
    std::set<std::string> named_;
};

// The CPU, but every element of a map that it computes is moved by -1, 0 or +1 unit.
class ShakenEngine : public Engine {
  public:
    explicit ShakenEngine(unsigned seed) : rng_(seed) {}
    [[nodiscard]] std::string name() const override { return "shaken"; }
    [[nodiscard]] std::string refusal(const Task&) const override { return {}; }
    void gemm(const GemmWork& work) override {
        cpu_.gemm(work);
        const GemmTask& task = work.task;
        if (task.out == ElementType::Fp32) return;
        const auto columns = static_cast<std::size_t>(task.shape.n);
        if (task.sums_positions()) {
            for (std::int64_t z = 0; z < task.count; ++z)
                for (std::int64_t m = 0; m < task.shape.m; ++m) shake({work.rows.at(z, m), columns});
            return;
        }
        for_result(task, [&](auto z, auto b, auto y, auto x) { shake({work.map.at(z, b, y, x), columns}); });
    }
    void vector(const VectorWork& work) override {
        cpu_.vector(work);
        switch (work.task.op) {
            case VectorOp::Optimizer:  // FP32
            case VectorOp::Copy:       // moved, not computed
            case VectorOp::Transpose:
            case VectorOp::ZeroFill:
            case VectorOp::Nearest:
                return;
            default:
                for (const std::span<double> result : work.results) shake(result);
        }
    }

  private:
    // Zeros stay: a mask, a gate and an empty position are the same on every engine.
    void shake(std::span<double> values) {
        for (double& value : values)
            if (value != 0)
                value +=
                    unit_of(value) * static_cast<double>(std::uniform_int_distribution<int>(-1, 1)(rng_));
    }

    CpuEngine cpu_;
    std::mt19937 rng_;
};

// What the prunings of one run keep, by layer and shape: no two prunings of a layer have the same.
using Selections = std::map<std::pair<std::string, MatrixShape>, PackedWeight>;

// Another engine, but pruned gradients keep what `selections` has: two values of nearly one magnitude change
// places when dY moves by a unit, and with them whole parts of the gradient
// (docs/architecture/execution.md). The first run on empty selections leaves its own there.
class SelectingEngine : public Engine {
  public:
    SelectingEngine(Engine& engine, Selections& selections) : engine_(engine), selections_(selections) {}
    [[nodiscard]] std::string name() const override { return engine_.name(); }
    [[nodiscard]] std::string refusal(const Task& task) const override { return engine_.refusal(task); }
    void gemm(const GemmWork& work) override { engine_.gemm(work); }
    void vector(const VectorWork& work) override {
        engine_.vector(work);
        if (work.task.op != VectorOp::Prune) return;
        const auto [found, fresh] = selections_.try_emplace({work.layer.name, work.task.shape}, *work.bp);
        if (!fresh) *work.bp = selected(found->second, work.maps[0], work.task.shape);
    }

  private:
    // The values of `matrix` in the places of another copy, whose groups are all whole.
    static PackedWeight selected(PackedWeight copy, std::span<const double> matrix,
                                 const MatrixShape& shape) {
        nm::PackedMatrix& p = copy.packed;
        std::ranges::fill(copy.dense, 0.0);
        for (int tap = 0; tap < p.taps; ++tap)
            for (int group = 0; group < p.groups; ++group)
                for (int j = 0; j < p.nm.n; ++j)
                    for (int row = 0; row < p.columns; ++row) {
                        const std::int64_t column = group * p.nm.m + p.index(tap, group, j, row);
                        const double value = matrix[static_cast<std::size_t>(
                            (tap * shape.rows + row) * shape.columns + column)];
                        p.values[p.position(tap, group, j, row)] =
                            numerics::to_fp16(static_cast<float>(value));
                        copy.dense[static_cast<std::size_t>((tap * copy.k + column) * copy.n + row)] = value;
                    }
        return copy;
    }

    Engine& engine_;
    Selections& selections_;
};

// What a wrong engine might do to a GEMM, a sum over positions or a copy.
enum class Fault {
    Mask,  // one kept value of each group is another's: the mask's neighbour
    Taps,  // a convolution's taps in reversed order
    Rows,  // rows of dY or of A one place further on
    Sum,   // statistics and gradients of vectors of channels over the first half of the positions
    Copy,  // a packed copy has another row's values where an update leaves it
    Kept,  // a pruned gradient keeps another channel's values
    Shift  // a pruned gradient lies one position further on
};

inline bool can_have(const GemmTask& task, Fault fault, Stage stage) {
    if (task.stage != stage) return false;
    const bool weight = task.weight_operand && stage != Stage::WU;
    switch (fault) {
        case Fault::Mask:
            return weight && !task.nm.dense();
        case Fault::Taps:
            return weight && task.gather.taps.size() > 1;
        case Fault::Rows:
            return stage == Stage::WU && task.gather.taps.size() == 1 && task.shape.k > 2;
        case Fault::Sum:
        case Fault::Copy:
        case Fault::Kept:
        case Fault::Shift:
            break;
    }
    return false;
}
inline bool can_have(const VectorTask& task, Fault fault, Stage stage) {
    if (task.stage != stage || !task.sat_capable) return false;
    if (fault == Fault::Copy) return task.op == VectorOp::Optimizer && task.pregenerate_ff.has_value();
    if (fault == Fault::Kept || fault == Fault::Shift) return task.op == VectorOp::Prune;
    if (fault != Fault::Sum) return false;
    return task.op == VectorOp::NormStatistics || task.op == VectorOp::NormGradStatistics ||
           task.op == VectorOp::BiasGrad;
}
inline bool can_have(const TrainingStep& step, Fault fault, Stage stage) {
    return std::ranges::any_of(step.tasks, [&](const Task& task) {
        return std::visit([&](const auto& each) { return can_have(each, fault, stage); }, task);
    });
}

// An engine with a fault in the first task that can have it.
class FaultyEngine : public Engine {
  public:
    FaultyEngine(Fault fault, Stage stage, Engine& sound) : fault_(fault), stage_(stage), sound_(sound) {}
    [[nodiscard]] std::string name() const override { return "faulty"; }
    [[nodiscard]] std::string refusal(const Task&) const override { return {}; }
    void vector(const VectorWork& work) override {
        if (done_ || !can_have(work.task, fault_, stage_)) return sound_.vector(work);
        done_ = true;
        if (fault_ == Fault::Copy) {
            sound_.vector(work);
            return swap_rows(*work.ff);
        }
        if (fault_ == Fault::Kept || fault_ == Fault::Shift) {
            sound_.vector(work);
            return fault_ == Fault::Kept ? swap_rows(*work.bp) : move_columns(*work.bp);
        }
        VectorWork wrong = work;
        const std::size_t channels = work.sums[0].size();
        for (std::span<const double>& map : wrong.maps) map = map.first(map.size() / channels / 2 * channels);
        sound_.vector(wrong);
    }
    void gemm(const GemmWork& work) override {
        if (done_ || !can_have(work.task, fault_, stage_)) return sound_.gemm(work);
        done_ = true;
        GemmTask task = work.task;
        PackedWeight weight;
        GemmWork wrong{.task = task,
                       .a = work.a,
                       .weight = work.weight,
                       .b = work.b,
                       .map = work.map,
                       .rows = work.rows};
        if (fault_ == Fault::Mask) {
            weight = *work.weight;
            swap_rows(weight);
            wrong.weight = &weight;
        }
        if (fault_ == Fault::Taps) {
            const int last = static_cast<int>(task.gather.taps.size()) - 1;
            for (Tap& tap : task.gather.taps) tap.weight_tap = last - tap.weight_tap;
        }
        Values moved;
        if (fault_ == Fault::Rows) {  // the last row is the first's
            for (std::int64_t k = 0; k < task.shape.k; ++k) {
                const double* row = work.b.at(0, (k + 1) % task.shape.k);
                moved.insert(moved.end(), row, row + task.shape.n);
            }
            wrong.b = {moved.data(), 0, task.shape.n};
        }
        sound_.gemm(wrong);
    }

  private:
    // The first two of every eight.
    static void swap_rows(PackedWeight& weight) {
        const auto n = static_cast<std::size_t>(weight.n);
        for (std::size_t i = 0; i + n < weight.dense.size(); i += 8 * n)
            for (std::size_t c = 0; c < n; ++c) std::swap(weight.dense[i + c], weight.dense[i + n + c]);
    }
    static void move_columns(PackedWeight& weight) {
        for (auto row = weight.dense.begin(); row != weight.dense.end(); row += weight.n)
            std::rotate(row, row + 1, row + weight.n);
    }

    Fault fault_;
    Stage stage_;
    bool done_ = false;
    Engine& sound_;
};

}  // namespace satsim::execute::test
