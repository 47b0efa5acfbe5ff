#include "runtime/gpu/device/dnn.hpp"

#include <cudnn.h>

#include <algorithm>
#include <array>
#include <map>

#include "runtime/gpu/device/dynamic_library.hpp"

namespace satsim::gpu {
namespace {

constexpr std::size_t kWorkspaceBytes = std::size_t{1} << 30;
constexpr int kMostAlgorithms = 8;

void require(cudnnStatus_t status, const char* what) {
    if (status != CUDNN_STATUS_SUCCESS)
        throw InputError("GPU", "",
                         std::string("cuDNN: ") + what + " failed, status " + std::to_string(status));
}

}  // namespace

struct Dnn::Library {
    DynamicLibrary file{"libcudnn.so.9", "libcudnn.so"};
    decltype(&cudnnCreate) create = nullptr;
    decltype(&cudnnGetVersion) version = nullptr;
    decltype(&cudnnSetStream) set_stream = nullptr;
    decltype(&cudnnCreateTensorDescriptor) create_tensor = nullptr;
    decltype(&cudnnDestroyTensorDescriptor) destroy_tensor = nullptr;
    decltype(&cudnnSetTensor4dDescriptor) set_tensor = nullptr;
    decltype(&cudnnCreateFilterDescriptor) create_filter = nullptr;
    decltype(&cudnnDestroyFilterDescriptor) destroy_filter = nullptr;
    decltype(&cudnnSetFilter4dDescriptor) set_filter = nullptr;
    decltype(&cudnnCreateConvolutionDescriptor) create_convolution = nullptr;
    decltype(&cudnnDestroyConvolutionDescriptor) destroy_convolution = nullptr;
    decltype(&cudnnSetConvolution2dDescriptor) set_convolution = nullptr;
    decltype(&cudnnSetConvolutionGroupCount) set_groups = nullptr;
    decltype(&cudnnSetConvolutionMathType) set_math = nullptr;
    decltype(&cudnnGetConvolutionForwardAlgorithm_v7) forward_algorithms = nullptr;
    decltype(&cudnnGetConvolutionBackwardDataAlgorithm_v7) input_algorithms = nullptr;
    decltype(&cudnnGetConvolutionBackwardFilterAlgorithm_v7) weight_algorithms = nullptr;
    decltype(&cudnnConvolutionForward) forward = nullptr;
    decltype(&cudnnConvolutionBackwardData) input_gradient = nullptr;
    decltype(&cudnnConvolutionBackwardFilter) weight_gradient = nullptr;
    cudnnHandle_t handle = nullptr;
    DeviceBuffer workspace;
    std::map<ConvolutionWork, std::shared_ptr<Convolution>> known;

    Library() {
        file.get("cudnnCreate", create);
        file.get("cudnnGetVersion", version);
        file.get("cudnnSetStream", set_stream);
        file.get("cudnnCreateTensorDescriptor", create_tensor);
        file.get("cudnnDestroyTensorDescriptor", destroy_tensor);
        file.get("cudnnSetTensor4dDescriptor", set_tensor);
        file.get("cudnnCreateFilterDescriptor", create_filter);
        file.get("cudnnDestroyFilterDescriptor", destroy_filter);
        file.get("cudnnSetFilter4dDescriptor", set_filter);
        file.get("cudnnCreateConvolutionDescriptor", create_convolution);
        file.get("cudnnDestroyConvolutionDescriptor", destroy_convolution);
        file.get("cudnnSetConvolution2dDescriptor", set_convolution);
        file.get("cudnnSetConvolutionGroupCount", set_groups);
        file.get("cudnnSetConvolutionMathType", set_math);
        file.get("cudnnGetConvolutionForwardAlgorithm_v7", forward_algorithms);
        file.get("cudnnGetConvolutionBackwardDataAlgorithm_v7", input_algorithms);
        file.get("cudnnGetConvolutionBackwardFilterAlgorithm_v7", weight_algorithms);
        file.get("cudnnConvolutionForward", forward);
        file.get("cudnnConvolutionBackwardData", input_gradient);
        file.get("cudnnConvolutionBackwardFilter", weight_gradient);
        if (!file) return;
        require(create(&handle), "opening it");
    }
};

// A description of the library's: made, and destroyed with its owner.
template <class Handle>
class Described {
  public:
    Described(cudnnStatus_t (*create)(Handle*), cudnnStatus_t (*destroy)(Handle)) : destroy_(destroy) {
        require(create(&handle_), "a description");
    }
    Described(const Described&) = delete;
    Described& operator=(const Described&) = delete;
    ~Described() { (void)destroy_(handle_); }
    operator Handle() const { return handle_; }

