#include "host/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>

namespace satsim::host {
namespace {

std::string csv_cell(const std::string& cell) {
    if (cell.find_first_of(",\"\n") == std::string::npos) return cell;
    std::string quoted(1, '"');
    for (const char c : cell) {
        if (c == '"') quoted.push_back('"');
        quoted.push_back(c);
    }
    quoted.push_back('"');
    return quoted;
}

std::string csv_line(const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i > 0) line.push_back(',');
        line.append(csv_cell(cells[i]));
    }
    line.push_back('\n');
    return line;
}

std::string markdown_line(const std::vector<std::string>& cells) {
    std::string line = "|";
    for (const std::string& cell : cells) {
        line.push_back(' ');
        for (const char c : cell) {
            if (c == '|') line.push_back('\\');
            line.push_back(c);
        }
        line.append(" |");
    }
    line.push_back('\n');
    return line;
}

// What `of` gives of every cell.
template <typename Part>
std::vector<std::string> words(const std::vector<TableCell>& cells, Part of) {
    std::vector<std::string> list;
    for (const TableCell& cell : cells) list.push_back(std::invoke(of, cell));
    return list;
}

// Names of several lines as rows of cells that end at the same line.
std::vector<std::vector<std::string>> header_lines(const std::vector<std::string>& columns) {
    std::vector<std::vector<std::string>> lines(1, std::vector<std::string>(columns.size()));
    for (std::size_t i = 0; i < columns.size(); ++i) {
        std::size_t line = 0;  // from below
        for (std::size_t end = columns[i].size();; ++line) {
            if (line == lines.size()) lines.emplace_back(columns.size());
            const std::size_t mark = end > 0 ? columns[i].rfind('\n', end - 1) : std::string::npos;
            const std::size_t begin = mark == std::string::npos ? 0 : mark + 1;
            lines[line][i] = columns[i].substr(begin, end - begin);
            if (mark == std::string::npos) break;
            end = mark;
        }
    }
    std::ranges::reverse(lines);
    return lines;
}

}  // namespace

Table::Table(std::vector<std::string> columns) : columns_(std::move(columns)) {
    for (std::string& name : columns_) {
        left_.push_back(name.starts_with('<'));
        if (left_.back()) name.erase(0, 1);
    }
    csv_names_ = columns_;
    for (std::string& name : csv_names_) std::ranges::replace(name, '\n', ' ');
}

void Table::row(std::vector<TableCell> cells) {
    cells.resize(columns_.size(), TableCell(""));
    rows_.push_back(std::move(cells));
}

void Table::rule() {
    rows_.emplace_back();
}

std::string Table::text() const {
    const std::vector<std::vector<std::string>> header = header_lines(columns_);
    std::vector<std::size_t> widths(columns_.size());
    const auto widen = [&widths](std::size_t column, const std::string& text) {
        widths[column] = std::max(widths[column], text.size());
    };
    for (const auto& line : header)
        for (std::size_t i = 0; i < line.size(); ++i) widen(i, line[i]);
    for (const auto& cells : rows_)
        for (std::size_t i = 0; i < cells.size(); ++i) widen(i, cells[i].text);
    std::size_t total = 0;
    for (std::size_t i = 0; i < widths.size(); ++i) {
        // Sentences at the end of lines need no rule above them.
        constexpr std::size_t kSentence = 40;
        const bool ragged = i + 1 == widths.size() && left_[i] && widths[i] > kSentence;
        total += (ragged ? kSentence : widths[i]) + 2;
    }
    const std::string line(total > 2 ? total - 2 : 0, '-');
    std::string out;
    const auto put = [&](const std::vector<std::string>& cells) {
        std::string text;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (left_[i])
                fmt::format_to(std::back_inserter(text), "{:<{}}  ", cells[i], widths[i]);
            else
                fmt::format_to(std::back_inserter(text), "{:>{}}  ", cells[i], widths[i]);
        }
        text.erase(text.find_last_not_of(' ') + 1);
        text.push_back('\n');
        out.append(text);
    };
    for (const std::vector<std::string>& names : header) put(names);
    out.append(line).push_back('\n');
    for (const auto& cells : rows_) {
        if (cells.empty())
            out.append(line).push_back('\n');
        else
            put(words(cells, &TableCell::text));
    }
    return out;
}

std::string Table::markdown() const {
    std::vector<std::string> alignment;
    for (const bool left : left_) alignment.emplace_back(left ? ":--" : "--:");
    std::vector<std::string> names = columns_;
    for (std::string& name : names) std::ranges::replace(name, '\n', ' ');
    std::string text = markdown_line(names) + markdown_line(alignment);
    for (const auto& cells : rows_) {
        if (!cells.empty()) text += markdown_line(words(cells, &TableCell::text));
    }
    return text;
}

std::string Table::csv() const {
    std::vector<std::string> header = csv_names_;
    for (std::size_t i = 0; i < header.size(); ++i) {
        const auto measured = std::find_if(
            rows_.begin(), rows_.end(),
            [i](const std::vector<TableCell>& cells) { return !cells.empty() && !cells[i].unit.empty(); });
        if (measured != rows_.end()) header[i] += " [" + (*measured)[i].unit + "]";
    }
    std::string out = csv_line(header);
    for (const auto& cells : rows_) {
        if (!cells.empty()) out += csv_line(words(cells, &TableCell::csv));
    }
    return out;
}

std::string grouped(std::int64_t value) {
    std::string digits = std::to_string(value);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > (value < 0 ? 1 : 0); at -= 3)
        digits.insert(static_cast<std::size_t>(at), 1, ',');
    return digits;
}

std::string byte_text(std::int64_t bytes) {
    constexpr std::array<const char*, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < kUnits.size()) {
        value /= 1024;
        ++unit;
    }
    return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.2f} {}", value, kUnits[unit]);
}

std::string time_text(double seconds) {
    if (seconds >= 1) return fmt::format("{:.3f} s", seconds);
    if (seconds >= 1e-3) return fmt::format("{:.3f} ms", seconds * 1e3);
    return fmt::format("{:.3f} us", seconds * 1e6);
}

std::string joule_text(double joules) {
    if (joules >= 1) return fmt::format("{:.3f} J", joules);
    if (joules >= 1e-3) return fmt::format("{:.3f} mJ", joules * 1e3);
    return fmt::format("{:.3f} uJ", joules * 1e6);
}

TableCell count_cell(std::int64_t value) {
    return {grouped(value), std::to_string(value), ""};
}

TableCell byte_cell(std::int64_t bytes) {
    return {byte_text(bytes), std::to_string(bytes), "byte"};
}

TableCell time_cell(double seconds) {
    return {time_text(seconds), fmt::format("{}", seconds), "s"};
}

TableCell joule_cell(double joules) {
    return {joule_text(joules), fmt::format("{}", joules), "J"};
}

TableCell percent_cell(double fraction) {
    return {fmt::format("{:.1f} %", 100 * fraction), fmt::format("{:.9g}", 100 * fraction), "%"};
}

TableCell ratio_cell(double ratio) {
    return {fmt::format("{:.2f}x", ratio), fmt::format("{:.9g}", ratio), ""};
}

TableCell no_cell() {
    return {"-", "", ""};
}

}  // namespace satsim::host
