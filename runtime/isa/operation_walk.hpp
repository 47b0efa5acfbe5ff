// Every operation of a program with the registers that it will really have: what isa::check cannot know of
// registers that loops change.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "runtime/isa/program.hpp"

namespace satsim::isa {

// What is wrong with an operation of VEC, or nothing; vector::operation_fault, which this library does not
// know.
using VectorRules = std::function<std::optional<std::string>(std::span<const std::int64_t> registers,
                                                             std::uint32_t flags, const ArrayConfig& config)>;

// Instructions of a stream that are executed before the walk gives up: less than a second.
inline constexpr std::int64_t kWalkBudget = std::int64_t{1} << 22;

// Executes each stream without its tokens and judges every operation (operation_rules.hpp). The program must
// have passed isa::check. Throws InputError, one line beginning with `name`. Returns false when a stream is
// longer than `budget` instructions: what comes later has not been seen.
bool check_operations(const Program& program, const std::string& name, const VectorRules& vector_rules,
                      std::int64_t budget = kWalkBudget);

}  // namespace satsim::isa
