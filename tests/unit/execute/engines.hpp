// Engines for tests: one that compares two others task by task, one that shakes what the CPU writes.
#pragma once

#include <functional>

#include "tests/unit/execute/support.hpp"

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
// maps of vector work one unit and 2^-20 of the largest element.
class ComparingEngine : public Engine {
  public:
    ComparingEngine(Engine& used, Engine& other) : used_(used), other_(other) {}
    [[nodiscard]] std::string name() const override { return used_.name(); }
    [[nodiscard]] bool can_run(const Task& task) const override { return used_.can_run(task); }
    void vector(const VectorWork& work) override {
        std::vector<Values> theirs;
        VectorWork second = work;
        second.ff = second.bp = nullptr;
        for (std::span<double>& result : second.results) {
            theirs.emplace_back(result.size());
            result = theirs.back();
        }
        std::vector<Values> sums;
        for (std::span<double>& sum : second.sums) {
            sums.emplace_back(sum.size());
            sum = sums.back();
        }
        other_.vector(second);
        used_.vector(work);
        for (std::size_t r = 0; r < theirs.size(); ++r) {
            double largest = 0;
            for (const double value : theirs[r])
                if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
            const bool sums_too = work.task.op == VectorOp::Optimizer;
            for (std::size_t i = 0; i < theirs[r].size(); ++i) {
                const double one = work.results[r][i];
                const double two = theirs[r][i];
                const double unit = sums_too ? 0 : unit_of(std::max(std::abs(one), std::abs(two)));
                count(one, two, unit + 0x1p-20 * largest, work.layer.name + " " + to_string(work.task.op));
            }
        }
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
    std::int64_t outside = 0;
    std::int64_t different = 0;
    std::string where;

  private:
    static Values magnitudes(const double* data, std::size_t size) {
        Values values(data, data + size);
        for (double& value : values) value = std::abs(value);
        return values;
    }
    void count(double one, double two, double allowed, const std::string& task) {
        ++compared;
        if (one != two) ++different;
        if (std::abs(one - two) <= allowed) return;
        ++outside;
        where = task;
    }

    Engine& used_;
    Engine& other_;
    ReferenceEngine reference_;
};

// The CPU, but every element of a map that it computes is moved by -1, 0 or +1 unit.
class ShakenEngine : public Engine {
  public:
    explicit ShakenEngine(unsigned seed) : rng_(seed) {}
    [[nodiscard]] std::string name() const override { return "shaken"; }
    [[nodiscard]] bool can_run(const Task&) const override { return true; }
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

// What a wrong engine might do to a GEMM.
enum class Fault {
    Mask,  // one kept value of each group is another's: the mask's neighbour
    Taps,  // a convolution's taps in reversed order
    Rows   // rows of dY or of A one place further on
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
    }
    return false;
}
inline bool can_have(const TrainingStep& step, Fault fault, Stage stage) {
    return std::ranges::any_of(step.tasks, [&](const Task& task) {
        const auto* gemm = std::get_if<GemmTask>(&task);
        return gemm != nullptr && can_have(*gemm, fault, stage);
    });
}

// The CPU with a fault in the first task that can have it.
class FaultyEngine : public Engine {
  public:
    FaultyEngine(Fault fault, Stage stage) : fault_(fault), stage_(stage) {}
    [[nodiscard]] std::string name() const override { return "faulty"; }
    [[nodiscard]] bool can_run(const Task&) const override { return true; }
    void vector(const VectorWork& work) override { cpu_.vector(work); }
    void gemm(const GemmWork& work) override {
        if (done_ || !can_have(work.task, fault_, stage_)) return cpu_.gemm(work);
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
            for (std::size_t i = 0; i + static_cast<std::size_t>(weight.n) < weight.dense.size();
                 i += 8 * static_cast<std::size_t>(weight.n))
                for (std::size_t c = 0; c < static_cast<std::size_t>(weight.n); ++c)
                    std::swap(weight.dense[i + c], weight.dense[i + static_cast<std::size_t>(weight.n) + c]);
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
        cpu_.gemm(wrong);
    }

  private:
    Fault fault_;
    Stage stage_;
    bool done_ = false;
    CpuEngine cpu_;
};

}  // namespace satsim::execute::test
