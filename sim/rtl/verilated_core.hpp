// The clock loop around one verilated sat_core; included once per configuration.
#pragma once

#include <verilated.h>
#ifdef SATSIM_RTL_TRACE
#include <verilated_fst_c.h>
#endif

#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <type_traits>

#include "runtime/support/error.hpp"
#include "sat_registers.hpp"
#include "sim/rtl/coverage.hpp"
#include "sim/rtl/rtl_model.hpp"
#include "sim/rtl/rtl_sat.hpp"

namespace satsim::sim::rtl {

// All signals into an FST file: cycle t begins with the clock edge at time 10*t, and what is combinational in
// it is settled from 10*t + 5 on.
#ifdef SATSIM_RTL_TRACE
class Waves {
  public:
    template <typename Core>
    Waves(Core& core, const std::filesystem::path& file) {
        if (file.empty()) return;
        constexpr int kAllLevels = 99;
        writer_ = std::make_unique<VerilatedFstC>();
        core.trace(writer_.get(), kAllLevels);
        writer_->open(file.c_str());
        if (!writer_->isOpen()) throw InputError(file.string(), "", "cannot be written");
    }
    void edge(Cycles cycle) { dump(10 * cycle); }
    void settled(Cycles cycle) { dump(10 * cycle + 5); }

  private:
    void dump(Cycles time) {
        if (writer_) writer_->dump(static_cast<std::uint64_t>(time));
    }
    std::unique_ptr<VerilatedFstC> writer_;  // closes its file
};
#else
class Waves {
  public:
    template <typename Core>
    Waves(Core&, const std::filesystem::path&) {}
    void edge(Cycles) {}
    void settled(Cycles) {}
};
#endif

template <typename Core>
class VerilatedCore : public RtlModel {
  public:
    VerilatedCore() = default;
    VerilatedCore(const VerilatedCore&) = delete;
    VerilatedCore& operator=(const VerilatedCore&) = delete;
    ~VerilatedCore() override { discard(); }

    void run(const RunRequest& request, MemoryPort& port, Recorder& recorder) override {
        start_over(request.seed, !request.waves.empty());
        Core& core = *core_;
        Waves waves(core, request.waves);
        bool running = false;
        for (Cycles now = 0;; ++now) {
            if (now >= request.limit)
                throw RtlError("the program has not ended after " + std::to_string(now) + " cycles");
            core.start_i = now == 0;
            core.start_line_i = static_cast<std::remove_reference_t<decltype(core.start_line_i)>>(
                request.header_line);  // 32 or 64 bits wide
            drive_memory(now, port);
            core.eval();
            waves.settled(now);
            if (core.error_o) throw RtlError(error_text(now));
            take_requests(now, port);
            if (core.go_o) recorder.started(now + 1);
            if (core.load_words_o != 0) recorder.load_words(core.load_words_o);
            record_operations(recorder);
            recorder.events(now, core.dispatch_o, core.release_o, core.end_o, core.halt_o);
            if (core.nonfinite_o) recorder.nonfinite();
            if (running && core.done_o) return;
            running = running || core.go_o;
            edge();
            waves.edge(now + 1);
        }
    }

    [[nodiscard]] bool has_waves() const override {
#ifdef SATSIM_RTL_TRACE
        return true;
#else
        return false;
#endif
    }

  private:
    // A model leaves the thread's current context, which may be another core's and gone, not its own.
    void discard() {
        coverage_.reset();
        if (!core_) return;
        Verilated::threadContextp(context_.get());
        core_.reset();
    }

    void start_over(int seed, bool waves) {
        // With coverage the model stays, and its counters with it: registers and memories then start from
        // what the program before left.
        if (!kCoverage || !core_) make_core(seed, waves);
        Core& core = *core_;
        core.clk_i = 0;
        core.rst_ni = 0;
        core.start_i = 0;
        core.ar_ready_i = 1;
        core.aw_ready_i = 1;
        core.r_valid_i = 0;
        core.w_ready_i = 0;
        core.b_valid_i = 0;
        core.watchdog_cycles_i = 0;  // the cycle limit is the harness's own
        core.eval();
        edge();  // one cycle of reset must do
        core.rst_ni = 1;
    }

    void make_core(int seed, bool waves) {
        discard();
        context_ = std::make_unique<VerilatedContext>();
        context_->randReset(2);
        context_->randSeed(seed);
        context_->traceEverOn(waves);
        core_ = std::make_unique<Core>(context_.get());
        coverage_ = std::make_unique<CoverageFile>(*context_);
    }

    void edge() {
        core_->clk_i = 1;
        core_->eval();
        core_->clk_i = 0;
    }

    void drive_memory(Cycles now, MemoryPort& port) {
        Core& core = *core_;
        core.r_valid_i = port.line_arrives(now);
        if (core.r_valid_i) {
            const auto bytes = port.take_line();
            std::memcpy(core.r_data_i.data(), bytes.data(), bytes.size());
        }
        core.w_ready_i = port.accepts_line(now);
        core.b_valid_i = port.responds(now);
        if (core.b_valid_i) port.take_response();
    }

    void take_requests(Cycles now, MemoryPort& port) {
        Core& core = *core_;
        if (core.w_ready_i) {
            if (!core.w_valid_o)
                throw RtlError("cycle " + std::to_string(now) + ": no write data where it is accepted");
            port.write_line({reinterpret_cast<const std::uint8_t*>(core.w_data_o.data()),
                             static_cast<std::size_t>(port.line_bytes())},
                            core.w_strobe_o);
        }
        if (core.ar_valid_o) port.read(now, static_cast<std::int64_t>(core.ar_line_o), core.ar_lines_o);
        if (core.aw_valid_o) port.write(now, static_cast<std::int64_t>(core.aw_line_o), core.aw_lines_o);
    }

    void record_operations(Recorder& recorder) {
        const auto register_of = [](const auto& wide) {
            return [&wide](int i) {
                std::int64_t value = 0;
                for (int bit = 0; bit < isa::kRegisterBits; ++bit) {
                    const int at = isa::kRegisterBits * i + bit;
                    value |= static_cast<std::int64_t>((wide[at / 32] >> (at % 32)) & 1U) << bit;
                }
                return isa::wrap_register(value);
            };
        };
        Core& core = *core_;
        const auto dispatched = [&](isa::Engine engine) {
            return ((core.dispatch_o >> static_cast<int>(engine)) & 1U) != 0;
        };
        if (dispatched(isa::Engine::Stce))
            recorder.stce_operation(register_of(core.stce_params_o), core.stce_flags_o);
        if (dispatched(isa::Engine::Store))
            recorder.store_operation(register_of(core.store_params_o), core.store_flags_o);
    }

    [[nodiscard]] std::string error_text(Cycles now) const {
        const Core& core = *core_;
        const std::string at = "cycle " + std::to_string(now) + ": ";
        const std::string where = core.error_engine_o < isa::kEngineNames.size()
                                      ? std::string(isa::kEngineNames[core.error_engine_o]) +
                                            " instruction " + std::to_string(core.error_pc_o)
                                      : "FETCH";
        for (const registers::ErrorText& error : registers::kErrors) {
            if (static_cast<unsigned>(error.error) == core.error_code_o)
                return at + where + ": " + std::string(error.text);
        }
        return at + where + ": error " + std::to_string(core.error_code_o);
    }

    std::unique_ptr<VerilatedContext> context_;
    std::unique_ptr<Core> core_;
    std::unique_ptr<CoverageFile> coverage_;
};

}  // namespace satsim::sim::rtl
