#include "tests/unit/rtl_top/top_bench.hpp"

namespace satsim::rtl_top {

Status TopBench::status() {
    const std::uint32_t word = read(registers::kStatus);
    Status status;
    status.error = static_cast<registers::Error>(registers::kStatusError.of(word));
    status.engine = registers::kStatusEngine.of(word);
    status.channels = registers::kStatusChannels.of(word);
    status.unanswered = registers::kStatusUnanswered.of(word) != 0;
    status.nonfinite = registers::kStatusNonfinite.of(word) != 0;
    status.running = registers::kStatusRunning.of(word) != 0;
    status.pc = read(registers::kErrorPc);
    status.address = read64(registers::kErrorAddress);
    return status;
}

Status TopBench::run(const isa::Program& program, const RunOptions& options) {
    const int line_bytes = program.config.line_bytes();
    memory.write(program.address, isa::fetch_image(program));
    for (std::size_t c = 0; c < channels.size(); ++c) {
        channels[c]->limit_lines = options.memory_lines;
        write64(registers::kMem0 + 8 * static_cast<std::uint32_t>(c), bases[c]);
    }
    write64(registers::kProgramLine, static_cast<std::uint64_t>(program.address / line_bytes));
    write64(registers::kMemoryLines, static_cast<std::uint64_t>(options.memory_lines));
    write(registers::kWatchdog, options.watchdog);
    write(registers::kGie, options.by_interrupt ? 1 : 0);
    write(registers::kIer, options.by_interrupt ? registers::kIerApDone.mask() : 0);
    (void)read(registers::kCtrl);  // clears an ap_done that nobody has read
    write(registers::kCtrl, registers::kCtrlApStart.mask());
    const Cycles start = now;
    bool aborted = false;
    while (true) {
        if (now - start > options.limit)
            throw std::runtime_error("no ap_done within " + std::to_string(options.limit) + " cycles");
        if (options.abort_after >= 0 && !aborted && now - start >= options.abort_after) {
            write(registers::kReset, registers::kResetAbort.mask());
            aborted = true;
        }
        for (int i = 0; i < 20; ++i) step();
        if (options.by_interrupt) {
            if (!interrupt()) continue;
            write(registers::kIsr, registers::kIsrApDone.mask());
        }
        const std::uint32_t control = read(registers::kCtrl);
        if (registers::kCtrlApDone.of(control) == 0) continue;
        if (registers::kCtrlApIdle.of(control) == 0) throw std::runtime_error("ap_done without ap_idle");
        break;
    }
    return status();
}

}  // namespace satsim::rtl_top
