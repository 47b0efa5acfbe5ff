// Which fields a layer of each kind has.
#pragma once

#include <string_view>
#include <vector>

#include "runtime/support/json_cursor.hpp"
#include "runtime/workload/network.hpp"

namespace satsim {

// Fields beside those of all layers (kind, name, from, when, trainable); those with an asterisk are required.
[[nodiscard]] std::vector<std::string_view> fields_of(LayerKind kind);

// Refuses unknown fields, fields of other kinds and missing ones.
void require_fields(const JsonCursor& item, LayerKind kind);

}  // namespace satsim
