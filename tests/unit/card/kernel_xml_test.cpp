// kernel.xml against the registers that the RTL has: a run whose arguments go where that file says.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <regex>

#include "host/card/card_run.hpp"
#include "host/card/extent.hpp"
#include "host/card/ganged_memory.hpp"
#include "host/inputs.hpp"
#include "tests/unit/card/verilated_card.hpp"

namespace satsim::card {
namespace {

struct Argument {
    std::uint32_t offset = 0;
    int bytes = 0;
    std::string port;
};

// Attributes of every <arg>, by name.
std::map<std::string, Argument> arguments_of(const std::string& file) {
    std::ifstream stream(file);
    const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    std::map<std::string, Argument> arguments;
    const std::regex element("<arg ([^>]*)/>");
    const std::regex attribute("(\\w+)=\"([^\"]*)\"");
    for (std::sregex_iterator arg(text.begin(), text.end(), element), end; arg != end; ++arg) {
        std::map<std::string, std::string> values;
        const std::string inner = (*arg)[1];
        for (std::sregex_iterator a(inner.begin(), inner.end(), attribute); a != end; ++a)
            values[(*a)[1]] = (*a)[2];
        arguments[values.at("name")] = {
            static_cast<std::uint32_t>(std::stoul(values.at("offset"), nullptr, 16)),
            std::stoi(values.at("size"), nullptr, 16), values.at("port")};
    }
    return arguments;
}

struct Size {
    const char* name;
    std::unique_ptr<rtl_top::TopBench> (*bench)(int seed);
    int channels;
};

class KernelXml : public testing::TestWithParam<Size> {
  protected:
    void SetUp() override {
        bench_ = GetParam().bench(11);
        arguments_ = arguments_of(std::string(SATSIM_KERNEL_FOLDER) + "/channels" +
                                  std::to_string(GetParam().channels) + "/kernel.xml");
    }
    void set(const std::string& name, std::uint64_t value) {
        const Argument& argument = arguments_.at(name);
        bench_->write(argument.offset, static_cast<std::uint32_t>(value));
        if (argument.bytes == 8) bench_->write(argument.offset + 4, static_cast<std::uint32_t>(value >> 32));
    }
    // One run with the regions exchanged as `order` says; whether C is right afterwards.
    [[nodiscard]] bool run(const std::vector<int>& order);

    std::unique_ptr<rtl_top::TopBench> bench_;
    std::map<std::string, Argument> arguments_;
};

bool KernelXml::run(const std::vector<int>& order) {
    Card card = make_verilated_card(*bench_);
    const isa::ArrayConfig array = KernelDriver(*card.registers).identify();
    const Work work = work_of_gemm(host::parse_gemm("17,24,32", "dense"), array, 3);
    const std::int64_t end = std::max(memory_extent(work.program, "test"),
                                      (work.memory.pages().rbegin()->first + 1) * MemoryImage::kPageBytes);
    const std::int64_t bytes_each = region_bytes(end, array.channels);
    card.memory->allocate(array.channels, bytes_each);
    scatter(work.memory, array.channels, *card.memory);
    card.memory->to_card();
    for (std::size_t i = 0; i < order.size(); ++i)
        set("mem" + std::to_string(i), card.memory->address(order[i]));
    set("program_line", static_cast<std::uint64_t>(work.program.address / array.line_bytes()));
    set("memory_lines", static_cast<std::uint64_t>(bytes_each / 64));
    set("watchdog", 20'000);
    bench_->write(registers::kCtrl, registers::kCtrlApStart.mask());
    for (int i = 0; i < 5000; ++i) {
        for (int j = 0; j < 100; ++j) bench_->step();
        if (registers::kCtrlApDone.of(bench_->read(registers::kCtrl)) == 0) continue;
        if (bench_->status().error != registers::Error::None) return false;
        card.memory->from_card();
        return bench_->fault().empty() &&
               work.check(gather(array.channels, bytes_each, *card.memory)).empty();
    }
    return false;
}

TEST_P(KernelXml, HasTheArgumentsOfTheKernel) {
    ASSERT_EQ(arguments_.size(), static_cast<std::size_t>(GetParam().channels) + 3);
    for (const auto& [name, argument] : arguments_) {
        // What is written there is what is read there: an argument, not a hole or a read-only register.
        for (int at = 0; at < argument.bytes; at += 4) {
            const std::uint32_t offset = argument.offset + static_cast<std::uint32_t>(at);
            bench_->write(offset, 0xA5A5'0000U | offset);
            EXPECT_EQ(bench_->read(offset), 0xA5A5'0000U | offset) << name;
        }
    }
}

TEST_P(KernelXml, ArgumentsGoWhereTheRtlReadsThem) {
    std::vector<int> order;
    for (int i = 0; i < GetParam().channels; ++i) order.push_back(i);
    EXPECT_TRUE(run(order));
}

INSTANTIATE_TEST_SUITE_P(Kernels, KernelXml,
                         testing::Values(Size{"Channels1", rtl_top::make_top_4x4, 1},
                                         Size{"Channels2", rtl_top::make_top_8x8, 2}),
                         [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace satsim::card
