#include "runtime/isa/program.hpp"

#include <fmt/format.h>

#include <fstream>
#include <limits>
#include <stdexcept>

#include "runtime/isa/byte_stream.hpp"
#include "runtime/isa/crc32.hpp"
#include "runtime/isa/names.hpp"
#include "runtime/isa/program_fields.hpp"
#include "runtime/isa/rules.hpp"
#include "runtime/support/atomic_file.hpp"
#include "runtime/support/error.hpp"

namespace satsim::isa {
namespace {

constexpr std::uint32_t kFileMagic = 0x50544153;  // "SATP"
constexpr std::uint32_t kFileVersion = 1;
constexpr std::size_t kFixedBytes = 28;        // up to the configuration
constexpr std::size_t kChecksumBytes = 4;      // at the end
constexpr std::uint64_t kHeaderMagic = 0x5A7;  // of the image that FETCH reads

std::int64_t lines_of(const std::vector<Instruction>& stream, const ArrayConfig& config) {
    return ceil_div<std::int64_t>(static_cast<std::int64_t>(stream.size()), config.line_words());
}

// Reads the parts of a program file in order; every complaint names the file.
class ProgramReader {
  public:
    ProgramReader(const std::vector<std::uint8_t>& bytes, const std::string& name)
        : bytes_(bytes), name_(name), in_(bytes) {}

    Program read() {
        check_envelope();
        Program program;
        program.address = static_cast<std::int64_t>(in_.u64());
        read_config(program.config);
        for (std::uint8_t& value : program.semaphores) value = in_.u8();
        std::array<std::uint32_t, kEngines> counts{};
        for (std::uint32_t& count : counts) count = need_room();
        const std::uint32_t segments = need_room();
        if (program.address < 0 || program.address >= kAddressLimit ||
            program.address % program.config.line_bytes() != 0) {
            fail(fmt::format("program address {} is no line of the memory", program.address));
        }
        for (std::size_t e = 0; e < counts.size(); ++e) {
            read_stream(static_cast<Engine>(e), counts[e], program.streams[e]);
        }
        for (std::uint32_t s = 0; s < segments; ++s) read_segment(program);
        if (in_.left() != kChecksumBytes) {
            fail(fmt::format("{} bytes follow the last segment", in_.left() - kChecksumBytes));
        }
        return program;
    }

  private:
    [[noreturn]] void fail(const std::string& message) const { throw InputError(name_, "", message); }

    void need(std::size_t bytes) const {
        if (in_.left() < bytes + kChecksumBytes) fail("truncated SAT program");
    }

    std::uint32_t need_room() {
        need(4);
        return in_.u32();
    }

    void check_envelope() {
        if (in_.left() < 4 || in_.u32() != kFileMagic)
            fail("not a SAT program (it does not begin with \"SATP\")");
        if (in_.left() < kFixedBytes - 4 + kChecksumBytes) fail("truncated SAT program");
        const std::uint32_t version = in_.u32();
        if (version != kFileVersion) {
            fail(fmt::format("program format version {}, expected {}", version, kFileVersion));
        }
        const std::uint32_t digest = in_.u32();
        if (digest != kDigest) {
            fail(fmt::format("program of instruction set {:08x}, this build has {:08x}; schedule it again",
                             digest, kDigest));
        }
        const std::uint64_t length = in_.u64();
        if (length > bytes_.size()) {
            fail(fmt::format("truncated SAT program: {} of {} bytes", bytes_.size(), length));
        }
        if (length != bytes_.size()) fail(fmt::format("{} bytes follow the program", bytes_.size() - length));
        const std::span<const std::uint8_t> all(bytes_);
        ByteReader tail(all.last(kChecksumBytes));
        if (tail.u32() != crc32(all.first(bytes_.size() - kChecksumBytes))) {
            fail("checksum does not match: the file is damaged");
        }
        need(8);
    }

    void read_config(ArrayConfig& config) {
        const auto fields = config_fields(config);
        need(fields.size() * 4 + kSemaphores);
        for (const auto& [field_name, field] : fields) {
            const std::uint32_t value = in_.u32();
            if (value > static_cast<std::uint32_t>(std::numeric_limits<int>::max())) {
                fail(fmt::format("array configuration: {} is {}", field_name, value));
            }
            *field = static_cast<int>(value);
        }
        if (const auto fault = config_fault(config)) fail("array configuration: " + *fault);
    }

