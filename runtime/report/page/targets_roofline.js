// All machines under one pair of axes: a roof and a mark's shape and colour a target, a mark a GEMM.

function targetPoints(targets, filters, dense) {
    return targets.flatMap((target) => target.tasks
        .filter((task) => task.work === "GEMM" && task.dram_bytes > 0 && task.seconds > 0 && task.operations > 0 && (!filters || filters.passes(task)))
        .map((task) => {
            const work = dense ? task.dense : task.operations;
            const intensity = work / task.dram_bytes;
            const machine = target.machines.find((kind) => kind.names.includes(task.machine)) || target.machines[0];
            const peak = machine.peak_flops * (dense ? task.dense / task.operations : 1);
            return {target, task, intensity, rate: work / task.seconds, attainable: Math.min(peak, intensity * machine.bandwidth_bytes_per_s)};
        }));
}

const targetPointLines = (point) => [
    ["target", point.target.label],
    ...(point.task.machine ? [["machine", point.task.machine]] : []),
    ["rate", rateText(point.rate)],
    ["intensity", `${three(point.intensity)} op/byte`],
    ["of the roof above it", point.attainable > 0 ? percent(point.rate / point.attainable) : ""],
    ["time", timeText(point.task.seconds)],
    ["bound by", point.task.bound],
    ["energy", knownText(point.task.energy_j, jouleText)],
    ["DRAM traffic", byteText(point.task.dram_bytes)],
    ["M × N × K", `${point.task.count > 1 ? `${grouped(point.task.count)} × ` : ""}${grouped(point.task.m)} × ${grouped(point.task.n)} × ${grouped(point.task.k)}`],
    ["pattern", point.task.nm],
    ["kernel", point.task.kernel],
    ["stays dense", point.task.dense_reason],
    ["figures are", point.task.provenance],
];

// Of each machine of a target the dense roof, and the one that the target's sparsest GEMMs have when dense-equivalent operations count.
function targetRoofs(targets, dense) {
    return targets.flatMap((target) => target.machines.filter((machine) => machine.peak_flops > 0 && machine.bandwidth_bytes_per_s > 0).flatMap((machine) => {
        const on = target.tasks.filter((task) => task.operations > 0 && (!task.machine || machine.names.includes(task.machine)));
        const gain = d3.max(on, (task) => task.dense / task.operations) || 1;
        const several = machine.names.length > 1 ? `, each of ${machine.names.length}` : target.machines.length > 1 ? `, ${machine.name}` : "";
        const own = {target, machine, rate: machine.peak_flops, text: `${target.label}${several}: ${rateText(machine.peak_flops)}, ${three(machine.bandwidth_bytes_per_s / 1e9)} GB/s`};
        if (!dense || gain < 1.01) return [own];
        return [own, {target, machine, rate: gain * machine.peak_flops, text: `${target.label}${several}, pruned: ${ratioText(gain)}`, minor: true}];
    }));
}

// Labels above their roofs, pushed apart where roofs lie close together.
function drawTargetRoofs(svg, x, y, roofs) {
    const [left, right] = x.domain();
    const layer = svg.append("g").attr("class", "roofs");
    let above = Infinity;
    roofs.slice().sort((a, b) => a.rate - b.rate).forEach((roof) => {
        const bandwidth = roof.machine.bandwidth_bytes_per_s;
        const start = Math.max(left, y.domain()[0] / bandwidth);
        const from = roof.minor ? roof.machine.peak_flops / bandwidth : start;  // below it, the roof is the dense one's
        const corners = [[from, from * bandwidth], [roof.rate / bandwidth, roof.rate], [right, roof.rate]];
        layer.append("path").attr("class", roof.minor ? "roof minor" : "roof").style("stroke", targetColor(roof.target))
            .attr("d", d3.line().x((c) => x(c[0])).y((c) => y(c[1]))(corners));
        above = Math.min(above - 13, y(roof.rate) - 5);
        // A bar of the roof's colour behind the label, and a line from there to the roof.
        layer.append("rect").attr("x", x(right) - 6).attr("y", above - 9).attr("width", 6).attr("height", 10).style("fill", targetColor(roof.target));
        layer.append("path").attr("class", "roof minor").style("stroke", targetColor(roof.target)).attr("d", `M${x(right)},${above}V${y(roof.rate)}`);
        layer.append("text").attr("class", "roof-label").attr("x", x(right) - 10).attr("y", above).attr("text-anchor", "end").text(roof.text);
    });
}

function drawTargetsRoofline(svg, width, targets, filters, dense) {
    const everything = targetPoints(targets, null, dense);
    const roofs = targetRoofs(targets, dense);
    const intensities = everything.map((p) => p.intensity).concat(roofs.map((r) => r.rate / r.machine.bandwidth_bytes_per_s), 1);
    const rates = everything.map((p) => p.rate).concat(roofs.map((r) => r.rate));
    const top = d3.max(rates) || 1;
    // Roofs reach far to the right, where their labels cover no marks.
    const [x, y] = planeScales(width, [0.7 * d3.min(intensities), 16 * d3.max(intensities)], [0.6 * d3.min(rates.concat(top)), 4 * top]);
    drawPlane(svg, width, x, y, dense ? "dense-equivalent" : "executed");
    drawTargetRoofs(svg, x, y, roofs);
    const marks = svg.append("g").selectAll("path").data(targetPoints(targets, filters, dense)).enter().append("path")
        .attr("transform", (p) => `translate(${x(p.intensity)},${y(p.rate)})`)
        .attr("d", (p) => d3.symbol().type(targetShape(p.target)).size(70)())
        .attr("class", (p) => `point ${targetMark(p.target)}`).attr("data-target", (p) => p.target.name).style("color", (p) => targetColor(p.target));
    explain(marks, (p) => p.task.title, targetPointLines, (p) => p.task.name);
    return PLANE.height;
}

function targetsRooflineSection(targets, filters) {
    const part = section("roofline", "Roofline",
        "Each mark is one GEMM on one target, under the roof of its machine: shape and colour are the target's. A mark on its roof can hardly be faster on that machine (measured roofs are the best of a large product, a large copy and the work itself). Hover over a mark to find the same layer on the others.");
    let dense = true;
    const controls = element("div.controls");
    part.append(controls, element("ul.legend", ...targets.map((target) => element("li", targetSwatch(target), target.label))));
    const redraw = figure(part, "Roofline of all targets", (svg, width) => drawTargetsRoofline(svg, width, targets, filters, dense));
    controls.append(countedChoice((value) => { dense = value; redraw(); }));
    part.append(element("p.note", "Roofs: each machine's dense peak rate and memory bandwidth; dashed: what its most pruned GEMM could reach when pruned operations count. " +
        "An operation is a multiplication or an addition. Work without multiplications has no mark; it is in the table of layers."));
    filters.onChange(redraw);
}