  private:
    Handle handle_ = nullptr;
    cudnnStatus_t (*destroy_)(Handle);
};

class Dnn::Convolution {
  public:
    Convolution(Library& library, const ConvolutionWork& work)
        : library_(library),
          pass_(work.pass),
          x_(library.create_tensor, library.destroy_tensor),
          y_(library.create_tensor, library.destroy_tensor),
          w_(library.create_filter, library.destroy_filter),
          convolution_(library.create_convolution, library.destroy_convolution) {
        const auto [height, width] = input_extent(work);
        const auto batch = static_cast<int>(work.batch);
        const auto in = static_cast<int>(work.in_channels);
        const auto out = static_cast<int>(work.out_channels);
        require(library.set_tensor(x_, CUDNN_TENSOR_NHWC, CUDNN_DATA_HALF, batch, in, height, width),
                "a description");
        require(
            library.set_tensor(y_, CUDNN_TENSOR_NHWC, CUDNN_DATA_HALF, batch, out, work.out_h, work.out_w),
            "a description");
        require(library.set_filter(w_, CUDNN_DATA_HALF, CUDNN_TENSOR_NHWC, out, in / work.groups,
                                   work.kernel_h, work.kernel_w),
                "a description");
        require(library.set_convolution(convolution_, height == work.in_h ? work.pad_top : 0,
                                        width == work.in_w ? work.pad_left : 0, work.stride_y, work.stride_x,
                                        work.dilation_y, work.dilation_x, CUDNN_CROSS_CORRELATION,
                                        CUDNN_DATA_FLOAT),
                "a description");
        require(library.set_groups(convolution_, work.groups), "groups");
        require(library.set_math(convolution_, CUDNN_TENSOR_OP_MATH), "tensor cores");
    }

    [[nodiscard]] cudnnStatus_t run(int algorithm, void* x, void* w, void* y) const {
        constexpr float kOne = 1;
        constexpr float kZero = 0;
        void* workspace = library_.workspace.data();
        const std::size_t bytes = library_.workspace.bytes();
        switch (pass_) {
            case ConvolutionPass::Forward:
                return library_.forward(library_.handle, &kOne, x_, x, w_, w, convolution_,
                                        static_cast<cudnnConvolutionFwdAlgo_t>(algorithm), workspace, bytes,
                                        &kZero, y_, y);
            case ConvolutionPass::InputGradient:
                return library_.input_gradient(library_.handle, &kOne, w_, w, y_, y, convolution_,
                                               static_cast<cudnnConvolutionBwdDataAlgo_t>(algorithm),
                                               workspace, bytes, &kZero, x_, x);
            case ConvolutionPass::WeightGradient:
                return library_.weight_gradient(library_.handle, &kOne, x_, x, y_, y, convolution_,
                                                static_cast<cudnnConvolutionBwdFilterAlgo_t>(algorithm),
                                                workspace, bytes, &kZero, w_, w);
        }
        return CUDNN_STATUS_BAD_PARAM;
    }

