// Passes over feature maps: chunks of rows, panels of columns where the vector memory cannot hold whole rows.
#include <algorithm>
#include <bit>

#include "runtime/schedule/emit_common.hpp"
#include "runtime/schedule/emit_vector.hpp"
#include "runtime/support/error.hpp"

namespace satsim::schedule {
namespace {

namespace load = isa::load;
namespace vec = isa::vec;
namespace store = isa::store;
using vec::Operation;

constexpr std::int64_t kFp16Bytes = 2;
constexpr std::int64_t kFp32Bytes = 4;
constexpr std::int64_t kWordBytes = 8;
constexpr std::int64_t kBlock = isa::timing::kVecBlock;
constexpr std::int64_t kCoordinates = (1 << 24) - 1;  // largest grid
constexpr std::int64_t kVmem = 4;                     // LOAD's dest_kind
constexpr std::int64_t kFromVmem = 1;                 // STORE's src_kind
constexpr std::int64_t kChunks = 16;                  // at least, so that LOAD, VEC and STORE overlap
constexpr std::int64_t kChunkLines = 64;              // but not smaller than this

// Emitter's own registers. LOAD, STORE: half in use, bytes walked in matrices and in vectors. VEC: both
// halves.
enum Own : int { kHalf = 24, kMatrixOffset = 27, kVectorOffset = 28, kInputHalf = 29, kOutputHalf = 30 };

enum class Epilogue { None, Sum, Statistics, GradStatistics };

// A pair of vectors that goes to both banks of CMEM.
struct CoefficientPair {
    std::size_t bank0;
    std::size_t bank1;
    bool at_k1;
};

struct Pass {
    Operation operation;
    bool relu = false;
    bool reduces = false;  // accumulators in CMEM
    std::vector<CoefficientPair> coefficients;
    Epilogue epilogue = Epilogue::None;
};

Pass pass_of(VectorKernel kernel) {
    switch (kernel) {
        case VectorKernel::ReluGrad:
            return {.operation = Operation::ReluGrad, .coefficients = {}};
        case VectorKernel::Add:
            return {.operation = Operation::Add, .coefficients = {}};
        case VectorKernel::Sum:
            return {.operation = Operation::Sum, .coefficients = {}};
        case VectorKernel::Bias:
            return {.operation = Operation::Bias, .coefficients = {{0, 0, false}}};
        case VectorKernel::BiasGrad:
            return {.operation = Operation::Accumulate,
                    .reduces = true,
                    .coefficients = {},
                    .epilogue = Epilogue::Sum};
        case VectorKernel::NormStatistics:
            return {.operation = Operation::BnStats,
                    .reduces = true,
                    .coefficients = {},
                    .epilogue = Epilogue::Statistics};
        case VectorKernel::NormApply:
            return {.operation = Operation::BnApply, .coefficients = {{0, 1, false}}};
        case VectorKernel::NormGradStatistics:
            return {.operation = Operation::BnGradStats,
                    .reduces = true,
                    .coefficients = {{1, 2, true}},
                    .epilogue = Epilogue::GradStatistics};
        case VectorKernel::NormGradApply:
            return {.operation = Operation::BnGradApply, .coefficients = {{0, 1, false}, {2, 2, true}}};
        default:
            return {.operation = Operation::Relu, .coefficients = {}};
    }
}

class StreamEmitter {
  public:
    StreamEmitter(const VectorProblem& problem, const isa::ArrayConfig& array)
        : problem_(problem),
          array_(array),
          layout_(layout_vector(problem, array)),
          map_(array),
          pass_(pass_of(problem.kernel)),
          element_bytes_(holds_fp32(problem.kernel) ? kFp32Bytes : kFp16Bytes),
          lanes_(array.line_bytes() / kFp32Bytes) {
        plan();
    }

    isa::Program emit() {
        isa::Program program;
        program.config = array_;
        program.address = layout_.program;
        program.streams[static_cast<int>(isa::Engine::Load)] = load_stream();
        program.streams[static_cast<int>(isa::Engine::Vec)] = vec_stream();
        program.streams[static_cast<int>(isa::Engine::Store)] = store_stream();
        program.semaphores[kInputFree] = 2;
        program.semaphores[kOutputFree] = 2;
        return program;
    }

