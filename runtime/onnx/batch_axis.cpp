#include "runtime/onnx/batch_axis.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "runtime/onnx/graph.hpp"

namespace satsim::importer {
namespace {

using Found = std::optional<BatchAxis>;

const std::set<std::string>& elementwise_operators() {
    static const std::set<std::string> ops = {
        "Add",   "Sub",   "Mul",   "Div",  "Pow",     "Min", "Max", "Sum", "Mean",        "Mod",
        "PRelu", "Where", "Equal", "Less", "Greater", "And", "Or",  "Xor", "LessOrEqual", "GreaterOrEqual"};
    return ops;
}

// Inputs of one node and the output in question.
class Rules {
  public:
    Rules(const Graph& graph, const Node& node, std::size_t output)
        : graph_(graph), node_(node), out_(graph.value(node.outputs[output]).dims) {}

    [[nodiscard]] Found apply() const {
        static const std::map<std::string, Found (Rules::*)() const, std::less<>> table = {
            {"Reshape", &Rules::reshaped},
            {"Flatten", &Rules::reshaped},
            {"Squeeze", &Rules::reshaped},
            {"Unsqueeze", &Rules::reshaped},
            {"Transpose", &Rules::transposed},
            {"Expand", &Rules::expanded},
            {"Concat", &Rules::joined},
            {"Gather", &Rules::gathered},
            {"MatMul", &Rules::product},
            {"Gemm", &Rules::gemm},
            {"Einsum", &Rules::einsum},
            {"Conv", &Rules::rows_of_images},
            {"ConvTranspose", &Rules::rows_of_images},
            {"InstanceNormalization", &Rules::rows_of_images},
            {"BatchNormalization", &Rules::rows_of_images},
            {"Softmax", &Rules::along_an_axis},
            {"LogSoftmax", &Rules::along_an_axis},
            {"LayerNormalization", &Rules::from_an_axis},
        };
        if (elementwise_operators().contains(node_.op)) return spread();
        if (node_.op.starts_with("Reduce")) return reduced();
        const auto found = table.find(node_.op);
        return found == table.end() ? same_axis() : (this->*found->second)();
    }

  private:
    [[nodiscard]] const Value* input(std::size_t i) const {
        return i < node_.inputs.size() && node_.inputs[i] >= 0 ? &graph_.value(node_.inputs[i]) : nullptr;
    }
    [[nodiscard]] Found batch_of(std::size_t i) const {
        return input(i) != nullptr ? input(i)->batch : std::nullopt;
    }
    // As an axis of the first input, or of the output where the two have as many.
    [[nodiscard]] int axis_named(const char* name, int otherwise) const {
        const auto axis =
            static_cast<int>(std::clamp<std::int64_t>(Graph::integer(node_, name, otherwise), -64, 64));
        return axis < 0 ? axis + static_cast<int>(std::ssize(input(0)->dims)) : axis;
    }
    [[nodiscard]] std::int64_t extent(const BatchAxis& batch) const {
        return batch.outer * graph_.batch * batch.inner;
    }
    // The output has this axis as its input has it.
    [[nodiscard]] Found checked(BatchAxis batch, int axis) const {
        batch.axis = axis;
        const bool fits =
            axis >= 0 && axis < std::ssize(out_) && out_[static_cast<std::size_t>(axis)] == extent(batch);
        return fits ? Found(batch) : std::nullopt;
    }
    [[nodiscard]] Found same_axis() const {
        const Found batch = batch_of(0);
        if (!batch || std::ssize(out_) != std::ssize(input(0)->dims)) return std::nullopt;
        return checked(*batch, batch->axis);
    }
    // What looks at every image by itself, or treats the samples alike.
    [[nodiscard]] Found rows_of_images() const {
        for (std::size_t i = 1; i < node_.inputs.size(); ++i) {
            if (batch_of(i)) return std::nullopt;
        }
        const Found batch = same_axis();
        return batch && batch->axis == 0 ? batch : std::nullopt;
    }
    [[nodiscard]] Found along_an_axis() const {
        const Found batch = same_axis();
        return batch && batch->axis != axis_named("axis", -1) ? batch : std::nullopt;
    }
    [[nodiscard]] Found from_an_axis() const {
        const Found batch = same_axis();
        return batch && batch->axis < axis_named("axis", -1) ? batch : std::nullopt;
    }

