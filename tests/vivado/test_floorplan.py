"""floorplan.tcl against the instances that the RTL has, as Yosys elaborates a small array."""
import json
import re
import unittest

from support import SMALL, SOURCE, VivadoTest, calls_of, generate_kernel, needs_tclsh, needs_yosys, run

CONTAINERS = {"top", "top/core", "top/core/array"}  # their own registers are the placer's
ORDER = ["SLR2", "SLR1", "SLR0"]  # from north to south


def instances(design, module, path=""):
    """Paths of all instances below a module, written as Vivado writes them."""
    for name, cell in design[module]["cells"].items():
        kind = cell["type"]
        if kind in design:
            here = f"{path}{name}"
            yield here
            yield from instances(design, kind, f"{here}/")


@needs_tclsh
@needs_yosys
class Floorplan(VivadoTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        small = cls.out / "small"
        generate_kernel(small, SMALL, 2)
        plan = (small / "kernel.tcl").read_text() + (SOURCE / "rtl" / "synth" / "vivado" / "floorplan.tcl").read_text()
        cls.script = small / "floorplan.tcl"
        cls.script.write_text(plan)
        netlist = small / "design.json"
        run("yosys", "-q", "-p", f"read_verilog -sv {cls.out}/sat_isa.sv {SOURCE}/rtl/*.sv; read_verilog {small}/sat_kernel.v; "
            f"hierarchy -check -top sat_kernel; delete p:*; write_json {netlist}")
        cls.cells = list(instances(json.loads(netlist.read_text())["modules"], "sat_kernel"))

    def region_of(self):
        calls, text = self.record(self.script, cells=self.cells)
        self.assertNotIn("warning", text)
        region = {}
        for pblock, *cells in calls_of(calls, "add_cells_to_pblock"):
            for cell in cells:
                self.assertFalse(cell in region, f"{cell} in two regions")
                region[cell] = pblock.removeprefix("sat_")
        created = [name for (name,) in calls_of(calls, "create_pblock")]
        self.assertEqual(sorted(created), sorted(f"sat_{name}" for name in ORDER))
        return region

    def test_every_block_lies_in_one_region(self):
        region = self.region_of()
        self.assertEqual(set(region) - set(self.cells), set())
        for cell in self.cells:
            above = [cell[:m.start()] for m in re.finditer("/", cell)] + [cell]
            placed = [path for path in above if path in region]
            self.assertEqual(len(placed), 0 if cell in CONTAINERS else 1, cell)

    def test_rows_stay_whole_and_in_order(self):
        region = self.region_of()
        rows = {}
        for cell, where in region.items():
            found = re.match(r"top/core/array/gen_(?:row|west)\[(\d+)\]", cell)
            if found:
                rows.setdefault(int(found.group(1)), set()).add(where)
        self.assertEqual(sorted(rows), [0, 1, 2, 3])
        for where in rows.values():
            self.assertEqual(len(where), 1)
        sequence = [ORDER.index(next(iter(rows[row]))) for row in sorted(rows)]
        self.assertEqual(sequence, sorted(sequence))
        self.assertEqual(region["top/core/array/values"], ORDER[sequence[0]])
        self.assertEqual(region["top/core/array/gen_result[0].column"], ORDER[sequence[-1]])

    def test_it_is_the_split_that_synthesis_counts(self):
        """docs/synthesis.md, "Regions under a shell": region | first..last row | groups."""
        text = (SOURCE / "docs" / "synthesis.md").read_text()
        table = re.findall(r"^\| (SLR\d) \| (\d+)\.\.(\d+) \| ([a-z, ]*) \|", text, re.M)
        self.assertEqual(sorted(name for name, *_ in table), sorted(ORDER))
        share = dict(re.findall(r"^set share\((SLR\d)\) (\S+)$", self.script.read_text(), re.M))
        rows = 1 + max(int(last) for _, _, last, _ in table)
        ends = [round(float(share["SLR2"]) * rows)]
        ends.append(ends[0] + round(float(share["SLR1"]) * rows))
        counted = {name: (int(first), int(last) + 1) for name, first, last, _ in table}
        self.assertEqual(counted, {"SLR2": (0, ends[0]), "SLR1": (ends[0], ends[1]), "SLR0": (ends[1], rows)})
        region = self.region_of()
        members = {"control": "loader", "north": "array/values", "results": "array/gen_result[0].column",
                   "sequencers": "gen_sequencer[0].control", "vector": "vector_engine"}
        for name, _, _, groups in table:
            for group in filter(None, groups.split(", ")):
                self.assertEqual(region[f"top/core/{members.pop(group)}"], name, group)
        self.assertFalse(members)

    def test_a_block_that_the_rtl_does_not_have_is_named(self):
        cells = [cell for cell in self.cells if cell != "top/core/loader"]
        _, text = self.record(self.script, cells=cells)
        self.assertIn("no cell core/loader", text)


if __name__ == "__main__":
    unittest.main()
