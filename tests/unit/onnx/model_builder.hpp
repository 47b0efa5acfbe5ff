// Small ONNX models for tests, built in memory.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

namespace satsim::importer {

class ModelBuilder {
  public:
    explicit ModelBuilder(const std::vector<std::int64_t>& input) {
        model_.set_ir_version(8);
        model_.add_opset_import()->set_version(13);
        graph().set_name("test");
        auto* x = graph().add_input();
        x->set_name("x");
        x->mutable_type()->mutable_tensor_type()->set_elem_type(::onnx::TensorProto::FLOAT);
        for (const std::int64_t extent : input)
            x->mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(extent);
    }

    // An initializer without data.
    ::onnx::TensorProto& tensor(const std::string& name, const std::vector<std::int64_t>& dims,
                                int type = ::onnx::TensorProto::FLOAT) {
        auto* made = graph().add_initializer();
        made->set_name(name);
        made->set_data_type(type);
        for (const std::int64_t extent : dims) made->add_dims(extent);
        return *made;
    }
    // Of the values 0, 1, 2 ... in float_data.
    std::string counting(const std::string& name, const std::vector<std::int64_t>& dims) {
        auto& made = tensor(name, dims);
        const std::int64_t count =
            std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>());
        for (std::int64_t i = 0; i < count; ++i) made.add_float_data(static_cast<float>(i));
        return name;
    }
    std::string integers(const std::string& name, const std::vector<std::int64_t>& values) {
        auto& made = tensor(name, {static_cast<std::int64_t>(values.size())}, ::onnx::TensorProto::INT64);
        for (const std::int64_t value : values) made.add_int64_data(value);
        return name;
    }
    // A node that makes the value `output`, by which it is named too.
    ::onnx::NodeProto& node(const std::string& op, const std::vector<std::string>& inputs,
                            const std::string& output) {
        auto* made = graph().add_node();
        made->set_op_type(op);
        made->set_name(output);
        for (const std::string& input : inputs) made->add_input(input);
        made->add_output(output);
        return *made;
    }
    static void set(::onnx::NodeProto& node, const std::string& name,
                    const std::vector<std::int64_t>& values) {
        auto* attribute = node.add_attribute();
        attribute->set_name(name);
        attribute->set_type(::onnx::AttributeProto::INTS);
        for (const std::int64_t value : values) attribute->add_ints(value);
    }
    static void set(::onnx::NodeProto& node, const std::string& name, std::int64_t value) {
        auto* attribute = node.add_attribute();
        attribute->set_name(name);
        attribute->set_type(::onnx::AttributeProto::INT);
        attribute->set_i(value);
    }
    static void set(::onnx::NodeProto& node, const std::string& name, float value) {
        auto* attribute = node.add_attribute();
        attribute->set_name(name);
        attribute->set_type(::onnx::AttributeProto::FLOAT);
        attribute->set_f(value);
    }

    [[nodiscard]] std::vector<std::uint8_t> bytes(const std::string& output) {
        graph().clear_output();
        auto* y = graph().add_output();
        y->set_name(output);
        y->mutable_type()->mutable_tensor_type()->set_elem_type(::onnx::TensorProto::FLOAT);
        const std::string text = model_.SerializeAsString();
        return {text.begin(), text.end()};
    }

  private:
    ::onnx::GraphProto& graph() { return *model_.mutable_graph(); }
    ::onnx::ModelProto model_;
};

}  // namespace satsim::importer
