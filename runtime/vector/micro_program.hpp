// The micro-programs of WUVE: what a lane does with one element, slot by slot; docs/architecture/vector.md
// §4.
#pragma once

#include <cstdint>
#include <span>

#include "sat_isa.hpp"

namespace satsim::vector {

// Where an operand comes from. One VMEM operand a slot; both banks of CMEM can be read in one slot.
enum class Source : std::uint8_t {
    None,
    A,
    B,
    C,
    D,  // VMEM operands, FP16 or FP32 as the operation says
    T0,
    T1,
    T2,
    T3,  // the lane's temporaries
    K0Bank0,
    K0Bank1,  // CMEM at k0 + index
    K1Bank0,
    K1Bank1,  // CMEM at k1 + index
    S0,
    S1,
    S2,
    S3,
    S4,
    S5,
    S6,
    S7,
    S8,
    S9,
    S10,
    Decay  // s9 where DECAY is set and the old weight is outside m_f, else s1
};

enum class Function : std::uint8_t {
    Pass,              // a
    Multiply,          // a*b
    MultiplyAdd,       // a*b + c, rounded twice
    MultiplySubtract,  // c - a*b, rounded twice
    Add,               // a + c
    Gate,              // b > 0 ? a : +0
    SquareRoot,        // sqrt(a); takes sfu_slots slots
    Divide,            // a / b; takes sfu_slots slots
    Accumulate,        // acc0 += a
    AccumulateTwo,     // acc0 += a, acc1 += a*b
    AccumulateSquare,  // acc0 += a, acc1 += a*a
    FoldFirst,         // T0 = acc0[0], T1 = acc1[0]
    FoldNext,          // T0 += acc0[slot], T1 += acc1[slot]
    StoreBanks,  // CMEM bank 0, 1 at k1 + index = T0, T1 in the slot of the last FoldNext (no slot of its
                 // own)
    LoadBank0,   // CMEM bank 0 at k0 + index = a
    LoadBank1    // CMEM bank 1 at k0 + index = a
};

// What happens to a result on its way out.
enum class After : std::uint8_t { Nothing, Relu, ReluIfFlagged, Negate };

struct MicroOp {
    Function function = Function::Pass;
    Source a = Source::None;
    Source b = Source::None;
    Source c = Source::None;
    int temporary = -1;  // T number that takes the result, or -1
    int output = -1;     // o number that takes the result, or -1
    After after = After::Nothing;
    bool rank = false;   // the result goes to SORE as an old weight (mask for Decay)
    bool pack = false;   // the result goes to SORE to be packed
    bool check = false;  // a result that is infinite or NaN is reported
    bool operator==(const MicroOp&) const = default;
};

// Fixed for each operation. WIDE in `flags` widens operand a of PACK and ACCUMULATE.
struct OperationForm {
    bool vector_indexed = false;  // CMEM index is the row (channel vectors), not the slice (matrices)
    bool wide_inputs = false;     // VMEM operands are FP32
    bool wide_outputs = false;    // VMEM results are FP32
    bool optimizer = false;       // may pack, may decay
    std::span<const MicroOp> program;
};

[[nodiscard]] const OperationForm& form_of(isa::vec::Operation operation);

// Slots that a micro-operation takes.
[[nodiscard]] constexpr int slots_of(Function function) {
    if (function == Function::StoreBanks) return 0;
    const bool special = function == Function::SquareRoot || function == Function::Divide;
    return special ? isa::vec::kSfuSlots : 1;
}

}  // namespace satsim::vector
