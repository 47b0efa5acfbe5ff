// One step on several targets, as a document of kind "targets" has it. Nothing here is computed but names, sums and ratios.

const TARGET_PARTS = ["GEMM FF", "GEMM BP", "GEMM WU", "vector", "host and transfers"];
const TARGET_WORK = ["GEMM", "other"];
const targetPartOf = (task) => (task.work === "GEMM" ? `GEMM ${task.stage}` : task.kind === "vector" ? "vector" : "host and transfers");

// A target's colour, pattern and shape: each alone tells it from the others. From the ninth on marks are hollow.
const targetColor = (target) => categoryColor(target.index);
const targetPattern = (target) => [null, ...Object.keys(PATTERNS)][target.index % (1 + Object.keys(PATTERNS).length)];
const targetShape = (target) => CATEGORY_SHAPES[target.index % CATEGORY_SHAPES.length];
const targetMark = (target) => (target.index < CATEGORY_SHAPES.length ? "filled" : "hollow");
const targetSwatch = (target) => shapeSwatch(targetShape(target), targetMark(target) === "hollow", targetColor(target));

// "gpu:traces/h100/resnet18.json" is gpu:resnet18.json, gpu:h100/resnet18.json where two would read the same.
function shortNames(names) {
    const cut = (name, folders) => name.replace(new RegExp(`^([^:/]*:)?.*?((?:[^/]*/){${folders}}[^/]*)$`), "$1$2");
    const short = names.map((name) => cut(name, 0));
    return short.map((name, index) => (short.indexOf(name) === short.lastIndexOf(name) ? name : cut(names[index], 1)));
}

// Energy is 0 where none was measured; so is a bandwidth or a limit that is not known.
const knownText = (value, text) => (value > 0 ? text(value) : "not known");

// What a target's GEMMs run on: of several machines those that differ, each with the number of its kind.
function machinesOf(target) {
    const kinds = new Map();
    const used = new Set(target.layers.map((task) => task.machine));
    const machines = target.machines ? target.machines.filter((machine) => used.has(machine.name)) : [target];
    machines.forEach((machine) => {
        const key = `${machine.peak_flops} ${machine.bandwidth_bytes_per_s}`;
        const kind = kinds.get(key) || {name: machine.name.replace(/#.*/, ""), peak_flops: machine.peak_flops, bandwidth_bytes_per_s: machine.bandwidth_bytes_per_s, names: []};
        kind.names.push(machine.name);
        kinds.set(key, kind);
    });
    return [...kinds.values()];
}

// Targets in the order given. `label` says how its figures came to be; it stands wherever a figure of the target does.
function targetsOf(data) {
    const names = shortNames(data.targets.map((target) => target.name));
    return data.targets.map((target, index) => {
        const tasks = [
            ...target.layers.map((task) => ({...task, work: "GEMM", kind: "gemm", dense: 2 * task.macs_dense, operations: 2 * task.macs_issued})),
            ...target.other_tasks.map((task) => ({...task, work: "other", part: "other", nm: "", dense_reason: "", kernel: task.operation, dense: 0, operations: 0})),
        ].map((task) => ({...task, target: index, title: [task.name, task.stage, task.part].filter((s) => s).join(" ")}));
        const parts = new Map(TARGET_PARTS.map((part) => [part, {seconds: 0, joules: 0}]));
        tasks.forEach((task) => {
            const sum = parts.get(targetPartOf(task));
            sum.seconds += task.seconds;
            sum.joules += task.energy_j;
        });
        // Of several machines, which work at the same time, more than the step. Documents from before lack it, and modelled_seconds.
        const busy = target.busy_seconds || target.seconds;
        const modelled = busy > 0 ? (target.modelled_seconds || 0) / busy : 0;
        const label = `${names[index]} (${target.provenance}${modelled < 0.0005 ? "" : `, ${percent(modelled)} modelled`})`;
        return {...target, index, label, busy, tasks, parts, machines: machinesOf(target)};
    });
}

// The same work on all targets, a row each: `cells` in their order, null where a target has none of it.
function targetRows(data, targets) {
    const keyOf = (task) => [task.name, task.stage, task.part].join("\n");
    const rows = data.rows.map((row) => ({
        ...row, work: row.part === "other" ? "other" : "GEMM",
        title: [row.name, row.stage, row.part].filter((s) => s).join(" "),
        cells: targets.map((target) => row.targets.find((cell) => cell.target === target.name) || null),
        dense: [],
    }));
    const byKey = new Map(rows.map((row) => [keyOf(row), row]));
    targets.forEach((target) => target.tasks.forEach((task) => {
        const row = byKey.get(keyOf(task));
        if (!row) return;
        task.winner = row.winner;
        if (task.dense_reason) row.dense.push(`${target.label}: ${task.dense_reason}`);
    }));
    rows.forEach((row) => { row.dense = [...new Set(row.dense)]; });
    return rows;
}

// "compute 97 % at 812 op/byte": what bounds it, and its share of the roof there; no intensity where nothing is multiplied.
const roofText = (cell) => `${cell.bound} ${percent(cell.share_of_roof, 0)}` + (cell.flop_per_byte > 0 ? ` at ${three(cell.flop_per_byte)} op/byte` : "");

// What each target is, for the page's last section.
const targetFacts = () => targetsOf(report.data).map((target) => [
    target.label,
    `${target.name}: ${target.description}. Peak ${rateText(target.peak_flops)} dense${target.peaks === "measured" ? " (measured)" : ""}, memory ${three(target.bandwidth_bytes_per_s / 1e9)} GB/s` +
        (target.board_watts > 0 ? `, board ${three(target.board_watts)} W` : ""),
]);
