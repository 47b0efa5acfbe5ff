// One set of filters for all charts and tables of a step.

// A group of chips: values of a field that can be switched off. Those that no item has are left out.
const chipsOf = (items, field, name, values, text, mark) =>
    ({field, name, values: values.filter((value) => items.some((item) => item[field] === value)), text, mark});

// Of the tasks of a step on SAT.
function taskChips(tasks) {
    const roles = [...new Set(tasks.map((t) => t.role))];
    const recipe = chipsOf(tasks, "role", "Recipe", roles, (role) => tasks.find((t) => t.role === role).recipe,
                           (role) => shapeSwatch(d3.symbolCircle, role === "baseline"));
    return [
        ...(roles.length > 1 ? [recipe] : []),
        chipsOf(tasks, "stage", "Stage", STAGES, (s) => s, (s) => shapeSwatch(STAGE_SHAPES[s])),
        chipsOf(tasks, "kind", "Work", KINDS, (k) => KIND_TITLES[k], (k) => (k === "vector" ? shapeSwatch(VECTOR_SHAPE) : null)),
        chipsOf(tasks, "bound", "Bound by", BOUNDS, (b) => b, boundSwatch),
    ];
}

class Filters {
    // `tasks` are what is counted and have `title`; whatever else has the fields of `chips` can be asked for too.
    constructor(tasks, chips, nouns = ["task", "tasks"]) {
        this.tasks = tasks;
        this.chips = chips;
        this.nouns = nouns;
        this.listeners = [];
        this.hidden = Object.fromEntries(chips.map(({field}) => [field, new Set()]));
        this.text = "";
    }

    passes(task) {
        return Object.entries(this.hidden).every(([field, values]) => !values.has(task[field])) &&
            (this.text === "" || task.title.toLowerCase().includes(this.text));
    }

    shown() { return this.tasks.filter((task) => this.passes(task)); }

    onChange(listener) { this.listeners.push(listener); }

    changed() {
        hideTooltip();
        const count = this.shown().length;
        this.counter.textContent = `${grouped(count)} of ${plural(this.tasks.length, ...this.nouns)}`;
        this.listeners.forEach((listener) => listener());
    }

    // The bar with all of them; chips are the charts' legend at the same time.
    bar() {
        const bar = element("div.filters", {role: "group", "aria-label": "Filters of all figures and tables"});
        this.chips.forEach((chips) => bar.append(this.group(chips)));
        const search = element("input", {type: "search", placeholder: "layer, e.g. layer2", "aria-label": "Layer contains"});
        search.addEventListener("input", () => { this.text = search.value.trim().toLowerCase(); this.changed(); });
        const reset = element("button.reset", {type: "button"}, "Reset");
        reset.addEventListener("click", () => {
            Object.values(this.hidden).forEach((set) => set.clear());
            this.text = search.value = "";
            bar.querySelectorAll(".chip").forEach((chip) => chip.setAttribute("aria-pressed", "true"));
            this.changed();
        });
        this.counter = element("output.count", {"aria-live": "polite", id: "shown-tasks"});
        bar.append(element("div.group", element("span.name", "Layer"), search), this.counter, reset);
        this.changed();
        return bar;
    }

    group({field, name, values, text, mark}) {
        const group = element("div.group", {role: "group", "aria-label": name}, element("span.name", name));
        for (const value of values) {
            const chip = element("button.chip", {type: "button", "aria-pressed": "true", "data-filter": `${field}:${value}`}, mark(value), text(value));
            chip.addEventListener("click", () => {
                const hidden = this.hidden[field];
                if (!hidden.delete(value)) hidden.add(value);
                chip.setAttribute("aria-pressed", String(!hidden.has(value)));
                this.changed();
            });
            group.append(chip);
        }
        return group;
    }
}
