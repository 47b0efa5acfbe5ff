// Bars in groups, one a target: a value of several things, side by side.

// groups: [{name, bars: [{target, value, text, lines}]}]; a bar is missing where `value` is 0, `text` is printed all the same.
// axis: {title, low, most, log, ticks, tick}; `ticks` are values, `tick` says one.
function drawGroupedBars(svg, width, groups, axis) {
    const bars = groups.flatMap((group) => group.bars.map((bar) => ({...bar, group})));
    const letters = (texts) => LETTER * (d3.max(texts, (text) => text.length) || 0);
    const label = Math.min(0.3 * width, 12 + letters(bars.map((bar) => bar.target.label)));
    const name = Math.min(0.25 * width, letters(groups.map((group) => group.name)));
    const margin = {top: 6, right: 12 + letters(bars.map((bar) => bar.text)), bottom: 44, left: 16 + label + name};
    const row = 18;
    const gap = 12;
    let bottom = margin.top;
    groups.forEach((group) => {
        bars.filter((bar) => bar.group === group).forEach((bar) => { bar.y = bottom; bottom += row; });
        bottom += gap;
    });
    const height = bottom + margin.bottom;
    const x = (axis.log ? d3.scaleLog() : d3.scaleLinear()).domain([axis.low, axis.most]).range([margin.left, width - margin.right]);
    const length = (bar) => (bar.value > 0 ? Math.max(1, x(bar.value) - margin.left) : 0);
    const grid = svg.append("g").attr("class", "grid");
    axis.ticks.forEach((v) => grid.append("line").attr("x1", x(v)).attr("x2", x(v)).attr("y1", margin.top).attr("y2", bottom));
    svg.append("g").attr("class", "axis").attr("transform", `translate(0,${bottom})`).call(d3.axisBottom(x).tickValues(axis.ticks).tickFormat(axis.tick));
    axisTitle(svg, (margin.left + width - margin.right) / 2, height - 6, axis.title);
    groups.forEach((group) => svg.append("text").attr("class", "row-title strong").attr("x", 4)
        .attr("y", bars.find((bar) => bar.group === group).y + 13).text(fitText(group.name, name + 8)));
    const marks = svg.append("g").selectAll("g.bar").data(bars).enter().append("g").attr("class", "bar");
    marks.append("rect").attr("class", "hit").attr("x", margin.left - label).attr("y", (bar) => bar.y).attr("width", width - margin.left + label).attr("height", row);
    marks.append("text").attr("class", "row-title").attr("x", margin.left - 8).attr("y", (bar) => bar.y + 13).attr("text-anchor", "end")
        .text((bar) => fitText(bar.target.label, label - 8));
    marks.append("rect").attr("class", "share").attr("x", margin.left).attr("y", (bar) => bar.y + 2).attr("width", length).attr("height", row - 4)
        .style("fill", (bar) => targetColor(bar.target))
        .each(function (bar) { overlay(d3.select(this.parentNode), d3.select(this), () => targetPattern(bar.target)); });
    marks.append("text").attr("class", "bar-label").attr("x", (bar) => margin.left + length(bar) + 5).attr("y", (bar) => bar.y + 13).text((bar) => bar.text);
    explain(marks, (bar) => `${bar.group.name}: ${bar.target.label}`, (bar) => bar.lines);
    return height;
}
