#include "runtime/onnx/shape_inference.hpp"

#include <onnx/defs/schema.h>

#include <algorithm>
#include <map>

#include "runtime/support/error.hpp"

namespace satsim::importer {
namespace {

class NodeContext : public ::onnx::InferenceContext {
  public:
    NodeContext(const ::onnx::NodeProto& node, std::span<const InferenceInput> inputs)
        : inputs_(inputs), outputs_(static_cast<std::size_t>(node.output_size())) {
        for (const auto& attribute : node.attribute()) attributes_.emplace(attribute.name(), &attribute);
    }

    [[nodiscard]] const ::onnx::AttributeProto* getAttribute(const std::string& name) const override {
        const auto found = attributes_.find(name);
        return found == attributes_.end() ? nullptr : found->second;
    }
    [[nodiscard]] std::size_t getNumInputs() const override { return inputs_.size(); }
    [[nodiscard]] const ::onnx::TypeProto* getInputType(std::size_t i) const override {
        return i < inputs_.size() ? inputs_[i].type : nullptr;
    }
    [[nodiscard]] const ::onnx::TensorProto* getInputData(std::size_t i) const override {
        return i < inputs_.size() ? inputs_[i].data : nullptr;
    }
    [[nodiscard]] std::size_t getNumOutputs() const override { return outputs_.size(); }
    [[nodiscard]] ::onnx::TypeProto* getOutputType(std::size_t i) override {
        if (i >= outputs_.size()) throw std::out_of_range("output that the node does not have");
        return &outputs_[i];
    }
    [[nodiscard]] ::onnx::GraphInferencer* getGraphAttributeInferencer(const std::string&) override {
        throw std::invalid_argument("graphs inside nodes are not read");
    }
    [[nodiscard]] const ::onnx::SparseTensorProto* getInputSparseData(std::size_t) const override {
        return nullptr;
    }
    [[nodiscard]] const ::onnx::TensorShapeProto* getSymbolicInput(std::size_t) const override {
        return nullptr;
    }

    std::vector<::onnx::TypeProto> take() { return std::move(outputs_); }

  private:
    std::span<const InferenceInput> inputs_;
    std::vector<::onnx::TypeProto> outputs_;
    std::map<std::string, const ::onnx::AttributeProto*> attributes_;
};

// ONNX divides by these without looking.
void require_positive(const ::onnx::NodeProto& node, const std::string& where) {
    for (const auto& attribute : node.attribute()) {
        const std::string& name = attribute.name();
        if (name != "strides" && name != "dilations" && name != "kernel_shape" && name != "group" &&
            name != "blocksize")
            continue;
        const auto bad = [](std::int64_t value) { return value < 1 || value > (1 << 20); };
        if (std::any_of(attribute.ints().begin(), attribute.ints().end(), bad) ||
            (attribute.has_i() && bad(attribute.i())))
            throw InputError(where, "", "has " + name + " out of range, expected positive numbers");
    }
}

// ONNX infers no more than the rank of an Einsum. Extents follow from the letters of its equation.
void infer_einsum(const ::onnx::NodeProto& node, std::span<const InferenceInput> inputs,
                  ::onnx::TypeProto& out) {
    std::string equation;
    for (const auto& attribute : node.attribute()) {
        if (attribute.name() == "equation") equation = attribute.s();
    }
    std::erase(equation, ' ');
    const std::size_t arrow = equation.find("->");
    if (arrow == std::string::npos || equation.find('.') != std::string::npos) return;
    std::map<char, std::int64_t> extents;
    std::size_t input = 0;
    int axis = 0;
    for (const char c : equation.substr(0, arrow)) {
        if (c == ',') {
            ++input;
            axis = 0;
            continue;
        }
        if (input >= inputs.size() || axis >= inputs[input].type->tensor_type().shape().dim_size()) return;
        extents[c] = inputs[input].type->tensor_type().shape().dim(axis++).dim_value();
    }
    auto* shape = out.mutable_tensor_type()->mutable_shape();
    shape->clear_dim();
    for (const char c : equation.substr(arrow + 2)) shape->add_dim()->set_dim_value(extents[c]);
}

std::string first_line(std::string text) {
    for (char& c : text) {
        if (c == '\n' || c == '\r') c = ' ';
    }
    return text.substr(0, 300);
}

}  // namespace

std::vector<::onnx::TypeProto> infer_types(const ::onnx::NodeProto& node, int opset,
                                           std::span<const InferenceInput> inputs, const std::string& where) {
    const ::onnx::OpSchema* schema =
        ::onnx::OpSchemaRegistry::Instance()->GetSchema(node.op_type(), opset, "");
    if (schema == nullptr) {
        throw InputError(where, "",
                         "is no operator of opset " + std::to_string(opset) +
                             ": export without custom operators, or replace it by standard ones");
    }
    require_positive(node, where);
    NodeContext context(node, inputs);
    try {
        schema->Verify(node);  // numbers of inputs and outputs, kinds of attributes
        if (schema->has_type_and_shape_inference_function())
            schema->GetTypeAndShapeInferenceFunction()(context);
    } catch (const std::exception& error) {
        throw InputError(where, "", "does not fit its inputs: " + first_line(error.what()));
    }
    std::vector<::onnx::TypeProto> types = context.take();
    const bool typed = std::all_of(inputs.begin(), inputs.end(), [](const InferenceInput& input) {
        return input.type != nullptr && input.type->has_tensor_type();
    });
    if (node.op_type() == "Einsum" && typed && !types.empty()) infer_einsum(node, inputs, types[0]);
    return types;
}

}  // namespace satsim::importer
