#include "runtime/gpu/device/dnn_graph.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "runtime/support/error.hpp"

namespace satsim::gpu {
namespace {

constexpr std::int64_t kAlignment = 16;   // bytes, of every tensor: what a thread loads at once
constexpr std::int64_t kMostEngines = 4;  // tried of a list

}  // namespace

DnnBackend::DnnBackend() {
    file.get("cudnnGetVersion", version);
    file.get("cudnnGetErrorString", error_name);
    file.get("cudnnGetLastErrorString", last_error);
    file.get("cudnnCreate", create);
    file.get("cudnnDestroy", destroy);
    file.get("cudnnSetStream", set_stream);
    file.get("cudnnBackendCreateDescriptor", create_description);
    file.get("cudnnBackendDestroyDescriptor", destroy_description);
    file.get("cudnnBackendFinalize", finalize);
    file.get("cudnnBackendSetAttribute", set);
    file.get("cudnnBackendGetAttribute", get);
    file.get("cudnnBackendExecute", execute);
}

std::string DnnBackend::reason() const {
    std::array<char, 4096> text{};
    last_error(text.data(), text.size());
    text.back() = '\0';
    // Refusals are a trace of many lines, the innermost first.
    const std::string trace(text.data());
    constexpr std::string_view kMark = "Reason: ";
    const std::size_t mark = trace.find(kMark);
    const std::size_t begin = mark == std::string::npos ? 0 : mark + kMark.size();
    const std::string innermost = trace.substr(begin, trace.find('\n', begin) - begin);
    return innermost.empty() ? "" : " (" + innermost + ")";
}

void DnnBackend::require(cudnnStatus_t status, const std::string& what) const {
    if (status == CUDNN_STATUS_SUCCESS) return;
    throw InputError("", "", "cuDNN: " + what + " failed, " + error_name(status) + reason());
}

Description::Description(const DnnBackend& backend, cudnnBackendDescriptorType_t type) : backend_(&backend) {
    backend.require(backend.create_description(type, &handle_), "a description");
}
Description::Description(Description&& other) noexcept
    : backend_(other.backend_), handle_(std::exchange(other.handle_, nullptr)) {}
Description& Description::operator=(Description&& other) noexcept {
    std::swap(backend_, other.backend_);
    std::swap(handle_, other.handle_);
    return *this;
}
Description::~Description() {
    if (handle_ != nullptr) (void)backend_->destroy_description(handle_);
}

void Description::set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, const void* values,
                      std::int64_t count) {
    backend_->require(backend_->set(handle_, name, type, count, values),
                      "attribute " + std::to_string(static_cast<int>(name)));
}
void Description::set(cudnnBackendAttributeName_t name, const Description& value) {
    const cudnnBackendDescriptor_t handle = value.get();
    set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, static_cast<const void*>(&handle));
}
void Description::finalize(const char* what) {
    backend_->require(backend_->finalize(handle_), what);
}
std::int64_t Description::number(cudnnBackendAttributeName_t name) const {
    std::int64_t value = 0;
    std::int64_t count = 0;
    backend_->require(backend_->get(handle_, name, CUDNN_TYPE_INT64, 1, &count, &value),
                      "reading attribute " + std::to_string(static_cast<int>(name)));
    return value;
}

TensorLayout TensorLayout::packed(const std::array<std::int64_t, 4>& sizes) {
    return {sizes, {sizes[1] * sizes[2] * sizes[3], sizes[2] * sizes[3], sizes[3], 1}};
}
TensorLayout TensorLayout::transposed() const {
    return {{sizes[0], sizes[1], sizes[3], sizes[2]}, {strides[0], strides[1], strides[3], strides[2]}};
}

Description device_properties(const DnnBackend& backend, const std::string& json) {
    Description properties(backend, CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
    properties.set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, json.data(),
                   static_cast<std::int64_t>(json.size()));
    properties.finalize("a device's properties");
    return properties;
}