  private:
    [[nodiscard]] bool writes_matrix() const { return !layout_.outputs.empty(); }
    [[nodiscard]] std::int64_t slices(std::int64_t columns) const { return ceil_div(columns, lanes_); }
    // Words of a vector of the panel in VMEM: whole rows of lanes.
    [[nodiscard]] std::int64_t vector_words() const { return slices(panel_) * lanes_ / 2; }
    [[nodiscard]] std::int64_t matrix_words() const { return chunk_ * panel_words(panel_); }
    [[nodiscard]] std::int64_t panel_words(std::int64_t columns) const {
        return ceil_div<std::int64_t>(columns * element_bytes_, kWordBytes);
    }
    // FOLD's two sums lie behind the results of the epilogue.
    [[nodiscard]] std::int64_t vectors_written() const {
        return static_cast<std::int64_t>(layout_.vectors_out.size()) +
               (pass_.epilogue == Epilogue::None ? 0 : 2);
    }
    [[nodiscard]] std::int64_t k1() const { return pass_.reduces ? slices(panel_) * kBlock : slices(panel_); }

    // Rows that fit with panels of `columns`; 0: the vectors do not fit.
    [[nodiscard]] std::int64_t rows_that_fit(std::int64_t columns) const {
        const std::int64_t vector = slices(columns) * lanes_ / 2;
        const std::int64_t cmem = slices(columns) * (pass_.reduces ? kBlock + 1 : 2);
        if (static_cast<std::int64_t>(layout_.vectors_in.size()) * vector > map_.input_half ||
            vectors_written() * vector > map_.output_half || cmem > vec::kCmemRows)
            return 0;
        // VEC walks whole words only, so nothing beyond the rows is touched.
        const auto inputs = static_cast<std::int64_t>(layout_.inputs.size());
        std::int64_t rows = map_.input_half / (inputs * panel_words(columns));
        if (writes_matrix()) rows = std::min(rows, map_.output_half / panel_words(columns));
        return rows;
    }

    void plan() {
        panel_ = problem_.columns;
        if (rows_that_fit(panel_) < std::min(kBlock, problem_.rows)) {
            panel_ = (problem_.columns - 1) / lanes_ * lanes_;
            while (panel_ > lanes_ && rows_that_fit(panel_) < kBlock) panel_ -= lanes_;
        }
        const std::int64_t most = panel_ < 1 ? 0 : rows_that_fit(panel_);
        if (most < 1)
            throw InputError("layer " + problem_.layer, "", "the vector memory is too small for one row");
        const std::int64_t words = panel_words(panel_);
        const std::int64_t least = round_up(ceil_div(kChunkLines * array_.line_words(), words), kBlock);
        const std::int64_t wanted = round_up(ceil_div(problem_.rows, kChunks), kBlock);
        chunk_ = std::min({std::max(least, wanted), most, problem_.rows});
        if (chunk_ > kBlock && chunk_ < problem_.rows) chunk_ = chunk_ / kBlock * kBlock;
    }

    // ---- LOAD

    void load_runs(StreamBuilder& b, int offset, std::int64_t address, std::int64_t dest, std::int64_t count,
                   std::int64_t bytes, bool last) const {
        b.set(load::count, count);
        b.set(load::len, bytes);
        b.add(load::base, offset, address);
        b.add(load::dest, kHalf, dest);
        isa::RunFields run;
        run.flags = load::kSeek;
        if (last) run.push_end = kInputFull;
        b.run(run);
    }

    void load_vectors(StreamBuilder& b, std::int64_t columns) const {
        const std::size_t vectors = layout_.vectors_in.size();
        b.wait(kInputFree);
        for (std::size_t v = 0; v < vectors; ++v) {
            load_runs(b, kVectorOffset, layout_.vectors_in[v], static_cast<std::int64_t>(v) * vector_words(),
                      1, round_up(columns * kFp32Bytes, kWordBytes), v + 1 == vectors);
        }
        b.toggle(kHalf, map_.input_half);
    }

    void load_chunk(StreamBuilder& b, std::int64_t columns, std::int64_t rows) const {
        const bool whole = columns == problem_.columns;
        const std::int64_t count = whole ? 1 : rows;
        const std::int64_t bytes = whole ? rows * layout_.pitch : columns * element_bytes_;
        b.wait(kInputFree);
        for (std::size_t i = 0; i < layout_.inputs.size(); ++i) {
            load_runs(b, kMatrixOffset, layout_.inputs[i], static_cast<std::int64_t>(i) * matrix_words(),
                      count, bytes, i + 1 == layout_.inputs.size());
        }
        b.toggle(kHalf, map_.input_half);
        b.add(kMatrixOffset, kMatrixOffset, rows * layout_.pitch);
    }

    // From the end of one panel to the top of the next.
    void next_panel(StreamBuilder& b, std::int64_t columns) const {
        b.add(kMatrixOffset, kMatrixOffset, columns * element_bytes_ - problem_.rows * layout_.pitch);
        b.add(kVectorOffset, kVectorOffset, columns * kFp32Bytes);
    }

