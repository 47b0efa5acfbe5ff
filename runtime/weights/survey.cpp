#include "runtime/weights/survey.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "runtime/nm/prune.hpp"
#include "runtime/support/error.hpp"
#include "runtime/weights/layer_tensors.hpp"
#include "runtime/workload/training_step.hpp"

namespace satsim::weights {
namespace {

// Matrices of one tap of one group are pruned by themselves.
struct Matrices {
    std::int64_t count;
    std::int64_t rows;
    std::int64_t columns;
};
Matrices matrices_of(const std::vector<std::int64_t>& shape) {
    const std::size_t rank = shape.size();
    std::int64_t count = 1;
    for (std::size_t i = 0; i + 2 < rank; ++i) count *= shape[i];
    return {count, shape[rank - 2], shape[rank - 1]};
}

double squares(std::span<const float> values) {
    double sum = 0;
    for (const float value : values) sum += static_cast<double>(value) * static_cast<double>(value);
    return sum;
}

double kept_squares(std::span<const float> values, std::span<const std::uint8_t> kept) {
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double value = kept[i] != 0 ? static_cast<double>(values[i]) : 0;
        sum += value * value;
    }
    return sum;
}

// What BDWP's training step says of a matrix and a stage: its GEMM's reason to stay dense; nothing where
// there is no such GEMM.
using Reasons = std::map<std::tuple<std::string, std::string, Stage>, std::string>;
Reasons dense_reasons(const Network& network, const NmPattern& nm) {
    Recipe recipe;
    recipe.method = Method::Bdwp;
    recipe.nm = nm;
    recipe.first_layer_dense = false;
    Reasons reasons;
    for (const Task& task : make_training_step(network, recipe, 1).tasks) {
        const auto* gemm = std::get_if<GemmTask>(&task);
        if (gemm == nullptr || !gemm->weight_operand || gemm->stage == Stage::WU) continue;
        // Phases of a stride share the weight.
        const std::string part = gemm->part.starts_with("phase") ? "" : gemm->part;
        reasons.try_emplace({gemm->layer, part, gemm->stage}, gemm->dense_reason);
    }
    return reasons;
}

std::span<const float> floats(const SafetensorsFile& file, const Tensor& tensor, std::vector<float>& copy) {
    const std::span<const std::uint8_t> bytes = file.data(tensor);
    if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(float) == 0)
        return {reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float)};
    copy.resize(bytes.size() / sizeof(float));
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::uint8_t*>(copy.data()));
    return copy;
}

void check_tensor(const SafetensorsFile& file, const LayerTensor& wanted) {
    const Tensor* tensor = file.find(wanted.name);
    if (tensor == nullptr) {
        if (wanted.optional) return;
        throw InputError(file.name(), "/" + wanted.name,
                         fmt::format("is missing, expected a tensor of {}", fmt::join(wanted.shape, "x")));
    }
    if (tensor->dtype != "F32" || tensor->shape != wanted.shape) {
        throw InputError(file.name(), "/" + wanted.name,
                         fmt::format("is {} of {}, expected F32 of {}", tensor->dtype,
                                     fmt::join(tensor->shape, "x"), fmt::join(wanted.shape, "x")));
    }
}

// The matrices of the network, with the names of their layers.
std::vector<std::pair<std::string, LayerTensor>> checked_matrices(const Network& network,
                                                                  const SafetensorsFile& file) {
    std::vector<std::pair<std::string, LayerTensor>> matrices;
    std::set<std::string> known;
    for (const Layer& layer : network.layers) {
        for (LayerTensor& tensor : tensors_of(layer)) {
            check_tensor(file, tensor);
            known.insert(tensor.name);
            if (tensor.matrix) matrices.emplace_back(layer.name, std::move(tensor));
        }
    }
    for (const Tensor& tensor : file.header().tensors) {
        if (!known.contains(tensor.name)) {
            throw InputError(
                file.name(), "/" + tensor.name,
                "belongs to no layer of network " + network.name + ", expected its tensors alone");
        }
    }
    return matrices;
}

}  // namespace

std::optional<double> kept_share(std::span<const float> weights, const std::vector<std::int64_t>& shape,
                                 NmPattern nm, Stage stage) {
    const auto [count, rows, columns] = matrices_of(shape);
    const auto size = static_cast<std::size_t>(rows * columns);
    const nm::WeightShape matrix = nm::WeightShape::contiguous(1, rows, columns);
    std::vector<Fp16> rounded(size);
    std::vector<std::uint8_t> kept(size);
    double all = 0;
    double sum = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
        const std::span<const float> values = weights.subspan(i * size, size);
        numerics::to_fp16_array(values, rounded);
        if (stage == Stage::FF) {
            nm::mask_columns(rounded, matrix, nm, kept);
        } else {
            nm::mask_rows(rounded, matrix, nm, kept);
        }
        all += squares(values);
        sum += kept_squares(values, kept);
    }
    if (!std::isfinite(all) || all == 0) return std::nullopt;
    return sum / all;
}

std::vector<MatrixSurvey> survey(const Network& network, const SafetensorsFile& file,
                                 const std::function<void(std::size_t, std::size_t)>& progress) {
    const auto matrices = checked_matrices(network, file);
    std::vector<Reasons> reasons;
    for (const NmPattern& nm : kSurveyedPatterns) reasons.push_back(dense_reasons(network, nm));
    std::size_t all = 0;
    for (const auto& [layer, tensor] : matrices)
        all += static_cast<std::size_t>(file.find(tensor.name)->elements());
    std::size_t done = 0;
    std::vector<MatrixSurvey> surveys;
    std::vector<float> copy;
    for (const auto& [layer, tensor] : matrices) {
        const std::span<const float> weights = floats(file, *file.find(tensor.name), copy);
        MatrixSurvey result{layer, tensor.part, tensor.shape, 0, {}};
        result.zeros = static_cast<double>(std::count(weights.begin(), weights.end(), 0.0F)) /
                       static_cast<double>(weights.size());
        for (std::size_t i = 0; i < kSurveyedPatterns.size(); ++i) {
            for (const Stage stage : {Stage::FF, Stage::BP}) {
                KeptShare kept{kSurveyedPatterns[i], stage, {}, "", false};
                const auto found = reasons[i].find({layer, tensor.part, stage});
                kept.absent = found == reasons[i].end();
                if (!kept.absent) kept.dense_reason = found->second;
                if (!kept.absent && kept.dense_reason.empty())
                    kept.share = kept_share(weights, tensor.shape, kept.nm, stage);
                result.kept.push_back(kept);
            }
        }
        surveys.push_back(std::move(result));
        done += weights.size();
        if (progress) progress(done, all);
    }
    return surveys;
}

}  // namespace satsim::weights
