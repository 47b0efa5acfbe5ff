#include "runtime/dispatch/gemm_result.hpp"

namespace satsim {

TaskResult result_of(const GemmTask& task) {
    TaskResult result;
    result.layer = task.layer;
    result.part = task.part;
    result.stage = to_string(task.stage);
    result.kind = "gemm";
    result.shape = task.shape;
    result.count = task.count;
    result.nm = task.nm;
    result.dense_reason = task.dense_reason;
    result.dense_macs = task.dense_macs();
    return result;
}

}  // namespace satsim