    std::vector<isa::Instruction> load_stream() {
        StreamBuilder b;
        for (const int reg : {load::py, load::pb, load::ox, load::oy, load::b0, load::y0, load::x0})
            b.set(reg, 0);
        for (const int reg : {load::sx, load::sy, load::grid_h, load::in_h}) b.set(reg, 1);
        for (const int reg : {load::grid_w, load::in_w}) b.set(reg, kCoordinates);
        b.set(load::px, layout_.pitch);
        b.set(load::dest_kind, kVmem);
        for (const int reg : {kHalf, kMatrixOffset, kVectorOffset}) b.set(reg, 0);
        peeled(b, problem_.columns, panel_, [&](std::int64_t columns, bool) {
            if (!pass_.coefficients.empty()) load_vectors(b, columns);
            peeled(b, problem_.rows, chunk_, [&](std::int64_t rows, bool) { load_chunk(b, columns, rows); });
            if (pass_.epilogue == Epilogue::Statistics || pass_.epilogue == Epilogue::GradStatistics)
                load_vectors(b, columns);
            next_panel(b, columns);
        });
        b.halt();
        return b.take();
    }

    // ---- VEC

    void operand(StreamBuilder& b, int reg, std::int64_t words) const { b.add(reg, kInputHalf, words); }
    void result(StreamBuilder& b, int reg, std::int64_t words) const {
        b.add(reg, kOutputHalf, map_.upper + words);
    }
    void shape(StreamBuilder& b, Operation operation, std::int64_t rows, std::int64_t columns) const {
        b.set(vec::op, static_cast<std::int64_t>(operation));
        b.set(vec::rows, rows);
        b.set(vec::channels, columns);
    }

    void coefficients(StreamBuilder& b, std::int64_t columns) const {
        b.wait(kInputFull);
        shape(b, Operation::Coefficients, slices(columns), std::min(columns, lanes_));
        for (const CoefficientPair& pair : pass_.coefficients) {
            operand(b, vec::a, static_cast<std::int64_t>(pair.bank0) * vector_words());
            operand(b, vec::b, static_cast<std::int64_t>(pair.bank1) * vector_words());
            b.set(vec::k0, pair.at_k1 ? k1() : 0);
            isa::RunFields run;
            if (&pair == &pass_.coefficients.back()) run.push_early0 = kInputFree;
            b.run(run);
        }
        b.toggle(kInputHalf, map_.input_half);
        b.set(vec::k0, 0);
    }

    void compute(StreamBuilder& b, std::int64_t columns, std::int64_t rows, bool first) const {
        shape(b, pass_.operation, rows, columns);
        operand(b, vec::a, 0);
        operand(b, vec::b, matrix_words());
        isa::RunFields run;
        run.flags = (first ? vec::kFirst : 0U) | (problem_.relu ? vec::kRelu : 0U);
        run.push_early0 = kInputFree;
        b.wait(kInputFull);
        if (writes_matrix()) {
            result(b, vec::o0, 0);
            b.wait(kOutputFree);
            run.push_end = kOutputFull;
        }
        b.run(run);
        b.toggle(kInputHalf, map_.input_half);
        if (writes_matrix()) b.toggle(kOutputHalf, map_.output_half);
    }

    // Sums over the accumulators, and what becomes of them.
    void finish(StreamBuilder& b, std::int64_t columns) const {
        const auto results = static_cast<std::int64_t>(layout_.vectors_out.size());
        const bool sum_only = pass_.epilogue == Epilogue::Sum;
        const std::int64_t sums = sum_only ? 0 : results;
        shape(b, Operation::Fold, slices(columns), std::min(columns, lanes_));
        b.set(vec::k1, k1());
        result(b, vec::o0, sums * vector_words());
        result(b, vec::o1, (sums + 1) * vector_words());
        b.wait(kOutputFree);
        isa::RunFields fold;
        if (sum_only) fold.push_end = kOutputFull;
        b.run(fold);
        if (!sum_only) {
            const bool gradient = pass_.epilogue == Epilogue::GradStatistics;
            b.set(vec::op, static_cast<std::int64_t>(gradient ? Operation::BnGradFinal : Operation::BnFinal));
            b.set(vec::k0, k1());
            for (const int i : {0, 1, 2}) operand(b, vec::a + i, i * vector_words());
            for (std::int64_t i = 0; i < results; ++i)
                result(b, vec::o0 + static_cast<int>(i), i * vector_words());
            b.wait(kInputFull);
            isa::RunFields run;
            run.push_early0 = kInputFree;
            run.push_end = kOutputFull;
            b.run(run);
            b.toggle(kInputHalf, map_.input_half);
            b.set(vec::k0, 0);
        }
        b.toggle(kOutputHalf, map_.output_half);
    }

