// A measuring device that computes instead of measuring: for tests of what is made of measurements. Its
// figures say what they are and are never shipped.
#pragma once

#include "runtime/gpu_record/meter.hpp"
#include "runtime/gpu_record/record_target.hpp"

namespace satsim::gpu::test {

class FakeMeter : public Meter {
  public:
    explicit FakeMeter(Kernels kernels = Kernels::Fused) : kernels_(kernels) {}
    [[nodiscard]] Kernels kernels() const override { return kernels_; }
    [[nodiscard]] MeasuredDevice device() override {
        MeasuredDevice d;
        d.name = "a fake device of a test";
        d.compute_capability = "0.0";
        d.sm_count = 1;
        d.memory_bytes = Bytes{1} << 40;
        d.cuda = "none";
        d.libraries = {{"cublasLt", "none"}};
        d.idle_watts = 10;
        d.energy_method = "computed";
        d.time_method = "computed";
        d.date = "2026-01-01T00:00:00Z";
        d.dense_flops = 1e14;
        d.copy_bandwidth = 1e12;
        d.launch_seconds = 1e-6;
        return d;
    }
    [[nodiscard]] Measurement measure(const Work& work, bool energy) override {
        ++calls;
        Measurement m;
        m.sparse = !pattern_of(work).dense();
        m.kernel = m.sparse ? "fake 2:4" : "fake";
        m.seconds = 2e-6 + 2e-14 * static_cast<double>(dense_macs(work)) / (m.sparse ? 2 : 1) +
                    1e-12 * static_cast<double>(compulsory_bytes(work));
        m.fastest = 0.9 * m.seconds;
        m.slowest = 1.2 * m.seconds;
        m.repetitions = 3;
        if (!m.sparse) m.called_seconds = 1.5 * m.seconds;
        if (energy) {
            m.joules = 100 * m.seconds;
            m.energy_window_s = 1;
            m.sustained_seconds = m.seconds;
        }
        m.candidates = {{m.kernel, m.seconds, ""}, {"other", 0, "it is not built"}};
        m.kernels = {{"fake_kernel", m.seconds}};
        return m;
    }
    int calls = 0;

  private:
    Kernels kernels_;
};

// With all the time in the world.
inline void measure_all(const std::vector<Task>& tasks, Meter& meter, Recording& recording) {
    TimeBudget budget;
    measure_missing(tasks, meter, recording, budget, {});
}

}  // namespace satsim::gpu::test
