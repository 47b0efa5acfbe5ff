// Work on rows: norms by row, softmax, loss.
#include "runtime/execute/host_kernels.hpp"
#include "runtime/gpu_execute/gpu_kernels.hpp"
#include "runtime/gpu_execute/operands.hpp"

namespace satsim::execute {
namespace {

using gpu::Rowwise;

// The rows that are normalised together, as the kernels want them: side by side. A group norm's are taken
// group by group, since the channels of one lie apart; all rows of a group have the same scales.
class NormRows {
  public:
    NormRows(const Layer& layer, std::size_t elements) {
        channels_ = size_of(layer.in.channels);
        if (layer.kind == LayerKind::GroupNorm) {
            groups_ = size_of(layer.groups);
            run_ = channels_ / groups_;
            length_ = run_ * size_of(layer.in.positions());
        } else {
            run_ = length_ = channels_ = layer.kind == LayerKind::RmsNorm ? size_of(layer.size) : channels_;
        }
        rows_ = elements / length_ / groups_;
    }
    [[nodiscard]] std::size_t groups() const { return groups_; }
    [[nodiscard]] std::size_t rows() const { return rows_; }      // of a group
    [[nodiscard]] std::size_t length() const { return length_; }  // of a row
    [[nodiscard]] std::size_t run() const { return run_; }  // neighbouring channels: parameters of a group
    // Number of row r of group g among all.
    [[nodiscard]] std::size_t row(std::size_t g, std::size_t r) const { return r * groups_ + g; }

    [[nodiscard]] Values taken(std::span<const double> map, std::size_t g) const {
        Values values;
        values.reserve(rows_ * length_);
        for_elements(g, [&](std::size_t at) { values.push_back(map[at]); });
        return values;
    }
    void give_back(const Values& values, std::size_t g, std::span<double> map) const {
        auto from = values.begin();
        for_elements(g, [&](std::size_t at) { map[at] = *from++; });
    }
    // A group's parameters, one an element of a row.
    [[nodiscard]] Values parameters(std::span<const double> all, std::size_t g) const {
        Values values;
        for (std::size_t i = 0; i < length_; ++i) values.push_back(all[g * run_ + i % run_]);
        return values;
    }
    // [row][2], as the kernels keep statistics.
    [[nodiscard]] std::vector<float> joined(std::span<const double> first, std::span<const double> second,
                                            std::size_t g) const {
        std::vector<float> both;
        for (std::size_t r = 0; r < rows_; ++r) {
            both.push_back(static_cast<float>(first[row(g, r)]));
            both.push_back(static_cast<float>(second[row(g, r)]));
        }
        return both;
    }
    void part(const std::vector<float>& both, std::size_t g, std::span<double> first,
              std::span<double> second) const {
        for (std::size_t r = 0; r < rows_; ++r) {
            first[row(g, r)] = both[2 * r];
            second[row(g, r)] = both[2 * r + 1];
        }
    }

  private:
    template <typename Visit>
    void for_elements(std::size_t g, Visit visit) const {
        for (std::size_t r = 0; r < rows_; ++r)
            for (std::size_t i = 0; i < length_; ++i)
                visit(r * length_ * groups_ + i / run_ * channels_ + g * run_ + i % run_);
    }

