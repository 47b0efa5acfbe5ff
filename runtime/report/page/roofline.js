// Roofline: every task on SAT as a point, under the roofs of the machine.
//
// Rates count dense-equivalent operations (a pruned multiplication counts, which is what N:M buys) or issued ones. A roof is
// a peak rate; the slope is the memory bus, one line a cycle. Both axes are logarithmic.

// Of a machine: dense op/s (an addition and a multiplication a MAC), byte/s, op/s of the vector unit.
const peaksOf = ({clock_hz: clock, peak_macs_per_cycle: macs, bus_bytes_per_cycle: bytes, vector_lanes: lanes}) =>
    ({dense: 2 * macs * clock, bandwidth: bytes * clock, vector: lanes * clock});

// The patterns in use, as roofs. `gain`: dense-equivalent operations for each that is issued.
function roofsOf(peaks, tasks, dense) {
    const roofs = [{name: "dense", rate: peaks.dense}];
    if (dense) {
        const patterns = new Map(tasks.filter((t) => t.gain > 1).map((t) => [t.nm, t.gain]));
        patterns.forEach((gain, nm) => roofs.push({name: nm, rate: peaks.dense * gain}));
    }
    if (tasks.some((t) => t.kind === "vector")) roofs.push({name: "vector unit", rate: peaks.vector, vector: true});
    return roofs.sort((a, b) => b.rate - a.rate);
}

function rooflinePoints(peaks, tasks, dense) {
    return tasks.filter((t) => (t.kind === "gemm" || t.kind === "vector") && t.dram_bytes > 0 && t.seconds > 0 && t.operations > 0)
        .map((task) => {
            const work = dense ? task.dense : task.operations;
            const roof = task.kind === "vector" ? peaks.vector : peaks.dense * (dense ? task.gain : 1);
            const intensity = work / task.dram_bytes;
            return {task, intensity, rate: work / task.seconds, attainable: Math.min(roof, intensity * peaks.bandwidth)};
        });
}

function taskLines(task) {
    const before = task.baseline;
    return [
        ["recipe", task.recipe],
        ["work", KIND_TITLES[task.kind]],
        ["M × N × K", task.size],
        ["pattern", task.nm],
        ["time", `${timeText(task.seconds)}${task.cycles ? ` (${grouped(task.cycles)} cycles)` : ""}`],
        ["against baseline", before ? `${ratioText(before.seconds / task.seconds)} (${timeText(before.seconds)})` : ""],
        ["bound by", task.bound],
        ["array utilisation", task.utilization === null ? "" : percent(task.utilization)],
        ["DRAM traffic", task.dram_bytes ? byteText(task.dram_bytes) : ""],
        ["energy", jouleText(task.energy_j)],
        ["schedule", task.kind === "gemm" ? task.tile : ""],
        ["stays dense", task.dense_reason],
        ["below 95 %", task.shortfall],
        ["figures are", task.provenance],
    ];
}

const roofLines = (point) => [
    ["rate", rateText(point.rate)],
    ["intensity", `${three(point.intensity)} op/byte`],
    ["of the roof above it", percent(point.rate / point.attainable)],
    ...taskLines(point.task),
];

function drawRoofline(svg, width, tasks, all, dense) {
    const peaks = peaksOf(theStep.machine);
    const points = rooflinePoints(peaks, tasks, dense);
    const everything = rooflinePoints(peaks, all, dense);
    const roofs = roofsOf(peaks, all, dense);
    const top = d3.max(roofs, (r) => r.rate);
    const [x, y] = planeScales(width,
        [0.7 * d3.min(everything.map((p) => p.intensity).concat(1)), 6 * d3.max(everything.map((p) => p.intensity).concat(top / peaks.bandwidth))],
        [0.6 * d3.min(everything.map((p) => p.rate).concat(peaks.dense / 100)), 1.8 * top]);
    drawPlane(svg, width, x, y, dense ? "dense-equivalent" : "issued");
    drawRoofs(svg, x, y, roofs, peaks.bandwidth);
    const marks = svg.append("g").selectAll("path").data(points).enter().append("path")
        .attr("transform", (p) => `translate(${x(p.intensity)},${y(p.rate)})`)
        .attr("d", (p) => d3.symbol().type(shapeOf(p.task)).size(p.task.kind === "gemm" ? 90 : 50)())
        .attr("class", (p) => `point ${p.task.role === "baseline" ? "hollow" : "filled"}`)
        .style("color", (p) => boundColor(p.task.bound)).attr("stroke-dasharray", (p) => BOUND_DASHES[p.task.bound]);
    // What is filled also carries its bound's pattern.
    svg.append("g").selectAll("path").data(points.filter((p) => p.task.role !== "baseline" && BOUND_PATTERNS[p.task.bound])).enter().append("path")
        .attr("class", "overlay").attr("transform", (p) => `translate(${x(p.intensity)},${y(p.rate)})`)
        .attr("d", (p) => d3.symbol().type(shapeOf(p.task)).size(p.task.kind === "gemm" ? 90 : 50)())
        .attr("fill", (p) => `url(#pattern-${BOUND_PATTERNS[p.task.bound]})`);
    explain(marks, (p) => p.task.title, roofLines, (p) => p.task.layer);
    return PLANE.height;
}

