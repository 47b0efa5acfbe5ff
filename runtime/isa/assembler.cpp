#include "runtime/isa/assembler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "runtime/isa/names.hpp"
#include "runtime/isa/program_fields.hpp"
#include "runtime/isa/rules.hpp"
#include "runtime/support/error.hpp"

namespace satsim::isa {
namespace {

constexpr std::string_view kBlank = " \t\r";

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// Takes the part up to `separator` (or everything) off the front of `text`.
std::string_view take_until(std::string_view& text, std::string_view separators) {
    const auto end = std::min(text.find_first_of(separators), text.size());
    const std::string_view part = trim(text.substr(0, end));
    text = end < text.size() ? text.substr(end + 1) : std::string_view{};
    return part;
}

template <typename Names>
std::optional<std::size_t> index_of(const Names& names, std::string_view name) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names.begin());
}

// Decimal or 0x hexadecimal, with a sign.
std::optional<std::int64_t> parse_number(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    const bool hexadecimal = text.starts_with("0x");
    if (hexadecimal) text.remove_prefix(2);
    std::uint64_t value = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
    if (error != std::errc{} || text.empty() || end != text.data() + text.size()) return std::nullopt;
    if (value > static_cast<std::uint64_t>(kAddressLimit)) return std::nullopt;
    return negative ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
}

class Assembler {
  public:
    Assembler(std::string_view text, const std::string& name) : rest_(text), name_(name) {}

    Program assemble() {
        while (!rest_.empty()) {
            ++line_;
            std::string_view line = take_until(rest_, "\n");
            line = trim(line.substr(0, line.find(';')));
            if (line.empty()) continue;
            if (line.starts_with('.')) {
                directive(line);
            } else {
                instruction(line);
            }
        }
        if (const auto fault = config_fault(program_.config)) {
            throw InputError(name_, "", ".config: " + *fault);
        }
        if (program_.address % program_.config.line_bytes() != 0) {
            throw InputError(name_, "",
                             fmt::format(".address {} is no line of the memory", program_.address));
        }
        return std::move(program_);
    }

  private:
    [[noreturn]] void fail(const std::string& message) const {
        throw InputError(fmt::format("{}:{}", name_, line_), "", message);
    }

    std::int64_t number(std::string_view text, std::int64_t low, std::int64_t high) const {
        const auto value = parse_number(text);
        if (!value) fail(fmt::format("'{}' is no number", text));
        if (*value < low || *value > high) fail(fmt::format("{} is outside {}..{}", *value, low, high));
        return *value;
    }

    void directive(std::string_view line) {
        const std::string_view word = take_until(line, kBlank);
        line = trim(line);
        if (word == ".engine") {
            const auto index = index_of(kEngineNames, line);
            if (!index) fail(fmt::format("engine '{}' does not exist", line));
            engine_ = static_cast<Engine>(*index);
        } else if (word == ".semaphore") {
            const auto index = number(take_until(line, kBlank), 0, kSemaphores - 1);
            program_.semaphores[static_cast<std::size_t>(index)] =
                static_cast<std::uint8_t>(number(trim(line), 0, kSemaphoreMax));
        } else if (word == ".address") {
            program_.address = number(line, 0, kAddressLimit - 1);
        } else if (word == ".config") {
            while (!line.empty()) config_value(take_until(line, kBlank));
        } else {
            fail(fmt::format("directive '{}' does not exist", word));
        }
    }

    void config_value(std::string_view item) {
        if (item.empty()) return;
        const std::string_view key = take_until(item, "=");
        for (const auto& [name, value] : config_fields(program_.config)) {
            if (name != key) continue;
            *value = static_cast<int>(number(item, 0, 1 << 30));
            return;
        }
        fail(fmt::format("configuration has no '{}'", key));
    }

