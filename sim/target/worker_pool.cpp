#include "sim/target/worker_pool.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include "runtime/support/error.hpp"

namespace satsim::sat {
namespace {

using Job = std::function<void(std::uint64_t, const Send&)>;

enum class Outcome : std::uint32_t { Part, Done, InputFault, Failure };

struct Header {
    std::uint64_t job = 0;
    std::uint64_t bytes = 0;
    Outcome outcome = Outcome::Done;
};

bool send_all(int socket, const void* data, std::size_t bytes) {
    const auto* at = static_cast<const char*>(data);
    while (bytes > 0) {
        const ssize_t sent = ::send(socket, at, bytes, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        at += sent;
        bytes -= static_cast<std::size_t>(sent);
    }
    return true;
}

bool receive_all(int socket, void* data, std::size_t bytes) {
    auto* at = static_cast<char*>(data);
    while (bytes > 0) {
        const ssize_t got = ::recv(socket, at, bytes, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        at += got;
        bytes -= static_cast<std::size_t>(got);
    }
    return true;
}

[[noreturn]] void serve(int socket, const Job& job) {
    std::uint64_t number = 0;
    const auto say = [&](Outcome outcome, const void* data, std::size_t bytes) {
        const Header header{number, bytes, outcome};
        if (!send_all(socket, &header, sizeof header) || !send_all(socket, data, bytes)) ::_exit(0);
    };
    const auto explain = [&](Outcome outcome, const std::string& text) {
        say(outcome, text.data(), text.size());
    };
    while (receive_all(socket, &number, sizeof number)) {
        try {
            job(number, [&](const Bytes8& bytes) { say(Outcome::Part, bytes.data(), bytes.size()); });
            say(Outcome::Done, nullptr, 0);
        } catch (const InputError& error) {
            explain(Outcome::InputFault, error.what());
        } catch (const std::exception& error) {
            explain(Outcome::Failure, error.what());
        }
    }
    ::_exit(0);  // no destructor of the parent's objects may run here
}

// A forked process and this side's end of its socket.
class Worker {
  public:
    Worker(const Job& job, const std::vector<Worker>& others) {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
            throw std::runtime_error(std::string("no socket for a worker: ") + std::strerror(errno));
        process_ = ::fork();
        if (process_ < 0) {
            ::close(ends[0]);
            ::close(ends[1]);
            throw std::runtime_error(std::string("no process for a worker: ") + std::strerror(errno));
        }
        if (process_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (const Worker& other : others) ::close(other.socket_);
            ::close(ends[0]);
            serve(ends[1], job);
        }
        ::close(ends[1]);
        socket_ = ends[0];
    }
    Worker(Worker&& other) noexcept
        : process_(other.process_), socket_(other.socket_), running(other.running) {
        other.process_ = -1;
        other.socket_ = -1;
    }
    Worker& operator=(Worker&&) = delete;
    ~Worker() {
        if (socket_ >= 0) ::close(socket_);  // the worker reads the end of its orders and leaves
        if (process_ > 0) {
            if (running) ::kill(process_, SIGKILL);
            while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
            }
        }
    }

    void give(std::uint64_t job) {
        running = true;
        if (!send_all(socket_, &job, sizeof job)) throw std::runtime_error("a simulation worker has died");
    }
    [[nodiscard]] Header take(Bytes8& bytes) {
        Header header;
        bool whole = receive_all(socket_, &header, sizeof header);
        if (whole) {
            bytes.resize(header.bytes);
            whole = receive_all(socket_, bytes.data(), bytes.size());
        }
        if (!whole) throw std::runtime_error("a simulation worker has died (out of memory?)");
        running = header.outcome == Outcome::Part;
        return header;
    }
    [[nodiscard]] int socket() const { return socket_; }

  private:
    pid_t process_ = -1;
    int socket_ = -1;

  public:
    bool running = false;
};

}  // namespace

void run_forked(std::size_t jobs, int workers, const std::function<Bytes8(std::size_t)>& job,
                const std::function<void(std::size_t, const Bytes8&)>& done) {
    run_forked_parts(
        jobs, workers, [&](std::size_t i, const Send& send) { send(job(i)); }, done);
}

void run_forked_parts(std::size_t jobs, int workers, const std::function<void(std::size_t, const Send&)>& job,
                      const std::function<void(std::size_t, const Bytes8&)>& part) {
    if (jobs == 0) return;
    const std::size_t size = std::clamp<std::size_t>(static_cast<std::size_t>(std::max(workers, 1)), 1, jobs);
    std::uint64_t next = 0;
    // Jobs are handed out in order, so the lowest faulty one has been run whenever a higher one has.
    run_forked_as_asked(
        size, [&](std::size_t) { return next < jobs ? std::optional(next++) : std::nullopt; }, job, part);
}

void run_forked_as_asked(std::size_t workers, const NextJob& next, const Job& job,
                         const std::function<void(std::uint64_t, const Bytes8&)>& part) {
    std::vector<Worker> pool;
    pool.reserve(workers);
    for (std::size_t i = 0; i < workers; ++i) pool.emplace_back(job, pool);

    std::map<std::uint64_t, std::string> faults;
    const auto give_next = [&](std::size_t worker) {
        if (!faults.empty()) return;
        if (const auto number = next(worker)) pool[worker].give(*number);
    };
    for (std::size_t i = 0; i < workers; ++i) give_next(i);
    while (std::any_of(pool.begin(), pool.end(), [](const Worker& w) { return w.running; })) {
        std::vector<pollfd> waiting;
        for (const Worker& worker : pool)
            waiting.push_back({worker.running ? worker.socket() : -1, POLLIN, 0});
        if (::poll(waiting.data(), waiting.size(), -1) < 0) {
            if (errno == EINTR) continue;
            throw std::runtime_error(std::string("waiting for workers: ") + std::strerror(errno));
        }
        for (std::size_t i = 0; i < pool.size(); ++i) {
            if (!pool[i].running || waiting[i].revents == 0) continue;
            Bytes8 bytes;
            const Header header = pool[i].take(bytes);
            const std::string text(bytes.begin(), bytes.end());
            if (header.outcome == Outcome::Failure) throw std::runtime_error(text);
            if (header.outcome == Outcome::Part) {
                part(header.job, bytes);
                continue;
            }
            if (header.outcome == Outcome::InputFault) faults.emplace(header.job, text);
            give_next(i);
        }
    }
    if (!faults.empty()) throw InputError("", "", faults.begin()->second);
}

}  // namespace satsim::sat
