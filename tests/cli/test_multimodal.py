"""Compositions from outside: parameter sets, module tree, samples, stages (docs/formats/network.md, samples.md, recipe.md)."""
import json
import unittest

from support import SMALL_HARDWARE, SMALL_NETWORK, SOURCE, ProgramTest

TINY = ["armor-tiny"]
FAST = ["--hardware", SMALL_HARDWARE, "--fidelity", "fast"]


class Models(ProgramTest):
    def test_a_parameter_set_is_found_by_its_name(self):
        by_name = self.run_json("models", "show", "llama-60m")
        by_file = self.run_json("models", "show", "decoder:llama-60m")
        self.assertEqual(by_name, by_file)
        self.assertEqual(by_name["parameters"], 58_073_600)
        more = self.run_json("models", "show", "llama-60m", "--set", "layers=9")
        self.assertGreater(more["parameters"], by_name["parameters"])

    def test_list_names_files_and_sets(self):
        names = [row["name"] for row in self.run_json("models", "list")]
        for name in ("armor-8b", "armor-tiny", "livecc", "mio", "videochat-online", "open-qwen2vl", "megatron-1t", "resnet50"):
            self.assertIn(name, names)

    def test_list_names_every_input(self):
        inputs = {row["name"]: {i["name"]: (i["items"], i["shape"]) for i in row["inputs"]} for row in self.run_json("models", "list")}
        self.assertEqual(inputs["resnet50"], {"input": (1, [3, 224, 224])})
        self.assertEqual(inputs["livecc"], {"frames": (120, [6, 280, 280]), "text": (1, [1, 1, 16096])})
        self.assertEqual(set(inputs["armor-8b"]), {"tiles", "text", "codes", "drawn_codes"})
        self.assertEqual(inputs["armor-tiny"]["tiles"], (4, [3, 56, 56]))
        lines = {line.split()[0]: line for line in self.run_program("models", "list").stdout.splitlines() if line.strip()}
        self.assertIn(" 4 inputs ", lines["armor-8b"])
        self.assertIn(" 3x224x224 ", lines["resnet50"])

    def test_list_counts_the_sample_as_show_does(self):
        listed = {row["name"]: row["forward_macs_per_sample"] for row in self.run_json("models", "list")}
        for name in ("armor-8b", "armor-tiny", "resnet18", "llama-60m"):
            self.assertEqual(listed[name], self.run_json("models", "show", name)["forward_macs_per_sample"], name)

    def test_tree_adds_up_and_says_what_stages_train(self):
        tree = self.run_json("models", "show", *TINY, "--tree")
        self.assertEqual(tree["parameters"], self.run_json("models", "show", *TINY)["parameters"])
        self.assertEqual(tree["parameters"], sum(c["parameters"] for c in tree["children"]))
        self.assertEqual(tree["macs_per_sample"], sum(c["macs_per_sample"] for c in tree["children"]))
        self.assertAlmostEqual(tree["macs_per_token"] * tree["tokens"], tree["macs_per_sample"], delta=1)
        uses = {c["name"]: {stage: u["use"] for stage, u in c["stages"].items()} for c in tree["children"]}
        self.assertEqual(uses["text_head"], {"wohg-1": "train", "wohg-2": "-", "wohg-3": "train", "full": "train"})
        self.assertEqual(uses["visual_head"]["wohg-2"], "train")
        self.assertEqual(uses["vision_tower"]["wohg-3"], "FF")
        self.assertTrue(tree["assumptions"]["wohg-1"])
        text = self.run_program("models", "show", *TINY, "--tree", "--depth", 1).stdout
        self.assertIn("assumed:", text)
        self.assertNotIn("block", text)
        other = self.run_json("models", "show", *TINY, "--tree", "--stages", "dense,wohg-2")
        self.assertEqual(set(other["stages"]), {"dense", "wohg-2"})

    def test_schemas_fit_the_files_that_come_along(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("python3-jsonschema is missing")
        models = SOURCE / "models"
        read = lambda path: json.loads(path.read_text())
        network = read(models / "schemas/network.schema.json")
        module = {"$ref": "#/definitions/module", "definitions": network["definitions"]}
        kinds = [("networks", network), ("modules", module), ("recipes", read(models / "schemas/recipe.schema.json")),
                 ("parameters", read(models / "schemas/parameter-sets.schema.json")), ("corpora", read(models / "schemas/corpus.schema.json"))]
        for folder, schema in kinds:
            files = sorted((models / folder).glob("*.json"))
            self.assertTrue(files, folder)
            for file in files:
                jsonschema.validate(read(file), schema)


class Steps(ProgramTest):
    def test_compare_joins_stage_and_pattern(self):
        sample = self.write("s.jsonl", '{"segments": [{"text": 40}, {"image": 2}, {"generate": 1}]}')
        value = self.run_json("compare", *TINY, "--sample", sample, "--recipe", "wohg-3+bdwp-2:8", "--baseline", "wohg-3+dense", *FAST)
        dense, sparse = value["results"]
        self.assertIn("1 documents in 66 of 128 positions", sparse["sample"])
        self.assertTrue(sparse["assumptions"])
        self.assertLess(sparse["gemm_cycles"], dense["gemm_cycles"])
        frozen = [row for row in sparse["layers"] if row["name"].startswith("decoder")]
        self.assertEqual({row["stage"] for row in frozen}, {"FF", "BP"})
        self.assertTrue(any(row["nm"] == "2:8" for row in frozen))
        self.assertTrue(any(row["times"] == 2 for row in frozen))
        for result in value["results"]:
            tasks = result["layers"] + result["other_tasks"]
            self.assertAlmostEqual(sum(t["energy_j"] for t in tasks), result["energy_j"], delta=1e-6 * result["energy_j"])
            self.assertEqual(sum(t["dram_bytes"] for t in tasks), result["dram_bytes"])

    def test_modules_and_heads_have_rows(self):
        recipes = ["--recipe", "wohg-3+bdwp-2:8", "--baseline", "wohg-3+dense"]
        value = self.run_json("compare", *TINY, *recipes, *FAST)
        for result in value["results"]:
            names = [module["name"] for module in result["modules"]]
            self.assertLessEqual({"vision_tower", "embedding", "code_embedding", "text_head", "visual_head", "armor-tiny"}, set(names))
            self.assertAlmostEqual(sum(m["seconds"] for m in result["modules"]), result["seconds"])
            self.assertAlmostEqual(sum(m["energy_j"] for m in result["modules"]), result["energy_j"])
        self.assertEqual(self.run_json("run", *TINY, "--recipe", "wohg-3+dense", *FAST)["modules"], value["results"][0]["modules"])
        # Beside other targets, SAT's results are the same.
        beside = self.run_json("compare", *TINY, *recipes, "--target", "sat,gpu-model:h100", *FAST)
        self.assertEqual([r["modules"] for r in beside["results"]], [r["modules"] for r in value["results"]])
        self.assertEqual(beside["targets"][0]["modules"], value["results"][1]["modules"])
        plain = self.write("plain.json", SMALL_NETWORK)
        self.assertFalse("modules" in self.run_json("run", plain, *FAST))
        for more in ([], ["--target", "sat"]):
            for result in self.run_json("compare", plain, *more, *FAST)["results"]:
                self.assertNotIn("modules", result)
        sample = self.write("s.jsonl", '{"segments": [{"text": 40}, {"image": 2}, {"generate": 1}]}')
        for more in ([], ["--target", "sat,gpu-model:h100"]):
            more = [*more, "--sample", sample]
            text = self.run_program("compare", *TINY, *recipes, *more, *FAST).stdout
            self.assertRegex(text, r"\nmodule .*\n-+\nvision_tower ")
            self.assertRegex(text, r"\ntext_head .*ms")
            self.assertRegex(text, "sample: .*1 documents in 66 of 128 positions")
            self.assertIn("wohg-3+bdwp-2:8: assumed: ", text)

    def test_counted_layers_cost_what_written_out_ones_do(self):
        layers = [{"name": "a", "kind": "linear", "out": 32}, {"name": "b", "kind": "gelu"}, {"name": "c", "kind": "add", "with": "input"}]
        base = {"name": "n", "source": "s", "batch": 2, "input": {"channels": 32, "height": 1, "width": 16}}
        ends = [{"name": "first", "kind": "linear", "out": 32}], [{"name": "loss", "kind": "loss"}]
        counted = base | {"modules": {"m": {"layers": layers}}, "layers": [*ends[0], {"module": "m", "name": "m", "repeat": 6}, *ends[1]]}
        written = base | {"blocks": {"m": layers}, "layers": [*ends[0], {"block": "m", "name": "m", "repeat": 6}, *ends[1]]}
        one, two = (self.run_json("run", self.write(f"{i}.json", d), "--recipe", "bdwp-2:8", "--hardware", SMALL_HARDWARE)
                    for i, d in enumerate((counted, written)))
        self.assertLess(len(one["layers"]), len(two["layers"]))
        self.assertEqual(one["gemm_cycles"], two["gemm_cycles"])
        self.assertEqual(one["dram_bytes"], two["dram_bytes"])
        self.assertAlmostEqual(one["seconds"], two["seconds"], delta=1e-12)
        self.assertAlmostEqual(one["energy_j"], two["energy_j"], delta=1e-9 * two["energy_j"])

    def test_samples_from_files_and_profiles(self):
        sample = self.write("s.jsonl", '{"segments": [{"text": 20}, {"image": 1}]}\n{"segments": [{"generate": 1}]}\n')
        value = self.run_json("models", "show", *TINY, "--tree", "--sample", sample)
        self.assertIn("2 documents in 42 of 128 positions, 1 tiles looked at, 1 images generated", value["sample"])
        self.assertIn("omnicorpus, seed 1", self.run_json("models", "show", "armor-8b", "--tree")["sample"])
        one, two = (self.run_json("models", "show", "armor-8b", "--tree", "--sample", f"obelics:{seed}") for seed in (1, 2))
        self.assertIn("obelics, seed 2", two["sample"])
        self.assertNotEqual(one["macs_per_sample"], two["macs_per_sample"])
        self.assertEqual(one["parameters"], two["parameters"])

    def test_what_does_not_fit_is_refused_with_what_would(self):
        done = self.run_program("run", "armor-8b", "--recipe", "full", "--fidelity", "fast", code=2)
        self.assertRegex(done.stderr, r"needs [\d.]+ GiB .*optimizer state [\d.]+.*expected .* or at least \d+ such machines")


class BadInput(ProgramTest):
    def refuse(self, *arguments, names):
        done = self.run_program(*arguments, code=2)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        for name in names:
            self.assertIn(name, done.stderr)

    def test_wrong_input_is_refused_in_one_line(self):
        self.refuse("models", "show", "decoder:nothing", names=["nothing", "llama-60m"])
        self.refuse("models", "show", *TINY, "--set", "depth=3", names=["depth"])
        self.refuse("models", "show", *TINY, "--set", "layers", names=["--set layers"])
        self.refuse("models", "show", *TINY, "--sample", "nowhere", names=["--sample nowhere"])
        self.refuse("models", "show", *TINY, "--sample", "omnicorpus:x", names=["--sample omnicorpus:x"])
        self.refuse("models", "show", "resnet18", "--sample", "omnicorpus", names=["no context"])
        # Frames and latents lie among the text, and no sample says how many.
        for network, of in (("livecc", "merger"), ("videochat-online", "near"), ("bagel", "latent_in")):
            self.refuse("models", "show", network, "--sample", "obelics:1", names=["--sample obelics:1: does not describe", of, network])
        broken = self.write("broken.jsonl", '{"segments": [{"text": 10}]}\n{x\n')
        self.refuse("run", *TINY, "--sample", broken, names=["broken.jsonl: line 2: malformed JSON at column 2, expected"])
        self.refuse("run", *TINY, "--recipe", "wohg-4", names=["recipe wohg-4", "bdwp-N:M, full, recompute", "wohg-1, wohg-2, wohg-3"])
        long = self.write("long.jsonl", '{"segments": [{"text": 100}]}\n{"segments": [{"text": 100}]}\n')
        self.refuse("run", *TINY, "--sample", long, names=["long.jsonl: line 2: /segments/0", "context of 128"])
        self.refuse("run", *TINY, "--recipe", "wohg-1+wohg-2", names=["wohg-1+wohg-2", "losses"])
        self.refuse("run", "resnet18", "--recipe", "wohg-1", names=["wohg-1", "text_head", "resnet18"])

    def test_a_step_without_work_is_refused(self):
        """Of weights of losses and of samples; every command that makes a step, and mixes of machines."""
        text = ["--sample", self.write("text.jsonl", '{"segments": [{"text": 60}]}')]
        off = self.write("off.json", {"name": "off", "method": "dense", "source": "s", "losses": {"loss": 0}})
        of_sample = ["network armor-tiny: has no work in a step of wohg-2", "no positions lead to image_loss", "0 images generated"]
        of_losses = ["recipe off: /losses: leaves a step of resnet9 without work", "loss has weight 0"]
        stage = ["--recipe", "wohg-2+bdwp-2:8", "--baseline", "wohg-2+dense"]
        for names, compared, alone in ((of_sample, [*TINY, *text, *stage], [*TINY, *text, "--recipe", "wohg-2"]),
                                       (of_losses, ["resnet9", "--recipe", off, "--baseline", off], ["resnet9", "--recipe", off])):
            self.refuse("compare", *compared, *FAST, names=names)
            for targets in ("sat,gpu-model:h100", "sat,gpu-model:h100,hetero", "gpu-model:h100@2", "sat@fit,gpu-model:h100@fit"):
                self.refuse("compare", *compared, *FAST, "--target", targets, names=names)
            self.refuse("run", *alone, *FAST, names=names)
            self.refuse("trace", *alone, *FAST, "-o", "steps.json", names=names)
            self.refuse("schedule", *alone, "--hardware", SMALL_HARDWARE, names=names)
            self.refuse("train", *alone, "--hardware", SMALL_HARDWARE, names=names)

    def test_modules_that_are_not_there_or_contain_themselves(self):
        network = {"name": "n", "source": "s", "batch": 1, "input": {"channels": 4, "height": 1, "width": 4},
                   "modules": {"m": "m.json"}, "layers": [{"module": "m", "name": "x"}]}
        path = self.write("n.json", network)
        self.refuse("models", "show", path, names=["n.json: /modules/m", "m.json", "expected a file"])
        self.write("m.json", {"modules": {"k": "m.json"}, "layers": [{"module": "k", "name": "y"}]})
        self.refuse("models", "show", path, names=["m.json: /layers/0/module", "a cycle"])
        self.write("m.json", {"layers": [{"kind": "add", "with": "far"}]})
        self.refuse("models", "show", path, names=["m.json: /layers/0/with", "far"])


if __name__ == "__main__":
    unittest.main()