    // Samples lie `stride` elements apart, in rows of `stride` x batch: one axis of the result must hold
    // them.
    [[nodiscard]] Found reshaped() const {
        const Found batch = batch_of(0);
        if (!batch) return std::nullopt;
        const Dims& in = input(0)->dims;
        std::int64_t stride = batch->inner;
        for (auto axis = static_cast<std::size_t>(batch->axis) + 1; axis < in.size(); ++axis)
            stride *= in[axis];
        std::int64_t after = 1;
        for (std::size_t axis = out_.size(); axis-- > 0; after *= out_[axis]) {
            if (after < 1 || after * out_[axis] < stride * graph_.batch) continue;
            if (stride % after != 0 || out_[axis] % (stride / after * graph_.batch) != 0) return std::nullopt;
            const std::int64_t inner = stride / after;
            return BatchAxis{static_cast<int>(axis), out_[axis] / (inner * graph_.batch), inner};
        }
        return std::nullopt;
    }

    [[nodiscard]] Found transposed() const {
        const Found batch = batch_of(0);
        if (!batch) return std::nullopt;
        const Dims axes = Graph::integers(node_, "perm");
        if (axes.empty()) return checked(*batch, static_cast<int>(std::ssize(out_)) - 1 - batch->axis);
        const auto at = std::find(axes.begin(), axes.end(), batch->axis);
        return checked(*batch, static_cast<int>(at - axes.begin()));
    }

    // All inputs that have samples have them on the same axis, counted from the last; the others are the same
    // for every sample.
    [[nodiscard]] Found spread() const {
        std::optional<BatchAxis> common;
        for (std::size_t i = 0; i < node_.inputs.size(); ++i) {
            Found batch = batch_of(i);
            if (!batch) continue;
            batch->axis += static_cast<int>(std::ssize(out_) - std::ssize(input(i)->dims));
            if (common && *common != *batch) return std::nullopt;
            common = batch;
        }
        if (!common) return std::nullopt;
        for (std::size_t i = 0; i < node_.inputs.size(); ++i) {
            if (input(i) == nullptr || input(i)->batch) continue;
            const std::ptrdiff_t axis = common->axis - (std::ssize(out_) - std::ssize(input(i)->dims));
            if (axis >= 0 && input(i)->dims[static_cast<std::size_t>(axis)] != 1) return std::nullopt;
        }
        return checked(*common, common->axis);
    }

    [[nodiscard]] Found expanded() const {
        if (batch_of(0)) {
            const std::ptrdiff_t more = std::ssize(out_) - std::ssize(input(0)->dims);
            return checked(*batch_of(0), batch_of(0)->axis + static_cast<int>(more));
        }
        // A class token, once a sample.
        const Dims& in = input(0)->dims;
        const bool repeats =
            out_.size() >= 2 && out_[0] == graph_.batch && (in.size() < out_.size() || in[0] == 1);
        return repeats ? Found(BatchAxis{}) : std::nullopt;
    }

    [[nodiscard]] Found joined() const {
        const Found batch = batch_of(0);
        for (std::size_t i = 1; i < node_.inputs.size(); ++i) {
            if (batch_of(i) != batch) return std::nullopt;
        }
        return batch && batch->axis != axis_named("axis", 0) ? checked(*batch, batch->axis) : std::nullopt;
    }

    [[nodiscard]] Found gathered() const {
        const int axis = axis_named("axis", 0);
        const Found data = batch_of(0);
        const Found index = batch_of(1);
        if ((data && index) || input(1) == nullptr) return std::nullopt;
        if (index) return checked(*index, axis + index->axis);
        if (!data || data->axis == axis) return std::nullopt;
        const int more = data->axis > axis ? static_cast<int>(std::ssize(input(1)->dims)) - 1 : 0;
        return checked(*data, data->axis + more);
    }

