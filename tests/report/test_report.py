"""Reports as readers use them: a headless Chromium without a network opens, hovers, filters, tabs and prints them.

SATSIM: the program. SATSIM_CHROMIUM: the browser. SATSIM_SCREENSHOT: where to write the picture that README.md shows
(ctest writes it to build/<preset>/report.png; docs/images/report.png is a copy).
"""
import json
import os
import pathlib
import re
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from support import SMALL_HARDWARE, SMALL_NETWORK, SOURCE, ProgramTest  # noqa: E402

from browser import Browser  # noqa: E402

CHROMIUM = os.environ["SATSIM_CHROMIUM"]
TAB, ENTER, RIGHT = ("Tab", 9), ("Enter", 13), ("ArrowRight", 39)
HOSTILE = "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>"
SWEEP = {"fields": [{"name": "array", "label": "array", "unit": "", "type": "text"},
                    {"name": "step_s", "label": "time of a step", "unit": "s", "type": "number"},
                    {"name": "luts", "label": "LUTs", "unit": "", "type": "number"}],
         "objectives": [{"field": "step_s", "better": "lower"}, {"field": "luts", "better": "lower"}],
         "points": [{"array": "8x8", "step_s": 4.0, "luts": 1e4, "front": True},
                    {"array": "16x16", "step_s": 1.5, "luts": 3e4, "front": True},
                    {"array": "16x8", "step_s": 4.5, "luts": 2e4, "front": False}]}


