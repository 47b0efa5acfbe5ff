#include "runtime/report/check_targets.hpp"

#include <set>
#include <string_view>

#include "runtime/report/field_checks.hpp"

namespace satsim::report {
namespace {

void check_provenance(const JsonCursor& object) {
    one_of(object.at("provenance"), {"measured", "recorded", "modelled", "simulated"});
}

void check_bound(const JsonCursor& object) {
    one_of(object.at("bound"), {"compute", "bandwidth", "fill", "dependency", "host", "launch", "power"});
}

void check_rates(const JsonCursor& rates) {
    amounts(rates,
            {"seconds", "energy_j", "energy_delay_js", "flops_dense_equivalent", "flops_executed",
             "flops_dense_equivalent_per_watt", "flops_executed_per_watt", "mean_watts", "share_of_peak",
             "flops_dense_equivalent_per_peak", "flops_dense_equivalent_per_byte_per_s"});
}

void check_task(const JsonCursor& task) {
    texts(task, {"name"});
    one_of(task.at("stage"), {"FF", "BP", "WU"});
    amounts(task, {"seconds", "energy_j", "dram_bytes"});
    if (task.has("machine")) texts(task, {"machine"});  // of several, the one that it is on
    check_bound(task);
    check_provenance(task);
}

void check_modules(const JsonCursor& object) {
    each(object.at("modules"), [](const JsonCursor& module) {
        texts(module, {"name"});
        amounts(module, {"seconds", "energy_j"});
        amounts(module.at("stages"), {"FF", "BP", "WU"});
    });
}

void check_target(const JsonCursor& target) {
    (void)target.at("name").text();
    texts(target, {"description"});
    check_provenance(target);
    (void)target.at("energy_known").boolean();
    if (target.has("energy_basis") && !target.at("energy_basis").node().is_null())
        one_of(target.at("energy_basis"), {"measured", "events", "fitted", "assumed"});
    if (target.has("timing") && !target.at("timing").node().is_null())
        one_of(target.at("timing"), {"calls", "graph replays", "mixed"});
    amounts(target, {"seconds", "energy_j", "baseline_seconds", "baseline_energy_j", "speedup", "peak_flops",
                     "bandwidth_bytes_per_s", "board_watts"});
    check_rates(target.at("step"));
    check_rates(target.at("gemm"));
    if (target.has("modules")) check_modules(target);
    for (const std::string_view key : {"fits", "baseline_fits"})  // not in documents written before
        if (target.has(key)) (void)target.at(key).boolean();
    for (const char* key : {"modelled_seconds", "limit_factor", "busy_seconds"})
        if (target.has(key)) amounts(target, {key});
    if (target.has("machines"))
        each(
            target.at("machines"),
            [](const JsonCursor& machine) {
                texts(machine, {"name"});
                amounts(machine, {"peak_flops", "bandwidth_bytes_per_s", "board_watts", "limit_factor"});
            },
            1);
    if (target.has("peaks")) one_of(target.at("peaks"), {"measured", "published", "mixed"});
    each(target.at("layers"), [](const JsonCursor& task) {
        check_task(task);
        check_times(task);
        texts(task, {"part", "nm", "dense_reason", "kernel"});
        amounts(task, {"m", "n", "k", "count", "macs_issued", "macs_dense"});
    });
    each(target.at("other_tasks"), [](const JsonCursor& task) {
        check_task(task);
        check_times(task);
        one_of(task.at("kind"), {"vector", "host", "transfer"});
        texts(task, {"operation"});
    });
}

void check_row(const JsonCursor& row, const std::set<std::string>& names) {
    const auto known = [&names](const JsonCursor& field) {
        const std::string name = field.text();
        if (!names.contains(name)) field.fail("is \"" + name + "\", expected the name of a target");
        return name;
    };
    texts(row, {"name", "part", "why"});
    one_of(row.at("stage"), {"FF", "BP", "WU"});
    // Nobody wins what fewer than two take time for.
    if (!row.at("winner").node().is_null()) (void)known(row.at("winner"));
    amounts(row, {"margin"});
    std::set<std::string> seen;
    each(row.at("targets"), [&](const JsonCursor& cell) {
        if (!seen.insert(known(cell.at("target"))).second)
            cell.at("target").fail("is in the row already, expected each target once");
        amounts(cell, {"seconds", "energy_j", "flop_per_byte", "roof", "share_of_roof"});
        check_bound(cell);
        check_provenance(cell);
    });
}

void check_mix(const JsonCursor& mix) {
    texts(mix, {"name", "method"});
    one_of(mix.at("objective"), {"time", "energy", "edp"});
    check_provenance(mix);
    (void)mix.at("energy_known").boolean();
    amounts(mix, {"seconds", "energy_j", "baseline_seconds", "lower_bound_seconds"});
    check_modules(mix);
    each(mix.at("singles"), [](const JsonCursor& single) {
        texts(single, {"target"});
        amounts(single, {"seconds", "energy_j"});
        (void)single.at("fits").boolean();
        (void)single.at("alone").boolean();
    });
    each(mix.at("without"), [](const JsonCursor& other) {
        texts(other, {"target"});
        amounts(other, {"seconds", "energy_j"});
    });
    each(mix.at("timeline"), [](const JsonCursor& block) {
        texts(block, {"lane", "title"});
        one_of(block.at("stage"), {"FF", "BP", "WU"});
        (void)block.at("transfer").boolean();
        amounts(block, {"start_s", "seconds", "busy_s", "count"});
    });
}

}  // namespace

void check_targets(const JsonCursor& data) {
    texts(data, {"recipe", "baseline"});
    const bool mixes = data.has("mixes");
    if (mixes) each(data.at("mixes"), check_mix, 1);
    std::set<std::string> names;
    each(
        data.at("targets"),
        [&names](const JsonCursor& target) {
            check_target(target);
            if (!names.insert(target.at("name").text()).second)
                target.at("name").fail("is another target's too, expected names that differ");
        },
        mixes ? 0 : 1);  // before mixes were targets too, a document could be of mixes alone
    each(data.at("rows"), [&names](const JsonCursor& row) { check_row(row, names); });
}

}  // namespace satsim::report
