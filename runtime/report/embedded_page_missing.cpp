// Built instead of the embedded page when D3 is missing.
#include "runtime/report/embedded_page.hpp"

namespace satsim::report {

std::string embedded_page() {
    return {};
}

}  // namespace satsim::report
