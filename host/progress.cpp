#include "host/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>

namespace satsim::host {
namespace {

constexpr auto kPatience = std::chrono::seconds(2);
constexpr auto kPeriod = std::chrono::milliseconds(100);  // between two drawings
constexpr std::size_t kWidth = 30;

// ", 1:05 left"; empty before anything is known.
std::string time_left(double seconds, std::size_t done, std::size_t rest) {
    if (done == 0 || rest == 0) return "";
    const auto left =
        static_cast<std::int64_t>(seconds / static_cast<double>(done) * static_cast<double>(rest) + 0.5);
    constexpr std::int64_t kMinute = 60;
    if (left >= kMinute * kMinute)
        return fmt::format(", {}:{:02}:{:02} left", left / (kMinute * kMinute), left / kMinute % kMinute,
                           left % kMinute);
    return fmt::format(", {}:{:02} left", left / kMinute, left % kMinute);
}

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
    if (!updated_) first_ = done;
    updated_ = true;
    const auto now = std::chrono::steady_clock::now();
    if (!terminal_ || total == 0 || now - start_ < kPatience) return;
    if (drawn_ && done != total && now - drawn_at_ < kPeriod) return;
    const std::size_t filled = kWidth * done / total;
    fmt::print(stderr, "\r\x1b[K{} [{}{}] {}/{}{}", what_, std::string(filled, '#'),
               std::string(kWidth - filled, '.'), done, total,
               time_left(std::chrono::duration<double>(now - start_).count(), done - first_, total - done));
    std::fflush(stderr);
    drawn_ = true;
    drawn_at_ = now;
}

}  // namespace satsim::host
