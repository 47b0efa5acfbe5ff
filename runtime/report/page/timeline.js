// When each task ran, and for the longest tasks when each engine was busy.

function drawTimeline(svg, width, parts, filters, picked, pick) {
    const lanes = KINDS.filter((kind) => parts.some((part) => part.tasks.some((task) => task.kind === kind)));
    const margin = {top: 6, left: 190, right: 16, bottom: 44};
    const lane = 20;
    const block = lane * lanes.length + 16;
    const height = margin.top + block * parts.length + margin.bottom;
    const end = d3.max(parts, (part) => d3.max(part.tasks, (task) => task.start_s + task.seconds)) || 1;
    const [unit, unitName] = timeUnit(end);
    const x = d3.scaleLinear().domain([0, end / unit]).range([margin.left, width - margin.right]);
    svg.append("g").attr("class", "axis").attr("transform", `translate(0,${height - margin.bottom})`).call(d3.axisBottom(x).ticks(8));
    axisTitle(svg, (margin.left + width - margin.right) / 2, height - 8, `time since the step began [${unitName}]`);
    const shown = [];
    parts.forEach((part, index) => {
        const top = margin.top + block * index;
        lanes.forEach((kind, row) => {
            svg.append("text").attr("class", "row-title").attr("x", margin.left - 8).attr("y", top + row * lane + 14).attr("text-anchor", "end")
                .text(`${part.recipe}  ${KIND_TITLES[kind]}`);
            svg.append("line").attr("class", "lane").attr("x1", margin.left).attr("x2", width - margin.right).attr("y1", top + row * lane + 18)
                .attr("y2", top + row * lane + 18);
        });
        part.tasks.forEach((task, number) => shown.push({task, part, index, number, y: top + lanes.indexOf(task.kind) * lane + 2}));
    });
    const marks = svg.append("g").selectAll("rect").data(shown).enter().append("rect").attr("class", "slice")
        .attr("x", (s) => x(s.task.start_s / unit)).attr("width", (s) => Math.max(0.6, x(s.task.seconds / unit) - x(0) - 0.4)).attr("y", (s) => s.y).attr("height", lane - 5)
        .style("fill", (s) => boundColor(s.task.bound))
        .classed("picked", (s) => s.index === picked.part && s.number === picked.task)
        .classed("recorded", (s) => s.part.excerpts.some((e) => e.task === s.number));
    marks.on("click", (s) => { if (s.part.excerpts.some((e) => e.task === s.number)) pick(s.index, s.number); });
    explain(marks, (s) => s.task.title, (s) => [
        ["recipe", s.part.recipe], ["work", KIND_TITLES[s.task.kind]], ["begins", timeText(s.task.start_s)], ["lasts", timeText(s.task.seconds)],
        ["bound by", s.task.bound], ["engines", s.part.excerpts.some((e) => e.task === s.number) ? "recorded: click to see them" : ""],
    ]);
    return height;
}

