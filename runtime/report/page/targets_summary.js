// What several targets came to for one step: totals, totals over what each machine has, and where time and energy go.

const gigaText = (value) => knownText(value, (v) => three(v / 1e9));
const perWatt = (value) => knownText(value, (v) => `${three(v / 1e9)} GFLOP/s/W`);
const perByte = (value) => knownText(value, (v) => `${three(v)} flop/byte`);
const delayText = (value) => knownText(value, (v) => scaled(v, [[1, "Js"], [1e-3, "mJs"], [1e-6, "µJs"], [1e-9, "nJs"]]));
// Joules by figures that nobody compared with such a board.
const assumedText = (target) => (target.energy_basis === "assumed" ? " (assumed)" : "");
const overFirst = (targets, target) => (target.seconds > 0 ? targets[0].seconds / target.seconds : 0);

function targetTiles(targets) {
    const {recipe, baseline} = report.data;
    return targets.map((target) => ({
        name: `${target.label}: one training step`, value: timeText(target.seconds),
        detail: [
            ...(target.index > 0 ? [`${ratioText(overFirst(targets, target))} as fast as ${targets[0].label}`] : []),
            ...(target.fits === false ? ["does not fit its memory"] : []),
            ...(recipe === baseline ? [] : [`${ratioText(target.speedup)} over its own ${baseline}`]),
            target.energy_known ? `${jouleText(target.energy_j)}${assumedText(target)}, ${perWatt(target.step.flops_dense_equivalent_per_watt)}` : "energy not known",
        ].join("; "),
    }));
}

// A column of the tables that have a line a target.
const targetColumn = (title, value, text) => ({title, value, text: (target) => text(value(target))});
const labelColumn = {title: "target (figures are)", left: true, value: (t) => t.label, text: (t) => t.label};
const openTable = (part, caption, columns, rows) =>
    part.append(element("div.scroll", {tabindex: 0, role: "region", "aria-label": caption}, sortableTable(caption, columns, rows)));

function totalsTable(part, targets) {
    const known = (text) => (value) => knownText(value, text);
    openTable(part, "Totals of each target", [
        labelColumn,
        targetColumn("step", (t) => t.seconds, timeText),
        targetColumn("over the first", (t) => overFirst(targets, t), ratioText),
        targetColumn(`over its own ${report.data.baseline}`, (t) => t.speedup, ratioText),
        targetColumn("GEMMs", (t) => t.gemm.seconds, timeText),
        {title: "energy", value: (t) => t.energy_j, text: (t) => knownText(t.energy_j, jouleText) + (t.energy_j > 0 ? assumedText(t) : "")},
        targetColumn("energy × delay", (t) => t.step.energy_delay_js, delayText),
        targetColumn("power", (t) => t.step.mean_watts, known((w) => `${three(w)} W`)),
        targetColumn("dense-eq. GFLOP/s", (t) => t.step.flops_dense_equivalent, gigaText),
        targetColumn("per W", (t) => t.step.flops_dense_equivalent_per_watt, gigaText),
    ], targets);
}

// Rates over what a machine has: watts, peak, bandwidth.
const NORMALISED = [
    {name: "rate per watt", value: (t) => t.step.flops_dense_equivalent_per_watt, text: perWatt},
    {name: "rate per peak", value: (t) => t.step.flops_dense_equivalent_per_peak, text: (v) => percent(v)},
    {name: "rate per bandwidth", value: (t) => t.step.flops_dense_equivalent_per_byte_per_s, text: perByte},
];

function normalisedFigure(part, targets) {
    const groups = NORMALISED.map(({name, value, text}) => {
        const best = d3.max(targets, value) || 1;
        return {name, bars: targets.map((target) => ({
            target, value: 100 * value(target) / best, text: text(value(target)),
            lines: [["dense-equivalent", text(value(target))], ["of the best target", percent(value(target) / best)]],
        }))};
    });
    part.append(element("p.lead", "The machines differ by orders of magnitude. Over the watts, the peak rate (dense) and the memory bandwidth that each has, their dense-equivalent rates compare (above 100 % of the dense peak where pruning saves enough)." +
        (targets.some((t) => t.peaks === "measured") && targets.some((t) => t.peaks !== "measured")
            ? " Peaks of recorded and measured targets are what the board reached in a large product, a large copy or the work itself, those of the others published ones: rates per peak and per bandwidth do not compare between the two." : "")));
    figure(part, "Rates of the targets over what each machine has", (svg, width) => drawGroupedBars(svg, width, groups,
        {title: "of the best target in each group, linear scale [%]", low: 0, most: 100, ticks: d3.range(0, 101, 20), tick: String}));
    tableBehind(part, "Table: what each machine has, and rates over it", sortableTable("What each machine has, and rates over it", [
        labelColumn,
        targetColumn("dense peak, GFLOP/s", (t) => t.peak_flops, gigaText),
        {title: "peaks", left: true, value: (t) => t.peaks || "", text: (t) => t.peaks || ""},
        targetColumn("memory", (t) => t.bandwidth_bytes_per_s, (v) => `${three(v / 1e9)} GB/s`),
        targetColumn("board limit", (t) => t.board_watts, (v) => knownText(v, (w) => `${three(w)} W`)),
        ...NORMALISED.map(({name, value, text}) => targetColumn(name, value, text)),
        targetColumn("executed, GFLOP/s", (t) => t.step.flops_executed, gigaText),
        targetColumn("executed per watt", (t) => t.step.flops_executed_per_watt, perWatt),
        targetColumn("executed of peak", (t) => t.step.share_of_peak, (v) => percent(v)),
    ], targets));
}