    [[nodiscard]] Found reduced() const {
        const Found batch = batch_of(0);
        if (!batch) return std::nullopt;
        Dims axes = Graph::integers(node_, "axes");
        if (const Constant* number = graph_.number(node_, 1)) {
            for (const double axis : number->values)
                axes.push_back(static_cast<std::int64_t>(std::clamp(axis, -64.0, 64.0)));
        }
        if (axes.empty()) return std::nullopt;
        const bool keeps = Graph::integer(node_, "keepdims", 1) != 0;
        int before = 0;
        for (std::int64_t axis : axes) {
            if (axis < 0) axis += std::ssize(input(0)->dims);
            if (axis == batch->axis) return std::nullopt;
            if (axis < batch->axis) ++before;
        }
        return checked(*batch, batch->axis - (keeps ? 0 : before));
    }

    [[nodiscard]] Found product() const {
        const Value* a = input(0);
        const Value* b = input(1);
        if (a == nullptr || b == nullptr || a->dims.size() < 2 || b->dims.size() < 2) return std::nullopt;
        const auto from_back = [](const Value& value) {
            return static_cast<int>(std::ssize(value.dims)) - value.batch->axis;
        };
        const auto rank = static_cast<int>(std::ssize(out_));
        const auto shared_by = [](const Value& other, int back) {  // the same for every sample
            return std::ssize(other.dims) < back ||
                   other.dims[other.dims.size() - static_cast<std::size_t>(back)] == 1;
        };
        if (a->batch && b->batch) {
            const bool together = from_back(*a) > 2 && from_back(*a) == from_back(*b) &&
                                  a->batch->outer == b->batch->outer && a->batch->inner == b->batch->inner;
            return together ? checked(*a->batch, rank - from_back(*a)) : std::nullopt;
        }
        if (a->batch) {
            const int back = from_back(*a);
            if (back == 1 || (back > 2 && !shared_by(*b, back))) return std::nullopt;
            return checked(*a->batch, rank - back);
        }
        if (!b->batch) return std::nullopt;
        const int back = from_back(*b);
        if (back == 2 || (back > 2 && !shared_by(*a, back))) return std::nullopt;
        return checked(*b->batch, rank - back);
    }

    [[nodiscard]] Found gemm() const {
        if (batch_of(1) || batch_of(2) || Graph::integer(node_, "transA", 0) != 0) return std::nullopt;
        const Value* shift = input(2);
        if (shift != nullptr && shift->dims.size() == 2 && shift->dims[0] != 1) return std::nullopt;
        const Found batch = same_axis();
        return batch && batch->axis == 0 ? batch : std::nullopt;
    }

    // The letter of the samples: every operand that has it has samples there, and the result keeps it.
    [[nodiscard]] Found einsum() const {
        std::string equation = Graph::text(node_, "equation", "");
        std::erase(equation, ' ');
        const std::size_t arrow = equation.find("->");
        if (arrow == std::string::npos || equation.find('.') != std::string::npos) return std::nullopt;
        std::vector<std::string> operands(1);
        for (const char c : equation.substr(0, arrow)) {
            if (c == ',')
                operands.emplace_back();
            else
                operands.back() += c;
        }
        std::optional<BatchAxis> common;
        char letter = 0;
        for (std::size_t i = 0; i < operands.size(); ++i) {
            const Found batch = batch_of(i);
            if (!batch) continue;
            if (batch->axis >= std::ssize(operands[i])) return std::nullopt;
            const char own = operands[i][static_cast<std::size_t>(batch->axis)];
            if (common && (own != letter || batch->outer != common->outer || batch->inner != common->inner))
                return std::nullopt;
            common = batch;
            letter = own;
        }
        if (!common) return std::nullopt;
        for (std::size_t i = 0; i < operands.size(); ++i) {
            if (!batch_of(i) && operands[i].find(letter) != std::string::npos) return std::nullopt;
        }
        const std::size_t at = equation.substr(arrow + 2).find(letter);
        return at == std::string::npos ? std::nullopt : checked(*common, static_cast<int>(at));
    }

    const Graph& graph_;
    const Node& node_;
    const Dims& out_;
};

}  // namespace

std::optional<BatchAxis> batch_axis_of(const Graph& graph, const Node& node, std::size_t output) {
    if (node.inputs.empty() || node.inputs.front() < 0) return std::nullopt;
    return Rules(graph, node, output).apply();
}

}  // namespace satsim::importer
