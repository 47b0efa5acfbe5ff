// One layer of a network file: its fields and the shape of its output. network_builder.cpp does names,
// modules and blocks.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/support/json_cursor.hpp"
#include "runtime/workload/network.hpp"

namespace satsim {

inline constexpr std::int64_t kMaxSize = 1 << 20;

// An integer, or a text with an expression of parameters.
[[nodiscard]] std::int64_t bound_integer(const JsonCursor& cursor, const Bindings& bindings, std::int64_t low,
                                         std::int64_t high);
// true, false, or an expression: 0 is false.
[[nodiscard]] bool bound_boolean(const JsonCursor& cursor, const Bindings& bindings);

// The kind of the layer `item`; refuses fields that layers of this kind do not have.
[[nodiscard]] LayerKind read_kind(const JsonCursor& item);

// What a layer reads, in order.
struct LayerInputs {
    std::vector<TensorShape> shapes;
    std::vector<std::int64_t> items;
};

// Fills in everything but names, places and inputs. Throws InputError for fields that are missing or out of
// range and for shapes that do not fit.
void read_layer(const JsonCursor& item, const Bindings& bindings, const SpanTable& spans,
                const LayerInputs& inputs, Layer& layer);

}  // namespace satsim
