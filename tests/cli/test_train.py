"""satsim train: steps on real numbers (docs/formats/train.md)."""
import json
import os
import shutil
import subprocess
import unittest

from support import PROGRAM, SMALL_HARDWARE, SOURCE, ProgramTest

SMALL = ["--hardware", SMALL_HARDWARE, "--recipe", "bdwp-2:8"]


class Train(ProgramTest):
    def losses(self, *arguments):
        return [step["loss"] for step in self.run_json("train", self.network(), *SMALL, *arguments)["steps"]]

    def test_the_loss_falls(self):
        result = self.run_json("train", self.network(), *SMALL, "--steps", 8, "--rate", 0.05)
        losses = [step["loss"] for step in result["steps"]]
        self.assertEqual([step["step"] for step in result["steps"]], list(range(1, 9)))
        self.assertLess(losses[-1], 0.7 * losses[0])
        self.assertEqual(result["steps"][0]["losses"], {"loss": losses[0]})
        self.assertGreater(result["tasks"]["sat-functional"], 0)
        self.assertGreater(result["tasks"]["cpu"], 0)

    def test_the_loss_falls_at_the_rate_that_is_not_given(self):
        result = self.run_json("train", "resnet9", "--recipe", "bdwp-2:8", "--batch", 2, "--steps", 3, "--engine", "cpu")
        self.assertAlmostEqual(result["learning_rate"], 0.001)
        losses = [step["loss"] for step in result["steps"]]
        self.assertEqual(losses, sorted(losses, reverse=True))
        self.assertLess(losses[-1], 0.5 * losses[0])
        given = self.run_json("train", "resnet9", "--recipe", "bdwp-2:8", "--batch", 2, "--steps", 3, "--engine", "cpu", "--rate", 0.001)
        self.assertEqual(given, result)

    def test_an_overflow_skips_the_update_and_halves_the_scale(self):
        recipe = self.write("recipe.json", {"name": "large", "method": "bdwp", "nm": "2:8", "loss_scale": 16777216})
        result = self.run_json("train", self.network(), "--hardware", SMALL_HARDWARE, "--recipe", recipe, "--steps", 12)
        steps = result["steps"]
        self.assertFalse(steps[0]["updated"])
        self.assertTrue(steps[-1]["updated"])
        for one, next_one in zip(steps, steps[1:]):
            self.assertEqual(next_one["loss_scale"], one["loss_scale"] / (1 if one["updated"] else 2))
            if not one["updated"]:
                self.assertEqual(next_one["loss"], one["loss"])
        self.assertLess(steps[-1]["loss"], steps[0]["loss"])
        text = self.run_program("train", self.network(), "--hardware", SMALL_HARDWARE, "--recipe", recipe, "--steps", 2).stdout
        self.assertIn("skipped: overflow", text)
        usual = self.run_json("train", self.network(), *SMALL, "--steps", 2)["steps"]
        self.assertEqual([(step["loss_scale"], step["updated"]) for step in usual], [(1024, True)] * 2)

    @staticmethod
    def placement(*places):
        return {"format": "satsim-placement", "version": 1, "places": list(places)}

    def test_both_models_of_sat_agree_in_every_bit_and_the_cpu_nearly(self):
        functional = self.losses("--steps", 3)
        self.assertEqual(functional, self.losses("--steps", 3))
        self.assertEqual(functional, self.losses("--steps", 3, "--engine", "sat-cycle"))
        for one, other in zip(functional, self.losses("--steps", 3, "--engine", "cpu")):
            self.assertAlmostEqual(one, other, delta=0.01 * one)
        self.assertNotEqual(functional, self.losses("--steps", 3, "--seed", 2))

    def test_pruned_gradients(self):
        def losses(*arguments):
            result = self.run_json("train", self.network(), "--hardware", SMALL_HARDWARE, "--recipe", "sdgp-2:8", "--steps", 8, "--rate", 0.05, *arguments)
            return [step["loss"] for step in result["steps"]]

        functional = losses()
        self.assertLess(functional[-1], 0.8 * functional[0])
        self.assertEqual(functional, losses("--engine", "sat-cycle"))

    def test_a_placement_moves_tasks(self):
        everywhere = self.run_json("train", self.network(), *SMALL, "--steps", 1)["tasks"]
        placed = self.write("placed.json", self.placement({"layer": "conv2", "target": "cpu"}))
        moved = self.run_json("train", self.network(), *SMALL, "--steps", 1, "--placement", placed)["tasks"]
        self.assertLess(moved["sat-functional"], everywhere["sat-functional"])
        self.assertEqual(sum(moved.values()), sum(everywhere.values()))
        cpu = self.run_json("train", self.network(), *SMALL, "--steps", 1, "--engine", "cpu", "--placement",
                            self.write("sat.json", self.placement({"layer": "conv2", "stage": "FF", "target": "sat"})))["tasks"]
        self.assertEqual(cpu["sat-functional"], 1)

    def test_what_compare_placed_trains(self):
        path = self.folder / "found.json"
        self.run_program("compare", self.network(), *SMALL, "--fidelity", "fast", "--target", "sat,hetero", "--save-placement", path)
        trained = self.run_json("train", self.network(), *SMALL, "--steps", 1, "--placement", path)
        self.assertGreater(trained["tasks"]["sat-functional"], 0)
        self.assertAlmostEqual(trained["steps"][0]["loss"], self.losses("--steps", 1)[0], delta=0.01)

    def test_several_losses_and_repeated_modules(self):
        small = ["tile=28", "tower_width=32", "tower_heads=2", "width=64", "heads=4", "ffn=96", "vocab=61", "codes=29", "code_side=2",
                 "vq_width=8", "vq_channels=8", "vq_groups=4", "tokens=40", "tiles=2"]
        result = self.run_json("train", "armor-tiny", "--recipe", "wohg-3+bdwp-2:8", "--steps", 4,
                               *(word for each in small for word in ("--set", each)))
        for step in result["steps"]:
            self.assertEqual(set(step["losses"]), {"text_loss", "image_loss"})
            self.assertAlmostEqual(step["loss"], sum(step["losses"].values()))
        self.assertLess(result["steps"][-1]["loss"], result["steps"][0]["loss"])

    def test_the_older_attention_and_experts(self):
        vit = self.run_json("train", "vit-cifar", "--recipe", "bdwp-2:8", "--batch", 1, "--steps", 2, "--rate", 0.01)
        losses = [step["loss"] for step in vit["steps"]]
        self.assertLess(losses[1], 0.5 * losses[0])
        self.assertGreater(vit["tasks"]["sat-functional"], 200)
        experts = ["layers=2", "tokens=24", "width=32", "heads=2", "kv_heads=2", "ffn=32", "vocab=16", "experts=4", "experts_used=2"]
        arguments = ["decoder", *SMALL, "--batch", 2, "--steps", 4, "--rate", 0.1, *(word for each in experts for word in ("--set", each))]
        functional = self.run_json("train", *arguments)["steps"]
        self.assertLess(functional[-1]["loss"], functional[0]["loss"])
        self.assertEqual(functional, self.run_json("train", *arguments, "--engine", "sat-cycle")["steps"])

    def test_a_gpu_takes_its_tasks(self):
        """On an emulated GPU: the program beside an emulated module, with an emulated driver (tests/unit/gpu_execute)."""
        gpu = os.environ.get("SATSIM_EMULATED_GPU", "")
        if not os.path.exists(os.path.join(gpu, "libsatsim_gpu.so")):
            self.skipTest("no emulated GPU built")
        machine = self.folder / "machine"
        machine.mkdir()
        shutil.copy(PROGRAM, machine / "satsim")
        shutil.copy(os.path.join(gpu, "libsatsim_gpu.so"), machine)
        os.symlink(SOURCE / "models", machine / "models")

        def train(*arguments):
            done = subprocess.run([machine / "satsim", "train", self.network(), *SMALL, *map(str, arguments), "--json"], cwd=self.folder,
                                  capture_output=True, text=True, timeout=300, env={**os.environ, "LD_LIBRARY_PATH": gpu})
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout)

        everything = train("--steps", 3, "--engine", "gpu")
        self.assertEqual(everything["tasks"]["sat-functional"], 0)
        self.assertGreater(everything["tasks"]["gpu"], 10)
        for step, loss in zip(everything["steps"], self.losses("--steps", 3)):
            self.assertAlmostEqual(step["loss"], loss, delta=0.01 * loss)
        places = ({"layer": "conv1", "target": "gpu"}, {"layer": "conv2", "target": "gpu-model:h100", "stage": "FF"})
        placed = train("--steps", 1, "--placement", self.write("gpu.json", self.placement(*places)))["tasks"]
        self.assertGreater(placed["gpu"], 3)
        self.assertGreater(placed["sat-functional"], 3)
        self.assertEqual(sum(placed.values()), sum(everything["tasks"].values()))

    def test_wrong_input_is_one_line(self):
        def refused(*arguments):
            error = self.run_program("train", *arguments, code=2).stderr
            self.assertEqual(error.count("\n"), 1, error)
            return error

        for place, names in (({"layer": "conv7", "target": "cpu"}, ["/places/0", "conv7"]), ({"layer": "conv1", "target": "fpga"}, ["/places/0/target", "fpga"]),
                             ({"layer": "conv1", "target": "gpux"}, ["/places/0/target", "gpux"])):
            message = refused(self.network(), *SMALL, "--placement", self.write("bad.json", self.placement(place)))
            for name in names:
                self.assertIn(name, message)
        if not os.path.exists("/dev/nvidia0"):  # one line that says what is missing
            for target in ("gpu", "gpu-model:h100"):
                placed = self.write("gpu.json", self.placement({"layer": "conv1", "target": target}))
                message = refused(self.network(), *SMALL, "--placement", placed)
                self.assertIn("gpu.json: /places/0/target: ", message)
                self.assertIn("expected a machine with a GPU", message)
            self.assertIn("--engine gpu: ", refused(self.network(), *SMALL, "--engine", "gpu"))
        for rate in ("nan", "-nan", "inf", "0", "-0.1", "1e39", "1e-60", "abc", "", "0.1x"):
            message = refused(self.network(), *SMALL, f"--rate={rate}")
            self.assertIn("--rate", message)
            self.assertLess(len(message), 200)
            if rate:
                self.assertIn(f"{rate} is no learning rate, expected a finite number above 0", message)
        for engine in ("sat", "sat-cycle"):
            message = refused(self.network(), "--hardware", SMALL_HARDWARE, "--recipe", "bdwp-2:16", "--engine", engine)
            self.assertIn("built for M = 16", message)
        self.run_program("train", self.network(), "--hardware", SMALL_HARDWARE, "--recipe", "bdwp-2:16", "--engine", "cpu", "--steps", 1)
        self.assertIn("GiB", refused("armor-8b", "--recipe", "full"))
        layers = [{"kind": "linear", "out": 4}, {"kind": "gelu"}]
        self.assertIn("no loss", refused(self.network(layers=layers), *SMALL))


if __name__ == "__main__":
    unittest.main()
