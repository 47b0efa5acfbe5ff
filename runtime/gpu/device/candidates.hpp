// What could do a piece of work on this device, ready to be timed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/gpu/device/attention_graph.hpp"
#include "runtime/gpu/device/blas.hpp"
#include "runtime/gpu/device/dnn.hpp"
#include "runtime/gpu/device/operand_sets.hpp"
#include "runtime/gpu/device/sparse_lt.hpp"
#include "runtime/gpu_record/work.hpp"

namespace satsim::gpu {

struct Libraries {
    Blas blas;
    Dnn dnn;
    Attention attention;
    SparseLt sparse;
    OwnedStream stream;
    int compute_capability = 0;  // major*10 + minor
    std::size_t l2_bytes = 0;
};

// One way of doing it. `refused`: why this device or library cannot.
struct Contender {
    std::string kernel;
    bool sparse = false;
    std::string refused;
    bool for_short_work = false;  // never the fastest where a 2:4 kernel before it takes long
    int sets = 1;
    Run run;
    std::shared_ptr<void> operands;  // kept as long as `run`
};

[[nodiscard]] std::vector<Contender> contenders(Libraries& libraries, const ProductWork& work);
[[nodiscard]] std::vector<Contender> contenders(Libraries& libraries, const ConvolutionWork& work);
[[nodiscard]] std::vector<Contender> contenders(Libraries& libraries, const VectorWork& work);
[[nodiscard]] std::vector<Contender> contenders(Libraries& libraries, const AttentionWork& work);

// The own 2:4 kernel in its tile sizes, for either kind of product.
void add_own_sparse(Libraries& libraries, const Work& work, std::vector<Contender>& list);

// Runs `make`; what it throws becomes the reason of a contender that is refused.
template <class Make>
void add_or_refuse(std::vector<Contender>& list, const std::string& kernel, bool sparse, Make make) {
    Contender contender;
    contender.kernel = kernel;
    contender.sparse = sparse;
    try {
        make(contender);
    } catch (const InputError& error) {
        require_context();
        contender.refused = error.what();
        contender.run = {};
        contender.operands.reset();
    }
    list.push_back(std::move(contender));
}

}  // namespace satsim::gpu
