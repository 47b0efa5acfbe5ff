#include "sim/verify/vector_case.hpp"

#include <array>
#include <bit>

#include "runtime/functional/functional_sat.hpp"
#include "runtime/isa/checker.hpp"
#include "runtime/numerics/fp16.hpp"
#include "runtime/vector/vector_engine.hpp"

namespace satsim::verify {
namespace {

template <typename T>
void put(MemoryImage& memory, std::int64_t address, T value) {
    memory.write(address, std::bit_cast<std::array<std::uint8_t, sizeof(T)>>(value));
}

template <typename T>
T get(const MemoryImage& memory, std::int64_t address) {
    std::array<std::uint8_t, sizeof(T)> bytes{};
    memory.read(address, bytes);
    return std::bit_cast<T>(bytes);
}

}  // namespace

VectorCase::VectorCase(const schedule::VectorProblem& problem, const isa::ArrayConfig& array, unsigned seed)
    : problem_(problem), array_(array), layout_(schedule::layout_vector(problem, array)), rng_(seed) {
    for (std::size_t i = 0; i < layout_.inputs.size(); ++i) {
        if (wide()) {
            fill32(layout_.inputs[i], i == 3);  // Adam's second moment
        } else {
            fill16(layout_.inputs[i]);
        }
    }
    for (const std::int64_t address : layout_.vectors_in) fill_vector(address);
    if (problem.kernel == schedule::VectorKernel::ZeroFill) fill16(layout_.outputs[0]);
}

bool VectorCase::wide() const {
    return schedule::holds_fp32(problem_.kernel);
}

void VectorCase::add_extremes() {
    constexpr std::array<std::uint16_t, 5> kHalves{0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E00};
    constexpr std::array<std::uint32_t, 5> kSingles{0x7F7FFFFF, 0xFF7FFFFF, 0x7F800000, 0xFF800000,
                                                    0x7FC00000};
    const auto below = [&](std::int64_t limit) {
        return static_cast<std::int64_t>(rng_() % static_cast<std::uint64_t>(limit));
    };
    if (layout_.inputs.empty() || below(4) != 0) return;
    const std::int64_t matrix =
        layout_.inputs[static_cast<std::size_t>(below(static_cast<std::int64_t>(layout_.inputs.size())))];
    for (std::int64_t i = 1 + below(3); i > 0; --i) {
        const std::int64_t row = matrix + below(problem_.rows * problem_.taps) * layout_.pitch;
        const std::int64_t column = below(problem_.columns);
        const auto which = static_cast<std::size_t>(below(kHalves.size()));
        if (wide())
            put(memory_, row + column * 4, kSingles[which]);
        else
            put(memory_, row + column * 2, kHalves[which]);
    }
}

void VectorCase::fill16(std::int64_t address) {
    for (std::int64_t r = 0; r < problem_.rows * problem_.taps; ++r) {
        for (std::int64_t c = 0; c < problem_.columns; ++c)
            put(memory_, address + r * layout_.pitch + c * 2, numerics::to_fp16(normal()).bits);
    }
}

void VectorCase::fill32(std::int64_t address, bool positive) {
    for (std::int64_t r = 0; r < problem_.rows * problem_.taps; ++r) {
        for (std::int64_t c = 0; c < problem_.columns; ++c) {
            const float value = normal();
            put(memory_, address + r * layout_.pitch + c * 4, positive ? value * value : value);
        }
    }
}

void VectorCase::fill_vector(std::int64_t address) {
    for (std::int64_t c = 0; c < problem_.columns; ++c) put(memory_, address + c * 4, normal());
}

void VectorCase::run() {
    const isa::Program emitted = program();
    isa::check(emitted, "vector program");
    instructions_ = 0;
    for (const auto& stream : emitted.streams) instructions_ += stream.size();
    vector::VectorEngine engine(array_);
    FunctionalSat sat(array_, &engine);
    sat.run(emitted, memory_);
    nonfinite_ = sat.state().nonfinite;
}

float VectorCase::fp16(std::int64_t address, std::int64_t row, std::int64_t column) const {
    return numerics::to_float(Fp16{half(address, layout_.pitch, row, column)});
}

std::uint16_t VectorCase::half(std::int64_t address, std::int64_t pitch, std::int64_t row,
                               std::int64_t column) const {
    return get<std::uint16_t>(memory_, address + row * pitch + column * 2);
}

int VectorCase::nibble(std::int64_t address, std::int64_t pitch, std::int64_t row,
                       std::int64_t column) const {
    const auto byte = get<std::uint8_t>(memory_, address + row * pitch + column / 2);
    return column % 2 == 0 ? byte & 0xF : byte >> 4;
}

float VectorCase::fp32(std::int64_t address, std::int64_t row, std::int64_t column) const {
    return get<float>(memory_, address + row * layout_.pitch + column * 4);
}

float VectorCase::vector(std::int64_t address, std::int64_t column) const {
    return get<float>(memory_, address + column * 4);
}

}  // namespace satsim::verify
