// One piece of work in a recording file.
#pragma once

#include <nlohmann/json.hpp>

#include "runtime/gpu_record/work.hpp"
#include "runtime/support/json_cursor.hpp"

namespace satsim::gpu {

[[nodiscard]] nlohmann::ordered_json work_json(const Work& work);
// Throws InputError.
[[nodiscard]] Work read_work(const JsonCursor& at);

}  // namespace satsim::gpu
