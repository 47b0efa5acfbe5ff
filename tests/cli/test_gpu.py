"""GPU device files, comparisons over several targets, and traces of others (docs/architecture/gpu.md, formats/trace.md)."""
import gzip
import json
import pathlib
import unittest

from support import SMALL_HARDWARE, SOURCE, ProgramTest

SMALL = ["--hardware", SMALL_HARDWARE, "--fidelity", "fast"]
GPUS = ["a100", "h100", "h200", "jetson-agx-orin", "jetson-agx-xavier", "rtx2080ti"]
KINETO = SOURCE.parent / "shared" / "data" / "kineto"
DEVICE_WORK = {"kernel", "gpu_memcpy", "gpu_memset", "memcpy", "memset"}


class GpuTest(ProgramTest):
    def refuse(self, *arguments, names=()):
        done = self.run_program(*arguments, code=2)
        self.assertEqual((done.stdout, done.stderr.count("\n")), ("", 1), done.stderr)
        for name in names:
            self.assertIn(name, done.stderr)


class Devices(GpuTest):
    def test_list_and_show(self):
        self.assertEqual([d["name"] for d in self.run_json("gpu", "list")], GPUS)
        for name in GPUS:
            figures = self.run_json("gpu", "show", name)["figures"]
            self.assertEqual(len(figures), 40)
            for figure in figures.values():
                self.assertEqual(set(figure), {"value", "unit", "source", "verified"})
        for name, timing, text in (("h100", "calls", "calls, launches included"), ("h200", "graph replays", "replayed CUDA graphs")):
            shown = self.run_json("gpu", "show", name)
            self.assertEqual(shown["timing"], timing)
            self.assertIn(f"fitted to times of {text} ({shown['timing_source']})\n", self.run_program("gpu", "show", name).stdout)
        self.assertNotIn("timing", self.run_json("gpu", "show", "a100"))
        self.assertNotIn("fitted to times", self.run_program("gpu", "show", "a100").stdout)
        self.assertIn("glennklockwood", self.run_program("gpu", "show", "a100").stdout)
        self.assertEqual(len(self.run_program("gpu", "list", "--csv").stdout.splitlines()), 1 + len(GPUS))

    def test_shipped_files_fit_the_schema(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("python3-jsonschema is missing")
        schema = json.loads((SOURCE / "models/schemas/gpu.schema.json").read_text())
        for name in GPUS:
            jsonschema.validate(json.loads((SOURCE / f"models/gpus/{name}.json").read_text()), schema)

    def test_bad_files(self):
        text = (SOURCE / "models/gpus/h100.json").read_text()
        self.refuse("gpu", "show", self.write("g.json", text[:-20]), names=["g.json", "malformed"])
        document = json.loads(text)
        document["compute"]["clock"]["value"] = 1
        self.refuse("gpu", "show", self.write("g.json", document), names=["g.json: /compute/clock/value"])
        self.refuse("gpu", "show", "v100", names=["v100"])


class Targets(GpuTest):
    def compare(self, targets, *more):
        return self.run_json("compare", self.network(), "--recipe", "bdwp-2:8", "--target", targets, *SMALL, *more)

    def test_every_target_with_its_provenance(self):
        value = self.compare("sat,gpu-model:h100,gpu-model:rtx2080ti")
        self.assertEqual([t["name"] for t in value["targets"]], ["sat", "gpu-model:h100", "gpu-model:rtx2080ti"])
        for target in value["targets"]:
            self.assertIn(target["provenance"], ("measured", "recorded", "modelled", "simulated"))
            tasks = target["layers"] + target["other_tasks"]
            self.assertAlmostEqual(sum(t["seconds"] for t in tasks), target["seconds"], delta=1e-9 * target["seconds"])
            self.assertAlmostEqual(sum(t["energy_j"] for t in tasks), target["energy_j"], delta=1e-6 * target["energy_j"])
            self.assertAlmostEqual(target["speedup"], target["baseline_seconds"] / target["seconds"], delta=1e-9)
        self.assertEqual({t["provenance"] for t in value["targets"][1:]}, {"modelled"})
        layers = [[(l["name"], l["stage"], l["part"]) for l in t["layers"]] for t in value["targets"]]
        self.assertEqual(layers[0], layers[1])

    def test_sat_is_what_it_is_without_other_targets(self):
        alone = self.run_json("compare", self.network(), "--recipe", "bdwp-2:8", *SMALL)
        value = self.compare("sat,gpu-model:a100")
        for key in alone:
            self.assertEqual(value[key], alone[key], key)
        sat = value["targets"][0]
        self.assertAlmostEqual(sat["seconds"], alone["results"][1]["seconds"], delta=1e-12)
        self.assertAlmostEqual(sat["energy_j"], alone["results"][1]["energy_j"], delta=1e-9)
        self.assertNotIn("targets", alone)

    def test_the_winner_is_the_fastest_and_the_reason_multiplies_out(self):
        for row in self.compare("sat,gpu-model:h100,gpu-model:jetson-agx-orin")["rows"]:
            seconds = {c["target"]: c["seconds"] for c in row["targets"]}
            spent = [s for s in seconds.values() if s > 0]
            if len(spent) < 2:
                self.assertIsNone(row["winner"])
            else:
                self.assertEqual(seconds[row["winner"]], min(spent))
            for cell in row["targets"]:
                self.assertLessEqual(cell["share_of_roof"], 1 + 1e-9, row)
            if " = " in row["why"]:
                total, factors = row["why"].split(" = ")
                product = 1.0
                for factor in factors.split(" * "):
                    product *= float(factor.split()[1].rstrip("x"))
                # Two decimals each: a small factor has few digits.
                smallest = min(float(f.split()[1].rstrip("x")) for f in factors.split(" * "))
                if smallest >= 0.5:
                    self.assertAlmostEqual(product / float(total.rstrip("x")), 1, delta=0.03)

    def test_no_row_reaches_more_than_its_roof(self):
        """The next batch's inputs are bytes of the first layer that take no time of their own."""
        for network, recipe, hardware in ((["armor-tiny"], "wohg-3", "vcu1525-sat32"), (["armor-tiny"], "full", "sat4-slice"),
                                          (["resnet9", "--batch", 2], "", "vcu1525-sat32"), (["vit-cifar", "--batch", 2], "", "vcu1525-sat32"),
                                          (["llama-60m", "--set", "tokens=256"], "", "u280-hbm2-sat32")):
            recipes = [f"{recipe}+{r}" if recipe else r for r in ("bdwp-2:8", "dense")]
            value = self.run_json("compare", *network, "--recipe", recipes[0], "--baseline", recipes[1], "--fidelity", "fast",
                                  "--hardware", hardware, "--target", "sat,gpu-model:h100,gpu-model:jetson-agx-orin")
            for row in value["rows"]:
                for cell in row["targets"]:
                    self.assertLessEqual(cell["share_of_roof"], 1 + 1e-9, (network, hardware, row))

    def test_no_sat_no_simulation(self):
        value = self.compare("gpu-model:h100")
        self.assertNotIn("results", value)
        self.assertEqual(len(value["targets"]), 1)

    def test_tables_and_csv(self):
        arguments = ["compare", self.network(), "--target", "sat,gpu-model:h100", *SMALL]
        text = self.run_program(*arguments).stdout
        for word in ("GEMM FF", "energy x delay", "GFLOP/s/W", "flop/byte", "roof"):
            self.assertIn(word, text)
        # Below each name stands how its figures came to be.
        names, labels = text.splitlines()[2:4]
        self.assertEqual(names.split(), ["sat", "gpu-model:h100"])
        self.assertEqual([word for word in labels.split() if word.startswith("(")], ["(modelled)", "(modelled)"])
        self.assertIn("all dense: first layer", text)
        lines = self.run_program(*arguments, "--csv").stdout.splitlines()
        self.assertIn("gpu-model:h100 provenance", lines[0])
        rows = self.run_json(*arguments)["rows"]
        self.assertEqual(len(lines), 1 + len(rows))

    def test_trace_of_all_targets(self):
        self.run_program("compare", self.network(), "--target", "sat,gpu-model:h100", *SMALL, "--trace", "t.json")
        self.assertEqual(self.run_json("trace", "--check", "t.json")["broken"], [])
        value = self.run_json("trace", "diff", "t.json#1", "t.json#2")
        self.assertEqual(value["b"]["provenance"], "modelled")
        self.assertIn("gpu-model:h100", value["b"]["machine"])

    def test_report_of_all_targets_holds_what_json_prints(self):
        arguments = ["compare", self.network(), "--target", "sat,gpu-model:h100", *SMALL]
        self.run_program(*arguments, "--report", "r.json")
        document = json.loads((self.folder / "r.json").read_text())
        self.assertEqual(document["kind"], "targets")
        self.assertEqual(document["data"], self.run_json(*arguments))
        self.assertIn("rows", document["machine"])
        # Without SAT there is no machine of SAT's to tell of.
        self.run_program("run", self.network(), "--target", "gpu-model:h100", *SMALL, "--report", "r.json")
        self.assertNotIn("machine", json.loads((self.folder / "r.json").read_text()))

    def test_times_of_different_things_side_by_side_say_so(self):
        note = "Times of gpu-model:h100 are of calls, launches included; those of gpu-model:h200 of replayed CUDA graphs."
        step = ["compare", self.network(), *SMALL, "--target"]
        self.assertIn(note, self.run_program(*step, "sat,gpu-model:h100,gpu-model:h200").stdout)
        self.assertIn(note, self.run_program(*step, "gpu-model:h200,gpu-model:h100,hetero").stdout)
        self.assertIn(note, self.run_program("run", "--gemm", "64,64,64", "--target", "gpu-model:h100,gpu-model:h200").stdout)
        recorded = SOURCE / "models/traces/h200/resnet9.json"
        step9 = ["run", "resnet9", "--recipe", "bdwp-2:8", "--target"]
        self.assertIn(f"those of gpu:{recorded} of replayed CUDA graphs.", self.run_program(*step9, f"gpu-model:h100,gpu:{recorded}").stdout)
        # One of them alone, or beside a device that was never recorded.
        for targets in ("gpu-model:h100", "sat,gpu-model:h100,gpu-model:a100"):
            self.assertNotIn("Times of", self.run_program(*step, targets).stdout)
        self.assertNotIn("Times of", self.run_program(*step9, f"gpu-model:h200,gpu:{recorded}").stdout)
        for targets, timings in (("sat,gpu-model:h100,gpu-model:h200,hetero", [None, "calls", "graph replays", "mixed"]),
                                 ("sat,gpu-model:h100@2,hetero", [None, "calls", "calls"]),
                                 ("gpu-model:h100,gpu-model:a100,hetero", ["calls", None, None])):
            self.assertEqual([t["timing"] for t in self.compare(targets)["targets"]], timings, targets)
        descriptions = [t["description"] for t in self.compare("gpu-model:h100,gpu-model:h200")["targets"]]
        self.assertIn("times fitted to recordings of calls, launches included", descriptions[0])
        self.assertIn("times fitted to recordings of replayed CUDA graphs", descriptions[1])

    def test_bad_targets(self):
        step = ["compare", self.network(), *SMALL, "--target"]
        self.refuse(*step, "gpus", names=["--target gpus", "gpu-model:DEVICE"])
        self.refuse(*step, "gpu-model:", names=["gpu-model:"])
        self.refuse(*step, "gpu-model:v100", names=["v100"])
        self.refuse(*step, "sat,sat", names=["twice"])
        h100 = (SOURCE / "models/gpus/h100.json").read_text()
        names = [t["name"] for t in self.run_json(*step, f"gpu-model:h100,gpu-model:{self.write('other.json', h100)}")["targets"]]
        self.assertEqual(len(set(names)), 2)
        trace = SOURCE / "models/traces/h200/resnet18.json"
        self.refuse(*step, f"cpu:{trace}", names=["/device/cuda", "gpu:FILE"])
        self.refuse("gpu", "fit", "rtx2080ti", trace, names=["/device/sm_count", "68"])
        self.refuse(*step, "gpu-model:h100", "--report", "r.pdf", names=["--report r.pdf", ".html"])
        small = json.loads((SOURCE / "models/gpus/h100.json").read_text())
        small["memory"]["capacity"]["value"] = 1e6
        small["name"] = "tiny"
        self.refuse("compare", self.network(batch=4096), *SMALL, "--target", f"gpu-model:{self.write('tiny.json', small)}",
                    names=["GiB of accelerator memory", "tiny"])


class Gemm(GpuTest):
    """One product on several machines."""

    def gemm(self, sizes, targets, *more):
        return self.run_json("run", "--gemm", sizes, "--target", targets, *SMALL, *more)

    def test_sat_is_what_it_is_without_targets(self):
        alone = self.run_json("run", "--gemm", "64,64,64", "--nm", "2:8", *SMALL)
        value = self.gemm("64,64,64", "sat,gpu-model:h100", "--nm", "2:8")
        for key in alone:
            self.assertEqual(value[key], alone[key], key)
        self.assertEqual((value["network"], value["recipe"], value["baseline"]), ("gemm 64,64,64", "2:8", "2:8"))
        sat = value["targets"][0]
        self.assertEqual((sat["name"], sat["provenance"]), ("sat", "modelled"))
        self.assertAlmostEqual(sat["seconds"], alone["seconds"], delta=1e-15)
        self.assertEqual(sat["layers"][0]["kernel"], alone["tile"])
        # Without SAT the object says what was asked.
        value = self.gemm("64,32,16", "gpu-model:h100", "--nm", "1:4")
        self.assertEqual([value[key] for key in ("m", "n", "k", "nm")], [64, 32, 16, "1:4"])
        self.assertNotIn("cycles", value)

    def test_the_cycle_model_is_simulated_beside_a_prediction(self):
        value = self.run_json("run", "--gemm", "16,16,16", "--target", "sat,gpu-model:h100", "--hardware", SMALL_HARDWARE)
        self.assertEqual([t["provenance"] for t in value["targets"]], ["simulated", "modelled"])

    def test_a_gpu_takes_what_a_layer_of_a_step_takes(self):
        layers = [{"name": "fc", "kind": "linear", "out": 256}, {"name": "loss", "kind": "loss"}]
        network = self.network(input={"channels": 512, "height": 1, "width": 1}, batch=384,
                               layers=[{"name": "flatten", "kind": "flatten"}, *layers])
        step = self.run_json("run", network, "--recipe", "dense", "--target", "gpu-model:h100", *SMALL)["targets"][0]
        forward = next(l for l in step["layers"] if l["stage"] == "FF")
        product = self.gemm("384,256,512", "gpu-model:h100")["targets"][0]
        self.assertEqual([forward[key] for key in ("m", "n", "k")], [384, 256, 512])
        for key in ("kernel", "bound", "dram_bytes", "macs_issued"):
            self.assertEqual(product["layers"][0][key], forward[key], key)
        self.assertEqual((step["limit_factor"], product["limit_factor"]), (1, 1))
        self.assertAlmostEqual(product["seconds"], forward["seconds"], delta=1e-12)

    def test_why_a_pattern_runs_dense(self):
        value = self.gemm("4096,4096,4096", "sat,gpu-model:h100,gpu-model:rtx2080ti", "--nm", "2:8")
        layers = [t["layers"][0] for t in value["targets"]]
        self.assertIn("2:4 tensor", layers[1]["kernel"])
        self.assertEqual([l["macs_dense"] // l["macs_issued"] for l in layers], [4, 2, 1])
        self.assertEqual([l["dense_reason"] for l in layers], ["", "", "rtx2080ti has no sparse tensor cores"])
        row, = value["rows"]
        seconds = {cell["target"]: cell["seconds"] for cell in row["targets"]}
        self.assertEqual(seconds[row["winner"]], min(seconds.values()))
        for cell in row["targets"]:
            self.assertLessEqual(cell["share_of_roof"], 1 + 1e-9)

    def test_a_product_repeated_at_the_boards_limit(self):
        target = self.gemm("8192,8192,8192", "gpu-model:h100")["targets"][0]
        self.assertGreater(target["limit_factor"], 1)
        self.assertAlmostEqual(target["step"]["mean_watts"], target["board_watts"], delta=1e-6 * target["board_watts"])
        text = self.run_program("run", "--gemm", "8192,8192,8192", "--target", "gpu-model:h100", "--csv").stdout.splitlines()
        cells = dict(zip(text[0].split(","), text[1].split(",")))
        self.assertAlmostEqual(float(cells["time [s]"]) / float(cells["one alone [s]"]), target["limit_factor"], delta=1e-6)

    def test_tables_csv_trace_and_report(self):
        arguments = ["run", "--gemm", "64,64,64", "--nm", "2:8", "--target", "sat,gpu-model:h100", *SMALL]
        text = self.run_program(*arguments, "--trace", "t.json", "--report", "r.json").stdout
        for word in ("gemm 64,64,64: 2:8 on 2 targets", "kernel", "why dense", "2:4 would take", "of roof", "is the fastest: ", "gpu-model:h100: modelled"):
            self.assertIn(word, text)
        lines = self.run_program(*arguments, "--csv").stdout.splitlines()
        self.assertEqual([line.split(",")[0] for line in lines], ["target", "sat", "gpu-model:h100"])
        self.assertEqual(len({len(line.split(",")) for line in lines}), 1)
        self.assertEqual(self.run_json("trace", "--check", "t.json")["broken"], [])
        document = json.loads((self.folder / "r.json").read_text())
        self.assertEqual((document["kind"], document["data"]), ("targets", self.run_json(*arguments)))
        self.assertIn("machine", document)
        self.run_program("report", "r.json", "-o", "r.html")

    def test_what_is_no_machine_for_a_product(self):
        product = ["run", "--gemm", "64,64,64", "--target"]
        for target in ("gpu", "cpu", "gpu:x.json", "cpu:x.json", "hetero", "sat@2", "gpu-model:h100@2", "gpu-model:h100@fit", "gpu-model:", "tpu"):
            self.refuse(*product, target, names=[f"--target {target}: ", "single GEMM", "expected sat or gpu-model:DEVICE"])
        self.refuse(*product, "sat,hetero", names=["--target hetero"])
        self.refuse(*product, "gpu-model:v100", names=["v100"])
        self.refuse(*product, "sat,sat", names=["twice"])
        self.refuse(*product, "gpu-model:h100", "--channels", "1", names=["--channels", "sat"])
        self.refuse(*product, "gpu-model:h100", "--record", "r.json", names=["--record", "--gemm"])
        self.refuse(*product, "gpu-model:h100", "--energy-window", "1", names=["--energy-window", "--gemm"])
        self.refuse("run", "--gemm", "400000,400000,40", "--target", "gpu-model:h100", names=["298.1 GiB", "gpu-model:h100 has 79.2 GiB"])
        # Too large for SAT is no matter where SAT is not asked.
        large = ["run", "--gemm", "262144,65536,64", *SMALL]
        self.refuse(*large, names=["32.0 GiB"])
        self.run_program(*large, "--target", "gpu-model:h100")
        self.refuse("run", "--program", "p.satprog", "--target", "sat", names=["--target", "--gemm"])


class Traces(GpuTest):
    def test_diff_of_two_recipes(self):
        self.run_program("compare", self.network(), "--hardware", SMALL_HARDWARE, "--trace", "t.json")
        value = self.run_json("trace", "diff", "t.json#1", "t.json#2")
        alone = self.run_json("compare", self.network(), "--hardware", SMALL_HARDWARE)
        for side, result in zip("ab", alone["results"]):
            self.assertAlmostEqual(value[side]["busy_s"], result["seconds"], delta=1e-7)
            self.assertIn(result["recipe"], value[side]["machine"])
        self.assertAlmostEqual(sum(r["change_s"] for r in value["rows"]), value["change_s"], delta=1e-9)
        self.assertIn("B - A", self.run_program("trace", "diff", "t.json", "t.json#2").stdout)
        self.refuse("trace", "diff", "t.json", "t.json#3", names=["t.json", "process 3"])

    def test_bad_traces(self):
        self.refuse("trace", "diff", "none.json", "none.json", names=["none.json"])
        self.refuse("trace", "import", self.write("x.json", "{\"traceEvents\": [{\"ph\""), names=["x.json", "malformed"])
        self.refuse("trace", "import", self.write("x.json", gzip.compress(b"{}" * 50)[:-6]), names=["x.json", "damaged"])
        self.refuse("trace", "import", self.write("x.json", gzip.compress(b"{\"traceEvents\": [{")), names=["x.json", "malformed"])
        self.refuse("trace", "import", self.write("x.json", "[{\"ph\": \"X\"}]"), names=["x.json: /traceEvents/0"])

    def test_compressed(self):
        self.run_program("compare", self.network(), "--hardware", SMALL_HARDWARE, "--target", "sat,gpu-model:h100",
                         "--fidelity", "fast", "--trace", "t.json.gz")
        self.run_program("compare", self.network(), "--hardware", SMALL_HARDWARE, "--target", "sat,gpu-model:h100",
                         "--fidelity", "fast", "--trace", "t.json")
        packed = (self.folder / "t.json.gz").read_bytes()
        plain = (self.folder / "t.json").read_bytes()
        self.assertEqual(gzip.decompress(packed), plain)
        self.assertIn("rule", json.loads(plain)["otherData"])
        self.assertEqual(self.run_json("trace", "--check", "t.json.gz")["broken"], [])
        self.assertEqual(self.run_json("trace", "diff", "t.json.gz#2", "t.json#2")["change_s"], 0)

    def test_a_small_profile(self):
        corpus = SOURCE / "tests/fuzz/trace/corpus/kineto.json"
        value = self.run_json("trace", "import", corpus, "--rewrite", "out.json")
        self.assertEqual((value["source"], value["provenance"], value["machine"]), ("kineto", "recorded", "GPU"))
        self.assertEqual({(l["name"], l["stage"]) for l in value["layers"]}, {("block", "FF"), ("block", "BP")})
        self.assertEqual(self.run_json("trace", "--check", "out.json")["broken"], [])
        self.assertEqual(self.run_json("trace", "diff", corpus, "out.json")["change_s"], 0)

    def test_a_live_recording(self):
        """Left open: its array, and the slice that was at work."""
        self.write("c.json", "[" + ",".join(json.dumps(e) for e in (
            {"ph": "B", "pid": 3, "tid": 4, "name": "RunLoop::Run", "ts": 0},
            {"ph": "X", "pid": 3, "tid": 5, "name": "a", "ts": 0, "dur": 5},
            {"ph": "X", "pid": 3, "tid": 5, "name": "b", "ts": 3, "dur": 5})) + ",\n")
        value = self.run_json("trace", "import", "c.json", "--rewrite", "out.json")
        self.assertEqual(value["unended"], 1)
        self.assertEqual({k["name"]: round(k["busy_s"] * 1e6, 3) for k in value["kernels"]}, {"RunLoop::Run": 8, "a": 5, "b": 5})
        self.assertLessEqual(value["covered_s"], value["wall_s"])
        self.assertEqual(self.run_json("trace", "--check", "out.json")["broken"], [])
        again = self.run_json("trace", "import", "out.json")
        self.assertAlmostEqual(again["busy_s"], value["busy_s"], delta=1e-9)
        self.assertEqual({s["name"] for s in again["streams"]}, {"track 4", "track 5", "track 5, lane 2"})
        text = self.run_program("trace", "import", "c.json").stdout
        for words in ("in sum over 2 streams, busy 8.000 us of 8.000 us", "without an end in the file: 1"):
            self.assertIn(words, text)
        self.refuse("trace", "import", self.write("x.json", '{"traceEvents": [{"ph": "M"}'), names=["x.json", "malformed"])

    def test_provenance_of_a_mixed_step(self):
        self.run_program("compare", self.network(), "--target", "sat,gpu-model:h100", "--hardware", SMALL_HARDWARE, "--trace", "t.json")
        value = self.run_json("trace", "diff", "t.json#1", "t.json#2")
        self.assertEqual((value["a"]["provenance"], value["b"]["provenance"]), ("simulated", "modelled"))
        self.assertGreater(value["a"]["modelled_s"], 0)
        self.assertEqual(value["b"]["modelled_s"], 0)
        self.assertRegex(self.run_program("trace", "import", "t.json").stdout.splitlines()[0], r"simulated, [0-9.]+ % modelled")

    def real(self, name):
        path = KINETO / f"{name}.json.gz"
        if not path.exists():
            self.skipTest(f"real traces are not there: {path}")
        text = gzip.decompress(path.read_bytes())
        events = [e for e in json.loads(text)["traceEvents"] if e.get("ph") == "X"]
        return self.write(f"{name}.json", text), [e for e in events if e.get("cat", "").lower() in DEVICE_WORK]

    def test_real_profiles(self):
        for name in ("alexnet_gpu", "sampled_rank0_gpu", "multi_stream", "triton_example"):
            with self.subTest(name):
                path, work = self.real(name)
                value = self.run_json("trace", "import", path, "--rewrite", "out.json")
                self.assertEqual(value["source"], "kineto")
                self.assertEqual(value["pieces"], len(work))
                self.assertAlmostEqual(value["busy_s"] * 1e6, sum(e["dur"] for e in work), delta=1e-3)
                self.assertEqual(sum(l["pieces"] for l in value["layers"]), len(work))
                self.assertEqual({s["name"] for s in value["streams"]},
                                 {f"stream {e['args']['stream']}" for e in work})
                again = self.run_json("trace", "import", "out.json")
                self.assertAlmostEqual(again["busy_s"], value["busy_s"], delta=2e-9 * len(work))

    def test_a_real_profile_without_a_device(self):
        path, work = self.real("cpu_only")
        self.assertEqual(work, [])
        self.refuse("trace", "import", path, names=["cpu_only.json", "without work of a device"])


if __name__ == "__main__":
    unittest.main()
