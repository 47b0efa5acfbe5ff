// A design space: one point a configuration, any two numbers against each other, the Pareto front of the objectives.

const sweepFields = () => report.data.fields;
const fieldNamed = (name) => sweepFields().find((field) => field.name === name);
const fieldLabel = (field) => `${field.label}${field.fidelity ? ` (${field.fidelity})` : ""}`;
const fieldUnit = (field) => (field.format === "percent" ? "%" : field.unit);
const fieldTitle = (field) => `${fieldLabel(field)}${fieldUnit(field) ? ` [${fieldUnit(field)}]` : ""}`;
const known = (field, points) => points.filter((point) => point[field.name] !== null);
// Points that have figures of the cycle model beside predicted ones.
const simulatedPoints = () => Math.max(0, ...sweepFields().filter((f) => f.fidelity === "cycle").map((f) => known(f, report.data.points).length));

// A value with its unit; empty where it is not known.
function fieldText(field, value) {
    if (value === null) return "";
    if (field.type === "text") return value;
    if (field.format === "percent") return percent(value);
    const scale = {s: timeText, J: jouleText, B: byteText}[field.unit];
    if (scale) return scale(value);
    return `${Number.isInteger(value) ? grouped(value) : d3.format(",.5~r")(value)}${field.unit ? ` ${field.unit}` : ""}`;
}
const pointTitle = (point) => sweepFields().filter((f) => f.type === "text").map((f) => point[f.name]).join(", ") || "configuration";
const pointLines = (point) => [...sweepFields().map((f) => [fieldLabel(f), fieldText(f, point[f.name])]), ["Pareto front", point.front ? "yes" : "no"]];

// Colour and shape by a field: names as they come, numbers in the order of their size.
function categoriesOf(field) {
    const values = [...new Set(report.data.points.map((point) => point[field.name]))];
    return field.type === "number" ? values.sort((a, b) => a - b) : values;
}

function sweepScale(field, points, log, range) {
    const [low, high] = d3.extent(points, (point) => point[field.name]);
    if (log && low > 0) return d3.scaleLog().domain([low / 1.15, high * 1.15]).range(range);
    const margin = (high - low || Math.abs(high) || 1) * 0.06;
    return d3.scaleLinear().domain([low - margin, high + margin]).range(range).nice();
}

function drawSweep(svg, width, shown, view) {
    const margin = {top: 28, right: 24, bottom: 48, left: 84};
    const height = 480;
    const [fx, fy, fc] = [fieldNamed(view.x), fieldNamed(view.y), fieldNamed(view.color)];
    const points = known(fx, known(fy, shown));
    const x = sweepScale(fx, report.data.points, view.log, [margin.left, width - margin.right]);
    const y = sweepScale(fy, report.data.points, view.log, [height - margin.bottom, margin.top]);
    const ticks = (field) => (field.format === "percent" ? (v) => d3.format("~r")(+(100 * v).toPrecision(12)) : d3.format("~s"));
    svg.append("g").attr("class", "axis").attr("transform", `translate(0,${height - margin.bottom})`).call(d3.axisBottom(x).ticks(8).tickFormat(ticks(fx)));
    svg.append("g").attr("class", "axis").attr("transform", `translate(${margin.left},0)`).call(d3.axisLeft(y).ticks(8).tickFormat(ticks(fy)));
    const grid = svg.append("g").attr("class", "grid");
    x.ticks(6).forEach((v) => grid.append("line").attr("x1", x(v)).attr("x2", x(v)).attr("y1", margin.top).attr("y2", height - margin.bottom));
    y.ticks(6).forEach((v) => grid.append("line").attr("y1", y(v)).attr("y2", y(v)).attr("x1", margin.left).attr("x2", width - margin.right));
    axisTitle(svg, (margin.left + width - margin.right) / 2, height - 8, `${fieldTitle(fx)}${better(fx)}`);
    svg.append("text").attr("class", "axis-title").attr("x", 4).attr("y", 14).text(`${fieldTitle(fy)}${better(fy)}`);
    // A line joins the front where both axes are objectives: elsewhere it would mean nothing.
    if (better(fx) && better(fy) && report.data.objectives.length === 2) {
        d3.nest().key((point) => point.front_number || 0).entries(points.filter((point) => point.front)).forEach(({values}) => {
            const front = values.sort((a, b) => a[fx.name] - b[fx.name]);
            svg.append("path").attr("class", "front").attr("d", d3.line().x((p) => x(p[fx.name])).y((p) => y(p[fy.name])).curve(d3.curveStepAfter)(front));
        });
    }
    const categories = categoriesOf(fc);
    const marks = svg.append("g").selectAll("path").data(points.slice().sort((a, b) => a.front - b.front)).enter().append("path")
        .attr("transform", (p) => `translate(${x(p[fx.name])},${y(p[fy.name])})`)
        .attr("d", (p) => d3.symbol().type(CATEGORY_SHAPES[categories.indexOf(p[fc.name]) % CATEGORY_SHAPES.length]).size(p.front ? 130 : 56)())
        .attr("class", (p) => `point ${p.front ? "filled" : "hollow"}`).style("color", (p) => categoryColor(categories.indexOf(p[fc.name])));
    explain(marks, pointTitle, pointLines);
    return height;
}

