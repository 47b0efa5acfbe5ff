#include "runtime/onnx/graph.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/onnx/shape_inference.hpp"
#include "runtime/support/error.hpp"

namespace satsim::importer {
namespace {

using ::onnx::TensorProto;

constexpr int kMostNodes = 100000;

void set_dims(::onnx::TypeProto& type, const Dims& dims) {
    auto* shape = type.mutable_tensor_type()->mutable_shape();
    shape->clear_dim();
    for (const std::int64_t extent : dims) shape->add_dim()->set_dim_value(extent);
}

std::optional<Dims> dims_of(const ::onnx::TypeProto& type) {
    if (!type.has_tensor_type() || !type.tensor_type().has_shape()) return std::nullopt;
    Dims dims;
    for (const auto& dim : type.tensor_type().shape().dim()) {
        if (!dim.has_dim_value()) return std::nullopt;
        dims.push_back(dim.dim_value());
    }
    return element_count(dims) ? std::optional(dims) : std::nullopt;
}

}  // namespace

std::string printable(const std::string& text) {
    std::string shown;
    for (const char c : text.substr(0, 100)) shown.push_back(c >= ' ' && c < 127 ? c : '?');
    return shown;
}

bool Value::is_integer() const {
    const int element = type.tensor_type().elem_type();
    return element == TensorProto::INT64 || element == TensorProto::INT32;
}

std::string Graph::where(const Node& node) const {
    const std::string& name = node.proto->name();
    return fmt::format(
        "{}: node {} ({})", file_,
        printable(name.empty() && node.proto->output_size() > 0 ? node.proto->output(0) : name),
        printable(node.proto->op_type()));
}

const ::onnx::AttributeProto* Graph::attribute(const Node& node, const char* name) {
    for (const auto& attribute : node.proto->attribute()) {
        if (attribute.name() == name) return &attribute;
    }
    return nullptr;
}

std::int64_t Graph::integer(const Node& node, const char* name, std::int64_t otherwise) {
    const auto* found = attribute(node, name);
    return found != nullptr && found->has_i() ? found->i() : otherwise;
}

Dims Graph::integers(const Node& node, const char* name) {
    const auto* found = attribute(node, name);
    return found == nullptr ? Dims{} : Dims(found->ints().begin(), found->ints().end());
}

std::string Graph::text(const Node& node, const char* name, const char* otherwise) {
    const auto* found = attribute(node, name);
    return found != nullptr && found->has_s() ? found->s() : otherwise;
}

const Constant* Graph::number(const Node& node, std::size_t input_number) const {
    if (input_number >= node.inputs.size() || node.inputs[input_number] < 0) return nullptr;
    const Value& found = value(node.inputs[input_number]);
    return found.number ? &*found.number : nullptr;
}

int Graph::only_reader(int value_index) const {
    const Value& found = value(value_index);
    return found.readers.size() == 1 && !found.is_output ? found.readers.front() : -1;
}

int Graph::value_named(const std::string& name) {
    const auto [at, added] = names_.emplace(name, static_cast<int>(values.size()));
    if (added) {
        values.emplace_back();
        values.back().name = name;
    }
    return at->second;
}

void Graph::set_constant(Value& target, const Constant& constant) {
    target.constant = true;
    target.known = true;
    target.dims = constant.dims;
    target.type.mutable_tensor_type()->set_elem_type(constant.type);
    set_dims(target.type, constant.dims);
    target.number = constant;
    target.tensor = to_tensor(constant);
}

void Graph::read_initializers(const ::onnx::GraphProto& graph) {
    if (graph.sparse_initializer_size() > 0)
        throw InputError(file_, "", "has sparse initializers, expected dense ones");
    int count = 0;
    for (const TensorProto& tensor : graph.initializer()) {
        const int index = value_named(tensor.name());
        Value& target = values[static_cast<std::size_t>(index)];
        if (tensor.name().empty() || target.known)
            throw InputError(file_, "", "names an initializer twice: " + printable(tensor.name()));
        target.dims.assign(tensor.dims().begin(), tensor.dims().end());
        if (!element_count(target.dims))
            throw InputError(file_, "", "has an initializer of impossible size: " + printable(tensor.name()));
        target.known = target.constant = true;
        target.initializer = count++;
        target.type.mutable_tensor_type()->set_elem_type(tensor.data_type());
        set_dims(target.type, target.dims);
        if (const std::optional<Constant> number = read_constant(tensor)) {
            const auto type = target.type;
            set_constant(target, *number);
            target.type = type;
        }
        if (!target.is_integer() && tensor.data_type() != TensorProto::BOOL) target.trained.insert(index);
    }
}

void Graph::read_input(const ::onnx::GraphProto& graph, const Dims& sizes) {
    for (const auto& given : graph.input()) {
        const auto found = names_.find(given.name());
        if (found != names_.end() && value(found->second).constant) continue;  // an initializer's type
        if (input >= 0) {
            throw InputError(file_, "",
                             fmt::format("has the inputs {} and {}, expected one: export the part that reads "
                                         "images or tokens",
                                         printable(value(input).name), printable(given.name())));
        }
        input = value_named(given.name());
        Value& target = values[static_cast<std::size_t>(input)];
        target.type = given.type();
        const auto& dims = given.type().tensor_type().shape().dim();
        if (!given.type().has_tensor_type() || dims.size() < 2 || dims.size() > 4)
            throw InputError(file_, "", "has an input that is no batch of images, sequences or vectors");
        if (!sizes.empty() && static_cast<std::size_t>(dims.size()) != sizes.size() + 1)
            throw InputError(
                "--input-shape", "",
                fmt::format("{} sizes, expected {}: the model's input has that many axes beside the "
                            "batch",
                            sizes.size(), dims.size() - 1));
        batch = dims[0].has_dim_value() ? dims[0].dim_value() : 0;
        // Shapes are those of the file's batch until it is taken out.
        target.dims = {std::max<std::int64_t>(batch, 1)};
        if (batch > 1) target.batch = BatchAxis{};
        for (int i = 1; i < dims.size(); ++i) {
            std::int64_t extent = dims[i].has_dim_value() ? dims[i].dim_value() : 0;
            if (!sizes.empty()) {
                const std::int64_t given_extent = sizes[static_cast<std::size_t>(i - 1)];
                if (extent >= 1 && extent != given_extent)
                    throw InputError(
                        "--input-shape", "",
                        fmt::format("{} for axis {}, which is {} in the model", given_extent, i, extent));
                extent = given_extent;
            }
            if (extent < 1) {
                throw InputError(
                    file_, "",
                    fmt::format("leaves axis {} of the input {} open, expected --input-shape with "
                                "{} sizes",
                                i, printable(given.name()), dims.size() - 1));
            }
            target.dims.push_back(extent);
        }
        const std::optional<std::int64_t> count = element_count(target.dims);
        if (!count || *count / target.dims[0] > (std::int64_t{1} << 32) || batch < 0 || batch > (1 << 20))
            throw InputError(file_, "", "has an input of impossible size");
        set_dims(target.type, target.dims);
        target.known = true;
    }
    if (input < 0)
        throw InputError(file_, "", "has no input, expected a batch of images, sequences or vectors");
}

void Graph::read_constant_node(const Node& node) {
    const auto* given = attribute(node, "value");
    Constant constant;
    std::optional<Constant> number;
    Value& target = values[static_cast<std::size_t>(node.outputs.front())];
    if (given != nullptr) {
        number = read_constant(given->t());
        constant.dims.assign(given->t().dims().begin(), given->t().dims().end());
        constant.type = given->t().data_type();
    } else if (const auto* ints = attribute(node, "value_ints")) {
        number =
            Constant{{ints->ints_size()}, TensorProto::INT64, {ints->ints().begin(), ints->ints().end()}};
    } else if (const auto* floats = attribute(node, "value_floats")) {
        number = Constant{{floats->floats_size()}, TensorProto::FLOAT, {}};
        for (const float x : floats->floats()) number->values.push_back(static_cast<double>(x));
    } else if (const auto* one = attribute(node, "value_int")) {
        number = Constant{{}, TensorProto::INT64, {static_cast<double>(one->i())}};
    } else if (const auto* real = attribute(node, "value_float")) {
        number = Constant{{}, TensorProto::FLOAT, {static_cast<double>(real->f())}};
    } else {
        throw InputError(where(node), "", "holds no numbers, expected a tensor");
    }
    if (number && number->values.size() <= static_cast<std::size_t>(kMostValues)) {
        set_constant(target, *number);
        return;
    }
    if (number) constant = *number;
    if (!element_count(constant.dims)) throw InputError(where(node), "", "has an impossible size");
    target.known = target.constant = true;
    target.dims = constant.dims;
    target.type.mutable_tensor_type()->set_elem_type(constant.type);
    set_dims(target.type, constant.dims);
}

void Graph::infer(Node& node, int opset) {
    std::vector<InferenceInput> inputs;
    std::vector<const Constant*> numbers;
    bool all_constant = true;
    bool all_numbers = true;
    std::set<int> trained;
    for (const int index : node.inputs) {
        if (index < 0) {
            inputs.emplace_back();
            numbers.push_back(nullptr);
            continue;
        }
        const Value& from = value(index);
        if (!from.known) return;  // neither is what is made of it; an error only where somebody needs it
        inputs.push_back({&from.type, from.tensor ? &*from.tensor : nullptr});
        numbers.push_back(from.number ? &*from.number : nullptr);
        all_constant = all_constant && from.constant;
        all_numbers = all_numbers && from.number.has_value();
        trained.insert(from.trained.begin(), from.trained.end());
    }
    const std::vector<::onnx::TypeProto> types = infer_types(*node.proto, opset, inputs, where(node));
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
        if (node.outputs[i] < 0) continue;
        Value& to = values[static_cast<std::size_t>(node.outputs[i])];
        const std::optional<Dims> dims = dims_of(types[i]);
        if (!dims) continue;  // an error only where somebody needs it
        to.type = types[i];
        to.dims = *dims;
        to.known = true;
        // What a shape is does not depend on the values whose shape it is.
        const bool about_shapes = node.op == "Shape" || node.op == "Size";
        if (batch > 1 && !about_shapes) to.batch = batch_axis_of(*this, node, i);
        if (!all_constant && !about_shapes) continue;
        to.constant = true;
        if (!about_shapes) to.trained = trained;
        // torch.onnx writes equal tensors once and gives the others its value: they are trained apart.
        if (node.op == "Identity" && !trained.empty()) to.trained = {node.outputs[i]};
        const int type = to.type.tensor_type().elem_type();
        if (about_shapes && node.inputs.size() == 1 && value(node.inputs[0]).known) {
            const Dims& of = value(node.inputs[0]).dims;
            Constant shape{*dims, TensorProto::INT64, {of.begin(), of.end()}};
            if (node.op == "Size") shape.values = {static_cast<double>(*element_count(of))};
            if (std::ssize(shape.values) == *element_count(*dims)) set_constant(to, shape);
        } else if (all_numbers) {
            if (const std::optional<Constant> folded = fold(*node.proto, numbers, *dims, type)) {
                const std::set<int> made_of = to.trained;
                set_constant(to, *folded);
                to.trained = made_of;
            }
        }
    }
}

