// Puts the page together, by kind of document.

// A sweep may have simulated some of the points that it predicted.
function fidelityText() {
    const {fidelity} = report.origin;
    const simulated = report.kind === "sweep" && fidelity !== "cycle" ? simulatedPoints() : 0;
    const title = FIDELITY_TITLES[fidelity] || fidelity;
    return simulated ? `${fidelity}: all ${grouped(report.data.points.length)} points ${FIDELITY_TITLES.fast}; cycle: ${grouped(simulated)} of them ${FIDELITY_TITLES.cycle} too` : title;
}

function headOf() {
    const head = document.getElementById("head");
    const {data, machine} = report;
    const step = () => `one training step of ${data.network}, batch ${grouped(data.batch)}, on`;
    const sat = () => `${machine.name}: ${machine.rows} × ${machine.columns} at ${three(machine.clock_hz / 1e6)} MHz, ${machine.memory} memory, ${fidelityText()}`;
    const lead = {
        run: () => `${step()} ${sat()}`,
        compare: () => `${step()} ${sat()}`,
        targets: () => `${step()} ${(data.targets.length ? targetsOf(data).map((target) => target.label) : data.mixes.map((mix) => mix.name)).join(", ")}`,
        reproduce: () => `reproduction on ${sat()}`,
        sweep: () => `base machine ${sat()}`,
    };
    head.append(element("p.kind", `satsim ${report.kind}`), element("h1", report.title), element("p.lead", lead[report.kind]()));
    document.getElementById("foot").append(element("p", "Written by satsim. Charts drawn with D3, whose licence stands in the file's source. The page asks no network for anything."));
}

function stepPage() {
    stepSections(section("summary", "Summary"));
    originSection();
}

// In print every table is open, and nothing floats.
function preparePrint() {
    addEventListener("beforeprint", () => {
        hideTooltip();
        document.querySelectorAll("details.behind:not([open])").forEach((details) => { details.open = true; details.dataset.printed = "yes"; });
    });
    addEventListener("afterprint", () => {
        document.querySelectorAll("details[data-printed]").forEach((details) => { details.open = false; delete details.dataset.printed; });
    });
}

definePatterns();
headOf();
({run: stepPage, compare: stepPage, targets: targetsPage, reproduce: reproducePage, sweep: sweepPage})[report.kind]();
preparePrint();
