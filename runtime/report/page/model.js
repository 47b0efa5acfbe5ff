// The document as flat lists of tasks, which all charts of a step share.

const report = JSON.parse(document.getElementById("report-data").textContent);
// The step that charts of a step are about: {kind, machine, data, timeline}. The document itself, or one of those that it holds (steps.js).
let theStep = report;

const STAGES = ["FF", "BP", "WU"];
const STAGE_TITLES = {FF: "forward", BP: "backward", WU: "weight update"};
const KINDS = ["gemm", "vector", "host", "transfer"];
const KIND_TITLES = {gemm: "GEMM", vector: "vector (SAT)", host: "host CPU", transfer: "PCIe transfer"};
const BOUNDS = ["compute", "bandwidth", "fill", "dependency", "host"];

// How figures of a fidelity come to be.
const FIDELITY_TITLES = {cycle: "simulated cycle by cycle", fast: "predicted by following each program, not simulated"};

// Names of the parts that a step's time, traffic and energy are split into.
const PARTS = ["GEMM FF", "GEMM BP", "GEMM WU", "vector (SAT)", "host CPU", "PCIe transfer"];
const partOf = (task) => (task.kind === "gemm" ? `GEMM ${task.stage}` : KIND_TITLES[task.kind]);

const resultsOf = (step) => (step.kind === "compare" ? step.data.results : [step.data]);

function gemmTask(layer, recipe, role) {
    const [n, m] = layer.nm === "dense" ? [1, 1] : layer.nm.split(":").map(Number);
    return {
        ...layer, kind: "gemm", recipe, role, layer: layer.name,
        seconds: layer.cycles / theStep.machine.clock_hz,
        operations: 2 * layer.macs_issued,
        dense: 2 * layer.m * layer.n * layer.k * layer.count,
        gain: m / n,  // dense-equivalent operations for each one that is issued
        title: [layer.name, layer.stage, layer.part].filter((s) => s).join(" "),
        size: `${layer.count > 1 ? `${grouped(layer.count)} × ` : ""}${grouped(layer.m)} × ${grouped(layer.n)} × ${grouped(layer.k)}`,
    };
}

function otherTask(task, recipe, role) {
    return {
        ...task, recipe, role, layer: task.name, part: "", nm: "", tile: task.operation, shortfall: "",
        operations: task.vector_operations, dense: task.vector_operations, gain: 1, utilization: null, size: "",
        title: `${task.name} ${task.stage} ${task.operation}`,
    };
}

// Tasks of all results. `role` is "baseline" or "recipe"; a single result is a recipe.
function stepTasks(results) {
    const tasks = [];
    results.forEach((result, index) => {
        const role = results.length === 2 && index === 0 ? "baseline" : "recipe";
        result.layers.forEach((layer) => tasks.push(gemmTask(layer, result.recipe, role)));
        result.other_tasks.forEach((task) => tasks.push(otherTask(task, result.recipe, role)));
    });
    tasks.forEach((task, index) => { task.id = index; });
    pairUp(tasks);
    return tasks;
}

// The baseline's task of the same layer, stage, part and operation, where there is one.
function pairUp(tasks) {
    const key = (t) => [t.layer, t.stage, t.part, t.kind, t.kind === "gemm" ? "" : t.operation].join("\n");
    const before = new Map();
    for (const task of tasks) {
        if (task.role !== "baseline") continue;
        const list = before.get(key(task)) || [];
        list.push(task);
        before.set(key(task), list);
    }
    for (const task of tasks) {
        if (task.role === "recipe") task.baseline = (before.get(key(task)) || []).shift();
    }
}

// Sums of a list of tasks by part: seconds, bytes, bytes read, joules, cycles, operations.
function sumByPart(tasks) {
    const sums = new Map(PARTS.map((part) => [part, {seconds: 0, bytes: 0, read: 0, joules: 0, cycles: 0, operations: 0}]));
    for (const task of tasks) {
        const sum = sums.get(partOf(task));
        sum.seconds += task.seconds;
        sum.bytes += task.dram_bytes;
        sum.read += task.dram_bytes_read;
        sum.joules += task.energy_j;
        sum.cycles += task.cycles;
        sum.operations += task.operations;
    }
    return sums;
}
