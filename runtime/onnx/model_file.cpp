#include "runtime/onnx/model_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>

#include "runtime/onnx/wire_filter.hpp"
#include "runtime/support/error.hpp"

namespace satsim::importer {
namespace {

class Mapping {
  public:
    explicit Mapping(const std::filesystem::path& path) {
        const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        struct stat status {};
        if (descriptor < 0 || ::fstat(descriptor, &status) != 0)
            refuse(path, descriptor, std::strerror(errno));
        if (S_ISDIR(status.st_mode)) refuse(path, descriptor, "is a folder");
        size_ = static_cast<std::size_t>(status.st_size);
        if (!S_ISREG(status.st_mode) || size_ == 0) refuse(path, descriptor, "is empty or no regular file");
        address_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
        if (address_ == MAP_FAILED) refuse(path, descriptor, std::strerror(errno));
        ::close(descriptor);
    }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping() { ::munmap(address_, size_); }

    [[nodiscard]] std::span<const std::uint8_t> bytes() const {
        return {static_cast<const std::uint8_t*>(address_), size_};
    }

  private:
    [[noreturn]] static void refuse(const std::filesystem::path& path, int descriptor, const char* why) {
        const std::string text = why;
        if (descriptor >= 0) ::close(descriptor);
        throw InputError(path.string(), "", "cannot be read (" + text + "), expected an ONNX file");
    }

    void* address_ = MAP_FAILED;
    std::size_t size_ = 0;
};

int opset_of(const ::onnx::ModelProto& proto, const std::string& file) {
    std::int64_t opset = 0;
    for (const auto& import : proto.opset_import()) {
        if (import.domain().empty() || import.domain() == "ai.onnx") opset = import.version();
    }
    if (opset < kLowestOpset || opset > kHighestOpset) {
        throw InputError(file, "",
                         fmt::format("uses opset {}, expected {} to {}: export with opset_version={}", opset,
                                     kLowestOpset, kHighestOpset, kHighestOpset));
    }
    return static_cast<int>(opset);
}

}  // namespace

Model parse_model(std::span<const std::uint8_t> bytes, const std::string& file) {
    // Protobuf reports faults on stderr, several lines each; ours is the one line that is wanted.
    const google::protobuf::LogSilencer silence;
    const std::string stripped = without_weights(bytes, file);
    Model model;
    if (stripped.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()) ||
        !model.proto.ParseFromString(stripped))
        throw InputError(file, "", "is no ONNX model, expected a protobuf message of type onnx.ModelProto");
    if (!model.proto.has_graph() || model.proto.graph().node_size() == 0)
        throw InputError(file, "", "has no graph with nodes, expected an ONNX model");
    if (model.proto.functions_size() > 0)
        throw InputError(file, "", "defines functions of its own, expected standard operators only");
    model.opset = opset_of(model.proto, file);
    return model;
}

void with_mapped_file(const std::filesystem::path& path,
                      const std::function<void(std::span<const std::uint8_t>)>& use) {
    const Mapping mapping(path);
    use(mapping.bytes());
}

}  // namespace satsim::importer
