#include "runtime/onnx/constant.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace satsim::importer {
namespace {

using ::onnx::TensorProto;

template <typename T>
std::vector<double> raw_values(const std::string& raw, std::size_t count) {
    std::vector<double> values;
    if (raw.size() != count * sizeof(T)) return values;
    for (std::size_t i = 0; i < count; ++i) {
        T value;
        std::memcpy(&value, raw.data() + i * sizeof(T), sizeof(T));
        values.push_back(static_cast<double>(value));
    }
    return values;
}

template <typename Field>
std::vector<double> field_values(const Field& field) {
    std::vector<double> values;
    for (const auto value : field) values.push_back(static_cast<double>(value));
    return values;
}

// Result element i of an element-wise operation reads which element of an operand that is spread over it.
std::size_t spread_index(std::size_t i, const Dims& out, const Dims& in) {
    std::size_t index = 0;
    std::size_t stride = 1;
    for (std::size_t back = 0; back < out.size(); ++back) {
        const auto extent = static_cast<std::size_t>(out[out.size() - 1 - back]);
        const std::size_t at = i % extent;
        i /= extent;
        if (back >= in.size()) continue;
        const auto own = static_cast<std::size_t>(in[in.size() - 1 - back]);
        index += (own == 1 ? 0 : at) * stride;
        stride *= own;
    }
    return index;
}

bool spreads(const Dims& in, const Dims& out) {
    if (in.size() > out.size()) return false;
    for (std::size_t back = 0; back < in.size(); ++back) {
        const std::int64_t own = in[in.size() - 1 - back];
        if (own != 1 && own != out[out.size() - 1 - back]) return false;
    }
    return true;
}

bool is_int_type(int type) {
    return type == TensorProto::INT64 || type == TensorProto::INT32 || type == TensorProto::INT8 ||
           type == TensorProto::INT16 || type == TensorProto::UINT8 || type == TensorProto::UINT16 ||
           type == TensorProto::UINT32 || type == TensorProto::UINT64 || type == TensorProto::BOOL;
}

double divide(double a, double b, bool integral) {
    if (!integral) return a / b;
    return b == 0 ? 0 : std::trunc(a / b);
}

// Element-wise operators of one to three operands.
std::optional<double> apply(const std::string& op, std::span<const double> x, int type) {
    const bool integral = is_int_type(type);
    if (x.size() == 1) {
        if (op == "Identity") return x[0];
        if (op == "Cast") {
            if (type == TensorProto::BOOL) return x[0] != 0 ? 1 : 0;
            return integral ? std::trunc(x[0]) : x[0];
        }
        if (op == "Neg") return -x[0];
        if (op == "Abs") return std::abs(x[0]);
        if (op == "Floor") return std::floor(x[0]);
        if (op == "Ceil") return std::ceil(x[0]);
        if (op == "Sqrt") return std::sqrt(x[0]);
        if (op == "Exp") return std::exp(x[0]);
        if (op == "Reciprocal") return 1 / x[0];
        if (op == "Not") return x[0] == 0 ? 1 : 0;
    }
    if (x.size() == 2) {
        if (op == "Add") return x[0] + x[1];
        if (op == "Sub") return x[0] - x[1];
        if (op == "Mul") return x[0] * x[1];
        if (op == "Div") return divide(x[0], x[1], integral);
        if (op == "Mod") return x[1] == 0 ? 0 : x[0] - x[1] * std::floor(x[0] / x[1]);
        if (op == "Pow") return std::pow(x[0], x[1]);
        if (op == "Min") return std::fmin(x[0], x[1]);
        if (op == "Max") return std::fmax(x[0], x[1]);
        if (op == "Equal") return x[0] == x[1] ? 1 : 0;
        if (op == "Greater") return x[0] > x[1] ? 1 : 0;
        if (op == "Less") return x[0] < x[1] ? 1 : 0;
        if (op == "And") return x[0] != 0 && x[1] != 0 ? 1 : 0;
        if (op == "Or") return x[0] != 0 || x[1] != 0 ? 1 : 0;
    }
    if (x.size() == 3 && op == "Where") return x[0] != 0 ? x[1] : x[2];
    return std::nullopt;
}

std::optional<Constant> fold_elements(const std::string& op, std::span<const Constant* const> inputs,
                                      Constant result, std::int64_t count) {
    if (inputs.size() > 3) return std::nullopt;
    for (const Constant* input : inputs) {
        if (input == nullptr || !spreads(input->dims, result.dims)) return std::nullopt;
    }
    for (std::int64_t i = 0; i < count; ++i) {
        double x[3] = {};
        for (std::size_t k = 0; k < inputs.size(); ++k)
            x[k] = inputs[k]->values[spread_index(static_cast<std::size_t>(i), result.dims, inputs[k]->dims)];
        const std::optional<double> value = apply(op, {x, inputs.size()}, result.type);
        if (!value) return std::nullopt;
        result.values.push_back(*value);
    }
    return result;
}

std::int64_t int_attribute(const ::onnx::NodeProto& node, const char* name, std::int64_t otherwise) {
    for (const auto& attribute : node.attribute()) {
        if (attribute.name() == name && attribute.has_i()) return attribute.i();
    }
    return otherwise;
}

// Values of `data` where the result's element at coordinates x reads start[i] + step[i]*x[i] on axis from[i].
struct Walk {
    std::vector<std::int64_t> start;
    std::vector<std::int64_t> step;
    std::vector<std::size_t> from;
};
std::optional<std::vector<double>> walked(const Constant& data, const Dims& out, const Walk& walk,
                                          std::int64_t count) {
    std::vector<std::int64_t> stride(data.dims.size(), 1);
    for (std::size_t i = data.dims.size(); i-- > 1;) stride[i - 1] = stride[i] * data.dims[i];
    std::vector<double> values;
    for (std::int64_t n = 0; n < count; ++n) {
        std::int64_t left = n;
        std::int64_t at = 0;
        for (std::size_t i = out.size(); i-- > 0;) {
            const std::int64_t x = walk.start[i] + walk.step[i] * (left % out[i]);
            left /= out[i];
            if (x < 0 || x >= data.dims[walk.from[i]]) return std::nullopt;
            at += x * stride[walk.from[i]];
        }
        values.push_back(data.values[static_cast<std::size_t>(at)]);
    }
    return values;
}

std::optional<Walk> walk_of(const ::onnx::NodeProto& node, std::span<const Constant* const> inputs,
                            const Dims& out) {
    const Dims& in = inputs[0]->dims;
    if (in.size() != out.size()) return std::nullopt;
    Walk walk{Dims(in.size(), 0), Dims(in.size(), 1), {}};
    for (std::size_t i = 0; i < in.size(); ++i) walk.from.push_back(i);
    if (node.op_type() == "Transpose") {
        std::reverse(walk.from.begin(), walk.from.end());
        for (const auto& attribute : node.attribute()) {
            if (attribute.name() != "perm") continue;
            if (attribute.ints_size() != static_cast<int>(in.size())) return std::nullopt;
            for (int i = 0; i < attribute.ints_size(); ++i) {
                if (attribute.ints(i) < 0 || attribute.ints(i) >= std::ssize(in)) return std::nullopt;
                walk.from[static_cast<std::size_t>(i)] = static_cast<std::size_t>(attribute.ints(i));
            }
        }
        return walk;
    }
    if (node.op_type() != "Slice" || inputs.size() < 3 || inputs[1] == nullptr) return std::nullopt;
    const Constant* axes = inputs.size() > 3 ? inputs[3] : nullptr;
    const Constant* steps = inputs.size() > 4 ? inputs[4] : nullptr;
    for (std::size_t i = 0; i < inputs[1]->values.size(); ++i) {
        double axis = axes != nullptr && i < axes->values.size() ? axes->values[i] : static_cast<double>(i);
        if (axis < 0) axis += static_cast<double>(in.size());
        if (axis < 0 || axis >= static_cast<double>(in.size())) return std::nullopt;
        const auto a = static_cast<std::size_t>(axis);
        const double step = steps != nullptr && i < steps->values.size() ? steps->values[i] : 1;
        const auto whole = static_cast<double>(in[a]);
        double start = inputs[1]->values[i];
        if (start < 0) start += whole;
        start = std::fmax(0, std::fmin(start, step < 0 ? whole - 1 : whole));
        if (step == 0 || std::abs(step) > whole + 1) return std::nullopt;
        walk.start[a] = static_cast<std::int64_t>(start);
        walk.step[a] = static_cast<std::int64_t>(step);
    }
    return walk;
}

// One-dimensional data, which is what shapes are.
std::optional<Constant> fold_list(const ::onnx::NodeProto& node, std::span<const Constant* const> inputs,
                                  Constant result) {
    const std::string& op = node.op_type();
    const Constant& data = *inputs[0];
    const auto size = static_cast<std::int64_t>(data.values.size());
    if (op == "Concat") {
        for (const Constant* input : inputs) {
            if (input == nullptr || input->dims.size() != 1) return std::nullopt;
            result.values.insert(result.values.end(), input->values.begin(), input->values.end());
        }
    } else if (op == "Gather" && inputs.size() == 2 && inputs[1] != nullptr && data.dims.size() == 1) {
        for (const double index : inputs[1]->values) {
            const double at = index < 0 ? index + static_cast<double>(size) : index;
            if (at < 0 || at >= static_cast<double>(size)) return std::nullopt;
            result.values.push_back(data.values[static_cast<std::size_t>(at)]);
        }
    } else if (op == "ReduceProd") {
        double product = 1;
        for (const double value : data.values) product *= value;
        result.values.push_back(product);
    } else {
        return std::nullopt;
    }
    return result;
}

}  // namespace