function targetsSummarySection(targets, rows) {
    const part = section("summary", "Summary");
    tiles(part, targetTiles(targets));
    totalsTable(part, targets);
    const wins = targets.map((target) => `${target.label} in ${grouped(rows.filter((row) => row.winner === target.name).length)}`).join(", ");
    const shared = rows.filter((row) => row.winner).length;
    part.append(element("p.note", `Fastest, of ${plural(shared, "row", "rows")} of the table of layers that two or more take time for: ${wins}. Rates count GEMMs alone over the time of the whole step; dense-equivalent: as if nothing were pruned; executed: what the target did. ` +
        "Measured: here and now on the device. Recorded: measured before, read from a file. Simulated: cycle model. Modelled: a prediction, never a measurement."));
    normalisedFigure(part, targets);
}

function partGroups(targets, share) {
    return TARGET_PARTS.filter((name) => targets.some((target) => target.parts.get(name).seconds > 0)).map((name) => ({
        name,
        bars: targets.map((target) => {
            const {seconds, joules} = target.parts.get(name);
            const of = target.busy > 0 ? seconds / target.busy : 0;
            return {
                target, value: share ? 100 * of : seconds, text: seconds > 0 ? `${timeText(seconds)}, ${percent(of)}` : "none",
                lines: [["time", timeText(seconds)], [target.busy > target.seconds ? "share of its machines' busy time" : "share of the target's step", percent(of)], ["energy", knownText(joules, jouleText)]],
            };
        }),
    }));
}

// Whole decades around the times, in the unit of the longest.
function decadeAxis(groups) {
    const times = groups.flatMap((group) => group.bars.map((bar) => bar.value)).filter((value) => value > 0);
    const [unit, name] = timeUnit(d3.max(times) || 1);
    const [low, high] = [Math.floor(Math.log10((d3.min(times) || 1) * 0.999)), Math.ceil(Math.log10((d3.max(times) || 1) * 1.001))];
    return {title: `time in one training step, logarithmic scale [${name}]`, log: true, low: 10 ** low, most: 10 ** high,
            ticks: d3.range(low, high + 1).map((e) => 10 ** e), tick: (v) => d3.format(",~r")(+(v / unit).toPrecision(6))};
}

function partsSection(targets) {
    const part = section("parts", "Parts of the step", "One group a part, one bar a target; the time and its share of the target's own step are printed behind each bar." +
        (targets.some((target) => target.busy > target.seconds * 1.000001) ? " Of several machines: the time that they and their links are busy, which is more than the step, since they work at the same time." : ""));
    let share = false;
    const controls = element("div.controls");
    part.append(controls);
    const redraw = figure(part, "Time of each part of the step by target", (svg, width) => {
        const groups = partGroups(targets, share);
        return drawGroupedBars(svg, width, groups, share
            ? {title: "share of the target's step, linear scale [%]", low: 0, most: 100, ticks: d3.range(0, 101, 20), tick: String} : decadeAxis(groups));
    });
    controls.append(choice("bars are", [["time", "time, logarithmic"], ["share", "share of each target's step"]], "time",
                           (value) => { share = value === "share"; redraw(); }));
    tableBehind(part, "Table: time by part", sharesTable("Time of one training step by part", partRows(targets, "seconds", timeText), timeText));
}

// Of each target a total and what it is made of; `field` is "seconds" or "joules".
function partRows(targets, field, text) {
    return targets.map((target) => {
        const parts = TARGET_PARTS.map((name, index) => ({name, value: target.parts.get(name)[field], color: `var(--part-${index})`,
                                                          pattern: name.startsWith("GEMM") ? null : "lines"}));
        // Of several machines, what those take that have nothing to do for a while.
        if (field === "joules" && target.idle_energy_j > 0)
            parts.push({name: "machines that wait", value: target.idle_energy_j, color: `var(--part-${TARGET_PARTS.length})`, pattern: null});
        const value = d3.sum(parts, (piece) => piece.value);
        return {name: target.label, total: {value, text: knownText(value, text) + (field === "joules" && value > 0 ? assumedText(target) : "")}, parts};
    });
}

function targetsEnergySection(targets) {
    const part = section("energy", "Energy", "What the energy of a step goes into, a bar a target; the total is printed behind each bar. What a target's energy counts, and whether a meter read it, stands under Provenance. Assumed: by figures that nobody compared with such a board.");
    const rows = partRows(targets, "joules", jouleText);
    const [unit, name] = d3.max(rows, (row) => row.total.value) >= 2 ? [1, "J"] : [1e-3, "mJ"];
    let share = true;
    const controls = element("div.controls");
    part.append(controls);
    const redraw = figure(part, "Energy of one training step by part and target", (svg, width) => drawShares(svg, width, rows, jouleText, share
        ? {axis: "share of the target's energy of a step [%]", what: "energy", ofTotal: true}
        : {axis: `energy of one training step [${name}]`, what: "energy", unit}));
    controls.append(choice("bars are", [["share", "shares of each target's energy"], ["joules", "joules, one scale"]], "share",
                           (value) => { share = value === "share"; redraw(); }));
    legend(part, rows.flatMap((row) => row.parts.filter((piece) => piece.value > 0)));
    tableBehind(part, "Table: energy by part", sharesTable("Energy of one training step by part", rows, (v) => knownText(v, jouleText)));
}
