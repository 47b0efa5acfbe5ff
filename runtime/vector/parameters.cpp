#include "runtime/vector/parameters.hpp"

#include <fmt/format.h>

#include <bit>

#include "runtime/numerics/accumulate.hpp"
#include "runtime/support/stored_pattern.hpp"
#include "runtime/vector/micro_program.hpp"

namespace satsim::vector {
namespace {

using isa::vec::Operation;

constexpr std::int64_t kSizeLimit = 1 << 24;
constexpr int kPackedResult = 3;  // o3..o6

std::int64_t at(std::span<const std::int64_t> registers, int reg) {
    return registers[static_cast<std::size_t>(reg)];
}

std::optional<NmPattern> pattern(std::int64_t bits) {
    if (bits == 0) return std::nullopt;
    return NmPattern{static_cast<int>(bits & 0xFF), static_cast<int>(bits >> 8)};
}

std::optional<std::string> range_fault(const char* name, std::int64_t value, std::int64_t low,
                                       std::int64_t high) {
    if (value >= low && value <= high) return std::nullopt;
    return fmt::format("{} is {}, expected {}..{}", name, value, low, high);
}

std::optional<std::string> pattern_fault(const char* name, std::int64_t bits,
                                         const isa::ArrayConfig& config) {
    if (bits == 0) return std::nullopt;
    if (bits < 0 || bits > 0xFFFF) return fmt::format("{} is {}, expected N + 256*M", name, bits);
    const NmPattern nm = *pattern(bits);
    if (nm == kOneOfTwo) return std::nullopt;
    const bool known = nm.m == 4 || nm.m == 8 || nm.m == 16;
    if (!known || nm.m > config.max_m || nm.n < 1 || nm.n > nm.m)
        return fmt::format("{} is {}:{}, expected 1:2 or M of 4, 8 or 16 up to {} and N of 1..M", name, nm.n,
                           nm.m, config.max_m);
    return std::nullopt;
}

std::int64_t packed_rows(const NmPattern& nm, std::int64_t elements) {
    const NmPattern stored = stored_pattern(nm);
    return ceil_div<std::int64_t>(elements, stored.m) * stored.n;
}

// Reads end in the lower half of VMEM, writes lie in the upper one.
std::optional<std::string> memory_fault(const Parameters& p, const isa::ArrayConfig& config) {
    const std::int64_t words = std::int64_t{config.vmem_lines} * config.line_words();
    const std::int64_t middle = std::int64_t{config.vmem_lines / 2} * config.line_words();
    const auto inside = [&](char kind, int number, std::int64_t begin, std::int64_t size, std::int64_t low,
                            std::int64_t high) -> std::optional<std::string> {
        if (begin >= low && begin + size <= high) return std::nullopt;
        return fmt::format("{}{} takes VMEM words {}..{}, expected {}..{}", kind == 'o' ? "o" : "operand ",
                           number, begin, begin + size - 1, low, high - 1);
    };
    for (const MicroOp& m : form_of(p.operation).program) {
        for (const Source s : {m.a, m.b, m.c}) {
            if (s < Source::A || s > Source::D) continue;
            const int number = static_cast<int>(s) - static_cast<int>(Source::A);
            const std::int64_t begin = p.operands[static_cast<std::size_t>(number)];
            if (auto fault = inside('i', number, begin, p.rows * p.input_pitch(), 0, middle)) return fault;
        }
        if (m.output < 0) continue;
        const std::int64_t begin = p.results[static_cast<std::size_t>(m.output)];
        if (auto fault = inside('o', m.output, begin, p.rows * p.output_pitch(), middle, words)) return fault;
    }
    const auto sizes = p.copy_words();
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const int number = kPackedResult + static_cast<int>(i);
        if (sizes[i] == 0) continue;
        if (auto fault =
                inside('o', number, p.results[static_cast<std::size_t>(number)], sizes[i], middle, words))
            return fault;
    }
    return std::nullopt;
}

std::optional<std::string> coefficient_fault(const Parameters& p, const isa::ArrayConfig& config) {
    const OperationForm& form = form_of(p.operation);
    const std::int64_t index =
        form.vector_indexed ? p.rows : ceil_div<std::int64_t>(p.channels, lanes(config));
    bool k0 = false;
    bool k1 = false;
    bool accumulators = false;
    for (const MicroOp& m : form.program) {
        const bool folds = m.function == Function::FoldFirst || m.function == Function::FoldNext;
        const bool sums = m.function == Function::Accumulate || m.function == Function::AccumulateTwo ||
                          m.function == Function::AccumulateSquare;
        accumulators = accumulators || sums || folds;
        k0 = k0 || m.function == Function::LoadBank0 || sums || folds;
        k1 = k1 || m.function == Function::StoreBanks;
        for (const Source s : {m.a, m.b, m.c}) {
            k0 = k0 || s == Source::K0Bank0 || s == Source::K0Bank1;
            k1 = k1 || s == Source::K1Bank0 || s == Source::K1Bank1;
        }
    }
    const std::int64_t k0_rows = accumulators ? index * isa::timing::kVecBlock : index;
    if (k0)
        if (auto fault = range_fault("k0", p.k0, 0, isa::vec::kCmemRows - k0_rows)) return fault;
    if (k1) return range_fault("k1", p.k1, 0, isa::vec::kCmemRows - index);
    return std::nullopt;
}

}  // namespace

