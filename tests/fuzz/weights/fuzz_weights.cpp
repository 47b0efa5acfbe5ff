#include "tests/fuzz/weights/fuzz_weights.hpp"

#include <string_view>

#include "runtime/support/error.hpp"
#include "runtime/weights/safetensors.hpp"
#include "tests/fuzz/require.hpp"

namespace satsim {
namespace {

using fuzz::require;

}  // namespace

void fuzz_weights(const std::uint8_t* data, std::size_t size) {
    try {
        const weights::Header header = weights::parse_header({data, size}, "fuzz");
        std::uint64_t covered = header.data_begin;
        for (const weights::Tensor& tensor : header.tensors) {
            require(header.data_begin + tensor.begin == covered, "tensors follow each other");
            covered = header.data_begin + tensor.end;
            require(tensor.elements() >= 0 && covered <= size, "tensors lie in the file");
        }
        require(covered == size, "tensors cover the file");
        std::vector<weights::Tensor> tensors = header.tensors;
        const std::string head = weights::make_header(tensors, header.metadata);
        std::vector<std::uint8_t> anew(head.begin(), head.end());
        anew.insert(anew.end(), data + header.data_begin, data + size);
        const weights::Header again = weights::parse_header(anew, "fuzz");
        require(again.metadata == header.metadata && again.tensors.size() == tensors.size(),
                "what is written is read");
        for (const weights::Tensor& tensor : tensors) {
            bool found = false;
            for (const weights::Tensor& other : again.tensors) found = found || other == tensor;
            require(found, "every tensor is read as it was written");
        }
    } catch (const InputError& error) {
        require(std::string_view(error.what()).find('\n') == std::string_view::npos, "an error is one line");
        require(std::string_view(error.what()).starts_with("fuzz"), "an error names the file");
    }
}

}  // namespace satsim
