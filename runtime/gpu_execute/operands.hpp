// Operands of one task in the device's memory, which is taken back when the task is done.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/gpu_execute/executor.hpp"

namespace satsim::execute {

using Halves = std::vector<std::uint16_t>;  // FP16 bits

// Values that are FP16's already; others are rounded.
[[nodiscard]] Halves as_halves(std::span<const double> values);
void from_halves(std::span<const std::uint16_t> halves, double* to);

[[nodiscard]] inline std::size_t size_of(std::int64_t elements) {
    return static_cast<std::size_t>(elements);
}

class Operands {
  public:
    explicit Operands(gpu::Executor& device) : device_(device) {}
    Operands(const Operands&) = delete;
    Operands& operator=(const Operands&) = delete;
    ~Operands() { device_.release(); }

    // Copies of the host's.
    template <typename T>
    [[nodiscard]] T* put(const std::vector<T>& values) {
        T* to = room<T>(values.size());
        device_.put(to, values.data(), values.size() * sizeof(T));
        return to;
    }
    [[nodiscard]] std::uint16_t* halves(std::span<const double> values) { return put(as_halves(values)); }
    [[nodiscard]] float* floats(std::span<const double> values) {
        return put(std::vector<float>(values.begin(), values.end()));
    }
    // Memory for `count` values that a kernel writes.
    template <typename T>
    [[nodiscard]] T* room(std::size_t count) {
        return static_cast<T*>(device_.reserve(count * sizeof(T)));
    }

    template <typename T>
    [[nodiscard]] std::vector<T> get(const T* from, std::size_t count) {
        std::vector<T> values(count);
        device_.get(values.data(), from, count * sizeof(T));
        return values;
    }
    void read(const std::uint16_t* from, std::span<double> to) {
        from_halves(get(from, to.size()), to.data());
    }
    void read(const float* from, std::span<double> to) {
        const std::vector<float> values = get(from, to.size());
        std::copy(values.begin(), values.end(), to.begin());
    }

  private:
    gpu::Executor& device_;
};

}  // namespace satsim::execute
