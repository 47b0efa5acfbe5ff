// usage: schedule_ranking NETWORK BATCH [MACHINES [SEED]]
// How good the schedules are that `fast` chooses: for the distinct GEMM tasks of a training step on random
// machines and recipes, each under auto, os and ws, how far the choice is above the fastest of all schedules
// that fit (every one predicted, strips of all heights among them), and how many predictions it took.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <set>
#include <vector>

#include "runtime/hardware/hardware.hpp"
#include "runtime/recipe/recipe.hpp"
#include "runtime/schedule/fold_image.hpp"
#include "runtime/schedule/scheduler.hpp"
#include "runtime/support/error.hpp"
#include "runtime/workload/training_step.hpp"
#include "sim/fast/fast_sat.hpp"
#include "sim/fast/ranked_schedules.hpp"

namespace {

using namespace satsim;
using Choice = schedule::ScheduleOptions::DataflowChoice;

constexpr std::size_t kAll = 10'000;

struct Tally {
    std::vector<double> above;  // the fastest, %
    double predictions = 0;
    double all = 0;  // schedules

    void print(const char* name) {
        if (above.empty()) return;
        std::ranges::sort(above);
        double sum = 0;
        for (const double value : above) sum += value;
        const auto count = static_cast<double>(above.size());
        fmt::print(
            "{:<5} {:>5} tasks: above the fastest of {:.0f} schedules by {:.2f} % in the mean, {:.2f} % "
            "at the 95th percentile, {:.1f} % at most; {:.1f} predictions a task\n",
            name, above.size(), all / count, sum / count, above[static_cast<std::size_t>(0.95 * (count - 1))],
            above.back(), predictions / count);
    }
};

void rank(const GemmTask& task, const schedule::MachineView& machine, Choice choice, fast::FastSat& fast,
          Tally& tally) {
    schedule::ScheduleOptions options;
    options.dataflow = choice;
    schedule::ScheduleOptions every = options;
    every.all_heights = true;
    std::vector<schedule::Candidate> all;
    try {
        all = schedule::candidate_programs(task, machine, every, kAll);
    } catch (const InputError&) {
        return;  // nothing fits
    }
    const auto predict = [&](const isa::Program& program) {
        return fast.predict(program, machine.memory).cycles;
    };
    Cycles best = 0;
    for (const schedule::Candidate& candidate : all) {
        const Cycles cycles = predict(candidate.program);
        best = best == 0 ? cycles : std::min(best, cycles);
    }
    schedule::KnownEstimates known;
    const auto ranked = fast::ranked_candidates(
        task, machine, options, 1,
        [&](const isa::Program& program) {
            ++tally.predictions;
            return predict(program);
        },
        -fast::kSame, known);
    tally.all += static_cast<double>(all.size());
    tally.above.push_back(100.0 * static_cast<double>(ranked.front().schedule.predicted - best) /
                          static_cast<double>(best));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fputs("usage: schedule_ranking NETWORK BATCH [MACHINES [SEED]]\n", stderr);
        return 2;
    }
    const std::string models = std::string(SATSIM_SOURCE_DIR) + "/models";
    const Network network = load_network(models + "/networks/" + argv[1] + ".json");
    std::mt19937 rng(argc > 4 ? static_cast<unsigned>(std::atoi(argv[4])) : 1U);
    const auto pick = [&](const auto& list) { return list[rng() % std::size(list)]; };
    static constexpr const char* kRecipes[] = {"dense",    "bdwp-1:4", "bdwp-2:4",
                                               "bdwp-1:8", "bdwp-2:8", "bdwp-4:8"};
    fast::FastSat fast;
    Tally auto_tally;
    Tally os;
    Tally ws;
    const int machines = argc > 3 ? std::atoi(argv[3]) : 10;
    for (int i = 0; i < machines; ++i) {
        Hardware hardware = load_hardware(models + "/hardware/vcu1525-sat32.json");
        hardware.array.rows = pick(std::array{16, 32, 64});
        hardware.array.columns = pick(std::array{16, 32});
        hardware.array.channels = pick(std::array{1, 2, 4});
        hardware.array.north_value_lines = pick(std::array{2048, 4096});
        hardware.clock_hz = pick(std::array{150e6, 200e6, 250e6, 300e6});
        const schedule::MachineView machine{hardware.array, hardware.memory_config()};
        const TrainingStep step =
            make_training_step(network, load_recipe(pick(kRecipes), models), std::atoll(argv[2]));
        std::set<GemmTask> seen;
        for (const Task& any : step.tasks) {
            const auto* original = std::get_if<GemmTask>(&any);
            if (original == nullptr) continue;
            const GemmTask task = schedule::on_stored_input(*original);
            GemmTask nameless = task;
            nameless.layer.clear();
            nameless.part.clear();
            if (!seen.insert(nameless).second) continue;
            rank(task, machine, Choice::Auto, fast, auto_tally);
            rank(task, machine, Choice::OutputStationary, fast, os);
            rank(task, machine, Choice::WeightStationary, fast, ws);
        }
    }
    auto_tally.print("auto");
    os.print("os");
    ws.print("ws");
    return 0;
}
