// A table for people (aligned columns) or for programs (CSV).
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <vector>

namespace satsim::host {

// What people read, and what programs read in its place: a bare number, whose unit the column's header names.
struct TableCell {
    TableCell(std::string words) : text(std::move(words)) {}  // NOLINT: words are cells
    TableCell(const char* words) : text(words) {}             // NOLINT
    TableCell(std::string shown, std::string number, std::string number_unit)
        : text(std::move(shown)), raw(std::move(number)), unit(std::move(number_unit)) {}
    [[nodiscard]] const std::string& csv() const { return raw ? *raw : text; }

    std::string text;
    std::optional<std::string> raw;  // none: the text
    std::string unit;                // of `raw`; empty: a bare number
};

class Table {
  public:
    // A column whose name begins with '<' is aligned left; a name may have several lines, which are one in
    // CSV.
    explicit Table(std::vector<std::string> columns);
    void row(std::vector<TableCell> cells);
    template <std::same_as<std::vector<std::string>> Words>
    void row(const Words& words) {
        row(std::vector<TableCell>(words.begin(), words.end()));
    }
    // In CSV a column's name has to say by itself what it holds.
    void name_in_csv(std::size_t column, std::string name) { csv_names_.at(column) = std::move(name); }
    void rule();  // a line across, in text only
    [[nodiscard]] std::string text() const;
    [[nodiscard]] std::string csv() const;
    [[nodiscard]] std::string markdown() const;
    [[nodiscard]] bool empty() const { return rows_.empty(); }

  private:
    std::vector<std::string> columns_;
    std::vector<bool> left_;
    std::vector<std::string> csv_names_;
    std::vector<std::vector<TableCell>> rows_;  // an empty one is a rule
};

// 1234567 as "1,234,567".
[[nodiscard]] std::string grouped(std::int64_t value);
// 1536 as "1.50 KiB".
[[nodiscard]] std::string byte_text(std::int64_t bytes);
// 0.00123 as "1.23 ms".
[[nodiscard]] std::string time_text(double seconds);

// 0.00123 as "1.23 mJ".
[[nodiscard]] std::string joule_text(double joules);

// The same as cells: in CSV plain numbers, in bytes, seconds and joules.
[[nodiscard]] TableCell count_cell(std::int64_t value);
[[nodiscard]] TableCell byte_cell(std::int64_t bytes);
[[nodiscard]] TableCell time_cell(double seconds);
[[nodiscard]] TableCell joule_cell(double joules);
// 0.972 as "97.2 %"; in CSV 97.2, the unit being %.
[[nodiscard]] TableCell percent_cell(double fraction);
// 1.5 as "1.50x"; in CSV 1.5.
[[nodiscard]] TableCell ratio_cell(double ratio);
// "-"; in CSV nothing.
[[nodiscard]] TableCell no_cell();

}  // namespace satsim::host
