// Energy: counted events times joules of an event, and assumed power times seconds. Both rest on the hardware file's
// figures, so every line shows its source and whether anyone has read it.

const GROUPS = ["arithmetic", "on-chip memory", "DRAM", "interconnect"];
const ASSUMED_PATTERNS = ["diagonal", "cross", "lines"];

function energyRow(result) {
    const energy = result.energy;
    const parts = GROUPS.map((group, index) => ({
        name: group, color: categoryColor(index), pattern: null, detail: "counted events × joules of one event",
        value: d3.sum(energy.counted.filter((part) => part.group === group), (part) => part.joules),
    }));
    const rest = d3.sum(energy.counted.filter((part) => !GROUPS.includes(part.group)), (part) => part.joules);
    if (rest > 0) parts.push({name: "other events", color: categoryColor(4), pattern: null, value: rest, detail: "counted events × joules of one event"});
    energy.assumed.forEach((part, index) => parts.push({
        name: part.what, color: "var(--assumed)", pattern: ASSUMED_PATTERNS[index % ASSUMED_PATTERNS.length], value: part.joules,
        detail: `assumed: ${three(part.watts)} W for ${timeText(part.seconds)}`,
    }));
    return {name: result.recipe, parts, total: {value: result.energy_j, text: jouleText(result.energy_j)}};
}

function energyTable(result) {
    const rows = [
        ...result.energy.counted.map((part) => ({name: part.event, basis: "counted", amount: part.count, amountText: grouped(part.count),
            each: part.joules_each, eachText: jouleText(part.joules_each), joules: part.joules, source: part.source, verified: part.verified})),
        ...result.energy.assumed.map((part) => ({name: part.what, basis: "assumed", amount: part.seconds, amountText: timeText(part.seconds),
            each: part.watts, eachText: `${three(part.watts)} W`, joules: part.joules, source: part.source, verified: part.verified})),
    ].filter((row) => row.joules > 0);
    return sortableTable(`Energy of ${result.recipe}`, [
        {title: "event or power", left: true, value: (r) => r.name, text: (r) => r.name},
        {title: "basis", left: true, value: (r) => r.basis, text: (r) => r.basis},
        {title: "amount", value: (r) => r.amount, text: (r) => r.amountText},
        {title: "each", value: (r) => r.each, text: (r) => r.eachText},
        {title: "energy", value: (r) => r.joules, text: (r) => jouleText(r.joules)},
        {title: "figure checked", left: true, value: (r) => String(r.verified), text: (r) => (r.verified ? "yes" : "no")},
        {title: "source of the figure", left: true, wide: true, value: (r) => r.source, text: (r) => r.source},
    ], rows);
}

function energySection(results) {
    const part = section("energy", "Energy",
        "Solid parts are events that were counted, priced by the hardware file; patterned parts are assumed power over the time it runs. " +
        "They compare schedules and recipes with each other; they do not predict a card's meter.");
    const rows = results.map(energyRow);
    sharesFigure(part, "Energy of one training step by part", rows, jouleText, {axis: "energy of one training step [J]", what: "energy"});
    part.append(element("p.note", `Energy model: ${results[0].energy.model}`));
    results.forEach((result) => tableBehind(part, `Table: energy of ${result.recipe}, with sources`, energyTable(result)));
}

function trafficSection(tasks, results) {
    const part = section("traffic", "Memory traffic",
        "Bytes that cross the card's memory bus in one step, whole lines as the memory moves them; transfers over PCIe count where they touch the card's memory.");
    const rows = results.map((result, index) => {
        const role = results.length === 2 && index === 0 ? "baseline" : "recipe";
        const sums = sumByPart(tasks.filter((task) => task.role === role));
        const parts = PARTS.flatMap((name) => [
            {name: `${name}, read`, value: sums.get(name).read, color: partColor(name), pattern: null},
            {name: `${name}, write`, value: sums.get(name).bytes - sums.get(name).read, color: partColor(name), pattern: "diagonal"},
        ]);
        return {name: result.recipe, parts, total: {value: result.dram_bytes, text: byteText(result.dram_bytes)}};
    });
    sharesFigure(part, "Memory traffic of one training step by part", rows, byteText,
                 {axis: "DRAM traffic of one training step [GiB]", what: "traffic", unit: 2 ** 30});
    tableBehind(part, "Table: memory traffic by part", sharesTable("Memory traffic by part", rows, byteText));
}
