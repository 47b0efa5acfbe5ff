// Modules of the network, and mixes of targets: what is where, and when.

// A module's colour and pattern, the same in all bars.
const MIX_PATTERNS = [null, ...Object.keys(PATTERNS)];

function moduleLook(names) {
    return (name) => ({color: categoryColor(names.indexOf(name)), pattern: MIX_PATTERNS[Math.floor(names.indexOf(name) / CATEGORY_SHAPES.length) % MIX_PATTERNS.length]});
}

function modulesSection(targets, mixes) {
    // In documents from before, mixes are no targets.
    const alone = mixes.filter((mix) => !targets.some((target) => target.name === mix.name));
    const all = [...targets, ...alone.map((mix) => ({...mix, label: `${mix.name} (${mix.provenance})`}))].filter((target) => (target.modules || []).length);
    const names = [...new Set(all.flatMap((target) => target.modules.map((module) => module.name)))];
    if (names.length < 2) return;
    const look = moduleLook(names);
    const part = section("modules", "Modules", "Time that each module of the network keeps machines busy, a bar a target; transfers and waiting of a mix belong to no module. Heads and embeddings beside modules have pieces of their own; other layers outside of modules stand under the network's name.");
    const rows = all.map((target) => {
        const value = d3.sum(target.modules, (module) => module.seconds);
        return {name: target.label, total: {value, text: timeText(value)},
                parts: target.modules.map((module) => ({name: module.name, value: module.seconds, ...look(module.name),
                    detail: STAGES.map((stage) => `${stage} ${timeText(module.stages[stage])}`).join(", ")}))};
    });
    sharesFigure(part, "Time of each module by target", rows, timeText, {axis: "share of the target's busy time [%]", what: "busy", ofTotal: true});
    tableBehind(part, "Table: time by module", sharesTable("Time of one training step by module", rows, timeText));
}

function drawMixTimeline(svg, width, mix, lanes) {
    const margin = {top: 6, left: 24 + 7 * d3.max(lanes, (lane) => lane.length), right: 16, bottom: 44};
    const row = 24;
    const height = margin.top + row * lanes.length + margin.bottom;
    const [unit, unitName] = timeUnit(mix.seconds);
    const x = d3.scaleLinear().domain([0, mix.seconds / unit]).range([margin.left, width - margin.right]);
    svg.append("g").attr("class", "axis").attr("transform", `translate(0,${height - margin.bottom})`).call(d3.axisBottom(x).ticks(8));
    axisTitle(svg, (margin.left + width - margin.right) / 2, height - 8, `time since the step began [${unitName}]`);
    lanes.forEach((lane, index) => {
        svg.append("text").attr("class", "row-title").attr("x", margin.left - 8).attr("y", margin.top + index * row + 16).attr("text-anchor", "end").text(lane);
        svg.append("line").attr("class", "lane").attr("x1", margin.left).attr("x2", width - margin.right).attr("y1", margin.top + (index + 1) * row - 2).attr("y2", margin.top + (index + 1) * row - 2);
    });
    const marks = svg.append("g").selectAll("g").data(mix.timeline).enter().append("g").attr("class", "block");
    marks.append("rect").attr("class", "slice").attr("x", (b) => x(b.start_s / unit)).attr("y", (b) => margin.top + lanes.indexOf(b.lane) * row + 2)
        .attr("width", (b) => Math.max(0.6, x(b.seconds / unit) - x(0) - 0.3)).attr("height", row - 6)
        .style("fill", (b) => (b.transfer ? "var(--part-4)" : categoryColor(STAGES.indexOf(b.stage))))
        .each(function (b) { overlay(d3.select(this.parentNode), d3.select(this), () => (b.transfer ? null : MIX_PATTERNS[STAGES.indexOf(b.stage)])); });
    explain(marks, (b) => `${b.lane}: ${b.title}`, (b) => [
        ["begins", timeText(b.start_s)], ["lasts", timeText(b.seconds)], ["of it at work", percent(b.busy_s / b.seconds)], [b.transfer ? "transfers" : "runs of tasks", grouped(b.count)],
    ]);
    return height;
}

function mixSection(mix, index) {
    const objective = {time: "time", energy: "energy", edp: "energy × delay"}[mix.objective];
    const part = section(`mix-${index}`, `Placement: ${mix.name}`,
        `Every task on one of the machines, for the least ${objective}; found by ${mix.method}. Tasks of different machines and transfers overlap. Provenance: ${mix.provenance}.`);
    const valueOf = {time: (s, j) => s, energy: (s, j) => j, edp: (s, j) => s * j}[mix.objective];
    const rows = [...mix.singles.map((single) => ({name: `all on ${single.target}`, seconds: single.seconds, joules: single.energy_j, note: [single.fits ? "" : "does not fit its memory", single.alone ? "" : "rest on others"].filter((s) => s).join(", ")})),
                  ...mix.without.map((other) => ({name: `without ${other.target}`, seconds: other.seconds, joules: other.energy_j, note: ""})),
                  {name: mix.name, seconds: mix.seconds, joules: mix.energy_j, note: ""}];
    const energy = (value, text) => (mix.energy_known ? text(value) : "not known");
    part.append(element("div.scroll", {tabindex: 0, role: "region", "aria-label": `${mix.name} and its alternatives`}, sortableTable(`${mix.name} and its alternatives`, [
        {title: "placement", left: true, value: (r) => r.name, text: (r) => r.name},
        {title: "step", value: (r) => r.seconds, text: (r) => timeText(r.seconds)},
        {title: "of the lower bound", value: (r) => r.seconds, text: (r) => ratioText(r.seconds / mix.lower_bound_seconds)},
        {title: "energy", value: (r) => r.joules, text: (r) => energy(r.joules, jouleText)},
        {title: `the mix is better by (${objective})`, value: (r) => valueOf(r.seconds, r.joules), text: (r) => ratioText(valueOf(r.seconds, r.joules) / valueOf(mix.seconds, mix.energy_j))},
        {title: "", left: true, value: (r) => r.note, text: (r) => r.note},
    ], rows)));
    const lanesOf = (transfer) => [...new Set(mix.timeline.filter((block) => block.transfer === transfer).map((block) => block.lane))];
    const lanes = [...lanesOf(false), ...lanesOf(true)];
    figure(part, `Timeline of ${mix.name}`, (svg, width) => drawMixTimeline(svg, width, mix, lanes));
    legend(part, [...STAGES.map((stage, i) => ({name: stage, color: categoryColor(i), pattern: MIX_PATTERNS[i]})), {name: "transfers", color: "var(--part-4)", pattern: null}]);
    part.append(element("p.note", "A block is runs of one module and stage that follow each other; the trace (--trace) has every run, and arrows along the tensors that move."));
    tableBehind(part, "Table: blocks in order", sortableTable("Blocks in order", [
        {title: "where", left: true, value: (b) => b.lane, text: (b) => b.lane},
        {title: "what", left: true, value: (b) => b.title, text: (b) => b.title},
        {title: "begins", value: (b) => b.start_s, text: (b) => timeText(b.start_s)},
        {title: "lasts", value: (b) => b.seconds, text: (b) => timeText(b.seconds)},
        {title: "at work", value: (b) => b.busy_s, text: (b) => timeText(b.busy_s)},
        {title: "runs", value: (b) => b.count, text: (b) => grouped(b.count)},
    ], mix.timeline));
}

function mixSections(targets, mixes) {
    modulesSection(targets, mixes);
    mixes.forEach(mixSection);
}
