#include "runtime/onnx/tensor_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>

#include "runtime/numerics/fp16.hpp"
#include "runtime/support/error.hpp"

namespace satsim::importer {
namespace {

using ::onnx::TensorProto;

std::size_t element_bytes(int type) {
    switch (type) {
        case TensorProto::FLOAT:
            return 4;
        case TensorProto::DOUBLE:
            return 8;
        case TensorProto::FLOAT16:
        case TensorProto::BFLOAT16:
            return 2;
        default:
            return 0;
    }
}

float from_bfloat16(std::uint16_t bits) {
    return std::bit_cast<float>(std::uint32_t{bits} << 16);
}

// Rows of a matrix whose elements are anywhere, sixteen rows at a time: where rows are neighbours in memory
// and columns are not, a line of cache serves all sixteen.
struct Walk {
    const std::uint8_t* base;
    std::int64_t rows;
    std::int64_t columns;
    std::int64_t row_stride;
    std::int64_t column_stride;
};
template <typename Element, typename Convert>
void copy(const Walk& walk, std::span<float> out, const Convert& convert) {
    constexpr std::int64_t kRows = 16;
    for (std::int64_t top = 0; top < walk.rows; top += kRows) {
        const std::int64_t end = std::min(walk.rows, top + kRows);
        for (std::int64_t c = 0; c < walk.columns; ++c) {
            for (std::int64_t r = top; r < end; ++r) {
                Element element;
                const std::int64_t at = r * walk.row_stride + c * walk.column_stride;
                std::memcpy(&element, walk.base + at * static_cast<std::int64_t>(sizeof element),
                            sizeof element);
                out[static_cast<std::size_t>(r * walk.columns + c)] = convert(element);
            }
        }
    }
}

// A decimal number of an external_data entry.
std::uint64_t number(const std::string& text, const std::string& where) {
    std::uint64_t value = 0;
    const char* end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, value);
    if (result.ec != std::errc{} || result.ptr != end)
        throw InputError(where, "", "has an offset or length in its external data that is no number");
    return value;
}

// Throws unless `location` is a path below `folder`, links followed.
std::filesystem::path inside(const std::filesystem::path& folder, const std::string& location,
                             const std::string& where) {
    const std::filesystem::path given(location);
    const auto leaves = [](const std::filesystem::path& path) {
        return path.empty() || path.is_absolute() || std::find(path.begin(), path.end(), "..") != path.end();
    };
    std::error_code code;
    const std::filesystem::path home = std::filesystem::weakly_canonical(folder.empty() ? "." : folder, code);
    const std::filesystem::path path = std::filesystem::weakly_canonical(home / given, code);
    if (leaves(given) || location.find('\0') != std::string::npos || code ||
        leaves(path.lexically_relative(home)))
        throw InputError(where, "",
                         "keeps its data outside of the model's folder, expected a file beside it");
    return path;
}

}  // namespace

TensorData::TensorData(Bytes8 serialised, const std::filesystem::path& folder, const std::string& file)
    : where_(file + ": initializer") {
    if (serialised.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()) ||
        !proto_.ParseFromArray(serialised.data(), static_cast<int>(serialised.size())))
        throw InputError(file, "", "has an initializer that cannot be read");
    where_ += fmt::format(" {}", printable(proto_.name()));
    const std::size_t size = element_bytes(proto_.data_type());
    if (size == 0) {
        throw InputError(
            where_, "",
            fmt::format("has values of ONNX's type {}, expected FLOAT, DOUBLE, FLOAT16 or BFLOAT16",
                        proto_.data_type()));
    }
    const std::optional<std::int64_t> count = element_count(Dims(proto_.dims().begin(), proto_.dims().end()));
    if (!count) throw InputError(where_, "", "is of impossible size");
    elements_ = *count;
    if (proto_.data_location() == TensorProto::EXTERNAL) {
        map_external(folder);
    } else if (proto_.has_raw_data()) {
        use(proto_.raw_data().data(), proto_.raw_data().size());
    } else if (proto_.data_type() == TensorProto::FLOAT) {
        use(proto_.float_data().data(), static_cast<std::size_t>(proto_.float_data_size()) * sizeof(float));
    } else if (proto_.data_type() == TensorProto::DOUBLE) {
        use(proto_.double_data().data(),
            static_cast<std::size_t>(proto_.double_data_size()) * sizeof(double));
    } else {
        for (const std::int32_t bits : proto_.int32_data())
            halves_.push_back(static_cast<std::uint16_t>(bits));
        use(halves_.data(), halves_.size() * sizeof(std::uint16_t));
    }
    const std::size_t expected = static_cast<std::size_t>(elements_) * size;
    if (bytes_.size() != expected)
        throw InputError(where_, "",
                         fmt::format("has {} bytes of data, expected {}", bytes_.size(), expected));
}

void TensorData::use(const void* data, std::size_t bytes) {
    bytes_ = {static_cast<const std::uint8_t*>(data), bytes};
}

void TensorData::map_external(const std::filesystem::path& folder) {
    std::string location;
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> length;
    for (const auto& entry : proto_.external_data()) {
        if (entry.key() == "location") location = entry.value();
        if (entry.key() == "offset") offset = number(entry.value(), where_);
        if (entry.key() == "length") length = number(entry.value(), where_);
    }
    path_ = inside(folder, location, where_);
    external_ = std::make_unique<MappedFile>(path_, "the model's external data");
    const std::span<const std::uint8_t> all = external_->bytes();
    const std::uint64_t wanted =
        length.value_or(static_cast<std::uint64_t>(elements_) * element_bytes(proto_.data_type()));
    if (offset > all.size() || wanted > all.size() - offset) {
        throw InputError(where_, "",
                         fmt::format("has {} bytes of data at {} of {}, which has {}", wanted, offset,
                                     printable(location), all.size()));
    }
    bytes_ = all.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(wanted));
}

void TensorData::read(const TensorView& view, std::int64_t matrix, std::int64_t first,
                      std::span<float> out) const {
    const std::size_t rank = view.dims.size();
    const std::int64_t columns = rank > 0 ? view.dims[rank - 1] : 1;
    Walk walk{bytes_.data(), std::ssize(out) / columns, columns, rank > 1 ? view.strides[rank - 2] : 0,
              rank > 0 ? view.strides[rank - 1] : 0};
    std::int64_t at = view.offset + first * walk.row_stride;
    for (std::size_t axis = rank < 2 ? 0 : rank - 2; axis-- > 0;) {
        at += matrix % view.dims[axis] * view.strides[axis];
        matrix /= view.dims[axis];
    }
    walk.base += at * static_cast<std::int64_t>(element_bytes(proto_.data_type()));
    switch (proto_.data_type()) {
        case TensorProto::FLOAT:
            return copy<float>(walk, out, [](float x) { return x; });
        case TensorProto::DOUBLE:
            return copy<double>(walk, out, [](double x) { return static_cast<float>(x); });
        case TensorProto::FLOAT16:
            return copy<std::uint16_t>(walk, out, [](std::uint16_t x) { return numerics::to_float({x}); });
        default:
            return copy<std::uint16_t>(walk, out, from_bfloat16);
    }
}

}  // namespace satsim::importer