function better(field) {
    const objective = report.data.objectives.find((o) => o.field === field.name);
    return objective ? `, ${objective.better} is better` : "";
}

function sweepLegend(list, field) {
    list.replaceChildren(...categoriesOf(field).map((value, index) => element("li",
        shapeSwatch(CATEGORY_SHAPES[index % CATEGORY_SHAPES.length], false, categoryColor(index)), fieldText(field, value))));
}

// Configurations without figures are told, not only left away.
function leftOut(part) {
    const reasons = report.data.left_out || [];
    const missing = report.data.missing || 0;
    if (missing) part.append(element("p.note", `${plural(missing, "configuration has", "configurations have")} not been evaluated yet.`));
    if (!reasons.length) return;
    const total = d3.nest().key((r) => r.status).rollup((list) => d3.sum(list, (r) => r.points)).entries(reasons);
    part.append(element("p.note.left-out", `Not shown: ${total.map(({key, value}) => `${plural(value, "configuration", "configurations")} (${key})`).join(", ")}. ` +
        `${reasons.length === 1 ? reasons[0].reason : "The reasons stand in the table."}`));
    tableBehind(part, "Table: why configurations are not shown", sortableTable("Configurations without figures", [
        {title: "configurations", value: (r) => r.points, text: (r) => grouped(r.points)},
        {title: "status", left: true, value: (r) => r.status, text: (r) => r.status},
        {title: "reason", left: true, wide: true, value: (r) => r.reason, text: (r) => r.reason},
    ], reasons));
}

function sweepPage() {
    const {points, objectives} = report.data;
    const numbers = sweepFields().filter((f) => f.type === "number");
    const few = sweepFields().filter((f) => !objectives.some((o) => o.field === f.name) && f.name !== "point" && categoriesOf(f).length <= CATEGORY_SHAPES.length && known(f, points).length === points.length);
    const view = {x: objectives[0].field, y: objectives[1].field, color: (few[0] || sweepFields()[0]).name, log: false, frontOnly: false, text: ""};
    const shown = () => points.filter((point) => (!view.frontOnly || point.front) && (view.text === "" ||
        sweepFields().some((f) => String(point[f.name]).toLowerCase().includes(view.text))));

    const fronts = new Set(points.map((point) => point.front_number || 0)).size;
    const part = section("space", "Design space", "One mark a configuration; large filled marks are on the Pareto front: no other configuration is better in every objective" +
        (fronts > 1 ? `. ${fronts} networks are compared each for itself.` : "."));
    leftOut(part);
    const controls = element("div.controls");
    const counter = element("output.count", {"aria-live": "polite", id: "shown-points"});
    part.append(controls);
    const list = element("ul.legend");
    const redraw = figure(part, "Configurations of the design space", (svg, width) => drawSweep(svg, width, shown(), view));
    part.append(list);
    const columns = sweepFields().map((f) => ({title: fieldLabel(f), left: f.type === "text", value: (p) => p[f.name], text: (p) => fieldText(f, p[f.name])}));
    columns.push({title: "front", left: true, value: (p) => (p.front ? 0 : 1), text: (p) => (p.front ? "yes" : "")});
    const table = sortableTable("Configurations", columns, points);
    const changed = () => {
        hideTooltip();
        redraw();
        sweepLegend(list, fieldNamed(view.color));
        counter.textContent = `${grouped(shown().length)} of ${plural(points.length, "configuration", "configurations")}`;
        table.show(shown());
    };
    const axis = (label, key, fields) => choice(label, fields.map((f) => [f.name, fieldLabel(f)]), view[key], (value) => { view[key] = value; changed(); });
    const box = (label, key) => {
        const input = element("input", {type: "checkbox"});
        input.addEventListener("change", () => { view[key] = input.checked; changed(); });
        return element("label.choice", input, element("span", label));
    };
    const search = element("input", {type: "search", placeholder: "any field contains", "aria-label": "Any field contains"});
    search.addEventListener("input", () => { view.text = search.value.trim().toLowerCase(); changed(); });
    controls.append(axis("across", "x", numbers), axis("up", "y", numbers), axis("colour", "color", few.length ? few : sweepFields()),
                    box("logarithmic", "log"), box("front only", "frontOnly"), search, counter);
    section("table", "Configurations").append(element("div.scroll.tall", {tabindex: 0, role: "region", "aria-label": "Configurations"}, table));
    changed();
    stepsSections("Every task of one training step of configurations on the Pareto front, spread over it.");
    originSection();
}
