"""Help texts, JSON contracts and options of the built program (docs/formats/compare.md, trace.md)."""
import csv
import io
import itertools
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import threading
import unittest

from support import PROGRAM, SMALL_HARDWARE, SMALL_NETWORK, SOURCE, ProgramTest

SMALL = ["--hardware", SMALL_HARDWARE]
LAYER = {"name": str, "stage": str, "m": int, "n": int, "k": int, "nm": str, "dataflow": str, "tile": str, "cycles": int,
         "bound": str}
RESULT = {"recipe": str, "cycles": int, "seconds": float, "energy_j": float, "dram_bytes": int, "gemm_cycles": int,
          "utilization": float, "layers": list}
BOUNDS = {"compute", "bandwidth", "fill", "dependency", "host"}


class Help(ProgramTest):
    def test_every_command_has_help_with_an_example(self):
        seen = 0
        for command, text, _ in self.helps():
            self.assertIn("Example: satsim", text, command)
            seen += 1
        self.assertGreater(seen, 25)

    def test_every_command_has_json_but_those_that_the_readme_names(self):
        without = [" ".join(command) for command, text, names in self.helps() if not names and "--json" not in text]
        self.assertEqual(sorted(without), ["completion", "manual", "report"])
        self.assertIn("`--json` but for `report`, `completion` and `manual`", (SOURCE / "README.md").read_text())

    def test_documents_that_help_names_exist(self):
        named = set()
        for _, text, _ in self.helps():
            named |= set(re.findall(r"docs/[\w/-]+\.md", text))
        self.assertGreater(len(named), 8)
        self.assertEqual([name for name in sorted(named) if not (SOURCE / name).exists()], [])

    def test_bounds_do_not_read_as_pairs(self):
        text = self.run_program("compare", "--help").stdout
        self.assertRegex(text, r"--energy-window FLOAT:from 0 to 60")
        self.assertNotIn("INT:INT", text)

    def test_version(self):
        self.assertRegex(self.run_program("--version").stdout, r"^satsim \d+\.\d+\.\d+")