    void read_stream(Engine engine, std::uint32_t count, std::vector<Instruction>& stream) {
        if (count > kStreamLimit) {
            fail(fmt::format("{} stream of {} instructions, expected at most {}", name_of(engine), count,
                             kStreamLimit));
        }
        need(std::size_t{count} * kInstructionBytes);
        stream.reserve(count);
        for (std::uint32_t i = 0; i < count; ++i) {
            const std::uint64_t word = in_.u64();
            const std::optional<Instruction> instruction = decode(word);
            if (!instruction) {
                fail(fmt::format("{} instruction {}: {:016x} is no instruction", name_of(engine), i, word));
            }
            if (const auto fault = instruction_fault(engine, *instruction)) {
                fail(fmt::format("{} instruction {}: {}", name_of(engine), i, *fault));
            }
            stream.push_back(*instruction);
        }
    }

    void read_segment(Program& program) {
        need(16);
        const std::uint64_t address = in_.u64();
        const std::uint64_t length = in_.u64();
        constexpr auto limit = static_cast<std::uint64_t>(kAddressLimit);
        if (address >= limit || length > limit - address) {
            fail(fmt::format("segment of {} bytes at {} leaves the memory", length, address));
        }
        if (length > in_.left()) fail("truncated SAT program");
        need(length);
        const auto data = in_.bytes(length);
        program.image.push_back({static_cast<std::int64_t>(address), {data.begin(), data.end()}});
    }

    const std::vector<std::uint8_t>& bytes_;
    const std::string& name_;
    ByteReader in_;
};

}  // namespace

std::int64_t fetch_lines(const Program& program) {
    std::int64_t lines = 1;
    for (const auto& stream : program.streams) lines += lines_of(stream, program.config);
    return lines;
}

std::vector<std::uint8_t> fetch_image(const Program& program) {
    const auto line_bytes = static_cast<std::size_t>(program.config.line_bytes());
    std::uint64_t counts = 0;
    std::array<std::uint64_t, 2> semaphores{};
    for (std::size_t e = 0; e < program.streams.size(); ++e) {
        const std::size_t count = program.streams[e].size();
        if (count > static_cast<std::size_t>(kStreamLimit))
            throw std::out_of_range("instructions of one engine");
        counts |= std::uint64_t{count} << (16 * e);
    }
    for (std::size_t s = 0; s < program.semaphores.size(); ++s) {
        semaphores[s / 8] |= std::uint64_t{program.semaphores[s]} << (8 * (s % 8));
    }
    ByteWriter out;
    out.u64(kHeaderMagic << 32 | kDigest);
    out.u64(counts);
    for (const std::uint64_t word : semaphores) out.u64(word);
    out.pad_to(line_bytes);
    for (const auto& stream : program.streams) {
        for (const Instruction& instruction : stream) out.u64(encode(instruction));
        out.pad_to(line_bytes);
    }
    return out.take();
}

std::vector<std::uint8_t> serialize(const Program& program) {
    if (const auto fault = config_fault(program.config))
        throw std::logic_error("array configuration: " + *fault);
    ByteWriter out;
    out.u32(kFileMagic);
    out.u32(kFileVersion);
    out.u32(kDigest);
    out.u64(0);  // the length, known at the end
    out.u64(static_cast<std::uint64_t>(program.address));
    for (const auto& field : config_fields(program.config))
        out.u32(static_cast<std::uint32_t>(*field.second));
    for (const std::uint8_t value : program.semaphores) out.u8(value);
    for (const auto& stream : program.streams) out.u32(static_cast<std::uint32_t>(stream.size()));
    out.u32(static_cast<std::uint32_t>(program.image.size()));
    for (const auto& stream : program.streams) {
        for (const Instruction& instruction : stream) out.u64(encode(instruction));
    }
    for (const ImageSegment& segment : program.image) {
        out.u64(static_cast<std::uint64_t>(segment.address));
        out.u64(segment.bytes.size());
        out.bytes(segment.bytes);
    }
    constexpr std::size_t length_at = 12;
    out.patch_u64(length_at, out.size() + kChecksumBytes);
    out.u32(crc32(out.view()));
    return out.take();
}

Program deserialize(const std::vector<std::uint8_t>& bytes, const std::string& name) {
    return ProgramReader(bytes, name).read();
}

void save_program(const Program& program, const std::filesystem::path& path) {
    const std::vector<std::uint8_t> bytes = serialize(program);
    write_file_atomically(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Program load_program(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file || std::filesystem::is_directory(path)) throw InputError(path.string(), "", "cannot be read");
    std::vector<std::uint8_t> bytes;
    std::array<char, 65536> block{};
    while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0) {
        bytes.insert(bytes.end(), block.data(), block.data() + file.gcount());
    }
    if (file.bad()) throw InputError(path.string(), "", "cannot be read");
    return deserialize(bytes, path.string());
}

}  // namespace satsim::isa
