#include "runtime/weights/safetensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <stdexcept>

#include "runtime/support/error.hpp"
#include "runtime/support/json_cursor.hpp"

namespace satsim::weights {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are written as they lie in memory");

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::int64_t kMostElements = std::int64_t{1} << 48;
constexpr const char* kMetadata = "__metadata__";

struct DataType {
    std::string_view name;
    int bytes;
};
constexpr std::array kDataTypes{DataType{"F32", 4},     DataType{"F64", 8},     DataType{"F16", 2},
                                DataType{"BF16", 2},    DataType{"I64", 8},     DataType{"I32", 4},
                                DataType{"I16", 2},     DataType{"I8", 1},      DataType{"U64", 8},
                                DataType{"U32", 4},     DataType{"U16", 2},     DataType{"U8", 1},
                                DataType{"F8_E4M3", 1}, DataType{"F8_E5M2", 1}, DataType{"BOOL", 1}};

std::optional<int> element_bytes(std::string_view dtype) {
    for (const DataType& type : kDataTypes) {
        if (type.name == dtype) return type.bytes;
    }
    return std::nullopt;
}

bool printable(const std::string& name) {
    return !name.empty() &&
           std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c != 127; });
}

Tensor parse_tensor(const std::string& name, const JsonCursor& item) {
    item.object({"dtype", "shape", "data_offsets"});
    Tensor tensor;
    tensor.name = name;
    tensor.dtype = item.at("dtype").text();
    const std::optional<int> bytes = element_bytes(tensor.dtype);
    if (!bytes) item.at("dtype").fail("is no data type of the format, expected F32 or another of its names");
    std::int64_t elements = 1;
    const JsonCursor shape = item.at("shape");
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const std::int64_t extent = shape.at(i).integer(0, kMostElements);
        if (extent > 0 && elements > kMostElements / extent) shape.fail("has more than 2^48 elements");
        elements *= extent;
        tensor.shape.push_back(extent);
    }
    const JsonCursor offsets = item.at("data_offsets");
    if (offsets.size() != 2) offsets.fail("is no pair, expected where the tensor begins and where it ends");
    tensor.begin = static_cast<std::uint64_t>(offsets.at(std::size_t{0}).integer(0, INT64_MAX));
    tensor.end = static_cast<std::uint64_t>(offsets.at(std::size_t{1}).integer(0, INT64_MAX));
    const auto size = static_cast<std::uint64_t>(elements) * static_cast<std::uint64_t>(*bytes);
    if (tensor.end < tensor.begin || tensor.end - tensor.begin != size) {
        offsets.fail(fmt::format("is from {} to {}, expected the {} bytes of its dtype and shape",
                                 tensor.begin, tensor.end, size));
    }
    return tensor;
}

// Every byte after the header belongs to one tensor.
void check_cover(const Header& header, std::uint64_t data_bytes, const std::string& file) {
    std::uint64_t covered = 0;
    for (const Tensor& tensor : header.tensors) {
        if (tensor.begin != covered) {
            throw InputError(
                file, "/" + tensor.name + "/data_offsets",
                fmt::format("begins at {}, expected {}: tensors follow each other without gap or "
                            "overlap",
                            tensor.begin, covered));
        }
        covered = tensor.end;
    }
    if (covered != data_bytes) {
        throw InputError(file, "",
                         fmt::format("has {} bytes after its header, expected the {} of its tensors",
                                     data_bytes, covered));
    }
}

}  // namespace

std::int64_t Tensor::elements() const {
    std::int64_t count = 1;
    for (const std::int64_t extent : shape) count *= extent;
    return count;
}

Header parse_header(std::span<const std::uint8_t> bytes, const std::string& file) {
    if (bytes.size() < kLengthBytes)
        throw InputError(file, "", "is cut off, expected the 8 bytes of a header's length");
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < kLengthBytes; ++i) length |= std::uint64_t{bytes[i]} << (8 * i);
    const std::uint64_t most = std::min<std::uint64_t>(kMostHeaderBytes, bytes.size() - kLengthBytes);
    if (length > most) {
        throw InputError(
            file, "",
            fmt::format("has a header of {} bytes, expected at most {}: cut off, or no safetensors "
                        "file",
                        length, most));
    }
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + kLengthBytes,
                                static_cast<std::size_t>(length));
    if (!text.starts_with('{')) throw InputError(file, "", "has a header that is no JSON object");
    const nlohmann::json document = parse_json_text(text, file);
    Header header;
    header.data_begin = kLengthBytes + length;
    for (const auto& [name, value] : document.items()) {
        if (!printable(name)) throw InputError(file, "", "has a tensor with no printable name");
        const JsonCursor item(value, file, "/" + name);
        if (name == kMetadata) {
            for (const std::string& key : item.names()) {
                if (!printable(key)) item.fail("has a key that is not printable");
                if (!item.at(key).is_text()) item.at(key).fail("is no string, expected one");
                header.metadata[key] = item.at(key).node().get<std::string>();
            }
            continue;
        }
        header.tensors.push_back(parse_tensor(name, item));
    }
    std::stable_sort(header.tensors.begin(), header.tensors.end(), [](const Tensor& a, const Tensor& b) {
        return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
    });
    check_cover(header, bytes.size() - header.data_begin, file);
    return header;
}

std::string make_header(std::vector<Tensor>& tensors, const std::map<std::string, std::string>& metadata) {
    nlohmann::ordered_json document = nlohmann::ordered_json::object();
    if (!metadata.empty()) document[kMetadata] = metadata;
    std::uint64_t place = 0;
    for (Tensor& tensor : tensors) {
        const std::optional<int> bytes = element_bytes(tensor.dtype);
        if (!bytes) throw std::logic_error("safetensors has no data type " + tensor.dtype);
        tensor.begin = place;
        place += static_cast<std::uint64_t>(tensor.elements()) * static_cast<std::uint64_t>(*bytes);
        tensor.end = place;
        document[tensor.name] = {
            {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {tensor.begin, tensor.end}}};
    }
    std::string text = document.dump();
    text.append((kLengthBytes - text.size() % kLengthBytes) % kLengthBytes, ' ');
    std::string length;
    for (std::size_t i = 0; i < kLengthBytes; ++i)
        length.push_back(static_cast<char>(text.size() >> (8 * i)));
    return length + text;
}

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : name_(path.string()), file_(path, "a safetensors file"), header_(parse_header(file_.bytes(), name_)) {}

const Tensor* SafetensorsFile::find(std::string_view name) const {
    for (const Tensor& tensor : header_.tensors) {
        if (tensor.name == name) return &tensor;
    }
    return nullptr;
}

std::span<const std::uint8_t> SafetensorsFile::data(const Tensor& tensor) const {
    return file_.bytes().subspan(static_cast<std::size_t>(header_.data_begin + tensor.begin),
                                 static_cast<std::size_t>(tensor.end - tensor.begin));
}

}  // namespace satsim::weights
