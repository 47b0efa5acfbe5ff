// Turns the nodes of a graph into layers, one after another. The files import_*.cpp hold its methods by kind
// of operator.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "runtime/onnx/graph.hpp"
#include "runtime/onnx/import.hpp"
#include "runtime/onnx/network_writer.hpp"
#include "runtime/onnx/view.hpp"

namespace satsim::importer {

class Importer {
  public:
    Importer(const Graph& graph, const ImportOptions& options);

    // Throws InputError naming the node that cannot be represented.
    void run();
    [[nodiscard]] const NetworkWriter& writer() const { return writer_; }
    [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }
    [[nodiscard]] const std::vector<WeightUse>& weight_uses() const { return weight_uses_; }
    // The node that a layer was made for; nullptr: an output of the graph.
    [[nodiscard]] const Node* node_of(std::size_t layer) const {
        return layer < layer_nodes_.size() ? layer_nodes_[layer] : nullptr;
    }
    // Of flatten layers.
    [[nodiscard]] const std::map<LayerIndex, FeatureOrder>& flattened() const { return flattened_; }

  private:
    using Fields = nlohmann::ordered_json;
    using Handler = void (Importer::*)(const Node&);
    static const std::map<std::string, Handler, std::less<>>& handlers();

    // importer.cpp: values, their layers and names
    [[noreturn]] void refuse(const Node& node, const std::string& message) const;
    [[nodiscard]] const View& view(const Node& node, std::size_t input);
    // No constant. One that Expand has repeated is, unlike by view(), a layer of as many copies.
    [[nodiscard]] const View& activation(const Node& node, std::size_t input);
    View repeated(const Node& node, const View& view, const Dims& dims);
    void set(const Node& node, View view, std::size_t output = 0);
    [[nodiscard]] const View& view_of_output(const Node& node) const {
        return *views_[static_cast<std::size_t>(node.outputs.front())];
    }
    [[nodiscard]] const Dims& out_dims(const Node& node, std::size_t output = 0) const;
    [[nodiscard]] std::string name_of(const Node& node) const;
    LayerIndex emit(const Node& node, LayerKind kind, const std::vector<LayerIndex>& inputs,
                    const TensorShape& out, Fields fields = Fields::object());
    // The layer of a view with other extents.
    LayerIndex in_shape(const Node& node, const View& view, const std::optional<TensorShape>& shape);
    // The view with its axes in `order` in memory: every element moves, unless the order differs in axes of
    // extent 1 only.
    View moved(const Node& node, const View& view, const std::vector<int>& order);
    // The view with `axis` innermost, and its layer in a shape that has the axis as its channels.
    View with_channels(const Node& node, const View& view, int axis);
    // A batch of one image as channels x height x width.
    View image(const Node& node, std::size_t input);
    // `order`: of the axes of the result in memory, of which the constant's are the last ones.
    LayerIndex parameter(const Node& node, int value, const TensorShape& shape,
                         const std::vector<int>& order);
    void use_weights(const Node& node, int value);
    void note_shared_weights();
    // Where the numbers of a layer's tensor are found; nothing is kept of values below 0.
    void keep(LayerIndex layer, const char* suffix, int value, std::vector<int> axes = {},
              const std::string& refused = "");
    [[nodiscard]] int axis_of(const Node& node, std::int64_t axis, int rank) const;
    [[nodiscard]] bool products_alone_read(int value, int depth = 0) const;
    // A product of activations: no trained matrix or other constant in it.
    [[nodiscard]] bool is_activation_product(const Node& node) const;
    [[nodiscard]] bool product_made(int value, int depth = 0) const;
    void finish_outputs();

    // import_convolution.cpp
    void convolution(const Node& node);
    void pool(const Node& node);
    void global_pool(const Node& node);
    void batch_norm(const Node& node);
    void layer_norm(const Node& node);
    void group_norm(const Node& node);
    void resize(const Node& node);
    Fields window_fields(const Node& node, const View& in, const Extent& kernel) const;

    // import_product.cpp
    void gemm(const Node& node);
    void matmul(const Node& node);
    void einsum(const Node& node);
    // `weights`: matrix whose axes `axes` are input and output features; `bias` -1: none.
    struct Matrix {
        int weights = -1;
        std::vector<int> axes;
        int bias = -1;
        std::string refused = {};  // WeightUse::refused
    };
    // A matrix that an earlier layer trains already, from the input's features to the output's.
    [[nodiscard]] std::optional<TensorView> whole_matrix(int weights, const std::vector<int>& axes) const;
    [[nodiscard]] LayerIndex owner_of(const Matrix& matrix) const;
    void linear(const Node& node, const View& in, int axis, const Matrix& matrix, std::int64_t out);
    struct Operand {
        View view;
        std::vector<int> batch;  // axes, in the order of the result
        std::vector<int> own;    // rows of the first, columns of the second
        std::vector<int> reduced;
    };
    void product(const Node& node, const Operand& a, const Operand& b);

    // import_element.cpp
    void element(const Node& node);
    void binary(const Node& node);
    void softmax(const Node& node);
    void clip(const Node& node);
    void dropout(const Node& node);
    void alias(const Node& node);
    void unary(const Node& node, LayerKind kind, Fields fields);
    void scale(const Node& node, std::size_t input);
    void combine(const Node& node, LayerKind kind, const View& a, const View& b);
    View spread(const Node& node, const View& pooled);

    // import_shape.cpp
    void reshape(const Node& node);
    void transpose(const Node& node);
    void slice(const Node& node);
    void split(const Node& node);
    void gather(const Node& node);
    void concat(const Node& node);
    void expand(const Node& node);
    void pad(const Node& node);
    void reduce(const Node& node);
    void depth_to_space(const Node& node);
    View sliced(const Node& node, const View& view, int axis, std::int64_t start, std::int64_t size,
                std::int64_t step);

    const Graph& graph_;
    ImportOptions options_;
    NetworkWriter writer_;
    std::vector<std::optional<View>> views_;  // of each value
    std::map<int, View> repeated_;            // of expanded values that more than element-wise operators read
    std::vector<std::string> notes_;
    std::map<int, std::int64_t> used_weights_;  // initializers, and the parameters that layers count of them
    std::vector<std::pair<LayerIndex, TensorView>> matrices_;  // of layers that others may be tied to
    std::vector<const Node*> layer_nodes_;
    std::vector<WeightUse> weight_uses_;
    std::map<LayerIndex, FeatureOrder> flattened_;
    std::map<std::pair<LayerIndex, TensorShape>, LayerIndex> reshaped_;
    std::map<std::tuple<LayerIndex, Axis, std::int64_t, std::int64_t, std::int64_t>, LayerIndex> slices_;
    int folded_norms_ = 0;
};

}  // namespace satsim::importer
