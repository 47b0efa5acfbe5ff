"""The GPU target from outside, on machines without a GPU: errors that say what is missing, and recordings."""
import json
import shutil
import unittest

from support import SMALL_HARDWARE, SOURCE, ProgramTest

SMALL = ["--hardware", SMALL_HARDWARE, "--fidelity", "fast"]


def product(m, n, k, **more):
    return {"kind": "product", "m": m, "n": n, "k": k, "count": 1, "nm": [8, 8], "a_transposed": False, "b_transposed": False,
            "out": "fp16", "sparse_is_activation": False} | more


def measurement(work, seconds):
    return {"work": work, "kernel": "made up", "seconds": seconds, "fastest": seconds, "slowest": seconds, "repetitions": 1,
            "joules": 100 * seconds, "energy_window_s": 1.0, "sustained_seconds": seconds, "sparse": False, "candidates": [], "kernels": []}


def recording(measurements):
    """Made by hand for this test; no device has measured it."""
    device = {"name": "a fake device of a test", "compute_capability": "0.0", "sm_count": 132, "memory_bytes": 85_017_493_504, "l2_bytes": 0,
              "driver": "", "cuda": "0.0", "libraries": {}, "sm_clock_hz": 0, "memory_clock_hz": 0, "idle_watts": None,
              "board_watts": 300, "time_method": "made up", "energy_method": "made up", "date": "2026-01-01T00:00:00Z",
              "dense_flops": 1e14, "copy_bandwidth": 1e12, "launch_seconds": 1e-6}
    return {"format": "satsim-gpu-recording", "version": 1, "device": device,
            "steps": [{"network": "two", "recipe": "dense", "batch": 16}], "measurements": measurements}


# Two linear layers and a loss: a step whose pieces of work are few enough to write down.
TWO = {"name": "two", "source": "test", "input": {"channels": 64, "height": 1, "width": 1}, "batch": 16,
       "layers": [{"name": "a", "kind": "linear", "out": 32}, {"name": "b", "kind": "linear", "out": 8}, {"name": "loss", "kind": "loss"}]}
WORKS = [product(16, 32, 64), product(16, 8, 32), product(16, 32, 8, b_transposed=True),
         product(64, 32, 16, a_transposed=True, out="fp32"), product(32, 8, 16, a_transposed=True, out="fp32")]


def vector(operation, elements, shape, reads, writes, flops, extra=0, **more):
    return {"kind": "vector", "operation": operation, "elements": elements, "shape": shape, "reads": reads, "writes": writes,
            "flops_per_element": flops, "extra_bytes": extra} | more


VECTORS = [vector("loss", 128, [1, 16, 8], [1, 0], [1, 0], 8),
           vector("optimizer", 2048, [1, 64, 32], [0, 3], [0, 2], 6, 4096, optimizer="sgd", pregenerate_ff=[8, 8]),
           vector("optimizer", 256, [1, 32, 8], [0, 3], [0, 2], 6, 1024, optimizer="sgd", pregenerate_ff=[8, 8], pregenerate_bp=[8, 8])]


