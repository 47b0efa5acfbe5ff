"""--target cpu: measured here, recorded, and compared again from the recording."""
import ctypes
import unittest

from support import SMALL_HARDWARE, ProgramTest


def has_openblas():
    try:
        ctypes.CDLL("libopenblas.so.0")
        return True
    except OSError:
        return False


NETWORK = {"name": "n", "source": "s", "batch": 2, "input": {"channels": 8, "height": 8, "width": 8},
           "layers": [{"name": "a", "kind": "conv", "out": 16, "kernel": 3, "pad": 1}, {"name": "r", "kind": "relu"},
                      {"name": "b", "kind": "conv", "out": 16, "kernel": 3, "stride": 2, "pad": 1}, {"name": "p", "kind": "globalpool"},
                      {"name": "c", "kind": "linear", "out": 10}, {"name": "l", "kind": "loss"}]}


class Cpu(ProgramTest):
    def compare(self, *arguments, **options):
        return self.run_json("compare", self.write("n.json", NETWORK), "--recipe", "bdwp-2:8", "--hardware", SMALL_HARDWARE, *arguments, **options)

    @unittest.skipUnless(has_openblas(), "OpenBLAS (libopenblas0-pthread) is missing")
    def test_what_is_measured_comes_back_from_its_recording(self):
        recording = self.folder / "cpu.json"
        measured = self.compare("--target", "sat,cpu", "--record", recording, "--energy-window", "0")
        sat, cpu = measured["targets"]
        self.assertEqual((sat["name"], cpu["name"], cpu["provenance"]), ("sat", "cpu", "measured"))
        self.assertGreater(cpu["seconds"], 0)
        self.assertFalse(cpu["energy_known"])
        self.assertTrue(sat["energy_known"])
        self.assertEqual(len(cpu["layers"]), len(sat["layers"]))
        self.assertTrue(all(layer["macs_issued"] == layer["macs_dense"] for layer in cpu["layers"]))
        again = self.compare("--target", f"cpu:{recording}")["targets"][0]
        self.assertEqual(again["provenance"], "recorded")
        self.assertAlmostEqual(again["seconds"], cpu["seconds"], delta=1e-9 * cpu["seconds"])
        table = self.run_program("compare", self.write("n.json", NETWORK), "--recipe", "bdwp-2:8", "--hardware", SMALL_HARDWARE, "--target", f"cpu:{recording}").stdout
        self.assertRegex(table, r"vector +[\d.]+ \w+ +[\d.]+ % +-\n")

    def test_record_needs_one_that_is_measured(self):
        done = self.run_program("compare", self.write("n.json", NETWORK), "--target", "sat", "--record", "x.json", code=2)
        self.assertIn("--record: keeps what is measured, expected --target gpu or cpu beside it", done.stderr)


if __name__ == "__main__":
    unittest.main()
