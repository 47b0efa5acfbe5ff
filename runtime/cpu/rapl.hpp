// Energy of the processor packages, from Linux's powercap files (RAPL), where they can be read.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

namespace satsim::cpu {

class Rapl {
  public:
    // `folder`: /sys/class/powercap, or a copy of it.
    explicit Rapl(const std::filesystem::path& folder = "/sys/class/powercap");

    [[nodiscard]] bool works() const { return !packages_.empty(); }
    struct Reading {
        std::vector<long long> microjoules;  // of each package
    };
    [[nodiscard]] std::optional<Reading> read() const;
    // Joules of all packages between two readings, counters that began anew in between included.
    [[nodiscard]] double joules(const Reading& from, const Reading& to) const;

  private:
    struct Package {
        std::filesystem::path counter;
        long long range = 0;  // the counter's largest value
    };
    std::vector<Package> packages_;
};

}  // namespace satsim::cpu
