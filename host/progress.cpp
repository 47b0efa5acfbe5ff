#include "host/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace satsim::host {
namespace {

constexpr auto kPatience = std::chrono::seconds(2);
constexpr std::size_t kWidth = 30;

}  // namespace

ProgressBar::ProgressBar(std::string what)
    : what_(std::move(what)),
      start_(std::chrono::steady_clock::now()),
      terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
    if (!drawn_) return;
    fmt::print(stderr, "\r\x1b[K");
    std::fflush(stderr);
}

void ProgressBar::update(std::size_t done, std::size_t total) {
    if (!terminal_ || total == 0 || std::chrono::steady_clock::now() - start_ < kPatience) return;
    const std::size_t filled = kWidth * done / total;
    fmt::print(stderr, "\r\x1b[K{} [{}{}] {}/{}", what_, std::string(filled, '#'),
               std::string(kWidth - filled, '.'), done, total);
    std::fflush(stderr);
    drawn_ = true;
}

}  // namespace satsim::host
