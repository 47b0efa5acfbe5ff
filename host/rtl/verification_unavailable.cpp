#include <stdexcept>

#include "host/verification.hpp"

namespace satsim::host {

bool has_rtl() {
    return false;
}

int verify_random(const VerifyArguments&) {
    throw std::logic_error("verify without RTL");
}

int verify_file(const VerifyArguments&) {
    throw std::logic_error("verify without RTL");
}

}  // namespace satsim::host
