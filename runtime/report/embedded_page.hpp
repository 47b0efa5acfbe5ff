// The page without its data, as embed_page.py put it together; empty when D3 was missing.
#pragma once

#include <string>

namespace satsim::report {

[[nodiscard]] std::string embedded_page();

}  // namespace satsim::report