bool Constant::integral() const {
    return is_int_type(type);
}

std::optional<std::int64_t> element_count(const Dims& dims) {
    constexpr std::int64_t kLargest = std::int64_t{1} << 40;
    std::int64_t count = 1;
    for (const std::int64_t extent : dims) {
        if (extent < 0 || extent > kLargest) return std::nullopt;
        if (extent == 0) return 0;
        if (count > kLargest / extent) return std::nullopt;
        count *= extent;
    }
    return count;
}

std::optional<Constant> read_constant(const TensorProto& tensor) {
    Constant constant;
    constant.dims.assign(tensor.dims().begin(), tensor.dims().end());
    constant.type = tensor.data_type();
    const std::optional<std::int64_t> count = element_count(constant.dims);
    if (!count || *count > kMostValues || tensor.data_location() == TensorProto::EXTERNAL)
        return std::nullopt;
    const auto n = static_cast<std::size_t>(*count);
    const std::string& raw = tensor.raw_data();
    const bool has_raw = tensor.has_raw_data();
    switch (tensor.data_type()) {
        case TensorProto::INT64:
            constant.values = has_raw ? raw_values<std::int64_t>(raw, n) : field_values(tensor.int64_data());
            break;
        case TensorProto::INT32:
            constant.values = has_raw ? raw_values<std::int32_t>(raw, n) : field_values(tensor.int32_data());
            break;
        case TensorProto::BOOL:
        case TensorProto::UINT8:
            constant.values = has_raw ? raw_values<std::uint8_t>(raw, n) : field_values(tensor.int32_data());
            break;
        case TensorProto::FLOAT:
            constant.values = has_raw ? raw_values<float>(raw, n) : field_values(tensor.float_data());
            break;
        case TensorProto::DOUBLE:
            constant.values = has_raw ? raw_values<double>(raw, n) : field_values(tensor.double_data());
            break;
        default:
            return std::nullopt;
    }
    if (constant.values.size() != n) return std::nullopt;
    return constant;
}