function drawRoofs(svg, x, y, roofs, bandwidth) {
    const [left, right] = x.domain();
    const layer = svg.append("g").attr("class", "roofs");
    const top = roofs[0].rate;
    const start = Math.max(left, y.domain()[0] / bandwidth);
    layer.append("line").attr("class", "roof").attr("x1", x(start)).attr("y1", y(start * bandwidth))
        .attr("x2", x(top / bandwidth)).attr("y2", y(top));
    const rise = Math.atan2(y(bandwidth * 10) - y(bandwidth), x(10) - x(1)) * 180 / Math.PI;
    const at = Math.sqrt(start * Math.min(...roofs.filter((r) => !r.vector).map((r) => r.rate)) / bandwidth);
    layer.append("text").attr("class", "roof-label").attr("transform", `translate(${x(at) - 6},${y(at * bandwidth) - 8}) rotate(${rise})`)
        .attr("text-anchor", "middle").text(`memory bus ${three(bandwidth / 1e9)} GB/s`);
    roofs.forEach((roof) => {
        const ridge = roof.rate / bandwidth;
        layer.append("line").attr("class", roof.vector ? "roof minor" : "roof").attr("x1", x(Math.max(ridge, left))).attr("x2", x(right))
            .attr("y1", y(roof.rate)).attr("y2", y(roof.rate));
        if (ridge > left) {
            layer.append("circle").attr("class", "ridge").attr("cx", x(ridge)).attr("cy", y(roof.rate)).attr("r", 3.5);
            // The vector unit's ridge lies amid the points of vector work: no label there.
            if (!roof.vector)
                layer.append("text").attr("class", "roof-label").attr("x", x(ridge) - 8).attr("y", y(roof.rate) - 5)
                    .attr("text-anchor", "end").text(`ridge ${three(ridge)} op/byte`);
        }
        layer.append("text").attr("class", "roof-label").attr("x", x(right) - 4).attr("y", y(roof.rate) - 6).attr("text-anchor", "end")
            .text(`${roof.name} peak ${fixed(1)(roof.rate / 1e9)} Gop/s`);
    });
}

// Which operations count; `changed(dense)`.
const countedChoice = (changed) => choice("count", [["dense", "dense-equivalent operations"], ["issued", "issued operations"]], "dense",
                                          (value) => changed(value === "dense"));

function rooflineSection(filters) {
    const {machine} = theStep;
    const part = section("roofline", "Roofline",
        "Each point is one task on SAT. A point on its roof cannot be faster on this machine; the distance below it is what schedule, " +
        "padding or filling cost. Shape is the stage, colour with pattern and outline the bound (solid: compute; as in the filters' chips), hollow the baseline.");
    let dense = true;
    const controls = element("div.controls");
    part.append(controls);
    const left = filters.tasks.filter((t) => t.kind === "host" || t.kind === "transfer").length;
    const redraw = figure(part, "Roofline of all tasks on SAT", (svg, width) => drawRoofline(svg, width, filters.shown(), filters.tasks, dense));
    controls.append(countedChoice((value) => { dense = value; redraw(); }));
    part.append(element("p.note",
        `Roofs: ${machine.rows} × ${machine.columns} multiply-accumulates a cycle (N:M: times M/N), ${machine.vector_lanes} vector lanes, ` +
        `${machine.bus_bytes_per_cycle} bytes a cycle on the bus, at ${three(machine.clock_hz / 1e6)} MHz. An operation of a GEMM is a multiplication or ` +
        "an addition, of vector work one micro-operation of an element." +
        (left ? ` ${plural(left, "host task or transfer has", "host tasks and transfers have")} no point: they do not run on SAT.` : "") +
        " All numbers stand in the table of tasks below."));
    filters.onChange(redraw);
}
