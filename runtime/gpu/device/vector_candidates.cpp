// Vector work: own kernels. What there is no kernel for moves the same bytes with the same number of
// additions, and says so in its name.
#include <algorithm>

#include "runtime/gpu/device/candidates.hpp"
#include "runtime/gpu/device/vector_kernel.hpp"
#include "runtime/gpu/kernels/launch.hpp"
#include "runtime/gpu_model/gemm_model.hpp"

namespace satsim::gpu {
namespace {

using Sets = std::shared_ptr<OperandSets>;

Sets make_sets(Libraries& l, Contender& c, const std::vector<Operand>& operands) {
    auto sets = std::make_shared<OperandSets>(operands, l.l2_bytes, l.stream.get());
    c.sets = sets->sets();
    c.operands = sets;
    return sets;
}

// Operands 0..2 read, 3..4 written, 5..7 coefficients; those that the operation lacks are empty.
void elementwise_run(Libraries& l, const VectorWork& w, Elementwise operation, Contender& c) {
    const std::int64_t channels = std::max<std::int64_t>(w.shape.columns, 1);
    std::vector<Operand> operands(8);
    with_operation(operation, [&](auto chosen) {
        using Chosen = decltype(chosen);
        const auto take = [&operands](std::size_t first, int count, std::size_t bytes) {
            for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) operands[first + i] = {bytes};
        };
        take(0, Chosen::kInputs, halves(w.elements));
        take(3, Chosen::kOutputs, halves(w.elements));
        take(5, Chosen::kChannel, floats(channels));
    });
    const Sets sets = make_sets(l, c, operands);
    c.run = [&l, sets, operation, elements = w.elements, channels](int set) {
        ElementwiseArguments a;
        a.elements = elements;
        a.channels = channels;
        for (std::size_t i = 0; i < 3; ++i) a.in[i] = sets->as<std::uint16_t>(i, set);
        for (std::size_t i = 0; i < 2; ++i) a.out[i] = sets->as<std::uint16_t>(3 + i, set);
        for (std::size_t i = 0; i < 3; ++i) a.channel[i] = sets->as<float>(5 + i, set);
        check(launch_elementwise(operation, a, l.stream.get()), "an element-wise kernel");
    };
}

// A tensor of the work's shape, if it reads or writes as many. Rows of different lengths are worked on as
// rows of their mean length, and root mean squares as norms: the same bytes.
Operand tensor_of(const VectorWork& w, int number, int count) {
    return {number < count ? halves(w.shape.elements()) : 0};
}

void rowwise_run(Libraries& l, const VectorWork& w, Rowwise operation, Contender& c) {
    const Operand vector{floats(w.shape.columns)};
    const Operand rows{floats(2 * w.shape.rows)};
    const Sets sets = make_sets(l, c,
                                {tensor_of(w, 0, w.reads_fp16),
                                 tensor_of(w, 1, w.reads_fp16),
                                 tensor_of(w, 0, w.writes_fp16),
                                 rows,
                                 rows,
                                 vector,
                                 vector,
                                 rows,
                                 {floats(w.shape.rows), Fill::Zeros}});
    c.run = [&l, sets, operation, shape = w.shape](int set) {
        RowArguments a;
        a.in[0] = sets->as<std::uint16_t>(0, set);
        a.in[1] = sets->as<std::uint16_t>(1, set);
        a.out = sets->as<std::uint16_t>(2, set);
        a.statistics = sets->as<float>(3, set);
        a.normal = sets->as<float>(4, set);
        a.scale = sets->as<float>(5, set);
        a.shift = sets->as<float>(6, set);
        a.loss = sets->as<float>(7, set);
        a.label = sets->as<int>(8, set);
        a.rows = shape.rows;
        a.columns = shape.columns;
        check(launch_rowwise(operation, a, l.stream.get()), "a row-wise kernel");
    };
}

// What a row's gradient needs, then the gradients of scales and shifts, which are sums over all rows:
// GradientStatistics leaves the row's means, NormGradient dx.
void row_gradient_run(Libraries& l, const VectorWork& w, Rowwise of_rows, Contender& c) {
    const std::int64_t columns = w.shape.columns;
    const Operand tensor{halves(w.shape.elements())};
    const Operand vector{floats(columns)};
    const Operand rows{floats(2 * w.shape.rows)};
    const bool whole = of_rows == Rowwise::NormGradient;
    ColumnArguments sums;
    sums.rows = w.shape.rows;
    sums.columns = columns;
    sums.choose_strip();
    const Sets sets = make_sets(l, c,
                                {tensor,
                                 tensor,
                                 {whole ? 0 : rows.bytes},
                                 rows,
                                 vector,
                                 {floats(sums.strips() * 2 * columns), Fill::Nothing},
                                 vector,
                                 vector,
                                 {whole ? tensor.bytes : 0, Fill::Nothing}});
    c.run = [&l, sets, sums, of_rows, shape = w.shape](int set) {
        RowArguments a;
        ColumnArguments s = sums;
        for (std::size_t i = 0; i < 2; ++i) a.in[i] = s.in[i] = sets->as<std::uint16_t>(i, set);
        a.statistics = sets->as<float>(2, set);
        a.normal = s.row_normal = sets->as<float>(3, set);
        a.scale = sets->as<float>(4, set);
        a.out = sets->as<std::uint16_t>(8, set);
        a.rows = shape.rows;
        a.columns = shape.columns;
        s.workspace = sets->as<float>(5, set);
        for (std::size_t i = 0; i < 2; ++i) s.out[i] = sets->as<float>(6 + i, set);
        check(launch_rowwise(of_rows, a, l.stream.get()), "a row-wise kernel");
        check(launch_columnwise(Columnwise::RowGradientSums, s, l.stream.get()), "a column-wise kernel");
    };
}

void add_floats_run(Libraries& l, const VectorWork& w, Contender& c) {
    const Operand tensor{floats(w.elements)};
    const Sets sets = make_sets(l, c, {tensor, tensor, tensor});
    c.run = [&l, sets, elements = w.elements](int set) {
        FloatArguments a;
        for (std::size_t i = 0; i < 2; ++i) a.in[i] = sets->as<float>(i, set);
        a.out = sets->as<float>(2, set);
        a.elements = elements;
        check(launch_floats(Floats::Add, a, l.stream.get()), "an addition");
    };
}

void columnwise_run(Libraries& l, const VectorWork& w, Columnwise operation, Contender& c) {
    const std::int64_t columns = w.shape.columns;
    const Operand vector{floats(columns)};
    ColumnArguments shape;
    shape.rows = w.shape.rows;
    shape.columns = columns;
    shape.choose_strip();
    const Sets sets = make_sets(l, c,
                                {tensor_of(w, 0, w.reads_fp16),
                                 tensor_of(w, 1, w.reads_fp16),
                                 {floats(shape.strips() * 2 * columns), Fill::Nothing},
                                 vector,
                                 vector,
                                 vector,
                                 vector,
                                 vector,
                                 vector,
                                 vector,
                                 vector,
                                 vector});
    c.run = [&l, sets, operation, shape](int set) {
        ColumnArguments a = shape;
        a.in[0] = sets->as<std::uint16_t>(0, set);
        a.in[1] = sets->as<std::uint16_t>(1, set);
        a.workspace = sets->as<float>(2, set);
        a.normal[0] = sets->as<float>(3, set);
        a.normal[1] = sets->as<float>(4, set);
        a.scale = sets->as<float>(5, set);
        a.shift = sets->as<float>(6, set);
        for (std::size_t i = 0; i < 5; ++i) a.out[i] = sets->as<float>(7 + i, set);
        check(launch_columnwise(operation, a, l.stream.get()), "a column-wise kernel");
    };
}

// The copy that a GPU's products read: compressed where 2:4 allows, the core's planes for other sparse
// patterns. A dense backward copy is not made: a library reads either order.
CopyFormat format_of(const std::optional<NmPattern>& nm, bool forward) {
    if (!nm) return CopyFormat::None;
    if (nm->dense()) return forward ? CopyFormat::Plain : CopyFormat::None;
    return contained_in_2_4(*nm) ? CopyFormat::Compressed24 : CopyFormat::Packed;
}
// Bytes of values and of positions. `across`: columns of the packed matrix.
std::pair<std::size_t, std::size_t> copy_bytes(CopyFormat format, const NmPattern& nm, std::int64_t taps,
                                               std::int64_t along, std::int64_t across) {
    if (format == CopyFormat::None) return {0, 0};
    if (format == CopyFormat::Plain) return {halves(taps * along * across), 0};
    if (format == CopyFormat::Compressed24) {
        const Compressed24Shape shape{across, taps, along};
        return {halves(shape.value_count()), floats(shape.word_count())};
    }
    const std::int64_t values =
        taps * ceil_div<std::int64_t>(along, nm.m) * nm.n * round_up<std::int64_t>(across, 32);
    return {halves(values), static_cast<std::size_t>(values / 2)};
}

void update_run(Libraries& l, const VectorWork& w, Contender& c) {
    // Parameters that no product reads have no shape: rows of 512.
    MatrixShape shape = w.shape;
    if (shape.rows == 0) shape = {1, ceil_div<std::int64_t>(w.elements, 512), 512};
    const UpdateRule rule = w.op == VectorOp::Prune  ? UpdateRule::None
                            : w.optimizer == "adam"  ? UpdateRule::Adam
                            : w.optimizer == "adamw" ? UpdateRule::AdamW
                                                     : UpdateRule::Sgd;
    UpdateArguments plain;
    plain.taps = shape.taps;
    plain.rows = shape.rows;
    plain.columns = shape.columns;
    // Small steps on small weights: values stay finite however often the kernel runs.
    for (float& s : plain.constants.s) s = 1e-3F;
    plain.constants.s[2] = 0.9F;
    plain.constants.s[4] = 0.9F;
    plain.constants.s[10] = 0.999F;
    const auto describe_copy = [](CopyTarget& copy, const std::optional<NmPattern>& nm, bool forward) {
        copy.format = format_of(nm, forward);
        if (nm) copy.n = nm->n;
        if (nm) copy.m = nm->m;
    };
    describe_copy(plain.forward, w.pregenerate_ff, true);
    describe_copy(plain.backward, w.pregenerate_bp, false);
    const NmPattern dense{1, 1};
    const auto ff = copy_bytes(plain.forward.format, w.pregenerate_ff.value_or(dense), shape.taps, shape.rows,
                               shape.columns);
    const auto bp = copy_bytes(plain.backward.format, w.pregenerate_bp.value_or(dense), shape.taps,
                               shape.columns, shape.rows);
    const Operand master{rule == UpdateRule::None ? 0 : floats(shape.elements())};
    const Operand second{rule == UpdateRule::Adam || rule == UpdateRule::AdamW ? master.bytes : 0};
    const Sets sets = make_sets(l, c,
                                {master,
                                 master,
                                 second,
                                 master,
                                 {rule == UpdateRule::None ? halves(shape.elements()) : 0},
                                 {ff.first, Fill::Nothing},
                                 {ff.second, Fill::Nothing},
                                 {bp.first, Fill::Nothing},
                                 {bp.second, Fill::Nothing}});
    c.run = [&l, sets, plain, rule](int set) {
        UpdateArguments a = plain;
        a.gradient = sets->as<float>(0, set);
        a.first = sets->as<float>(1, set);
        a.second = sets->as<float>(2, set);
        a.weight = sets->as<float>(3, set);
        a.half = sets->as<std::uint16_t>(4, set);
        a.forward.values = sets->as<std::uint16_t>(5, set);
        a.forward.positions = sets->as<std::uint8_t>(6, set);
        a.backward.values = sets->as<std::uint16_t>(7, set);
        a.backward.positions = sets->as<std::uint8_t>(8, set);
        check(launch_update(rule, a, l.stream.get()), "the fused update");
    };
}

void transpose_run(Libraries& l, const VectorWork& w, Contender& c) {
    const Sets sets = make_sets(l, c, {{halves(w.elements)}, {halves(w.elements), Fill::Nothing}});
    c.run = [&l, sets, shape = w.shape](int set) {
        check(launch_transpose(sets->as<std::uint16_t>(0, set), sets->as<std::uint16_t>(1, set), shape.taps,
                               shape.rows, shape.columns, l.stream.get()),
              "a transpose");
    };
}

void fill_run(Libraries& l, const VectorWork& w, Contender& c) {
    const auto bytes = static_cast<std::size_t>(w.elements * (2 * w.writes_fp16 + 4 * w.writes_fp32));
    const Sets sets = make_sets(l, c, {{bytes, Fill::Nothing}});
    c.run = [&l, sets, bytes](int set) {
        check(cudaMemsetAsync(sets->at(0, set), 0, bytes, l.stream.get()), "a fill");
    };
}

void traffic_run(Libraries& l, const VectorWork& w, Contender& c) {
    const std::int64_t read = w.elements * (2 * w.reads_fp16 + 4 * w.reads_fp32) + w.extra_bytes;
    const std::int64_t written = w.elements * (2 * w.writes_fp16 + 4 * w.writes_fp32);
    const Sets sets = make_sets(
        l, c, {{static_cast<std::size_t>(read)}, {static_cast<std::size_t>(written), Fill::Nothing}});
    // Additions a float4 read: all of the task's, spread over what is read.
    const auto flops = static_cast<int>(std::clamp<std::int64_t>(
        w.elements * w.flops_per_element / std::max<std::int64_t>(read / 16, 1), 0, 4096));
    c.run = [&l, sets, read, written, flops](int set) {
        check(launch_traffic(sets->at(0, set), read, sets->at(1, set), written, flops, l.stream.get()),
              "a traffic kernel");
    };
}

void single_run(Libraries& l, const VectorWork& w, SingleKernel kernel, Contender& c) {
    switch (kernel) {
        case SingleKernel::Update:
            return update_run(l, w, c);
        case SingleKernel::Transpose:
            return transpose_run(l, w, c);
        case SingleKernel::Fill:
            return fill_run(l, w, c);
        case SingleKernel::AddFloats:
            return add_floats_run(l, w, c);
        case SingleKernel::RowGradientStatistics:
            return row_gradient_run(l, w, Rowwise::GradientStatistics, c);
        case SingleKernel::RowNormGradient:
            return row_gradient_run(l, w, Rowwise::NormGradient, c);
        case SingleKernel::Traffic:
            return traffic_run(l, w, c);
    }
}

}  // namespace

std::vector<Contender> contenders(Libraries& l, const VectorWork& w) {
    const VectorKernel kernel = kernel_of(w);
    std::vector<Contender> list;
    add_or_refuse(list, "satsim " + kernel.name, false, [&](Contender& c) {
        std::visit(
            [&](auto operation) {
                if constexpr (std::is_same_v<decltype(operation), SingleKernel>)
                    single_run(l, w, operation, c);
                if constexpr (std::is_same_v<decltype(operation), Elementwise>)
                    elementwise_run(l, w, operation, c);
                if constexpr (std::is_same_v<decltype(operation), Rowwise>) rowwise_run(l, w, operation, c);
                if constexpr (std::is_same_v<decltype(operation), Columnwise>)
                    columnwise_run(l, w, operation, c);
            },
            kernel.operation);
    });
    return list;
}

}  // namespace satsim::gpu
