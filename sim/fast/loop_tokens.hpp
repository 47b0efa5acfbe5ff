// How many tokens one iteration of each loop makes and takes: loops of different engines belong together when
// their tokens balance.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/isa/instruction.hpp"

namespace satsim::fast {

// Tokens made minus tokens taken, of each semaphore.
using Tokens = std::array<std::int64_t, isa::kSemaphores>;

class StreamLoops {
  public:
    StreamLoops() = default;
    explicit StreamLoops(std::span<const isa::Instruction> stream);

    // Of one iteration of the loop whose body begins at instruction `first`.
    [[nodiscard]] const Tokens& tokens(std::size_t first) const;

  private:
    struct Loop {
        std::size_t first;
        Tokens tokens;
    };
    std::vector<Loop> loops_;
};

}  // namespace satsim::fast