void Graph::add_node(const ::onnx::NodeProto& proto, int opset) {
    Node node;
    node.proto = &proto;
    node.op = proto.op_type();
    if (!proto.domain().empty() && proto.domain() != "ai.onnx") {
        throw InputError(where(node), "",
                         "belongs to the operators of " + printable(proto.domain()) +
                             ", expected standard ONNX operators: export without custom ones");
    }
    for (const std::string& name : proto.input()) {
        const auto found = names_.find(name);
        if (!name.empty() && found == names_.end())
            throw InputError(where(node), "", "reads " + printable(name) + ", which no node before it makes");
        node.inputs.push_back(name.empty() ? -1 : found->second);
    }
    const int index = static_cast<int>(nodes.size());
    for (const std::string& name : proto.output()) {
        if (name.empty()) {
            node.outputs.push_back(-1);
            continue;
        }
        if (names_.contains(name)) throw InputError(where(node), "", "makes " + printable(name) + " twice");
        node.outputs.push_back(value_named(name));
        values.back().producer = index;
    }
    if (node.outputs.empty() || node.outputs.front() < 0)
        throw InputError(where(node), "", "has no output, expected a value that another node reads");
    if (node.op != "Constant" && (node.inputs.empty() || node.inputs.front() < 0))
        throw InputError(where(node), "", "has no first input, expected a tensor");
    if (node.op == "Constant") {
        read_constant_node(node);
    } else {
        infer(node, opset);
    }
    nodes.push_back(std::move(node));
}