bool Parameters::wide_input() const {
    const bool selectable = operation == Operation::Pack || operation == Operation::Accumulate;
    return form_of(operation).wide_inputs || (selectable && has(isa::vec::kWide));
}

std::int64_t Parameters::input_pitch() const {
    return ceil_div<std::int64_t>(channels, wide_input() ? 2 : 4);
}

std::int64_t Parameters::output_pitch() const {
    return ceil_div<std::int64_t>(channels, form_of(operation).wide_outputs ? 2 : 4);
}

std::int64_t Parameters::packed_rows_f() const {
    return nm_f ? packed_rows(*nm_f, rows) : 0;
}

std::int64_t Parameters::packed_rows_b() const {
    return nm_b ? packed_rows(*nm_b, channels) : 0;
}

std::optional<std::string> operation_fault(std::span<const std::int64_t> registers, std::uint32_t flags,
                                           const isa::ArrayConfig& config) {
    using namespace isa::vec;
    const auto operations = static_cast<std::int64_t>(kOperations.size());
    if (auto fault = range_fault("op", at(registers, op), 0, operations - 1)) return fault;
    if (auto fault = range_fault("rows", at(registers, rows), 1, kSizeLimit - 1)) return fault;
    if (auto fault = range_fault("channels", at(registers, channels), 1, kSizeLimit - 1)) return fault;
    if (auto fault = pattern_fault("nm_f", at(registers, nm_f), config)) return fault;
    if (auto fault = pattern_fault("nm_b", at(registers, nm_b), config)) return fault;
    const Parameters p = decode(registers, flags);
    const OperationForm& form = form_of(p.operation);
    if (form.vector_indexed && p.channels > lanes(config))
        return fmt::format("channels is {}, expected at most {} for an operation on channel vectors",
                           p.channels, lanes(config));
    if (p.packs() && !form.optimizer && p.operation != Operation::Pack)
        return std::string("nm_f and nm_b must be 0 for an operation that does not pack");
    if (auto fault = memory_fault(p, config)) return fault;
    return coefficient_fault(p, config);
}

std::array<std::int64_t, 4> Parameters::copy_words() const {
    std::array<std::int64_t, 4> words{};
    if (nm_f) {
        words[0] = packed_rows_f() * packed_columns() / 4;
        words[1] = nm_f->dense() ? 0 : packed_rows_f() * packed_columns() / 16;
    }
    if (nm_b) {
        const std::int64_t blocks = ceil_div<std::int64_t>(rows, isa::timing::kVecBlock);
        words[2] = packed_rows_b() * blocks * 4;
        words[3] = nm_b->dense() ? 0 : packed_rows_b() * blocks;
    }
    return words;
}

Parameters decode(std::span<const std::int64_t> registers, std::uint32_t flags) {
    using namespace isa::vec;
    Parameters p;
    p.operation = static_cast<Operation>(at(registers, op));
    p.flags = flags;
    p.rows = at(registers, rows);
    p.channels = at(registers, channels);
    for (std::size_t i = 0; i < p.operands.size(); ++i)
        p.operands[i] = at(registers, a + static_cast<int>(i));
    for (std::size_t i = 0; i < p.results.size(); ++i) p.results[i] = at(registers, o0 + static_cast<int>(i));
    p.k0 = at(registers, k0);
    p.k1 = at(registers, k1);
    p.nm_f = pattern(at(registers, nm_f));
    p.nm_b = pattern(at(registers, nm_b));
    for (std::size_t i = 0; i < p.scalars.size(); ++i) {
        const auto bits = static_cast<std::uint32_t>(at(registers, s0 + static_cast<int>(i)));
        p.scalars[i] = numerics::canonical(std::bit_cast<float>(bits));
    }
    return p;
}

}  // namespace satsim::vector
