#include "sim/sweep/evaluator.hpp"

#include <exception>
#include <optional>
#include <utility>

#include "runtime/dispatch/capacity.hpp"
#include "runtime/dispatch/host_target.hpp"
#include "runtime/dispatch/pregeneration.hpp"
#include "runtime/dispatch/step_runner.hpp"
#include "runtime/support/error.hpp"
#include "runtime/workload/training_step.hpp"
#include "sim/sweep/fast_target.hpp"
#include "sim/target/sat_target.hpp"

namespace satsim::sweep {
namespace {

StepFigures figures_of(const StepResult& step) {
    StepFigures f;
    f.seconds = step.seconds();
    f.energy_j = step.energy.joules();
    f.cycles = step.cycles();
    f.gemm_cycles = step.gemm_cycles;
    f.dram_bytes = step.dram_bytes;
    f.utilization = step.utilization();
    f.gemm_s = step.time.gemm;
    f.vector_s = step.time.vector;
    f.host_s = step.time.host;
    f.transfer_s = step.time.transfer;
    f.batch = step.batch;
    return f;
}

}  // namespace

// What points share: the step of a network, recipe and batch; the results of a machine's tasks; the costs of
// programs.
class Evaluator::Memory {
  public:
    struct Step {
        TrainingStep tasks;
        Footprint footprint;
    };
    using StepKey = std::tuple<Fingerprint, Fingerprint, std::int64_t, bool>;

    static constexpr std::size_t kSteps = 16;  // half a megabyte each for large networks

    // The step of `configuration`; refuses one that does not fit the hardware's memory.
    const TrainingStep& step(const Configuration& configuration, const PointKey& key) {
        const StepKey name{key.network, key.recipe, configuration.batch.value_or(0),
                           configuration.options.pregeneration};
        auto found = steps_.find(name);
        if (found == steps_.end()) {
            if (order_.size() == kSteps) {
                steps_.erase(order_.front());
                order_.pop_front();
            }
            Step made;
            made.tasks =
                make_training_step(*configuration.network, configuration.recipe, configuration.batch);
            made.footprint = footprint_of(*configuration.network, configuration.recipe, made.tasks);
            if (!configuration.options.pregeneration) made.tasks = without_pregeneration(made.tasks);
            found = steps_.emplace(name, std::move(made)).first;
            order_.push_back(name);
        }
        require_capacity("network " + configuration.network->name, found->second.footprint,
                         configuration.hardware);
        return found->second.tasks;
    }

    [[nodiscard]] std::int64_t predictions() const { return costs_.worked_out(); }

    // The target of a machine, with what it remembers of the machine's tasks.
    FastTarget& target(const sat::SimulationSettings& settings) {
        if (!target_ || !target_->is_machine(settings)) target_.emplace(costs_);
        target_->set(settings);
        return *target_;
    }

  private:
    std::map<StepKey, Step> steps_;
    std::list<StepKey> order_;
    sat::RememberedCosts costs_;
    std::optional<FastTarget> target_;
};

Evaluator::Evaluator(sat::Fidelity fidelity, Sharing sharing)
    : fidelity_(fidelity), sharing_(sharing), memory_(std::make_unique<Memory>()) {}
Evaluator::~Evaluator() = default;
Evaluator::Evaluator(Evaluator&&) noexcept = default;
Evaluator& Evaluator::operator=(Evaluator&&) noexcept = default;

StepFigures Evaluator::figures(const Configuration& configuration, const PointKey& key) {
    sat::SimulationSettings settings;
    settings.hardware = configuration.hardware;
    settings.options = configuration.options;
    settings.fidelity = fidelity_;
    if (sharing_ == Sharing::Nothing) memory_ = std::make_unique<Memory>();
    const TrainingStep& step = memory_->step(configuration, key);
    HostTarget host(configuration.hardware);
    if (fidelity_ == sat::Fidelity::Fast && sharing_ == Sharing::All) {
        FastTarget& sat = memory_->target(settings);
        return figures_of(run_steps({step}, configuration.hardware, sat, host, {}).front());
    }
    sat::SatSettings alone;
    alone.simulation = settings;
    alone.workers = 1;
    sat::SatTarget sat(alone);
    return figures_of(run_steps({step}, configuration.hardware, sat, host, {}).front());
}

std::int64_t Evaluator::predictions() const {
    return memory_->predictions();
}

PointResult Evaluator::evaluate(Configurations& configurations, const Choice& choice) {
    PointResult result;
    try {
        result.figures = figures(configurations.resolve(choice), configurations.key(choice));
    } catch (const InputError& error) {
        result.status = Status::Impossible;
        result.reason = error.what();
    } catch (const std::exception& error) {
        result.status = Status::Fault;
        result.reason = error.what();
    }
    return result;
}

}  // namespace satsim::sweep
