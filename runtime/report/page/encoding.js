// What colours, patterns and shapes mean. Colours are variables of style.css (Okabe and Ito's set, told apart with every
// common kind of colour blindness); every colour comes with a pattern or a shape, so that none is needed to read a chart.

const STAGE_SHAPES = {FF: d3.symbolCircle, BP: d3.symbolTriangle, WU: d3.symbolSquare};
const VECTOR_SHAPE = d3.symbolDiamond;
const shapeOf = (task) => (task.kind === "gemm" ? STAGE_SHAPES[task.stage] : VECTOR_SHAPE);

const CATEGORY_SHAPES = [d3.symbolCircle, d3.symbolTriangle, d3.symbolSquare, d3.symbolDiamond, d3.symbolCross, d3.symbolStar,
                         d3.symbolWye, d3.symbolCircle];

const boundColor = (bound) => `var(--bound-${bound})`;
const partColor = (part) => `var(--part-${PARTS.indexOf(part)})`;
const categoryColor = (index) => `var(--category-${index % CATEGORY_SHAPES.length})`;

const PATTERNS = {
    diagonal: {size: 6, path: "M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2"},
    dots: {size: 5, path: "M1.5,2.5 h1.5 M4,0 h1 M4,5 h1"},
    cross: {size: 6, path: "M0,0 l6,6 M6,0 l-6,6"},
    lines: {size: 4, path: "M0,2 h4"},
};
const BOUND_PATTERNS = {compute: null, bandwidth: "diagonal", fill: "dots", dependency: "cross", host: "lines"};

// Outlines of marks, which hollow ones have alone; compute is a solid line.
const BOUND_DASHES = {compute: null, bandwidth: "4 2", fill: "1 2", dependency: "6 2 1 2", host: "2 2"};

// Patterns are defined once in the page and used by every drawing.
function definePatterns() {
    const defs = d3.select(document.body).append("svg").attr("class", "patterns").attr("width", 0).attr("height", 0)
        .attr("aria-hidden", "true").append("defs");
    Object.entries(PATTERNS).forEach(([name, {size, path}]) => {
        defs.append("pattern").attr("id", `pattern-${name}`).attr("patternUnits", "userSpaceOnUse").attr("width", size)
            .attr("height", size).append("path").attr("d", path).attr("class", "pattern-line");
    });
}

// Lays a pattern over rectangles that are drawn already.
function overlay(parent, rectangles, patternOf) {
    rectangles.each(function (d) {
        const pattern = patternOf(d);
        if (!pattern) return;
        const over = parent.append("rect").attr("class", "overlay").attr("fill", `url(#pattern-${pattern})`);
        ["x", "y", "width", "height"].forEach((key) => over.attr(key, this.getAttribute(key)));
    });
}

// A small drawing for chips and legends.
function swatch(draw) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "swatch");
    svg.setAttribute("viewBox", "0 0 16 16");
    svg.setAttribute("aria-hidden", "true");
    draw(d3.select(svg));
    return svg;
}
const boundSwatch = (bound) => swatch((svg) => {
    const rect = svg.append("rect").attr("x", 1).attr("y", 1).attr("width", 14).attr("height", 14).style("fill", boundColor(bound));
    overlay(svg, rect.datum(bound), (b) => BOUND_PATTERNS[b]);
});
const shapeSwatch = (shape, hollow = false, color = null) => swatch((svg) => {
    svg.append("path").attr("transform", "translate(8,8)").attr("d", d3.symbol().type(shape).size(80)())
        .attr("class", hollow ? "shape hollow" : "shape").style(hollow ? "stroke" : "fill", color);
});
