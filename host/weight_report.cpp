#include "host/weight_report.hpp"

#include <fmt/format.h>

#include "host/progress.hpp"
#include "runtime/weights/survey.hpp"

namespace satsim::host {
namespace {

using weights::KeptShare;
using weights::MatrixSurvey;
using Json = nlohmann::ordered_json;

std::string percent(double share) {
    return fmt::format("{:.1f} %", 100 * share);
}

std::string cell(const KeptShare& kept) {
    if (kept.absent) return "-";
    if (!kept.dense_reason.empty()) return "dense";
    return kept.share ? percent(*kept.share) : "none";
}

// "2 of 9 x 16 x 32": groups, taps, input and output channels.
std::string shape_text(const std::vector<std::int64_t>& shape) {
    const std::size_t first = shape.size() - 3;
    const std::string text = fmt::format("{} x {} x {}", shape[first], shape[first + 1], shape[first + 2]);
    return first == 0 ? text : fmt::format("{} of {}", shape[0], text);
}

Json json_of(const MatrixSurvey& matrix) {
    Json layer = {{"layer", matrix.layer}};
    if (!matrix.part.empty()) layer["part"] = matrix.part;
    layer["shape"] = matrix.shape;
    layer["zeros"] = matrix.zeros;
    layer["kept"] = Json::array();
    for (const KeptShare& kept : matrix.kept) {
        Json entry = {{"nm", to_string(kept.nm)}, {"stage", to_string(kept.stage)}};
        entry["share"] = kept.share ? Json(*kept.share) : Json(nullptr);
        if (!kept.dense_reason.empty()) entry["dense_reason"] = kept.dense_reason;
        if (kept.absent) entry["dense_reason"] = "no such product";
        layer["kept"].push_back(entry);
    }
    return layer;
}

Table table_of(const std::vector<MatrixSurvey>& matrices) {
    std::vector<std::string> columns = {"<layer", "taps x in x out", "zeros"};
    for (const NmPattern& nm : weights::kSurveyedPatterns) {
        for (const Stage stage : {Stage::FF, Stage::BP})
            columns.push_back(to_string(nm) + " " + to_string(stage));
    }
    Table table(std::move(columns));
    for (const MatrixSurvey& matrix : matrices) {
        std::vector<std::string> cells = {
            matrix.part.empty() ? matrix.layer : matrix.layer + " " + matrix.part, shape_text(matrix.shape),
            percent(matrix.zeros)};
        for (const KeptShare& kept : matrix.kept) cells.push_back(cell(kept));
        table.row(std::move(cells));
    }
    return table;
}

}  // namespace

WeightReport weight_report(const Network& network, const std::string& file) {
    ProgressBar bar("pruning weights");
    const weights::SafetensorsFile contents(file);
    const std::vector<MatrixSurvey> matrices =
        weights::survey(network, contents, [&](std::size_t done, std::size_t all) { bar.update(done, all); });
    const std::vector<weights::Tensor>& tensors = contents.header().tensors;
    const std::uint64_t bytes = contents.header().data_begin + (tensors.empty() ? 0 : tensors.back().end);
    Json layers = Json::array();
    for (const MatrixSurvey& matrix : matrices) layers.push_back(json_of(matrix));
    Table table = table_of(matrices);
    const std::string text = fmt::format(
        "{}: {} tensors, {}\n\n{}\nShare of the sum of squares that N:M pruning keeps: FF in groups along "
        "input "
        "channels, BP along output channels.\ndense: fewer channels than M, not pruned; -: nothing trained "
        "lies "
        "below, no BP; none: all zero, or not finite.\n",
        file, tensors.size(), byte_text(static_cast<std::int64_t>(bytes)), table.text());
    return {std::move(table), text,
            Json{{"file", file}, {"tensors", tensors.size()}, {"bytes", bytes}, {"layers", layers}}};
}

}  // namespace satsim::host
