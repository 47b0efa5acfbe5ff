// Time of each layer by stage: a bar of the recipe inside the outline of the baseline, coloured by what bounds it.

// Tasks of one layer and stage as one bar. Its bound is that of its longest task.
function layerBars(tasks, everything) {
    const bars = new Map();
    for (const task of tasks) {
        if (!everything && task.kind !== "gemm") continue;
        const key = `${task.layer}\n${task.stage}`;
        const bar = bars.get(key) || {layer: task.layer, stage: task.stage, title: `${task.layer} ${task.stage}`,
                                      baseline: null, recipe: null};
        const part = bar[task.role] || {seconds: 0, longest: task, joules: 0, bytes: 0, count: 0};
        part.seconds += task.seconds;
        part.joules += task.energy_j;
        part.bytes += task.dram_bytes;
        part.count += 1;
        if (task.seconds > part.longest.seconds) part.longest = task;
        bar[task.role] = part;
        bars.set(key, bar);
    }
    return [...bars.values()];
}

function barLines(bar) {
    const lines = [];
    for (const role of ["recipe", "baseline"]) {
        const part = bar[role];
        if (!part) continue;
        lines.push([part.longest.recipe, timeText(part.seconds)], ["bound by", part.longest.bound],
                   ["DRAM traffic", byteText(part.bytes)], ["energy", jouleText(part.joules)]);
        if (part.count > 1) lines.push(["tasks", String(part.count)]);
    }
    if (bar.recipe && bar.baseline) lines.unshift(["speedup", ratioText(bar.baseline.seconds / bar.recipe.seconds)]);
    return lines;
}

function drawLayers(svg, width, tasks, everything) {
    const bars = layerBars(tasks, everything);
    const layers = [...new Set(bars.map((bar) => bar.layer))];
    const row = 19;
    const margin = {top: 42, left: Math.min(190, 24 + 6.6 * d3.max(layers.map((l) => l.length).concat(4))), right: 8};
    const height = margin.top + row * layers.length + 34;
    const gap = 52;  // holds the labels behind a column's bars
    const column = (width - margin.left - margin.right) / 3;
    const longest = d3.max(bars, (bar) => Math.max(...["baseline", "recipe"].map((r) => (bar[r] ? bar[r].seconds : 0)))) || 1;
    const [unit, unitName] = timeUnit(longest);
    const x = d3.scaleLinear().domain([0, longest / unit]).range([0, column - gap]);
    const y = (layer) => margin.top + row * layers.indexOf(layer);
    STAGES.forEach((stage, index) => {
        const left = margin.left + index * column;
        const group = svg.append("g").attr("transform", `translate(${left},0)`);
        group.append("text").attr("class", "column-title").attr("y", 14).text(`${stage}  ${STAGE_TITLES[stage]}`);
        group.append("g").attr("class", "axis").attr("transform", `translate(0,${margin.top - 6})`)
            .call(d3.axisTop(x).ticks(4).tickFormat((v) => (v === 0 ? `0 ${unitName}` : String(v))));
        const grid = group.append("g").attr("class", "grid");
        x.ticks(4).forEach((v) => grid.append("line").attr("x1", x(v)).attr("x2", x(v)).attr("y1", margin.top - 4).attr("y2", height - 30));
        drawColumn(group, bars.filter((bar) => bar.stage === stage), (part) => (part ? x(part.seconds / unit) : 0), x.range()[1] + 48, y, row);
    });
    svg.append("g").selectAll("text").data(layers).enter().append("text").attr("class", "row-title").attr("x", margin.left - 8)
        .attr("y", (layer) => y(layer) + 12).attr("text-anchor", "end").attr("data-layer", (layer) => layer)
        .text((layer) => (layer.length > 26 ? `${layer.slice(0, 25)}…` : layer));
    explain(svg.selectAll("g.bar"), (bar) => bar.title, barLines, (bar) => bar.layer);
    axisTitle(svg, margin.left + (width - margin.left) / 2, height - 8, `time in one training step [${unitName}]${tasks.some((t) => t.role === "baseline") ? "; behind each bar: speedup over the baseline" : ""}`);
    return height;
}

// `length` of a part of a bar, `reach` of the area that answers to the mouse.
function drawColumn(group, bars, length, reach, y, row) {
    const marks = group.selectAll("g.bar").data(bars).enter().append("g").attr("class", "bar");
    // The whole line of a bar answers to the mouse: short bars are hard to hit.
    marks.append("rect").attr("class", "hit").attr("x", 0).attr("y", (bar) => y(bar.layer)).attr("width", reach).attr("height", row);
    marks.filter((bar) => bar.baseline).append("rect").attr("class", "outline").attr("x", 0).attr("y", (bar) => y(bar.layer) + 2)
        .attr("width", (bar) => Math.max(1, length(bar.baseline))).attr("height", row - 4)
        .style("stroke", (bar) => boundColor(bar.baseline.longest.bound));
    const solid = marks.filter((bar) => bar.recipe).append("rect").attr("x", 0).attr("y", (bar) => y(bar.layer) + 4.5)
        .attr("width", (bar) => Math.max(1, length(bar.recipe))).attr("height", row - 9)
        .style("fill", (bar) => boundColor(bar.recipe.longest.bound));
    solid.each(function (bar) {
        overlay(d3.select(this.parentNode), d3.select(this), () => BOUND_PATTERNS[bar.recipe.longest.bound]);
    });
    marks.append("text").attr("class", "bar-label").attr("x", (bar) => Math.max(length(bar.baseline), length(bar.recipe)) + 5)
        .attr("y", (bar) => y(bar.layer) + 13)
        .text((bar) => (bar.recipe && bar.baseline ? ratioText(bar.baseline.seconds / bar.recipe.seconds)
            : timeText((bar.recipe || bar.baseline).seconds)));
}

function layersSection(filters) {
    const compared = filters.tasks.some((t) => t.role === "baseline");
    const part = section("layers", "Layers", compared
        ? "Solid bars are the recipe, outlines the baseline, on one scale for all stages. A bar's colour and pattern say what bounds it."
        : "Time of each layer by stage, on one scale. A bar's colour and pattern say what bounds it.");
    let everything = false;
    const box = element("input", {type: "checkbox"});
    part.append(element("div.controls", element("label.choice", box, element("span", "also vector, host and PCIe work, and layers without a GEMM"))));
    const redraw = figure(part, "Time of each layer by stage", (svg, width) => drawLayers(svg, width, filters.shown(), everything));
    box.addEventListener("change", () => { everything = box.checked; redraw(); });
    filters.onChange(redraw);
}
