#include "sim/fast/loop_log.hpp"

#include <algorithm>

namespace satsim::fast {

void LoopLogs::reset() {
    depth_ = 0;
}

int LoopLogs::arrive(const cycle::Sequencer& sequencer, Cycles now, std::int64_t walked) {
    const std::span<const cycle::Sequencer::Loop> loops = sequencer.loops();
    int outermost = -1;
    for (std::size_t d = 0; d < loops.size(); ++d) {
        LoopLog& log = logs_[d];
        const bool another = d >= depth_ || log.first != loops[d].first || loops[d].left > log.left;
        if (!another && log.left == loops[d].left) continue;
        const std::span<const std::int64_t> registers = sequencer.registers();
        if (another) {
            log.first = loops[d].first;
            log.iterations.clear();
        } else {
            for (std::size_t i = 0; i < registers.size(); ++i) {
                const std::int64_t added = registers[i] - log.registers[i];
                log.step[i] = added == log.added[i] ? added : 0;
                log.added[i] = added;
            }
            log.walk_step = walked - log.walked;
            if (outermost < 0) outermost = static_cast<int>(d);
        }
        std::copy(registers.begin(), registers.end(), log.registers.begin());
        log.walked = walked;
        log.left = loops[d].left;
        log.iterations.push_back(now);
    }
    depth_ = loops.size();
    return outermost;
}

}  // namespace satsim::fast
