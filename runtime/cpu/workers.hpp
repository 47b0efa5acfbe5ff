// Threads that share a loop, one a hardware thread of this process.
#pragma once

#include <cstdint>
#include <functional>

namespace satsim::cpu {

// How many this process may run on.
[[nodiscard]] int worker_count();

// Calls body(begin, end) for shares of 0..count-1 that are as equal as they can be, each on a thread of its
// own, of no fewer than `least` items each. The first share runs on the caller's thread.
void share(std::int64_t count, std::int64_t least,
           const std::function<void(std::int64_t begin, std::int64_t end)>& body);

}  // namespace satsim::cpu