    std::size_t channels_ = 0;
    std::size_t groups_ = 1;
    std::size_t run_ = 0;
    std::size_t length_ = 0;
    std::size_t rows_ = 0;
};

gpu::RowArguments arguments_of(const Layer& layer, const NormRows& rows) {
    gpu::RowArguments a;
    a.rows = static_cast<std::int64_t>(rows.rows());
    a.columns = static_cast<std::int64_t>(rows.length());
    a.epsilon = static_cast<float>(kNormEpsilon);
    a.centred = layer.kind != LayerKind::RmsNorm;
    return a;
}

// maps: x -> sums: mean, 1/deviation of each row.
void statistics(gpu::Executor& device, const VectorWork& work, const NormRows& rows, std::size_t g) {
    Operands memory(device);
    gpu::RowArguments a = arguments_of(work.layer, rows);
    a.in[0] = memory.halves(rows.taken(work.maps[0], g));
    a.statistics = memory.room<float>(2 * rows.rows());
    device.rowwise(Rowwise::Statistics, a);
    rows.part(memory.get(a.statistics, 2 * rows.rows()), g, work.sums[0], work.sums[1]);
}

// maps: x; vectors: mean, 1/deviation, gamma, beta -> results.
void apply(gpu::Executor& device, const VectorWork& work, const NormRows& rows, std::size_t g) {
    Operands memory(device);
    gpu::RowArguments a = arguments_of(work.layer, rows);
    a.in[0] = memory.halves(rows.taken(work.maps[0], g));
    a.normal = memory.put(rows.joined(work.vectors[0], work.vectors[1], g));
    a.scale = memory.floats(rows.parameters(work.vectors[2], g));
    a.shift = memory.floats(rows.parameters(work.vectors[3], g));
    Values y(rows.rows() * rows.length());
    a.out = memory.room<std::uint16_t>(y.size());
    device.rowwise(Rowwise::Normalise, a);
    memory.read(a.out, y);
    rows.give_back(y, g, work.results[0]);
}

// What both passes of a gradient read. maps: dy, x; vectors: mean, 1/deviation, gamma.
gpu::RowArguments gradient_arguments(Operands& memory, const VectorWork& work, const NormRows& rows,
                                     std::size_t g) {
    gpu::RowArguments a = arguments_of(work.layer, rows);
    a.in[0] = memory.halves(rows.taken(work.maps[0], g));
    a.in[1] = memory.halves(rows.taken(work.maps[1], g));
    a.normal = memory.put(rows.joined(work.vectors[0], work.vectors[1], g));
    a.scale = memory.floats(rows.parameters(work.vectors[2], g));
    return a;
}

// maps: dy, x; vectors: mean, 1/deviation, gamma -> sums: two means of each row, dgamma, dbeta.
void gradient_statistics(gpu::Executor& device, const VectorWork& work, const NormRows& rows, std::size_t g) {
    Operands memory(device);
    gpu::RowArguments a = gradient_arguments(memory, work, rows, g);
    a.statistics = memory.room<float>(2 * rows.rows());
    device.rowwise(Rowwise::GradientStatistics, a);
    rows.part(memory.get(a.statistics, 2 * rows.rows()), g, work.sums[0], work.sums[1]);

    gpu::ColumnArguments c;
    c.in[0] = a.in[0];
    c.in[1] = a.in[1];
    c.row_normal = a.normal;
    c.columns = static_cast<std::int64_t>(rows.run());
    c.rows_each = a.columns / c.columns;
    c.rows = a.rows * c.rows_each;
    c.choose_strip();
    c.workspace = memory.room<float>(size_of(c.strips() * 2 * c.columns));
    c.out[0] = memory.room<float>(rows.run());
    c.out[1] = memory.room<float>(rows.run());
    device.columnwise(gpu::Columnwise::RowGradientSums, c);
    memory.read(c.out[1], work.sums[2].subspan(g * rows.run(), rows.run()));
    memory.read(c.out[0], work.sums[3].subspan(g * rows.run(), rows.run()));
}

// maps: dy, x; vectors: mean, 1/deviation, gamma, and the two means -> results: dx.
void gradient(gpu::Executor& device, const VectorWork& work, const NormRows& rows, std::size_t g) {
    Operands memory(device);
    gpu::RowArguments a = gradient_arguments(memory, work, rows, g);
    a.statistics = memory.put(rows.joined(work.vectors[3], work.vectors[4], g));
    Values dx(rows.rows() * rows.length());
    a.out = memory.room<std::uint16_t>(dx.size());
    device.rowwise(Rowwise::Gradient, a);
    memory.read(a.out, dx);
    rows.give_back(dx, g, work.results[0]);
}

gpu::RowArguments rows_of(const VectorWork& work, std::int64_t length) {
    gpu::RowArguments a;
    a.columns = length;
    a.rows = static_cast<std::int64_t>(work.maps[0].size()) / length;
    return a;
}

}  // namespace

void row_norm_on(gpu::Executor& device, const VectorWork& work) {
    const NormRows rows(work.layer, work.maps[0].size());
    for (std::size_t g = 0; g < rows.groups(); ++g) {
        switch (work.task.op) {
            case VectorOp::NormStatistics:
                statistics(device, work, rows, g);
                break;
            case VectorOp::NormApply:
                apply(device, work, rows, g);
                break;
            case VectorOp::NormGradStatistics:
                gradient_statistics(device, work, rows, g);
                break;
            default:
                gradient(device, work, rows, g);
                break;
        }
    }
}

void softmax_on(gpu::Executor& device, const VectorWork& work, Rowwise operation) {
    Operands memory(device);
    gpu::RowArguments a = rows_of(work, work.length);
    for (std::size_t i = 0; i < work.maps.size(); ++i) a.in[i] = memory.halves(work.maps[i]);
    a.out = memory.room<std::uint16_t>(work.results[0].size());
    a.factor = static_cast<float>(work.factor);
    device.rowwise(operation, a);
    memory.read(a.out, work.results[0]);
}

void loss_on(gpu::Executor& device, const VectorWork& work) {
    Operands memory(device);
    gpu::RowArguments a = rows_of(work, work.layer.in.channels);
    a.in[0] = memory.halves(work.maps[0]);
    a.out = memory.room<std::uint16_t>(work.results[0].size());
    std::vector<int> labels;
    for (std::int64_t r = 0; r < a.rows; ++r) labels.push_back(static_cast<int>(work.numbers[size_of(r)]));
    a.label = memory.put(labels);
    a.loss = memory.room<float>(size_of(a.rows));
    a.gradient_scale = static_cast<float>(work.factor);
    device.rowwise(Rowwise::Loss, a);
    gpu::FloatArguments total;
    total.in[0] = a.loss;
    total.elements = a.rows;
    total.out = memory.room<float>(1);
    device.floats(gpu::Floats::Total, total);
    memory.read(a.out, work.results[0]);
    memory.read(total.out, work.sums[0]);
}

}  // namespace satsim::execute
