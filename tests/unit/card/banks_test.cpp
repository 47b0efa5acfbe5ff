// Four banks as the RTL reads them: every line of a memory that was scattered comes back through
// rtl/axi_read.sv, CH = 4.
#include <gtest/gtest.h>
#include <verilated.h>

#include <cstring>
#include <deque>
#include <random>
#include <vector>

#include "Vaxi_read_4.h"
#include "host/card/ganged_memory.hpp"

namespace satsim::card {
namespace {

constexpr int kBanks = 4;
constexpr std::int64_t kLineBytes = 64 * kBanks;
constexpr int kBeatWords = 16;

class PlainMemory : public BankMemory {
  public:
    void allocate(int banks, std::int64_t bytes_each) override {
        banks_.assign(static_cast<std::size_t>(banks),
                      std::vector<std::uint8_t>(static_cast<std::size_t>(bytes_each)));
    }
    // Far apart, so that an address names its bank.
    std::uint64_t address(int bank) const override { return (static_cast<std::uint64_t>(bank) + 1) << 34; }
    std::span<std::uint8_t> bytes(int bank) override { return banks_[static_cast<std::size_t>(bank)]; }
    void to_card() override {}
    void from_card() override {}

  private:
    std::vector<std::vector<std::uint8_t>> banks_;
};

class Reader {
  public:
    explicit Reader(PlainMemory& memory, std::int64_t lines) : memory_(memory) {
        context_.randReset(2);
        context_.randSeed(1);
        top_ = std::make_unique<Vaxi_read_4>(&context_);
        top_->rst_ni = 0;
        top_->run_i = 0;
        top_->ar_valid_i = 0;
        top_->ar_tag_i = 0;
        top_->m_arready_i = 0xF;
        top_->m_rvalid_i = 0;
        top_->m_rresp_i = 0;
        for (int bank = 0; bank < kBanks; ++bank) {
            top_->base_i[2 * bank] = static_cast<std::uint32_t>(memory.address(bank));
            top_->base_i[2 * bank + 1] = static_cast<std::uint32_t>(memory.address(bank) >> 32);
        }
        top_->limit_i = static_cast<std::uint64_t>(lines);
        for (int i = 0; i < 4; ++i) clock();
        top_->rst_ni = 1;
        top_->run_i = 1;
    }
    ~Reader() { Verilated::threadContextp(&context_); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    // The bytes of one burst.
    std::vector<std::uint8_t> read(std::int64_t line, int lines) {
        std::vector<std::uint8_t> out;
        bool asked = false;
        for (int cycle = 0; cycle < 2000 && static_cast<std::int64_t>(out.size()) < lines * kLineBytes;
             ++cycle) {
            top_->ar_valid_i = !asked;
            top_->ar_line_i = static_cast<std::uint32_t>(line);
            top_->ar_lines_i = static_cast<std::uint8_t>(lines);
            answer();
            top_->eval();
            asked = asked || (top_->ar_valid_i && top_->ar_ready_o);
            take_addresses();
            if (top_->r_valid_o) {
                const auto* data = reinterpret_cast<const std::uint8_t*>(top_->r_data_o.data());
                out.insert(out.end(), data, data + kLineBytes);
            }
            for (int bank = 0; bank < kBanks; ++bank) {
                if ((top_->m_rvalid_i & top_->m_rready_o) >> bank & 1) beats_[bank].pop_front();
            }
            clock();
        }
        return out;
    }

  private:
    void answer() {
        top_->m_rvalid_i = 0;
        for (int bank = 0; bank < kBanks; ++bank) {
            if (beats_[bank].empty()) continue;
            top_->m_rvalid_i = static_cast<std::uint8_t>(top_->m_rvalid_i | 1 << bank);
            std::memcpy(&top_->m_rdata_i[kBeatWords * bank],
                        memory_.bytes(bank).data() + beats_[bank].front(), 64);
        }
    }
    void take_addresses() {
        for (int bank = 0; bank < kBanks; ++bank) {
            if (((top_->m_arvalid_o & top_->m_arready_i) >> bank & 1) == 0) continue;
            const std::uint64_t address =
                top_->m_araddr_o[2 * bank] | static_cast<std::uint64_t>(top_->m_araddr_o[2 * bank + 1]) << 32;
            const int length = static_cast<int>(top_->m_arlen_o >> (8 * bank) & 0xFF) + 1;
            EXPECT_GE(address, memory_.address(bank));
            for (int beat = 0; beat < length; ++beat)
                beats_[bank].push_back(static_cast<std::ptrdiff_t>(address - memory_.address(bank)) +
                                       64 * beat);
        }
    }
    void clock() {
        top_->clk_i = 1;
        top_->eval();
        top_->clk_i = 0;
        top_->eval();
    }

    PlainMemory& memory_;
    VerilatedContext context_;
    std::unique_ptr<Vaxi_read_4> top_;
    std::array<std::deque<std::ptrdiff_t>, kBanks> beats_;  // bytes in the banks that are owed
};

TEST(Banks, TheRtlReadsWhatTheHostHasSpread) {
    std::mt19937_64 random(3);
    constexpr std::int64_t kBytesEach = 3 * 4096;
    constexpr std::int64_t kLines = kBytesEach / 64;
    std::vector<std::uint8_t> wanted(static_cast<std::size_t>(kBytesEach * kBanks));
    for (std::uint8_t& byte : wanted) byte = static_cast<std::uint8_t>(random());
    MemoryImage image;
    image.write(0, wanted);
    PlainMemory memory;
    memory.allocate(kBanks, kBytesEach);
    scatter(image, kBanks, memory);
    Reader reader(memory, kLines);
    for (std::int64_t line = 0; line < kLines; line += 16) {
        const std::vector<std::uint8_t> found = reader.read(line, 16);
        const auto begin = wanted.begin() + line * kLineBytes;
        ASSERT_EQ(found, std::vector<std::uint8_t>(begin, begin + 16 * kLineBytes)) << "from line " << line;
    }
}

}  // namespace
}  // namespace satsim::card
