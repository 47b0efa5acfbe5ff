"""satsim synth: JSON contract, the page that it writes, bad input (docs/synthesis.md). Skipped without Yosys."""
import json
import os
import re
import shutil
import unittest

from support import SOURCE, ProgramTest

PAGE = SOURCE / "docs" / "synthesis.md"
AREAS = SOURCE / "models" / "areas" / "xcvu9p.json"
FIELDS = {"name": str, "instances": int, "lut": int, "ff": int, "dsp": int, "bram36": (int, float), "uram": int,
          "logic_levels": int, "path_ns": float}
# Blocks of a second each whose figures the page must hold as they are now.
SMALL_BLOCKS = ["fp32_to_fp16", "fp16_to_fp32", "sore_ranker"]


@unittest.skipUnless(shutil.which("yosys"), "yosys is missing")
class Synthesis(ProgramTest):
    def synth(self, *arguments):
        return self.run_json("synth", "--hardware", "sat4-slice", *arguments)

    def test_json_of_one_block(self):
        value = self.synth("--only", "fp32_to_fp16")
        self.assertEqual(value["device"], "xcvu9p")
        self.assertTrue(value["blocks"])
        for block in value["blocks"]:
            for name, kind in FIELDS.items():
                self.assertIsInstance(block[name], kind, name)
            self.assertGreater(block["lut"], 0)
            self.assertGreater(block["instances"], 0)
            self.assertGreater(block["path_ns"], 0)
        for name in ("lut", "ff", "dsp", "bram36", "uram"):
            self.assertEqual(value["total"][name], sum(b["instances"] * b[name] for b in value["blocks"]), name)

    def test_a_second_run_takes_the_figures_from_the_cache(self):
        cache = str(self.folder / "cache")
        first = self.synth("--only", "fp32_to_fp16", "--cache", cache)
        files = {p.name: p.stat().st_mtime_ns for p in (self.folder / "cache").iterdir()}
        self.assertEqual(self.synth("--only", "fp32_to_fp16", "--cache", cache), first)
        self.assertEqual({p.name: p.stat().st_mtime_ns for p in (self.folder / "cache").iterdir()}, files)

    def test_the_rtls_refusal_is_one_line(self):
        done = self.run_program("synth", "--hardware", "sat4-slice", "--array", "4x12", "--only", "uspe", code=2)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1)
        self.assertIn("powers of two", done.stderr)

    def test_an_unknown_block_is_named_with_those_that_exist(self):
        done = self.run_program("synth", "--hardware", "sat4-slice", "--only", "adder", code=2)
        self.assertIn("--only adder: is none of the blocks, expected one of", done.stderr)
        self.assertIn("uspe", done.stderr)

    # The page is a product of the tool, and no older than the blocks tried here.
    @unittest.skipUnless(PAGE.exists(), "docs/synthesis.md is not written yet")
    def test_the_page_agrees_with_a_fresh_run(self):
        text = PAGE.read_text()
        hardware = re.search(r"satsim synth --hardware (\S+)", text).group(1)
        rows = {cells[1].strip(): cells for cells in (line.split("|") for line in text.splitlines() if line.startswith("|"))
                if len(cells) == 15}
        for module in SMALL_BLOCKS:
            for block in self.run_json("synth", "--hardware", hardware, "--only", module)["blocks"]:
                self.assertIn(block["name"], rows)
                cells = [cell.strip().replace(",", "") for cell in rows[block["name"]]]
                self.assertEqual([int(cells[2]), int(cells[3]), int(cells[4]), int(cells[5]), int(cells[8]), int(cells[9]), int(cells[11])],
                                 [block["instances"], block["lut"], block["ff"], block["dsp"], block["lut_pairs"], block["lut_wires"], block["logic_levels"]],
                                 f"{block['name']}: the page is stale, write it again as its head says")

    @unittest.skipUnless(PAGE.exists() and "| with wires |" in PAGE.read_text(), "docs/synthesis.md has no such column yet")
    def test_the_pages_regions_with_wires(self):
        text = PAGE.read_text()
        filled = {}
        for line in text.splitlines():
            if line.startswith("| SLR"):
                name, *_, fullest, with_wires = (cell.strip() for cell in line.split("|")[1:-1])
                filled[name] = float(with_wires.removesuffix(" %"))
                self.assertGreaterEqual(filled[name], float(fullest.removesuffix(" %")), name)
        self.assertEqual(len(filled), 3)
        name, share = re.search(r"With the wires into carry chains as LUTs the fullest is (\w+) \((\S+) %\)", text).groups()
        self.assertEqual(filled[name], float(share))
        self.assertEqual(filled[name], max(filled.values()))


