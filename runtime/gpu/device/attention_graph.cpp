#include "runtime/gpu/device/attention_graph.hpp"

#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "runtime/gpu/device/dnn_graph.hpp"

namespace satsim::gpu {
namespace {

// Before it, gradients over a number of keys that is no multiple of 128 needed a mask of their own.
constexpr std::size_t kOldestVersion = 91600;

constexpr std::int64_t id_of(AttentionOperand operand) {
    return static_cast<std::int64_t>(operand) + 1;
}

// [sequences][positions][heads][channels] in the library's order: sequences, heads, positions, channels.
TensorLayout interleaved(std::int64_t sequences, std::int64_t positions, std::int64_t heads,
                         std::int64_t channels) {
    return {{sequences, heads, positions, channels},
            {positions * heads * channels, channels, heads * channels, 1}};
}

struct AttentionLayouts {
    explicit AttentionLayouts(const AttentionShape& s)
        : queries(interleaved(s.sequences, s.queries, s.heads, s.query_size)),
          keys(interleaved(s.sequences, s.keys, s.kv_heads, s.query_size)),
          values(interleaved(s.sequences, s.keys, s.kv_heads, s.value_size)),
          result(interleaved(s.sequences, s.queries, s.heads, s.value_size)),
          scores(TensorLayout::packed({s.sequences, s.heads, s.queries, s.keys})),
          rows(TensorLayout::packed({s.sequences, s.heads, s.queries, 1})) {}
    TensorLayout queries;
    TensorLayout keys;
    TensorLayout values;
    TensorLayout result;
    TensorLayout scores;
    TensorLayout rows;
};

// The operations of attention, in the order and form in which the library's fused engines know them: they
// match the whole graph, so that an equal computation written otherwise finds none.
class AttentionOperations {
  public:
    AttentionOperations(OperationGraph& graph, const AttentionShape& shape)
        : graph_(graph),
          shape_(shape),
          layouts_(shape),
          queries_(half(AttentionOperand::Queries, layouts_.queries)),
          scale_(graph.constant(1 / std::sqrt(static_cast<float>(shape.query_size)))) {}

    void forward() {
        const GraphTensor scores = masked(scaled_scores(keys_transposed()));
        const GraphTensor most = graph_.between(layouts_.rows);
        graph_.reduce(CUDNN_REDUCE_TENSOR_MAX, scores, most);
        const GraphTensor below = graph_.pointwise({CUDNN_POINTWISE_SUB}, {scores, most});
        const GraphTensor powers = graph_.pointwise({CUDNN_POINTWISE_EXP}, {below});
        const GraphTensor sum = graph_.between(layouts_.rows);
        graph_.reduce(CUDNN_REDUCE_TENSOR_ADD, powers, sum);
        const GraphTensor logarithm = graph_.pointwise({CUDNN_POINTWISE_LOG}, {sum});
        graph_.pointwise({CUDNN_POINTWISE_ADD}, {most, logarithm}, statistics());
        const GraphTensor probabilities = graph_.between(layouts_.scores, CUDNN_DATA_HALF);
        graph_.pointwise({CUDNN_POINTWISE_DIV}, {powers, sum}, probabilities);
        graph_.multiply(probabilities, half(AttentionOperand::Values, layouts_.values),
                        half(AttentionOperand::Result, layouts_.result));
    }

