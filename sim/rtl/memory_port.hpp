// The memory side of the gang's port: calls the memory object in the handshake cycles, holds lines and
// responses until the cycles that it answered (contract.md §8), and moves the data.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "runtime/functional/memory_image.hpp"
#include "sim/dram/memory.hpp"

namespace satsim::sim::rtl {

class MemoryPort {
  public:
    MemoryPort(dram::Memory& times, MemoryImage& data, int line_bytes)
        : times_(times), data_(data), line_bytes_(line_bytes), line_(static_cast<std::size_t>(line_bytes)) {}

    // What the memory drives in cycle `now`.
    [[nodiscard]] bool line_arrives(Cycles now) const {
        return !arrivals_.empty() && arrivals_.front().at == now;
    }
    // The arriving line's bytes, valid until the next call; the line is then gone.
    [[nodiscard]] std::span<const std::uint8_t> take_line();
    [[nodiscard]] bool accepts_line(Cycles now) const {
        return !acceptances_.empty() && acceptances_.front().at == now;
    }
    [[nodiscard]] bool responds(Cycles now) const { return !responses_.empty() && responses_.front() == now; }
    void take_response() { responses_.pop_front(); }

    // Handshakes of cycle `now`, reads before writes.
    void read(Cycles now, std::int64_t line, int lines);
    void write(Cycles now, std::int64_t line, int lines);
    // W handshake: writes the 8-byte words of `bytes` whose strobe is set.
    void write_line(std::span<const std::uint8_t> bytes, std::uint64_t word_strobe);

    [[nodiscard]] int line_bytes() const { return line_bytes_; }

  private:
    struct LineTime {
        Cycles at;
        std::int64_t line;
    };

    dram::Memory& times_;
    MemoryImage& data_;
    int line_bytes_;
    std::deque<LineTime> arrivals_;
    std::deque<LineTime> acceptances_;
    std::deque<Cycles> responses_;
    std::vector<Cycles> scratch_;
    std::vector<std::uint8_t> line_;
};

}  // namespace satsim::sim::rtl