def cells_of(line):
    return [cell.strip().replace(",", "") for cell in line.split("|")[1:-1]]


@unittest.skipUnless(PAGE.exists() and AREAS.exists(), "docs/synthesis.md or models/areas/xcvu9p.json is not written yet")
class Areas(unittest.TestCase):
    """models/areas/xcvu9p.json, which sweeps read, is of the same run as docs/synthesis.md (docs/formats/sweep.md says how both are made)."""

    def setUp(self):
        self.page = [cells_of(line) for line in PAGE.read_text().splitlines() if line.startswith("| ")]
        self.areas = json.loads(AREAS.read_text())

    def test_blocks(self):
        page = {cells[0]: cells[1:8] + [cells[8], cells[10], cells[11]] for cells in self.page if len(cells) == 13 and cells[0] != "block"
                and not cells[0].startswith(":")}
        areas = {b["name"]: [f"{b[field]:g}" if field == "bram36" else str(b[field]) for field in
                             ("instances", "lut", "ff", "dsp", "bram36", "uram", "lut_pairs", "lut_wires", "logic_levels")]
                 + [f"{b['path_ns']:.2f}"] for b in self.areas["blocks"]}
        self.assertEqual(areas, page)
        for name in ("lut", "ff", "dsp", "bram36", "uram"):
            self.assertEqual(self.areas["total"][name], sum(b["instances"] * b[name] for b in self.areas["blocks"]), name)

    def test_regions(self):
        page = {cells[0]: (int(cells[3]), cells[-2], cells[-1]) for cells in self.page if cells[0].startswith("SLR") and len(cells) == 11}
        self.assertEqual({r["name"]: (r["lut"], f"{100 * r['utilization']:.1f} %", f"{100 * r['utilization_with_wires']:.1f} %")
                          for r in self.areas["regions"]}, page)

    def test_arrays(self):
        page = {cells[0]: cells[2:7] for cells in self.page if re.fullmatch(r"\d+x\d+ M=\d+", cells[0])}
        areas = {entry["array"].replace(",", ""): [f"{entry['total'][name]:g}" if name == "bram36" else str(entry["total"][name])
                                                   for name in ("lut", "ff", "dsp", "bram36", "uram")] if "total" in entry else ["-"] * 5
                 for entry in self.areas["sweep"]}
        self.assertEqual(areas, page)


class BadInput(ProgramTest):
    def fails(self, *arguments, environment=None):
        saved = os.environ.copy()
        os.environ.update(environment or {})
        try:
            done = self.run_program("synth", *arguments, code=2)
        finally:
            os.environ.clear()
            os.environ.update(saved)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr

    def test_without_yosys(self):
        self.assertIn("yosys is not on the search path", self.fails(environment={"PATH": str(self.folder)}))

    def test_arguments(self):
        for array in ("32", "32x", "x32", "32x32x32", "0x4", "ax4", "4x9999"):
            self.assertIn("expected ROWSxCOLUMNS", self.fails("--array", array))
        self.assertIn("--m", self.fails("--m", "12"))
        self.assertIn("--jobs", self.fails("--jobs", "0"))
        self.assertIn("is no folder of the RTL", self.fails("--rtl", self.folder))
        self.assertIn("is no file and no name", self.fails("--device", "xcvu10p"))
        self.assertIn("excludes", self.fails("--only", "uspe", "--sweep"))

    def test_device_file(self):
        document = json.loads((SOURCE / "models" / "devices" / "xcvu9p.json").read_text())
        document["delays"]["lut"]["value"] = -1
        self.assertIn("/delays/lut/value: is -1", self.fails("--device", self.write("d.json", document)))


if __name__ == "__main__":
    unittest.main()
