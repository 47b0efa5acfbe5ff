"""satsim sweep and satsim hardware: results, resuming after kill -9, workers, MPI, refusals (docs/formats/sweep.md)."""
import csv
import io
import json
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from support import PROGRAM, SMALL_HARDWARE, SMALL_NETWORK, SOURCE, ProgramTest

KILLS = int(os.environ.get("SATSIM_SWEEP_KILLS", "100"))
FIELDS = [
    {"set": ["/hardware/array/rows", "/hardware/array/columns"], "values": [4, 12, 8]},
    {"set": "/hardware/memory/channels", "values": [1, 2]},
    {"set": "/recipe", "values": ["dense", "bdwp-2:8", "sr-ste-1:4"]},
    {"set": "/batch", "values": [1, 2, 3, 4]},
]


class SweepTest(ProgramTest):
    def sweep(self, fields=None, **changes):
        document = {"format": "satsim-sweep", "version": 1, "name": "test", "method": "product", "fields": fields or FIELDS,
                    "base": {"network": self.network(), "hardware": SMALL_HARDWARE, "recipe": "dense"}}
        return self.write("sweep.json", document | changes)

    def rows(self, database):
        with sqlite3.connect(self.folder / database) as connection:
            self.assertEqual(connection.execute("PRAGMA integrity_check").fetchone(), ("ok",))
            return sorted(connection.execute("SELECT * FROM point").fetchall())