    std::uint8_t reg(std::string_view text) const {
        if (const auto index = index_of(register_names(*engine_), text))
            return static_cast<std::uint8_t>(*index);
        if (text.starts_with('r')) {
            const auto value = parse_number(text.substr(1));
            if (value && *value >= 0 && *value < kRegisters) return static_cast<std::uint8_t>(*value);
        }
        fail(fmt::format("{} has no register '{}'", name_of(*engine_), text));
    }

    int semaphore(std::string_view text) const {
        if (!text.starts_with("sem"))
            fail(fmt::format("'{}' is no semaphore (sem0..sem{})", text, kSemaphores - 1));
        return static_cast<int>(number(text.substr(3), 0, kSemaphores - 1));
    }

    std::int64_t immediate(std::string_view text) const {
        return number(text, -kAddressLimit / 2, kAddressLimit / 2 - 1);
    }

    // The whole rest of a RUN line: flags joined by '|' and tokens, in any order.
    std::int64_t run_fields(std::string_view text) const {
        RunFields fields;
        while (!text.empty()) {
            std::string_view item = take_until(text, kBlank);
            if (item.empty()) continue;
            if (item.find('=') == std::string_view::npos) {
                fields.flags |= flags(item);
                continue;
            }
            const std::string_view key = take_until(item, "=");
            const int value = semaphore(trim(item));
            if (key == "early0") {
                fields.push_early0 = value;
            } else if (key == "early1") {
                fields.push_early1 = value;
            } else if (key == "end") {
                fields.push_end = value;
            } else {
                fail(fmt::format("RUN has no token '{}' (early0, early1, end)", key));
            }
        }
        return encode_run(fields);
    }

    std::uint32_t flags(std::string_view text) const {
        std::uint32_t flags = 0;
        while (!text.empty()) {
            const std::string_view name = take_until(text, "|");
            const auto bit = index_of(flag_names(*engine_), name);
            if (!bit) fail(fmt::format("{} has no flag '{}'", name_of(*engine_), name));
            flags |= 1U << *bit;
        }
        return flags;
    }

    void instruction(std::string_view line) {
        if (!engine_) fail("an instruction before the first .engine");
        const std::string_view mnemonic = take_until(line, kBlank);
        const auto opcode = index_of(kOpcodeNames, mnemonic);
        if (!opcode) fail(fmt::format("instruction '{}' does not exist", mnemonic));
        Instruction i;
        i.opcode = static_cast<Opcode>(*opcode);
        switch (i.opcode) {
            case Opcode::Halt:
            case Opcode::End:
                break;
            case Opcode::Set:
                i.rd = reg(take_until(line, ","));
                i.imm = immediate(take_until(line, ","));
                break;
            case Opcode::Add:
            case Opcode::Xor:
                i.rd = reg(take_until(line, ","));
                i.rs = reg(take_until(line, ","));
                i.imm = immediate(take_until(line, ","));
                break;
            case Opcode::Addr:
                i.rd = reg(take_until(line, ","));
                i.rs = reg(take_until(line, ","));
                i.imm = reg(take_until(line, ","));
                break;
            case Opcode::Loop:
                i.imm = immediate(take_until(line, ","));
                break;
            case Opcode::Wait:
            case Opcode::Post:
                i.rd = static_cast<std::uint8_t>(semaphore(take_until(line, ",")));
                i.imm = immediate(take_until(line, ","));
                break;
            case Opcode::Run:
                i.imm = run_fields(line);
                line = {};
                break;
        }
        if (!trim(line).empty()) fail(fmt::format("'{}' is too much after {}", trim(line), mnemonic));
        if (const auto fault = instruction_fault(*engine_, i)) fail(*fault);
        program_.streams[static_cast<std::size_t>(*engine_)].push_back(i);
    }

    std::string_view rest_;
    const std::string& name_;
    int line_ = 0;
    std::optional<Engine> engine_;
    Program program_;
};

}  // namespace

Program assemble(const std::string& text, const std::string& name) {
    return Assembler(text, name).assemble();
}

}  // namespace satsim::isa
