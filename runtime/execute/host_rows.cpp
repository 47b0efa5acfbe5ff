// Work on rows of channels: softmax, loss, rotary embedding, tables.
#include <algorithm>

#include "runtime/execute/host_kernels.hpp"

namespace satsim::execute {
namespace {

template <typename Real>
struct Exponentials {
    std::vector<Real> values;
    Real sum = 0;
    Real largest = 0;
};

// exp(factor * (x - largest)); what is -infinity is masked and becomes 0.
template <typename Real>
Exponentials<Real> exponentials(std::span<const double> x, double factor) {
    Exponentials<Real> e;
    e.largest = static_cast<Real>(*std::max_element(x.begin(), x.end()));
    for (const double value : x) {
        e.values.push_back(std::exp(static_cast<Real>(factor) * (static_cast<Real>(value) - e.largest)));
        e.sum += e.values.back();
    }
    return e;
}

// maps: x -> results: probabilities of each row of `length`.
template <typename Real>
void softmax(const VectorWork& work) {
    const auto length = static_cast<std::size_t>(work.length);
    for (std::size_t first = 0; first < work.maps[0].size(); first += length) {
        const auto e = exponentials<Real>(work.maps[0].subspan(first, length), work.factor);
        for (std::size_t i = 0; i < length; ++i) work.results[0][first + i] = as_map(e.values[i] / e.sum);
    }
}

// maps: dP, P -> results: factor * P * (dP - sum of dP * P).
template <typename Real>
void softmax_gradient(const VectorWork& work) {
    const auto length = static_cast<std::size_t>(work.length);
    const std::span<const double> gradient = work.maps[0];
    const std::span<const double> p = work.maps[1];
    for (std::size_t first = 0; first < p.size(); first += length) {
        Real sum = 0;
        for (std::size_t i = first; i < first + length; ++i)
            sum += static_cast<Real>(gradient[i]) * static_cast<Real>(p[i]);
        for (std::size_t i = first; i < first + length; ++i)
            work.results[0][i] = as_map(static_cast<Real>(work.factor) * static_cast<Real>(p[i]) *
                                        (static_cast<Real>(gradient[i]) - sum));
    }
}

// maps: logits; numbers: labels -> results: factor * (probability - is label); sums: -log of the labels'
// probabilities, added up.
template <typename Real>
void loss(const VectorWork& work) {
    const auto length = static_cast<std::size_t>(work.layer.in.channels);
    Real total = 0;
    for (std::size_t first = 0; first < work.maps[0].size(); first += length) {
        const std::span<const double> x = work.maps[0].subspan(first, length);
        const auto e = exponentials<Real>(x, 1);
        const auto label = static_cast<std::size_t>(work.numbers[first / length]);
        total += std::log(e.sum) - (static_cast<Real>(x[label]) - e.largest);
        for (std::size_t i = 0; i < length; ++i)
            work.results[0][first + i] = as_map(static_cast<Real>(work.factor) *
                                                (e.values[i] / e.sum - (i == label ? Real(1) : Real(0))));
    }
    work.sums[0][0] = as_sum(total);
}

// maps: x -> results: neighbouring channels 2i, 2i+1 of each head of `length` turned by position *
// 10000^(-2i/length), backwards where factor is -1; channels from layer.size on as they are.
template <typename Real>
void rotary(const VectorWork& work) {
    const Layer& l = work.layer;
    const std::span<const double> x = work.maps[0];
    const auto channels = static_cast<std::size_t>(l.in.channels);
    const auto turned = static_cast<std::size_t>(l.size);
    const auto head = static_cast<std::size_t>(work.length);
    const auto positions = static_cast<std::size_t>(l.in.positions());
    std::copy(x.begin(), x.end(), work.results[0].begin());
    for (std::size_t row = 0; row < x.size() / channels; ++row) {
        const auto position = static_cast<double>(row % positions);
        for (std::size_t c = 0; c + 1 < turned; c += 2) {
            const double rate = std::pow(10000.0, -static_cast<double>(c % head) / static_cast<double>(head));
            const auto cosine = static_cast<Real>(std::cos(position * rate));
            const auto sine = static_cast<Real>(work.factor * std::sin(position * rate));
            const std::size_t at = row * channels + c;
            const auto a = static_cast<Real>(x[at]);
            const auto b = static_cast<Real>(x[at + 1]);
            work.results[0][at] = as_map(a * cosine - b * sine);
            work.results[0][at + 1] = as_map(a * sine + b * cosine);
        }
    }
}

// FF: vectors: table, numbers: rows of `length` -> results. BP: maps: dy, numbers -> sums: the table's
// gradient, or, where the rows are those of a map, results.
template <typename Real>
void lookup(const VectorWork& work) {
    const auto channels = static_cast<std::size_t>(work.length);
    if (work.task.stage == Stage::FF) {
        for (std::size_t i = 0; i < work.results[0].size(); ++i) {
            const auto row = static_cast<std::size_t>(work.numbers[i / channels]);
            work.results[0][i] = as_map(static_cast<Real>(work.vectors[0][row * channels + i % channels]));
        }
        return;
    }
    const bool of_map = work.sums.empty();
    const std::span<double> to = of_map ? work.results[0] : work.sums[0];
    std::vector<Real> sums(to.size());
    for (std::size_t i = 0; i < work.maps[0].size(); ++i) {
        const auto row = static_cast<std::size_t>(work.numbers[i / channels]);
        sums[row * channels + i % channels] += static_cast<Real>(work.maps[0][i]);
    }
    for (std::size_t i = 0; i < sums.size(); ++i) to[i] = of_map ? as_map(sums[i]) : as_sum(sums[i]);
}

// FF: maps: x, a weight for each of its positions -> results: groups of positions, weighted and added up. BP:
// maps: dy, weights -> results: dx.
template <typename Real>
void combine(const VectorWork& work) {
    const Layer& l = work.layer;
    const auto channels = static_cast<std::size_t>(l.in.channels);
    const auto in = static_cast<std::size_t>(l.in.positions());
    const auto out = static_cast<std::size_t>(l.out.positions());
    const bool forward = work.task.stage == Stage::FF;
    std::vector<Real> sums(forward ? work.results[0].size() : 0);
    for (std::size_t position = 0; position < work.maps[1].size(); ++position) {
        const auto weight = static_cast<Real>(work.maps[1][position]);
        const std::size_t other = position / in * out + position % in % out;
        for (std::size_t c = 0; c < channels; ++c) {
            if (forward)
                sums[other * channels + c] +=
                    weight * static_cast<Real>(work.maps[0][position * channels + c]);
            else
                work.results[0][position * channels + c] =
                    as_map(weight * static_cast<Real>(work.maps[0][other * channels + c]));
        }
    }
    for (std::size_t i = 0; i < sums.size(); ++i) work.results[0][i] = as_map(sums[i]);
}

// vectors: class token (if any), then positions. FF: maps: x -> results. BP: maps: dy -> sums: their
// gradients.
template <typename Real>
void embedding(const VectorWork& work) {
    const Layer& l = work.layer;
    const auto channels = static_cast<std::size_t>(l.out.channels);
    const auto sample = static_cast<std::size_t>(l.out.elements());
    const std::size_t front = l.class_token ? channels : 0;
    const bool forward = work.task.stage == Stage::FF;
    const std::size_t elements = forward ? work.results[0].size() : work.maps[0].size();
    std::vector<Real> sums(forward ? 0 : work.sums[0].size());
    for (std::size_t i = 0; i < elements; ++i) {
        const std::size_t inner = i % sample;
        if (!forward) {
            const auto dy = static_cast<Real>(work.maps[0][i]);
            sums[front + inner] += dy;
            if (inner < front) sums[inner] += dy;
            continue;
        }
        const double x = inner < front ? work.vectors[0][inner]
                                       : work.maps[0][i / sample * (sample - front) + inner - front];
        work.results[0][i] = as_map(static_cast<Real>(x) + static_cast<Real>(work.vectors[0][front + inner]));
    }
    for (std::size_t i = 0; i < sums.size(); ++i) work.sums[0][i] = as_sum(sums[i]);
}

// maps: products of positions and table rows; vectors: table -> results: the nearest rows, and their numbers.
template <typename Real>
void nearest(const VectorWork& work) {
    const auto channels = static_cast<std::size_t>(work.layer.in.channels);
    const auto rows = static_cast<std::size_t>(work.layer.rows);
    std::vector<Real> lengths(rows);
    for (std::size_t i = 0; i < rows * channels; ++i)
        lengths[i / channels] +=
            static_cast<Real>(work.vectors[0][i]) * static_cast<Real>(work.vectors[0][i]);
    for (std::size_t p = 0; p < work.maps[0].size() / rows; ++p) {
        std::size_t best = 0;
        const auto distance = [&](std::size_t r) {
            return lengths[r] - 2 * static_cast<Real>(work.maps[0][p * rows + r]);
        };
        for (std::size_t r = 1; r < rows; ++r)
            if (distance(r) < distance(best)) best = r;
        work.results[1][p] = static_cast<double>(best);
        for (std::size_t c = 0; c < channels; ++c)
            work.results[0][p * channels + c] =
                as_map(static_cast<Real>(work.vectors[0][best * channels + c]));
    }
}

}  // namespace

template <typename Real>
void row_work(const VectorWork& work) {
    switch (work.task.op) {
        case VectorOp::Softmax:
            return softmax<Real>(work);
        case VectorOp::SoftmaxGrad:
            return softmax_gradient<Real>(work);
        case VectorOp::Loss:
            return loss<Real>(work);
        case VectorOp::Rotary:
            return rotary<Real>(work);
        case VectorOp::Nearest:
            return nearest<Real>(work);
        case VectorOp::Combine:
            return combine<Real>(work);
        default:
            return work.layer.kind == LayerKind::Embedding ? embedding<Real>(work) : lookup<Real>(work);
    }
}

template void row_work<float>(const VectorWork& work);
template void row_work<double>(const VectorWork& work);

}  // namespace satsim::execute