    void backward() {
        const GraphTensor result_gradient = half(AttentionOperand::ResultGradient, layouts_.result);
        const GraphTensor row_sums = result_times_gradient(result_gradient);
        const GraphTensor keys = keys_transposed();
        const GraphTensor logarithms =
            graph_.pointwise({CUDNN_POINTWISE_SUB}, {scaled_scores(keys), statistics()});
        const GraphTensor probabilities = graph_.pointwise({CUDNN_POINTWISE_EXP}, {masked(logarithms)});
        sum_over_queries(probabilities, result_gradient, AttentionOperand::ValueGradient, layouts_.values);
        const GraphTensor score_gradient = gradient_of_scores(probabilities, result_gradient, row_sums);
        sum_over_queries(score_gradient, queries_, AttentionOperand::KeyGradient, layouts_.keys);
        const GraphTensor keys_again = graph_.between(layouts_.keys, CUDNN_DATA_HALF);
        graph_.reshape(keys, keys_again);
        // Summed by blocks of keys that run in no order, then rounded once.
        const GraphTensor sums = graph_.in_memory(
            kQueryGradientSums, TensorLayout::packed(layouts_.queries.sizes), CUDNN_DATA_FLOAT);
        graph_.multiply(score_gradient, keys_again, sums);
        graph_.pointwise({CUDNN_POINTWISE_IDENTITY}, {sums},
                         half(AttentionOperand::QueryGradient, layouts_.queries));
    }

    // Tensors between operations that are in memory all the same.
    static constexpr std::int64_t kRowSums = 100;
    static constexpr std::int64_t kQueryGradientSums = 101;

  private:
    [[nodiscard]] GraphTensor half(AttentionOperand operand, const TensorLayout& layout) {
        return graph_.in_memory(id_of(operand), layout, CUDNN_DATA_HALF);
    }
    [[nodiscard]] GraphTensor keys_transposed() {
        return half(AttentionOperand::Keys, layouts_.keys.transposed());
    }
    [[nodiscard]] GraphTensor statistics() {
        return graph_.in_memory(id_of(AttentionOperand::Statistics), layouts_.rows, CUDNN_DATA_FLOAT);
    }

    [[nodiscard]] GraphTensor scaled_scores(const GraphTensor& keys) {
        const GraphTensor products = graph_.between(layouts_.scores);
        graph_.multiply(queries_, keys, products);
        return graph_.pointwise({CUDNN_POINTWISE_MUL}, {products, scale_});
    }

    // Where `comparison` of the left and the right place does not hold, minus infinity.
    [[nodiscard]] GraphTensor masked_unless(cudnnPointwiseMode_t comparison, const GraphTensor& scores,
                                            const GraphTensor& left, const GraphTensor& right) {
        const GraphTensor seen =
            graph_.pointwise({comparison, CUDNN_DATA_BOOLEAN, CUDNN_DATA_BOOLEAN}, {left, right});
        return graph_.pointwise({CUDNN_POINTWISE_BINARY_SELECT},
                                {scores, graph_.constant(-std::numeric_limits<float>::infinity()), seen});
    }
    [[nodiscard]] GraphTensor place(const GraphTensor& scores, std::int64_t axis) {
        return graph_.pointwise({CUDNN_POINTWISE_GEN_INDEX, CUDNN_DATA_FLOAT, CUDNN_DATA_INT32, axis},
                                {scores});
    }
    [[nodiscard]] GraphTensor masked(GraphTensor scores) {
        constexpr std::int64_t kQuery = 2;
        constexpr std::int64_t kKey = 3;
        if (shape_.causal) {
            const GraphTensor query = place(scores, kQuery);
            const GraphTensor key = place(scores, kKey);
            scores = masked_unless(CUDNN_POINTWISE_CMP_GE, scores, query, key);
        }
        if (shape_.window > 0) {
            const GraphTensor query = place(scores, kQuery);
            const GraphTensor key = place(scores, kKey);
            const GraphTensor last =
                graph_.pointwise({CUDNN_POINTWISE_ADD, CUDNN_DATA_FLOAT, CUDNN_DATA_FLOAT, kKey},
                                 {key, graph_.constant(static_cast<float>(shape_.window))});
            scores = masked_unless(CUDNN_POINTWISE_CMP_GT, scores, last, query);
        }
        return scores;
    }

