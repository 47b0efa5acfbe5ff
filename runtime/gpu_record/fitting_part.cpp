#include "runtime/gpu_record/fitting_part.hpp"

#include <fmt/format.h>

#include "runtime/support/error.hpp"
#include "runtime/workload/norm_axis.hpp"

namespace satsim::gpu {
namespace {

// What the work has several of, each independent of the others: products, samples, rows.
std::int64_t items_of(const ProductWork& w) {
    return w.count > 1 ? w.count : w.shape.m;
}
std::int64_t items_of(const ConvolutionWork& w) {
    return w.batch;
}
std::int64_t items_of(const VectorWork& w) {
    return w.shape.rows > 0 ? w.shape.rows : w.elements;
}

std::int64_t items_of(const AttentionWork& w) {
    return w.shape.sequences;
}

ProductWork with_items(ProductWork w, std::int64_t items) {
    (w.count > 1 ? w.count : w.shape.m) = items;
    return w;
}
ConvolutionWork with_items(ConvolutionWork w, std::int64_t items) {
    w.batch = items;
    return w;
}
AttentionWork with_items(AttentionWork w, std::int64_t items) {
    w.shape.sequences = items;
    return w;
}
// Whether the small operands are of channels: every part reads them all.
bool is_by_channel(const VectorWork& w) {
    return is_norm_by_channel(w) || w.op == VectorOp::Bias || w.op == VectorOp::BiasGrad;
}
VectorWork with_items(VectorWork w, std::int64_t items) {
    if (!is_by_channel(w))
        w.extra_bytes = static_cast<Bytes>(static_cast<double>(w.extra_bytes) * static_cast<double>(items) /
                                           static_cast<double>(items_of(w)));
    if (w.shape.rows > 0) {
        w.elements = w.elements / w.shape.rows * items;
        w.shape.rows = items;
    } else {
        w.elements = items;
    }
    return w;
}

// What measuring takes: operands as libraries read them, whole and dense.
Bytes operand_bytes(const Work& work) {
    if (const auto* product = std::get_if<ProductWork>(&work)) {
        ProductWork dense = *product;
        dense.nm = {8, 8};
        return compulsory_bytes(dense);
    }
    if (const auto* w = std::get_if<ConvolutionWork>(&work)) {
        const std::int64_t in = w->batch * w->in_h * w->in_w * w->in_channels;
        const std::int64_t out = w->batch * w->out_h * w->out_w * w->out_channels;
        return 2 * (in + out +
                    std::int64_t{w->kernel_h} * w->kernel_w * (w->in_channels / w->groups) * w->out_channels);
    }
    return compulsory_bytes(work);
}

}  // namespace

FittingPart fitting_part(const Work& work, Bytes room, const std::string& device) {
    if (operand_bytes(work) <= room) return {work, 1};
    const std::int64_t items = std::visit([](const auto& w) { return items_of(w); }, work);
    for (std::int64_t parts = 2; parts <= items; parts *= 2) {
        const std::int64_t some = ceil_div(items, parts);
        const Work part = std::visit([some](const auto& w) { return Work{with_items(w, some)}; }, work);
        if (operand_bytes(part) <= room)
            return {part, static_cast<double>(some) / static_cast<double>(items)};
    }
    constexpr double kGiga = 1e9;
    throw InputError("GPU", "",
                     fmt::format("{} takes {:.1f} GB and cannot be measured in parts, expected at most the "
                                 "{:.1f} GB of {}",
                                 describe(work), static_cast<double>(operand_bytes(work)) / kGiga,
                                 static_cast<double>(room) / kGiga, device));
}

Measurement whole_of(Measurement part, double share) {
    part.measured_share *= share;
    for (double* seconds : {&part.seconds, &part.fastest, &part.slowest, &part.sustained_seconds})
        *seconds /= share;
    if (part.called_seconds) *part.called_seconds /= share;
    if (part.joules) *part.joules /= share;
    for (Candidate& c : part.candidates) c.seconds /= share;
    for (KernelTime& k : part.kernels) k.seconds /= share;
    return part;
}

}  // namespace satsim::gpu
