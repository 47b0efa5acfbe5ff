// A plane with two logarithmic axes, as rooflines have it.

const PLANE = {height: 480, margin: {top: 28, right: 24, bottom: 48, left: 64}};

function axisTitle(svg, x, y, text) {
    svg.append("text").attr("class", "axis-title").attr("x", x).attr("y", y).attr("text-anchor", "middle").text(text);
}

function logAxisTicks(scale) {
    const [low, high] = scale.domain();
    return d3.range(Math.ceil(Math.log10(low)), Math.floor(Math.log10(high)) + 1).map((e) => 10 ** e);
}

// Every 1, 2, ... 9 of a decade inside the axis, and whether it begins one.
function gridTicks(scale) {
    const [low, high] = scale.domain();
    const decades = d3.range(Math.floor(Math.log10(low)), Math.ceil(Math.log10(high)));
    return decades.flatMap((e) => d3.range(1, 10).map((digit) => [digit * 10 ** e, digit === 1])).filter(([v]) => v >= low && v <= high);
}

// Scales over `across` and `up`, [least, most] each: op/byte and op/s.
const planeScales = (width, across, up) => [
    d3.scaleLog().domain(across).range([PLANE.margin.left, width - PLANE.margin.right]),
    d3.scaleLog().domain(up).range([PLANE.height - PLANE.margin.bottom, PLANE.margin.top]),
];

// Grid and axes of a roofline. `counted`: what an operation is.
function drawPlane(svg, width, x, y, counted) {
    const {height, margin} = PLANE;
    const [unit, unitName] = y.domain()[1] > 1e15 ? [1e12, "Top/s"] : [1e9, "Gop/s"];
    const grid = svg.append("g").attr("class", "grid");
    gridTicks(x).forEach(([v, major]) => grid.append("line").attr("class", major ? "major" : "minor").attr("x1", x(v)).attr("x2", x(v)).attr("y1", margin.top).attr("y2", height - margin.bottom));
    gridTicks(y).forEach(([v, major]) => grid.append("line").attr("class", major ? "major" : "minor").attr("y1", y(v)).attr("y2", y(v)).attr("x1", margin.left).attr("x2", width - margin.right));
    svg.append("g").attr("class", "axis").attr("transform", `translate(0,${height - margin.bottom})`)
        .call(d3.axisBottom(x).tickValues(logAxisTicks(x)).tickFormat(d3.format(",~g")));
    svg.append("g").attr("class", "axis").attr("transform", `translate(${margin.left},0)`)
        .call(d3.axisLeft(y).tickValues(logAxisTicks(y)).tickFormat((v) => d3.format(",~r")(+(v / unit).toPrecision(6))));
    axisTitle(svg, (margin.left + width - margin.right) / 2, height - 8, `${counted} operations per byte of DRAM traffic [op/byte]`);
    svg.append("text").attr("class", "axis-title").attr("x", 4).attr("y", 14).text(`${counted} rate [${unitName}]`);
}
