#include "runtime/onnx/network_writer.hpp"

#include <fmt/format.h>

namespace satsim::importer {

using nlohmann::ordered_json;

std::string NetworkWriter::unique(const std::string& wanted) {
    std::string name;
    for (const char c : wanted.substr(0, 100)) {
        const bool safe = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          c == '.' || c == '_' || c == '-';
        if (c == '/' || c == ':') {
            if (!name.empty() && name.back() != '.') name += '.';
        } else {
            name += safe ? c : '_';
        }
    }
    if (name.empty()) name = "layer";
    std::string candidate = name;
    for (int number = 2; !taken_.insert(candidate).second; ++number)
        candidate = fmt::format("{}_{}", name, number);
    return candidate;
}

std::string NetworkWriter::name_of(LayerIndex layer) const {
    return layer < 0 ? "input" : names_[static_cast<std::size_t>(layer)];
}

const TensorShape& NetworkWriter::shape(LayerIndex layer) const {
    return layer < 0 ? input_ : shapes_[static_cast<std::size_t>(layer)];
}

LayerIndex NetworkWriter::add(LayerKind kind, const std::string& name, const std::vector<LayerIndex>& inputs,
                              const TensorShape& out, ordered_json fields) {
    ordered_json layer = {{"name", unique(name)}, {"kind", to_string(kind)}};
    names_.push_back(layer["name"]);
    const int before = static_cast<int>(shapes_.size()) - 1;
    if (!inputs.empty() && inputs.front() != before) layer["from"] = name_of(inputs.front());
    if (inputs.size() == 2 && kind != LayerKind::Concat) layer["with"] = name_of(inputs[1]);
    if (kind == LayerKind::Concat) {
        for (std::size_t i = 1; i < inputs.size(); ++i) layer["with"].push_back(name_of(inputs[i]));
    }
    if (!fields.is_null()) layer.update(fields);
    layers_.push_back(std::move(layer));
    shapes_.push_back(out);
    return before + 1;
}

ordered_json NetworkWriter::document(const std::string& name, const std::string& source,
                                     std::int64_t batch) const {
    return {{"name", name},
            {"source", source},
            {"input", {{"channels", input_.channels}, {"height", input_.height}, {"width", input_.width}}},
            {"batch", batch},
            {"layers", layers_}};
}

}  // namespace satsim::importer