void Graph::keep_needed() {
    std::vector<bool> needed(values.size(), false);
    for (const int output : outputs) needed[static_cast<std::size_t>(output)] = true;
    const Node* unknown = nullptr;  // the first in order
    const Node* mixed = nullptr;
    for (std::size_t back = nodes.size(); back-- > 0;) {
        Node& node = nodes[back];
        const bool used = std::any_of(node.outputs.begin(), node.outputs.end(), [&](int output) {
            return output >= 0 && needed[static_cast<std::size_t>(output)] && !value(output).constant;
        });
        node.skipped = !used;
        if (!used) continue;
        for (const int from : node.inputs) {
            if (from >= 0) needed[static_cast<std::size_t>(from)] = true;
        }
        for (const int output : node.outputs) {
            if (output < 0 || !needed[static_cast<std::size_t>(output)] || value(output).constant) continue;
            if (!value(output).known)
                unknown = &node;
            else if (batch > 1 && !value(output).batch)
                mixed = &node;
        }
    }
    if (mixed != nullptr && (unknown == nullptr || mixed < unknown))
        throw InputError(where(*mixed), "",
                         fmt::format("depends on the batch of {} that the model was exported for in a way "
                                     "that no single sample has: export with batch 1, or with dynamic_axes "
                                     "for the batch",
                                     batch));
    if (unknown != nullptr)
        throw InputError(
            where(*unknown), "",
            "has an output whose shape cannot be inferred: export with fixed sizes (dynamic_axes for "
            "the batch only)");
}

