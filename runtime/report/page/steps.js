// All charts of one training step; and steps behind the figures of a page about many, one at a time.

// Of the step shown; `summary` is the section that tells of it in short.
function stepSections(summary) {
    const results = resultsOf(theStep);
    const tasks = stepTasks(results);
    const filters = new Filters(tasks, taskChips(tasks));
    stepSummary(summary, tasks, results);
    place.append(filters.bar());
    rooflineSection(filters);
    layersSection(filters);
    scheduleSection(filters);
    energySection(results);
    trafficSection(tasks, results);
    timelineSection(filters);
}

// `lead` says which steps these are.
function stepsSections(lead) {
    const steps = report.steps || [];
    if (!steps.length) return;
    const main = place;
    const holder = element("div", {id: "steps"});
    main.append(holder);
    const show = (index) => {
        theStep = steps[index];
        hideTooltip();
        holder.replaceChildren();
        place = holder;
        const part = section("step", "One step in detail", lead);
        const chooser = choice("step", steps.map((step, i) => [String(i), step.title]), String(index), (value) => {
            show(Number(value));
            holder.querySelector("select").focus();
        });
        part.append(element("div.controls", chooser));
        stepSections(part);
        place = main;
    };
    show(0);
}
