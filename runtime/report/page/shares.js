// Stacked bars, one a recipe: what a total is made of. Used for time, energy and traffic.

// rows: [{name, total: {value, text}, parts: [{name, value, color, pattern, detail}]}]; `text` says a value. title: {axis, what,
// unit, ofTotal}; the axis counts in `unit`s, or in per cent of each row's total.
function drawShares(svg, width, rows, text, title) {
    const margin = {top: 8, left: Math.min(width * 0.45, 24 + LETTER * d3.max(rows, (r) => r.name.length)), right: Math.max(96, 16 + LETTER * d3.max(rows, (r) => r.total.text.length)), bottom: 44};
    const row = 46;
    const height = margin.top + row * rows.length + margin.bottom;
    const unit = title.unit || 1;
    const unitOf = (r) => (title.ofTotal ? (r.total.value || 1) / 100 : unit);
    const most = title.ofTotal ? 100 : (d3.max(rows, (r) => r.total.value) || 1) / unit;
    const inUnits = d3.scaleLinear().domain([0, most]).range([margin.left, width - margin.right]);
    const x = (value, r) => inUnits(value / unitOf(r));
    svg.append("g").attr("class", "axis").attr("transform", `translate(0,${height - margin.bottom + 4})`).call(d3.axisBottom(inUnits).ticks(6));
    const grid = svg.append("g").attr("class", "grid");
    inUnits.ticks(6).forEach((v) => grid.append("line").attr("x1", inUnits(v)).attr("x2", inUnits(v)).attr("y1", margin.top).attr("y2", height - margin.bottom));
    axisTitle(svg, (margin.left + width - margin.right) / 2, height - 6, title.axis);
    const pieces = [];
    rows.forEach((r, index) => {
        let at = 0;
        svg.append("text").attr("class", "row-title").attr("x", margin.left - 8).attr("y", margin.top + row * index + 26)
            .attr("text-anchor", "end").text(fitText(r.name, margin.left - 12));
        r.parts.forEach((part) => {
            if (part.value > 0) pieces.push({...part, row: r, x: x(at, r), width: x(at + part.value, r) - x(at, r), y: margin.top + row * index + 6});
            at += part.value;
        });
        svg.append("text").attr("class", "bar-label strong").attr("x", x(r.total.value, r) + 8).attr("y", margin.top + row * index + 26).text(r.total.text);
    });
    const marks = svg.append("g").selectAll("g").data(pieces).enter().append("g");
    const boxes = marks.append("rect").attr("class", "share").attr("x", (p) => p.x).attr("y", (p) => p.y).attr("width", (p) => Math.max(0.5, p.width))
        .attr("height", row - 16).style("fill", (p) => p.color);
    boxes.each(function (p) { overlay(d3.select(this.parentNode), d3.select(this), () => p.pattern); });
    marks.filter((p) => p.width > 7.2 * p.name.length + 10).append("text").attr("class", "on-bar").attr("x", (p) => p.x + p.width / 2)
        .attr("y", (p) => p.y + 19).attr("text-anchor", "middle").text((p) => p.name);
    explain(marks, (p) => `${p.row.name}: ${p.name}`,
            (p) => [[title.what, text(p.value)], ["share", percent(p.value / p.row.total.value)], ["what", p.detail || ""]]);
    return height;
}

// Legend of parts; bars name their own parts only where there is room.
function legend(parent, parts) {
    const list = element("ul.legend");
    const seen = new Set();
    parts.forEach((part) => {
        if (seen.has(part.name)) return;
        seen.add(part.name);
        list.append(element("li", swatch((svg) => {
            const rect = svg.append("rect").attr("x", 1).attr("y", 1).attr("width", 14).attr("height", 14).style("fill", part.color);
            overlay(svg, rect, () => part.pattern);
        }), part.name));
    });
    parent.append(list);
}

function sharesFigure(parent, label, rows, text, title) {
    figure(parent, label, (svg, width) => drawShares(svg, width, rows, text, title));
    legend(parent, rows.flatMap((row) => row.parts.filter((part) => part.value > 0)));
}

// A table of parts by recipe.
function sharesTable(caption, rows, text) {
    const names = [...new Set(rows.flatMap((row) => row.parts.map((part) => part.name)))];
    const value = (row, name) => d3.sum(row.parts.filter((part) => part.name === name), (part) => part.value);
    return sortableTable(caption, [
        {title: "part", left: true, value: (name) => name, text: (name) => name},
        ...rows.flatMap((row) => [
            {title: row.name, value: (name) => value(row, name), text: (name) => text(value(row, name))},
            {title: "share", value: (name) => value(row, name), text: (name) => percent(row.total.value ? value(row, name) / row.total.value : 0)},
        ]),
    ], names);
}
