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
    using schedule::VectorKernel;
    const bool wide = problem.kernel == VectorKernel::Sgd || problem.kernel == VectorKernel::Adam ||
                      problem.kernel == VectorKernel::AdamW;
    for (std::size_t i = 0; i < layout_.inputs.size(); ++i) {
        if (wide) {
            fill32(layout_.inputs[i], i == 3);  // Adam's second moment
        } else {
            fill16(layout_.inputs[i]);
        }
    }
    for (const std::int64_t address : layout_.vectors_in) fill_vector(address);
    if (problem.kernel == VectorKernel::ZeroFill) fill16(layout_.outputs[0]);
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
    FunctionalSat(array_, &engine).run(emitted, memory_);
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