Description& OperationGraph::add(cudnnBackendDescriptorType_t type) {
    return descriptions_.emplace_back(backend_, type);
}
void OperationGraph::add_operation(Description& operation) {
    operation.finalize("an operation");
    operations_.push_back(operation.get());
}

GraphTensor OperationGraph::add_tensor(std::int64_t id, const TensorLayout& layout, cudnnDataType_t type,
                                       cudnnBackendAttributeName_t kind) {
    Description& tensor = add(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    tensor.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, id);
    tensor.set(CUDNN_ATTR_TENSOR_DATA_TYPE, type);
    tensor.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, kAlignment);
    tensor.set(CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, layout.sizes.data(), 4);
    tensor.set(CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, layout.strides.data(), 4);
    if (kind != CUDNN_ATTR_TENSOR_UNIQUE_ID) tensor.set(kind, true);
    tensor.finalize("a tensor");
    return {&tensor, layout};
}
GraphTensor OperationGraph::in_memory(std::int64_t id, const TensorLayout& layout, cudnnDataType_t type) {
    return add_tensor(id, layout, type, CUDNN_ATTR_TENSOR_UNIQUE_ID);
}
GraphTensor OperationGraph::between(const TensorLayout& layout, cudnnDataType_t type) {
    return add_tensor(next_id_++, layout, type, CUDNN_ATTR_TENSOR_IS_VIRTUAL);
}
GraphTensor OperationGraph::constant(float value) {
    constants_.push_back({next_id_, value});
    return add_tensor(next_id_++, TensorLayout::packed({1, 1, 1, 1}), CUDNN_DATA_FLOAT,
                      CUDNN_ATTR_TENSOR_IS_BY_VALUE);
}

GraphTensor OperationGraph::pointwise(const Pointwise& operation, std::initializer_list<GraphTensor> inputs) {
    const GraphTensor result = between(inputs.begin()->layout, operation.out);
    pointwise(operation, inputs, result);
    return result;
}
void OperationGraph::pointwise(const Pointwise& operation, std::initializer_list<GraphTensor> inputs,
                               const GraphTensor& result) {
    constexpr std::array kInputs{CUDNN_ATTR_OPERATION_POINTWISE_XDESC, CUDNN_ATTR_OPERATION_POINTWISE_BDESC,
                                 CUDNN_ATTR_OPERATION_POINTWISE_TDESC};
    Description& kind = add(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
    kind.set(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, &operation.mode);
    kind.set(CUDNN_ATTR_POINTWISE_MATH_PREC, operation.math);
    if (operation.axis >= 0) kind.set(CUDNN_ATTR_POINTWISE_AXIS, operation.axis);
    kind.finalize("an element-wise operation");
    Description& node = add(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
    node.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, kind);
    std::size_t place = 0;
    for (const GraphTensor& input : inputs) node.set(kInputs.at(place++), *input.description);
    node.set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, *result.description);
    add_operation(node);
}

void OperationGraph::multiply(const GraphTensor& a, const GraphTensor& b, const GraphTensor& c) {
    Description& kind = add(CUDNN_BACKEND_MATMUL_DESCRIPTOR);
    kind.set(CUDNN_ATTR_MATMUL_COMP_TYPE, CUDNN_DATA_FLOAT);
    kind.finalize("a product");
    Description& node = add(CUDNN_BACKEND_OPERATION_MATMUL_DESCRIPTOR);
    node.set(CUDNN_ATTR_OPERATION_MATMUL_DESC, kind);
    node.set(CUDNN_ATTR_OPERATION_MATMUL_ADESC, *a.description);
    node.set(CUDNN_ATTR_OPERATION_MATMUL_BDESC, *b.description);
    node.set(CUDNN_ATTR_OPERATION_MATMUL_CDESC, *c.description);
    add_operation(node);
}

