// Speedups of several networks under several recipes, beside what arithmetic allows and what was published.

const recipesOf = (part) => Object.keys(part.average.speedup).filter((recipe) => recipe !== "dense");
// "bdwp-2:8" is method and pattern.
const splitRecipe = (recipe) => {
    const at = recipe.lastIndexOf("-");
    return {method: recipe.slice(0, at), pattern: recipe.slice(at + 1)};
};

function drawSpeedups(svg, width, part, pattern) {
    const recipes = recipesOf(part).filter((recipe) => splitRecipe(recipe).pattern === pattern);
    const lines = [...part.networks, {...part.average, name: "average"}];
    const row = 15;
    const block = row * recipes.length + 14;
    const margin = {top: 10, left: 190, right: 60, bottom: 44};
    const height = margin.top + block * lines.length + margin.bottom;
    const published = report.data.published.filter((entry) => recipes.includes(entry.recipe));
    const most = d3.max([...lines.flatMap((line) => recipes.map((r) => Math.max(line.arithmetic_bound[r], line.speedup[r], line.gemm_speedup[r]))),
                         ...published.map((entry) => entry.speedup)]);
    const x = d3.scaleLinear().domain([Math.min(1, d3.min(lines.flatMap((line) => recipes.map((r) => line.speedup[r])))) * 0.98, most * 1.05]).range([margin.left, width - margin.right]);
    svg.append("g").attr("class", "axis").attr("transform", `translate(0,${height - margin.bottom + 4})`).call(d3.axisBottom(x).ticks(8).tickFormat((v) => `${v}×`));
    const grid = svg.append("g").attr("class", "grid");
    x.ticks(8).forEach((v) => grid.append("line").attr("x1", x(v)).attr("x2", x(v)).attr("y1", margin.top).attr("y2", height - margin.bottom));
    axisTitle(svg, (margin.left + width - margin.right) / 2, height - 6, `speedup over dense at ${pattern} [×]`);
    const marks = [];
    lines.forEach((line, index) => {
        const top = margin.top + block * index;
        svg.append("text").attr("class", "row-title strong").attr("x", 8).attr("y", top + row).text(line.name);
        recipes.forEach((recipe, number) => {
            const y = top + row * number + 8;
            svg.append("text").attr("class", "row-title").attr("x", margin.left - 8).attr("y", y + 4).attr("text-anchor", "end").text(splitRecipe(recipe).method);
            const entry = line.name === "average" ? published.find((p) => p.recipe === recipe) : null;
            marks.push({line, recipe, y, number, entry});
        });
    });
    const groups = svg.append("g").selectAll("g").data(marks).enter().append("g").style("color", (m) => categoryColor(m.number));
    groups.append("rect").attr("class", "hit").attr("x", margin.left).attr("width", width - margin.left - margin.right).attr("y", (m) => m.y - row / 2).attr("height", row);
    groups.append("line").attr("class", "span").attr("x1", (m) => x(m.line.speedup[m.recipe])).attr("x2", (m) => x(m.line.arithmetic_bound[m.recipe])).attr("y1", (m) => m.y).attr("y2", (m) => m.y);
    groups.append("line").attr("class", "tick-mark").attr("x1", (m) => x(m.line.arithmetic_bound[m.recipe])).attr("x2", (m) => x(m.line.arithmetic_bound[m.recipe])).attr("y1", (m) => m.y - 5).attr("y2", (m) => m.y + 5);
    const symbol = (m) => d3.symbol().type(CATEGORY_SHAPES[m.number]).size(64)();
    groups.append("path").attr("class", "point hollow").attr("d", symbol).attr("transform", (m) => `translate(${x(m.line.gemm_speedup[m.recipe])},${m.y})`);
    groups.append("path").attr("class", "point filled").attr("d", symbol).attr("transform", (m) => `translate(${x(m.line.speedup[m.recipe])},${m.y})`);
    groups.filter((m) => m.entry).append("path").attr("class", "published").attr("d", d3.symbol().type(d3.symbolStar).size(130)())
        .attr("transform", (m) => `translate(${x(m.entry.speedup)},${m.y})`);
    groups.append("text").attr("class", "bar-label").attr("x", width - margin.right + 8).attr("y", (m) => m.y + 4).text((m) => ratioText(m.line.speedup[m.recipe]));
    explain(groups, (m) => `${m.line.name}, ${m.recipe}`, (m) => [
        ["whole step", ratioText(m.line.speedup[m.recipe])], ["GEMM stages", ratioText(m.line.gemm_speedup[m.recipe])],
        ["arithmetic alone", ratioText(m.line.arithmetic_bound[m.recipe])], ["batch", m.line.batch ? String(m.line.batch) : ""],
        ["published", m.entry ? `${ratioText(m.entry.speedup)}, ${m.entry.source}` : ""],
    ]);
    return height;
}

const TIME_PARTS = [["gemm_s", "GEMM", "GEMM FF"], ["vector_s", "vector (SAT)", "vector (SAT)"], ["host_s", "host CPU", "host CPU"], ["transfer_s", "PCIe transfer", "PCIe transfer"]];

