// Small pieces of page: elements, sections, sortable tables, the tooltip, keyboard access to marks.

// element("p.note", {id: "x"}, "text", child): text is never parsed as HTML.
function element(name, ...content) {
    const [tag, ...classes] = name.split(".");
    const node = document.createElement(tag);
    if (classes.length) node.className = classes.join(" ");
    for (const item of content) {
        if (item === null || item === undefined) continue;
        if (item instanceof Node) node.append(item);
        else if (typeof item === "object") Object.entries(item).forEach(([key, value]) => node.setAttribute(key, value));
        else node.append(String(item));
    }
    return node;
}

// Where sections go; a part of the page that is drawn anew has its own place.
let place = document.getElementById("main");

// A section with its entry in the contents. Returns the element to fill.
function section(id, title, ...lead) {
    const node = element("section", {id, "aria-labelledby": `${id}-title`}, element("h2", {id: `${id}-title`}, title));
    lead.forEach((text) => node.append(text instanceof Node ? text : element("p.lead", text)));
    place.append(node);
    const contents = document.getElementById("contents");
    if (!contents.querySelector(`[href="#${id}"]`)) contents.append(element("a", {href: `#${id}`}, title));
    return node;
}

// A figure whose drawing follows the page's width. `draw(svg, width)` is called anew at every change.
function figure(parent, label, draw) {
    const holder = element("figure", {"aria-label": label});
    parent.append(holder);
    const svg = d3.select(holder).append("svg").attr("role", "group").attr("aria-label", label);
    const redraw = () => {
        const width = Math.max(560, Math.round(holder.clientWidth || 1080));
        svg.selectAll("*").remove();
        const height = draw(svg, width);
        svg.attr("viewBox", `0 0 ${width} ${height}`).attr("width", width).attr("height", height);
    };
    let last = 0;
    new ResizeObserver(() => {
        if (holder.clientWidth !== last) {
            last = holder.clientWidth;
            redraw();
        }
    }).observe(holder);
    redraw();
    return redraw;
}

// Rows behind a chart, folded away on screen, open in print.
function tableBehind(parent, summary, table) {
    parent.append(element("details.behind", element("summary", summary), element("div.scroll", {tabindex: 0, role: "region", "aria-label": summary}, table)));
}

// columns: {title, value(row), text(row), left, wide}, `wide` being true or "sentences"; a click on a head sorts by `value`.
function sortableTable(caption, columns, rows) {
    const table = element("table", element("caption", caption));
    const heads = element("tr");
    const body = element("tbody");
    table.append(element("thead", heads), body);
    let shown = rows;
    let order = null;  // {column, descending}
    const fill = () => {
        const list = shown.slice();
        if (order) {
            const value = order.column.value;
            list.sort((a, b) => {
                const [x, y] = [value(a), value(b)];
                const missing = (v) => v === null || v === undefined || v === "";
                if (missing(x) || missing(y)) return missing(x) - missing(y);
                const sign = typeof x === "string" ? x.localeCompare(y, "en", {numeric: true}) : x - y;
                return order.descending ? -sign : sign;
            });
        }
        body.replaceChildren(...list.map((row) => {
            const line = element("tr");
            columns.forEach((column, index) => {
                const cell = element(index === 0 ? "th" : "td", column.text(row));
                if (index === 0) cell.setAttribute("scope", "row");
                if (column.left) cell.classList.add("left");
                if (column.wide) cell.classList.add(...column.wide === "sentences" ? ["wide", "sentences"] : ["wide"]);
                line.append(cell);
            });
            return line;
        }));
    };
    columns.forEach((column) => {
        const button = element("button", {type: "button"}, column.title);
        const head = element("th", {scope: "col", "aria-sort": "none", "data-title": column.title}, button);
        if (column.left) head.classList.add("left");
        button.addEventListener("click", () => {
            const numbers = rows.some((row) => typeof column.value(row) === "number");
            order = {column, descending: order && order.column === column ? !order.descending : numbers};
            heads.querySelectorAll("th").forEach((th) => th.setAttribute("aria-sort", "none"));
            head.setAttribute("aria-sort", order.descending ? "descending" : "ascending");
            fill();
        });
        heads.append(head);
    });
    fill();
    table.show = (list) => { shown = list; fill(); };
    return table;
}

// lines: [name, text] pairs under a title.
function showTooltip(title, lines, at) {
    const box = document.getElementById("tooltip");
    const list = element("dl");
    lines.filter(([, text]) => text).forEach(([name, text]) => list.append(element("dt", name), element("dd", text)));
    box.replaceChildren(element("strong", title), list);
    box.hidden = false;
    const area = box.getBoundingClientRect();
    const left = at.x + 16 + area.width > innerWidth ? at.x - area.width - 16 : at.x + 16;
    const top = Math.min(at.y + 12, innerHeight - area.height - 8);
    box.style.left = `${Math.max(8, left)}px`;
    box.style.top = `${Math.max(8, top)}px`;
}

function hideTooltip() {
    document.getElementById("tooltip").hidden = true;
    document.querySelectorAll(".same").forEach((mark) => mark.classList.remove("same"));
}

// Makes marks speak: details on hover and focus, one tab stop a chart, arrow keys inside it.
// title(d) and lines(d) fill the tooltip; layer(d), where given, marks the same layer in every chart.
function explain(marks, title, lines, layer = null) {
    const show = (node, d, at) => {
        hideTooltip();
        showTooltip(title(d), lines(d), at);
        if (layer) document.querySelectorAll(`[data-layer="${CSS.escape(layer(d))}"]`).forEach((m) => m.classList.add("same"));
    };
    const nodes = marks.nodes();
    marks.classed("mark", true).attr("role", "img").attr("tabindex", (d, i) => (i === 0 ? 0 : -1))
        .attr("aria-label", (d) => [title(d), ...lines(d).filter(([, text]) => text).map((pair) => pair.join(" "))].join(", "));
    if (layer) marks.attr("data-layer", layer);
    const move = (from, to) => {
        if (to < 0 || to >= nodes.length) return;
        nodes[from].setAttribute("tabindex", -1);
        nodes[to].setAttribute("tabindex", 0);
        nodes[to].focus();
    };
    marks.on("mousemove", function (d) { show(this, d, {x: d3.event.clientX, y: d3.event.clientY}); })
        .on("mouseleave", hideTooltip)
        .on("blur", hideTooltip)
        .on("focus", function (d) {
            const area = this.getBoundingClientRect();
            show(this, d, {x: area.right, y: area.top});
        })
        .on("keydown", function (d, index) {
            const to = {ArrowRight: index + 1, ArrowDown: index + 1, ArrowLeft: index - 1, ArrowUp: index - 1,
                        Home: 0, End: nodes.length - 1}[d3.event.key];
            if (d3.event.key === "Escape") hideTooltip();
            if (to === undefined) return;
            d3.event.preventDefault();
            move(index, to);
        });
}

// A choice among names; returns the select element.
function choice(label, names, chosen, changed) {
    const select = element("select");
    names.forEach(([value, text]) => {
        const option = element("option", {value}, text);
        option.selected = value === chosen;
        select.append(option);
    });
    select.addEventListener("change", () => changed(select.value));
    return element("label.choice", element("span", label), select);
}
