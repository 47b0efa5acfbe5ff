#include "runtime/functional/operation.hpp"

#include <fmt/format.h>

#include "runtime/isa/names.hpp"
#include "runtime/support/error.hpp"

namespace satsim::functional {

void fail(const Operation& op, const std::string& message) {
    throw InputError(fmt::format("{} instruction {}", isa::name_of(op.engine), op.instruction), "", message);
}

void check_operation(const Operation& op, const isa::ArrayConfig& config) {
    if (const auto fault = isa::operation_fault(op.engine, {op.registers}, op.flags, config))
        fail(op, *fault);
}

}  // namespace satsim::functional
