// Where the page comes from: enough to make it again, and the figures that nobody has checked.

const machineFacts = (machine) => [
    ["hardware", `${machine.name}: ${machine.description}`],
    ["hardware file", machine.file],
    ["array", `${machine.rows} × ${machine.columns}, ${grouped(machine.peak_macs_per_cycle)} multiply-accumulates a cycle at ${three(machine.clock_hz / 1e6)} MHz`],
    ["memory", `${machine.memory}, ${plural(machine.channels, "channel", "channels")}, ${machine.bus_bytes_per_cycle} bytes a cycle`],
];

function originSection() {
    const part = section("origin", "Provenance");
    const {origin, machine} = report;
    const fidelity = fidelityText();
    const facts = [
        ["command", element("code", origin.command)],
        ["satsim", origin.satsim],
        ["built from", origin.git],
        ["written", origin.written],
        ...(report.kind === "targets" ? targetFacts() : []),
        ...(machine ? [["fidelity", fidelity.startsWith(origin.fidelity) ? fidelity : `${origin.fidelity}: ${fidelity}`], ...machineFacts(machine)] : []),
    ];
    const list = element("dl.facts");
    facts.forEach(([name, value]) => list.append(element("dt", name), element("dd", value)));
    part.append(list);
    if (machine) tableBehind(part, "Table: figures of the host and its link, which are not simulated", sortableTable("Figures of the hardware file", [
        {title: "figure", left: true, value: (f) => f.what, text: (f) => f.what},
        {title: "value", value: (f) => f.value, text: (f) => `${d3.format(".4~s")(f.value)} ${f.unit}`},
        {title: "checked", left: true, value: (f) => String(f.verified), text: (f) => (f.verified ? "yes" : "no")},
        {title: "source", left: true, wide: true, value: (f) => f.source, text: (f) => f.source},
    ], machine.assumptions));
    const button = element("button", {type: "button"}, "Save this page's data (JSON)");
    button.addEventListener("click", () => {
        const link = element("a", {download: "satsim-report.json"});
        link.href = URL.createObjectURL(new Blob([JSON.stringify(report, null, 1)], {type: "application/json"}));
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
    part.append(element("p.note", button, " The format is docs/formats/report.md of satsim."));
}
