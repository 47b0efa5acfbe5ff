#include "runtime/cpu/rapl.hpp"

#include <algorithm>
#include <fstream>
#include <string>

namespace satsim::cpu {
namespace {

std::optional<long long> number_in(const std::filesystem::path& file) {
    long long value = 0;
    std::ifstream in(file);
    if (!(in >> value)) return std::nullopt;
    return value;
}

}  // namespace

Rapl::Rapl(const std::filesystem::path& folder) {
    std::error_code code;
    for (const auto& entry : std::filesystem::directory_iterator(folder, code)) {
        std::string name;
        std::ifstream(entry.path() / "name") >> name;
        if (!name.starts_with("package-")) continue;  // parts of a package are in its own counter
        const auto range = number_in(entry.path() / "max_energy_range_uj");
        if (range && number_in(entry.path() / "energy_uj"))
            packages_.push_back({entry.path() / "energy_uj", *range});
    }
    std::sort(packages_.begin(), packages_.end(),
              [](const Package& a, const Package& b) { return a.counter < b.counter; });
}

std::optional<Rapl::Reading> Rapl::read() const {
    Reading reading;
    for (const Package& package : packages_) {
        const auto value = number_in(package.counter);
        if (!value) return std::nullopt;
        reading.microjoules.push_back(*value);
    }
    if (reading.microjoules.empty()) return std::nullopt;
    return reading;
}

double Rapl::joules(const Reading& from, const Reading& to) const {
    double sum = 0;
    for (std::size_t i = 0; i < packages_.size(); ++i) {
        long long moved = to.microjoules.at(i) - from.microjoules.at(i);
        if (moved < 0) moved += packages_[i].range;
        sum += static_cast<double>(moved) * 1e-6;
    }
    return sum;
}

}  // namespace satsim::cpu