    // Of the algorithms that fit the workspace.
    void search(const OperandSets& sets, const OwnedStream& stream) {
        std::vector<int> algorithms;
        for (const auto& [algorithm, bytes] : candidates()) {
            if (bytes > kWorkspaceBytes) continue;
            if (bytes > library_.workspace.bytes()) library_.workspace = DeviceBuffer(bytes);
            algorithms.push_back(algorithm);
        }
        const int found = fastest_of(
            static_cast<int>(algorithms.size()),
            [&](int choice, int set) {
                return run(algorithms[static_cast<std::size_t>(choice)], sets.at(0, set), sets.at(1, set),
                           sets.at(2, set)) == CUDNN_STATUS_SUCCESS;
            },
            sets.sets(), stream);
        if (found < 0) throw InputError("GPU", "", "cuDNN has no algorithm for a convolution of this shape");
        best_ = algorithms[static_cast<std::size_t>(found)];
    }
    [[nodiscard]] int best() const { return best_; }

  private:
    struct Choice {
        int algorithm;
        std::size_t bytes;
    };
    template <class Performance, class Ask>
    [[nodiscard]] static std::vector<Choice> ask(const Ask& question) {
        std::array<Performance, kMostAlgorithms> found{};
        int count = 0;
        require(question(kMostAlgorithms, &count, found.data()), "the search for an algorithm");
        std::vector<Choice> choices;
        for (int i = 0; i < count; ++i) {
            const Performance& p = found[static_cast<std::size_t>(i)];
            if (p.status == CUDNN_STATUS_SUCCESS) choices.push_back({static_cast<int>(p.algo), p.memory});
        }
        return choices;
    }
    [[nodiscard]] std::vector<Choice> candidates() const {
        switch (pass_) {
            case ConvolutionPass::Forward:
                return ask<cudnnConvolutionFwdAlgoPerf_t>([this](int most, int* count, auto* found) {
                    return library_.forward_algorithms(library_.handle, x_, w_, convolution_, y_, most, count,
                                                       found);
                });
            case ConvolutionPass::InputGradient:
                return ask<cudnnConvolutionBwdDataAlgoPerf_t>([this](int most, int* count, auto* found) {
                    return library_.input_algorithms(library_.handle, w_, y_, convolution_, x_, most, count,
                                                     found);
                });
            case ConvolutionPass::WeightGradient:
                return ask<cudnnConvolutionBwdFilterAlgoPerf_t>([this](int most, int* count, auto* found) {
                    return library_.weight_algorithms(library_.handle, x_, y_, convolution_, w_, most, count,
                                                      found);
                });
        }
        return {};
    }

    Library& library_;
    ConvolutionPass pass_;
    Described<cudnnTensorDescriptor_t> x_;
    Described<cudnnTensorDescriptor_t> y_;
    Described<cudnnFilterDescriptor_t> w_;
    Described<cudnnConvolutionDescriptor_t> convolution_;
    int best_ = -1;
};

Dnn::Dnn() : library_(std::make_unique<Library>()) {}
Dnn::~Dnn() = default;

bool Dnn::works() const {
    return library_->handle != nullptr;
}
std::string Dnn::fault() const {
    return library_->file.fault();
}
std::string Dnn::version() const {
    const std::size_t v = library_->version();
    return std::to_string(v / 10000) + "." + std::to_string(v / 100 % 100) + "." + std::to_string(v % 100);
}

std::shared_ptr<Dnn::Convolution> Dnn::prepare(const ConvolutionWork& work, const OperandSets& sets,
                                               const OwnedStream& stream) {
    if (!works()) throw InputError("GPU", "", "cuDNN: " + fault());
    require(library_->set_stream(library_->handle, stream.get()), "setting the stream");
    ConvolutionWork dense = work;
    dense.nm = {8, 8};
    dense.sparse_is_activation = false;
    std::shared_ptr<Convolution>& convolution = library_->known[dense];
    if (convolution == nullptr) {
        auto made = std::make_shared<Convolution>(*library_, dense);
        made->search(sets, stream);
        convolution = std::move(made);
    }
    return convolution;
}

void Dnn::run(const Convolution& convolution, const OperandSets& sets, int set,
              const OwnedStream& stream) const {
    require(library_->set_stream(library_->handle, stream.get()), "setting the stream");
    require(convolution.run(convolution.best(), sets.at(0, set), sets.at(1, set), sets.at(2, set)),
            "a convolution");
}
int Dnn::algorithm(const Convolution& convolution) {
    return convolution.best();
}

}  // namespace satsim::gpu
