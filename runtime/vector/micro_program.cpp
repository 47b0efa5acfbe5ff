#include "runtime/vector/micro_program.hpp"

#include <array>

namespace satsim::vector {
namespace {

using F = Function;
using S = Source;
using isa::vec::Operation;

constexpr S kNone = S::None;

constexpr MicroOp op(F function, S a, S b = kNone, S c = kNone) {
    return {.function = function, .a = a, .b = b, .c = c};
}
constexpr MicroOp to(int temporary, MicroOp m) {
    m.temporary = temporary;
    return m;
}
constexpr MicroOp out(int output, MicroOp m, After after = After::Nothing) {
    m.output = output;
    m.after = after;
    return m;
}
constexpr MicroOp ranked(MicroOp m) {
    m.rank = true;
    return m;
}
constexpr MicroOp packed(MicroOp m) {
    m.pack = true;
    return m;
}

constexpr MicroOp checked(MicroOp m) {
    m.check = true;
    return m;
}

constexpr std::array kRelu{out(0, op(F::Pass, S::A), After::Relu)};
constexpr std::array kReluGrad{to(0, op(F::Pass, S::B)), out(0, op(F::Gate, S::A, S::T0))};
constexpr std::array kAdd{to(0, op(F::Pass, S::A)),
                          out(0, op(F::Add, S::T0, kNone, S::B), After::ReluIfFlagged)};
constexpr std::array kBias{out(0, op(F::Add, S::A, kNone, S::K0Bank0), After::ReluIfFlagged)};
constexpr std::array kBnApply{out(0, op(F::MultiplyAdd, S::A, S::K0Bank0, S::K0Bank1), After::ReluIfFlagged)};
constexpr std::array kBnGradApply{to(0, op(F::MultiplyAdd, S::B, S::K0Bank0, S::K0Bank1)),
                                  out(0, op(F::MultiplyAdd, S::A, S::K1Bank0, S::T0))};
constexpr std::array kAccumulate{op(F::Accumulate, S::A)};
constexpr std::array kBnStats{op(F::AccumulateSquare, S::A)};
constexpr std::array kBnGradStats{to(0, op(F::MultiplyAdd, S::B, S::K1Bank0, S::K1Bank1)),
                                  op(F::AccumulateTwo, S::A, S::T0)};
constexpr std::array kCoefficients{op(F::LoadBank0, S::A), op(F::LoadBank1, S::B)};

consteval auto make_fold() {
    std::array<MicroOp, isa::timing::kVecBlock + 2> program{};
    program[0] = op(F::FoldFirst, kNone);
    for (std::size_t s = 1; s < isa::timing::kVecBlock; ++s) program[s] = op(F::FoldNext, kNone);
    program[isa::timing::kVecBlock - 1] = checked(out(0, op(F::FoldNext, kNone)));
    program[isa::timing::kVecBlock] = op(F::StoreBanks, kNone);
    program[isa::timing::kVecBlock + 1] = out(1, op(F::Pass, S::T1));
    return program;
}
constexpr auto kFold = make_fold();

// s0 = 1/positions, s1 = epsilon, s2 = 1
constexpr std::array kBnFinal{
    out(0, to(0, op(F::Multiply, S::K0Bank0, S::S0))),                          // mean
    to(1, op(F::Multiply, S::K0Bank1, S::S0)),                                  // mean of squares
    out(-1, to(1, op(F::MultiplySubtract, S::T0, S::T0, S::T1)), After::Relu),  // variance >= 0
    to(1, op(F::Add, S::T1, kNone, S::S1)),
    to(1, op(F::SquareRoot, S::T1)),
    out(1, to(1, op(F::Divide, S::S2, S::T1))),             // 1/std
    out(2, to(2, op(F::Multiply, S::A, S::T1))),            // scale
    out(3, op(F::MultiplySubtract, S::T0, S::T2, S::B)),    // shift
    out(4, op(F::Multiply, S::T0, S::T1), After::Negate)};  // -mean/std

// s0 = 1/positions
constexpr std::array kBnGradFinal{out(0, op(F::Pass, S::K0Bank0)),  // dbeta
                                  out(1, op(F::Pass, S::K0Bank1)),  // dgamma
                                  to(0, op(F::Multiply, S::K0Bank1, S::S0)),
                                  to(1, op(F::Multiply, S::K0Bank0, S::S0)),
                                  to(2, op(F::Multiply, S::A, S::T0)),  // scale * mean(dy*xhat)
                                  out(2, op(F::Multiply, S::B, S::T2), After::Negate),  // B
                                  to(1, op(F::Multiply, S::A, S::T1)),                  // scale * mean(dy)
                                  out(3, op(F::MultiplyAdd, S::C, S::T2, S::T1), After::Negate)};  // C

// s0 = 1/loss scale, s1 = weight decay, s2 = momentum, s3 = learning rate, s9 = s1 + SR-STE decay
constexpr std::array kSgd{ranked(to(0, op(F::Pass, S::C))),
                          checked(to(1, op(F::Multiply, S::A, S::S0))),
                          to(2, op(F::Multiply, S::B, S::S2)),
                          to(1, op(F::MultiplyAdd, S::T0, S::Decay, S::T1)),
                          out(1, to(1, op(F::Add, S::T2, kNone, S::T1))),
                          packed(out(0, op(F::MultiplySubtract, S::T1, S::S3, S::T0)))};

// s0, s1, s9 as above, s2 = beta1, s3 = 1-beta1, s4 = beta2, s5 = 1-beta2, s6 = 1/sqrt(1-beta2^t), s7 =
// epsilon, s8 = learning rate/(1-beta1^t), s10 = 1 - learning rate*weight decay (AdamW)
constexpr std::array kAdam{ranked(to(0, op(F::Pass, S::C))),
                           checked(to(1, op(F::Multiply, S::A, S::S0))),
                           to(2, op(F::Multiply, S::B, S::S2)),
                           to(1, op(F::MultiplyAdd, S::T0, S::Decay, S::T1)),
                           out(1, to(2, op(F::MultiplyAdd, S::T1, S::S3, S::T2))),
                           to(3, op(F::Multiply, S::D, S::S4)),
                           to(1, op(F::Multiply, S::T1, S::T1)),
                           out(2, to(3, op(F::MultiplyAdd, S::T1, S::S5, S::T3))),
                           to(3, op(F::SquareRoot, S::T3)),
                           to(3, op(F::MultiplyAdd, S::T3, S::S6, S::S7)),
                           to(2, op(F::Divide, S::T2, S::T3)),
                           packed(out(0, op(F::MultiplySubtract, S::T2, S::S8, S::T0)))};

consteval auto make_adamw() {
    std::array<MicroOp, kAdam.size() + 1> program{};
    for (std::size_t i = 0; i + 1 < kAdam.size(); ++i) program[i] = kAdam[i];
    program[kAdam.size() - 1] = to(0, op(F::Multiply, S::T0, S::S10));
    program[kAdam.size()] = kAdam.back();
    return program;
}
constexpr auto kAdamW = make_adamw();

constexpr std::array kPack{packed(op(F::Pass, S::A))};
constexpr std::array kConvert{out(0, op(F::Pass, S::A))};
constexpr std::array kSum{to(0, op(F::Pass, S::A)), checked(out(0, op(F::Add, S::T0, kNone, S::B)))};

// By operation code.
constexpr std::array<OperationForm, isa::vec::kOperations.size()> kForms{{
    {.program = kRelu},
    {.program = kReluGrad},
    {.program = kAdd},
    {.program = kBias},
    {.program = kBnApply},
    {.program = kBnGradApply},
    {.program = kAccumulate},
    {.program = kBnStats},
    {.program = kBnGradStats},
    {.vector_indexed = true, .wide_inputs = true, .program = kCoefficients},
    {.vector_indexed = true, .wide_outputs = true, .program = kFold},
    {.vector_indexed = true, .wide_inputs = true, .wide_outputs = true, .program = kBnFinal},
    {.vector_indexed = true, .wide_inputs = true, .wide_outputs = true, .program = kBnGradFinal},
    {.wide_inputs = true, .wide_outputs = true, .optimizer = true, .program = kSgd},
    {.wide_inputs = true, .wide_outputs = true, .optimizer = true, .program = kAdam},
    {.wide_inputs = true, .wide_outputs = true, .optimizer = true, .program = kAdamW},
    {.program = kPack},
    {.wide_inputs = true, .program = kConvert},
    {.wide_inputs = true, .wide_outputs = true, .program = kSum},
}};

// The table of the instruction set tells the hardware how long each program takes: it must be these programs'
// length. PACK alone is longer, since SORE's sorters take two slots for both directions.
consteval bool slots_agree() {
    for (std::size_t i = 0; i < kForms.size(); ++i) {
        int slots = 0;
        int writes = 0;
        for (const MicroOp& m : kForms[i].program) {
            slots += slots_of(m.function);
            writes += m.output >= 0 ? 1 : 0;
        }
        if (static_cast<Operation>(i) == Operation::Pack) slots = 2;
        if (slots != isa::vec::kOperations[i].slots || writes != isa::vec::kOperations[i].writes)
            return false;
    }
    return true;
}
static_assert(slots_agree());

}  // namespace

const OperationForm& form_of(Operation operation) {
    return kForms[static_cast<std::size_t>(operation)];
}

}  // namespace satsim::vector
