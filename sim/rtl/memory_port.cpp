#include "sim/rtl/memory_port.hpp"

namespace satsim::sim::rtl {

std::span<const std::uint8_t> MemoryPort::take_line() {
    data_.read(arrivals_.front().line * line_bytes_, line_);
    arrivals_.pop_front();
    return line_;
}

void MemoryPort::read(Cycles now, std::int64_t line, int lines) {
    scratch_.resize(static_cast<std::size_t>(lines));
    times_.read(now, line, scratch_);
    for (const Cycles at : scratch_) arrivals_.push_back({at, line++});
}

void MemoryPort::write(Cycles now, std::int64_t line, int lines) {
    scratch_.resize(static_cast<std::size_t>(lines));
    responses_.push_back(times_.write(now, line, scratch_));
    for (const Cycles at : scratch_) acceptances_.push_back({at, line++});
}

void MemoryPort::write_line(std::span<const std::uint8_t> bytes, std::uint64_t word_strobe) {
    constexpr std::size_t kWordBytes = 8;
    const std::int64_t address = acceptances_.front().line * line_bytes_;
    acceptances_.pop_front();
    for (std::size_t word = 0; word * kWordBytes < bytes.size(); ++word) {
        if (((word_strobe >> word) & 1U) == 0) continue;
        data_.write(address + static_cast<std::int64_t>(word * kWordBytes),
                    bytes.subspan(word * kWordBytes, kWordBytes));
    }
}

}  // namespace satsim::sim::rtl
