// What a reader should take away, in a few large numbers; then where the step's time goes.

function tiles(parent, list) {
    const holder = element("dl.tiles");
    list.forEach(({name, value, detail}) => holder.append(element("div.tile", element("dt", name), element("dd", element("span.value", value), element("span.detail", detail)))));
    parent.append(holder);
}

function stepTiles(results) {
    const result = results[results.length - 1];
    const time = result.time;
    const gemm = {name: "GEMM utilisation", value: percent(result.utilization), detail: `multiply-accumulates of real outputs, of ${grouped(theStep.machine.peak_macs_per_cycle)} a cycle`};
    const energy = {name: "Energy of a step", value: jouleText(result.energy_j),
                    detail: `${jouleText(result.energy.counted_j)} counted events, ${jouleText(result.energy.assumed_j)} assumed power`};
    const step = {name: "One training step", value: timeText(result.seconds),
                  detail: `${result.recipe}; GEMM ${timeText(time.gemm_s)}, vector ${timeText(time.vector_s)}, host ${timeText(time.host_s)}, PCIe ${timeText(time.transfer_s)}`};
    if (results.length < 2) return [step, gemm, energy, {name: "DRAM traffic", value: byteText(result.dram_bytes), detail: "of one step"}];
    const {data} = theStep;
    return [
        {name: "Speedup, whole step", value: ratioText(data.speedup), detail: `${timeText(results[0].seconds)} ${results[0].recipe}, ${timeText(result.seconds)} ${result.recipe}`},
        {name: "Speedup, GEMM stages", value: ratioText(data.gemm_speedup), detail: `arithmetic alone allows ${ratioText(data.arithmetic_bound)}`},
        gemm, {...energy, detail: `${jouleText(results[0].energy_j)} ${results[0].recipe}; ${energy.detail}`},
    ];
}

// "312 tasks simulated, 70 modelled": a figure is no better than how it came to be.
function provenanceText(tasks) {
    const counts = d3.nest().key((t) => t.provenance).rollup((list) => list.length).entries(tasks);
    return counts.map(({key, value}) => `${plural(value, "task", "tasks")} ${key}`).join(", ");
}

function stepSummary(part, tasks, results) {
    tiles(part, stepTiles(results));
    const rows = results.map((result, index) => {
        const role = results.length === 2 && index === 0 ? "baseline" : "recipe";
        const sums = sumByPart(tasks.filter((task) => task.role === role));
        return {name: result.recipe, total: {value: result.seconds, text: timeText(result.seconds)},
                parts: PARTS.map((name) => ({name, value: sums.get(name).seconds, color: partColor(name), pattern: name.startsWith("GEMM") ? null : "lines"}))};
    });
    const [unit, unitName] = timeUnit(d3.max(results, (result) => result.seconds));
    sharesFigure(part, "Time of one training step by part", rows, timeText, {axis: `time of one training step [${unitName}]`, what: "time", unit});
    part.append(element("p.note", `${provenanceText(tasks)}. Simulated: cycle model. Modelled: predicted by following the program, or by rates of the hardware file ` +
        "(host and PCIe work is always modelled). Tasks follow each other, so the parts add up."));
    tableBehind(part, "Table: time by part", sharesTable("Time of one training step by part", rows, timeText));
}
