"""satsim models import: as a command, and against torch's own counts where Debian's python3-torchvision is installed."""
import json
import os
import subprocess
import unittest

from support import PROGRAM, SMALL_HARDWARE, SOURCE, ProgramTest

MODELS = SOURCE / "tests" / "unit" / "onnx" / "models"
HAS_ONNX = os.environ.get("SATSIM_HAS_ONNX") == "1"
TORCH_PYTHON = "/usr/bin/python3"  # Debian's own, which sees Debian's packages


def has_torchvision():
    probe = [TORCH_PYTHON, "-c", "import torchvision, onnx"]
    return os.path.exists(TORCH_PYTHON) and subprocess.run(probe, capture_output=True).returncode == 0


HAS_TORCHVISION = has_torchvision()


@unittest.skipIf(HAS_ONNX, "built with ONNX")
class WithoutOnnx(ProgramTest):
    def test_packages_are_named(self):
        done = self.run_program("models", "import", MODELS / "cnn.onnx", code=2)
        self.assertIn("libonnx-dev", done.stderr)


@unittest.skipUnless(HAS_ONNX, "built without ONNX")
class Import(ProgramTest):
    def test_imported_networks_are_compared(self):
        for model in ("cnn", "squeeze_excite", "transformer"):
            counts = json.loads(self.run_program("models", "import", MODELS / f"{model}.onnx", "-o", "net.json", "--json").stdout)
            shown = self.run_json("models", "show", "net.json")
            self.assertEqual(shown["parameters"], counts["parameters"])
            result = self.run_json("compare", "net.json", "--recipe", "bdwp-2:8", "--baseline", "dense", "--hardware", SMALL_HARDWARE,
                                   "--fidelity", "fast")
            self.assertGreater(result["speedup"], 0)

    def test_bad_files_leave_the_earlier_result(self):
        (self.folder / "net.json").write_text("earlier")
        whole = (MODELS / "cnn.onnx").read_bytes()
        for name, content in (("cut.onnx", whole[:1000]), ("empty.onnx", b""), ("noise.onnx", bytes(range(256)) * 9)):
            path = self.write(name, content)
            done = self.run_program("models", "import", path, "-o", "net.json", code=2)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertIn(name, done.stderr)
            self.assertEqual((self.folder / "net.json").read_text(), "earlier")
        done = self.run_program("models", "import", MODELS / "unknown.onnx", "-o", "net.json", code=2)
        self.assertIn("odd_one (NonZero)", done.stderr)


