// The schedule: every task with its sizes, what was chosen for it and what came of it.

function scheduleSection(filters) {
    const part = section("schedule", "Schedule", "Every task that the filters show, in order of execution. A click on a heading sorts.");
    const compared = filters.tasks.some((t) => t.role === "baseline");
    const gemmOnly = (f) => (t) => (t.kind === "gemm" ? f(t) : null);
    const text = (value, format) => (t) => (value(t) === null || value(t) === undefined ? "" : format(value(t)));
    const number = (title, value, format) => ({title, value, text: text(value, format)});
    const words = (title, value, wide = false) => ({title, left: true, wide, value, text: (t) => value(t) || ""});
    const intensity = (t) => (t.dram_bytes && t.operations ? t.operations / t.dram_bytes : null);
    const baseline = (t) => (t.baseline ? t.baseline.seconds : null);
    const columns = [
        words("task", (t) => t.layer),
        words("stage", (t) => `${t.stage}${t.part ? ` ${t.part}` : ""}`),
        ...(compared ? [words("recipe", (t) => t.recipe)] : []),
        words("work", (t) => (t.kind === "gemm" ? "GEMM" : `${KIND_TITLES[t.kind]}: ${t.operation}`)),
        {title: "M × N × K", value: gemmOnly((t) => t.m * t.n * t.k * t.count), text: (t) => t.size},
        words("N:M", (t) => t.nm),
        number("cycles", (t) => t.cycles || null, grouped),
        number("time", (t) => t.seconds, timeText),
        ...(compared ? [number("baseline", baseline, timeText), number("speedup", (t) => (t.baseline && t.seconds ? t.baseline.seconds / t.seconds : null), ratioText)] : []),
        number("utilisation", (t) => t.utilization, percent),
        number("op/byte", intensity, three),
        number("DRAM", (t) => t.dram_bytes, byteText),
        number("energy", (t) => t.energy_j, jouleText),
        {...words("bound", (t) => t.bound)},
        words("schedule", gemmOnly((t) => t.tile)),
        words("why dense, why below 95 %", (t) => [t.dense_reason, t.shortfall].filter((s) => s).join("; "), true),
        words("figures are", (t) => t.provenance),
    ];
    // Both recipes at once: one line a pair, with the baseline's time beside.
    const rows = () => {
        const shown = filters.shown();
        const recipe = shown.filter((t) => t.role === "recipe");
        return recipe.length ? recipe : shown;
    };
    const table = sortableTable("Tasks and their schedules", columns, rows());
    filters.onChange(() => table.show(rows()));
    part.append(element("div.scroll.tall", {tabindex: 0, role: "region", "aria-label": "Tasks and their schedules"}, table));
}
