// One layer of a network file: its fields and the shape of its output. network_file.cpp does names and
// blocks.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/support/json_cursor.hpp"
#include "runtime/workload/network.hpp"

namespace satsim {

inline constexpr std::int64_t kMaxSize = 1 << 20;

// Values of a block's parameters; a field "$name" stands for one of them.
using Bindings = std::map<std::string, std::int64_t>;
[[nodiscard]] std::int64_t bound_integer(const JsonCursor& cursor, const Bindings& bindings, std::int64_t low,
                                         std::int64_t high);

// The kind of the layer `item`; refuses fields that layers of this kind do not have.
[[nodiscard]] LayerKind read_kind(const JsonCursor& item);

// Fills in everything but name, kind and inputs. `inputs`: the shapes of what the layer reads, in order.
// Throws InputError for fields that are missing or out of range and for shapes that do not fit.
void read_layer(const JsonCursor& item, const Bindings& bindings, const std::vector<TensorShape>& inputs,
                Layer& layer);

}  // namespace satsim