class Report(ProgramTest):
    """Opens one report of each kind in one browser."""

    @classmethod
    def setUpClass(cls):
        cls.browser = Browser(CHROMIUM)
        cls.addClassCleanup(cls.browser.close)

    def open(self, name="r.html"):
        self.browser.open(self.folder / name)
        self.assertEqual(self.browser.complaints(), [])
        self.assertEqual([url for url in self.browser.requests() if not url.startswith("file:///")], [])

    def compare(self, **changes):
        self.run_program("compare", self.network(**changes), "--hardware", SMALL_HARDWARE, "--report", "r.html")
        self.open()

    def middle(self, selector):
        """Scrolls the first element that matches into view; its middle."""
        return self.browser.evaluate(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'center'}});"
            " const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()")

    def count(self, selector):
        return self.browser.evaluate(f"document.querySelectorAll({json.dumps(selector)}).length")

    def tooltip(self):
        return self.browser.evaluate("(() => { const t = document.getElementById('tooltip'); return t.hidden ? '' : t.innerText; })()")

    def test_sections_and_titles(self):
        self.compare()
        self.assertEqual(self.browser.evaluate("document.title"), "small: bdwp-2:8 against dense")
        sections = self.browser.evaluate("[...document.querySelectorAll('main section')].map((s) => s.id)")
        self.assertEqual(sections, ["summary", "roofline", "layers", "schedule", "energy", "traffic", "timeline", "origin"])
        # Headings in order, every drawing named, every axis with a unit.
        self.assertEqual(self.browser.evaluate("[...document.querySelectorAll('h1,h2')].map((h) => h.tagName).join('')"), "H1" + 8 * "H2")
        self.assertEqual(self.count("figure svg:not([aria-label])"), 0)
        for title in self.browser.evaluate("[...document.querySelectorAll('.axis-title')].map((t) => t.textContent)"):
            self.assertRegex(title, r"\[.+\]|cycles")
        text = self.browser.evaluate("document.getElementById('origin').innerText")
        for part in ("satsim compare", SMALL_HARDWARE, "0.1.0"):
            self.assertIn(part, text)

    def test_every_task_on_sat_is_a_point(self):
        self.run_program("compare", self.network(), "--hardware", SMALL_HARDWARE, "--report", "r.json")
        document = json.loads((self.folder / "r.json").read_text())
        self.run_program("report", "r.json", "-o", "r.html")
        self.open()
        tasks = [t for r in document["data"]["results"] for t in r["layers"]]
        tasks += [t for r in document["data"]["results"] for t in r["other_tasks"] if t["kind"] == "vector"]
        self.assertGreater(len(tasks), 10)
        self.assertEqual(self.count("#roofline .point"), len(tasks))
        rows = sum(len(r["layers"]) + len(r["other_tasks"]) for r in document["data"]["results"][1:])
        self.assertEqual(self.count("#schedule tbody tr"), rows)

    def test_hovering_a_point_explains_it(self):
        self.compare()
        self.assertEqual(self.tooltip(), "")
        self.browser.mouse("mouseMoved", *self.middle("#roofline .point"))
        text = self.tooltip()
        for part in ("op/byte", "op/s", "bound by", "DRAM traffic", "energy", "figures are"):
            self.assertIn(part, text)
        self.browser.mouse("mouseMoved", 1, 1)
        self.assertEqual(self.tooltip(), "")

    def test_filters_take_points_and_rows_away(self):
        self.compare()
        points, bars, rows = (self.count(s) for s in ("#roofline .point", "#layers .bar", "#schedule tbody tr"))
        self.browser.click(*self.middle("[data-filter='stage:BP']"))
        self.assertLess(self.count("#roofline .point"), points)
        self.assertLess(self.count("#layers .bar"), bars)
        self.assertLess(self.count("#schedule tbody tr"), rows)
        self.assertEqual(self.browser.evaluate("document.querySelector('[data-filter=\"stage:BP\"]').getAttribute('aria-pressed')"), "false")
        shown, of = map(int, re.match(r"(\d+) of (\d+)", self.browser.evaluate("document.getElementById('shown-tasks').textContent")).groups())
        self.assertLess(shown, of)
        self.browser.click(*self.middle(".filters .reset"))
        self.assertEqual(self.count("#roofline .point"), points)
        self.browser.click(*self.middle(".filters input[type=search]"))
        self.browser.call("Input.insertText", text="conv2")
        layers = set(self.browser.evaluate("[...document.querySelectorAll('#schedule tbody th')].map((c) => c.textContent)"))
        self.assertEqual(layers, {"conv2"})

    def test_tables_sort(self):
        self.compare()
        column = "[...document.querySelectorAll('#schedule tbody tr')].map((r) => r.children[6].textContent.replace(/,/g, '')).filter((t) => t).map(Number)"
        head = "#schedule thead th:nth-child(7) button"
        self.browser.evaluate(f"document.querySelector({json.dumps(head)}).click()")
        descending = self.browser.evaluate(column)
        self.assertEqual(descending, sorted(descending, reverse=True))
        self.browser.evaluate(f"document.querySelector({json.dumps(head)}).click()")
        self.assertEqual(self.browser.evaluate(column), sorted(descending))

    def test_keyboard_reaches_points_and_filters(self):
        self.compare()
        self.assertEqual(self.count("#roofline .point[tabindex='0']"), 1)
        seen = []
        for _ in range(60):
            self.browser.press(*TAB)
            seen.append(self.browser.evaluate("document.activeElement.closest('section, .filters, nav') && (document.activeElement.closest('section') || document.activeElement.closest('.filters, nav')).className + ' ' + (document.activeElement.closest('section') || {}).id"))
            if self.browser.evaluate("document.activeElement.matches('#roofline .point')"):
                break
        else:
            self.fail(f"no point of the roofline within 60 tab stops: {seen}")
        self.assertTrue(any("filters" in (place or "") for place in seen))
        first = self.browser.evaluate("document.activeElement.getAttribute('aria-label')")
        self.assertIn("op/byte", first)
        self.assertIn("op/byte", self.tooltip())
        self.browser.press(*RIGHT)
        second = self.browser.evaluate("document.activeElement.getAttribute('aria-label')")
        self.assertNotEqual(first, second)
        self.assertIn(second.split(",")[0], self.tooltip())

    def test_prints_with_its_tables_open(self):
        self.compare()
        pdf = self.folder / "r.pdf"
        self.browser.pdf(pdf)
        data = pdf.read_bytes()
        self.assertTrue(data.startswith(b"%PDF"))
        self.assertGreater(len(re.findall(rb"/Type\s*/Page\b", data)), 2)
        self.browser.call("Emulation.setEmulatedMedia", media="print")
        self.addCleanup(self.browser.call, "Emulation.setEmulatedMedia", media="")
        self.assertEqual(self.browser.evaluate("getComputedStyle(document.querySelector('.filters')).display"), "none")
        self.browser.evaluate("dispatchEvent(new Event('beforeprint'))")
        self.assertEqual(self.count("details.behind:not([open])"), 0)
        self.browser.evaluate("dispatchEvent(new Event('afterprint'))")
        self.assertEqual(self.count("details.behind[open]"), 0)

    def test_nothing_makes_paper_smaller(self):
        self.compare()
        self.assertEqual(self.browser.pdf_scale(), 1)
        long = self.write("a_device_with_a_name_that_nobody_would_want_to_read_twice.json", json.loads((SOURCE / "models/gpus/h100.json").read_text()))
        for targets in ("sat,gpu-model:h100", f"sat,gpu-model:h100,gpu-model:{long}", f"sat,gpu-model:h100,gpu-model:a100,gpu-model:{long},hetero"):
            self.run_program("compare", self.network(), "--hardware", SMALL_HARDWARE, "--fidelity", "fast", "--target", targets, "--report", "r.html")
            self.open()
            self.assertEqual(self.browser.pdf_scale(), 1, targets)
            # Labels stay on the chart.
            left = self.browser.evaluate("Math.min(...[...document.querySelectorAll('svg text')].map((t) => t.getBoundingClientRect().left - t.closest('svg').getBoundingClientRect().left))")
            self.assertGreaterEqual(left, -1)

    def test_bounds_differ_in_more_than_colour(self):
        self.compare()
        swatches = self.browser.evaluate("[...document.querySelectorAll('[data-filter^=\"bound:\"] svg')].map((s) => s.innerHTML.replace(/style=\"[^\"]*\"/g, ''))")
        self.assertGreater(len(swatches), 1)
        self.assertEqual(len(set(swatches)), len(swatches))

    def test_the_bound_of_a_mark_is_in_its_outline_and_pattern(self):
        self.compare()
        told = self.browser.evaluate("[...document.querySelectorAll('#roofline .point')].map((p) => [p.getAttribute('stroke-dasharray'), /bound by (\\w+)/.exec(p.getAttribute('aria-label'))[1]])")
        outlines = {}
        for outline, bound in told:
            outlines.setdefault(bound, set()).add(outline)
        self.assertTrue(all(len(of_one) == 1 for of_one in outlines.values()), outlines)
        self.assertEqual(len({next(iter(of_one)) for of_one in outlines.values()}), len(outlines))
        self.assertGreater(self.count("#roofline .overlay"), 0)

    def test_names_from_files_are_text(self):
        self.compare(name=HOSTILE)
        self.assertEqual(self.browser.evaluate("document.title"), f"{HOSTILE}: bdwp-2:8 against dense")
        self.assertEqual(self.count("img"), 0)
        self.assertEqual(self.count("script"), 3)

    def test_run_and_gemm(self):
        self.run_program("run", self.network(), "--hardware", SMALL_HARDWARE, "--report", "r.html")
        self.open()
        self.assertGreater(self.count("#roofline .point"), 10)
        self.run_program("run", "--gemm", "64,64,64", "--hardware", SMALL_HARDWARE, "--report", "r.html")
        self.open()
        self.assertEqual(self.count("#roofline .point"), 1)
        self.run_program("run", self.network(), "--hardware", SMALL_HARDWARE, "--fidelity", "fast", "--report", "r.html")
        self.open()
        self.assertIn("No engine was recorded", self.browser.evaluate("document.getElementById('timeline').innerText"))

    def test_reproduce(self):
        models = self.folder / "models"
        import shutil
        from support import SOURCE
        shutil.copytree(SOURCE / "models", models)
        (models / "networks" / "small.json").write_text(json.dumps(SMALL_NETWORK))
        (models / "reproduce.json").write_text(json.dumps({
            "networks": ["small"], "methods": ["sr-ste", "bdwp"], "patterns": ["2:8"],
            "published": [{"recipe": "bdwp-2:8", "speedup": 1.75, "source": "test"}]}))
        self.run_program("reproduce", "--models", models, "--hardware", SMALL_HARDWARE, "--channels", "1,2", "--report", "r.html")
        self.open()
        self.assertEqual(self.count("#table tbody tr"), 2 * 2 * 2)  # channels, recipes, the network and the average
        self.assertEqual(self.count("#speedups .published"), 1)
        self.step_is_whole(["summary", "speedups", "time", "table"])
        self.assertEqual(self.browser.evaluate("document.querySelector('#step select').textContent"), "small: bdwp-2:8 against dense")
        self.assertGreater(self.count("#roofline .point.hollow"), 5)

    STEP = ["step", "roofline", "layers", "schedule", "energy", "traffic", "timeline", "origin"]

    def step_is_whole(self, before):
        """Behind the page's own sections, one step with all charts of a step's own page, drawn and with engines."""
        self.assertEqual(self.browser.evaluate("[...document.querySelectorAll('main section')].map((s) => s.id)"), [*before, *self.STEP])
        self.assertEqual(self.browser.evaluate("[...document.querySelectorAll('#contents a')].map((a) => a.getAttribute('href').slice(1))"), [*before, *self.STEP])
        self.assertEqual(self.browser.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id).filter((id, i, all) => all.indexOf(id) !== i)"), [])
        for chart in ("#roofline .point", "#layers .bar", "#schedule tbody tr", "#energy .share", "#traffic .share", "#timeline .slice.engine"):
            self.assertGreater(self.count(chart), 3, chart)

    def test_targets(self):
        self.run_program("compare", self.network(), "--hardware", SMALL_HARDWARE, "--target", "sat,gpu-model:h100,gpu-model:a100", "--report", "r.json")
        data = json.loads((self.folder / "r.json").read_text())["data"]
        self.run_program("report", "r.json", "-o", "r.html")
        self.open()
        self.assertEqual(self.browser.evaluate("[...document.querySelectorAll('main section')].map((s) => s.id)"),
                         ["summary", "parts", "energy", "roofline", "table", "origin"])
        self.assertEqual(self.count("figure svg:not([aria-label])"), 0)
        for title in self.browser.evaluate("[...document.querySelectorAll('.axis-title')].map((t) => t.textContent)"):
            self.assertRegex(title, r"\[.+\]")
        def modelled(target):  # beside what a target otherwise is: SAT's host work
            share = target["modelled_seconds"] / target["busy_seconds"]
            return f", {100 * share:.1f} % modelled" if share >= 0.0005 else ""
        labels = [f"{target['name']} ({target['provenance']}{modelled(target)})" for target in data["targets"]]
        bars = self.browser.evaluate("[...document.querySelectorAll('#parts .bar')].map((b) => b.getAttribute('aria-label'))")
        for label, target in zip(labels, data["targets"]):
            # A bar of every part, a mark of every GEMM, a piece of energy; how figures came to be stands beside each name.
            self.assertEqual(sum(f"GEMM WU: {label}" in bar for bar in bars), 1)
            self.assertEqual(self.count(f"#roofline .point[data-target='{target['name']}']"), len(target["layers"]))
            self.assertIn(label, self.browser.evaluate("document.getElementById('energy').textContent"))
            self.assertIn(label, self.browser.evaluate("document.querySelector('#table thead').textContent"))
            self.assertIn(label, self.browser.evaluate("document.querySelector('#summary table').textContent"))
        looks = self.browser.evaluate("[...document.querySelectorAll('#roofline .legend path')].map((p) => [p.getAttribute('d'), p.getAttribute('style')])")
        self.assertEqual(len({shape for shape, _ in looks}), 3)
        self.assertEqual(len({color for _, color in looks}), 3)
        self.assertEqual(self.count("#roofline .roofs path:not(.minor)"), 3)
        self.assertEqual(self.count("#table tbody tr"), len(data["rows"]))
        self.browser.mouse("mouseMoved", *self.middle("#roofline .point[data-target='sat']"))
        for text in ("sat (simulated", "op/byte", "bound by", "kernel"):
            self.assertIn(text, self.tooltip())

    def test_a_mix_of_targets(self):
        self.run_program("compare", "armor-tiny", "--recipe", "wohg-3+bdwp-2:8", "--baseline", "wohg-3+dense", "--fidelity", "fast",
                         "--target", "sat,gpu-model:jetson-agx-orin,hetero", "--report", "r.json")
        data = json.loads((self.folder / "r.json").read_text())["data"]
        mix = data["mixes"][0]
        self.run_program("report", "r.json", "-o", "r.html")
        self.open()
        self.assertEqual(self.browser.evaluate("[...document.querySelectorAll('main section')].map((s) => s.id)"),
                         ["summary", "parts", "energy", "modules", "mix-0", "roofline", "table", "origin"])
        # A bar of every target, with a piece for each module; a row of every alternative; a block of everything in the timeline.
        self.assertEqual([target["name"] for target in data["targets"]], ["sat", "gpu-model:jetson-agx-orin", "hetero"])
        self.assertEqual(self.count("#modules figure .bar-label.strong"), len(data["targets"]))
        pieces = sum(module["seconds"] > 0 for target in data["targets"] for module in target["modules"])
        self.assertEqual(self.count("#modules figure rect.share:not(.pattern)"), pieces)
        self.assertEqual(self.count("#mix-0 > .scroll tbody tr"), len(mix["singles"]) + len(mix["without"]) + 1)
        self.assertEqual(self.count("#mix-0 .block"), len(mix["timeline"]))
        self.browser.mouse("mouseMoved", *self.middle("#mix-0 .block rect"))
        self.assertIn("runs of tasks", self.tooltip())
        for title in self.browser.evaluate("[...document.querySelectorAll('.axis-title')].map((t) => t.textContent)"):
            self.assertRegex(title, r"\[.+\]")
        self.assertEqual(self.browser.complaints(), [])

    def test_several_machines_are_targets_like_any_other(self):
        self.run_program("compare", "armor-tiny", "--recipe", "wohg-3+bdwp-2:8", "--baseline", "wohg-3+dense", "--fidelity", "fast",
                         "--target", "sat@2,gpu-model:jetson-agx-orin", "--report", "r.json")
        document = json.loads((self.folder / "r.json").read_text())
        self.assertEqual(document["machine"]["name"], "vcu1525-sat32")
        data = document["data"]
        self.run_program("report", "r.json", "-o", "r.html")
        self.open()
        self.assertEqual(self.browser.evaluate("[...document.querySelectorAll('main section')].map((s) => s.id)"),
                         ["summary", "parts", "energy", "modules", "mix-0", "roofline", "table", "origin"])
        # A mark of every GEMM under the roof of one machine: twice the roof would be of both.
        for target in data["targets"]:
            self.assertEqual(self.count(f"#roofline .point[data-target='{target['name']}']"), len(target["layers"]))
        self.assertEqual(self.count("#roofline .roofs path:not(.minor)"), 2)
        self.assertIn("each of 2", self.browser.evaluate("[...document.querySelectorAll('.roof-label')].map((t) => t.textContent).join()"))
        self.assertEqual(self.count("#table tbody tr"), len(data["rows"]))
        self.browser.evaluate("(() => { const s = document.querySelector('#parts select'); s.value = 'share'; s.dispatchEvent(new Event('change')); })()")
        self.assertIn("busy", self.browser.evaluate("document.getElementById('parts').textContent"))
        self.assertEqual(self.browser.complaints(), [])

    def test_targets_filter_and_change_their_scales(self):
        self.run_program("compare", self.network(), "--hardware", SMALL_HARDWARE, "--target", "sat,gpu-model:h100", "--report", "r.html")
        self.open()
        marks, rows = self.count("#roofline .point"), self.count("#table tbody tr")
        self.browser.click(*self.middle("[data-filter='target:0']"))
        self.assertEqual(self.count("#roofline .point[data-target='sat']"), 0)
        self.assertEqual(self.count("#table tbody tr"), rows)
        self.browser.click(*self.middle(".filters .reset"))
        self.browser.click(*self.middle("[data-filter='work:other']"))
        self.assertEqual(self.count("#roofline .point"), marks)
        self.assertEqual(self.count("#table tbody tr"), marks // 2)
        self.browser.click(*self.middle("[data-filter='stage:WU']"))
        self.assertLess(self.count("#roofline .point"), marks)
        for chart, scale in (("parts", "share"), ("energy", "joules"), ("roofline", "issued")):
            titles = f"[...document.querySelectorAll('#{chart} .axis-title')].map((t) => t.textContent).join()"
            before = self.browser.evaluate(titles)
            self.browser.evaluate(f"(() => {{ const s = document.querySelector('#{chart} select'); s.value = '{scale}'; s.dispatchEvent(new Event('change')); }})()")
            self.assertNotEqual(self.browser.evaluate(titles), before)
        self.assertEqual(self.browser.complaints(), [])

    def test_one_target_without_sat_prints(self):
        self.run_program("run", self.network(), "--target", "gpu-model:h100", "--report", "r.html")
        self.open()
        self.assertNotIn("array", self.browser.evaluate("document.getElementById('origin').textContent"))
        self.browser.pdf(self.folder / "r.pdf")
        self.assertGreater(len(re.findall(rb"/Type\s*/Page\b", (self.folder / "r.pdf").read_bytes())), 1)

    def test_sweep(self):
        self.run_program("run", self.network(), "--hardware", SMALL_HARDWARE, "--report", "r.json")
        document = json.loads((self.folder / "r.json").read_text())
        document.update(kind="sweep", title="array sizes", data=SWEEP)
        del document["timeline"]
        self.write("s.json", document)
        self.run_program("report", "s.json", "-o", "r.html")
        self.open()
        self.assertEqual(self.count("#space .point"), 3)
        self.assertEqual(self.count("#space .point.filled"), 2)
        self.browser.mouse("mouseMoved", *self.middle("#space .point.filled"))
        self.assertIn("Pareto front", self.tooltip())
        self.browser.click(*self.middle("#space .controls label:nth-of-type(5) input"))
        self.assertEqual(self.count("#space .point"), 2)

    def test_a_sweep_tells_what_it_left_out_and_what_was_simulated(self):
        sweep = {"format": "satsim-sweep", "version": 1, "name": "test", "method": "product",
                 "base": {"network": self.network(), "hardware": SMALL_HARDWARE, "recipe": "dense"},
                 "fields": [{"set": ["/hardware/array/rows", "/hardware/array/columns"], "values": [4, 8, 12]}, {"set": "/batch", "values": [2, 4]}],
                 "area": ["area.json"]}
        self.write("area.json", {"array": "4x4, M=8", "total": {"lut": 5000}, "sweep": [{"array": "8x8, M=8", "total": {"lut": 17000}}]})
        self.run_program("sweep", self.write("s.json", sweep), "--cycle-front", "--report", "r.html")
        self.open()
        self.step_is_whole(["space", "table"])
        self.assertIn("2 configurations (impossible)", self.browser.evaluate("document.querySelector('.left-out').textContent"))
        head = self.browser.evaluate("document.getElementById('head').textContent")
        self.assertIn("predicted", head)
        self.assertIn("simulated cycle by cycle too", head)
        heads = self.browser.evaluate("[...document.querySelectorAll('#table thead button')].map((b) => b.textContent)")
        self.assertIn("time of a step (fast)", heads)
        self.assertIn("time of a step (cycle)", heads)
        axes = self.browser.evaluate("[...document.querySelector('#space select').options].map((o) => o.text)")
        self.assertIn("rows", axes)
        self.assertRegex(self.browser.evaluate("document.querySelector('#table tbody').textContent"), r"\d %")
        # Another step: its own machine, once each section, and what stood there before is gone.
        titles = self.browser.evaluate("[...document.querySelector('#step select').options].map((o) => o.text)")
        self.assertGreater(len(titles), 1)
        roofs = []
        for index, title in enumerate(titles):
            self.browser.evaluate(f"(() => {{ const s = document.querySelector('#step select'); s.value = '{index}'; s.dispatchEvent(new Event('change')); }})()")
            self.step_is_whole(["space", "table"])
            self.assertEqual(self.browser.evaluate("document.querySelector('#step select').selectedOptions[0].text"), title)
            self.assertRegex(title, r"^small, point \d+: rows \d+, batch \d+$")
            rows = re.search(r"rows (\d+)", title).group(1)
            self.assertIn(f"Roofs: {rows} × {rows} multiply", self.browser.evaluate("document.getElementById('roofline').textContent"))
            roofs.append(self.browser.evaluate("[...document.querySelectorAll('#roofline .roof-label')].map((l) => l.textContent).join()"))
        self.assertGreater(len(set(roofs)), 1)
        self.assertEqual(self.browser.complaints(), [])
        self.browser.pdf(self.folder / "r.pdf")

    def test_a_step_of_a_sweep_is_its_point(self):
        sweep = {"format": "satsim-sweep", "version": 1, "name": "test", "method": "product",
                 "base": {"network": self.network(), "hardware": SMALL_HARDWARE, "recipe": "dense"},
                 "fields": [{"set": "/hardware/memory/channels", "values": [1, 2]}, {"set": "/recipe", "values": ["dense", "bdwp-2:8", "bdwp-1:8"]},
                            {"set": "/schedule/pregeneration", "values": [True, False]}]}
        self.run_program("sweep", self.write("s.json", sweep), "--report", "r.json")
        document = json.loads((self.folder / "r.json").read_text())
        points = {point["point"]: point for point in document["data"]["points"]}
        self.assertTrue(1 <= len(document["steps"]) <= 5)
        for step in document["steps"]:
            point = points[int(re.search(r"point (\d+)", step["title"]).group(1))]
            self.assertTrue(point["front"])
            self.assertEqual((step["data"]["seconds"], step["data"]["energy_j"]), (point["seconds"], point["energy_j"]))
            self.assertEqual(step["machine"]["channels"], point["/hardware/memory/channels"])


@unittest.skipUnless("SATSIM_SCREENSHOT" in os.environ, "SATSIM_SCREENSHOT is not set")
class Picture(ProgramTest):
    """The main command's report: small enough, quick to open, and as README.md shows it."""

    def test_the_reports_of_the_main_command_and_of_resnet50(self):
        browser = Browser(CHROMIUM, width=1280, height=1000)
        self.addCleanup(browser.close)
        for network in ("resnet50", "resnet18"):
            page = self.folder / f"{network}.html"
            self.run_program("compare", network, "--fidelity", "fast" if network == "resnet50" else "cycle", "--report", page)
            self.assertLess(page.stat().st_size, 3_000_000)
            browser.open(page)
            self.assertEqual(browser.complaints(), [])
            self.assertGreater(browser.evaluate("document.querySelectorAll('#roofline .point').length"), 200)
        at = browser.evaluate("(() => { const p = [...document.querySelectorAll('#roofline .point')].find((p) => p.getAttribute('aria-label').startsWith('conv1 FF, ') && p.classList.contains('filled'));"
                              " scrollTo(0, 0); const r = p.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2, document.getElementById('schedule').offsetTop]; })()")
        browser.call("Emulation.setDeviceMetricsOverride", width=1280, height=int(at[2]), deviceScaleFactor=1, mobile=False)
        browser.mouse("mouseMoved", at[0], at[1])
        browser.screenshot(os.environ["SATSIM_SCREENSHOT"], clip=(0, 0, 1280, at[2]))


if __name__ == "__main__":
    unittest.main()
