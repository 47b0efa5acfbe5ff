"""satsim models import: as a command, and against torch's own counts where Debian's python3-torchvision is installed."""
import json
import os
import subprocess
import unittest

from support import SMALL_HARDWARE, SOURCE, ProgramTest

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
                "swin_t"):
    setattr(Torchvision, f"test_{network}", torchvision_test(network))

if __name__ == "__main__":
    unittest.main()
