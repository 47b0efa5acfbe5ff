// gpu_bench [FILE.json]: the backend's kernels against the libraries, at shapes of ResNet-50, ViT-B and a
// 4096-wide transformer, the fused update and vector work against a copy, and fused attention. Prints ratios,
// whatever they are; writes all figures to FILE.json.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "runtime/gpu/device/cuda_meter.hpp"

namespace {

using namespace satsim;
using namespace satsim::gpu;
using nlohmann::ordered_json;

constexpr int kRepetitions = 20;

struct Shape {
    const char* name;
    GemmShape gemm;
};
// Positions x output channels x reduction. ResNet-50 at batch 128, ViT-B/16 at batch 64 (197 tokens), a
// transformer of width 4096 at 4096 tokens.
constexpr Shape kShapes[] = {{"ResNet-50 layer1 3x3", {401408, 64, 576}},
                             {"ResNet-50 layer2 3x3", {100352, 128, 1152}},
                             {"ResNet-50 layer3 3x3", {25088, 256, 2304}},
                             {"ResNet-50 layer4 3x3", {6272, 512, 4608}},
                             {"ResNet-50 layer3 1x1", {25088, 1024, 256}},
                             {"ViT-B qkv", {12608, 2304, 768}},
                             {"ViT-B fc1", {12608, 3072, 768}},
                             {"ViT-B fc2", {12608, 768, 3072}},
                             {"4096-wide attention", {4096, 4096, 4096}},
                             {"4096-wide fc1", {4096, 16384, 4096}},
                             {"4096-wide fc2", {4096, 4096, 16384}}};

double seconds_of(const Contender& c, Libraries& l) {
    return c.run ? time_runs(c.run, c.sets, kRepetitions, l.stream).median : 0;
}

// cuBLASLt as a caller by hand would use it, the heuristic's first choice, and as satsim does: in turn, since
// clocks move. Seconds of each.
struct DenseTimes {
    double satsim = 0;
    double by_hand = 0;
};
DenseTimes dense_times(Libraries& l, const ProductWork& work) {
    const auto [m, n, k] = work.shape;
    const auto bytes = [](std::int64_t elements) { return static_cast<std::size_t>(elements) * 2; };
    const OperandSets sets({{bytes(m * k)}, {bytes(k * n)}, {bytes(m * n), Fill::Nothing}}, l.l2_bytes,
                           l.stream.get());
    const auto product = l.blas.prepare(work, sets, l.stream);
    constexpr int kRounds = 5;
    std::vector<double> ours;
    std::vector<double> hand;
    for (int round = 0; round < kRounds; ++round) {
        ours.push_back(time_runs([&](int s) { l.blas.run(*product, sets, s, l.stream); }, sets.sets(),
                                 kRepetitions / 2, l.stream)
                           .median);
        hand.push_back(time_runs([&](int s) { l.blas.run_first_choice(*product, sets, s, l.stream); },
                                 sets.sets(), kRepetitions / 2, l.stream)
                           .median);
    }
    std::sort(ours.begin(), ours.end());
    std::sort(hand.begin(), hand.end());
    return {ours[kRounds / 2], hand[kRounds / 2]};
}

std::string ratio(double of, double to) {
    return of > 0 && to > 0 ? fmt::format("{:.2f}x", of / to) : "-";
}

ordered_json product_row(Libraries& l, const Shape& shape, const NmPattern& nm) {
    ProductWork dense;
    dense.shape = shape.gemm;
    ProductWork sparse = dense;
    sparse.nm = nm;
    ordered_json row = {{"name", shape.name},
                        {"m", shape.gemm.m},
                        {"n", shape.gemm.n},
                        {"k", shape.gemm.k},
                        {"nm", to_string(nm)}};
    double own_seconds = 0;
    std::string own_name;
    double library_seconds = 0;
    double dense_seconds = 0;
    for (const Contender& c : contenders(l, sparse)) {
        if (!c.run) {
            row["refused"][c.kernel] = c.refused;
            continue;
        }
        const double seconds = seconds_of(c, l);
        row["seconds"][c.kernel] = seconds;
        if (!c.sparse) dense_seconds = seconds;
        if (c.kernel == "cuSPARSELt") library_seconds = seconds;
        if (c.kernel.starts_with("satsim") && (own_seconds == 0 || seconds < own_seconds)) {
            own_seconds = seconds;
            own_name = c.kernel;
        }
    }
    const auto [in_turn, hand] = dense_times(l, dense);
    row["seconds"]["cuBLASLt in turn"] = in_turn;
    row["seconds"]["cuBLASLt by hand"] = hand;
    const double flops = 2.0 * static_cast<double>(dense_macs(dense));
    fmt::print(
        "{:22} {:>5} {:>8.1f} TFLOP/s dense; by hand/dense {:>6}; dense/own 2:4 {:>6} ({}); dense/cuSPARSELt "
        "with "
        "compression {:>6}; cuSPARSELt/own {:>6}\n",
        shape.name, to_string(nm), flops / dense_seconds * 1e-12, ratio(hand, in_turn),
        ratio(dense_seconds, own_seconds), own_name, ratio(dense_seconds, library_seconds),
        ratio(library_seconds, own_seconds));
    return row;
}

// What a bias costs a product that adds it as it writes, for every way of doing it.
ordered_json bias_row(Libraries& l, const Shape& shape) {
    ProductWork work;
    work.shape = shape.gemm;
    work.nm = {2, 4};
    ordered_json row = {{"name", shape.name}};
    std::string line;
    std::vector<Contender> plain = contenders(l, work);
    work.bias = true;
    for (const Contender& c : contenders(l, work)) {
        const auto same =
            std::ranges::find_if(plain, [&c](const Contender& p) { return p.kernel == c.kernel; });
        if (!c.run || same == plain.end() || !same->run) continue;
        const double without = seconds_of(*same, l);
        const double with = seconds_of(c, l);
        row["seconds"][c.kernel] = {{"without", without}, {"with", with}};
        line += fmt::format("; {} {}", c.kernel, ratio(with, without));
    }
    fmt::print("{:22} with a bias/without{}\n", shape.name, line);
    return row;
}

// cuSPARSELt's product alone, its weights compressed beforehand: the fair opponent of the own kernel.
ordered_json library_row(Libraries& l, const Shape& shape) {
    ordered_json row = {{"name", shape.name}};
    const auto [m, n, k] = shape.gemm;
    const auto bytes = [](std::int64_t elements) { return static_cast<std::size_t>(elements) * 2; };
    try {
        const OperandSets sets(
            {{bytes(m * k)}, {bytes(k * n), Fill::Pruned24}, {bytes(m * n), Fill::Nothing}}, l.l2_bytes,
            l.stream.get());
        const auto product =
            l.sparse.prepare(shape.gemm, sets.at(0, 0), sets.at(1, 0), sets.at(2, 0), nullptr, l.stream);
        const double alone =
            time_runs([&](int s) { l.sparse.multiply(*product, sets.at(0, s), sets.at(2, s), l.stream); },
                      sets.sets(), kRepetitions, l.stream)
                .median;
        row["seconds"] = alone;
        fmt::print("{:22} cuSPARSELt alone {:.1f} TFLOP/s dense-equivalent\n", shape.name,
                   2.0 * static_cast<double>(m * n * k) / alone * 1e-12);
    } catch (const InputError& error) {
        row["refused"] = error.what();
        fmt::print("{:22} cuSPARSELt refused: {}\n", shape.name, error.what());
    }
    return row;
}

ordered_json update_row(Libraries& l, const char* optimizer, const NmPattern& nm, double copy_bandwidth) {
    VectorWork work;
    work.op = VectorOp::Optimizer;
    work.optimizer = optimizer;
    work.shape = {1, 4096, 16384};
    work.elements = work.shape.elements();
    const bool sgd = std::string(optimizer) == "sgd";
    work.reads_fp32 = sgd ? 3 : 4;
    work.writes_fp32 = sgd ? 2 : 3;
    work.pregenerate_ff = work.pregenerate_bp = nm;
    // What the kernel writes beside: two compressed copies (values and positions: 9/8 bytes a weight each).
    const double bytes =
        static_cast<double>(work.elements) * (4.0 * (work.reads_fp32 + work.writes_fp32) + 2 * 9.0 / 8);
    const auto list = contenders(l, work);
    const double seconds = seconds_of(list.front(), l);
    fmt::print("{:6} {:>5} fused update and both copies: {:.0f} GB/s, {:.0f} % of a copy's {:.0f} GB/s\n",
               optimizer, to_string(nm), bytes / seconds * 1e-9, 100 * bytes / seconds / copy_bandwidth,
               copy_bandwidth * 1e-9);
    return {{"optimizer", optimizer},
            {"nm", to_string(nm)},
            {"seconds", seconds},
            {"bytes", bytes},
            {"share_of_copy", bytes / seconds / copy_bandwidth}};
}

// Vector work that networks have most of, as their tasks ask for it.
struct VectorCase {
    const char* name;
    VectorOp op;
    MatrixShape shape;
    int reads;
    int writes;
    bool by_channel;
    int flops;
    bool fused = false;
};
constexpr VectorCase kVectorWork[] = {
    {"add, ResNet-50 layer1", VectorOp::Add, {1, 401408, 256}, 2, 1, false, 1},
    {"ReLU gradient, layer1", VectorOp::ActivationGrad, {1, 401408, 256}, 2, 1, false, 1},
    {"channel statistics, layer1", VectorOp::NormStatistics, {1, 401408, 256}, 1, 0, true, 3},
    {"channel statistics, layer4", VectorOp::NormStatistics, {1, 6272, 2048}, 1, 0, true, 3},
    {"channel norm, layer1", VectorOp::NormApply, {1, 401408, 256}, 1, 1, true, 2},
    {"channel norm, 64 channels", VectorOp::NormApply, {1, 1605632, 64}, 1, 1, true, 2},
    {"channel gradient sums, layer1", VectorOp::NormGradStatistics, {1, 401408, 256}, 2, 0, true, 5},
    {"channel norm gradient, layer1", VectorOp::NormGradApply, {1, 401408, 256}, 2, 1, true, 5},
    {"bias, ViT-B qkv", VectorOp::Bias, {1, 12608, 2304}, 1, 1, true, 1},
    {"bias gradient, ViT-B qkv", VectorOp::BiasGrad, {1, 12608, 2304}, 1, 0, true, 1},
    {"gated SiLU, 4096-wide", VectorOp::Activation, {1, 4096, 14336}, 2, 1, false, 5},
    {"gated SiLU gradient", VectorOp::ActivationGrad, {1, 4096, 14336}, 3, 2, false, 8},
    {"row statistics of 768", VectorOp::NormStatistics, {1, 50432, 768}, 1, 0, false, 3},
    {"row norm of 768", VectorOp::NormApply, {1, 50432, 768}, 1, 1, false, 4},
    {"row norm of 4096", VectorOp::NormApply, {1, 14336, 4096}, 1, 1, false, 4},
    {"row norm gradient of 4096", VectorOp::NormGradApply, {1, 14336, 4096}, 2, 1, false, 6},
    {"row norm of 768, whole", VectorOp::NormApply, {1, 50432, 768}, 1, 1, false, 7, true},
    {"row norm of 4096, whole", VectorOp::NormApply, {1, 14336, 4096}, 1, 1, false, 7, true},
    {"row norm gradient of 768, whole", VectorOp::NormGradApply, {1, 50432, 768}, 2, 1, false, 11, true},
    {"row norm gradient of 4096, whole", VectorOp::NormGradApply, {1, 14336, 4096}, 2, 1, false, 11, true},
    {"softmax of 65", VectorOp::Softmax, {1, 266240, 65}, 1, 1, false, 5},
    {"softmax of 2048", VectorOp::Softmax, {1, 65536, 2048}, 1, 1, false, 5},
    {"softmax gradient of 2048", VectorOp::SoftmaxGrad, {1, 65536, 2048}, 2, 1, false, 4},
    {"cross-entropy of 32000", VectorOp::Loss, {1, 4096, 32000}, 1, 1, false, 8},
    {"cross-entropy of 151936", VectorOp::Loss, {1, 784, 151936}, 1, 1, false, 8}};

ordered_json vector_row(Libraries& l, const VectorCase& c, double copy_bandwidth) {
    VectorWork work;
    work.op = c.op;
    work.shape = c.shape;
    work.elements = work.shape.elements();
    work.reads_fp16 = c.reads;
    work.writes_fp16 = c.writes;
    work.flops_per_element = c.flops;
    work.extra_bytes = c.by_channel ? 8 * c.shape.columns : 0;
    work.fused = c.fused;
    const auto list = contenders(l, work);
    const double seconds = seconds_of(list.front(), l);
    const double bandwidth = static_cast<double>(compulsory_bytes(work)) / seconds;
    fmt::print("{:32} {:>10.1f} us, {:>5.0f} GB/s, {:>3.0f} % of a copy's ({})\n", c.name, seconds * 1e6,
               bandwidth * 1e-9, 100 * bandwidth / copy_bandwidth, list.front().kernel);
    return {{"name", c.name},
            {"kernel", list.front().kernel},
            {"rows", c.shape.rows},
            {"columns", c.shape.columns},
            {"seconds", seconds},
            {"bytes", compulsory_bytes(work)},
            {"share_of_copy", bandwidth / copy_bandwidth}};
}

// Attention of a transformer with heads that share keys, and of a small ViT: many short sequences.
struct AttentionCase {
    const char* name;
    AttentionShape shape;
};
constexpr AttentionCase kAttention[] = {
    {"2048 causal, 32 heads of 128", {4, 32, 8, 2048, 2048, 128, 128, true, 0}},
    {"65 x 512, 8 heads of 64", {512, 8, 8, 65, 65, 64, 64, false, 0}}};

ordered_json attention_row(Libraries& l, const AttentionCase& c) {
    ordered_json row = {{"name", c.name}};
    for (const bool gradient : {false, true}) {
        const AttentionWork work{gradient, c.shape};
        const char* pass = gradient ? "backward" : "forward";
        const auto list = contenders(l, work);
        if (!list.front().run) {
            row["refused"][pass] = list.front().refused;
            fmt::print("attention {:30} {:>8}: {} refused: {}\n", c.name, pass, list.front().kernel,
                       list.front().refused);
            continue;
        }
        const double seconds = seconds_of(list.front(), l);
        row["seconds"][pass] = seconds;
        fmt::print("attention {:30} {:>8}: {:>8.1f} us, {:>6.1f} TFLOP/s ({})\n", c.name, pass, seconds * 1e6,
                   2.0 * static_cast<double>(dense_macs(work)) / seconds * 1e-12, list.front().kernel);
    }
    return row;
}

int run(int argc, char** argv) {
    MeterSettings settings;
    settings.repetitions = kRepetitions;
    settings.energy_window_s = 0;
    settings.profile = false;
    CudaMeter meter(settings);
    Libraries& l = meter.libraries();
    const MeasuredDevice device = meter.device();
    ordered_json document = {{"device", device.name},
                             {"driver", device.driver},
                             {"date", device.date},
                             {"dense_flops", device.dense_flops},
                             {"copy_bandwidth", device.copy_bandwidth},
                             {"launch_seconds", device.launch_seconds}};
    for (const auto& [name, version] : device.libraries) document["libraries"][name] = version;
    fmt::print("{}: {:.1f} TFLOP/s dense (8192^3), copy {:.0f} GB/s, launch {:.2f} us\n", device.name,
               device.dense_flops * 1e-12, device.copy_bandwidth * 1e-9, device.launch_seconds * 1e6);
    const auto save = [&] {
        if (argc > 1) std::ofstream(argv[1]) << document.dump(1) << "\n";
    };
    for (const char* optimizer : {"sgd", "adam", "adamw"}) {
        for (const NmPattern& nm : {NmPattern{2, 4}, NmPattern{2, 8}})
            document["updates"].push_back(update_row(l, optimizer, nm, device.copy_bandwidth));
    }
    save();
    for (const VectorCase& c : kVectorWork)
        document["vector"].push_back(vector_row(l, c, device.copy_bandwidth));
    save();
    for (const AttentionCase& c : kAttention) document["attention"].push_back(attention_row(l, c));
    save();
    for (const Shape& shape : kShapes) {
        for (const NmPattern& nm : {NmPattern{2, 4}, NmPattern{2, 8}}) {
            document["products"].push_back(product_row(l, shape, nm));
            save();  // what is there stays there, should the time run out
        }
        document["cusparselt_alone"].push_back(library_row(l, shape));
        if (std::string(shape.name).starts_with("ViT")) document["bias"].push_back(bias_row(l, shape));
    }
    save();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        fmt::print(stderr, "gpu_bench: {}\n", error.what());
        return 2;
    }
}
