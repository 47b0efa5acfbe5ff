#include "host/card/card_program.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>

#include "host/card/card_report.hpp"
#include "host/card/card_run.hpp"
#include "host/inputs.hpp"
#include "host/parse_arguments.hpp"
#include "runtime/support/atomic_file.hpp"
#include "runtime/support/error.hpp"

namespace satsim::card {
namespace {

constexpr int kFailed = 1;
using host::kBadInput;
constexpr int kInternalFault = 70;
constexpr std::int64_t kLargestAddress = std::int64_t{1} << 40;

struct Arguments {
    CardChoice choice;
    bool identify = false;
    std::string program;
    std::vector<std::string> data;
    std::string gemm;
    std::string nm = "dense";
    std::uint64_t seed = 1;
    RunOptions run;
    bool no_compare = false;
    std::string dump;
    bool json = false;
    std::string output;
};

// A number below 2^40, decimal or 0x hexadecimal.
std::optional<std::int64_t> number(std::string_view text) {
    const bool hexadecimal = text.starts_with("0x");
    if (hexadecimal) text.remove_prefix(2);
    std::int64_t value = 0;
    const auto [end, fault] =
        std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
    if (fault != std::errc{} || end != text.data() + text.size() || value < 0 || value >= kLargestAddress)
        return std::nullopt;
    return value;
}

// FILE@ADDRESS
void place_data(const std::string& what, MemoryImage& memory) {
    const std::size_t at = what.rfind('@');
    const auto address =
        at == std::string::npos ? std::nullopt : number(std::string_view(what).substr(at + 1));
    if (!address) throw InputError("--data " + what, "", "expected FILE@ADDRESS, a byte address below 2^40");
    const std::string name = what.substr(0, at);
    std::ifstream file(name, std::ios::binary);
    const std::vector<char> content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file) throw InputError(name, "", "cannot be read");
    if (*address + static_cast<std::int64_t>(content.size()) > kLargestAddress)
        throw InputError("--data " + what, "", "leaves the program's memory of 2^40 bytes");
    const std::vector<std::uint8_t> bytes(content.begin(), content.end());
    memory.write(*address, bytes);
}

struct Dump {
    std::int64_t address = 0;
    std::int64_t bytes = 0;
    std::string file;
};

// ADDRESS:BYTES:FILE; before the run, so that a typing error does not cost one.
Dump parse_dump(const std::string& what) {
    const std::size_t first = what.find(':');
    const std::size_t second = first == std::string::npos ? first : what.find(':', first + 1);
    const std::string_view text = what;
    const auto address = first == std::string::npos ? std::nullopt : number(text.substr(0, first));
    const auto bytes =
        second == std::string::npos ? std::nullopt : number(text.substr(first + 1, second - first - 1));
    if (!address || !bytes || second + 1 >= what.size())
        throw InputError("--dump " + what, "", "expected ADDRESS:BYTES:FILE");
    return {*address, *bytes, what.substr(second + 1)};
}

void write_dump(const Dump& dump, const RunReport& report) {
    const std::int64_t end = report.memory_lines * report.array.line_bytes();
    if (dump.address + dump.bytes > end)
        throw InputError("--dump", "", fmt::format("leaves the program's memory of {} bytes", end));
    std::vector<std::uint8_t> content(static_cast<std::size_t>(dump.bytes));
    report.after.read(dump.address, content);
    write_file_atomically(dump.file, std::string(content.begin(), content.end()));
}

void deliver(const Arguments& arguments, const std::string& text) {
    if (!arguments.output.empty()) {
        write_file_atomically(arguments.output, text);
    } else {
        fmt::print("{}", text);
        if (std::fflush(stdout) != 0) throw InputError("standard output", "", "cannot be written");
    }
}

Work make_work(const Arguments& arguments, const isa::ArrayConfig& array) {
    Work work = arguments.gemm.empty()
                    ? work_of_program(isa::load_program(arguments.program), arguments.program)
                    : work_of_gemm(host::parse_gemm(arguments.gemm, arguments.nm), array, arguments.seed);
    if (!arguments.gemm.empty()) work.name = "gemm " + arguments.gemm + " " + arguments.nm;
    for (const std::string& what : arguments.data) place_data(what, work.memory);
    return work;
}

int run(const Arguments& arguments) {
    const int chosen =
        (arguments.program.empty() ? 0 : 1) + (arguments.gemm.empty() ? 0 : 1) + (arguments.identify ? 1 : 0);
    if (chosen != 1)
        throw InputError("satsim-card", "", "expected exactly one of --program, --gemm and --identify");
    std::optional<Dump> dump;
    if (!arguments.dump.empty()) dump = parse_dump(arguments.dump);
    Card card = open_card(arguments.choice);
    const isa::ArrayConfig array = KernelDriver(*card.registers).identify();
    if (arguments.identify) {
        deliver(arguments, arguments.json ? array_json(array).dump(1) + "\n" : array_text(card.name, array));
        return 0;
    }
    RunOptions options = arguments.run;
    options.compare = !arguments.no_compare;
    const RunReport report = run_on_card(card, make_work(arguments, array), options);
    deliver(arguments, arguments.json ? report_json(report).dump(1) + "\n" : report_text(report));
    if (dump) write_dump(*dump, report);
    return report.ok() ? 0 : kFailed;
}

void add_options(CLI::App& program, Arguments& arguments) {
    program.add_option("--xclbin", arguments.choice.xclbin, "binary of the card (rtl/synth/vivado)")
        ->required();
    program
        .add_option("--device", arguments.choice.device,
                    "number of the card, or its PCIe bus:device.function")
        ->capture_default_str();
    program.add_option("--kernel", arguments.choice.kernel, "kernel, with one compute unit")
        ->capture_default_str();
    CLI::Option* identify =
        program.add_flag("--identify", arguments.identify, "print the sizes of the kernel and end");
    CLI::Option* file =
        program.add_option("--program", arguments.program, "a program file (satsim schedule --program)");
    program
        .add_option(
            "--data", arguments.data,
            "FILE@ADDRESS: operands, raw bytes at this byte address of the program's memory; repeatable")
        ->needs(file);
    CLI::Option* gemm = program
                            .add_option("--gemm", arguments.gemm,
                                        "M,N,K: a product of random operands, scheduled for the card")
                            ->excludes(file);
    program.add_option("--nm", arguments.nm, "pattern of the GEMM's B along K: N:M, or dense")
        ->capture_default_str()
        ->needs(gemm);
    program.add_option("--seed", arguments.seed, "of the GEMM's operands")
        ->capture_default_str()
        ->needs(gemm);
    program
        .add_option("--memory", arguments.run.memory_bytes,
                    "bytes of the program's memory (default: what the program touches)")
        ->check(CLI::Range(std::int64_t{1}, kLargestAddress));
    program
        .add_option("--watchdog", arguments.run.watchdog_cycles,
                    "cycles without progress after which the kernel stops a program (0: never)")
        ->capture_default_str();
    program.add_option("--timeout", arguments.run.timeout_s, "seconds after which this program stops it")
        ->check(CLI::Range(0.0, 1e6))
        ->capture_default_str();
    program.add_flag("--no-compare", arguments.no_compare, "leave out the functional model");
    program
        .add_option("--dump", arguments.dump,
                    "ADDRESS:BYTES:FILE: write this part of the memory after the run")
        ->excludes(identify);
    program.add_flag("--json", arguments.json, "one JSON object, docs/card.md");
    program.add_option("-o,--output", arguments.output, "write to this file, whole or not at all");
}

int parse_and_run(int argc, char** argv) {
    CLI::App program{
        "satsim-card: runs a SAT program on a card through XRT and compares its memory with the functional "
        "model\n"
        "Example: satsim-card --xclbin sat.xclbin --gemm 256,256,256 --nm 2:8",
        "satsim-card"};
    program.set_version_flag("--version", "satsim-card " SATSIM_VERSION);
    Arguments arguments;
    add_options(program, arguments);
    if (const auto code = host::parse_arguments(program, argc, argv)) return *code;
    return run(arguments);
}

}  // namespace

int card_program(int argc, char** argv) {
    try {
        return parse_and_run(argc, argv);
    } catch (const InputError& error) {
        fmt::print(stderr, "satsim-card: {}\n", error.what());
        return kBadInput;
    } catch (const CardError& error) {
        fmt::print(stderr, "satsim-card: {}\n", error.what());
        return kFailed;
    } catch (const std::exception& error) {
        fmt::print(stderr, "satsim-card: internal fault: {}\n", error.what());
        return kInternalFault;
    }
}

}  // namespace satsim::card
