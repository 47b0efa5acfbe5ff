#include "runtime/cpu/workers.hpp"

#include <sched.h>

#include <algorithm>
#include <thread>
#include <vector>

namespace satsim::cpu {

int worker_count() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
    return std::max(1, CPU_COUNT(&allowed));
}

void share(std::int64_t count, std::int64_t least,
           const std::function<void(std::int64_t begin, std::int64_t end)>& body) {
    if (count <= 0) return;
    const std::int64_t parts =
        std::clamp<std::int64_t>(count / std::max<std::int64_t>(least, 1), 1, worker_count());
    std::vector<std::jthread> threads;
    for (std::int64_t part = 1; part < parts; ++part)
        threads.emplace_back([&, part] { body(count * part / parts, count * (part + 1) / parts); });
    body(0, count / parts);
}

}  // namespace satsim::cpu
