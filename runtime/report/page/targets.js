// The page of a step on several targets.

const targetChips = (targets, rows) => [
    // Rows are of all targets: these chips switch marks of the roofline.
    {field: "target", name: "Marks of", values: targets.map((target) => target.index), text: (index) => targets[index].label, mark: (index) => targetSwatch(targets[index])},
    chipsOf(rows, "stage", "Stage", STAGES, (s) => s, () => null),
    chipsOf(rows, "work", "Work", TARGET_WORK, (w) => (w === "GEMM" ? w : "all other"), () => null),
    chipsOf(rows, "winner", "Fastest", targets.map((target) => target.name), (name) => targets.find((t) => t.name === name).label, () => null),
];

function targetsTableSection(targets, rows, filters) {
    const part = section("table", "Layers",
        "The same work on every target, a row each: GEMMs by layer, stage and part; everything else of a layer and stage together. A click on a heading sorts. " +
        "Why takes the second's time over the winner's apart: executed work, roofs of the two machines, shares of those roofs. Nobody is fastest where fewer than two targets take time of its own for the work: why says where it is done.");
    const words = (title, value, wide = false) => ({title, left: true, wide, value, text: value});
    const columns = [
        words("layer", (r) => r.name),
        words("stage", (r) => [r.stage, r.part].filter((s) => s).join(" ")),
        ...targets.flatMap((target) => [
            {title: target.label, value: (r) => (r.cells[target.index] ? r.cells[target.index].seconds : null),
             text: (r) => (r.cells[target.index] ? timeText(r.cells[target.index].seconds) : "")},
            words("bound by, of its roof", (r) => (r.cells[target.index] ? roofText(r.cells[target.index]) : "")),
        ]),
        words("fastest", (r) => (r.winner ? targets.find((target) => target.name === r.winner).label : "")),
        {title: "by", value: (r) => (r.winner ? r.margin : null), text: (r) => (r.winner ? ratioText(r.margin) : "")},
        words("why", (r) => r.why),
        words("stays dense", (r) => r.dense.join("; "), "sentences"),
    ];
    const table = sortableTable("Layers on every target", columns, filters.shown());
    filters.onChange(() => table.show(filters.shown()));
    // On paper many columns take smaller letters.
    if (targets.length > 2) table.classList.add("many");
    part.append(element("div.scroll.tall", {tabindex: 0, role: "region", "aria-label": "Layers on every target"}, table));
}

function targetsPage() {
    const targets = targetsOf(report.data);
    const rows = targetRows(report.data, targets);
    const filters = new Filters(rows, targetChips(targets, rows), ["row", "rows"]);
    // Several machines of one kind alone: there are no layers of single ones to show.
    if (!targets.length) {
        mixSections(targets, report.data.mixes);
        originSection();
        return;
    }
    targetsSummarySection(targets, rows);
    partsSection(targets);
    targetsEnergySection(targets);
    mixSections(targets, report.data.mixes || []);
    document.getElementById("main").append(filters.bar());
    targetsRooflineSection(targets, filters);
    targetsTableSection(targets, rows, filters);
    originSection();
}
