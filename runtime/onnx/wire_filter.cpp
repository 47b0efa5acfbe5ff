#include "runtime/onnx/wire_filter.hpp"

#include "runtime/onnx/wire.hpp"
#include "runtime/support/error.hpp"

namespace satsim::importer {
namespace {

// Messages on the way from a model to the data of its tensors; everything else is copied as it is.
enum class Message { Model, Graph, Node, Attribute, Tensor, SparseTensor, Function, Other };

// Field numbers of onnx.proto.
Message child(Message parent, std::uint64_t field) {
    switch (parent) {
        case Message::Model:
            return field == 7 ? Message::Graph : field == 25 ? Message::Function : Message::Other;
        case Message::Graph:
            return field == 1    ? Message::Node
                   : field == 5  ? Message::Tensor
                   : field == 15 ? Message::SparseTensor
                                 : Message::Other;
        case Message::Function:
            return field == 7 ? Message::Node : Message::Other;
        case Message::Node:
            return field == 5 ? Message::Attribute : Message::Other;
        case Message::Attribute:
            return field == 5 || field == 10    ? Message::Tensor
                   : field == 6 || field == 11  ? Message::Graph
                   : field == 22 || field == 23 ? Message::SparseTensor
                                                : Message::Other;
        case Message::SparseTensor:
            return field == 1 || field == 2 ? Message::Tensor : Message::Other;
        default:
            return Message::Other;
    }
}

// float_data, int32_data, string_data, int64_data, raw_data, double_data, uint64_data
bool is_tensor_data(std::uint64_t field) {
    return field == 4 || field == 5 || field == 6 || field == 7 || field == 9 || field == 10 || field == 11;
}

constexpr int kDeepest = 64;  // graphs inside graphs; protobuf itself stops at 100 messages

void append_varint(std::string& out, std::uint64_t value) {
    while (value >= 0x80) {
        out.push_back(static_cast<char>((value & 0x7F) | 0x80));
        value >>= 7;
    }
    out.push_back(static_cast<char>(value));
}

std::string filtered(Bytes8 in, Message kind, const std::string& file, int depth) {
    if (depth > kDeepest) throw InputError(file, "", "nests graphs deeper than any network does");
    std::string out;
    std::size_t kept = 0;  // bytes of a tensor's data so far, which may come in pieces
    WireReader reader(in, file);
    while (const std::optional<WireField> field = reader.next()) {
        const Message inner = field->delimited ? child(kind, field->number) : Message::Other;
        if (inner != Message::Other) {
            const std::string changed = filtered(field->body, inner, file, depth + 1);
            append_varint(out, field->tag);
            append_varint(out, changed.size());
            out += changed;
            continue;
        }
        if (kind == Message::Tensor && is_tensor_data(field->number)) {
            kept += field->whole.size();
            if (kept > kSmallTensor) continue;
        }
        out.append(reinterpret_cast<const char*>(field->whole.data()), field->whole.size());
    }
    return out;
}

}  // namespace

std::string without_weights(Bytes8 model, const std::string& file) {
    return filtered(model, Message::Model, file, 0);
}

std::vector<Bytes8> initializers_of(Bytes8 model, const std::string& file) {
    std::vector<Bytes8> tensors;
    WireReader fields(model, file);
    while (const std::optional<WireField> graph = fields.next()) {
        if (!graph->delimited || child(Message::Model, graph->number) != Message::Graph) continue;
        WireReader parts(graph->body, file);
        while (const std::optional<WireField> part = parts.next()) {
            if (part->delimited && child(Message::Graph, part->number) == Message::Tensor)
                tensors.push_back(part->body);
        }
    }
    return tensors;
}

}  // namespace satsim::importer
