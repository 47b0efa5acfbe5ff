#include "runtime/execute/sat_engine.hpp"

#include <algorithm>
#include <stdexcept>

#include "runtime/execute/gemm_image.hpp"
#include "runtime/execute/host_kernels.hpp"
#include "runtime/execute/image_access.hpp"
#include "runtime/support/error.hpp"
#include "runtime/support/stored_pattern.hpp"

namespace satsim::execute {
namespace {

// A vector task's operands in memory, as schedule::layout_vector() has them.
class VectorImage {
  public:
    VectorImage(const VectorWork& work, const schedule::VectorProblem& problem, const isa::ArrayConfig& array)
        : work_(work), problem_(problem), layout_(schedule::layout_vector(problem, array)) {
        wide_ = schedule::holds_fp32(problem.kernel);
        if (work.maps.size() != layout_.inputs.size() || work.vectors.size() != layout_.vectors_in.size() ||
            work.sums.size() != layout_.vectors_out.size())
            throw std::logic_error("layer " + work.layer.name + ": " + to_string(work.task.op) +
                                   " with other operands than its program's");
    }

    void place(MemoryImage& memory) const {
        for (std::size_t i = 0; i < work_.maps.size(); ++i)
            for_rows(work_.maps[i], [&](std::int64_t row, std::span<const double> values) {
                const std::int64_t at = layout_.inputs[i] + row * layout_.pitch;
                wide_ ? write_fp32(memory, at, values) : write_fp16(memory, at, values);
            });
        for (std::size_t i = 0; i < work_.vectors.size(); ++i)
            write_fp32(memory, layout_.vectors_in[i], work_.vectors[i]);
    }

    void read(const MemoryImage& memory) const {
        if (work_.task.op == VectorOp::Transpose) return read_transposed(memory);
        for (std::size_t i = 0; i < work_.results.size(); ++i)
            for_rows(work_.results[i], [&](std::int64_t row, std::span<double> values) {
                const std::int64_t at = layout_.outputs[i] + row * layout_.pitch;
                wide_ ? read_fp32(memory, at, values) : read_fp16(memory, at, values);
            });
        for (std::size_t i = 0; i < work_.sums.size(); ++i)
            read_fp32(memory, layout_.vectors_out[i], work_.sums[i]);
        if (work_.ff != nullptr)
            *work_.ff = unpacked(copy(memory, layout_.ff, *problem_.pack_ff, problem_.columns),
                                 *problem_.pack_ff, work_.task.shape, Stage::FF);
        if (work_.bp != nullptr)
            *work_.bp = unpacked(copy(memory, layout_.bp, *problem_.pack_bp, problem_.rows),
                                 *problem_.pack_bp, work_.task.shape, Stage::BP);
    }

  private:
    // A flat tensor as rows of the problem; the last one may be shorter.
    template <typename T, typename Visit>
    void for_rows(std::span<T> values, Visit visit) const {
        const auto columns = static_cast<std::size_t>(problem_.columns);
        for (std::size_t first = 0; first < values.size(); first += columns)
            visit(static_cast<std::int64_t>(first / columns),
                  values.subspan(first, std::min(columns, values.size() - first)));
    }

    // `taps` matrices of columns x rows, in the rows of the copy along columns.
    void read_transposed(const MemoryImage& memory) const {
        const auto rows = static_cast<std::size_t>(problem_.rows);
        std::size_t to = 0;
        for (std::int64_t tap = 0; tap < problem_.taps; ++tap)
            for (std::int64_t c = 0; c < problem_.columns; ++c, to += rows)
                read_fp16(memory, layout_.bp.values + (tap * layout_.bp.rows + c) * layout_.bp.pitch,
                          work_.results[0].subspan(to, rows));
    }

    [[nodiscard]] nm::PackedMatrix copy(const MemoryImage& memory, const schedule::VectorLayout::Packed& from,
                                        const NmPattern& pattern, std::int64_t columns) const {
        nm::PackedMatrix p;
        p.nm = stored_pattern(pattern);
        p.taps = static_cast<int>(problem_.taps);
        p.groups = static_cast<int>(from.rows / p.nm.n);
        p.columns = static_cast<int>(columns);
        p.columns_padded = static_cast<int>(from.pitch / 2);
        const auto values = static_cast<std::size_t>(problem_.taps * from.rows * p.columns_padded);
        std::vector<std::uint8_t> bytes(values * 2);
        memory.read(from.values, bytes);
        p.values.resize(values);
        std::memcpy(p.values.data(), bytes.data(), bytes.size());
        p.indices.resize(values / 2);
        if (p.nm.dense())
            number_all(p);
        else
            memory.read(from.indices, p.indices);
        return p;
    }

    // SAT stores no indices of a dense copy: pair j has index j.
    static void number_all(nm::PackedMatrix& p) {
        const auto row = static_cast<std::size_t>(p.columns_padded / 2);
        for (std::size_t i = 0; i < p.indices.size(); ++i) {
            const auto j = static_cast<std::uint8_t>(i / row % static_cast<std::size_t>(p.nm.n));
            p.indices[i] = static_cast<std::uint8_t>(j | j << 4);
        }
    }

    const VectorWork& work_;
    const schedule::VectorProblem& problem_;
    schedule::VectorLayout layout_;
    bool wide_ = false;
};

}  // namespace

std::string SatEngine::refusal(const Task& task) const {
    try {
        if (const auto* vector = std::get_if<VectorTask>(&task)) {
            require_program(*vector);
            return {};
        }
        const auto& gemm = std::get<GemmTask>(task);
        [[maybe_unused]] const isa::Program& made = program_of(GemmImage(gemm, machine_.array).scheduled());
    } catch (const InputError& error) {
        return error.what();
    }
    return {};
}

const isa::Program& SatEngine::program_of(const GemmTask& scheduled) const {
    GemmTask key = scheduled;
    key.layer = key.part = key.dense_reason = "";
    const auto found = programs_.find(key);
    if (found != programs_.end()) return found->second;
    auto candidates = schedule::candidate_programs(scheduled, machine_, options_, 1);
    return programs_.emplace(std::move(key), std::move(candidates.front().program)).first->second;
}

void SatEngine::require_program(VectorTask task) const {
    if (!task.sat_capable)
        throw InputError("layer " + task.layer, "",
                         std::string("VEC has no micro-program for ") + to_string(task.op));
    const schedule::VectorProblem problem = schedule::problem_of(task, machine_.array);
    task.layer = "";
    if (known_.contains(task)) return;
    [[maybe_unused]] const isa::Program made = schedule::emit_vector_program(problem, machine_.array);
    known_.insert(std::move(task));
}

void SatEngine::gemm(const GemmWork& work) {
    const GemmImage image(work.task, machine_.array);
    const isa::Program& program = program_of(image.scheduled());
    MemoryImage memory;
    image.place(work, memory);
    nonfinite_ |= run(program, memory);
    image.read(memory, work);
}

void SatEngine::vector(const VectorWork& work) {
    schedule::VectorProblem problem = schedule::problem_of(work.task, machine_.array);
    problem.hyper = work.hyper;
    if (problem.kernel == schedule::VectorKernel::NormStatistics)
        problem.hyper.epsilon = static_cast<float>(kNormEpsilon);
    const VectorImage image(work, problem, machine_.array);
    MemoryImage memory;
    image.place(memory);
    nonfinite_ |= run(schedule::emit_vector_program(problem, machine_.array), memory);
    image.read(memory);
}

}  // namespace satsim::execute
