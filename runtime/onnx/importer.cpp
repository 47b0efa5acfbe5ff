#include "runtime/onnx/importer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/support/error.hpp"

namespace satsim::importer {
namespace {

constexpr int kDeepestSearch = 8;

// The input as satsim lays it out: images channel-last, sequences as they are, token numbers one a position.
View input_view(const Value& input) {
    View view;
    view.dims = input.dims;
    view.order = natural_order(view.rank());
    if (view.rank() == 4) view.order = {0, 2, 3, 1};
    return view;
}

TensorShape input_shape(const Value& input) {
    const View view = input_view(input);
    const Dims& d = view.dims;
    const std::optional<TensorShape> shape = d.size() == 4        ? make_shape(d[1], d[2], d[3])
                                             : d.size() == 3      ? make_shape(d[2], 1, d[1])
                                             : input.is_integer() ? make_shape(1, 1, d[1])
                                                                  : make_shape(d[1], 1, 1);
    if (!shape) throw InputError(input.name, "", "is an input too large");
    return *shape;
}

// Operators that only say how memory is read.
bool is_view(const std::string& op) {
    static const std::set<std::string> ops = {"Transpose", "Reshape", "Squeeze", "Unsqueeze", "Slice",
                                              "Split",     "Gather",  "Flatten", "Identity"};
    return ops.contains(op);
}

}  // namespace

const std::map<std::string, Importer::Handler, std::less<>>& Importer::handlers() {
    static const std::map<std::string, Handler, std::less<>> table = {
        {"Conv", &Importer::convolution},
        {"ConvTranspose", &Importer::convolution},
        {"MaxPool", &Importer::pool},
        {"AveragePool", &Importer::pool},
        {"GlobalAveragePool", &Importer::global_pool},
        {"GlobalMaxPool", &Importer::global_pool},
        {"BatchNormalization", &Importer::batch_norm},
        {"LayerNormalization", &Importer::layer_norm},
        {"InstanceNormalization", &Importer::group_norm},
        {"Resize", &Importer::resize},
        {"Upsample", &Importer::resize},
        {"Gemm", &Importer::gemm},
        {"MatMul", &Importer::matmul},
        {"Einsum", &Importer::einsum},
        {"Element", &Importer::element},
        {"Relu", &Importer::element},
        {"Sigmoid", &Importer::element},
        {"Tanh", &Importer::element},
        {"HardSigmoid", &Importer::element},
        {"HardSwish", &Importer::element},
        {"LeakyRelu", &Importer::element},
        {"Elu", &Importer::element},
        {"Selu", &Importer::element},
        {"Celu", &Importer::element},
        {"Softplus", &Importer::element},
        {"Exp", &Importer::element},
        {"Log", &Importer::element},
        {"Sqrt", &Importer::element},
        {"Reciprocal", &Importer::element},
        {"Neg", &Importer::element},
        {"Abs", &Importer::element},
        {"Erf", &Importer::element},
        {"Clip", &Importer::clip},
        {"Softmax", &Importer::softmax},
        {"LogSoftmax", &Importer::softmax},
        {"Dropout", &Importer::dropout},
        {"Identity", &Importer::alias},
        {"Cast", &Importer::alias},
        {"Add", &Importer::binary},
        {"Sub", &Importer::binary},
        {"Mul", &Importer::binary},
        {"Div", &Importer::binary},
        {"Pow", &Importer::binary},
        {"Min", &Importer::binary},
        {"Max", &Importer::binary},
        {"Reshape", &Importer::reshape},
        {"Flatten", &Importer::reshape},
        {"Squeeze", &Importer::reshape},
        {"Unsqueeze", &Importer::reshape},
        {"Transpose", &Importer::transpose},
        {"Slice", &Importer::slice},
        {"Split", &Importer::split},
        {"Gather", &Importer::gather},
        {"Concat", &Importer::concat},
        {"Expand", &Importer::expand},
        {"Pad", &Importer::pad},
        {"ReduceMean", &Importer::reduce},
        {"ReduceSum", &Importer::reduce},
        {"ReduceMax", &Importer::reduce},
        {"ReduceL2", &Importer::reduce},
        {"DepthToSpace", &Importer::depth_to_space},
        {"SpaceToDepth", &Importer::depth_to_space},
    };
    return table;
}

Importer::Importer(const Graph& graph, const ImportOptions& options)
    : graph_(graph),
      options_(options),
      writer_(input_shape(graph.value(graph.input))),
      views_(graph.values.size()) {
    views_[static_cast<std::size_t>(graph.input)] = input_view(graph.value(graph.input));
}

void Importer::run() {
    for (const Node& node : graph_.nodes) {
        if (node.skipped) continue;
        const auto found = handlers().find(node.op);
        if (found == handlers().end()) {
            refuse(
                node,
                "has no counterpart in a network file: replace the operator in the model before the export, "
                "or export the part without it (docs/formats/onnx.md lists what is imported)");
        }
        (this->*found->second)(node);
        layer_nodes_.resize(writer_.size(), &node);
    }
    finish_outputs();
    if (folded_norms_ > 0) {
        notes_.push_back(
            fmt::format("{} that torch.onnx made of batch normalisation, which training needs: export with "
                        "training=TrainingMode.PRESERVE and do_constant_folding=False, or import with "
                        "--unfold-batchnorm",
                        folded_norms_ == 1 ? "1 convolution has a bias"
                                           : fmt::format("{} convolutions have biases", folded_norms_)));
    }
    note_shared_weights();
}

void Importer::note_shared_weights() {
    int shared = 0;
    std::int64_t more = 0;
    for (const auto& [initializer, counted] : used_weights_) {
        const std::int64_t own = element_count(graph_.value(initializer).dims).value_or(0);
        if (counted <= own) continue;
        ++shared;
        more += counted - own;
    }
    if (shared == 0) return;
    notes_.push_back(
        fmt::format("{} used by several layers, each of which counts {}: {} parameters more than "
                    "the model has",
                    shared == 1 ? "1 weight is" : fmt::format("{} weights are", shared),
                    shared == 1 ? "it" : "them", more));
}

void Importer::refuse(const Node& node, const std::string& message) const {
    throw InputError(graph_.where(node), "", message);
}

const View& Importer::view(const Node& node, std::size_t input) {
    if (input >= node.inputs.size() || node.inputs[input] < 0)
        refuse(node, fmt::format("lacks input {}, expected a tensor", input));
    const int index = node.inputs[input];
    const Value& value = graph_.value(index);
    std::optional<View>& found = views_[static_cast<std::size_t>(index)];
    if (!found && value.constant) {
        View constant;
        constant.constant = index;
        constant.dims = value.dims;
        constant.order = natural_order(constant.rank());
        found = constant;
    }
    if (!found) refuse(node, "reads an output that its node does not give a tensor to");
    if (found->elements() < 1) refuse(node, "reads an empty tensor, expected at least one element");
    return *found;
}

const View& Importer::activation(const Node& node, std::size_t input) {
    const View& found = view(node, input);
    if (found.constant >= 0) refuse(node, "reads a constant where an activation is expected");
    const int index = node.inputs[input];
    if (found.dims == graph_.value(index).dims) return found;
    const auto [at, added] = repeated_.try_emplace(index);
    if (added) at->second = repeated(node, found, graph_.value(index).dims);
    return at->second;
}

View Importer::repeated(const Node& node, const View& view, const Dims& dims) {
    View result = view;
    std::vector<int> spread;
    std::int64_t copies = 1;
    for (int axis = 0; axis < view.rank(); ++axis) {
        const auto i = static_cast<std::size_t>(axis);
        if (view.dims[i] == dims[i]) continue;
        constexpr std::int64_t kMostCopies = 4096;
        if (view.dims[i] != 1 || dims[i] > kMostCopies / copies)
            refuse(node, fmt::format("reads a tensor that Expand repeats more than {} times", kMostCopies));
        copies *= dims[i];
        spread.push_back(axis);
        std::erase(result.order, axis);
    }
    result.dims = dims;
    result.order.insert(result.order.begin(), spread.begin(), spread.end());
    result.loose = false;
    const LayerIndex one = in_shape(node, view, plain_shape(view));
    const TensorShape& shape = writer_.shape(one);
    const std::optional<TensorShape> all = make_shape(shape.channels, shape.height * copies, shape.width);
    if (!all) refuse(node, "reads an expanded tensor too large");
    result.layer =
        emit(node, LayerKind::Concat, std::vector<LayerIndex>(static_cast<std::size_t>(copies), one), *all,
             {{"axis", to_string(Axis::Height)}});
    return result;
}

const Dims& Importer::out_dims(const Node& node, std::size_t output) const {
    const Value& value = graph_.value(node.outputs[output]);
    if (!value.known || element_count(value.dims).value_or(0) < 1)
        refuse(node, "has an output that is empty or of unknown shape");
    return value.dims;
}

void Importer::set(const Node& node, View view, std::size_t output) {
    views_[static_cast<std::size_t>(node.outputs[output])] = std::move(view);
}

std::string Importer::name_of(const Node& node) const {
    // The name of the module in the framework, as its weights carry it.
    for (std::size_t i = 1; i < node.inputs.size(); ++i) {
        if (node.inputs[i] < 0) continue;
        const Value& value = graph_.value(node.inputs[i]);
        if (value.trained.empty() || value.name.starts_with("onnx::")) continue;
        for (const char* ending : {".weight", ".bias", ".in_proj_weight"}) {
            if (value.name.ends_with(ending))
                return value.name.substr(0, value.name.size() - std::string_view(ending).size());
        }
    }
    if (!node.proto->name().empty()) return node.proto->name();
    return fmt::format("{}_{}", node.proto->op_type(), writer_.size());
}

LayerIndex Importer::emit(const Node& node, LayerKind kind, const std::vector<LayerIndex>& inputs,
                          const TensorShape& out, Fields fields) {
    return writer_.add(kind, name_of(node), inputs, out, std::move(fields));
}

LayerIndex Importer::in_shape(const Node& node, const View& view, const std::optional<TensorShape>& shape) {
    if (!shape || static_cast<double>(shape->channels) * shape->height * shape->width !=
                      static_cast<double>(writer_.shape(view.layer).elements()))
        refuse(node, "reads a tensor that has no channels x height x width of satsim's sizes");
    if (writer_.shape(view.layer) == *shape) return view.layer;
    const auto [at, added] = reshaped_.try_emplace({view.layer, *shape}, 0);
    if (added) {
        at->second = writer_.add(LayerKind::Reshape, name_of(node) + ".in", {view.layer}, *shape,
                                 {{"shape", {shape->channels, shape->height, shape->width}}});
    }
    return at->second;
}

View Importer::moved(const Node& node, const View& view, const std::vector<int>& order) {
    View result = view;
    result.order = order;
    const std::vector<int> before = view.real_order();
    const std::vector<int> after = result.real_order();
    if (before == after) return result;
    const std::optional<TensorShape> shape = plain_shape(result);
    const LayerIndex from = in_shape(node, view, plain_shape(view));
    if (!shape) refuse(node, "moves a tensor that has no channels x height x width of satsim's sizes");
    Fields fields = {{"shape", {shape->channels, shape->height, shape->width}}};
    if (before.back() != after.back()) fields["transposed"] = true;
    result.layer = writer_.add(LayerKind::Permute, name_of(node) + ".order", {from}, *shape, fields);
    result.loose = false;
    return result;
}

View Importer::with_channels(const Node& node, const View& view, int axis) {
    std::vector<int> order = view.order;
    std::erase(order, axis);
    order.push_back(axis);
    const bool moves = view.extent(axis) != 1;
    View result = moves ? moved(node, view, order) : view;
    if (!moves) result.order = order;
    if (writer_.shape(result.layer).channels != view.extent(axis))
        result.layer =
            in_shape(node, result, moves ? plain_shape(result) : make_shape(1, 1, view.elements()));
    return result;
}

View Importer::image(const Node& node, std::size_t input) {
    const View& found = activation(node, input);
    const int rank = found.rank();
    if (rank != 3 && rank != 4) refuse(node, "reads a tensor that is no batch of images or sequences");
    if (found.dims[0] != 1)
        refuse(node, fmt::format("works on {} images a sample, expected one", found.dims[0]));
    View result = moved(node, found, rank == 4 ? std::vector{0, 2, 3, 1} : std::vector{0, 2, 1});
    const Dims& d = result.dims;
    result.layer =
        in_shape(node, result, rank == 4 ? make_shape(d[1], d[2], d[3]) : make_shape(d[1], 1, d[2]));
    return result;
}

void Importer::use_weights(const Node& node, int value) {
    if (value < 0) return;
    if (!graph_.value(value).constant)
        refuse(node, "has weights that the graph computes, expected trained ones");
    const Value& used = graph_.value(value);
    for (const int initializer : used.trained) {
        // Several layers may take a part each (the three of an attention's projection).
        const Dims& counted = used.trained.size() == 1 ? used.dims : graph_.value(initializer).dims;
        used_weights_[initializer] += element_count(counted).value_or(0);
    }
}

void Importer::keep(LayerIndex layer, const char* suffix, int value, std::vector<int> axes,
                    const std::string& refused) {
    if (value >= 0) weight_uses_.push_back({layer, suffix, value, std::move(axes), refused});
}

LayerIndex Importer::parameter(const Node& node, int value, const TensorShape& shape,
                               const std::vector<int>& order) {
    const Value& constant = graph_.value(value);
    std::int64_t trained = 0;
    std::string name = name_of(node) + ".constant";
    for (const int initializer : constant.trained) {
        name = graph_.value(initializer).name;
        const std::int64_t own = element_count(graph_.value(initializer).dims).value_or(0);
        if (used_weights_.emplace(initializer, own).second) trained += own;
    }
    Fields fields = {{"shape", {shape.channels, shape.height, shape.width}}};
    if (trained != shape.elements()) fields["trained"] = trained;
    const LayerIndex layer = writer_.add(LayerKind::Parameter, name, {}, shape, fields);
    std::vector<int> axes;
    const int more = static_cast<int>(std::ssize(order) - std::ssize(constant.dims));
    for (const int axis : order) {
        if (axis >= more) axes.push_back(axis - more);
    }
    keep(layer, "value", value, axes);
    return layer;
}

int Importer::axis_of(const Node& node, std::int64_t axis, int rank) const {
    if (axis < 0) axis += rank;
    if (axis < 0 || axis >= rank) refuse(node, "names an axis that its input does not have");
    return static_cast<int>(axis);
}

bool Importer::is_activation_product(const Node& node) const {
    return (node.op == "MatMul" || node.op == "Einsum") &&
           std::none_of(node.inputs.begin(), node.inputs.end(),
                        [&](int from) { return from < 0 || graph_.value(from).constant; });
}

bool Importer::products_alone_read(int value, int depth) const {
    const Value& found = graph_.value(value);
    if (found.readers.empty() || found.is_output || depth > kDeepestSearch) return false;
    return std::all_of(found.readers.begin(), found.readers.end(), [&](int reader) {
        const Node& node = graph_.nodes[static_cast<std::size_t>(reader)];
        if (node.op == "MatMul" || node.op == "Einsum") return is_activation_product(node);
        const bool scales = (node.op == "Mul" || node.op == "Div") && node.inputs.size() == 2 &&
                            graph_.value(node.inputs[1]).constant &&
                            element_count(graph_.value(node.inputs[1]).dims) == 1;
        return (scales || is_view(node.op)) &&
               std::all_of(node.outputs.begin(), node.outputs.end(), [&](int out) {
                   return out < 0 || graph_.value(out).readers.empty() || products_alone_read(out, depth + 1);
               });
    });
}

bool Importer::product_made(int value, int depth) const {
    const int producer = graph_.value(value).producer;
    if (producer < 0 || depth > kDeepestSearch) return false;
    const Node& node = graph_.nodes[static_cast<std::size_t>(producer)];
    if (is_activation_product(node)) return true;
    return is_view(node.op) && !node.inputs.empty() && node.inputs[0] >= 0 &&
           product_made(node.inputs[0], depth + 1);
}

void Importer::finish_outputs() {
    for (std::size_t i = 0; i < graph_.outputs.size(); ++i) {
        const Value& value = graph_.value(graph_.outputs[i]);
        const std::optional<View>& found = views_[static_cast<std::size_t>(graph_.outputs[i])];
        if (value.constant || !found)
            throw InputError(graph_.file(), "", "has an output that does not depend on its input");
        if (found->layer < 0)
            throw InputError(graph_.file(), "",
                             "has an output that is its input, computed by no layer: expected one at least");
        writer_.add(LayerKind::Loss, i == 0 ? "loss" : fmt::format("loss{}", i + 1), {found->layer},
                    writer_.shape(found->layer));
    }
}

}  // namespace satsim::importer
