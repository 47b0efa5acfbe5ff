#include "runtime/placement/simulate.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>
#include <stdexcept>
#include <tuple>

#include "runtime/placement/node_costs.hpp"

namespace satsim::placement {
namespace {

std::size_t at(int index) {
    return static_cast<std::size_t>(index);
}

class Simulation {
  public:
    // `costs`: of each node where it is, finite. `limit`: seconds after which nobody wants to know.
    // `least_after`: of each run, or none.
    Simulation(const Problem& problem, const Expansion& expansion, const Assignment& assignment,
               const std::vector<NodeCost>& costs, bool keep_events, double limit,
               const std::vector<double>* least_after)
        : problem_(problem),
          expansion_(expansion),
          assignment_(assignment),
          costs_(costs),
          keep_events_(keep_events),
          limit_(limit),
          least_after_(least_after),
          machines_(problem.machines.size()),
          waiting_(expansion.inputs()),
          open_(expansion.runs_of_micro_batches()) {
        outcome_.busy.assign(machines_.size(), 0);
        std::vector<bool> used(machines_.size(), false);
        for (const int machine : assignment) used[at(machine)] = true;
        under_way_ = static_cast<int>(std::count(used.begin(), used.end(), true));
        for (std::size_t n = 0; n < assignment.size(); ++n)
            machines_[at(assignment[n])].to_do +=
                costs[n].seconds * static_cast<double>(expansion.weight_of(static_cast<int>(n)));
    }

    Outcome run() {
        for (std::size_t r = 0; r < waiting_.size(); ++r) {
            if (waiting_[r] == 0) offer(static_cast<int>(r));
        }
        start_machines();
        while (!events_.empty() && !hopeless_) {
            now_ = events_.top().time;
            while (!events_.empty() && events_.top().time == now_) {
                const Event event = events_.top();
                events_.pop();
                event.machine >= 0 ? finish(event.machine, event.id) : arrive(event.id);
            }
            start_machines();
        }
        if (hopeless_) {
            outcome_.seconds = kCannot;
            return std::move(outcome_);
        }
        if (finished_ != waiting_.size())
            throw std::logic_error("a placed step in which tasks wait for each other");
        account();
        return std::move(outcome_);
    }

  private:
    struct Event {
        double time;
        int machine;  // whose run ended; -1: a transfer ended
        int id;       // of the run or the transfer
        bool operator>(const Event& other) const {
            return std::tie(time, machine, id) > std::tie(other.time, other.machine, other.id);
        }
    };
    struct MachineState {
        std::priority_queue<int, std::vector<int>, std::greater<>> ready;
        bool busy = false;
        double up_free = 0;    // to the host
        double down_free = 0;  // from it
        double to_do = 0;      // s of what has not begun
        bool used = false;
    };
    struct Transfer {
        TransferEvent event;
        int first = -1;  // of the runs that wait for it, in readers_
        int last = -1;
    };

    [[nodiscard]] int machine_of(int node) const { return assignment_[at(node)]; }
    [[nodiscard]] double after(int run) const {
        return least_after_ == nullptr ? 0 : (*least_after_)[at(run)];
    }
    [[nodiscard]] double weighed_seconds(int run) const {
        const Run& what = expansion_.runs()[at(run)];
        return costs_[at(what.node)].seconds * static_cast<double>(what.weight);
    }

    // Runs of a micro-batch begin when few enough earlier ones are unfinished.
    void offer(int run) {
        if (expansion_.runs()[at(run)].micro_batch >= first_open_ + under_way_) {
            held_.push_back(run);
            return;
        }
        machines_[at(machine_of(expansion_.runs()[at(run)].node))].ready.push(run);
    }

    void start_machines() {
        for (std::size_t m = 0; m < machines_.size(); ++m) {
            MachineState& machine = machines_[m];
            if (machine.busy || machine.ready.empty()) continue;
            const int run = machine.ready.top();
            machine.ready.pop();
            machine.busy = machine.used = true;
            const double took = weighed_seconds(run);
            outcome_.busy[m] += took;
            hopeless_ = hopeless_ || now_ + std::max(machine.to_do, took + after(run)) > limit_;
            machine.to_do -= took;
            if (keep_events_) outcome_.nodes.push_back({run, static_cast<int>(m), now_, now_ + took});
            events_.push({now_ + took, static_cast<int>(m), run});
        }
    }

