#include "runtime/synth/plan.hpp"

#include <algorithm>

#include "runtime/support/json_cursor.hpp"

namespace satsim::synth {
namespace {

// What a parameter of the top module can be: a field of the hardware file's `array`, or the memory channels.
std::map<std::string, int, std::less<>> values_of(const isa::ArrayConfig& array) {
    return {{"rows", array.rows},
            {"columns", array.columns},
            {"max_m", array.max_m},
            {"slots", array.slots},
            {"channels", array.channels},
            {"west_lines", array.west_lines},
            {"north_value_lines", array.north_value_lines},
            {"north_index_lines", array.north_index_lines},
            {"result_addresses", array.result_addresses},
            {"instructions", array.instructions},
            {"vmem_lines", array.vmem_lines},
            {"burst_lines", array.burst_lines},
            {"piece_fifo", array.piece_fifo},
            {"line_fifo", array.line_fifo},
            {"store_fifo", array.store_fifo}};
}

// A name that goes into a script of Yosys.
std::string identifier(const JsonCursor& at, const std::string& text) {
    if (text.empty() ||
        text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") !=
            std::string::npos)
        at.fail("is \"" + text + "\", expected a name of SystemVerilog");
    return text;
}

Plan read_plan(const JsonCursor& root, const isa::ArrayConfig& array) {
    root.object({"format", "version", "top", "parameters", "rows", "blocks"},
                {"first_row_group", "last_row_group", "first_row_region"});
    if (root.at("format").text() != "satsim-synthesis-plan")
        root.at("format").fail("is not \"satsim-synthesis-plan\": no synthesis plan");
    (void)root.at("version").integer(1, 1);
    Plan plan;
    plan.top = identifier(root.at("top"), root.at("top").text());
    const auto values = values_of(array);
    const JsonCursor parameters = root.at("parameters");
    for (const std::string& name : parameters.names()) {
        const JsonCursor at = parameters.at(name);
        const auto value = values.find(at.text());
        if (value == values.end())
            at.fail("is \"" + at.text() + "\", expected a field of a hardware file's array");
        plan.parameters[identifier(parameters, name)] = std::to_string(value->second);
    }
    const JsonCursor blocks = root.at("blocks");
    for (const std::string& name : blocks.names()) {
        const JsonCursor at = blocks.at(name);
        at.object({}, {"group", "numbered"});
        BlockRule& rule = plan.blocks[identifier(blocks, name)];
        if (at.has("group")) rule.group = at.at("group").text();
        if (at.has("numbered")) rule.numbered = identifier(at.at("numbered"), at.at("numbered").text());
    }
    plan.row_block = root.at("rows").text();
    if (!plan.blocks.contains(plan.row_block)) root.at("rows").fail("is none of the blocks");
    const auto group = [&](const char* name) -> std::string {
        if (!root.has(name)) return {};
        const std::string text = root.at(name).text();
        if (std::ranges::none_of(plan.blocks, [&](const auto& block) { return block.second.group == text; }))
            root.at(name).fail("is \"" + text + "\", which is no block's group");
        return text;
    };
    plan.row_ends = {group("first_row_group"), group("last_row_group"), RowOrder::Either};
    if (root.has("first_row_region")) {
        const std::string text = root.at("first_row_region").text();
        if (text != "first" && text != "last")
            root.at("first_row_region").fail("is \"" + text + "\", expected first or last");
        plan.row_ends.order = text == "first" ? RowOrder::FromFirstRegion : RowOrder::FromLastRegion;
    }
    return plan;
}

}  // namespace

Plan load_plan(const std::filesystem::path& path, const isa::ArrayConfig& array) {
    const nlohmann::json document = parse_json_file(path);
    return read_plan(JsonCursor(document, path.string()), array);
}

Plan parse_plan(std::string_view text, const std::string& name, const isa::ArrayConfig& array) {
    const nlohmann::json document = parse_json_text(text, name);
    return read_plan(JsonCursor(document, name), array);
}

}  // namespace satsim::synth