@unittest.skipUnless(HAS_ONNX, "built without ONNX")
class Weights(ProgramTest):
    def imported(self, *arguments, code=0):
        return self.run_program("models", "import", MODELS / "trained.onnx", "-o", "net.json", "--data", "net.safetensors", *arguments, code=code)

    def test_import_and_weights_say_the_same(self):
        table = self.imported().stdout
        report = json.loads(self.imported("--json").stdout)["weights"]
        self.assertEqual(self.run_json("models", "weights", "net.json", "net.safetensors"), report)
        self.assertTrue(table.endswith(self.run_program("models", "weights", "net.json", "net.safetensors").stdout))
        self.assertEqual(report["bytes"], (self.folder / "net.safetensors").stat().st_size)
        self.assertEqual([layer["layer"] for layer in report["layers"]], ["conv1", "conv2", "fc"])
        conv1, conv2, fc = report["layers"]
        self.assertEqual((conv1["shape"], conv2["shape"], fc["shape"]), ([9, 3, 8], [9, 8, 8], [1, 32, 10]))
        self.assertEqual({kept["dense_reason"] for kept in conv1["kept"]}, {"reduction dimension 3 below M", "no such product"})
        shares = {(kept["nm"], kept["stage"]): kept["share"] for kept in conv2["kept"]}
        for stage in ("FF", "BP"):  # every pattern keeps more than its part of the numbers, and a subset keeps less
            self.assertTrue(1 > shares["2:4", stage] > shares["2:8", stage] > shares["1:8", stage] > 1 / 8, shares)
        self.assertTrue(0.2 < conv2["zeros"] < 0.3)
        self.assertIn("conv2,9 x 8 x 8,", self.run_program("models", "weights", "net.json", "net.safetensors", "--csv").stdout)

    def test_nothing_is_written_over(self):
        for arguments in (("--data", "net.json"), ("--data", "./net.json"), ("--data", MODELS / "trained.onnx"), ("--data", "missing/net.safetensors")):
            done = self.run_program("models", "import", MODELS / "trained.onnx", "-o", "net.json", *arguments, code=2)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertEqual(list(self.folder.iterdir()), [])

    def test_bad_files_are_refused(self):
        self.imported()
        whole = (self.folder / "net.safetensors").read_bytes()
        length = 8 + int.from_bytes(whole[:8], "little")
        bad = {"cut": whole[:-1], "longer": whole + b"x", "header": whole[: length - 1], "short": whole[:7], "empty": b"",
               "huge": b"\xff" * 8 + whole[8:], "noise": bytes(range(256)) * 9,
               "overlap": whole.replace(b'"data_offsets":[', b'"data_offsets":[1', 1), "type": whole.replace(b'"F32"', b'"I32"', 1),
               "name": whole.replace(b'"conv1.bias"', b'"conv9.bias"', 1)}
        for name, content in bad.items():
            self.assertNotEqual(content, whole)
            done = self.run_program("models", "weights", "net.json", self.write(f"{name}.safetensors", content), code=2)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertIn(f"{name}.safetensors", done.stderr)
        self.run_program("models", "weights", "resnet18", "net.safetensors", code=2)

    @unittest.skipUnless(HAS_TORCHVISION, "python3-torchvision or python3-onnx is missing")
    def test_weights_are_the_frameworks(self):
        script = SOURCE / "tests" / "cli" / "torchvision_weights.py"
        done = subprocess.run([TORCH_PYTHON, script, PROGRAM, self.folder], capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        self.assertEqual(len(done.stdout.splitlines()), 3, done.stdout)


def torchvision_test(name):
    @unittest.skipUnless(HAS_ONNX, "built without ONNX")
    @unittest.skipUnless(HAS_TORCHVISION, f"{name}: python3-torchvision or python3-onnx is missing")
    def test(self):
        exporter = SOURCE / "tests" / "cli" / "torchvision_export.py"
        done = subprocess.run([TORCH_PYTHON, exporter, name, "net.onnx"], capture_output=True, text=True, cwd=self.folder, timeout=900)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        expected = json.loads(done.stdout.splitlines()[-1])
        counts = json.loads(self.run_program("models", "import", "net.onnx", "-o", "net.json", "--json").stdout)
        self.assertEqual(counts["parameters"], expected["parameters"])
        self.assertEqual(counts["forward_macs_per_sample"], expected["macs"])

    return test


class Torchvision(ProgramTest):
    """Parameters and multiply-accumulates equal the framework's."""


for network in ("resnet18", "resnet50", "resnext50_32x4d", "vgg11_bn", "alexnet", "squeezenet1_1", "densenet121", "googlenet", "mobilenet_v2",
                "mobilenet_v3_small", "mnasnet1_0", "efficientnet_b0", "shufflenet_v2_x1_0", "regnet_y_400mf", "convnext_tiny", "vit_b_16",
                "swin_t", "maxvit_t", "fcn_resnet50", "deeplabv3_mobilenet_v3_large", "lraspp_mobilenet_v3_large"):
    setattr(Torchvision, f"test_{network}", torchvision_test(network))

# Where satsim counts otherwise, and why: docs/formats/onnx.md, "What counts as trained".
UNTRAINED = {"beit": 32, "blur": 144, "swin": 1024, "swinv2": 1024}  # values that are no parameters of the framework but weights in the file
COMPUTED_ONCE = {"convit": 3072, "swinv2": 3920}  # MACs of what the graph computes from trained tensors alone
BEHIND_WEIGHTS = {"nfnet": 96}  # trained values that weights are computed with


@unittest.skipUnless(HAS_ONNX, "built without ONNX")
@unittest.skipUnless(HAS_TORCHVISION, "structures of timm: python3-torchvision or python3-onnx is missing")
class Timm(ProgramTest):
    """Structures of timm's models at the oldest and the newest opset that torch exports them to."""

    def imported(self, opset):
        done = subprocess.run([TORCH_PYTHON, SOURCE / "tests" / "cli" / "timm_structures.py", self.folder, str(opset)], capture_output=True, text=True, timeout=900)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        structures = [json.loads(line) for line in done.stdout.splitlines()]
        names = [structure["name"] for structure in structures]
        self.assertEqual((len(names), len(set(names))), (36, 36))
        self.assertLessEqual({*UNTRAINED, *COMPUTED_ONCE, *BEHIND_WEIGHTS}, set(names))
        for expected in structures:
            name = expected["name"]
            with self.subTest(name, opset=opset):
                counts = json.loads(self.run_program("models", "import", f"{name}.onnx", "-o", f"{name}.json", "--json").stdout)
                self.assertEqual(counts["parameters"], expected["parameters"] + UNTRAINED.get(name, 0) - BEHIND_WEIGHTS.get(name, 0))
                self.assertLessEqual(UNTRAINED.get(name, 0), expected["buffers"])
                self.assertEqual(counts["forward_macs_per_sample"], expected["macs"] - COMPUTED_ONCE.get(name, 0))

    def test_opset_17(self):
        self.imported(17)

    def test_opset_12(self):
        self.imported(12)


if __name__ == "__main__":
    unittest.main()
