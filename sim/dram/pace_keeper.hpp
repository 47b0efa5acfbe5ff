// What a PacedReader (memory.hpp) asks for and when, while its lines are placed one after the other.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "sim/dram/memory.hpp"

namespace satsim::dram {

class PaceKeeper {
  public:
    // `latency`: cycles from a line's slot to its arrival.
    PaceKeeper(const PacedReader& reader, Cycles latency)
        : dues_(reader.dues.data()),
          known_(reader.dues_known),
          capacity_(reader.dues.size()),
          from_(reader.from),
          room_(reader.room),
          latency_(latency),
          due_(dues_[known_ - 1].by - latency) {
        look_back();
    }
    // Lines that may come late before the reader has to be asked again.
    [[nodiscard]] std::size_t room() const { return capacity_ - known_; }
    [[nodiscard]] std::size_t dues_known() const { return known_; }
    // Line k is late if its slot is after due() + k.
    [[nodiscard]] Cycles due() const { return due_; }

    // Cycle in which the burst that ends with line `last` is requested. Ascending.
    [[nodiscard]] Cycles request(std::int64_t last) {
        while (last >= next_) {
            ++back_;
            look_back();
        }
        return pace_ + last;
    }
    // Lines behind number `line` by which no request is put off once more.
    [[nodiscard]] std::int64_t steady(std::int64_t line) const { return next_ - 1 - line; }
    // A burst's first line has its slot in cycle `slot`, the others one a cycle behind it.
    void take(std::int64_t line, Cycles slot) {
        if (slot <= due_ + line) return;
        due_ = slot - line;
        dues_[known_++] = {line, due_ + latency_};
        if (back_ + 2 == known_) next_ = line + room_;
    }

  private:
    void look_back() {
        pace_ = std::max(from_, dues_[back_].by + 2 - room_);
        next_ = back_ + 1 < known_ ? dues_[back_ + 1].line + room_ : kNever;
    }

    static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
    PacedReader::Due* dues_;
    std::size_t known_;
    std::size_t capacity_;
    Cycles from_;
    std::int64_t room_;
    Cycles latency_;
    Cycles due_;             // of the newest, as a slot
    std::size_t back_ = 0;   // the one that requests look back to
    Cycles pace_ = 0;        // of requests
    std::int64_t next_ = 0;  // first line whose burst's request looks back to the next one
};

}  // namespace satsim::dram