TensorProto to_tensor(const Constant& constant) {
    TensorProto tensor;
    for (const std::int64_t extent : constant.dims) tensor.add_dims(extent);
    tensor.set_data_type(constant.integral() ? TensorProto::INT64 : TensorProto::FLOAT);
    if (constant.type == TensorProto::INT32) tensor.set_data_type(TensorProto::INT32);
    if (constant.type == TensorProto::BOOL) tensor.set_data_type(TensorProto::BOOL);
    for (const double value : constant.values) {
        // Beyond 2^53 doubles are no integers, beyond 2^63 there is no int64: both are limits, not sizes.
        const double bounded = std::isnan(value) ? 0 : std::fmax(-9e18, std::fmin(9e18, value));
        const double small = std::fmax(-2147483648.0, std::fmin(2147483647.0, bounded));
        if (tensor.data_type() == TensorProto::INT64)
            tensor.add_int64_data(static_cast<std::int64_t>(bounded));
        else if (tensor.data_type() == TensorProto::FLOAT)
            tensor.add_float_data(static_cast<float>(small));
        else
            tensor.add_int32_data(static_cast<std::int32_t>(small));
    }
    return tensor;
}

std::optional<Constant> fold(const ::onnx::NodeProto& node, std::span<const Constant* const> inputs,
                             const Dims& out, int type) {
    const std::optional<std::int64_t> count = element_count(out);
    if (!count || *count > kMostValues || inputs.empty() || inputs[0] == nullptr) return std::nullopt;
    Constant result;
    result.dims = out;
    result.type = type;
    const std::string& op = node.op_type();
    if (op == "Reshape" || op == "Squeeze" || op == "Unsqueeze" || op == "Flatten") {
        result.values = inputs[0]->values;
    } else if (op == "Expand") {
        return spreads(inputs[0]->dims, out) ? fold_elements("Identity", inputs.first(1), result, *count)
                                             : std::nullopt;
    } else if (op == "ConstantOfShape") {
        double value = 0;
        for (const auto& attribute : node.attribute()) {
            if (attribute.name() != "value") continue;
            const std::optional<Constant> given = read_constant(attribute.t());
            if (!given || given->values.size() != 1) return std::nullopt;
            value = given->values[0];
        }
        result.values.assign(static_cast<std::size_t>(*count), value);
    } else if (op == "Range" && inputs.size() == 3 && inputs[2] != nullptr && inputs[0]->values.size() == 1 &&
               inputs[2]->values.size() == 1) {
        for (std::int64_t i = 0; i < *count; ++i)
            result.values.push_back(inputs[0]->values[0] + static_cast<double>(i) * inputs[2]->values[0]);
    } else if (const std::optional<Walk> walk = walk_of(node, inputs, out)) {
        const std::optional<std::vector<double>> values = walked(*inputs[0], out, *walk, *count);
        if (!values) return std::nullopt;
        result.values = *values;
    } else if (const std::optional<Constant> list = fold_list(node, inputs, result)) {
        if (op == "Concat" && int_attribute(node, "axis", 0) != 0) return std::nullopt;
        result = *list;
    } else {
        return fold_elements(op, inputs, result, *count);
    }
    if (result.values.size() != static_cast<std::size_t>(*count)) return std::nullopt;
    return result;
}

}  // namespace satsim::importer
