// SDGP: what stands around BP GEMMs that multiply a pruned gradient.
#include <algorithm>
#include <iterator>

#include "runtime/workload/gemm_parts.hpp"
#include "runtime/workload/vector_parts.hpp"

namespace satsim {
namespace {

// Packs `dy`, transposed.
VectorTask prune_task(const Layer& layer, const NmPattern& nm, const MatrixShape& dy) {
    VectorTask task = vector_task(layer, VectorOp::Prune, Stage::BP, dy.elements(), 1, 0, 1);
    task.shape = dy;
    task.pregenerate_bp = nm;
    const std::int64_t kept = ceil_div<std::int64_t>(task.elements * nm.n, nm.m);
    task.extra_bytes = kept * 2 + ceil_div<std::int64_t>(kept, 2);
    return task;
}

}  // namespace

void append_sparse_gradient(const Layer& layer, std::vector<Task> products, const MatrixShape& dy,
                            const MatrixShape& dx, std::vector<Task>& tasks) {
    const auto sparse = std::find_if(products.begin(), products.end(), [](const Task& task) {
        const auto* gemm = std::get_if<GemmTask>(&task);
        return gemm != nullptr && gemm->sparse_is_activation;
    });
    const bool found = sparse != products.end();
    if (found) tasks.emplace_back(prune_task(layer, std::get<GemmTask>(*sparse).nm, dy));
    tasks.insert(tasks.end(), std::make_move_iterator(products.begin()),
                 std::make_move_iterator(products.end()));
    if (found) tasks.emplace_back(transpose_task(layer, Stage::BP, dx));
}

}  // namespace satsim
