// Layers that move values without changing them. What is addressed in place has no task; what is copied is
// put together here and moved by the step's copy.
#include <algorithm>

#include "runtime/execute/layer_run.hpp"
#include "runtime/execute/permutation.hpp"
#include "runtime/execute/tensor_places.hpp"

namespace satsim::execute {
namespace {

using Places = std::vector<std::size_t>;

Values gather(const Values& from, const Places& places) {
    Values values(places.size());
    for (std::size_t i = 0; i < places.size(); ++i) values[i] = from[places[i]];
    return values;
}

// Where each element of a slice's output lies in its input.
Places slice_places(const LayerRun& run) {
    const Layer& l = run.layer;
    Places places;
    const auto moved = [&](Axis axis, std::int64_t i) { return l.axis == axis ? l.start + i * l.step : i; };
    for_each_element(run.batch(), l.out, [&](auto c, auto y, auto x, auto b) {
        places.push_back(
            element(l.in, moved(Axis::Channels, c), moved(Axis::Height, y), moved(Axis::Width, x), b));
    });
    return places;
}

// Places of rows of a stream, all of the micro-batch's samples.
Places row_places(const LayerRun& run, std::int64_t first, std::int64_t count, std::int64_t positions,
                  std::int64_t channels) {
    const Choices& choices = run.run.store.choices[static_cast<std::size_t>(run.index)];
    const auto all = static_cast<std::int64_t>(choices.places.size()) / run.run.store.samples();
    Places places;
    for (std::int64_t s = 0; s < run.samples(); ++s) {
        for (std::int64_t r = 0; r < count; ++r) {
            const auto at = static_cast<std::size_t>((run.first_sample() + s) * all + first + r);
            const std::int64_t row = s * positions + choices.places[at];
            for (std::int64_t c = 0; c < channels; ++c)
                places.push_back(static_cast<std::size_t>(row * channels + c));
        }
    }
    return places;
}

Places select_places(const LayerRun& run) {
    const Layer& l = run.layer;
    return row_places(run, 0, l.items * l.out.positions(),
                      run.run.network.items_of(l.inputs[0]) * l.in.positions(), l.in.channels);
}

Places splice_places(const LayerRun& run, std::size_t input) {
    const Network& network = run.run.network;
    const Layer& l = run.layer;
    const auto rows = [&](std::size_t i) {
        return network.items_of(l.inputs[i]) * network.shape_of(l.inputs[i]).positions();
    };
    std::int64_t first = 0;
    for (std::size_t i = 1; i < input; ++i) first += rows(i);
    return row_places(run, first, rows(input), l.items * l.in.positions(), l.in.channels);
}

}  // namespace

void forward_view(LayerRun& run) {
    run.values.out = run.in();
}
void backward_view(LayerRun& run) {
    run.deliver(0, run.values.gradient);
}

void forward_slice(LayerRun& run) {
    run.values.out = gather(run.in(), slice_places(run));
}
void backward_slice(LayerRun& run) {
    run.run.deliver_slice(run.index, slice_places(run), run.values.gradient);
}

// Inputs side by side along an axis: as [outer][extents of the axis times what lies inside].
void forward_concat(LayerRun& run) {
    const Layer& l = run.layer;
    const auto whole = [&](const TensorShape& s) {
        return static_cast<std::size_t>(l.axis == Axis::Channels ? s.channels
                                        : l.axis == Axis::Width  ? s.channels * s.width
                                                                 : s.elements());
    };
    const std::size_t runs = run.out_elements() / whole(l.out);
    Values joined;
    for (std::size_t r = 0; r < runs; ++r) {
        for (const int input : l.inputs) {
            const Values& from = run.run.value(input);
            const std::size_t size = whole(run.run.network.shape_of(input));
            const auto first = static_cast<std::ptrdiff_t>(r * size % from.size());
            joined.insert(joined.end(), from.begin() + first,
                          from.begin() + first + static_cast<std::ptrdiff_t>(size));
        }
    }
    run.values.out = run.copied(Stage::FF, joined, static_cast<std::size_t>(l.out.channels));
}

void backward_concat(LayerRun& run) {
    const Layer& l = run.layer;
    const auto whole = [&](const TensorShape& s) {
        return static_cast<std::size_t>(l.axis == Axis::Channels ? s.channels
                                        : l.axis == Axis::Width  ? s.channels * s.width
                                                                 : s.elements());
    };
    std::size_t offset = 0;
    for (std::size_t i = 0; i < l.inputs.size(); ++i) {
        const std::size_t size = whole(run.run.network.shape_of(l.inputs[i]));
        Values part;
        for (std::size_t first = offset; first < run.values.gradient.size(); first += whole(l.out))
            part.insert(part.end(), run.values.gradient.begin() + static_cast<std::ptrdiff_t>(first),
                        run.values.gradient.begin() + static_cast<std::ptrdiff_t>(first + size));
        offset += size;
        run.deliver_each(i, std::move(part));
    }
}

void forward_pad(LayerRun& run) {
    const Layer& l = run.layer;
    Values padded(run.out_elements());
    for_each_element(run.batch(), l.in, [&](auto c, auto y, auto x, auto b) {
        padded[element(l.out, c, y + l.pad.top, x + l.pad.left, b)] = run.in()[element(l.in, c, y, x, b)];
    });
    run.values.out = run.copied(Stage::FF, padded, static_cast<std::size_t>(l.out.channels));
}
void backward_pad(LayerRun& run) {
    const Layer& l = run.layer;
    Values gradient(run.in_elements());
    for_each_element(run.batch(), l.in, [&](auto c, auto y, auto x, auto b) {
        gradient[element(l.in, c, y, x, b)] =
            run.values.gradient[element(l.out, c, y + l.pad.top, x + l.pad.left, b)];
    });
    run.deliver(0, std::move(gradient));
}

// Other channels innermost: SORE's transposition of all samples' positions x channels, whose elements are
// then read in the output's order. Otherwise a copy.
void forward_permute(LayerRun& run) {
    const Layer& l = run.layer;
    const Places places = permuted_places(l, run.batch());
    const auto channels = static_cast<std::size_t>(l.in.channels);
    if (!l.transposed) {
        run.values.out = run.copied(Stage::FF, gather(run.in(), places), channels);
        return;
    }
    const Values turned = run.map(VectorOp::Transpose, Stage::FF, {&run.in()}, run.in_elements());
    const std::size_t rows = turned.size() / channels;
    Values& out = run.values.out;
    out.clear();
    for (const std::size_t place : places) out.push_back(turned[place % channels * rows + place / channels]);
}

void backward_permute(LayerRun& run) {
    const Layer& l = run.layer;
    const Places places = permuted_places(l, run.batch());
    const Values& dy = run.values.gradient;
    const auto channels = static_cast<std::size_t>(l.out.channels);
    Values back(run.in_elements());
    if (!l.transposed) {
        for (std::size_t i = 0; i < places.size(); ++i) back[places[i]] = dy[i];
        return run.deliver(0, run.copied(Stage::BP, back, channels));
    }
    const Values turned = run.map(VectorOp::Transpose, Stage::BP, {&dy}, run.in_elements());
    const std::size_t rows = turned.size() / channels;
    for (std::size_t i = 0; i < places.size(); ++i)
        back[places[i]] = turned[i % channels * rows + i / channels];
    run.deliver(0, std::move(back));
}

void forward_select(LayerRun& run) {
    run.values.out = run.copied(Stage::FF, gather(run.in(), select_places(run)),
                                static_cast<std::size_t>(run.layer.out.channels));
}
void backward_select(LayerRun& run) {
    const Layer& l = run.layer;
    const Places places = select_places(run);
    if (l.out.positions() <= l.in.positions()) {
        const Values moved =
            run.copied(Stage::BP, run.values.gradient, static_cast<std::size_t>(l.out.channels));
        return run.run.deliver_selected(l.inputs[0], places, moved);
    }
    // What was taken several times is added up: rows of those that were taken, each once.
    const auto channels = static_cast<std::size_t>(l.out.channels);
    std::vector<std::size_t> rows;
    for (std::size_t at = 0; at < places.size(); at += channels) rows.push_back(places[at] / channels);
    std::vector<std::size_t> taken = rows;
    std::ranges::sort(taken);
    taken.erase(std::ranges::unique(taken).begin(), taken.end());
    std::vector<std::int64_t> numbers;
    for (const std::size_t row : rows)
        numbers.push_back(std::ranges::lower_bound(taken, row) - taken.begin());
    Places summed;
    for (const std::size_t row : taken)
        for (std::size_t c = 0; c < channels; ++c) summed.push_back(row * channels + c);
    const auto [task, engine] = run.tasks.vector(VectorOp::Embed, Stage::BP);
    Values sums(summed.size());
    engine.vector({.task = task,
                   .layer = l,
                   .maps = {run.values.gradient},
                   .results = {sums},
                   .numbers = numbers,
                   .length = l.out.channels});
    run.run.deliver_selected(l.inputs[0], summed, sums);
}

void forward_splice(LayerRun& run) {
    const Layer& l = run.layer;
    run.values.out = run.in(0);
    for (std::size_t i = 1; i < l.inputs.size(); ++i) {
        if (run.in(i).empty()) continue;
        const Values moved = run.copied(Stage::FF, run.in(i), static_cast<std::size_t>(l.in.channels));
        const Places places = splice_places(run, i);
        for (std::size_t at = 0; at < places.size(); ++at) run.values.out[places[at]] = moved[at];
    }
}

// Rows that others took hand no gradient to the first stream: zeros take their places.
void backward_splice(LayerRun& run) {
    const Layer& l = run.layer;
    Places taken;
    for (std::size_t i = 1; i < l.inputs.size(); ++i) {
        const Places places = splice_places(run, i);
        taken.insert(taken.end(), places.begin(), places.end());
        if (places.empty() || !run.wants(i)) continue;
        run.deliver(i, run.copied(Stage::BP, gather(run.values.gradient, places),
                                  static_cast<std::size_t>(l.in.channels)));
    }
    if (!run.wants(0)) return;
    Values rest = run.values.gradient;
    const Values zeros = taken.empty() ? Values{} : run.zeros(taken.size());
    for (std::size_t at = 0; at < taken.size(); ++at) rest[taken[at]] = zeros[at];
    run.deliver(0, std::move(rest));
}

}  // namespace satsim::execute
