// Speed of packing, pruning and unpacking in bytes of dense weights a second, beside a memcpy of the same
// bytes.
//   ninja nm_pack_bench && tests/bin/nm_pack_bench
// Two sizes: 512 KiB stays in the second-level cache, 36 MiB (3x3 taps of 2048 x 1024) does not.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstring>
#include <random>
#include <vector>

#include "runtime/nm/pack.hpp"
#include "runtime/nm/prune.hpp"
#include "runtime/nm/unpack.hpp"

namespace satsim::nm {
namespace {

WeightShape shape_of(bool large) {
    return large ? WeightShape::contiguous(9, 2048, 1024) : WeightShape::contiguous(1, 512, 512);
}

std::vector<Fp16> weights(const WeightShape& shape) {
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0.0F, 0.05F);
    std::vector<Fp16> w(static_cast<std::size_t>(shape.extent()));
    for (Fp16& value : w) value = numerics::to_fp16(normal(random));
    return w;
}

void count_bytes(benchmark::State& state, const WeightShape& shape) {
    state.SetBytesProcessed(state.iterations() * shape.extent() * static_cast<std::int64_t>(sizeof(Fp16)));
}

void copy(benchmark::State& state, bool large) {
    const WeightShape shape = shape_of(large);
    const std::vector<Fp16> w = weights(shape);
    std::vector<Fp16> out(w.size());
    for (auto _ : state) {
        std::memcpy(out.data(), w.data(), w.size() * sizeof(Fp16));
        benchmark::ClobberMemory();
    }
    count_bytes(state, shape);
}

using Pack = void (*)(std::span<const Fp16>, const WeightShape&, NmPattern, PackedMatrix&, VectorLevel);

void pack(benchmark::State& state, Pack function, NmPattern nm, bool large, VectorLevel level) {
    const WeightShape shape = shape_of(large);
    const std::vector<Fp16> w = weights(shape);
    PackedMatrix out;
    for (auto _ : state) {
        function(w, shape, nm, out, level);
        benchmark::ClobberMemory();
    }
    count_bytes(state, shape);
}

using Unpack = void (*)(const PackedMatrix&, const WeightShape&, std::span<Fp16>, VectorLevel);

void unpack(benchmark::State& state, Pack packer, Unpack function, NmPattern nm, bool large,
            VectorLevel level) {
    const WeightShape shape = shape_of(large);
    std::vector<Fp16> w = weights(shape);
    PackedMatrix packed;
    packer(w, shape, nm, packed, best_vector_level());
    for (auto _ : state) {
        function(packed, shape, w, level);
        benchmark::ClobberMemory();
    }
    count_bytes(state, shape);
}

using PruneFunction = void (*)(std::span<Fp16>, const WeightShape&, NmPattern, VectorLevel);

void prune(benchmark::State& state, PruneFunction function, NmPattern nm, bool large) {
    const WeightShape shape = shape_of(large);
    std::vector<Fp16> w = weights(shape);
    for (auto _ : state) {
        function(w, shape, nm, best_vector_level());
        benchmark::ClobberMemory();
    }
    count_bytes(state, shape);
}

const bool registered = [] {
    for (const bool large : {false, true}) {
        const std::string size = large ? "36MiB" : "512KiB";
        benchmark::RegisterBenchmark(("memcpy/" + size).c_str(), copy, large);
        for (const NmPattern nm : {NmPattern{2, 4}, NmPattern{2, 8}, NmPattern{1, 8}}) {
            for (const VectorLevel level : numerics::kVectorLevels) {
                if (level > best_vector_level()) continue;
                const std::string tail = fmt::format("/{}/{}/{}", to_string(nm), size, to_string(level));
                benchmark::RegisterBenchmark(("pack_columns" + tail).c_str(), pack,
                                             static_cast<Pack>(pack_columns), nm, large, level);
                benchmark::RegisterBenchmark(("pack_rows" + tail).c_str(), pack, static_cast<Pack>(pack_rows),
                                             nm, large, level);
                benchmark::RegisterBenchmark(("unpack_columns" + tail).c_str(), unpack,
                                             static_cast<Pack>(pack_columns), unpack_columns, nm, large,
                                             level);
                benchmark::RegisterBenchmark(("unpack_rows" + tail).c_str(), unpack,
                                             static_cast<Pack>(pack_rows), unpack_rows, nm, large, level);
            }
            const std::string tail = fmt::format("/{}/{}", to_string(nm), size);
            benchmark::RegisterBenchmark(("prune_columns" + tail).c_str(), prune, prune_columns, nm, large);
            benchmark::RegisterBenchmark(("prune_rows" + tail).c_str(), prune, prune_rows, nm, large);
        }
    }
    return true;
}();

}  // namespace
}  // namespace satsim::nm
