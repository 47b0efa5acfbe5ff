#include "runtime/onnx/wire_filter.hpp"

#include <limits>

#include "runtime/support/error.hpp"

namespace satsim::importer {
namespace {

using Bytes8 = std::span<const std::uint8_t>;

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

class Filter {
  public:
    explicit Filter(const std::string& file) : file_(file) {}

    std::string message(Bytes8 in, Message kind, int depth) {
        if (depth > kDeepest) fail("nests graphs deeper than any network does");
        std::string out;
        std::size_t kept = 0;  // bytes of a tensor's data so far, which may come in pieces
        while (!in.empty()) {
            const Bytes8 begin = in;
            const std::uint64_t tag = varint(in);
            const std::uint64_t field = tag >> 3;
            if (field == 0) fail("is no ONNX model, expected protobuf fields");
            switch (tag & 7) {
                case 0:
                    (void)varint(in);
                    break;
                case 1:
                    (void)take(in, 8);
                    break;
                case 5:
                    (void)take(in, 4);
                    break;
                case 2: {
                    const std::uint64_t length = varint(in);
                    const Bytes8 body = take(in, length);
                    const Message inner = child(kind, field);
                    if (inner != Message::Other) {
                        const std::string changed = message(body, inner, depth + 1);
                        append_varint(out, tag);
                        append_varint(out, changed.size());
                        out += changed;
                        continue;
                    }
                    break;
                }
                default:
                    fail("is no ONNX model, expected protobuf fields");
            }
            const Bytes8 whole = begin.first(begin.size() - in.size());
            if (kind == Message::Tensor && is_tensor_data(field)) {
                kept += whole.size();
                if (kept > kSmallTensor) continue;
            }
            out.append(reinterpret_cast<const char*>(whole.data()), whole.size());
        }
        return out;
    }

  private:
    [[noreturn]] void fail(const std::string& message) const { throw InputError(file_, "", message); }

    [[nodiscard]] std::uint64_t varint(Bytes8& in) const {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (in.empty()) fail("is cut off, expected a whole ONNX model");
            const std::uint8_t byte = in.front();
            in = in.subspan(1);
            value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
            if ((byte & 0x80) == 0) return value;
        }
        fail("is no ONNX model, expected protobuf fields");
    }

    [[nodiscard]] Bytes8 take(Bytes8& in, std::uint64_t length) const {
        if (length > in.size()) fail("is cut off, expected a whole ONNX model");
        const Bytes8 body = in.first(static_cast<std::size_t>(length));
        in = in.subspan(static_cast<std::size_t>(length));
        return body;
    }

    static void append_varint(std::string& out, std::uint64_t value) {
        while (value >= 0x80) {
            out.push_back(static_cast<char>((value & 0x7F) | 0x80));
            value >>= 7;
        }
        out.push_back(static_cast<char>(value));
    }

    const std::string& file_;
};

}  // namespace

std::string without_weights(std::span<const std::uint8_t> model, const std::string& file) {
    return Filter(file).message(model, Message::Model, 0);
}

}  // namespace satsim::importer