    void compute_rows(StreamBuilder& b, std::int64_t columns) const {
        const std::int64_t chunks = ceil_div(problem_.rows, chunk_);
        const std::int64_t tail = problem_.rows - (chunks - 1) * chunk_;
        if (!pass_.reduces) {
            peeled(b, problem_.rows, chunk_,
                   [&](std::int64_t rows, bool) { compute(b, columns, rows, false); });
        } else if (chunks == 1) {
            compute(b, columns, tail, true);
        } else {
            compute(b, columns, chunk_, true);
            b.loop(chunks - 2, [&] { compute(b, columns, chunk_, false); });
            compute(b, columns, tail, false);
        }
    }

    std::vector<isa::Instruction> vec_stream() {
        StreamBuilder b;
        for (const int reg : {kInputHalf, kOutputHalf}) b.set(reg, 0);
        b.set(vec::k0, 0);
        const std::array<float, 11> scalars = scalars_of(problem_);
        for (int i = 0; i < 3; ++i)
            b.set(vec::s0 + i, std::bit_cast<std::uint32_t>(scalars[static_cast<std::size_t>(i)]));
        peeled(b, problem_.columns, panel_, [&](std::int64_t columns, bool) {
            if (!pass_.coefficients.empty()) coefficients(b, columns);
            b.set(vec::k1, k1());
            compute_rows(b, columns);
            if (pass_.epilogue != Epilogue::None) finish(b, columns);
        });
        b.halt();
        return b.take();
    }

    // ---- STORE

    void store_chunk(StreamBuilder& b, std::int64_t columns, std::int64_t rows) const {
        const bool whole = columns == problem_.columns;
        b.set(store::count, whole ? 1 : rows);
        b.set(store::len, whole ? rows * layout_.pitch : columns * element_bytes_);
        b.add(store::base, kMatrixOffset, layout_.outputs[0]);
        b.add(store::src, kHalf, map_.upper);
        b.wait(kOutputFull);
        isa::RunFields run;
        run.flags = store::kSeek;
        run.push_early0 = kOutputFree;
        b.run(run);
        b.toggle(kHalf, map_.output_half);
        b.add(kMatrixOffset, kMatrixOffset, rows * layout_.pitch);
    }

    void store_vectors(StreamBuilder& b, std::int64_t columns) const {
        b.set(store::count, 1);
        b.set(store::len, round_up(columns * kFp32Bytes, kWordBytes));
        b.wait(kOutputFull);
        for (std::size_t v = 0; v < layout_.vectors_out.size(); ++v) {
            b.add(store::base, kVectorOffset, layout_.vectors_out[v]);
            b.add(store::src, kHalf, map_.upper + static_cast<std::int64_t>(v) * vector_words());
            isa::RunFields run;
            run.flags = store::kSeek;
            if (v + 1 == layout_.vectors_out.size()) run.push_early0 = kOutputFree;
            b.run(run);
        }
        b.toggle(kHalf, map_.output_half);
    }

    std::vector<isa::Instruction> store_stream() {
        StreamBuilder b;
        for (const int reg : {store::py, store::pb, store::b0, store::y0, store::x0}) b.set(reg, 0);
        b.set(store::grid_w, kCoordinates);
        b.set(store::grid_h, 1);
        b.set(store::px, layout_.pitch);
        b.set(store::src_kind, kFromVmem);
        for (const int reg : {kHalf, kMatrixOffset, kVectorOffset}) b.set(reg, 0);
        peeled(b, problem_.columns, panel_, [&](std::int64_t columns, bool) {
            if (writes_matrix()) {
                peeled(b, problem_.rows, chunk_,
                       [&](std::int64_t rows, bool) { store_chunk(b, columns, rows); });
                next_panel(b, columns);
            } else {
                store_vectors(b, columns);
                b.add(kVectorOffset, kVectorOffset, columns * kFp32Bytes);
            }
        });
        b.halt();
        return b.take();
    }

    const VectorProblem& problem_;
    const isa::ArrayConfig& array_;
    VectorLayout layout_;
    VectorMemoryMap map_;
    Pass pass_;
    std::int64_t element_bytes_;  // of matrices
    std::int64_t lanes_;
    std::int64_t panel_ = 0;  // columns
    std::int64_t chunk_ = 0;  // rows
};

}  // namespace

isa::Program emit_vector_stream(const VectorProblem& problem, const isa::ArrayConfig& array) {
    return StreamEmitter(problem, array).emit();
}

}  // namespace satsim::schedule
