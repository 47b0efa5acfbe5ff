// Updates by the fused kernel, with both packed copies; copies alone.
#include <algorithm>
#include <optional>

#include "runtime/gpu_execute/gpu_kernels.hpp"
#include "runtime/gpu_execute/operands.hpp"
#include "runtime/nm/one_of_two.hpp"

namespace satsim::execute {
namespace {

gpu::UpdateRule rule_of(const std::string& optimizer) {
    return optimizer == "adam"    ? gpu::UpdateRule::Adam
           : optimizer == "adamw" ? gpu::UpdateRule::AdamW
                                  : gpu::UpdateRule::Sgd;
}

gpu::UpdateConstants constants_of(const VectorWork& work) {
    schedule::VectorProblem problem;
    problem.kernel = work.task.optimizer == "adamw"  ? schedule::VectorKernel::AdamW
                     : work.task.optimizer == "adam" ? schedule::VectorKernel::Adam
                                                     : schedule::VectorKernel::Sgd;
    problem.hyper = work.hyper;
    const auto scalars = schedule::scalars_of(problem);
    gpu::UpdateConstants constants;
    std::copy(scalars.begin(), scalars.end(), constants.s);
    return constants;
}

// A copy in the core's planes on its way from the device; a dense one with all its elements.
class PlaneCopy {
  public:
    // Groups of `length` elements, `columns` beside each other.
    PlaneCopy(Operands& memory, const NmPattern& nm, std::int64_t taps, std::int64_t length,
              std::int64_t columns)
        : memory_(memory) {
        planes_.nm = operand_pattern(nm);
        planes_.taps = static_cast<int>(taps);
        planes_.groups = static_cast<int>(ceil_div<std::int64_t>(length, planes_.nm.m));
        planes_.columns = static_cast<int>(columns);
        planes_.columns_padded = round_up(planes_.columns, nm::kColumnPadding);
        count_ = static_cast<std::size_t>(taps * planes_.groups * planes_.nm.n * planes_.columns_padded);
        target_ = {gpu::CopyFormat::Packed, planes_.nm.n, planes_.nm.m, memory.room<std::uint16_t>(count_),
                   memory.room<std::uint8_t>(count_ / 2)};
    }
    [[nodiscard]] const gpu::CopyTarget& target() const { return target_; }
    [[nodiscard]] PackedWeight weight(const MatrixShape& shape, Stage stage) {
        for (const std::uint16_t bits : memory_.get(target_.values, count_)) planes_.values.push_back({bits});
        planes_.indices = memory_.get(target_.positions, count_ / 2);
        const NmPattern kept = planes_.nm;
        nm::store_one_of_two(planes_);
        return unpacked(std::move(planes_), kept, shape, stage);
    }

  private:
    Operands& memory_;
    nm::PackedMatrix planes_;
    std::size_t count_ = 0;
    gpu::CopyTarget target_;
};

// The copies that a task asks for.
class Copies {
  public:
    Copies(Operands& memory, const VectorWork& work, const MatrixShape& shape, gpu::UpdateArguments& a)
        : work_(work), shape_(shape) {
        if (work.ff != nullptr)
            a.forward = ff_.emplace(memory, *work.task.pregenerate_ff, shape.taps, shape.rows, shape.columns)
                            .target();
        if (work.bp != nullptr)
            a.backward = bp_.emplace(memory, *work.task.pregenerate_bp, shape.taps, shape.columns, shape.rows)
                             .target();
    }
    void read() {
        if (ff_) *work_.ff = ff_->weight(shape_, Stage::FF);
        if (bp_) *work_.bp = bp_->weight(shape_, Stage::BP);
    }

  private:
    const VectorWork& work_;
    MatrixShape shape_;
    std::optional<PlaneCopy> ff_;
    std::optional<PlaneCopy> bp_;
};

}  // namespace

// maps: gradient, first state, master, second state (Adam) -> results: master, first, second; copies.
void update_on(gpu::Executor& device, const VectorWork& work) {
    Operands memory(device);
    MatrixShape shape = work.task.shape;
    if (shape.rows == 0)
        shape = {1, 1, static_cast<std::int64_t>(work.maps[0].size())};  // no product reads them
    gpu::UpdateArguments a;
    a.taps = shape.taps;
    a.rows = shape.rows;
    a.columns = shape.columns;
    a.constants = constants_of(work);
    a.gradient = memory.floats(work.maps[0]);
    a.first = memory.floats(work.maps[1]);
    a.weight = memory.floats(work.maps[2]);
    const bool moments = work.maps.size() > 3;
    if (moments) a.second = memory.floats(work.maps[3]);
    Copies copies(memory, work, shape, a);
    a.decays_pruned = work.hyper.sr_ste_decay != 0 && work.ff != nullptr;
    device.update(rule_of(work.task.optimizer), a);
    memory.read(a.weight, work.results[0]);
    memory.read(a.first, work.results[1]);
    if (moments) memory.read(a.second, work.results[2]);
    copies.read();
}

// maps: the matrix -> copies.
void prune_on(gpu::Executor& device, const VectorWork& work) {
    Operands memory(device);
    const MatrixShape& shape = work.task.shape;
    gpu::UpdateArguments a;
    a.taps = shape.taps;
    a.rows = shape.rows;
    a.columns = shape.columns;
    a.half = memory.halves(work.maps[0]);
    Copies copies(memory, work, shape, a);
    device.update(gpu::UpdateRule::None, a);
    copies.read();
}

}  // namespace satsim::execute