function drawExcerpt(svg, width, excerpt) {
    const margin = {top: 6, left: 70, right: 84, bottom: 44};
    const lane = 30;
    const engines = Object.entries(excerpt.engines);
    const height = margin.top + lane * engines.length + margin.bottom;
    const x = d3.scaleLinear().domain([0, excerpt.cycles]).range([margin.left, width - margin.right]);
    svg.append("g").attr("class", "axis").attr("transform", `translate(0,${height - margin.bottom})`).call(d3.axisBottom(x).ticks(8));
    axisTitle(svg, (margin.left + width - margin.right) / 2, height - 8, `cycles of the task at ${three(theStep.machine.clock_hz / 1e6)} MHz`);
    const shown = [];
    engines.forEach(([name, intervals], index) => {
        const top = margin.top + index * lane;
        svg.append("text").attr("class", "row-title").attr("x", margin.left - 8).attr("y", top + 18).attr("text-anchor", "end").text(name);
        const busy = d3.sum(intervals, ([, , cycles]) => cycles);
        svg.append("text").attr("class", "bar-label").attr("x", width - margin.right + 6).attr("y", top + 18).text(`${percent(busy / excerpt.cycles, 0)} busy`);
        svg.append("line").attr("class", "lane").attr("x1", margin.left).attr("x2", width - margin.right).attr("y1", top + lane - 5).attr("y2", top + lane - 5);
        intervals.forEach(([begin, end, cycles, operations]) => shown.push({name, begin, end, cycles, operations, top}));
    });
    // A block is as tall as the engine was busy in it.
    const share = (s) => s.cycles / Math.max(1, s.end - s.begin);
    const marks = svg.append("g").selectAll("rect").data(shown).enter().append("rect").attr("class", "slice engine").attr("x", (s) => x(s.begin))
        .attr("width", (s) => Math.max(0.8, x(s.end) - x(s.begin) - 0.4)).attr("height", (s) => Math.max(1, (lane - 8) * share(s)))
        .attr("y", (s) => s.top + lane - 5 - Math.max(1, (lane - 8) * share(s)));
    explain(marks, (s) => s.name, (s) => [
        ["cycles", `${grouped(s.begin)} to ${grouped(s.end - 1)}`], ["operations", grouped(s.operations)],
        ["busy in", `${grouped(s.cycles)} cycles (${percent(share(s))})`],
    ]);
    return height;
}

function timelineSection(filters) {
    const parts = theStep.timeline || [];
    if (!parts.some((part) => part.tasks.length)) return;
    const part = section("timeline", "Timeline",
        "Tasks follow each other: overlap between tasks is forgone. A task with a dark edge was recorded engine by engine; choose one to see when its engines were busy.");
    const recorded = parts.flatMap((p, index) => p.excerpts.map((excerpt) => ({index, excerpt, task: p.tasks[excerpt.task], recipe: p.recipe})));
    const first = recorded.length ? recorded.filter((r) => r.index === parts.length - 1).concat(recorded)[0] : null;
    const picked = {part: first ? first.index : -1, task: first ? first.excerpt.task : -1};
    const redraw = figure(part, "Tasks of the training step in time", (svg, width) => drawTimeline(svg, width, parts, filters, picked, pick));
    if (!first) {
        part.append(element("p.note", "No engine was recorded: nothing was simulated cycle by cycle (--fidelity fast)."));
        return;
    }
    const names = recorded.map((r) => [`${r.index} ${r.excerpt.task}`, `${r.recipe}: ${r.task.title}, ${timeText(r.task.seconds)}`]);
    const chooser = choice("engines of", names, names[recorded.indexOf(first)][0], (value) => pick(...value.split(" ").map(Number)));
    part.append(element("div.controls", chooser));
    const current = () => recorded.find((r) => r.index === picked.part && r.excerpt.task === picked.task).excerpt;
    const redrawExcerpt = figure(part, "Busy engines of one task", (svg, width) => drawExcerpt(svg, width, current()));
    part.append(element("p.note", "A block is as tall as the engine was busy in it; neighbouring operations are merged. satsim trace writes every operation of every task for Perfetto."));
    function pick(index, number) {
        picked.part = index;
        picked.task = number;
        chooser.querySelector("select").value = `${index} ${number}`;
        redraw();
        redrawExcerpt();
    }
    tableBehind(part, "Table: tasks in order", sortableTable("Tasks in order", [
        {title: "task", left: true, value: (r) => r.title, text: (r) => r.title},
        {title: "recipe", left: true, value: (r) => r.recipe, text: (r) => r.recipe},
        {title: "work", left: true, value: (r) => r.kind, text: (r) => KIND_TITLES[r.kind]},
        {title: "begins", value: (r) => r.start_s, text: (r) => timeText(r.start_s)},
        {title: "lasts", value: (r) => r.seconds, text: (r) => timeText(r.seconds)},
        {title: "bound by", left: true, value: (r) => r.bound, text: (r) => r.bound},
    ], parts.flatMap((p) => p.tasks.map((task) => ({...task, recipe: p.recipe})))));
}