void OperationGraph::reduce(cudnnReduceTensorOp_t operation, const GraphTensor& from, const GraphTensor& to) {
    Description& kind = add(CUDNN_BACKEND_REDUCTION_DESCRIPTOR);
    kind.set(CUDNN_ATTR_REDUCTION_OPERATOR, CUDNN_TYPE_REDUCTION_OPERATOR_TYPE, &operation);
    kind.set(CUDNN_ATTR_REDUCTION_COMP_TYPE, CUDNN_DATA_FLOAT);
    kind.finalize("a reduction");
    Description& node = add(CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR);
    node.set(CUDNN_ATTR_OPERATION_REDUCTION_DESC, kind);
    node.set(CUDNN_ATTR_OPERATION_REDUCTION_XDESC, *from.description);
    node.set(CUDNN_ATTR_OPERATION_REDUCTION_YDESC, *to.description);
    add_operation(node);
}

void OperationGraph::reshape(const GraphTensor& from, const GraphTensor& to) {
    Description& node = add(CUDNN_BACKEND_OPERATION_RESHAPE_DESCRIPTOR);
    node.set(CUDNN_ATTR_OPERATION_RESHAPE_XDESC, *from.description);
    node.set(CUDNN_ATTR_OPERATION_RESHAPE_YDESC, *to.description);
    add_operation(node);
}

std::vector<Description> OperationGraph::engines(cudnnBackendHeurMode_t mode, const Description& graph,
                                                 const PlanTarget& target) const {
    Description heuristic(backend_, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    heuristic.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
    heuristic.set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, &mode);
    if (target.properties != nullptr) heuristic.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, *target.properties);
    heuristic.finalize("the search for an engine");
    std::int64_t count = 0;
    backend_.require(backend_.get(heuristic.get(), CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                  CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, &count, nullptr),
                     "counting engines");
    count = std::min(count, kMostEngines);
    std::vector<Description> found;
    std::vector<cudnnBackendDescriptor_t> handles;
    for (std::int64_t i = 0; i < count; ++i) {
        found.emplace_back(backend_, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
        handles.push_back(found.back().get());
    }
    backend_.require(backend_.get(heuristic.get(), CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                  CUDNN_TYPE_BACKEND_DESCRIPTOR, count, &count, handles.data()),
                     "reading engines");
    found.erase(found.begin() + count, found.end());
    if (found.empty()) throw InputError("", "", "cuDNN: no engine takes it" + backend_.reason());
    return found;
}

std::optional<Description> OperationGraph::first_plan(cudnnBackendHeurMode_t mode, const Description& graph,
                                                      const PlanTarget& target, std::string& reasons) {
    const auto note = [&reasons](const InputError& error) {
        const std::string reason = error.what();
        if (reasons.find(reason) == std::string::npos) reasons += (reasons.empty() ? "" : "; ") + reason;
    };
    std::vector<Description> list;
    try {
        list = engines(mode, graph, target);
    } catch (const InputError& error) {
        note(error);
    }
    for (Description& engine : list) {
        try {
            Description plan(backend_, CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
            if (target.handle != nullptr) plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, target.handle);
            if (target.properties != nullptr)
                plan.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, *target.properties);
            plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, engine);
            plan.finalize("a plan");
            descriptions_.push_back(std::move(engine));
            return plan;
        } catch (const InputError& error) {
            note(error);
        }
    }
    return std::nullopt;
}

Description OperationGraph::compile(const PlanTarget& target) {
    Description& graph = add(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    if (target.handle != nullptr) graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, target.handle);
    graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, operations_.data(),
              static_cast<std::int64_t>(operations_.size()));
    graph.finalize("the graph");
    std::string reasons;
    for (const cudnnBackendHeurMode_t mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
        std::optional<Description> plan = first_plan(mode, graph, target, reasons);
        if (plan) return std::move(*plan);
    }
    throw InputError("", "", reasons);
}

}  // namespace satsim::gpu
