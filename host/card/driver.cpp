#include "host/card/driver.hpp"

#include <fmt/format.h>

#include "runtime/isa/names.hpp"
#include "runtime/isa/program_fields.hpp"

namespace satsim::card {
namespace {

using namespace registers;

// Given to a program to end after it was stopped: it takes the kernel a few hundred cycles when the memory
// answers.
constexpr double kStopSeconds = 1;

// Where each number of an array configuration stands, in the order of isa::config_fields.
constexpr std::array kSizeRegisters{kRows,
                                    kColumns,
                                    kMaxM,
                                    kSlots,
                                    kChannels,
                                    kWestLines,
                                    kNorthValueLines,
                                    kNorthIndexLines,
                                    kResultAddresses,
                                    kInstructions,
                                    kVmemLines,
                                    kBurstLines,
                                    kPieceFifo,
                                    kLineFifo,
                                    kStoreFifo};

// Of an error that the map does not have, nullptr.
const ErrorText* text_of(Error error) {
    for (const ErrorText& entry : kErrors) {
        if (entry.error == error) return &entry;
    }
    return nullptr;
}

std::string engine_text(std::uint32_t engine) {
    if (engine == kEngineFetch) return "FETCH";
    if (engine < isa::kEngineNames.size()) return std::string(isa::kEngineNames[engine]);
    return fmt::format("engine {}", engine);
}

}  // namespace

isa::ArrayConfig KernelDriver::identify() {
    const std::uint32_t map = port_.read(kMapVersion);
    if (map != static_cast<std::uint32_t>(kVersion))
        throw CardError(
            fmt::format("the kernel has register map version {}, this program knows {}", map, kVersion));
    const std::uint32_t digest = port_.read(kIsaDigest);
    if (digest != isa::kDigest)
        throw CardError(
            fmt::format("the kernel has instruction set {:08x} (version {}), this program has {:08x}: "
                        "build the two from the same sources",
                        digest, port_.read(kIsaVersion), isa::kDigest));
    isa::ArrayConfig array;
    const auto fields = isa::config_fields(array);
    static_assert(kSizeRegisters.size() == std::tuple_size_v<decltype(isa::config_fields(array))>);
    constexpr std::uint32_t kLargest = 1U << 24;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const std::uint32_t value = port_.read(kSizeRegisters[i]);
        if (value == 0 || value > kLargest)
            throw CardError(fmt::format("the kernel says that its {} is {}", fields[i].first, value));
        *fields[i].second = static_cast<int>(value);
    }
    if (array.channels != 1 && array.channels != 2 && array.channels != 4)
        throw CardError(fmt::format("the kernel says that it has {} memory channels, expected 1, 2 or 4",
                                    array.channels));
    return array;
}

Outcome KernelDriver::run(const Launch& launch) {
    // Reading CTRL also clears an ap_done that nobody has read.
    if (kCtrlApIdle.of(port_.read(kCtrl)) == 0) throw CardError("a program runs on the kernel already");
    for (std::size_t channel = 0; channel < launch.bases.size(); ++channel)
        write64(kMem0 + 8 * static_cast<std::uint32_t>(channel), launch.bases[channel]);
    write64(kProgramLine, static_cast<std::uint64_t>(launch.program_line));
    write64(kMemoryLines, static_cast<std::uint64_t>(launch.memory_lines));
    port_.write(kWatchdog, launch.watchdog_cycles);
    port_.write(kGie, 0);  // polled

    const double begin = port_.seconds();
    port_.write(kCtrl, kCtrlApStart.mask());
    Outcome outcome;
    outcome.timed_out = !ended_by(begin + launch.timeout_s, launch.poll_s);
    if (outcome.timed_out) stop(launch.poll_s);
    outcome.seconds = port_.seconds() - begin;
    outcome.status = status();
    for (std::size_t i = 0; i < kCounters.size(); ++i) outcome.counters[i] = read64(kCounters[i].offset);
    return outcome;
}

Status KernelDriver::status() {
    const std::uint32_t word = port_.read(kStatus);
    Status status;
    status.error = static_cast<Error>(kStatusError.of(word));
    status.engine = kStatusEngine.of(word);
    status.channels = kStatusChannels.of(word);
    status.nonfinite = kStatusNonfinite.of(word) != 0;
    status.unanswered = kStatusUnanswered.of(word) != 0;
    status.running = kStatusRunning.of(word) != 0;
    status.instruction = port_.read(kErrorPc);
    status.address = read64(kErrorAddress);
    return status;
}

bool KernelDriver::ended_by(double deadline, double poll_s) {
    while (true) {
        // Looked at once more after the deadline, in case the host itself was away for long.
        const bool last = port_.seconds() >= deadline;
        if (kCtrlApDone.of(port_.read(kCtrl)) != 0) return true;
        if (last) return false;
        port_.pause(poll_s);
    }
}

void KernelDriver::stop(double poll_s) {
    // The second write gives up a memory that does not answer.
    for (int attempt = 0; attempt < 2; ++attempt) {
        port_.write(kReset, kResetAbort.mask());
        if (ended_by(port_.seconds() + kStopSeconds, poll_s)) return;
    }
    throw CardError("the program timed out and RESET does not stop it: reset the card (xbutil reset)");
}

void KernelDriver::write64(std::uint32_t offset, std::uint64_t value) {
    port_.write(offset, static_cast<std::uint32_t>(value));
    port_.write(offset + 4, static_cast<std::uint32_t>(value >> 32));
}

std::uint64_t KernelDriver::read64(std::uint32_t offset) {
    return port_.read(offset) | static_cast<std::uint64_t>(port_.read(offset + 4)) << 32;
}

std::string describe(const Status& status) {
    const ErrorText* text = text_of(status.error);
    if (text == nullptr)
        return fmt::format("error {}, which the register map does not have", static_cast<int>(status.error));
    std::string line = fmt::format("{}: {}", text->name, text->text);
    if (status.engine != kEngineNone)
        line += status.engine == kEngineFetch
                    ? " (FETCH)"
                    : fmt::format(" ({} instruction {})", engine_text(status.engine), status.instruction);
    if (status.error == Error::ReadRange || status.error == Error::WriteRange ||
        status.error == Error::ReadResponse || status.error == Error::WriteResponse)
        line += fmt::format(", byte {:#x} of the program's memory", status.address);
    if (status.channels != 0) line += fmt::format(", channels {:04b}", status.channels);
    if (status.unanswered) line += "; the memory still owes answers";
    return line;
}

}  // namespace satsim::card