    void finish(int machine, int run) {
        machines_[at(machine)].busy = false;
        ++finished_;
        end_ = std::max(end_, now_);
        const int part = expansion_.runs()[at(run)].micro_batch;
        if (--open_[at(part)] == 0) release();
        first_transfer_ = transfers_.size();
        for (const Edge& edge : expansion_.edges_of(run)) hand_on(edge, run, machine);
    }

    void release() {
        while (at(first_open_) < open_.size() && open_[at(first_open_)] == 0) ++first_open_;
        std::vector<int> held;
        held.swap(held_);
        for (const int run : held) offer(run);
    }

    void hand_on(const Edge& edge, int run, int from) {
        const int to = machine_of(edge.node);
        if (edge.tensor < 0 || share_memory(problem_, from, to)) {
            if (edge.reader >= 0) satisfy(edge.reader);
            return;
        }
        // What this run has asked for already: a tensor moves to a memory once.
        for (std::size_t i = first_transfer_; i < transfers_.size(); ++i) {
            const TransferEvent& earlier = transfers_[i].event;
            if (earlier.tensor != edge.tensor || !share_memory(problem_, earlier.to, to)) continue;
            await(transfers_[i], edge.reader);
            return;
        }
        begin_transfer(edge, run, from, to);
    }

    void begin_transfer(const Edge& edge, int run, int from, int to) {
        const Machine& source = problem_.machines[at(from)];
        const Machine& target = problem_.machines[at(to)];
        double start = now_;
        if (!source.in_host_memory()) start = std::max(start, machines_[at(from)].up_free);
        if (!target.in_host_memory()) start = std::max(start, machines_[at(to)].down_free);
        const Bytes bytes = problem_.graph.tensors[at(edge.tensor)].bytes;
        const Passage once = passage(problem_, bytes, from, to);
        const double took = once.seconds * static_cast<double>(edge.weight);
        const double end = start + took;
        if (!source.in_host_memory()) machines_[at(from)].up_free = end;
        if (!target.in_host_memory()) machines_[at(to)].down_free = end;
        outcome_.transfer_seconds += took;
        outcome_.moved += bytes * edge.weight;
        outcome_.transfer_joules += once.joules * static_cast<double>(edge.weight);
        if (edge.reader >= 0)
            hopeless_ = hopeless_ || end + weighed_seconds(edge.reader) + after(edge.reader) > limit_;
        Transfer transfer;
        transfer.event = {edge.tensor, from, to, run, edge.reader, start, end, bytes * edge.weight};
        await(transfer, edge.reader);
        transfers_.push_back(transfer);
        events_.push({end, -1, static_cast<int>(transfers_.size()) - 1});
    }

    void arrive(int transfer) {
        end_ = std::max(end_, now_);
        const Transfer& arrived = transfers_[at(transfer)];
        if (keep_events_) outcome_.transfers.push_back(arrived.event);
        for (int i = arrived.first; i >= 0; i = readers_[at(i)].next) satisfy(readers_[at(i)].run);
    }

    void await(Transfer& transfer, int reader) {
        if (reader < 0) return;
        const auto place = static_cast<int>(readers_.size());
        readers_.push_back({reader, -1});
        (transfer.last < 0 ? transfer.first : readers_[at(transfer.last)].next) = place;
        transfer.last = place;
    }

    void satisfy(int run) {
        if (--waiting_[at(run)] == 0) offer(run);
    }

    void account() {
        outcome_.seconds = end_;
        outcome_.node_joules.assign(problem_.graph.nodes.size(), 0);
        for (const Run& run : expansion_.runs())
            outcome_.node_joules[at(run.node)] +=
                costs_[at(run.node)].joules * static_cast<double>(run.weight);
        for (const double joules : outcome_.node_joules) outcome_.joules += joules;
        for (std::size_t m = 0; m < machines_.size(); ++m) {
            if (machines_[m].used)
                outcome_.idle_joules += problem_.machines[m].idle_watts * (end_ - outcome_.busy[m]);
        }
        outcome_.joules += outcome_.idle_joules + outcome_.transfer_joules;
    }

