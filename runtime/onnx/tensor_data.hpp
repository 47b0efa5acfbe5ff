// The elements of one ONNX tensor, wherever its file keeps them.
#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/onnx/tensor_view.hpp"
#include "runtime/onnx/wire.hpp"
#include "runtime/support/mapped_file.hpp"

namespace satsim::importer {

class TensorData {
  public:
    // `serialised`: an onnx.TensorProto of FLOAT, DOUBLE, FLOAT16 or BFLOAT16 values in float_data,
    // double_data, int32_data or raw_data, or in a file below `folder`, which is mapped. `file` is named in
    // errors: InputError for other types, sizes that do not agree, and for data that is outside of `folder`
    // or of its file.
    TensorData(Bytes8 serialised, const std::filesystem::path& folder, const std::string& file);

    [[nodiscard]] std::int64_t elements() const { return elements_; }
    // "net.onnx: initializer fc.weight"
    [[nodiscard]] const std::string& where() const { return where_; }
    // The file of external data; empty: there is none.
    [[nodiscard]] const std::filesystem::path& external() const { return path_; }
    // Rows `first` to `first + out.size() / columns - 1` of matrix `matrix` of the view: its last two axes
    // are rows and columns, those before count the matrices. Exact, but that DOUBLE is rounded to the
    // nearest.
    void read(const TensorView& view, std::int64_t matrix, std::int64_t first, std::span<float> out) const;

  private:
    void map_external(const std::filesystem::path& folder);
    void use(const void* data, std::size_t bytes);

    std::string where_;
    ::onnx::TensorProto proto_;
    std::int64_t elements_ = 0;
    std::vector<std::uint16_t> halves_;  // of int32_data
    std::filesystem::path path_;
    std::unique_ptr<MappedFile> external_;
    std::span<const std::uint8_t> bytes_;
};

}  // namespace satsim::importer
