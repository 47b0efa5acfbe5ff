// A progress bar on stderr: only on a terminal, only for what takes longer than two seconds.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace satsim::host {

class ProgressBar {
  public:
    explicit ProgressBar(std::string what);
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;
    ~ProgressBar();  // wipes the bar

    void update(std::size_t done, std::size_t total);

  private:
    std::string what_;
    std::chrono::steady_clock::time_point start_;
    bool terminal_;
    bool drawn_ = false;
};

}  // namespace satsim::host