class Results(SweepTest):
    def test_points_are_those_of_run(self):
        value = self.run_json("sweep", self.sweep())
        self.assertEqual((value["points_asked"], value["done"], value["impossible"], value["missing"]), (72, 48, 24, 0))
        self.assertEqual(value["objectives"], ["seconds_per_sample", "energy_j_per_sample"])
        self.assertEqual(value["objectives_unknown"], ["luts", "accuracy"])
        point = next(p for p in value["points"] if p["values"]["/recipe"] == "bdwp-2:8" and p["values"]["/batch"] == 3)
        hardware = self.hardware_document()
        hardware["array"]["rows"] = hardware["array"]["columns"] = point["values"]["/hardware/array/rows"]
        hardware["memory"]["channels"] = point["values"]["/hardware/memory/channels"]
        run = self.run_json("run", self.network(), "--recipe", "bdwp-2:8", "--batch", 3, "--fidelity", "fast", "--hardware",
                            self.write("hardware.json", hardware))
        for name in ("cycles", "seconds", "energy_j", "dram_bytes", "gemm_cycles", "utilization"):
            self.assertEqual(point[name], run[name], name)
        refused = [p for p in value["points"] if p["status"] == "impossible"]
        self.assertTrue(all("power of two" in p["reason"] and "\n" not in p["reason"] for p in refused))

    def test_the_front_is_not_beaten(self):
        value = self.run_json("sweep", self.sweep())
        done = [p for p in value["points"] if p["status"] == "done"]

        def of_a_sample(point):
            return point["seconds"] / point["batch"], point["energy_j"] / point["batch"]

        for point in done:
            beaten = any(of_a_sample(q) != of_a_sample(point) and all(a <= b for a, b in zip(of_a_sample(q), of_a_sample(point))) for q in done)
            self.assertEqual(point["on_front"], not beaten)
        self.assertGreater(max(done[n]["batch"] for n in [done.index(p) for p in done if p["on_front"]]), min(p["batch"] for p in done),
                           "a step of fewer samples is shorter, not better")
        text = self.run_program("sweep", self.sweep()).stdout
        self.assertIn("time/sample", text)
        self.assertIn("by seconds_per_sample, energy_j_per_sample", text)
        self.assertEqual(value["front"], [p["number"] for p in done if p["on_front"]])

    def test_every_network_has_its_front(self):
        larger = self.write("larger.json", SMALL_NETWORK | {"name": "larger", "input": {"channels": 3, "height": 16, "width": 16}})
        value = self.run_json("sweep", self.sweep([{"set": "/network", "values": [self.network(), larger]}, {"set": "/batch", "values": [1, 4]}]))
        self.assertEqual(value["fronts"], 2)
        for network in ("small", "larger"):
            self.assertTrue(any(p["on_front"] for p in value["points"] if p["network"] == network), network)
        self.assertEqual({p["network"]: p["front_number"] for p in value["points"]}, {"small": 0, "larger": 1})
        # The batch that a network's file gives makes no other network of it.
        value = self.run_json("sweep", self.sweep([{"set": "/network/batch", "values": [1, 4]}]))
        self.assertEqual(value["fronts"], 1)

    def test_report_has_every_finished_point(self):
        value = self.run_json("sweep", self.sweep(), "--report", "r.json")
        data = json.loads((self.folder / "r.json").read_text())["data"]
        self.assertEqual([f["name"] for f in data["fields"]][1:1 + len(value["fields"])], [*value["fields"]])
        self.assertEqual(data["objectives"], [{"field": name, "better": "lower"} for name in ("seconds_per_sample", "energy_j_per_sample")])
        self.assertEqual({f["name"]: f["type"] for f in data["fields"] if f["name"].startswith("/")},
                         {"/hardware/array/rows": "number", "/hardware/memory/channels": "number", "/recipe": "text", "/batch": "number"})
        self.assertEqual(sum(r["points"] for r in data["left_out"]), value["impossible"])
        self.assertTrue(all("power of two" in r["reason"] for r in data["left_out"]))
        done = [p for p in value["points"] if p["status"] == "done"]
        self.assertEqual([(p["point"], p["seconds"], p["front"], p["/batch"]) for p in data["points"]],
                         [(p["number"], p["seconds"], p["on_front"], p["values"]["/batch"]) for p in done])

    def test_a_repeated_point_keeps_its_first_label(self):
        sweep = self.sweep(method="list", fields=None, points=[{"/schedule/dataflow": "auto"}, {}, {"/batch": 2}])
        document = json.loads(pathlib.Path(sweep).read_text())
        del document["fields"]
        sweep = self.write("sweep.json", document)
        first = self.run_program("sweep", sweep, "--db", "r.sqlite", "--all").stdout
        again = self.run_program("sweep", sweep, "--db", "r.sqlite", "--all").stdout
        self.assertIn("evaluated 2, found in r.sqlite 0, the same as an earlier point 1", first)
        self.assertIn("evaluated 0, found in r.sqlite 2, the same as an earlier point 1", again)
        self.assertEqual(first.split("front:")[0], again.split("front:")[0])

    def test_table_csv_and_a_longer_sweep_from_the_same_database(self):
        first = self.run_program("sweep", self.sweep(), "--db", "r.sqlite").stdout
        self.assertIn("evaluated 72, found in r.sqlite 0", first)
        again = self.run_program("sweep", self.sweep(), "--db", "r.sqlite", "--all").stdout
        self.assertIn("evaluated 0, found in r.sqlite 72", again)
        longer = [*FIELDS[:3], {"set": "/batch", "values": [9, 4, 3, 2, 1]}]
        text = self.run_program("sweep", self.sweep(longer), "--db", "r.sqlite", "--csv").stdout
        table = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual(len(table), 90)
        self.assertEqual({r["status"] for r in table}, {"done", "impossible"})
        self.assertEqual(len(self.rows("r.sqlite")), 90)
        self.assertEqual(self.run_program("sweep", self.sweep(), "--count").stdout, "72\n")

    def test_the_number_of_workers_changes_nothing(self):
        for workers in (1, 2, 5):
            self.run_program("sweep", self.sweep(), "--db", f"w{workers}.sqlite", "--workers", workers)
        self.assertEqual(self.rows("w1.sqlite"), self.rows("w2.sqlite"))
        self.assertEqual(self.rows("w1.sqlite"), self.rows("w5.sqlite"))

    def test_cycle_for_the_front(self):
        fields = [{"set": "/recipe", "values": ["dense", "bdwp-2:8"]}, {"set": "/hardware/memory/channels", "values": [1, 2]}]
        value = self.run_json("sweep", self.sweep(fields), "--cycle-front", "--report", "r.json")
        data = json.loads((self.folder / "r.json").read_text())["data"]
        fidelity = {f["name"]: f.get("fidelity") for f in data["fields"]}
        self.assertEqual((fidelity["seconds"], fidelity["cycle_seconds"], fidelity["point"]), ("fast", "cycle", None))
        self.assertEqual([p["cycle_seconds"] for p in data["points"]], [p["cycle"]["seconds"] if p["on_front"] else None for p in value["points"]])
        for point in value["points"]:
            self.assertEqual("cycle" in point, point["on_front"])
        point = value["points"][value["front"][0]]
        self.assertAlmostEqual(point["cycle"]["gemm_s"], point["gemm_s"], delta=0.05 * point["gemm_s"])

    def test_luts_and_accuracy_are_objectives_when_known_of_all(self):
        area = {"array": "4x4, M=8", "total": {"lut": 5000}, "sweep": [{"array": "8x8, M=8", "total": {"lut": 17000}}]}
        table = {"format": "satsim-accuracy", "version": 1, "source": "test", "entries": [
            {"network": "small", "method": "dense", "accuracy": 0.9}, {"network": "small", "method": "bdwp", "nm": "2:8", "accuracy": 0.8}]}
        self.write("area.json", area)
        self.write("accuracy.json", table)
        fields = [{"set": ["/hardware/array/rows", "/hardware/array/columns"], "values": [4, 8]},
                  {"set": "/recipe", "values": ["dense", "bdwp-2:8"]}]
        value = self.run_json("sweep", self.sweep(fields, area=["area.json"], accuracy="accuracy.json"))
        self.assertEqual(value["objectives"], ["seconds_per_sample", "energy_j_per_sample", "luts", "accuracy"])
        self.assertEqual([(p["luts"], p["accuracy"]) for p in value["points"]], [(5000, 0.9), (5000, 0.8), (17000, 0.9), (17000, 0.8)])


    def test_what_does_not_fit_its_device_is_on_no_front(self):
        total = json.loads((SOURCE / "models/devices/xcvu9p.json").read_text())["total"]["lut"]
        fields = [{"set": ["/hardware/array/rows", "/hardware/array/columns"], "values": [4, 8]}, {"set": "/batch", "values": [2, 1024]}]
        def sweep(large, **more):
            self.write("area.json", {"array": "4x4, M=8", "total": {"lut": 5000}, "sweep": [{"array": "8x8, M=8", "total": {"lut": large}}]} | more)
            return self.sweep(fields, area=["area.json"])
        # The larger array is the faster one: only its size keeps it from the front.
        self.assertIn(3, self.run_json("sweep", sweep(total), "--db", "a.sqlite")["front"])
        exact = self.run_json("sweep", sweep(total, device="xcvu9p"), "--db", "a.sqlite")
        self.assertIn(3, exact["front"])
        self.assertEqual(exact["device"], {"name": "xcvu9p", "luts": total})
        self.assertEqual([p["device_share"] for p in exact["points"]], [5000 / total] * 2 + [1] * 2)
        for luts, share in ((total + 1, 101), (total * 8 // 5, 160)):
            database = f"{share}.sqlite"
            fault = f"does not fit the device: LUTs {share} %"
            arguments = ["sweep", sweep(luts, device="xcvu9p"), "--db", database]
            value = self.run_json(*arguments, "--report", "r.json")
            self.assertEqual([p["device_fault"] for p in value["points"]], ["", "", fault, fault])
            self.assertEqual([p["on_front"] for p in value["points"][2:]], [False, False])
            self.assertTrue(set(value["front"]) and set(value["front"]) <= {0, 1})
            rows = list(csv.DictReader(io.StringIO(self.run_program(*arguments, "--csv").stdout)))
            self.assertEqual([(r["device_fault"], r["on_front"]) for r in rows[2:]], [(fault, "0")] * 2)
            self.assertEqual(self.run_program(*arguments, "--all").stdout.count(fault), 2)
            text = self.run_program(*arguments).stdout
            self.assertIn(f"do not fit xcvu9p ({total:,} LUTs), so on no front: 2 of 4 points: 2, 3; LUTs up to ", text)
            self.assertNotIn(f"{luts:,}", text)
            data = json.loads((self.folder / "r.json").read_text())["data"]
            self.assertEqual([p["front"] for p in data["points"][2:]], [False, False])
            self.assertAlmostEqual(data["points"][3]["device_share"], luts / total)
        # A device that nobody has a file of: said, and nothing is marked.
        done = self.run_program("sweep", sweep(total * 2, device="nowhere"), "--db", "n.sqlite", "--json")
        self.assertIn("whether arrays fit their device is not known: nowhere", done.stderr)
        value = json.loads(done.stdout)
        self.assertIsNone(value["device"])
        self.assertIn(3, value["front"])

    def test_the_shipped_sweep_leaves_out_what_the_card_cannot_hold(self):
        value = self.run_json("sweep", SOURCE / "models/sweeps/resnet18-small.json", "--db", "s.sqlite")
        large = [p for p in value["points"] if p.get("device_fault")]
        self.assertTrue(large)
        for point in large:
            self.assertEqual(point["values"]["/hardware/array/rows"], 64)
            self.assertEqual(point["device_fault"], "does not fit the device: LUTs 160 %")
        self.assertTrue(value["front"])
        for number in value["front"]:
            self.assertLess(next(p for p in value["points"] if p["number"] == number)["device_share"], 1)


class Kills(SweepTest):
    def test_kill_at_random_moments_loses_and_repeats_nothing(self):
        self.run_program("sweep", self.sweep(), "--db", "whole.sqlite")
        seed = int(os.environ.get("SATSIM_SWEEP_SEED", "0")) or time.time_ns() % 1_000_000
        moments = random.Random(seed)
        file = self.sweep()
        start = time.monotonic()
        self.run_program("sweep", file, "--db", "timed.sqlite")
        whole = time.monotonic() - start
        kept, restarts, killed = [], 0, 0
        while killed < KILLS:
            process = subprocess.Popen([PROGRAM, "sweep", file, "--db", "killed.sqlite"], cwd=self.folder,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            try:
                _, errors = process.communicate(timeout=moments.uniform(0, whole))
                self.assertEqual(process.returncode, 0, errors)
                # It came to its end: begin anew.
                self.assertEqual(self.rows("killed.sqlite"), self.rows("whole.sqlite"), f"seed {seed}")
                for name in os.listdir(self.folder):
                    if name.startswith("killed.sqlite"):
                        os.remove(self.folder / name)
                kept, restarts = [], restarts + 1
                continue
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                killed += 1
            if not (self.folder / "killed.sqlite").exists():
                continue
            with sqlite3.connect(self.folder / "killed.sqlite") as connection:
                self.assertEqual(connection.execute("PRAGMA integrity_check").fetchone(), ("ok",), f"seed {seed}")
                tables = [t for (t,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
                now = sorted(connection.execute("SELECT * FROM point")) if "point" in tables else []
            self.assertLessEqual(set(kept), set(now), f"a finished result was lost or changed, seed {seed}")
            kept = now
        # Inserting a point twice is a fault of the program, so a clean end also says that none was repeated.
        self.run_program("sweep", file, "--db", "killed.sqlite")
        self.assertEqual(self.rows("killed.sqlite"), self.rows("whole.sqlite"))
        print(f"seed {seed}: {killed} kills, {restarts} sweeps came to their end in between")


@unittest.skipUnless(shutil.which("mpirun"), "openmpi-bin is missing")
class Ranks(SweepTest):
    def mpirun(self, ranks, *arguments, code=0):
        root = ["--allow-run-as-root"] if os.geteuid() == 0 else []
        done = subprocess.run(["mpirun", *root, "--oversubscribe", "-n", str(ranks), PROGRAM, *arguments], cwd=self.folder,
                              capture_output=True, text=True, timeout=300)
        if "without Boost.MPI" in done.stderr:
            self.skipTest("satsim was built without Boost.MPI (libboost-mpi-dev)")
        self.assertEqual(done.returncode, code, done.stderr[-2000:])
        return done

    def test_ranks_change_nothing(self):
        self.run_program("sweep", self.sweep(), "--db", "local.sqlite", "--cycle-front")
        local = self.rows("local.sqlite")
        self.assertEqual({row[1] for row in local}, {"fast", "cycle"})
        for ranks in (1, 2, 3):
            self.mpirun(ranks, "sweep", self.sweep(), "--db", f"r{ranks}.sqlite", "--cycle-front")
            self.assertEqual(self.rows(f"r{ranks}.sqlite"), local)

    def test_bad_input_is_one_line_for_all_ranks(self):
        done = self.mpirun(2, "sweep", self.sweep(method="none"), code=2)
        self.assertEqual(done.stderr.count("expected \"product\""), 1, done.stderr)


class Refusals(SweepTest):
    def refused(self, *arguments, code=2):
        done = self.run_program(*arguments, code=code)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr

    def test_one_line_each(self):
        self.assertIn("/fields/0", self.refused("sweep", self.sweep([{"set": "/hardware/array/rwos", "values": [1]}])))
        self.assertIn("r.pdf", self.refused("sweep", self.sweep(), "--report", "r.pdf"))
        self.assertIn("r.pdf", self.refused("run", "--gemm", "8,8,8", "--report", "r.pdf"))
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith("r.")], [])
        document = json.loads(pathlib.Path(self.sweep()).read_text())
        del document["fields"]
        points = [{"/hardware": "vcu1525-sat32"}, {"/hardware/nope": 1}]
        self.assertIn(f"/points/1: sets /nope, which hardware {SMALL_HARDWARE} does not have",
                      self.refused("sweep", self.write("sweep.json", document | {"method": "list", "points": points})))
        self.assertIn("sweep.json", self.refused("sweep", self.write("sweep.json", "{")))
        self.assertIn("no file", self.refused("sweep", self.sweep(base={"network": "none", "hardware": SMALL_HARDWARE, "recipe": "dense"})))
        self.assertIn("area.json", self.refused("sweep", self.sweep(area=["area.json"])))
        self.write("text.sqlite", "not a database, but long enough to be looked at as one" * 10)
        self.assertIn("text.sqlite", self.refused("sweep", self.sweep(), "--db", "text.sqlite"))

    def test_the_database_is_no_other_file(self):
        for more in (["--csv", "-o", "sweep.sqlite"], ["--csv", "-o", "d.sqlite", "--db", "./d.sqlite"]):
            self.assertIn("is the file of --db too", self.refused("sweep", self.sweep(), *more))
        self.assertIn("what sweep names", self.refused("sweep", self.sweep(), "--db", "sweep.json"))
        self.assertEqual([name for name in os.listdir(self.folder) if name.endswith(".sqlite")], [])

    def test_results_of_another_program_are_left_alone(self):
        self.run_program("sweep", self.sweep(), "--db", "old.sqlite")
        with sqlite3.connect(self.folder / "old.sqlite") as connection:
            connection.execute("UPDATE sweep SET value = 'satsim 0.0.1' WHERE key = 'program'")
        before = self.rows("old.sqlite")
        self.assertIn("satsim 0.0.1", self.refused("sweep", self.sweep(), "--db", "old.sqlite"))
        self.assertEqual(self.rows("old.sqlite"), before)


class Schema(SweepTest):
    def test_shipped_sweeps_and_test_sweeps_fit_the_schema(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("python3-jsonschema is missing")
        schema = json.loads((SOURCE / "models/schemas/sweep.schema.json").read_text())
        for file in sorted((SOURCE / "models/sweeps").glob("*.json")):
            jsonschema.validate(json.loads(file.read_text()), schema)
            self.assertGreater(int(self.run_program("sweep", file, "--count").stdout), 1)
        jsonschema.validate(json.loads(pathlib.Path(self.sweep()).read_text()), schema)
        hardware = json.loads((SOURCE / "models/schemas/hardware.schema.json").read_text())
        for file in sorted((SOURCE / "models/hardware").glob("*.json")):
            jsonschema.validate(json.loads(file.read_text()), hardware)


class Hardware(SweepTest):
    def test_list_show_check(self):
        names = [h["name"] for h in self.run_json("hardware", "list")]
        self.assertIn(SMALL_HARDWARE, names)
        shown = self.run_json("hardware", "show", SMALL_HARDWARE)
        self.assertEqual((shown["array"]["rows"], shown["clock_hz"]), (4, 200000000))
        self.assertTrue(all({"value", "unit", "source", "verified"} <= set(f) for f in shown["figures"].values()))
        self.assertIn("source", self.run_program("hardware", "show", SMALL_HARDWARE).stdout)
        for name in names:
            for what, figure in self.run_json("hardware", "show", name)["figures"].items():
                doubtful = re.search("assumption|assumed|from memory", figure["source"])
                self.assertFalse(doubtful and figure["verified"], f"{name}: {what}: {figure['source']}")
            self.assertIn("can be built", self.run_program("hardware", "check", name).stdout)

    def test_check_tells_invalid_from_unbuildable(self):
        hardware = self.hardware_document()
        hardware["array"]["rows"] = 6
        self.assertIn("rows is 6", self.run_program("hardware", "check", self.write("h.json", hardware), code=1).stdout)
        hardware["array"] |= {"rows": 4, "slots": 1}
        self.assertIn("slots is 1", self.run_program("hardware", "check", self.write("h.json", hardware), code=1).stdout)
        hardware["array"]["rows"] = "many"
        done = self.run_program("hardware", "check", self.write("h.json", hardware), code=2)
        self.assertIn("h.json: /array/rows", done.stderr)


if __name__ == "__main__":
    unittest.main()
