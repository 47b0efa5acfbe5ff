// One memory channel as an AXI4 slave of 512 bits, behind one master of sat_top: data, random ready and
// valid, injected errors, and checks of what the master must keep.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "runtime/functional/memory_image.hpp"
#include "runtime/support/types.hpp"

namespace satsim::rtl_top {

inline constexpr std::int64_t kBeatBytes = 64;
using Beat = std::array<std::uint32_t, 16>;

// The pins of one master, all of them pointers into a verilated model.
struct AxiPins {
    std::uint8_t *awvalid, *awready, *awlen, *awsize, *awburst;
    std::uint64_t* awaddr;
    std::uint8_t *wvalid, *wready, *wlast;
    std::uint32_t* wdata;
    std::uint64_t* wstrb;
    std::uint8_t *bvalid, *bready, *bresp;
    std::uint8_t *arvalid, *arready, *arlen, *arsize, *arburst;
    std::uint64_t* araddr;
    std::uint8_t *rvalid, *rready, *rresp, *rlast;
    std::uint32_t* rdata;
};

struct ChannelBehaviour {
    int ready_percent = 100;  // of cycles in which a ready is 1, and in which the next beat or response comes
    Cycles read_latency = 8;  // from the AR handshake to the first beat
    std::int64_t read_error_line = -1;   // its beat comes with SLVERR
    std::int64_t write_error_line = -1;  // the burst that covers it is answered with SLVERR
    bool answers = true;                 // false: no beat and no response comes
};

class AxiChannel {
  public:
    // Line l of the gang is at address base + 64*l here, and at byte (l*channels + number)*64 of `image`.
    AxiChannel(const AxiPins& pins, int number, int channels, std::uint64_t base, MemoryImage& image,
               std::uint64_t seed)
        : pins_(pins), number_(number), channels_(channels), base_(base), image_(image), random_(seed) {}

    ChannelBehaviour behaviour;
    std::int64_t limit_lines = 0;  // no burst may reach this line

    // Before the evaluation of cycle `now`: what the slave drives.
    void drive(Cycles now);
    // After it: handshakes and checks.
    void sample(Cycles now);

    // Nothing is owed by either side.
    [[nodiscard]] bool idle() const {
        return reads_.empty() && writes_.empty() && beats_.empty() && !r_valid_ && !b_valid_;
    }
    // The first thing that the master did wrong, or empty.
    [[nodiscard]] const std::string& fault() const { return fault_; }
    [[nodiscard]] std::int64_t read_bursts() const { return read_bursts_; }
    [[nodiscard]] std::int64_t beats_without_strobe() const { return empty_beats_; }
    [[nodiscard]] std::size_t most_reads_under_way() const { return most_reads_; }

  private:
    struct Burst {
        std::int64_t line;
        int beats;
        int done = 0;
        Cycles from = 0;  // earliest cycle of its next beat or response
    };
    struct WriteBeat {
        Beat data;
        std::uint64_t strobe;
        bool last;
    };
    // What a master offered in the cycle before without being taken.
    struct Held {
        bool valid = false;
        std::uint64_t address = 0;
        int length = 0;
    };

    void sample_reads(Cycles now);
    void sample_writes(Cycles now);
    void match_writes(Cycles now);
    void check_burst(const char* what, std::uint64_t address, int length, int size, int kind);
    void check_held(const char* what, Held& held, bool valid, bool ready, std::uint64_t address, int length);
    void store(std::int64_t line, const WriteBeat& beat);
    [[nodiscard]] std::int64_t byte_of(std::int64_t line) const {
        return (line * channels_ + number_) * kBeatBytes;
    }
    [[nodiscard]] bool chance() { return static_cast<int>(random_() % 100) < behaviour.ready_percent; }
    void complain(const std::string& what) {
        if (fault_.empty()) fault_ = "channel " + std::to_string(number_) + ": " + what;
    }

    AxiPins pins_;
    int number_;
    int channels_;
    std::uint64_t base_;
    MemoryImage& image_;
    std::mt19937_64 random_;

    std::deque<Burst> reads_;
    std::deque<Burst> writes_;     // oldest first; the ones before matched_ have all their beats
    std::deque<WriteBeat> beats_;  // that came before their address
    bool r_valid_ = false;
    bool r_error_ = false;
    Beat r_data_{};
    bool b_valid_ = false;
    bool b_error_ = false;
    Cycles last_beat_ = -1;
    Held ar_held_, aw_held_;
    bool w_held_ = false;
    WriteBeat w_held_beat_{};
    std::int64_t read_bursts_ = 0;
    std::int64_t empty_beats_ = 0;
    std::size_t most_reads_ = 0;
    std::string fault_;
};

}  // namespace satsim::rtl_top
