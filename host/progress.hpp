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

    // The time left is that which the rest takes at the pace so far, from the first update on.
    void update(std::size_t done, std::size_t total);

  private:
    std::string what_;
    std::chrono::steady_clock::time_point start_;
    std::chrono::steady_clock::time_point drawn_at_;
    std::size_t first_ = 0;  // done at the first update
    bool updated_ = false;
    bool terminal_;
    bool drawn_ = false;
};

}  // namespace satsim::host
