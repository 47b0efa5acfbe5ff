// usage: schedule_fast_accuracy NETWORK RECIPE BATCH [CHANNELS]
// For each distinct GEMM task of a training step: the schedule that the fast model puts first, the
// closed-form estimate, the fast model's prediction, the cycle model's count, the distance of prediction and
// count, and the utilisation of the array; then the distribution of both distances.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <vector>

#include "runtime/recipe/recipe.hpp"
#include "runtime/schedule/fold_image.hpp"
#include "runtime/schedule/scheduler.hpp"
#include "runtime/workload/training_step.hpp"
#include "sim/cycle/cycle_sat.hpp"
#include "sim/fast/ranked_schedules.hpp"

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void print_distribution(const char* what, std::vector<double> distances) {
    std::sort(distances.begin(), distances.end());
    const auto at = [&](double share) {
        return distances[static_cast<std::size_t>(share * static_cast<double>(distances.size() - 1))];
    };
    fmt::print("|{} - cycle|: median {:.2f} %, 95th percentile {:.2f} %, max {:.2f} %\n", what, at(0.5),
               at(0.95), distances.back());
}

}  // namespace

int main(int argc, char** argv) {
    using namespace satsim;
    if (argc < 4) {
        std::fputs("usage: schedule_fast_accuracy NETWORK RECIPE BATCH [CHANNELS]\n", stderr);
        return 2;
    }
    const std::string models = std::string(SATSIM_SOURCE_DIR) + "/models";
    const Network network = load_network(models + "/networks/" + argv[1] + ".json");
    const TrainingStep step = make_training_step(network, load_recipe(argv[2], models), std::atoll(argv[3]));
    schedule::MachineView machine;
    machine.array.channels = machine.memory.channels = argc > 4 ? std::atoi(argv[4]) : 4;
    cycle::CycleSat cycle;
    std::vector<double> distances;
    std::vector<double> estimates;  // their distances
    std::set<std::string> seen;
    Cycles total = 0;
    double simulation = 0;
    double ranking = 0;
    fmt::print("{:<24} {:<3} {:>9} {:>5} {:>6} {:>5} {:<44} {:>11} {:>11} {:>11} {:>7} {:>6} {:>7}\n",
               "layer", "", "m", "n", "k", "N:M", "schedule", "estimate", "predicted", "cycles", "off %",
               "util %", "s");
    for (const Task& any : step.tasks) {
        const auto* original = std::get_if<GemmTask>(&any);
        if (original == nullptr) continue;
        const GemmTask stored = schedule::on_stored_input(*original);
        const auto* task = &stored;
        const auto ranked = std::chrono::steady_clock::now();
        const schedule::GemmSchedule choice = fast::ranked_schedules(*task, machine, {}, 1).front();
        ranking += seconds_since(ranked);
        const Cycles estimate = schedule::predict_gemm(*task, choice, machine).cycles;
        const std::string key =
            fmt::format("{} {} {} {} {} {} {}", to_string(task->stage), task->shape.m, task->shape.n,
                        task->shape.k, to_string(task->nm), task->count, choice.tile_text());
        if (!seen.insert(key).second) continue;
        cycle::RunOptions options;
        options.memory = machine.memory;
        const auto start = std::chrono::steady_clock::now();
        const Execution run = cycle.run(schedule::emit_gemm(*task, choice, machine), options);
        const double elapsed = seconds_since(start);
        simulation += elapsed;
        total += run.cycles();
        const auto distance = [&](Cycles cycles) {
            return 100.0 * static_cast<double>(cycles - run.cycles()) / static_cast<double>(run.cycles());
        };
        const double off = distance(choice.predicted);
        distances.push_back(std::abs(off));
        estimates.push_back(std::abs(distance(estimate)));
        const double macs = static_cast<double>(original->dense_macs()) * task->nm.n / task->nm.m;
        const double peak = static_cast<double>(machine.array.rows) * machine.array.columns;
        fmt::print(
            "{:<24} {:<3} {:>9} {:>5} {:>6} {:>5} {:<44} {:>11} {:>11} {:>11} {:>7.2f} {:>6.1f} {:>7.3f}\n",
            task->layer + (task->part.empty() ? "" : " " + task->part), to_string(task->stage), task->shape.m,
            task->shape.n, task->shape.k, to_string(task->nm), choice.tile_text(), estimate, choice.predicted,
            run.cycles(), off, 100 * macs / (peak * static_cast<double>(run.cycles())), elapsed);
        std::fflush(stdout);
    }
    if (distances.empty()) return 0;
    fmt::print("{} tasks, {} cycles, simulated in {:.2f} s; schedules ranked in {:.2f} s\n", distances.size(),
               total, simulation, ranking);
    print_distribution("fast", distances);
    print_distribution("estimate", estimates);
    return 0;
}