class Contracts(ProgramTest):
    def check_fields(self, value, fields):
        for name, kind in fields.items():
            self.assertIn(name, value)
            self.assertIsInstance(value[name], (int, float) if kind is float else kind, name)

    def check_result(self, result, clock_hz, array=16):
        self.check_fields(result, RESULT)
        self.assertEqual(result["cycles"], math.ceil(result["seconds"] * clock_hz * (1 - 1e-12)))
        self.assertGreater(result["utilization"], 0)
        self.assertLessEqual(result["utilization"], 1)
        self.assertEqual(result["gemm_cycles"], sum(layer["cycles"] for layer in result["layers"]))
        self.assertGreater(result["cycles"], result["gemm_cycles"])
        for layer in result["layers"]:
            self.check_fields(layer, LAYER)
            self.assertIn(layer["stage"], ("FF", "BP", "WU"))
            self.assertIn(layer["dataflow"], ("os", "ws"))
            self.assertIn(layer["bound"], BOUNDS)
            self.assertLessEqual(layer["utilization"], 1)
        parts = result["time"]
        self.assertAlmostEqual(sum(parts.values()), result["seconds"], delta=1e-9 * result["seconds"])
        energy = result["energy"]
        self.assertAlmostEqual(energy["counted_j"] + energy["assumed_j"], result["energy_j"], delta=1e-9)
        for kind in ("counted", "assumed"):
            self.assertAlmostEqual(sum(e["joules"] for e in energy[kind]), energy[kind + "_j"], delta=1e-9)
        tasks = result["layers"] + result["other_tasks"]
        self.assertAlmostEqual(sum(t["energy_j"] for t in tasks), result["energy_j"], delta=1e-6 * result["energy_j"])
        self.assertEqual(sum(t["dram_bytes"] for t in tasks), result["dram_bytes"])

    def table(self, text, first):
        """Rows of the table whose header starts with `first`, as lists of cells; rules left out."""
        lines = text.splitlines()
        start = next(i for i, line in enumerate(lines) if re.match(first + r"\s{2,}", line))
        rows = [re.split(r"\s{2,}", line.strip()) for line in itertools.takewhile(str.strip, lines[start:])]
        return [row for row in rows if not set(row[0]) <= {"-"}]

    def test_tables_of_parts_and_operations(self):
        small = self.network()
        value = self.run_json("compare", small, "--recipe", "bdwp-2:8", *SMALL)
        text = self.run_program("compare", small, "--recipe", "bdwp-2:8", *SMALL).stdout
        recipe = value["results"][1]
        header, *parts = self.table(text, "part")
        self.assertEqual(header, ["part", "dense", "bdwp-2:8", "speedup", "SAT cycles", "util", "op/byte", "DRAM", "energy"])
        gemm = dict(zip(header, next(row for row in parts if row[0] == "GEMM stages only")))
        self.assertEqual(gemm["SAT cycles"].replace(",", ""), str(recipe["gemm_cycles"]))
        layers = recipe["layers"]
        intensity = 2 * sum(l["macs_issued"] for l in layers) / sum(l["dram_bytes"] for l in layers)
        self.assertEqual(gemm["op/byte"], f"{intensity:.0f}")
        self.assertTrue(gemm["energy"].endswith("J"))
        whole = dict(zip(header, parts[-1]))
        self.assertEqual(whole["SAT cycles"].replace(",", ""), str(recipe["cycles"]))
        for row in parts:
            self.assertEqual(len(row), len(header), row)
        # Every operation of both steps has its row, with what bounds it.
        operations = {(t["operation"], t["stage"], t["kind"]) for r in value["results"] for t in r["other_tasks"]}
        header, *rows = self.table(text, "operation")
        self.assertEqual({tuple(row[:3]) for row in rows}, operations)
        self.assertTrue({row[header.index("bound")].split()[0] for row in rows} <= BOUNDS | {"-"})
        alone = self.run_program("run", small, "--recipe", "bdwp-2:8", *SMALL).stdout
        header, *rows = self.table(alone, "operation")
        self.assertEqual({tuple(row[:3]) for row in rows}, {(t["operation"], t["stage"], t["kind"]) for t in recipe["other_tasks"]})
        self.assertEqual(self.table(alone, "part")[-2][0], "GEMM stages only")

    def test_memory_of_a_step_is_shown_and_adds_up(self):
        value = self.run_json("compare", self.network(), "--recipe", "bdwp-2:8", *SMALL)
        plans = [result["memory"] for result in value["results"]]
        plans += [t["memory"] for t in self.run_json("compare", self.network(), "--target", "sat,gpu-model:h100", *SMALL)["targets"]]
        for plan in plans:
            self.assertEqual(plan["bytes"], sum(plan.values()) - plan["bytes"] - plan["capacity"])
            self.assertLess(0, plan["bytes"])
            self.assertLess(plan["bytes"], plan["capacity"])
        self.assertLess(plans[1]["fp16_copies"], plans[0]["fp16_copies"])
        for arguments in (["run", self.network()], ["compare", self.network()]):
            self.assertRegex(self.run_program(*arguments, *SMALL).stdout, r"dense: memory [\d.]+ KiB of [\d.]+ GiB \(activations")
        targets = self.run_program("compare", self.network(), "--target", "sat,gpu-model:h100", *SMALL).stdout
        memory = targets[re.search("(?m)^target +memory", targets).start():]
        rows = {row[0]: row for row in self.table(memory, "target")}
        self.assertEqual((rows["sat"][-1], rows["gpu-model:h100"][-1]), ("yes", "yes"))

    def test_compare(self):
        value = self.run_json("compare", self.network(), "--recipe", "bdwp-2:8", "--baseline", "dense", *SMALL)
        self.check_fields(value, {"network": str, "batch": int, "clock_hz": float, "results": list, "speedup": float,
                                  "gemm_speedup": float})
        self.assertEqual((value["network"], value["batch"]), ("small", 2))
        dense, sparse = value["results"]
        self.assertEqual((dense["recipe"], sparse["recipe"]), ("dense", "bdwp-2:8"))
        for result in value["results"]:
            self.check_result(result, value["clock_hz"])
        self.assertAlmostEqual(value["speedup"], dense["seconds"] / sparse["seconds"], delta=1e-9)
        self.assertAlmostEqual(value["gemm_speedup"], dense["gemm_cycles"] / sparse["gemm_cycles"], delta=1e-9)
        # The first layer has no BP and stays dense; conv2 is 2:8 in FF and BP, never in WU.
        patterns = {(l["name"], l["stage"]): l["nm"] for l in sparse["layers"]}
        self.assertNotIn(("conv1", "BP"), patterns)
        self.assertEqual([patterns[("conv1", "FF")], patterns[("conv2", "FF")], patterns[("conv2", "BP")],
                          patterns[("conv2", "WU")]], ["dense", "2:8", "2:8", "dense"])
        # m, n, k are the GEMM's own for the whole batch: 2 images of 4x4 positions, 16 channels in and out, 9 taps.
        ff = next(l for l in sparse["layers"] if (l["name"], l["stage"]) == ("conv2", "FF"))
        self.assertEqual((ff["m"], ff["n"], ff["k"]), (32, 16, 144))

    def test_arithmetic_bound_of_a_comparison_is_that_of_its_two_steps(self):
        def bound(recipe, baseline):
            return self.run_json("compare", self.network(), "--recipe", recipe, "--baseline", baseline, "--fidelity", "fast",
                                 *SMALL)["arithmetic_bound"]
        dense_to_bdwp, dense_to_srste = bound("bdwp-2:8", "dense"), bound("sr-ste-2:8", "dense")
        self.assertGreater(dense_to_bdwp, dense_to_srste)
        self.assertAlmostEqual(bound("bdwp-2:8", "sr-ste-2:8"), dense_to_bdwp / dense_to_srste, delta=1e-9)
        self.assertAlmostEqual(bound("dense", "bdwp-2:8"), 1 / dense_to_bdwp, delta=1e-9)
        text = self.run_program("compare", self.network(), "--recipe", "dense", "--baseline", "bdwp-2:8", "--fidelity", "fast",
                                *SMALL).stdout
        self.assertIn(f"arithmetic alone allows {1 / dense_to_bdwp:.2f}x", text)

    def test_weight_stationary_says_what_it_leaves(self):
        done = self.run_program("run", self.network(), *SMALL, "--dataflow", "ws", "--json")
        self.assertIn("stay output-stationary", done.stderr)
        layers = json.loads(done.stdout)["layers"]
        self.assertEqual({l["dataflow"] for l in layers if l["stage"] == "WU"}, {"os"})
        self.assertEqual({l["dataflow"] for l in layers if l["stage"] != "WU"}, {"ws"})

    def test_host_work_is_paid_with_its_transfers(self):
        value = self.run_json("run", self.network(), *SMALL)
        kinds = {task["kind"] for task in value["other_tasks"]}
        self.assertEqual(kinds, {"vector", "host", "transfer"})
        loss = [t for t in value["other_tasks"] if t["name"] == "loss"]
        self.assertEqual([t["kind"] for t in loss], ["transfer", "host", "transfer"])
        self.assertEqual({t["bound"] for t in loss}, {"host"})

    def test_run_prints_one_result(self):
        for fidelity in ("cycle", "fast"):
            value = self.run_json("run", self.network(), "--recipe", "bdwp-2:8", "--batch", 4, "--fidelity", fidelity, *SMALL)
            self.check_result(value, value["clock_hz"])
            self.assertEqual(value["batch"], 4)

    def test_results_do_not_depend_on_the_number_of_workers(self):
        one, two, again = (self.run_program("run", self.network(), *SMALL, "--workers", n, "--json").stdout for n in (1, 2, 2))
        self.assertEqual(one, two)
        self.assertEqual(two, again)

    def test_equal_tasks_simulated_one_by_one_change_nothing(self):
        once = self.run_program("run", self.network(), *SMALL, "--json").stdout
        each = self.run_program("run", self.network(), *SMALL, "--no-skip", "--json").stdout
        self.assertEqual(once, each)

    def test_gemm(self):
        ideal = self.run_json("run", "--gemm", "64,64,64", "--memory", "ideal", *SMALL)
        self.check_fields(ideal, LAYER)
        self.assertEqual((ideal["m"], ideal["n"], ideal["k"]), (64, 64, 64))
        self.assertGreaterEqual(ideal["cycles"], 64 * 64 * 64 // 16)
        ddr4 = self.run_json("run", "--gemm", "64,64,64", "--memory", "ddr4", *SMALL)
        self.assertGreater(ddr4["cycles"], ideal["cycles"])
        sparse = self.run_json("run", "--gemm", "64,64,64", "--nm", "2:8", "--memory", "ideal", *SMALL)
        self.assertEqual(sparse["nm"], "2:8")
        self.assertLess(sparse["cycles"], ideal["cycles"])
        for dataflow in ("os", "ws"):
            value = self.run_json("run", "--gemm", "64,64,64", "--dataflow", dataflow, *SMALL)
            self.assertEqual(value["dataflow"], dataflow)

    def test_ablations_never_help(self):
        # On the full array: the slice's four columns hold no sparse tile without interleaving.
        switches = (["--no-interleave"], ["--no-pregeneration"], ["--dataflow", "os"], ["--dataflow", "ws"])
        for recipe in ("dense", "sr-ste-2:8", "sdgp-2:8", "bdwp-2:8"):
            step = ["run", self.network(batch=8), "--recipe", recipe]
            base = self.run_json(*step)
            for switch in switches:
                with self.subTest(recipe=recipe, switch=switch):
                    value = self.run_json(*step, *switch)
                    self.assertGreaterEqual(value["seconds"], base["seconds"])
                    self.assertGreaterEqual(value["gemm_cycles"], base["gemm_cycles"])

    def test_what_ablations_change(self):
        step = ["run", self.network(batch=8), "--recipe", "bdwp-2:8"]
        base = self.run_json(*step)
        interleave = self.run_json(*step, "--no-interleave")
        self.assertGreater(interleave["gemm_cycles"], base["gemm_cycles"])
        self.assertTrue(all("sr1 sc1" in l["tile"] for l in interleave["layers"] if l["stage"] != "WU"))
        demand = self.run_json(*step, "--no-pregeneration")
        prunes = [t for t in demand["other_tasks"] if t["operation"] == "prune"]
        self.assertGreater(len(prunes), 0)
        self.assertEqual(demand["gemm_cycles"], base["gemm_cycles"])

    def test_a_dense_step_has_nothing_to_pregenerate(self):
        step = ["run", self.network(batch=8), "--recipe", "dense"]
        self.assertEqual(self.run_json(*step), self.run_json(*step, "--no-pregeneration"))

    def test_reproduce(self):
        models = self.folder / "models"
        shutil.copytree(SOURCE / "models", models)
        (models / "networks" / "small.json").write_text(json.dumps(SMALL_NETWORK))
        (models / "reproduce.json").write_text(json.dumps({
            "networks": ["small"], "methods": ["sr-ste", "sdgp", "bdwp"], "patterns": ["2:8"],
            "published": [{"recipe": "bdwp-2:8", "speedup": 1.75, "source": "test"}]}))
        value = self.run_json("reproduce", "--models", models, *SMALL, "--channels", "1,2")
        names = ["dense", "sr-ste-2:8", "sdgp-2:8", "bdwp-2:8"]
        for table in (value["networks"][0], value["average"]):
            for key in ("speedup", "gemm_speedup", "arithmetic_bound"):
                self.assertEqual(list(table[key]), names)
                self.assertEqual(table[key]["dense"], 1)
        self.assertEqual((value["networks"][0]["name"], value["networks"][0]["batch"]), ("small", 2))
        self.assertEqual([part["channels"] for part in value["by_channels"]], [1, 2])
        self.assertNotIn("tasks", value)
        listed = self.run_json("reproduce", "--models", models, *SMALL, "--channels", "1,2", "--tasks")
        self.assertEqual({k: v for k, v in listed.items() if k != "tasks"}, value)
        self.assertEqual([step["recipe"] for step in listed["tasks"]], ["dense", "sr-ste-2:8", "sdgp-2:8", "bdwp-2:8"])
        alone = self.run_json("run", "small", "--models", models, *SMALL, "--channels", "1", "--recipe", "bdwp-2:8")["layers"]
        self.assertEqual(listed["tasks"][3]["layers"], alone)
        rows = list(csv.DictReader(io.StringIO(self.run_program(
            "reproduce", "--models", models, *SMALL, "--channels", "1", "--tasks", "--csv").stdout)))
        self.assertEqual([(row["network"], row["layer"]) for row in rows if row["recipe"] == "bdwp-2:8"],
                         [("small", layer["name"]) for layer in alone])

    def test_ablation(self):
        arguments = ["compare", self.network(), *SMALL]
        value = self.run_json(*arguments, "--ablation")
        plain = self.run_json(*arguments)
        lines = value["ablation"]
        self.assertEqual([line["switches"] for line in lines],
                         ["", "--no-interleave", "--no-pregeneration", "--dataflow os", "--dataflow ws",
                          "--no-interleave --no-pregeneration --dataflow os"])
        self.assertEqual((lines[0]["speedup"], lines[0]["gemm_speedup"]), (plain["speedup"], plain["gemm_speedup"]))
        self.assertEqual(lines[0]["slowdown"], 1)
        for line in lines:
            alone = self.run_json(*arguments, *line["switches"].split())["results"]
            for part, whole in zip(line["results"], alone):
                for field in part:
                    self.assertEqual(part[field], whole[field], (line["variant"], field))
        self.assertGreater(lines[1]["slowdown"], 1)
        rows = list(csv.DictReader(io.StringIO(self.run_program(*arguments, "--ablation", "--csv").stdout)))
        self.assertEqual([row["optimisations"] for row in rows], [line["variant"] for line in lines])
        for other in (["--no-interleave"], ["--dataflow", "os"], ["--report", "r.html"], ["--trace", "t.json"], ["--target", "sat"]):
            self.run_program(*arguments, "--ablation", *other, code=2)

    def test_models_show(self):
        value = self.run_json("models", "show", "resnet50")
        self.assertEqual((value["parameters"], value["batch"] > 0), (25557032, True))
        self.assertEqual(round(value["forward_macs_per_sample"] / 1e9, 2), 4.09)
        for layer in value["layers"]:
            self.check_fields(layer, {"name": str, "kind": str, "parameters": int, "macs": dict, "activation_bytes": int})
            self.assertIn("output_shape", layer)
            self.assertEqual(set(layer["macs"]), {"FF", "BP", "WU"})
        image = 2 * 3 * 224 * 224
        self.assertEqual(value["activation_bytes"], value["batch"] * (image + sum(layer["activation_bytes"] for layer in value["layers"])))
        rows = list(csv.DictReader(io.StringIO(self.run_program("models", "show", "resnet50", "--csv").stdout)))
        self.assertEqual([int(row["activation bytes"]) for row in rows], [layer["activation_bytes"] for layer in value["layers"]])
        listed = self.run_json("models", "list")
        self.assertLessEqual({"resnet9", "vit-cifar", "vgg19", "resnet18", "resnet50"}, {n["name"] for n in listed})

    def test_schedule(self):
        rows = self.run_json("schedule", self.network(), *SMALL)
        for row in rows:
            self.assertGreater(row["predicted_cycles"], 0)
            if row["kind"] == "gemm":
                self.assertIn(row["dataflow"], ("os", "ws"))
        text = self.run_program("schedule", "--gemm", "16,16,16", "--asm", *SMALL).stdout
        for engine in ("LOAD", "STCE", "STORE"):
            self.assertIn(f".engine {engine}", text)

    def test_what_is_chosen_of_a_step_has_to_be_there(self):
        for more, *words in ((["--layer", "nope"], "--layer nope", "matches no GEMM task", "such as conv1, conv2, fc"),
                             (["--layer", "conv1", "--stage", "BP"], "--layer conv1 --stage BP", "conv1 has FF, WU")):
            done = self.run_program("schedule", self.network(), *more, *SMALL, code=2)
            for word in words:
                self.assertIn(word, done.stderr)
        self.assertIn("DRAM (estimate)", self.run_program("schedule", self.network(), *SMALL).stdout)
        self.assertIn("DRAM [byte]", self.run_program("schedule", self.network(), "--csv", *SMALL).stdout)

    def test_a_saved_program_runs_in_the_cycles_of_its_gemm(self):
        program = self.folder / "p.satp"
        self.run_program("schedule", "--gemm", "32,16,64", "--program", program, *SMALL)
        cycles = self.run_json("run", "--program", program, *SMALL)["cycles"]
        self.assertEqual(self.run_json("run", "--gemm", "32,16,64", *SMALL)["cycles"], cycles)

    # Every choice of a step, as it is run, and where the packed copies come from.
    def test_schedule_shows_what_run_takes(self):
        for fidelity in ("cycle", "fast"):
            step = ("--recipe", "bdwp-2:8", "--fidelity", fidelity, *SMALL)
            choices = self.run_json("schedule", self.network(), *step)
            tasks = [choice for choice in choices if choice["kind"] == "gemm"]
            layers = self.run_json("run", self.network(), *step)["layers"]
            self.assertEqual([t["tile"] for t in tasks], [layer["tile"] for layer in layers])
            if fidelity == "cycle":
                self.assertEqual([t["cycles"] for t in tasks], [layer["cycles"] for layer in layers])
            self.assertTrue(all(t["taken"] for t in tasks))
            self.assertIn(["FF 2:8", "BP 2:8"], [c["pregenerates"] for c in choices if c["kind"] == "optimizer"])
        without = self.run_json("schedule", self.network(), *step, "--no-pregeneration")
        packed = {c["kind"] for c in without if any(":" in copy for copy in c.get("pregenerates", []))}
        self.assertEqual(packed, {"prune"})
        best = self.run_json("schedule", self.network(), *step, "--candidates", 5)
        taken = [c for c in best if c["kind"] == "gemm" and c["taken"]]
        self.assertEqual(len(taken), len(tasks))

    def test_csv(self):
        lines = self.run_program("run", self.network(), *SMALL, "--csv").stdout.splitlines()
        self.assertTrue(lines[0].startswith("layer,stage"))
        self.assertGreater(len(lines), 5)

    def test_csv_is_for_programs(self):
        def table(*arguments):
            rows = list(csv.reader(io.StringIO(self.run_program(*arguments, *SMALL, "--csv").stdout)))
            self.assertEqual(len(set(rows[0])), len(rows[0]), rows[0])
            return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
        step = (self.network(), "--recipe", "bdwp-2:8")
        layers = self.run_json("run", *step, *SMALL)["layers"]
        for row, layer in zip(table("run", *step), layers, strict=True):
            self.assertEqual((int(row["cycles"]), int(row["DRAM [byte]"])), (layer["cycles"], layer["dram_bytes"]))
            self.assertAlmostEqual(float(row["util [%]"]), 100 * layer["utilization"], delta=1e-6)
            self.assertEqual(row["compute-bound"], "yes" if layer["compute_bound"] else "no")
        for row, layer in zip(table("compare", *step, "--baseline", "dense"), layers, strict=True):
            self.assertAlmostEqual(float(row["energy [J]"]), layer["energy_j"], delta=1e-6 * layer["energy_j"])
            self.assertAlmostEqual(float(row["speedup"]), int(row["baseline cycles"]) / int(row["cycles"]), delta=1e-6)
        for row in table("schedule", *step):
            self.assertGreater(int(row["predicted cycles"]) * int(row["DRAM [byte]"]), 0)

    def test_one_of_two_takes_the_time_of_two_of_four(self):
        for arguments, pattern in ((("--gemm", "32,32,30"), "--nm {}"), ((self.network(),), "--recipe bdwp-{}")):
            done = [self.run_program("run", *arguments, *SMALL, "--json", *pattern.format(nm).split())
                    for nm in ("1:2", "2:4")]
            self.assertEqual([one.stderr for one in done], ["", ""])
            one, two = (json.loads(each.stdout) for each in done)
            for key in ("cycles", "dram_bytes"):
                self.assertEqual(one[key], two[key], pattern)

    def test_notes_of_what_is_run_otherwise(self):
        layers = [layer for layer in SMALL_NETWORK["layers"] if layer["kind"] != "loss"]
        self.assertIn("no loss layer", self.run_program("run", self.network(layers=layers), *SMALL).stderr)

    def test_output_file_is_what_would_be_printed(self):
        printed = self.run_program("run", self.network(), *SMALL, "--json").stdout
        done = self.run_program("run", self.network(), *SMALL, "--json", "-o", "out.json")
        self.assertEqual(done.stdout, "")
        self.assertEqual((self.folder / "out.json").read_text(), printed)

    def test_nothing_but_results_reaches_a_pipe(self):
        done = self.run_program("compare", self.network(), *SMALL)
        self.assertEqual(done.stderr, "")
        self.assertIn("speedup", done.stdout)


class Reports(ProgramTest):
    def document(self, *arguments):
        self.run_program(*arguments, *SMALL, "--report", "r.json")
        return json.loads((self.folder / "r.json").read_text())

    def test_the_document_holds_what_json_prints(self):
        value = self.document("compare", self.network())
        self.assertEqual((value["format"], value["version"], value["kind"]), ("satsim-report", 1, "compare"))
        self.assertEqual(value["data"], self.run_json("compare", self.network(), *SMALL))
        self.assertIn("compare", value["origin"]["command"])
        self.assertRegex(value["origin"]["written"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual((value["machine"]["rows"], value["machine"]["peak_macs_per_cycle"]), (4, 16))
        self.assertEqual([part["recipe"] for part in value["timeline"]], ["dense", "bdwp-2:8"])
        for part, result in zip(value["timeline"], value["data"]["results"]):
            self.assertEqual(len(part["tasks"]), len(result["layers"]) + len(result["other_tasks"]))
            self.assertAlmostEqual(part["tasks"][-1]["start_s"] + part["tasks"][-1]["seconds"], result["seconds"], delta=1e-9)
            self.assertGreater(len(part["excerpts"]), 0)

    def test_what_was_read_is_part_of_the_traffic(self):
        data = self.document("run", self.network())["data"]
        for task in data["layers"] + data["other_tasks"]:
            self.assertLessEqual(task["dram_bytes_read"], task["dram_bytes"])
        self.assertGreater(sum(t["dram_bytes_read"] for t in data["layers"]), 0)
        self.assertTrue(all(t["vector_operations"] > 0 for t in data["other_tasks"] if t["kind"] == "vector"))

    def test_recording_for_a_report_changes_no_result(self):
        plain = self.run_json("run", self.network(), *SMALL)
        self.assertEqual(self.document("run", self.network())["data"], plain)


class Traces(ProgramTest):
    def test_trace_obeys_its_rules(self):
        written = self.run_json("trace", self.network(), *SMALL, "-o", "t.json")
        trace = json.loads((self.folder / "t.json").read_text())
        self.assertEqual(written, {"file": "t.json", "events": len(trace["traceEvents"]), "bytes": (self.folder / "t.json").stat().st_size})
        names = {e["args"]["name"] for e in trace["traceEvents"] if e["name"] == "thread_name"}
        documented = re.search(r"Tracks: (.+)\.\n", (SOURCE / "docs/formats/trace.md").read_text()).group(1)
        self.assertEqual(set(re.findall("`([^`]+)`", documented)), names)
        self.assertIn("DRAM read [GB/s]", {e["name"] for e in trace["traceEvents"] if e["ph"] == "C"})
        self.assertTrue(any(e.get("cat") == "operation" for e in trace["traceEvents"]))
        summary = self.run_json("trace", "--check", "t.json")
        self.assertEqual(summary["broken"], [])
        self.assertGreaterEqual(summary["tracks"], 5)

    def test_a_trace_goes_into_a_pipe_and_past_a_device(self):
        """Neither has a size to look up: what is printed is what was written."""
        os.mkfifo(self.folder / "pipe")
        read = []
        reader = threading.Thread(target=lambda: read.append((self.folder / "pipe").read_bytes()), daemon=True)
        reader.start()
        written = self.run_json("trace", self.network(), *SMALL, "-o", "pipe")
        reader.join(timeout=60)
        self.assertEqual(written["bytes"], len(read[0]))
        self.assertEqual(written["events"], len(json.loads(read[0])["traceEvents"]))
        self.assertEqual(self.run_json("trace", self.network(), *SMALL, "-o", "/dev/null")["bytes"], written["bytes"])

    def test_size_is_capped(self):
        self.run_program("trace", self.network(), *SMALL, "--max-events", 300, "-o", "t.json")
        events = json.loads((self.folder / "t.json").read_text())["traceEvents"]
        self.assertTrue(any(e.get("cat") == "aggregated" for e in events))
        self.run_program("trace", "--check", "t.json")

    def test_the_rule_of_a_small_limit_is_true(self):
        self.run_program("trace", self.network(), *SMALL, "--max-events", 100, "-o", "t.json")
        trace = json.loads((self.folder / "t.json").read_text())
        self.assertRegex(trace["otherData"]["rule"], "at most 100 events with them; tasks, .* are always written")
        detail = [i for i, e in enumerate(trace["traceEvents"]) if e.get("cat") in ("operation", "busy")]
        self.assertLess(max(detail, default=0), 100)

    def test_compare_writes_a_trace(self):
        self.run_program("compare", self.network(), *SMALL, "--trace", "t.json")
        value = self.run_json("trace", "--check", "t.json")
        events = json.loads((self.folder / "t.json").read_text())["traceEvents"]
        processes = [e["args"]["name"] for e in events if e["name"] == "process_name"]
        self.assertEqual(len(processes), 2)  # dense, then the recipe
        tracks = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
        for pid in (1, 2):
            drawn = {tracks[pid, e["tid"]] for e in events if e["ph"] == "X" and e["pid"] == pid
                     and e["cat"] in ("operation", "busy", "host", "transfer")}
            self.assertLessEqual({"LOAD", "STCE", "VEC", "STORE", "host CPU (modelled)", "PCIe (modelled)"}, drawn)
        self.run_program("run", self.network(), *SMALL, "--trace", "run.json")
        self.assertEqual(self.run_json("trace", "--check", "run.json")["broken"], [])
        self.assertEqual(value["broken"], [])

    def test_a_broken_rule_is_exit_code_one(self):
        event = {"ph": "X", "pid": 1, "tid": 1, "name": "a", "ts": 0, "dur": 2}
        name = {"ph": "M", "pid": 1, "tid": 1, "name": "thread_name", "args": {"name": "t"}}
        self.write("t.json", {"traceEvents": [name, event, event | {"ts": 1, "dur": 2}]})
        self.assertIn("broken", self.run_program("trace", "--check", "t.json", code=1).stdout)


class Places(ProgramTest):
    def test_models_are_found_from_an_installation(self):
        prefix = self.folder / "prefix"
        (prefix / "bin").mkdir(parents=True)
        shutil.copy(PROGRAM, prefix / "bin" / "satsim")
        shutil.copytree(SOURCE / "models", prefix / "share" / "satsim" / "models")
        done = subprocess.run([prefix / "bin" / "satsim", "models", "list", "--json"], capture_output=True, text=True,
                              cwd=self.folder, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        files = {pathlib.Path(n["file"]).resolve() for n in json.loads(done.stdout)}
        self.assertTrue(all(prefix.resolve() in f.parents for f in files))


if __name__ == "__main__":
    unittest.main()
