#include "runtime/vector/accesses.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "runtime/vector/micro_program.hpp"

namespace satsim::vector {
namespace {

bool from_vmem(Source source) {
    return source >= Source::A && source <= Source::D;
}

bool from_cmem(Source source) {
    return source >= Source::K0Bank0 && source <= Source::K1Bank1;
}

// Values that the function itself reads and writes in CMEM, for one element.
int cmem_accesses(Function function) {
    switch (function) {
        case Function::Accumulate:
            return 2;  // one bank, read and written
        case Function::AccumulateTwo:
        case Function::AccumulateSquare:
            return 4;
        case Function::FoldFirst:
        case Function::FoldNext:
        case Function::StoreBanks:
            return 2;  // both banks, read or written
        case Function::LoadBank0:
        case Function::LoadBank1:
            return 1;
        default:
            return 0;
    }
}

}  // namespace

Accesses accesses_of(const Parameters& p) {
    Accesses accesses;
    const std::int64_t elements = p.rows * p.channels;
    for (const MicroOp& op : form_of(p.operation).program) {
        const std::array sources{op.a, op.b, op.c};
        if (std::any_of(sources.begin(), sources.end(), from_vmem))
            accesses.vmem_words += p.rows * p.input_pitch();
        if (op.output >= 0) accesses.vmem_words += p.rows * p.output_pitch();
        accesses.cmem_values += elements * std::count_if(sources.begin(), sources.end(), from_cmem);
        accesses.cmem_values += elements * cmem_accesses(op.function);
    }
    const auto copies = p.copy_words();
    accesses.vmem_words += std::accumulate(copies.begin(), copies.end(), std::int64_t{0});
    return accesses;
}

}  // namespace satsim::vector