// From shapes of the file's batch to those of one sample.
void Graph::take_out_batch() {
    for (Value& each : values) {
        if (!each.batch) continue;
        each.dims[static_cast<std::size_t>(each.batch->axis)] /= batch;
        set_dims(each.type, each.dims);
        each.number.reset();  // of a constant that was repeated
        each.tensor.reset();
    }
}

void Graph::connect() {
    for (Value& each : values) each.readers.clear();
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (nodes[i].skipped) continue;
        for (const int from : nodes[i].inputs) {
            if (from >= 0) values[static_cast<std::size_t>(from)].readers.push_back(static_cast<int>(i));
        }
    }
}

Graph::Graph(const Model& model, const std::string& file, const Dims& sizes) : file_(file) {
    const ::onnx::GraphProto& graph = model.proto.graph();
    if (graph.node_size() > kMostNodes)
        throw InputError(file, "", fmt::format("has more than {} nodes", kMostNodes));
    read_initializers(graph);
    read_input(graph, sizes);
    for (const auto& proto : graph.node()) add_node(proto, model.opset);
    for (const auto& output : graph.output()) {
        const auto found = names_.find(output.name());
        if (found == names_.end())
            throw InputError(file, "",
                             "has the output " + printable(output.name()) + ", which no node makes");
        outputs.push_back(found->second);
        values[static_cast<std::size_t>(found->second)].is_output = true;
    }
    if (outputs.empty()) throw InputError(file, "", "has no output");
    keep_needed();
    take_out_batch();
    connect();
}

}  // namespace satsim::importer