class GpuRecord(ProgramTest):
    def refuse(self, *arguments, names=()):
        done = self.run_program(*arguments, code=2)
        self.assertEqual((done.stdout, done.stderr.count("\n")), ("", 1), done.stderr)
        for name in names:
            self.assertIn(name, done.stderr)

    def network_two(self):
        return self.write("two.json", TWO)

    def whole(self):
        return recording([measurement(w, 1e-5 * (i + 1)) for i, w in enumerate(WORKS + VECTORS)])

    def test_without_a_gpu_one_line_says_what_is_missing(self):
        done = self.run_program("doctor", "--json")
        parts = {p["name"]: p for p in json.loads(done.stdout)["parts"]}
        if parts["CUDA device"]["found"]:
            self.skipTest("there is a CUDA device")
        for arguments in (["run", self.network(), "--target", "gpu"], ["compare", self.network(), "--target", "sat,gpu", *SMALL]):
            self.refuse(*arguments, names=["--target gpu: ", "expected a machine with a GPU or gpu:FILE"])

    def test_a_recorded_step_without_a_gpu(self):
        path = self.write("r.json", self.whole())
        value = self.run_json("run", self.network_two(), "--target", f"gpu:{path}")
        target = value["targets"][0]
        self.assertEqual((target["name"], target["provenance"]), (f"gpu:{path}", "recorded"))
        # Each piece of work once, but a's FF (16x32x64) ... all differ here.
        expected = sum(1e-5 * (i + 1) for i in range(len(WORKS + VECTORS)))
        self.assertAlmostEqual(target["seconds"], expected, delta=1e-12)
        self.assertAlmostEqual(target["energy_j"], 100 * expected, delta=1e-9)

    def test_a_repeated_module_costs_its_repetitions(self):
        network = {"name": "five", "source": "test", "input": {"channels": 64, "height": 1, "width": 1}, "batch": 16,
                   "modules": {"one": {"layers": [{"name": "a", "kind": "linear", "out": 64}]}},
                   "layers": [{"module": "one", "name": "m", "repeat": 5}, {"name": "loss", "kind": "loss"}]}
        update = {"optimizer": "sgd", "pregenerate_ff": [8, 8]}
        works = [(5, product(16, 64, 64)), (4, product(16, 64, 64, b_transposed=True)),
                 (5, product(64, 64, 16, a_transposed=True, out="fp32")), (1, vector("loss", 1024, [1, 16, 64], [1, 0], [1, 0], 8)),
                 (1, vector("optimizer", 4096, [1, 64, 64], [0, 3], [0, 2], 6, 8192, **update)),
                 (4, vector("optimizer", 4096, [1, 64, 64], [0, 3], [0, 2], 6, 16384, pregenerate_bp=[8, 8], **update))]
        document = recording([measurement(work, 1e-5 * (i + 1)) for i, (_, work) in enumerate(works)])
        path = self.write("five_r.json", document)
        value = self.run_json("run", self.write("five.json", network), "--recipe", "dense", "--target", f"gpu:{path}")
        expected = sum(times * 1e-5 * (i + 1) for i, (times, _) in enumerate(works))
        self.assertAlmostEqual(value["targets"][0]["seconds"], expected, delta=1e-12)
        self.assertAlmostEqual(value["targets"][0]["energy_j"], 100 * expected, delta=1e-9)

    def test_steps_above_the_boards_limit_are_stretched_and_say_so(self):
        document = self.whole()
        for each in document["measurements"]:
            each["joules"] *= 6  # 600 W, where the board has 300
        path = self.write("hot.json", document)
        value = self.run_json("compare", self.network_two(), "--recipe", "dense", "--target", f"gpu:{path}")
        target = value["targets"][0]
        expected = sum(2e-5 * (i + 1) for i in range(len(WORKS + VECTORS)))
        self.assertAlmostEqual(target["seconds"], expected, delta=1e-12)
        self.assertAlmostEqual(target["baseline_seconds"], expected, delta=1e-12)
        self.assertAlmostEqual(target["energy_j"], 300 * expected, delta=1e-9)
        self.assertTrue(target["description"].endswith(
            "; seconds x 2.000 and the baseline's seconds x 2.000: a step's mean power is held to the limit of 300 W"), target["description"])

    def test_beside_sat_and_a_prediction(self):
        path = self.write("r.json", self.whole())
        value = self.run_json("compare", self.network_two(), "--recipe", "dense", "--target", f"sat,gpu:{path},gpu-model:h100", *SMALL)
        self.assertEqual([t["provenance"] for t in value["targets"]], ["modelled", "recorded", "modelled"])
        text = self.run_program("compare", self.network_two(), "--recipe", "dense", "--target", f"gpu:{path}").stdout
        self.assertIn("recorded 2026-01-01", text)

    def test_a_step_that_was_not_recorded(self):
        path = self.write("r.json", self.whole())
        self.refuse("run", self.network_two(), "--batch", "32", "--target", f"gpu:{path}",
                    names=["r.json: has no measurement of layer a FF", "two dense batch 16"])

    def test_bad_recordings(self):
        whole = self.whole()
        def bad(change, *names):
            document = json.loads(json.dumps(whole))
            change(document)
            path = self.write("bad.json", document)
            self.refuse("run", self.network_two(), "--target", f"gpu:{path}", names=["bad.json", *names])
        bad(lambda d: d.update(version=2), "/version")
        bad(lambda d: d["measurements"][0].update(seconds=-1), "/measurements/0/seconds")
        bad(lambda d: d["measurements"][1]["work"].update(kind="sum"), "/measurements/1/work/kind")
        bad(lambda d: d["measurements"].append(d["measurements"][0]), "measured twice")
        bad(lambda d: d["device"].pop("date"), "/device", "date")
        self.refuse("run", self.network_two(), "--target", "gpu:missing.json", names=["missing.json"])

    def test_options_that_do_not_fit(self):
        self.refuse("run", self.network_two(), "--record", "r.json", names=["--record", "--target gpu"])
        self.refuse("compare", self.network_two(), "--target", "gpu-model:h100", "--record", "r.json", names=["--record"])
        self.refuse("run", "--gemm", "8,8,8", "--target", f"gpu:{self.write('r.json', self.whole())}", names=["--target gpu:", "single GEMM"])

    def test_fit(self):
        path = self.write("r.json", self.whole())
        value = self.run_json("gpu", "fit", "h100", path)
        self.assertEqual(value["recorded_on"], "a fake device of a test")
        self.assertEqual(value["after"][-1]["kind"], "all")
        self.assertEqual((value["works"], value["fitted"]), (len(WORKS + VECTORS), 5))  # 3 of 5 products, 1 of 1 loss, 1 of 2 updates
        self.assertLessEqual({"launch overhead", "efficiency, memory", "efficiency, dense", "efficiency, 2:4"}, set(value["figures"]))
        self.assertIn("held out", self.run_program("gpu", "fit", "h100", path).stdout)
        few = self.write("few.json", recording([measurement(WORKS[0], 1e-5)]))
        self.refuse("gpu", "fit", "h100", few, names=["few.json", "at least four"])
        # Equal work counts once, whatever the number of files; another device is refused.
        self.assertEqual(self.run_json("gpu", "fit", "h100", path, few)["after"], value["after"])
        other = recording([measurement(WORKS[0], 1e-5)])
        other["device"]["name"] = "another device"
        self.refuse("gpu", "fit", "h100", path, self.write("other.json", other), names=["other.json: /device/name", "another device", "r.json"])
        replayed = recording([measurement(WORKS[0], 1e-5)])
        replayed["device"]["time_method"] = "CUDA events around replays of a CUDA graph of runs in a row"
        self.refuse("gpu", "fit", "h100", path, self.write("replayed.json", replayed),
                    names=["replayed.json: /device/time_method: is of replayed CUDA graphs, expected calls, launches included as in ", "r.json"])
        called = self.whole()
        called["device"]["memory_bytes"] = 150109880320  # an H200's, whose file is fitted to replays
        self.run_program("gpu", "fit", "h200", self.write("called.json", called), "--write", "fitted.json")
        self.assertEqual(self.run_json("gpu", "show", "fitted.json")["timing"], "calls")
        # An H200 has an H100's multiprocessors, not its memory.
        decoder = SOURCE / "models/traces/h200/decoder.json"
        self.refuse("gpu", "fit", "h100", decoder,
                    names=["decoder.json: /device/memory_bytes: is 150109880320: NVIDIA H200 is not the device of h100", "expected one with 85017493504 bytes"])

    def test_device_files_have_what_their_recordings_say(self):
        for device, folder in (("h100", "h100-sxm"), ("h200", "h200")):
            recorded = json.loads((SOURCE / "models/traces" / folder / "decoder.json").read_text())["device"]
            figures = self.run_json("gpu", "show", device)["figures"]
            for figure, field in (("memory capacity", "memory_bytes"), ("L2 capacity", "l2_bytes")):
                self.assertEqual(figures[figure]["value"], recorded[field])
                self.assertIn(f"models/traces/{folder}", figures[figure]["source"])

    def test_fit_in_place(self):
        """The device's own file is updated, however it is spelled; the recordings are not written over."""
        recorded = self.write("r.json", self.whole())
        models = self.folder / "m"
        shutil.copytree(SOURCE / "models", models, ignore=shutil.ignore_patterns("traces"))
        file = models / "gpus" / "h100.json"
        earlier = file.read_bytes()
        after = self.run_json("gpu", "fit", "h100", recorded, "--write", "new.json")["after"]
        for device, written in (("h100", file), (file, file), (file, "m/gpus/../gpus/h100.json"), ("h100", "m/gpus/h100.json")):
            file.write_bytes(earlier)
            self.assertEqual(self.run_json("gpu", "fit", device, recorded, "--models", models, "--write", written)["after"], after)
            self.assertEqual(file.read_bytes(), (self.folder / "new.json").read_bytes())
        self.refuse("gpu", "fit", "h100", recorded, "--write", "r.json", names=["--write r.json", "recordings"])
        self.refuse("gpu", "fit", "h100", recorded, "--models", models, "-o", file, names=["--output", "device"])

    def test_fit_to_the_recordings_that_come_along(self):
        for device, folder, count in (("h100", "h100-sxm", 8), ("h200", "h200", 10)):
            with self.subTest(device=device):
                self.fit_to(device, folder, count)

    def fit_to(self, device, folder, count):
        files = sorted((SOURCE / "models/traces" / folder).glob("*.json"))
        self.assertEqual(len(files), count)
        value = self.run_json("gpu", "fit", device, *files, "--write", "fitted.json")
        everything = value["after"][-1]
        self.assertEqual((everything["kind"], everything["works"]), ("all", value["works"] - value["fitted"]))
        self.assertEqual(sum(e["works"] for e in value["after"][:-1]), everything["works"])
        self.assertAlmostEqual(value["fitted"] / value["works"], 0.5, delta=0.01)
        # The project's bound for work that nothing was fitted to.
        self.assertLess(everything["median"], 0.15)
        self.assertLess(value["energy_after"][-1]["median"], 0.15)
        self.assertEqual(self.run_json("gpu", "fit", device, *files)["after"], value["after"])
        # A table of times, then one of joules, each with a row a kind.
        text = self.run_program("gpu", "fit", device, *files).stdout
        for table, errors in enumerate((value["after"], value["energy_after"])):
            for error in errors:
                rows = [line for line in text.splitlines() if line.startswith(error["kind"] + " ")]
                self.assertEqual(len(rows), 2, text)
                self.assertIn(f"{100 * error['median']:.1f} %", rows[table])
                self.assertTrue(rows[table].endswith(f"{100 * error['percentile_90']:.1f} %"), rows[table])
        # What is written is a device file like any other, and its fitted figures say to what they were fitted.
        figures = self.run_json("gpu", "show", "fitted.json")["figures"]
        for name, figure in value["figures"].items():
            self.assertEqual(figures[name]["value"], figure["fitted"])
        self.assertEqual(self.run_json("gpu", "show", "fitted.json")["timing"], {"h100": "calls", "h200": "graph replays"}[device])
        self.assertIn("pieces of work of decoder.json", figures["efficiency, dense"]["source"])
        self.assertIn("joules of", figures["energy of a DRAM byte"]["source"])
        self.assertEqual(self.run_json("gpu", "fit", "fitted.json", *files)["before"], value["after"])
        targets = self.run_json("compare", self.network(), "--recipe", "dense", "--target", "gpu-model:fitted.json")["targets"]
        self.assertGreater(targets[0]["seconds"], 0)

    def test_the_schema_takes_what_the_reader_takes(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("python3-jsonschema is missing")
        schema = json.loads((SOURCE / "models/schemas/gpu-recording.schema.json").read_text())
        refused = {"refused": [{"work": {"kind": "attention", "gradient": False, "sequences": 1, "heads": [2, 1], "positions": [8, 8],
                                         "head_size": [8, 8], "causal": True, "window": 0}, "reason": "cuDNN: too old"}]}
        for value in (self.whole(), self.whole() | refused):
            jsonschema.validate(value, schema)
            path = self.write("r.json", value)
            self.run_json("run", self.network_two(), "--target", f"gpu:{path}")
        refused["refused"][0]["reason"] = ""
        with self.assertRaises(jsonschema.ValidationError):
            jsonschema.validate(self.whole() | refused, schema)


if __name__ == "__main__":
    unittest.main()
