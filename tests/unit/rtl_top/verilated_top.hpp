// TopBench around one verilated configuration; included once for each.
#pragma once

#include <verilated.h>

#include "sim/rtl/coverage.hpp"
#include "tests/unit/rtl_top/top_bench.hpp"

// The pins of master m0N_axi of a model.
#define SATSIM_AXI_PINS(top, n)                                                                  \
    {                                                                                            \
        &(top).m0##n##_axi_awvalid, &(top).m0##n##_axi_awready, &(top).m0##n##_axi_awlen,        \
            &(top).m0##n##_axi_awsize, &(top).m0##n##_axi_awburst, &(top).m0##n##_axi_awaddr,    \
            &(top).m0##n##_axi_wvalid, &(top).m0##n##_axi_wready, &(top).m0##n##_axi_wlast,      \
            (top).m0##n##_axi_wdata.data(), &(top).m0##n##_axi_wstrb, &(top).m0##n##_axi_bvalid, \
            &(top).m0##n##_axi_bready, &(top).m0##n##_axi_bresp, &(top).m0##n##_axi_arvalid,     \
            &(top).m0##n##_axi_arready, &(top).m0##n##_axi_arlen, &(top).m0##n##_axi_arsize,     \
            &(top).m0##n##_axi_arburst, &(top).m0##n##_axi_araddr, &(top).m0##n##_axi_rvalid,    \
            &(top).m0##n##_axi_rready, &(top).m0##n##_axi_rresp, &(top).m0##n##_axi_rlast,       \
            (top).m0##n##_axi_rdata.data()                                                       \
    }

namespace satsim::rtl_top {

template <typename Top>
class VerilatedTop : public TopBench {
  public:
    VerilatedTop(int seed, int count) : random_(static_cast<std::uint64_t>(seed)) {
        context_.randReset(2);
        context_.randSeed(seed);
        top_ = std::make_unique<Top>(&context_);
        Top& top = *top_;
        const std::array<AxiPins, 4> pins{AxiPins SATSIM_AXI_PINS(top, 0), AxiPins SATSIM_AXI_PINS(top, 1),
                                          AxiPins SATSIM_AXI_PINS(top, 2), AxiPins SATSIM_AXI_PINS(top, 3)};
        for (std::size_t c = 0; c < pins.size(); ++c) {
            for (std::uint8_t* input : {pins[c].awready, pins[c].wready, pins[c].bvalid, pins[c].bresp,
                                        pins[c].arready, pins[c].rvalid, pins[c].rresp, pins[c].rlast})
                *input = 0;
            if (static_cast<int>(c) >= count) continue;
            bases.push_back((0x1'2345'0000ULL << c) + 4096 * c);  // far beyond 32 bits, each its own
            channels.push_back(std::make_unique<AxiChannel>(pins[c], static_cast<int>(c), count, bases[c],
                                                            memory,
                                                            static_cast<std::uint64_t>(seed) * 8 + c));
        }
        top.ap_clk = 0;
        top.ap_rst_n = 0;
        top.s_axi_control_awvalid = 0;
        top.s_axi_control_wvalid = 0;
        top.s_axi_control_bready = 0;
        top.s_axi_control_arvalid = 0;
        top.s_axi_control_rready = 0;
        for (int i = 0; i < 4; ++i) clock();
        top.ap_rst_n = 1;
        for (int i = 0; i < 4; ++i) clock();
    }

    // Verilator 5.006 takes a model's scopes out of the thread's context, which may be another model's.
    ~VerilatedTop() override { Verilated::threadContextp(&context_); }
    VerilatedTop(const VerilatedTop&) = delete;
    VerilatedTop& operator=(const VerilatedTop&) = delete;

    void step() override {
        for (const auto& channel : channels) channel->drive(now);
        top_->eval();
        for (const auto& channel : channels) channel->sample(now);
        clock();
        ++now;
    }

    // Address and data come in a random order.
    void write(std::uint32_t offset, std::uint32_t value) override {
        Top& top = *top_;
        top.s_axi_control_awaddr = static_cast<std::uint16_t>(offset);
        top.s_axi_control_wdata = value;
        top.s_axi_control_wstrb = 0xF;
        int address_in = static_cast<int>(random_() % 3);
        int data_in = static_cast<int>(random_() % 3);
        bool address_done = false;
        bool data_done = false;
        while (!address_done || !data_done) {
            top.s_axi_control_awvalid = !address_done && address_in-- <= 0;
            top.s_axi_control_wvalid = !data_done && data_in-- <= 0;
            top.eval();
            address_done = address_done || (top.s_axi_control_awvalid && top.s_axi_control_awready);
            data_done = data_done || (top.s_axi_control_wvalid && top.s_axi_control_wready);
            step();
        }
        top.s_axi_control_awvalid = 0;
        top.s_axi_control_wvalid = 0;
        top.s_axi_control_bready = 1;
        for (int i = 0; !top.s_axi_control_bvalid; ++i) wait(i, "B");
        step();
        top.s_axi_control_bready = 0;
    }

    std::uint32_t read(std::uint32_t offset) override {
        Top& top = *top_;
        top.s_axi_control_araddr = static_cast<std::uint16_t>(offset);
        top.s_axi_control_arvalid = 1;
        top.eval();
        for (int i = 0; !top.s_axi_control_arready; ++i) wait(i, "AR");
        step();
        top.s_axi_control_arvalid = 0;
        top.s_axi_control_rready = 1;
        for (int i = 0; !top.s_axi_control_rvalid; ++i) wait(i, "R");
        const std::uint32_t value = top.s_axi_control_rdata;
        step();
        top.s_axi_control_rready = 0;
        return value;
    }

    bool interrupt() const override { return top_->__SYM__interrupt != 0; }

  private:
    void wait(int cycles, const char* what) {
        if (cycles > 100) throw std::runtime_error(std::string("s_axi_control: no ") + what);
        step();
        top_->eval();
    }
    void clock() {
        top_->eval();
        top_->ap_clk = 1;
        top_->eval();
        top_->ap_clk = 0;
    }

    VerilatedContext context_;
    std::unique_ptr<Top> top_;
    sim::rtl::CoverageFile coverage_{context_};
    std::mt19937_64 random_;
};

}  // namespace satsim::rtl_top