// Time of a step of each network, as shares of its dense step.
function timeRows(part, recipe) {
    return part.networks.flatMap((line) => ["dense", recipe].map((name) => {
        const step = line.steps[name];
        const dense = d3.sum(TIME_PARTS, ([key]) => line.steps.dense[key]);
        const total = d3.sum(TIME_PARTS, ([key]) => step[key]);
        return {name: `${line.name}  ${name}`, total: {value: total / dense, text: timeText(total)},
                parts: TIME_PARTS.map(([key, title, color]) => ({name: title, value: step[key] / dense, color: partColor(color), pattern: key === "gemm_s" ? null : "lines", detail: timeText(step[key])}))};
    }));
}

function reproducePage() {
    const data = report.data;
    let part = data.by_channels[0];
    const recipes = recipesOf(part);
    const patterns = [...new Set(recipes.map((recipe) => splitRecipe(recipe).pattern))];
    const entry = data.published[0];
    let recipe = entry && recipes.includes(entry.recipe) ? entry.recipe : recipes[recipes.length - 1];
    let pattern = splitRecipe(recipe).pattern;

    const summary = section("summary", "Summary");
    tiles(summary, [
        ...(entry ? [{name: "Published", value: ratioText(entry.speedup), detail: `${entry.recipe}: ${entry.source}`}] : []),
        {name: "Whole step, average", value: ratioText(part.average.speedup[recipe]), detail: `${recipe}, ${plural(part.networks.length, "network", "networks")}, ${plural(part.channels, "memory channel", "memory channels")}`},
        {name: "GEMM stages, average", value: ratioText(part.average.gemm_speedup[recipe]), detail: `${recipe}, as papers count`},
        {name: "Arithmetic alone", value: ratioText(part.average.arithmetic_bound[recipe]), detail: "multiply-accumulates dense over those with N:M"},
    ]);
    summary.append(element("p.note", "Averages are arithmetic means. Batch sizes, memory bandwidth and host link of the published figure are not published; no constant of the model is fitted to it."));

    const speedups = section("speedups", "Speedup over dense",
        "Filled: whole step. Hollow: GEMM stages only. Upright tick: what arithmetic alone allows. Star: published average. Shape and colour are the method.");
    const controls = element("div.controls");
    speedups.append(controls);
    const redraws = [figure(speedups, "Speedup of each network and method over dense", (svg, width) => drawSpeedups(svg, width, part, pattern))];
    const shares = section("time", "Where the time goes", "Time of a step as a multiple of the network's dense step; the label is its time. What N:M cannot shorten sets the distance between filled and hollow marks above.");
    const shareControls = element("div.controls");
    shares.append(shareControls);
    redraws.push(figure(shares, "Time of a step by part", (svg, width) => drawShares(svg, width, timeRows(part, recipe), (v) => ratioText(v), {axis: "time relative to the network's dense step [×]", what: "of the dense step"})));
    legend(shares, timeRows(part, recipe).flatMap((row) => row.parts));
    const redraw = () => redraws.forEach((f) => f());
    controls.append(choice("pattern", patterns.map((p) => [p, p]), pattern, (value) => { pattern = value; redraw(); }));
    if (data.by_channels.length > 1)
        controls.append(choice("memory channels", data.by_channels.map((p, i) => [String(i), String(p.channels)]), "0", (value) => { part = data.by_channels[Number(value)]; redraw(); }));
    shareControls.append(choice("recipe", recipes.map((r) => [r, r]), recipe, (value) => { recipe = value; redraw(); }));
    reproduceTable(data, recipes);
    stepsSections("Dense and the recipe of the published figure, or the last one: every task of one training step of a network.");
    originSection();
}

function reproduceTable(data, recipes) {
    const part = section("table", "All figures");
    const rows = data.by_channels.flatMap((channels) => [...channels.networks, {...channels.average, name: "average"}].flatMap((line) => recipes.map((recipe) => ({
        name: line.name, batch: line.batch || null, channels: channels.channels, recipe, step: line.speedup[recipe], gemm: line.gemm_speedup[recipe],
        bound: line.arithmetic_bound[recipe], utilization: line.steps ? line.steps[recipe].utilization : null,
    }))));
    const number = (title, key, format) => ({title, value: (r) => r[key], text: (r) => (r[key] === null ? "" : format(r[key]))});
    const words = (title, key) => ({title, left: true, value: (r) => r[key], text: (r) => r[key]});
    part.append(element("div.scroll.tall", {tabindex: 0, role: "region", "aria-label": "All speedups"}, sortableTable("Speedups over dense", [
        words("network", "name"), number("batch", "batch", grouped), number("channels", "channels", grouped), words("recipe", "recipe"),
        number("whole step", "step", ratioText), number("GEMM stages", "gemm", ratioText), number("arithmetic", "bound", ratioText), number("utilisation", "utilization", percent),
    ], rows)));
}
