// CUDA's runtime with errors as exceptions, and memory that frees itself.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "runtime/support/error.hpp"

namespace satsim::gpu {

inline void check(int code, const char* what) {
    if (code != cudaSuccess) {
        (void)cudaGetLastError();  // not the next call's fault
        throw InputError(
            "GPU", "", std::string(what) + " failed: " + cudaGetErrorString(static_cast<cudaError_t>(code)));
    }
}

// After something failed: takes the error off, so that it is not the next call's fault. Throws what is no
// InputError where the device serves this process no more, as after an illegal address.
inline void require_context() {
    (void)cudaGetLastError();
    const cudaError_t error = cudaDeviceSynchronize();
    if (error != cudaSuccess)
        throw std::runtime_error(std::string("the GPU serves this process no more: ") +
                                 cudaGetErrorString(error));
}

class DeviceBuffer {
  public:
    DeviceBuffer() = default;
    explicit DeviceBuffer(std::size_t bytes) : bytes_(bytes) {
        if (bytes > 0) check(cudaMalloc(&data_, bytes), "allocation of device memory");
    }
    DeviceBuffer(DeviceBuffer&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    ~DeviceBuffer() {
        if (data_ != nullptr) (void)cudaFree(data_);
    }
    [[nodiscard]] void* data() const { return data_; }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

  private:
    void* data_ = nullptr;
    std::size_t bytes_ = 0;
};

class OwnedStream {
  public:
    OwnedStream() {
        check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "creation of a stream");
    }
    OwnedStream(const OwnedStream&) = delete;
    OwnedStream& operator=(const OwnedStream&) = delete;
    ~OwnedStream() { (void)cudaStreamDestroy(stream_); }
    [[nodiscard]] cudaStream_t get() const { return stream_; }
    void wait() const { check(cudaStreamSynchronize(stream_), "a kernel"); }

  private:
    cudaStream_t stream_ = nullptr;
};

class OwnedEvent {
  public:
    OwnedEvent() { check(cudaEventCreate(&event_), "creation of an event"); }
    OwnedEvent(const OwnedEvent&) = delete;
    OwnedEvent& operator=(const OwnedEvent&) = delete;
    ~OwnedEvent() { (void)cudaEventDestroy(event_); }
    [[nodiscard]] cudaEvent_t get() const { return event_; }

  private:
    cudaEvent_t event_ = nullptr;
};

// Waits for the second.
[[nodiscard]] inline double seconds_between(const OwnedEvent& begin, const OwnedEvent& end) {
    check(cudaEventSynchronize(end.get()), "a kernel");
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, begin.get(), end.get()), "reading an event");
    return static_cast<double>(milliseconds) * 1e-3;
}

}  // namespace satsim::gpu