    // Sums over channels of the result times its gradient, which are those of the probabilities times theirs.
    [[nodiscard]] GraphTensor result_times_gradient(const GraphTensor& result_gradient) {
        const GraphTensor products = graph_.pointwise(
            {CUDNN_POINTWISE_MUL}, {result_gradient, half(AttentionOperand::Result, layouts_.result)});
        const GraphTensor sums = graph_.between(layouts_.rows);
        graph_.reduce(CUDNN_REDUCE_TENSOR_ADD, products, sums);
        const GraphTensor stored = graph_.in_memory(kRowSums, layouts_.rows, CUDNN_DATA_FLOAT);
        // By the factor that a dropout would have.
        graph_.pointwise({CUDNN_POINTWISE_MUL}, {sums, graph_.constant(1)}, stored);
        return stored;
    }

    [[nodiscard]] GraphTensor gradient_of_scores(const GraphTensor& probabilities,
                                                 const GraphTensor& result_gradient,
                                                 const GraphTensor& row_sums) {
        const GraphTensor gradient = graph_.between(layouts_.scores);
        graph_.multiply(result_gradient, half(AttentionOperand::Values, layouts_.values.transposed()),
                        gradient);
        const GraphTensor centred = graph_.pointwise({CUDNN_POINTWISE_SUB}, {gradient, row_sums});
        const GraphTensor weighted = graph_.pointwise({CUDNN_POINTWISE_MUL}, {centred, probabilities});
        return graph_.pointwise({CUDNN_POINTWISE_MUL}, {weighted, scale_});
    }

    // The gradient of keys or values: `weights` transposed times `rows`, over the heads that share them.
    void sum_over_queries(const GraphTensor& weights, const GraphTensor& rows, AttentionOperand operand,
                          const TensorLayout& layout) {
        const GraphTensor transposed = graph_.between(layouts_.scores.transposed(), CUDNN_DATA_HALF);
        graph_.reshape(weights, transposed);
        const GraphTensor gradient = half(operand, layout);
        if (shape_.heads == shape_.kv_heads) {
            graph_.multiply(transposed, rows, gradient);
            return;
        }
        const GraphTensor of_each_head = graph_.between(
            TensorLayout::packed({shape_.sequences, shape_.heads, shape_.keys, layout.sizes[3]}),
            CUDNN_DATA_HALF);
        graph_.multiply(transposed, rows, of_each_head);
        graph_.reduce(CUDNN_REDUCE_TENSOR_ADD, of_each_head, gradient);
    }

    OperationGraph& graph_;
    AttentionShape shape_;
    AttentionLayouts layouts_;
    GraphTensor queries_;
    GraphTensor scale_;
};

}  // namespace

struct Attention::Library {
    DnnBackend backend;
    cudnnHandle_t handle = nullptr;  // made when this process's device is first asked for
    DeviceBuffer workspace;
    std::map<AttentionWork, std::shared_ptr<Plan>> known;
    std::string refused;

    Library() {
        if (!backend.file) {
            refused = backend.file.fault();
        } else if (backend.version() < kOldestVersion) {
            refused = "attention needs version 9.16, this is " + std::to_string(backend.version());
        }
    }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
    ~Library() {
        known.clear();
        if (handle != nullptr) (void)backend.destroy(handle);
    }
};

// Its workspace: the sums that the gradients' graph keeps in memory, then what the engine asks for.
class Attention::Plan {
  public:
    Plan(const DnnBackend& backend, const AttentionWork& work, const PlanTarget& target)
        : backend_(backend), gradient_(work.gradient), graph_(backend) {
        AttentionOperations operations(graph_, work.shape);
        if (gradient_) {
            operations.backward();
            const std::int64_t rows = work.shape.sequences * work.shape.heads * work.shape.queries;
            query_sums_at_ = aligned(floats(rows));
            engine_at_ = query_sums_at_ + aligned(floats(rows * work.shape.query_size));
        } else {
            operations.forward();
        }
        plan_.emplace(graph_.compile(target));
        workspace_bytes_ =
            engine_at_ + static_cast<std::size_t>(plan_->number(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE));
    }

    [[nodiscard]] std::size_t workspace_bytes() const { return workspace_bytes_; }

