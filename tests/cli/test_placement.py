"""Steps on several machines: mixes, pipelines, placement files. Recordings here are made by hand; no device measured them."""
import json
import re
import unittest

from support import SMALL_HARDWARE, SOURCE, ProgramTest
from test_gpu_record import TWO, VECTORS, WORKS, measurement, recording

SMALL = ["--hardware", SMALL_HARDWARE, "--fidelity", "fast"]
ORIN = "gpu-model:jetson-agx-orin"


class Placement(ProgramTest):
    def mix(self, *arguments, network=None, targets=f"sat,{ORIN}", name="hetero", recipe="bdwp-2:8"):
        value = self.run_json("compare", network or self.network(), "--recipe", recipe, "--target",
                              targets + (",hetero" if name == "hetero" else ""), *SMALL, *arguments)
        return next(t for t in value["targets"] if t["name"] == name)

    def refuse(self, *arguments, names=()):
        done = self.run_program(*arguments, code=2)
        self.assertEqual((done.stdout, done.stderr.count("\n")), ("", 1), done.stderr)
        for name in names:
            self.assertIn(name, done.stderr)

    def test_a_mix_is_between_its_bounds(self):
        for objective, value in (("time", lambda t: t["seconds"]), ("energy", lambda t: t["energy_j"]),
                                 ("edp", lambda t: t["seconds"] * t["energy_j"])):
            with self.subTest(objective):
                mix = self.mix("--placement", objective)
                self.assertEqual(mix["objective"], objective)
                for other in mix["singles"] + mix["without"]:
                    self.assertLessEqual(value(mix), value(other) * (1 + 1e-9))
                self.assertGreaterEqual(mix["seconds"], mix["lower_bound_seconds"])
                self.assertGreaterEqual(mix["energy_j"], mix["lower_bound_energy_j"])
                self.assertAlmostEqual(sum(m["seconds"] for m in mix["modules"]), sum(b["seconds"] for b in mix["busy"]))
                used = {place["target"] for place in mix["placement"]}
                # Work that takes no time (an operand in either order) may be on a machine that is never busy.
                self.assertLessEqual({b["target"] for b in mix["busy"] if b["seconds"] > 0}, used)
                self.assertLessEqual(used, {b["target"] for b in mix["busy"]})
                self.assertIn(mix["provenance"], ("modelled", "simulated"))

    def test_no_policy_finds_something_better_for_another(self):
        fields = {"time": "seconds", "energy": "energy_j", "edp": "energy_delay_js"}
        for network, recipe in ((None, "bdwp-2:8"), ("armor-tiny", "wohg-1")):
            found = {policy: self.mix("--placement", policy, network=network, recipe=recipe) for policy in fields}
            for policy, field in fields.items():
                self.assertEqual(found[policy][field], min(mix[field] for mix in found.values()), (recipe, policy))

    def test_a_mix_of_pipelines_is_no_worse_than_each(self):
        value = self.run_json("compare", "armor-8b", "--set", "layers=4", "--recipe", "wohg-3+bdwp-2:8+recompute", "--baseline", "wohg-3+dense+recompute",
                              "--target", f"sat@2,{ORIN}@3,gpu-model:h100@2,hetero", "--fidelity", "fast")
        *pipelines, mix = value["targets"]
        self.assertEqual(len(pipelines), 3)
        self.assertLess(max(t["seconds"] for t in pipelines), 1e4)
        for other in pipelines + mix["without"]:
            self.assertLessEqual(mix["seconds"], other["seconds"] * (1 + 1e-9))
        # What hardly works is hardly worth anything: a machine left out hands on what it had.
        without_sat = next(w for w in mix["without"] if w["target"] == "sat#1")
        self.assertLess(without_sat["seconds"], 1.05 * mix["seconds"])

    def test_several_machines_are_targets_like_any_other(self):
        arguments = ["compare", "armor-8b", "--set", "layers=4", "--recipe", "wohg-3+bdwp-2:8+recompute", "--baseline", "wohg-3+dense+recompute",
                     "--target", f"{ORIN}@2,hetero,sat@fit", "--fidelity", "fast"]
        value = self.run_json(*arguments, "--trace", "t.json")
        names = [target["name"] for target in value["targets"]]
        self.assertEqual(names[:2], [f"{ORIN}@2", "hetero"])  # in the order asked for
        self.assertRegex(names[2], r"^sat@[1-9]\d*$")
        self.assertEqual([target.get("asked") for target in value["targets"]], [None, None, "sat@fit"])
        for target in value["targets"]:
            tasks = target["layers"] + target["other_tasks"]
            self.assertAlmostEqual(sum(task["seconds"] for task in tasks), target["busy_seconds"])
            self.assertLessEqual(target["seconds"], target["busy_seconds"] * (1 + 1e-9))
            self.assertAlmostEqual((sum(task["energy_j"] for task in tasks) + target["idle_energy_j"]) / target["energy_j"], 1)
            transfers = [task for task in tasks if task.get("kind") == "transfer"]
            self.assertAlmostEqual(sum(task["seconds"] for task in transfers), target["transfers"]["seconds"])
            self.assertEqual(sum(task["dram_bytes"] for task in transfers), target["transfers"]["bytes"])
            self.assertTrue(all(task["times"] >= 1 for task in transfers))
            machines = {machine["name"] for machine in target["machines"]}
            self.assertLessEqual({task["machine"] for task in tasks}, machines)
            busy = {machine["target"]: machine["seconds"] for machine in target["busy"]}
            for machine in machines:
                on = sum(task["seconds"] for task in tasks if task["machine"] == machine and task.get("kind") != "transfer")
                self.assertAlmostEqual(on, busy[machine], delta=1e-9 * busy[machine])
        shared = [row for row in value["rows"] if row["winner"]]
        self.assertTrue(shared)
        self.assertLessEqual({row["winner"] for row in shared}, set(names))
        self.assertTrue(all(0 <= cell["share_of_roof"] <= 1.01 for row in value["rows"] for cell in row["targets"]))
        # Of what each target's joules rest on: an Orin was never measured, and a mix is no better than its weakest.
        self.assertEqual([target["energy_basis"] for target in value["targets"]], ["assumed", "assumed", "events"])
        lines = self.run_program(*arguments, "--csv").stdout.splitlines()
        self.assertEqual(len(lines), 1 + len(value["rows"]))
        processes = [e["args"]["name"] for e in json.loads((self.folder / "t.json").read_text())["traceEvents"] if e["name"] == "process_name"]
        self.assertEqual(len(set(processes)), len(processes))

    def test_a_mix_that_is_one_machine_has_its_rows(self):
        """Everything on SAT, its host's work with the host: rows and transfers as SAT's own step has them."""
        value = self.run_json("compare", "resnet9", "--batch", 16, "--recipe", "bdwp-2:8", "--fidelity", "fast", "--target", f"{ORIN},hetero,sat",
                              "--placement", self.write("sat.json", {"format": "satsim-placement", "version": 1, "places": [
                                  {"layer": "*", "target": "host"}, {"layer": "*", "target": "sat"}]}))
        for row in value["rows"]:
            cells = {cell["target"]: cell for cell in row["targets"]}
            if "sat" not in cells or row["part"] == "other":
                continue
            self.assertAlmostEqual(cells["sat"]["seconds"], cells["hetero"]["seconds"])
            self.assertNotEqual(row["winner"], "hetero")

    def test_unknown_energy_of_a_machine_is_unknown_of_the_mix(self):
        path = self.write("no_joules.json", recording([measurement(w, 1e-5) | {"joules": None} for w in WORKS + VECTORS]))
        mix = self.mix(network=self.write("two_layers.json", TWO), targets=f"sat,gpu:{path}", recipe="dense")
        self.assertFalse(mix["energy_known"])
        self.assertIsNone(mix["energy_basis"])
        self.assertEqual({mix[field] for field in ("energy_j", "energy_delay_js", "baseline_energy_j", "idle_energy_j", "lower_bound_energy_j")}, {0})
        self.assertEqual({other["energy_j"] for other in mix["singles"] + mix["without"]} | {mix["transfers"]["energy_j"], mix["step"]["mean_watts"]}, {0})

    def test_every_target_has_its_modules(self):
        value = self.run_json("compare", "armor-tiny", "--recipe", "wohg-3+bdwp-2:8", "--baseline", "wohg-3+dense",
                              "--target", f"sat,{ORIN},hetero", "--fidelity", "fast")
        mix = value["targets"][-1]
        self.assertEqual([value[f] for f in ("placement", "lower_bound_seconds", "memory")], [mix[f] for f in ("placement", "lower_bound_seconds", "memory")])
        self.assertTrue(all({"layer", "stage", "target"} <= set(place) for place in value["placement"]))
        self.assertTrue(all({"target", "bytes", "capacity"} <= set(memory) for memory in value["memory"]))
        for target in value["targets"]:
            names = [module["name"] for module in target["modules"]]
            self.assertLessEqual({"vision_tower", "decoder", "adapter", "vq_decoder", "text_head", "visual_head"}, set(names), target["name"])
            decoder = next(m for m in target["modules"] if m["name"] == "decoder")
            self.assertAlmostEqual(decoder["seconds"], sum(decoder["stages"].values()))

    # A synthetic pair with crossing costs: one device is quick at layer a, the other at layer b.
    def pair(self):
        works = WORKS + VECTORS
        is_a = [w.get("m") == 64 or (w.get("n"), w.get("k")) == (32, 64) or w.get("elements") == 2048 for w in works]
        for name, quick in (("one.json", True), ("two.json", False)):
            self.write(name, recording([measurement(w, 1.0 if a == quick else 3.0) for w, a in zip(works, is_a)]))
        return f"gpu:{self.folder / 'one.json'},gpu:{self.folder / 'two.json'}"

    def test_machines_whose_costs_cross_share_the_step(self):
        targets = self.pair()
        mix = self.mix(network=self.write("two_layers.json", TWO), targets=targets, recipe="dense")
        best = min(single["seconds"] for single in mix["singles"])
        self.assertLess(mix["seconds"], 0.75 * best)
        self.assertEqual({p["target"] for p in mix["placement"]}, set(targets.split(",")))
        self.assertTrue(all(single["alone"] and single["fits"] for single in mix["singles"]))
        self.assertTrue(all(other["seconds"] > 1.3 * mix["seconds"] for other in mix["without"]))

    def test_beside_a_much_faster_gpu_sat_wins_nothing(self):
        done = self.run_program("compare", "vgg19", "--recipe", "bdwp-2:8", "--fidelity", "fast", "--target", "sat,gpu-model:h100,hetero")
        self.assertRegex(done.stdout, r"sat (wins nothing here|is worth 1\.0\dx)")

    def test_what_moves_has_a_unit_of_its_size(self):
        text = self.run_program("compare", self.network(), "--recipe", "bdwp-2:8", "--target", f"sat,{ORIN},hetero", *SMALL).stdout
        self.assertRegex(text, r"[\d.]+ (B|KiB) moved in ")
        self.assertNotIn("GB moved", text)

    def test_a_placement_is_written_edited_and_read(self):
        path = self.folder / "p.json"
        found = self.mix("--save-placement", path)
        document = json.loads(path.read_text())
        self.assertEqual(document["places"], found["placement"])
        again = self.mix("--placement", path)
        self.assertEqual((again["seconds"], again["placement"], again["method"]), (found["seconds"], found["placement"], "given"))
        # All on the GPU but for one layer's FF.
        edited = {"format": "satsim-placement", "version": 1,
                  "places": [{"layer": "*", "target": ORIN}, {"layer": "conv2", "stage": "FF", "target": "sat"}]}
        mix = self.mix("--placement", self.write("e.json", edited))
        elsewhere = [(p["layer"], p["stage"]) for p in mix["placement"] if p["target"] != ORIN]
        self.assertEqual(elsewhere, [("conv2", "FF")])
        self.assertGreater(mix["transfers"]["bytes"], 0)

    def test_what_one_kernel_does_costs_more_in_pieces(self):
        """Attention in one kernel is the GPU's only where all of it is on the GPU."""
        gpu = "gpu-model:h100"

        def on_gpu(*places):
            path = self.write("p.json", {"format": "satsim-placement", "version": 1, "places": [{"layer": "*", "target": gpu}, *places]})
            value = self.run_json("compare", "vit-cifar", "--batch", 16, "--recipe", "dense", "--fidelity", "fast",
                                  "--target", f"sat,{gpu},hetero", "--placement", path)["targets"][-1]
            busy = next(b["seconds"] for b in value["busy"] if b["target"] == gpu)
            tasks = [t for t in value["layers"] + value["other_tasks"]
                     if t.get("name") == "encoder.3.attention" and t["stage"] == "FF" and t["machine"] == gpu]
            # Tasks, transfers and waiting are the whole step's, however its kernels are taken apart.
            everything = sum(t["energy_j"] for t in value["layers"] + value["other_tasks"])
            self.assertAlmostEqual(everything + value["idle_energy_j"], value["energy_j"])
            self.assertAlmostEqual(sum(t["seconds"] for t in value["layers"] + value["other_tasks"] if t["machine"] == gpu and t.get("kind") != "transfer"), busy)
            return busy, {t.get("part") or t["kind"]: t["seconds"] for t in tasks}

        whole, together = on_gpu()
        self.assertEqual(together["vector"], 0)  # the softmax
        scores = {"layer": "*", "stage": "FF", "part": "scores", "target": "sat"}
        apart, pieces = on_gpu(scores)
        self.assertGreater(pieces["vector"], 0)
        self.assertGreater(pieces["context"], together["context"])
        self.assertNotIn("scores", pieces)
        # Less to do and more time for it: the forward pass is no longer one kernel.
        self.assertGreater(apart, whole)
        # The table by module adds up to the same.
        text = self.run_program("compare", "vit-cifar", "--batch", 16, "--recipe", "dense", "--fidelity", "fast", "--target", f"sat,{gpu},hetero",
                                "--placement", self.folder / "p.json").stdout
        table = text[text.index("busy time and runs of tasks by module"):].split("\n\n")[1]
        cells = [re.findall(r"([\d.]+) (us|ms|s) +\d+", line) for line in table.splitlines()[2:]]  # the GPU's is the last
        self.assertAlmostEqual(sum(float(line[-1][0]) * {"us": 1e-6, "ms": 1e-3, "s": 1}[line[-1][1]] for line in cells), apart, places=7)

    def test_what_was_recorded_in_one_stays_together(self):
        """A real recording, but for attention: as if measured in one kernel, so that nobody knows its parts."""
        value = json.loads((SOURCE / "models/traces/h200/vit-cifar.json").read_text())
        whole = {"kind": "attention", "sequences": 512, "heads": [8, 8], "positions": [65, 65], "head_size": [64, 64], "causal": False, "window": 0}
        value["measurements"] = [m for m in value["measurements"] if m["work"].get("count", 1) == 1 and "softmax" not in m["work"].get("operation", "")]
        value["measurements"] += [measurement(whole | {"gradient": gradient}, 2e-4) for gradient in (False, True)]
        gpu = f"gpu:{self.write('fused.json', value)}"
        step = ["compare", "vit-cifar", "--recipe", "dense", "--fidelity", "fast", "--target", f"sat,{gpu},hetero"]

        def placed(*places):
            return self.write("p.json", {"format": "satsim-placement", "version": 1, "places": [{"layer": "*", "target": gpu}, *places]})
        mix = self.run_json(*step, "--placement", placed())["targets"][-1]
        self.assertLess(mix["seconds"], 1)
        self.refuse(*step, "--placement", placed({"layer": "encoder.2.attention", "stage": "FF", "part": "softmax", "target": "host"}),
                    names=["p.json: /places: takes encoder.2.attention FF scores apart", "expected all of them there or none"])
        # A search has nothing to say against the whole on either machine.
        found = self.run_json(*step)["targets"][-1]
        places = {}
        for place in found["placement"]:
            if place["layer"].endswith("attention") and place["stage"] == "FF" and place["part"] in ("scores", "softmax", "context"):
                places.setdefault(place["layer"], set()).add(place["target"] == gpu)
        self.assertEqual({len(where) for where in places.values()}, {1}, places)
        self.assertLessEqual(found["seconds"], mix["seconds"] * (1 + 1e-9))

    def test_bad_placements(self):
        def bad(places, *names, **more):
            path = self.write("bad.json", {"format": "satsim-placement", "version": 1, "places": places} | more)
            self.refuse("compare", self.network(), "--target", f"sat,{ORIN},hetero", "--placement", path, *SMALL, names=["bad.json", *names])
        everywhere = {"layer": "*", "target": ORIN}
        bad([everywhere, {"layer": "conv9", "target": "sat"}], "/places/1", "conv9", "no layer or module of small")
        bad([everywhere, {"layer": "conv1", "target": "tpu"}], "/places/1/target", "none of the targets sat, " + ORIN)
        bad([everywhere, {"layer": "conv1", "stage": "BP", "target": "sat"}], "/places/1", "no task of")
        bad([everywhere, {"layer": "conv1", "stage": "XX", "target": "sat"}], "/places/1/stage", "FF, BP or WU")
        bad([{"layer": "conv1", "target": "sat"}], "/places", "nowhere")
        bad([everywhere, {"layer": "loss", "stage": "FF", "part": "", "target": "sat"}], "/places/1/target", "cannot run loss FF")
        bad([everywhere], "/network", network="other")
        bad([], "/places")
        self.refuse("compare", self.network(), "--target", f"sat,{ORIN},hetero", "--placement", "missing.json", *SMALL, names=["missing.json"])

    # Several machines of one kind alone: a report of their modules, placement and timeline.
    def test_a_report_of_several_machines(self):
        self.run_program("compare", self.network(), "--target", "sat@2", "--report", "r.html", *SMALL)
        page = (self.folder / "r.html").read_text(encoding="utf-8")
        self.assertIn('"sat@2"', page)
        self.assertIn('"timeline"', page)

    def test_bad_targets(self):
        small = self.network()
        self.refuse("compare", small, "--target", "hetero", names=["hetero", "at least one"])
        self.refuse("compare", small, "--target", "sat@0", names=["sat@0", "1 to 64 or fit"])
        self.refuse("compare", small, "--target", "sat@many", names=["sat@many"])
        for name in ("sat@1.5", "gpu-model:h100@1.5"):
            self.refuse("compare", small, "--target", name, names=[f"--target {name}", "1 to 64 or fit"])
        for command in ("run", "compare"):
            for empty in (",", "sat,", "", "sat,,gpu-model:h100"):
                self.refuse(command, small, *SMALL, "--target", empty, "--batch", 4, names=[f"--target '{empty}'", "empty name"])
        self.refuse("compare", small, "--target", "sat,gpu-model:h100,hetero", "--placement", "time2",
                    names=["--placement time2", "expected time, energy, edp or a placement file"])
        self.refuse("compare", small, "--target", "sat,sat@2", names=["named twice"])
        self.refuse("compare", small, "--target", "sat", "--placement", "energy", names=["satsim: --placement: ", "hetero"])
        self.refuse("compare", small, "--target", "sat", "--save-placement", "p.json", names=["satsim: --save-placement: ", "hetero"])
        for targets, text in (("gpu-model:h100", "on 1 target ("), ("gpu-model:h100,gpu-model:a100", "on 2 targets (")):
            self.assertIn(text, self.run_program("compare", small, "--target", targets).stdout)
        path = self.write("no_joules.json", recording([measurement(w, 1e-5) | {"joules": None} for w in WORKS + VECTORS]))
        self.refuse("compare", self.write("two_layers.json", TWO), "--recipe", "dense", "--target", f"sat,gpu:{path},hetero", "--placement", "energy",
                    *SMALL, names=["energy", "does not know"])

    # A card with little memory: one does not take the step, and k comes out as an answer.
    def small_card(self, mebibytes):
        document = self.hardware_document()
        document["memory"]["capacity"]["value"] = mebibytes * 2**20 / document["memory"]["channels"]
        return self.write("card.json", document)

    def deep(self):
        return self.write("deep.json", {"name": "deep", "source": "test", "input": {"channels": 256, "height": 1, "width": 1}, "batch": 4,
                                        "modules": {"one": {"layers": [{"name": "a", "kind": "linear", "out": 256}, {"name": "r", "kind": "relu"}]}},
                                        "layers": [{"module": "one", "name": "m", "repeat": 12}, {"name": "head", "kind": "linear", "out": 8},
                                                   {"name": "loss", "kind": "loss"}]})

    def test_the_smallest_pipeline_that_fits(self):
        card = self.small_card(4)
        self.refuse("compare", self.deep(), "--target", "sat", "--hardware", card, "--fidelity", "fast", names=["needs"])
        value = self.run_json("compare", self.deep(), "--target", "sat@fit", "--hardware", card, "--fidelity", "fast")
        pipeline = value["targets"][0]
        cards = int(pipeline["name"].split("@")[1])
        self.assertGreater(cards, 1)
        self.assertFalse(any(single["fits"] for single in pipeline["singles"]))
        for memory in pipeline["memory"]:
            self.assertLessEqual(memory["bytes"], memory["capacity"], memory["target"])
        if cards > 2:
            with self.subTest("one less"):
                self.assertNotEqual(self.run_json("compare", self.deep(), "--target", "sat@fit", "--hardware", self.small_card(8),
                                                  "--fidelity", "fast")["targets"][0]["name"], pipeline["name"])

    def test_micro_batches_fill_a_pipeline(self):
        halves = self.write("halves.json", {"format": "satsim-placement", "version": 1, "places": [
            {"layer": "*", "target": "host"}, {"layer": "*", "target": "sat#1"},
            *({"layer": name, "target": "sat#2"} for name in [*(f"m.{i}.{part}" for i in range(6, 12) for part in "ar"), "head"])]})
        def at_once(parts):
            """Machines at work in the mean."""
            recipe = self.write("r.json", {"name": "r", "method": "dense", "micro_batches": parts})
            step = self.mix("--placement", halves, "--batch", "1024", network=self.deep(), targets="sat@2", name="sat@2", recipe=recipe)
            return sum(busy["seconds"] for busy in step["busy"]) / step["seconds"]
        self.assertGreater(at_once(8), 1.15 * at_once(1))

    def test_a_file_is_no_pipeline(self):
        folder = self.folder / "me@host"
        folder.mkdir()
        (folder / "h100.json").write_text((SOURCE / "models" / "gpus" / "h100.json").read_text())
        value = self.run_json("compare", self.network(), "--target", f"gpu-model:{folder / 'h100.json'}")
        self.assertEqual([t["name"] for t in value["targets"]], [f"gpu-model:{folder / 'h100.json'}"])

    def test_a_single_that_does_not_fit_is_marked(self):
        arguments = ["compare", self.deep(), "--recipe", "bdwp-2:8", "--target", f"sat,{ORIN},hetero", "--hardware", self.small_card(4), "--fidelity", "fast"]
        value = self.run_json(*arguments)
        self.assertEqual([(t["fits"], t["baseline_fits"]) for t in value["targets"][:2]], [(False, False), (True, True)])
        text = self.run_program(*arguments).stdout
        self.assertRegex(text, r"sat .* does not fit: [\d.]+ MiB of 4\.00 MiB")
        self.assertRegex(text, r"sat: bdwp-2:8 does not fit its memory \(.*expected a smaller --batch")
        self.assertRegex(text, r"sat: dense does not fit its memory")
        self.assertNotIn(f"{ORIN}: bdwp-2:8 does not fit", text)
        # Where nothing else can take the step, the refusal says which of the two recipes it means.
        self.refuse(*[a.replace(",hetero", "") for a in arguments], names=["network deep under dense: needs"])

    def test_a_given_placement_that_does_not_fit_says_so(self):
        path = self.write("p.json", {"format": "satsim-placement", "version": 1, "places": [{"layer": "*", "target": "host"}, {"layer": "*", "target": "sat"}]})
        self.refuse("compare", self.deep(), "--target", "sat,hetero", "--hardware", self.small_card(4), "--fidelity", "fast", "--placement", path,
                    names=["network deep under dense: does not fit as it is placed", "sat", "a smaller --batch or a recipe joined by +recompute or another placement"])
        # The other step is the one that does not fit; and what is on already would not help.
        step = ["compare", self.deep(), "--target", "sat,hetero", "--hardware", self.small_card(8), "--fidelity", "fast", "--placement", path]
        self.refuse(*step, "--baseline", "bdwp-2:8", "--recipe", "dense", names=["network deep under dense: does not fit"])
        self.refuse(*step, "--baseline", "bdwp-2:8", "--recipe", "dense+recompute",
                    names=["network deep under dense+recompute: does not fit", "expected a smaller --batch or another placement"])

    def test_the_trace_has_every_machine_and_flows(self):
        path = self.folder / "t.json"
        self.mix("--trace", path, network=self.write("two_layers.json", TWO), targets=self.pair(), recipe="dense")
        self.assertEqual(self.run_json("trace", "--check", path)["broken"], [])
        events = json.loads(path.read_text())["traceEvents"]
        names = [e["args"]["name"] for e in events if e["name"] == "process_name"]
        self.assertEqual(len([n for n in names if ": hetero: " in n]), 3)
        self.assertEqual(len(set(names)), len(names))
        self.assertTrue(any("PCIe" in n for n in names))
        # The two machines alone and the mix: arrows along each layer, and slices that say what they are.
        self.assertTrue([e for e in events if e["ph"] == "s" and e["cat"] == "same layer"])
        for event in events:
            if event["ph"] == "X":
                self.assertIn("provenance", event["args"], event)
        self.assertEqual(len([e for e in events if e["ph"] == "s"]), len([e for e in events if e["ph"] == "f"]))
        self.assertTrue([e for e in events if e["ph"] == "s"])


if __name__ == "__main__":
    unittest.main()
