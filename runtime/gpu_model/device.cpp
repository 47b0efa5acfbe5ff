// Reads a GPU device file: models/schemas/gpu.schema.json in code, plus what a schema cannot say.
#include "runtime/gpu_model/device.hpp"

#include <fmt/format.h>

#include <cmath>

#include "runtime/support/json_cursor.hpp"

namespace satsim::gpu {
namespace {

// A figure that counts something.
Figure read_count(const JsonCursor& at, const std::string& unit, double low, double high) {
    Figure figure = read_figure(at, unit, low, high);
    if (figure.value != std::floor(figure.value)) at.at("value").fail("is no whole number");
    return figure;
}

ComputeFigures read_compute(const JsonCursor& at) {
    at.object({"sm_count", "clock", "tensor_dense", "tensor_sparse", "fp32"});
    ComputeFigures compute{
        read_count(at.at("sm_count"), "SM", 1, 1024), read_figure(at.at("clock"), "Hz", 1e6, 1e10),
        read_figure(at.at("tensor_dense"), "flop/s", 1), read_figure(at.at("tensor_sparse"), "flop/s"),
        read_figure(at.at("fp32"), "flop/s", 1)};
    const double sparse = compute.tensor_sparse.value;
    if (sparse != 0 && sparse <= compute.tensor_dense.value)
        at.at("tensor_sparse")
            .fail("is not above tensor_dense, expected 0 where there are no sparse tensor cores");
    return compute;
}

MemoryFigures read_memory(const JsonCursor& at) {
    at.object({"bandwidth", "capacity", "l2_capacity", "l2_bandwidth", "host_link"});
    MemoryFigures memory{
        read_figure(at.at("bandwidth"), "byte/s", 1), read_figure(at.at("capacity"), "byte", 1e6, 1e14),
        read_figure(at.at("l2_capacity"), "byte", 1, 1e12), read_figure(at.at("l2_bandwidth"), "byte/s", 1),
        read_figure(at.at("host_link"), "byte/s")};
    if (memory.l2_bandwidth.value < memory.bandwidth.value)
        at.at("l2_bandwidth").fail("is below the bandwidth of the memory behind it");
    return memory;
}

std::vector<Tile> read_tiles(const JsonCursor& at) {
    constexpr std::int64_t kSmallest = 16;
    constexpr std::int64_t kLargest = 512;
    constexpr std::size_t kMost = 16;
    std::vector<Tile> tiles;
    const std::size_t count = at.size(1);
    if (count > kMost) at.fail("has more than 16 tiles");
    for (std::size_t i = 0; i < count; ++i) {
        const JsonCursor tile = at.at(i);
        tile.object({"m", "n"});
        tiles.push_back(
            {tile.at("m").integer(kSmallest, kLargest), tile.at("n").integer(kSmallest, kLargest)});
    }
    return tiles;
}

std::optional<TimingConvention> read_timing(const JsonCursor& at) {
    if (at.has("timing") != at.has("timing_source"))
        at.fail("has one of timing and timing_source, expected both or neither");
    if (!at.has("timing")) return std::nullopt;
    const std::string text = at.at("timing").text();
    for (const TimingConvention timing : {TimingConvention::Calls, TimingConvention::GraphReplays})
        if (text == to_string(timing)) return timing;
    at.at("timing").fail(fmt::format("is {}, expected \"{}\" or \"{}\"", shown(at.at("timing").node()),
                                     to_string(TimingConvention::Calls),
                                     to_string(TimingConvention::GraphReplays)));
}

KernelFigures read_kernels(const JsonCursor& at) {
    at.object({"launch_overhead",
               "product_overhead",
               "convolution_overhead",
               "column_overhead",
               "packing_overhead",
               "tiles",
               "tiles_source",
               "sparse_tiles",
               "sparse_tiles_source",
               "sparse_gathers",
               "k_step",
               "max_split",
               "sparse_max_split",
               "batched_max_split",
               "cluster",
               "sparse_cluster",
               "sparse_alignment",
               "dense_efficiency",
               "convolution_efficiency",
               "sparse_efficiency",
               "memory_efficiency",
               "l2_efficiency",
               "packing_efficiency",
               "row_efficiency",
               "column_efficiency",
               "coefficient_bandwidth"},
              {"attention_efficiency", "attention_gradient_efficiency", "timing", "timing_source"});
    const auto whole_attention = [&at](const char* key) {
        return at.has(key)
                   ? read_figure(at.at(key), "1", 0, 1)
                   : Figure{0, std::string("1"),
                            std::string("not in the file: attention is products and a softmax"), false};
    };
    const auto share = [&at](const char* key) { return read_figure(at.at(key), "1", 0.01, 1); };
    const auto seconds = [&at](const char* key) { return read_figure(at.at(key), "s", 0, 1); };
    const auto slices = [&at](const char* key) { return read_count(at.at(key), "slice", 1, 64); };
    const auto blocks = [&at](const char* key) { return read_count(at.at(key), "block", 1, 16); };
    return {seconds("launch_overhead"),
            seconds("product_overhead"),
            seconds("convolution_overhead"),
            seconds("column_overhead"),
            seconds("packing_overhead"),
            read_tiles(at.at("tiles")),
            at.at("tiles_source").text(),
            read_tiles(at.at("sparse_tiles")),
            at.at("sparse_tiles_source").text(),
            at.at("sparse_gathers").boolean(),
            read_count(at.at("k_step"), "element", 8, 1024),
            slices("max_split"),
            slices("sparse_max_split"),
            slices("batched_max_split"),
            blocks("cluster"),
            blocks("sparse_cluster"),
            read_count(at.at("sparse_alignment"), "element", 1, 1024),
            share("dense_efficiency"),
            share("convolution_efficiency"),
            share("sparse_efficiency"),
            share("memory_efficiency"),
            share("l2_efficiency"),
            share("packing_efficiency"),
            share("row_efficiency"),
            share("column_efficiency"),
            whole_attention("attention_efficiency"),
            whole_attention("attention_gradient_efficiency"),
            read_figure(at.at("coefficient_bandwidth"), "byte/s", 1),
            read_timing(at),
            at.has("timing_source") ? at.at("timing_source").text() : ""};
}

PowerFigures read_power(const JsonCursor& at) {
    at.object({"board", "idle", "tensor_flop", "fp32_flop", "dram_byte"}, {"active", "burst"});
    const auto joules = [&at](const char* key) { return read_figure(at.at(key), "J", 0, 1); };
    PowerFigures power;
    power.board = read_figure(at.at("board"), "W", 0.1, 1e5);
    power.idle = read_figure(at.at("idle"), "W", 0, 1e5);
    power.active =
        at.has("active")
            ? read_figure(at.at("active"), "W", 0, 1e5)
            : Figure{0, std::string("W"),
                     std::string("not in the file: a kernel draws its flops and bytes alone"), false};
    power.tensor_flop = joules("tensor_flop");
    power.fp32_flop = joules("fp32_flop");
    power.dram_byte = joules("dram_byte");
    power.burst = at.has("burst") ? read_figure(at.at("burst"), "W", power.board.value, 1e5)
                                  : Figure{power.board.value, std::string("W"),
                                           std::string("not in the file: the limit"), false};
    if (power.idle.value >= power.board.value) at.at("idle").fail("is not below board, the limit");
    if (power.idle.value + power.active.value >= power.board.value)
        at.at("active").fail("with idle is not below board, the limit");
    return power;
}

Device read_device(const JsonCursor& root) {
    root.object({"format", "version", "name", "description", "architecture", "compute", "memory", "kernels",
                 "power"});
    if (root.at("format").text() != "satsim-gpu")
        root.at("format").fail("is not \"satsim-gpu\": no GPU device file");
    (void)root.at("version").integer(1, 1);
    Device device;
    device.file = root.file();
    device.name = root.at("name").text();
    device.description = root.at("description").text();
    device.architecture = root.at("architecture").text();
    device.compute = read_compute(root.at("compute"));
    device.memory = read_memory(root.at("memory"));
    device.kernels = read_kernels(root.at("kernels"));
    if ((device.kernels.attention_efficiency.value > 0) !=
        (device.kernels.attention_gradient_efficiency.value > 0))
        root.at("kernels").fail("has one of attention_efficiency and attention_gradient_efficiency above 0");
    device.power = read_power(root.at("power"));
    return device;
}

}  // namespace

const char* to_string(TimingConvention timing) {
    return timing == TimingConvention::Calls ? "calls" : "graph replays";
}

const char* timing_text(TimingConvention timing) {
    return timing == TimingConvention::Calls ? "calls, launches included" : "replayed CUDA graphs";
}

std::vector<NamedFigure> figures(const Device& d) {
    return {{"SMs", &d.compute.sm_count},
            {"clock", &d.compute.clock},
            {"tensor rate, dense", &d.compute.tensor_dense},
            {"tensor rate, 2:4", &d.compute.tensor_sparse},
            {"FP32 rate", &d.compute.fp32},
            {"memory bandwidth", &d.memory.bandwidth},
            {"memory capacity", &d.memory.capacity},
            {"L2 capacity", &d.memory.l2_capacity},
            {"L2 bandwidth", &d.memory.l2_bandwidth},
            {"link to the host", &d.memory.host_link},
            {"launch overhead", &d.kernels.launch_overhead},
            {"overhead, product", &d.kernels.product_overhead},
            {"overhead, convolution", &d.kernels.convolution_overhead},
            {"overhead, columns", &d.kernels.column_overhead},
            {"overhead, packing", &d.kernels.packing_overhead},
            {"K step", &d.kernels.k_step},
            {"most K slices", &d.kernels.max_split},
            {"most K slices, 2:4", &d.kernels.sparse_max_split},
            {"most K slices, batches", &d.kernels.batched_max_split},
            {"cluster", &d.kernels.cluster},
            {"cluster, 2:4", &d.kernels.sparse_cluster},
            {"alignment of 2:4 sizes", &d.kernels.sparse_alignment},
            {"efficiency, dense", &d.kernels.dense_efficiency},
            {"efficiency, convolution", &d.kernels.convolution_efficiency},
            {"efficiency, 2:4", &d.kernels.sparse_efficiency},
            {"efficiency, memory", &d.kernels.memory_efficiency},
            {"efficiency, L2", &d.kernels.l2_efficiency},
            {"efficiency, packing", &d.kernels.packing_efficiency},
            {"efficiency, rows", &d.kernels.row_efficiency},
            {"efficiency, columns", &d.kernels.column_efficiency},
            {"efficiency, attention", &d.kernels.attention_efficiency},
            {"efficiency, attention's gradient", &d.kernels.attention_gradient_efficiency},
            {"coefficients' bandwidth", &d.kernels.coefficient_bandwidth},
            {"board power", &d.power.board},
            {"burst power", &d.power.burst},
            {"idle power", &d.power.idle},
            {"active power", &d.power.active},
            {"energy of a tensor flop", &d.power.tensor_flop},
            {"energy of an FP32 flop", &d.power.fp32_flop},
            {"energy of a DRAM byte", &d.power.dram_byte}};
}

Device load_device(const std::filesystem::path& path) {
    const nlohmann::json document = parse_json_file(path);
    return read_device(JsonCursor(document, path.string()));
}

Device parse_device(std::string_view text, const std::string& name) {
    const nlohmann::json document = parse_json_text(text, name);
    return read_device(JsonCursor(document, name));
}

}  // namespace satsim::gpu
