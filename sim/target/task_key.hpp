// What makes two tasks the same work: every field that a schedule or a program depends on, and no name.
#pragma once

#include <string>

#include "runtime/workload/task.hpp"

namespace satsim::sat {

[[nodiscard]] std::string task_key(const Task& task);

}  // namespace satsim::sat