    void run(cudnnHandle_t handle, const OperandSets& sets, int set, void* workspace) const {
        char* const scratch = static_cast<char*>(workspace);
        const Places places = places_of(sets, set, scratch);
        const auto count = static_cast<std::int64_t>(places.ids.size());
        void* const engine_scratch = scratch + engine_at_;
        Description pack(backend_, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
        pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, places.ids.data(), count);
        pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR,
                 static_cast<const void*>(places.pointers.data()), count);
        pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR,
                 static_cast<const void*>(&engine_scratch));
        pack.finalize("the operands' description");
        backend_.require(backend_.execute(handle, plan_->get(), pack.get()), "attention");
    }

  private:
    // Where each tensor of the graph is.
    struct Places {
        std::vector<std::int64_t> ids;
        std::vector<void*> pointers;
        void add(std::int64_t id, void* pointer) {
            ids.push_back(id);
            pointers.push_back(pointer);
        }
    };
    [[nodiscard]] Places places_of(const OperandSets& sets, int set, char* scratch) const {
        Places places;
        const auto last = gradient_ ? AttentionOperand::ValueGradient : AttentionOperand::Statistics;
        for (std::size_t operand = 0; operand <= static_cast<std::size_t>(last); ++operand)
            places.add(id_of(static_cast<AttentionOperand>(operand)), sets.at(operand, set));
        // The interface takes pointers to values that it only reads as it takes those that it writes.
        for (const OperationGraph::Constant& constant : graph_.constants())
            places.add(constant.id, const_cast<float*>(&constant.value));
        if (gradient_) {
            places.add(AttentionOperations::kRowSums, scratch);
            places.add(AttentionOperations::kQueryGradientSums, scratch + query_sums_at_);
        }
        return places;
    }
    [[nodiscard]] static std::size_t aligned(std::size_t bytes) {
        constexpr std::size_t kAlignment = 512;
        return (bytes + kAlignment - 1) / kAlignment * kAlignment;
    }

    const DnnBackend& backend_;
    bool gradient_;
    OperationGraph graph_;
    std::optional<Description> plan_;
    std::size_t query_sums_at_ = 0;
    std::size_t engine_at_ = 0;
    std::size_t workspace_bytes_ = 0;
};

Attention::Attention() : library_(std::make_unique<Library>()) {}
Attention::~Attention() = default;

bool Attention::works() const {
    return library_->refused.empty();
}
std::string Attention::fault() const {
    return library_->refused;
}

void Attention::require(const AttentionWork& work) const {
    if (!works()) throw InputError("", "", "cuDNN: " + fault());
    // A plan is compiled all the same, but its authors' own interface refuses to run it.
    if (work.gradient && work.shape.queries == 1 && work.shape.keys == 1)
        throw InputError("", "", "cuDNN: no gradient of attention over a single position");
}

std::shared_ptr<Attention::Plan> Attention::prepare(const AttentionWork& work) {
    require(work);
    Library& l = *library_;
    if (l.handle == nullptr) l.backend.require(l.backend.create(&l.handle), "opening it");
    std::shared_ptr<Plan>& plan = l.known[work];
    if (plan == nullptr) plan = std::make_shared<Plan>(l.backend, work, PlanTarget{l.handle, nullptr});
    if (plan->workspace_bytes() > l.workspace.bytes()) l.workspace = DeviceBuffer(plan->workspace_bytes());
    return plan;
}
std::shared_ptr<Attention::Plan> Attention::prepare_for(const std::string& device,
                                                        const AttentionWork& work) const {
    require(work);
    const Description properties = device_properties(library_->backend, device);
    return std::make_shared<Plan>(library_->backend, work, PlanTarget{nullptr, &properties});
}

std::size_t Attention::workspace_bytes(const Plan& plan) {
    return plan.workspace_bytes();
}
void Attention::run(const Plan& plan, const OperandSets& sets, int set, const OwnedStream& stream) const {
    const Library& l = *library_;
    l.backend.require(l.backend.set_stream(l.handle, stream.get()), "setting the stream");
    plan.run(l.handle, sets, set, l.workspace.data());
}

}  // namespace satsim::gpu
