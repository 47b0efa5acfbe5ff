// Jobs in forked processes, results over sockets. SystemC elaborates once a process, so simulation never
// happens in the program itself; the workers inherit its memory, and only job numbers and result bytes
// travel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace satsim::sat {

using Bytes8 = std::vector<std::uint8_t>;

// Runs job(i) for 0 <= i < jobs in at most `workers` processes (at least one) and calls done(i, bytes) in
// this process as results arrive. Jobs are handed out in ascending order. When jobs throw InputError, the one
// of the lowest number is rethrown here after the running ones have ended, whatever the number of workers.
// Throws std::runtime_error when a worker dies or fails in any other way. Workers end with this call, or with
// this process.
void run_forked(std::size_t jobs, int workers, const std::function<Bytes8(std::size_t)>& job,
                const std::function<void(std::size_t, const Bytes8&)>& done);

// Delivers one of the results of a job.
using Send = std::function<void(const Bytes8&)>;

// The same for jobs of several results, each of which reaches part(i, bytes) as soon as it is sent.
void run_forked_parts(std::size_t jobs, int workers, const std::function<void(std::size_t, const Send&)>& job,
                      const std::function<void(std::size_t, const Bytes8&)>& part);

// The same when which worker gets which job matters: next(worker), 0 <= worker < workers, is called in this
// process whenever that worker has nothing to do, until it says nothing. Faults are those of the lowest job
// that had one.
using NextJob = std::function<std::optional<std::uint64_t>(std::size_t worker)>;
void run_forked_as_asked(std::size_t workers, const NextJob& next,
                         const std::function<void(std::uint64_t, const Send&)>& job,
                         const std::function<void(std::uint64_t, const Bytes8&)>& part);

}  // namespace satsim::sat
