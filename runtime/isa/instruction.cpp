#include "runtime/isa/instruction.hpp"

#include <stdexcept>

namespace satsim::isa {
namespace {

constexpr std::uint64_t mask(const Field& field) {
    return (std::uint64_t{1} << field.width) - 1;
}

std::uint64_t place(const Field& field, std::uint64_t value) {
    return (value & mask(field)) << field.lsb;
}

std::uint64_t extract(const Field& field, std::uint64_t word) {
    return (word >> field.lsb) & mask(field);
}

// A push field is a semaphore number with a valid bit above it.
std::uint64_t encode_push(const Field& field, int semaphore) {
    if (semaphore < 0) return 0;
    if (semaphore >= kSemaphores) throw std::out_of_range("semaphore number");
    return place(field, static_cast<std::uint64_t>(semaphore) | (std::uint64_t{1} << (field.width - 1)));
}

int decode_push(const Field& field, std::uint64_t word) {
    const std::uint64_t bits = extract(field, word);
    const std::uint64_t valid = std::uint64_t{1} << (field.width - 1);
    return (bits & valid) != 0 ? static_cast<int>(bits & (valid - 1)) : -1;
}

}  // namespace

std::uint64_t encode(const Instruction& instruction) {
    const std::int64_t limit = std::int64_t{1} << (kImmField.width - 1);
    if (instruction.imm < -limit || instruction.imm >= limit) throw std::out_of_range("immediate");
    if (instruction.rd >= kRegisters || instruction.rs >= kRegisters)
        throw std::out_of_range("register number");
    return place(kOpcodeField, static_cast<std::uint64_t>(instruction.opcode)) |
           place(kRdField, instruction.rd) | place(kRsField, instruction.rs) |
           place(kImmField, static_cast<std::uint64_t>(instruction.imm));
}

std::optional<Instruction> decode(std::uint64_t word) {
    const std::uint64_t opcode = extract(kOpcodeField, word);
    const std::uint64_t rd = extract(kRdField, word);
    const std::uint64_t rs = extract(kRsField, word);
    if (opcode >= static_cast<std::uint64_t>(kOpcodes) || rd >= kRegisters || rs >= kRegisters)
        return std::nullopt;
    return Instruction{static_cast<Opcode>(opcode), static_cast<std::uint8_t>(rd),
                       static_cast<std::uint8_t>(rs),
                       wrap_register(static_cast<std::int64_t>(extract(kImmField, word)))};
}

std::int64_t encode_run(const RunFields& fields) {
    if (fields.flags > mask(kRunFlags)) throw std::out_of_range("flags");
    return static_cast<std::int64_t>(
        encode_push(kRunPushEarly0, fields.push_early0) | encode_push(kRunPushEarly1, fields.push_early1) |
        encode_push(kRunPushEnd, fields.push_end) | place(kRunFlags, fields.flags));
}

RunFields decode_run(std::int64_t imm) {
    const auto word = static_cast<std::uint64_t>(imm);
    return {decode_push(kRunPushEarly0, word), decode_push(kRunPushEarly1, word),
            decode_push(kRunPushEnd, word), static_cast<std::uint32_t>(extract(kRunFlags, word))};
}

}  // namespace satsim::isa
