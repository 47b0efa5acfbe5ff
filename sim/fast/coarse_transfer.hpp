// LOAD or STORE by blocks of several bursts instead of line by line: what the contract's FIFOs let it do, for
// operations of which only the numbers of pieces, lines and bursts are known.
#pragma once

#include <array>
#include <vector>

#include "runtime/isa/program.hpp"
#include "sim/cycle/load_timing.hpp"
#include "sim/fast/memory_bus.hpp"

namespace satsim::fast {

// What an operation moves, on average over its kind.
struct Demand {
    double pieces = 0;
    double lines = 0;
    double bursts = 0;
};

class CoarseTransfer {
  public:
    static constexpr std::size_t kRemembered = 64;  // blocks

    CoarseTransfer() = default;
    CoarseTransfer(const isa::ArrayConfig& config, const dram::MemoryConfig& memory, bool store);

    // First cycle in which the next operation may be dispatched; kUnknown until a due block has been served.
    [[nodiscard]] Cycles ready() const;
    void dispatch(Cycles at, const Demand& demand);

    [[nodiscard]] bool busy() const { return front_ < operations_.size(); }
    // Cycle in which the next block asks for the bus; kUnknown without any.
    [[nodiscard]] Cycles due() const;
    void serve(MemoryBus& bus);

    struct Done {
        Cycles release = 0;
        Cycles end = 0;
    };
    // Operations that have ended and not been taken, oldest first.
    [[nodiscard]] bool has_done() const { return taken_ < done_.size(); }
    [[nodiscard]] Done take_done();

  private:
    struct Operation {
        double start = 0;  // first piece
        Demand block;      // each block's share
        double blocks = 1;
    };
    void next_block();

    isa::ArrayConfig config_;
    dram::Ddr4Timing timing_;
    bool store_ = false;

    std::vector<Operation> operations_;
    std::size_t front_ = 0;
    double blocks_left_ = 0;  // of the front operation, the due one included

    double generated_ = 0;  // last piece of the block that is due
    double due_ = 0;
    // Of blocks served: when their data had moved on (LOAD: written, STORE: handed to the memory) and when
    // the memory had answered, newest last.
    using Times = std::array<double, kRemembered>;
    Times moved_{};
    Times answered_{};
    std::size_t served_ = 0;
    // When what lies `room` before the block that is due was done, with blocks of `size`.
    [[nodiscard]] double before(const Times& times, double room, double size) const;
    std::vector<Done> done_;
    std::size_t taken_ = 0;
};

}  // namespace satsim::fast
