// What the page relies on in a document. The page's scripts read these fields without asking again.
#include "runtime/report/check_targets.hpp"
#include "runtime/report/document.hpp"
#include "runtime/report/field_checks.hpp"

namespace satsim::report {
namespace {

void check_energy(const JsonCursor& energy) {
    texts(energy, {"model"});
    amounts(energy, {"counted_j", "assumed_j"});
    each(energy.at("counted"), [](const JsonCursor& part) {
        texts(part, {"event", "group", "source"});
        amounts(part, {"count", "joules_each", "joules"});
        (void)part.at("verified").boolean();
    });
    each(energy.at("assumed"), [](const JsonCursor& part) {
        texts(part, {"what", "source"});
        amounts(part, {"seconds", "watts", "joules"});
        (void)part.at("verified").boolean();
    });
}

void check_task(const JsonCursor& task) {
    texts(task, {"name", "provenance"});
    one_of(task.at("stage"), {"FF", "BP", "WU"});
    one_of(task.at("bound"), {"compute", "bandwidth", "fill", "dependency", "host"});
    amounts(task, {"cycles", "dram_bytes", "dram_bytes_read", "energy_j"});
    check_times(task);
}

// "dense" or "N:M".
void check_pattern(const JsonCursor& field) {
    const std::string text = field.text();
    if (text == "dense") return;
    const std::size_t colon = text.find(':');
    const auto positive = [](std::string_view digits) {
        return !digits.empty() && digits.size() < 4 && digits.front() != '0' &&
               digits.find_first_not_of("0123456789") == std::string_view::npos;
    };
    const std::string_view all(text);
    if (colon == std::string::npos || !positive(all.substr(0, colon)) || !positive(all.substr(colon + 1)))
        field.fail("is \"" + text + "\", expected dense or N:M");
}

void check_result(const JsonCursor& result) {
    texts(result, {"recipe"});
    amounts(result, {"cycles", "seconds", "energy_j", "dram_bytes", "gemm_cycles", "utilization",
                     "arithmetic_bound"});
    amounts(result.at("time"), {"gemm_s", "vector_s", "host_s", "transfer_s"});
    check_energy(result.at("energy"));
    each(result.at("layers"), [](const JsonCursor& task) {
        check_task(task);
        check_pattern(task.at("nm"));
        texts(task, {"dataflow", "tile", "part", "dense_reason", "shortfall"});
        amounts(task, {"m", "n", "k", "count", "utilization", "macs_issued"});
        // Documents written before tasks said so lack these; no chart needs them.
        for (const std::string_view key :
             {"compulsory_bytes", "compulsory_cycles", "array_fit", "slot_fit"}) {
            if (task.has(key)) amounts(task, {key});
        }
        if (task.has("executed")) amounts(task.at("executed"), {"m", "n", "k"});
        if (task.has("compute_bound")) (void)task.at("compute_bound").boolean();
    });
    each(result.at("other_tasks"), [](const JsonCursor& task) {
        check_task(task);
        one_of(task.at("kind"), {"vector", "host", "transfer"});
        texts(task, {"operation"});
        amounts(task, {"seconds", "vector_operations"});
    });
}

void check_step(const JsonCursor& data) {
    texts(data, {"network"});
    amounts(data, {"batch"});
}

// The three speedups of a network (or of the average) for every one of `recipes`.
void check_speedups(const JsonCursor& line, const std::vector<std::string>& recipes) {
    for (const std::string_view key : {"speedup", "gemm_speedup", "arithmetic_bound"}) {
        for (const std::string& recipe : recipes) amounts(line.at(key), {recipe});
    }
}

void check_networks(const JsonCursor& part) {
    amounts(part, {"channels"});
    amounts(part.at("average").at("speedup"), {"dense"});
    const std::vector<std::string> recipes = part.at("average").at("speedup").names();
    if (recipes.size() < 2) part.at("average").at("speedup").fail("expected dense and at least one recipe");
    check_speedups(part.at("average"), recipes);
    each(
        part.at("networks"),
        [&recipes](const JsonCursor& line) {
            texts(line, {"name"});
            amounts(line, {"batch"});
            check_speedups(line, recipes);
            for (const std::string& recipe : recipes)
                amounts(line.at("steps").at(recipe),
                        {"gemm_s", "vector_s", "host_s", "transfer_s", "utilization"});
        },
        1);
}

void check_reproduction(const JsonCursor& data) {
    each(data.at("published"), [](const JsonCursor& entry) {
        texts(entry, {"recipe", "source"});
        amounts(entry, {"speedup"});
    });
    each(data.at("by_channels"), check_networks, 1);
}

void check_sweep(const JsonCursor& data) {
    const JsonCursor fields = data.at("fields");
    each(
        fields,
        [](const JsonCursor& field) {
            texts(field, {"name", "label", "unit"});
            one_of(field.at("type"), {"number", "text"});
            if (field.has("fidelity")) one_of(field.at("fidelity"), {"fast", "cycle"});
            if (field.has("format")) one_of(field.at("format"), {"percent"});
        },
        1);
    each(
        data.at("objectives"),
        [](const JsonCursor& objective) {
            texts(objective, {"field"});
            one_of(objective.at("better"), {"lower", "higher"});
        },
        2);
    each(
        data.at("points"),
        [&fields](const JsonCursor& point) {
            (void)point.at("front").boolean();
            for (std::size_t i = 0; i < fields.size(); ++i) {
                const std::string name = fields.at(i).at("name").text();
                if (fields.at(i).at("type").text() == "text")
                    texts(point, {name});
                else if (!point.at(name).node().is_null())  // null: not known of this point
                    (void)number(point, name);
            }
            if (point.has("front_number")) amounts(point, {"front_number"});
        },
        1);
    if (data.has("left_out")) {
        each(data.at("left_out"), [](const JsonCursor& reason) {
            texts(reason, {"status", "reason"});
            amounts(reason, {"points"});
        });
    }
    if (data.has("missing")) amounts(data, {"missing"});
    // A chart begins with objectives as its axes: they are known of every point.
    each(data.at("points"), [&data](const JsonCursor& point) {
        each(data.at("objectives"), [&point](const JsonCursor& objective) {
            const std::string name = objective.at("field").text();
            if (point.has(name) && point.at(name).node().is_null()) (void)number(point, name);
        });
    });
    each(data.at("objectives"), [&fields](const JsonCursor& objective) {
        const std::string name = objective.at("field").text();
        for (std::size_t i = 0; i < fields.size(); ++i) {
            if (fields.at(i).at("name").text() == name && fields.at(i).at("type").text() == "number") return;
        }
        objective.at("field").fail("is \"" + name + "\", expected the name of a field with numbers");
    });
}

void check_timeline(const JsonCursor& timeline) {
    each(timeline, [](const JsonCursor& part) {
        texts(part, {"recipe"});
        const JsonCursor tasks = part.at("tasks");
        each(tasks, [](const JsonCursor& task) {
            texts(task, {"title"});
            one_of(task.at("kind"), {"gemm", "vector", "host", "transfer"});
            one_of(task.at("stage"), {"FF", "BP", "WU"});
            texts(task, {"bound"});
            amounts(task, {"start_s", "seconds"});
        });
        each(part.at("excerpts"), [&tasks](const JsonCursor& excerpt) {
            if (tasks.size() == 0) excerpt.fail("is of a task, expected a list of tasks that is not empty");
            (void)excerpt.at("task").integer(0, static_cast<std::int64_t>(tasks.size()) - 1);
            amounts(excerpt, {"cycles"});
            const JsonCursor engines = excerpt.at("engines");
            for (const std::string& engine : engines.names()) {
                each(engines.at(engine), [](const JsonCursor& interval) {
                    if (interval.size() != 4)
                        interval.fail("expected [begin, end, busy, operations], four integers");
                    for (std::size_t i = 0; i < 4; ++i) (void)interval.at(i).integer(0, INT64_MAX);
                });
            }
        });
    });
}

void check_machine(const JsonCursor& machine) {
    texts(machine, {"name", "description", "file", "memory"});
    for (const std::string_view key : {"clock_hz", "rows", "columns", "channels", "peak_macs_per_cycle",
                                       "bus_bytes_per_cycle", "vector_lanes"})
        (void)machine.at(key).number(1e-9, kLargest);
    each(machine.at("assumptions"), [](const JsonCursor& figure) {
        texts(figure, {"what", "unit", "source"});
        (void)number(figure, "value");
        (void)figure.at("verified").boolean();
    });
}

// Machine, data and timeline of one step, or of two that are compared.
void check_one_step(const JsonCursor& root) {
    check_machine(root.at("machine"));
    const JsonCursor data = root.at("data");
    check_step(data);
    if (root.at("kind").text() == "run") {
        check_result(data);
    } else {
        amounts(data, {"speedup", "gemm_speedup", "arithmetic_bound"});
        each(data.at("results"), check_result, 2);
        if (data.at("results").size() != 2) data.at("results").fail("expected the baseline and the recipe");
    }
    if (root.has("timeline")) check_timeline(root.at("timeline"));
}

}  // namespace

void check_document(const nlohmann::json& document, const std::string& name) {
    const JsonCursor root(document, name);
    one_of(root.at("format"), {"satsim-report"});
    (void)root.at("version").integer(1, 1);
    (void)root.at("title").text();
    one_of(root.at("kind"), {"run", "compare", "targets", "reproduce", "sweep"});
    texts(root.at("origin"), {"command", "satsim", "git", "written", "fidelity"});
    const std::string kind = root.at("kind").text();
    if (kind == "run" || kind == "compare") return check_one_step(root);
    // Targets tell of their machines themselves; SAT, where it is one, has more to say.
    if (kind != "targets" || root.has("machine")) check_machine(root.at("machine"));
    const JsonCursor data = root.at("data");
    if (kind == "targets") {
        check_step(data);
        check_targets(data);
        if (root.has("timeline")) check_timeline(root.at("timeline"));
        return;
    }
    if (kind == "reproduce")
        check_reproduction(data);
    else
        check_sweep(data);
    if (!root.has("steps")) return;
    each(root.at("steps"), [](const JsonCursor& step) {
        one_of(step.at("kind"), {"run", "compare"});
        texts(step, {"title"});
        check_one_step(step);
    });
}

}  // namespace satsim::report
