// A table for people (aligned columns) or for programs (CSV).
#pragma once

#include <string>
#include <vector>

namespace satsim::host {

class Table {
  public:
    // A column whose name begins with '<' is aligned left.
    explicit Table(std::vector<std::string> columns);
    void row(std::vector<std::string> cells);
    void rule();  // a line across, in text only
    [[nodiscard]] std::string text() const;
    [[nodiscard]] std::string csv() const;
    [[nodiscard]] std::string markdown() const;
    [[nodiscard]] bool empty() const { return rows_.empty(); }

  private:
    std::vector<std::string> columns_;
    std::vector<bool> left_;
    std::vector<std::vector<std::string>> rows_;  // an empty one is a rule
};

// 1234567 as "1,234,567".
[[nodiscard]] std::string grouped(std::int64_t value);
// 1536 as "1.50 KiB".
[[nodiscard]] std::string byte_text(std::int64_t bytes);
// 0.00123 as "1.23 ms".
[[nodiscard]] std::string time_text(double seconds);

// 0.00123 as "1.23 mJ".
[[nodiscard]] std::string joule_text(double joules);

}  // namespace satsim::host
