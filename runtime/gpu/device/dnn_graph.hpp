// cuDNN's graph interface, opened at run time: operations on tensors described one by one, compiled into one
// plan. Needs cuDNN's headers; what is built from it has a substitute where they are missing.
#pragma once

#include <cudnn.h>

#include <array>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "runtime/gpu/device/dynamic_library.hpp"

namespace satsim::gpu {

// The library's functions that graphs need. None of them needs a device but `create` and `execute`.
struct DnnBackend {
    DynamicLibrary file{"libcudnn.so.9", "libcudnn.so"};
    decltype(&cudnnGetVersion) version = nullptr;
    decltype(&cudnnGetErrorString) error_name = nullptr;
    decltype(&cudnnGetLastErrorString) last_error = nullptr;
    decltype(&cudnnCreate) create = nullptr;
    decltype(&cudnnDestroy) destroy = nullptr;
    decltype(&cudnnSetStream) set_stream = nullptr;
    decltype(&cudnnBackendCreateDescriptor) create_description = nullptr;
    decltype(&cudnnBackendDestroyDescriptor) destroy_description = nullptr;
    decltype(&cudnnBackendFinalize) finalize = nullptr;
    decltype(&cudnnBackendSetAttribute) set = nullptr;
    decltype(&cudnnBackendGetAttribute) get = nullptr;
    decltype(&cudnnBackendExecute) execute = nullptr;

    DnnBackend();
    // " (why the last call refused, in the library's words)", or nothing.
    [[nodiscard]] std::string reason() const;
    // Throws InputError with the reason.
    void require(cudnnStatus_t status, const std::string& what) const;
};

// What the library calls a descriptor: made, given attributes, finalised, destroyed with its owner.
class Description {
  public:
    Description(const DnnBackend& backend, cudnnBackendDescriptorType_t type);
    Description(Description&& other) noexcept;
    Description& operator=(Description&& other) noexcept;
    ~Description();

    [[nodiscard]] cudnnBackendDescriptor_t get() const { return handle_; }
    void set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, const void* values,
             std::int64_t count = 1);
    void set(cudnnBackendAttributeName_t name, std::int64_t value) { set(name, CUDNN_TYPE_INT64, &value); }
    void set(cudnnBackendAttributeName_t name, bool value) { set(name, CUDNN_TYPE_BOOLEAN, &value); }
    void set(cudnnBackendAttributeName_t name, cudnnDataType_t value) {
        set(name, CUDNN_TYPE_DATA_TYPE, &value);
    }
    void set(cudnnBackendAttributeName_t name, cudnnHandle_t value) { set(name, CUDNN_TYPE_HANDLE, &value); }
    void set(cudnnBackendAttributeName_t name, const Description& value);
    // Throws InputError with the library's reason.
    void finalize(const char* what);
    [[nodiscard]] std::int64_t number(cudnnBackendAttributeName_t name) const;

  private:
    const DnnBackend* backend_;
    cudnnBackendDescriptor_t handle_ = nullptr;
};

// Sizes and strides in elements: batch, heads, rows, columns.
struct TensorLayout {
    std::array<std::int64_t, 4> sizes;
    std::array<std::int64_t, 4> strides;
    [[nodiscard]] static TensorLayout packed(const std::array<std::int64_t, 4>& sizes);
    [[nodiscard]] TensorLayout transposed() const;  // rows and columns
};

struct GraphTensor {
    const Description* description;  // the graph's
    TensorLayout layout;
};

struct Pointwise {
    cudnnPointwiseMode_t mode;
    cudnnDataType_t math = CUDNN_DATA_FLOAT;
    cudnnDataType_t out = CUDNN_DATA_FLOAT;
    std::int64_t axis = -1;  // of an index
};

// What is compiled for: this process's device, by its handle, or a device that is elsewhere, by its
// properties.
struct PlanTarget {
    cudnnHandle_t handle = nullptr;
    const Description* properties = nullptr;
};

// A device's properties as the library writes them, in JSON.
[[nodiscard]] Description device_properties(const DnnBackend& backend, const std::string& json);

class OperationGraph {
  public:
    explicit OperationGraph(const DnnBackend& backend) : backend_(backend) {}

    // In memory, found by `id` (from 1, below 1000) when the plan runs.
    [[nodiscard]] GraphTensor in_memory(std::int64_t id, const TensorLayout& layout, cudnnDataType_t type);
    // Between operations: never in memory.
    [[nodiscard]] GraphTensor between(const TensorLayout& layout, cudnnDataType_t type = CUDNN_DATA_FLOAT);
    // Handed over by its value when the plan runs.
    [[nodiscard]] GraphTensor constant(float value);

    [[nodiscard]] GraphTensor pointwise(const Pointwise& operation,
                                        std::initializer_list<GraphTensor> inputs);
    void pointwise(const Pointwise& operation, std::initializer_list<GraphTensor> inputs,
                   const GraphTensor& result);
    void multiply(const GraphTensor& a, const GraphTensor& b, const GraphTensor& c);
    void reduce(cudnnReduceTensorOp_t operation, const GraphTensor& from, const GraphTensor& to);
    void reshape(const GraphTensor& from, const GraphTensor& to);

    struct Constant {
        std::int64_t id;
        float value;
    };
    [[nodiscard]] const std::deque<Constant>& constants() const { return constants_; }

    // The plan of the first engine that takes the graph, of the first few that the library's heuristic names,
    // then of the first few that it falls back to. Throws InputError with the reasons where none does.
    [[nodiscard]] Description compile(const PlanTarget& target);

  private:
    [[nodiscard]] GraphTensor add_tensor(std::int64_t id, const TensorLayout& layout, cudnnDataType_t type,
                                         cudnnBackendAttributeName_t kind);
    Description& add(cudnnBackendDescriptorType_t type);
    void add_operation(Description& operation);
    [[nodiscard]] std::vector<Description> engines(cudnnBackendHeurMode_t mode, const Description& graph,
                                                   const PlanTarget& target) const;
    // Adds to `reasons` why engines refuse.
    [[nodiscard]] std::optional<Description> first_plan(cudnnBackendHeurMode_t mode, const Description& graph,
                                                        const PlanTarget& target, std::string& reasons);

    const DnnBackend& backend_;
    // The graph, the engines and the plan may refer to them as long as they live.
    std::deque<Description> descriptions_;
    std::vector<cudnnBackendDescriptor_t> operations_;
    std::deque<Constant> constants_;
    std::int64_t next_id_ = 1000;
};

}  // namespace satsim::gpu