    const Problem& problem_;
    const Expansion& expansion_;
    const Assignment& assignment_;
    const std::vector<NodeCost>& costs_;
    bool keep_events_;
    double limit_;
    const std::vector<double>* least_after_;
    bool hopeless_ = false;  // the step is sure to take longer
    std::vector<MachineState> machines_;
    std::vector<int> waiting_;  // of each run: inputs that have not arrived
    std::vector<int> open_;     // of each micro-batch: unfinished runs
    int first_open_ = 0;
    int under_way_ = 1;
    std::vector<int> held_;
    std::vector<Transfer> transfers_;
    struct Reader {
        int run;
        int next;  // that waits for the same transfer, -1: none
    };
    std::vector<Reader> readers_;
    std::size_t first_transfer_ = 0;
    std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
    double now_ = 0;
    double end_ = 0;
    std::size_t finished_ = 0;
    Outcome outcome_;
};

// What is summed up in another order than that of events differs by less.
constexpr double kRounding = 1 + 1e-9;

// The most seconds with which joules + watts * seconds, or that times the seconds, is no more than `value`.
double most_seconds(double joules, double watts, Objective objective, double value) {
    if (objective == Objective::Energy) {
        if (watts > 0) return (value - joules) / watts;
        return joules > value ? -1 : kCannot;
    }
    const double root = std::sqrt(joules * joules + 4 * watts * value);
    if (joules > 0) return 2 * value / (joules + root);
    return watts > 0 ? (root - joules) / (2 * watts) : kCannot;
}

// The step's seconds above which its objective is above `value`; less than zero where it is in any case.
double seconds_limit(const Problem& problem, const Expansion& expansion, const Assignment& assignment,
                     const std::vector<NodeCost>& costs, Objective objective, double value) {
    if (value == kCannot) return kCannot;
    std::vector<double> busy(problem.machines.size(), 0);
    std::vector<bool> used(problem.machines.size(), false);
    double joules = 0;
    for (std::size_t n = 0; n < assignment.size(); ++n) {
        const std::size_t machine = at(assignment[n]);
        const auto weight = static_cast<double>(expansion.weight_of(static_cast<int>(n)));
        used[machine] = true;
        busy[machine] += costs[n].seconds * weight;
        joules += costs[n].joules * weight;
    }
    double limit = value * kRounding;
    if (objective != Objective::Time) {
        double watts = 0;  // of every machine that is used, for as long as it waits
        for (std::size_t m = 0; m < busy.size(); ++m) {
            if (!used[m]) continue;
            watts += problem.machines[m].idle_watts;
            joules -= problem.machines[m].idle_watts * busy[m];
        }
        limit = kRounding * most_seconds(joules, watts, objective, limit);
    }
    return *std::max_element(busy.begin(), busy.end()) > limit ? -1 : limit;
}

Outcome impossible(const Problem& problem) {
    Outcome outcome;
    outcome.seconds = outcome.joules = kCannot;
    outcome.busy.assign(problem.machines.size(), kCannot);
    return outcome;
}

}  // namespace

double Outcome::value(Objective objective) const {
    switch (objective) {
        case Objective::Time:
            return seconds;
        case Objective::Energy:
            return joules;
        case Objective::EnergyDelay:
            return seconds * joules;
    }
    return seconds;
}

Outcome simulate(const Problem& problem, const Expansion& expansion, const Assignment& assignment,
                 bool keep_events) {
    if (torn_apart(problem, assignment) != nullptr) return impossible(problem);
    const std::vector<NodeCost> costs = node_costs(problem, assignment);
    return Simulation(problem, expansion, assignment, costs, keep_events, kCannot, nullptr).run();
}

std::vector<double> least_after(const Problem& problem, const Expansion& expansion) {
    const LeastCosts costs = least_costs(problem);
    std::vector<double> after(expansion.runs().size(), 0);
    for (std::size_t r = after.size(); r-- > 0;) {
        for (const Edge& edge : expansion.edges_of(static_cast<int>(r))) {
            if (edge.reader < 0) continue;
            const Run& reader = expansion.runs()[at(edge.reader)];
            const std::vector<double>& seconds = costs.seconds[at(reader.node)];
            const double least =
                *std::min_element(seconds.begin(), seconds.end()) * static_cast<double>(reader.weight);
            after[r] = std::max(after[r], least + after[at(edge.reader)]);
        }
    }
    return after;
}

double simulate_value(const Problem& problem, const Expansion& expansion, const Assignment& assignment,
                      Objective objective, double limit, const std::vector<double>& least_after) {
    if (torn_apart(problem, assignment) != nullptr) return kCannot;
    const std::vector<NodeCost> costs = node_costs(problem, assignment);
    const double seconds = seconds_limit(problem, expansion, assignment, costs, objective, limit);
    if (seconds < 0) return kCannot;
    const Outcome outcome =
        Simulation(problem, expansion, assignment, costs, false, seconds, &least_after).run();
    return outcome.seconds < kCannot ? outcome.value(objective) : kCannot;
}

}  // namespace satsim::placement
