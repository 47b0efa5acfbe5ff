#include "runtime/onnx/wire.hpp"

#include "runtime/support/error.hpp"

namespace satsim::importer {

std::optional<WireField> WireReader::next() {
    if (in_.empty()) return std::nullopt;
    const Bytes8 begin = in_;
    WireField field;
    field.tag = varint();
    field.number = field.tag >> 3;
    if (field.number == 0) fail("is no ONNX model, expected protobuf fields");
    switch (field.tag & 7) {
        case 0:
            (void)varint();
            break;
        case 1:
            take(8);
            break;
        case 2:
            field.delimited = true;
            field.body = take(varint());
            break;
        case 5:
            take(4);
            break;
        default:
            fail("is no ONNX model, expected protobuf fields");
    }
    field.whole = begin.first(begin.size() - in_.size());
    return field;
}

std::uint64_t WireReader::varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (in_.empty()) fail("is cut off, expected a whole ONNX model");
        const std::uint8_t byte = in_.front();
        in_ = in_.subspan(1);
        value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
        if ((byte & 0x80) == 0) return value;
    }
    fail("is no ONNX model, expected protobuf fields");
}

Bytes8 WireReader::take(std::uint64_t length) {
    if (length > in_.size()) fail("is cut off, expected a whole ONNX model");
    const Bytes8 body = in_.first(static_cast<std::size_t>(length));
    in_ = in_.subspan(static_cast<std::size_t>(length));
    return body;
}

void WireReader::fail(const std::string& message) const {
    throw InputError(file_, "", message);
}

}  // namespace satsim::importer
