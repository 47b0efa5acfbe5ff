// An ONNX graph for one sample: every value with its shape, constants folded, what nobody needs left out.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/onnx/batch_axis.hpp"
#include "runtime/onnx/constant.hpp"
#include "runtime/onnx/model_file.hpp"

namespace satsim::importer {

struct Value {
    std::string name;
    ::onnx::TypeProto type;
    Dims dims;
    bool known = false;                         // dims are
    bool constant = false;                      // the same for every input
    std::optional<Constant> number;             // of small constants
    std::optional<::onnx::TensorProto> tensor;  // the same, as shape inference takes it
    std::optional<BatchAxis> batch;             // until it is taken out
    std::set<int> trained;     // initializers that a constant is made of: what training changes
    int producer = -1;         // node
    int initializer = -1;      // its number in the file, where it is one
    std::vector<int> readers;  // nodes, one entry a use
    bool is_output = false;
    [[nodiscard]] bool is_integer() const;
};

struct Node {
    const ::onnx::NodeProto* proto = nullptr;
    std::string op;           // operator, or what a pattern was recognised as
    std::vector<int> inputs;  // values; -1: absent
    std::vector<int> outputs;
    bool skipped = false;  // part of a pattern, constant, or needed by no output
    std::string function;  // of op "Element": name of the element-wise function
    int bias = -1;         // of MatMul, Einsum and Conv: the constant that an Add after it adds
    Dims axes;             // of op "LayerNormalization": what it normalises over
};

// At most 100 characters of printable ASCII, for messages.
[[nodiscard]] std::string printable(const std::string& text);

class Graph {
  public:
    // Throws InputError naming `file` and the node for everything that is not an acyclic graph of standard
    // operators with shapes that can be inferred. `sizes`: extents for the input's axes after the first,
    // where the file leaves them open.
    Graph(const Model& model, const std::string& file, const Dims& sizes);

    std::vector<Value> values;
    std::vector<Node> nodes;  // in the order of the file, which is an order of execution
    int input = -1;
    std::vector<int> outputs;
    std::int64_t batch = 0;  // that the file was exported for; 0: any

    [[nodiscard]] const Value& value(int index) const { return values[static_cast<std::size_t>(index)]; }
    [[nodiscard]] const std::string& file() const { return file_; }
    // "net.onnx: node /conv1/Conv (Conv)"
    [[nodiscard]] std::string where(const Node& node) const;
    // Integer, floating-point and text attributes.
    [[nodiscard]] static const ::onnx::AttributeProto* attribute(const Node& node, const char* name);
    [[nodiscard]] static std::int64_t integer(const Node& node, const char* name, std::int64_t otherwise);
    [[nodiscard]] static Dims integers(const Node& node, const char* name);
    [[nodiscard]] static std::string text(const Node& node, const char* name, const char* otherwise);
    // Values of a constant input; nullptr when it is absent, no constant or too large.
    [[nodiscard]] const Constant* number(const Node& node, std::size_t input_number) const;
    // The one node that reads a value which is no output; -1 otherwise.
    [[nodiscard]] int only_reader(int value_index) const;
    // Recomputes readers from the nodes that are not skipped.
    void connect();

  private:
    int value_named(const std::string& name);
    void read_initializers(const ::onnx::GraphProto& graph);
    void read_input(const ::onnx::GraphProto& graph, const Dims& sizes);
    void add_node(const ::onnx::NodeProto& proto, int opset);
    void read_constant_node(const Node& node);
    void infer(Node& node, int opset);
    void take_out_batch();
    void set_constant(Value& value, const Constant& constant);
    void keep_needed();

    std::string file_;
    std::map<std::string, int> names_;
};

}  // namespace satsim::importer
