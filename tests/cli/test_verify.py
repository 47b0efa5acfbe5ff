"""satsim verify: JSON contract, replay, mismatches on purpose, bad input. Without Verilator: one line that says so."""
import json
import re
import signal
import subprocess
import time
import unittest

from support import PROGRAM, SOURCE, ProgramTest

NO_RTL = "this build has no verilated RTL"


class Verify(ProgramTest):
    def setUp(self):
        super().setUp()
        probe = subprocess.run([PROGRAM, "verify", "--list-kinds"], capture_output=True, text=True, timeout=60)
        if probe.returncode == 2:
            self.assertIn(NO_RTL, probe.stderr)
            self.assertIn("verilator", probe.stderr)
            self.assertEqual(probe.stderr.count("\n"), 1)
            self.skipTest(NO_RTL)
        self.kinds = probe.stdout.split()

    def refuse(self, *arguments, names=()):
        done = self.run_program("verify", *arguments, code=2)
        self.assertEqual((done.stdout, done.stderr.count("\n")), ("", 1), done.stderr)
        for name in names:
            self.assertIn(name, done.stderr)

    def test_documents_count_kinds_and_programs(self):
        """The numbers of kinds and of CI's programs that the documents name: of the program, and of tests/cosim."""
        rounds = int(re.search(r'"SATSIM_COSIM_ROUNDS", (\d+)', (SOURCE / "tests/cosim/cosim_test.cpp").read_text()).group(1))
        kinds = {}
        for array in ("4x4", "8x8", "4x16", "32x32"):
            done = subprocess.run([PROGRAM, "verify", "--count", "1", "--array", array, "--json"], capture_output=True, text=True, timeout=300)
            if done.returncode == 2:
                self.assertIn("was not verilated", done.stderr)
            else:
                kinds[array] = json.loads(done.stdout)["untried"] + 1
        kinds.setdefault("32x32", kinds["4x4"])  # not built by default, and of the same patterns
        programs = {array: count * (1 if array == "32x32" else rounds) for array, count in kinds.items()}
        for page, *texts in (("README.md", f"CI runs {sum(programs.values()):,} programs, {programs['32x32']} of them on the whole 32x32 array"),
                             ("docs/ci.md", f"{rounds} random programs of each kind",
                              "(" + ", ".join(f"{count} on {array}" for array, count in programs.items()) + ")"),
                             ("docs/architecture/verification.md", f"prints the {len(self.kinds)} kinds:",
                              f"4x4 and 8x8 ({kinds['8x8']} kinds each", f"4x16 (all {kinds['4x16']})")):
            for text in texts:
                self.assertIn(text, (SOURCE / page).read_text(), page)
        self.assertEqual((kinds["4x4"], kinds["4x16"]), (kinds["8x8"], len(self.kinds)))

    def test_contract(self):
        value = self.run_json("verify", "--count", 40, "--seed", 5, "--array", "4x4")
        self.assertEqual({key: value[key] for key in ("programs", "mismatching_bits", "mismatching_cycles", "seed",
                                                      "failed", "failing", "interrupted", "arrays")},
                         {"programs": 40, "mismatching_bits": 0, "mismatching_cycles": 0, "seed": 5,
                          "failed": 0, "failing": [], "interrupted": False, "arrays": {"4x4": 40}})
        self.assertGreater(value["seconds"], 0)
        self.assertGreater(value["operations"], 40)
        self.assertEqual(sum(k["programs"] for k in value["kinds"]), 40)
        counts = [k["programs"] for k in value["kinds"]]
        self.assertLessEqual(max(counts) - min(counts), 1)
        for kind in value["kinds"]:
            self.assertIn(kind["kind"], self.kinds)

    def test_several_arrays(self):
        value = self.run_json("verify", "--count", 20, "--seed", 3, "--array", "8x8,4x4")
        self.assertEqual(value["arrays"], {"4x4": 10, "8x8": 10})
        self.refuse("--array", "4x4,5x5", names=["--array 4x4,5x5", '"5x5"', "8x8"])
        self.refuse("--array", "4x4,", names=['""'])

    def test_jobs_change_no_result(self):
        def run(jobs):
            value = self.run_json("verify", "--count", 30, "--seed", 2, "--array", "4x4", "--jobs", jobs)
            del value["seconds"]
            return value
        self.assertEqual(run(1), run(3))

    def test_text(self):
        done = self.run_program("verify", "--count", 4, "--kinds", "os-2:8,vec-relu", "--array", "4x4")
        self.assertIn("4 programs, seed 1", done.stdout)
        self.assertIn("0 bits and 0 cycles differ", done.stdout)
        self.assertIn("vec-relu-grad", done.stdout)
        self.assertNotIn("ws-", done.stdout)
        self.assertEqual(done.stderr, "")
        self.assertEqual(list(self.folder.iterdir()), [])  # nothing is left of a run without a mismatch

    def mismatch(self, fault):
        done = self.run_program("verify", "--count", 6, "--kinds", "os-2:8-conv", "--array", "4x4", "--seed", 4,
                                "--fault", fault, "--waves", "left", "--json", code=1)
        value = json.loads(done.stdout)
        self.assertEqual((value["programs"], value["failed"], value["failing"]), (6, 6, [0, 1, 2, 3, 4, 5]))
        self.assertIn("program 0 fails: os-2:8-conv on 4x4", done.stderr)
        report = (self.folder / "left" / "report.txt").read_text()
        self.assertIn(".engine LOAD", report)
        again = report.split("again: satsim ")[1].splitlines()[0].split()
        return value, done.stderr, report, again

    def test_a_cycle_that_differs(self):
        value, said, report, again = self.mismatch("memory")
        self.assertEqual(value["mismatching_bits"], 0)
        self.assertGreater(value["mismatching_cycles"], 0)
        for text in (said, report):
            self.assertIn("first differing operation: LOAD operation 0", text)
            self.assertIn("RUN SEEK", text)
            self.assertIn("FF 1x1x1", text)  # shrunk as far as it goes
        self.run_program(*again, "--waves", "again", code=1)
        sound = again[:again.index("--fault")]
        self.assertIn("0 bits, 0 cycles", self.run_program(*sound, "--waves", "again").stdout)

    def test_a_bit_that_differs(self):
        value, said, _, again = self.mismatch("data")
        self.assertGreater(value["mismatching_bits"], 0)
        self.assertEqual(value["mismatching_cycles"], 0)
        self.assertIn("rtl differs from functional first in the byte at 0x", said)
        value = json.loads(self.run_program(*again, "--json", "--waves", "again", code=1).stdout)
        self.assertGreater(value["mismatching_bits"], 0)

    def test_interrupt_reports_what_was_done(self):
        running = subprocess.Popen([PROGRAM, "verify", "--count", "1000000", "--array", "4x4", "--json"], text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder)
        time.sleep(2)
        running.send_signal(signal.SIGINT)
        out, error = running.communicate(timeout=120)
        self.assertEqual(running.returncode, 130, error)
        value = json.loads(out)
        self.assertTrue(value["interrupted"])
        self.assertLess(value["programs"], 1000000)
        self.assertEqual(value["failed"], 0)

    def test_bad_input(self):
        self.refuse("--array", "5x5", names=["--array 5x5", "4x4"])
        self.refuse("--kinds", "os,nothing", names=["--kinds", "nothing", "--list-kinds"])
        self.refuse("--kinds", ",", names=["--kinds"])
        self.refuse("--kinds", "ws-2:16", "--array", "4x4", names=["ws-2:16", "4x4"])
        self.refuse("--count", 0)
        self.refuse("--count", "many")
        self.refuse("--seed", -1, names=["--seed"])
        self.refuse("--jobs", 0)
        self.refuse("--fault", "heat")
        self.refuse("--stall-seed", 3, names=["--replay"])
        self.refuse("--replay", self.write("p.satp", "text"), "--count", 3, names=["--replay"])
        self.refuse("--replay", self.write("p.satp", "text"), names=["p.satp", "SAT program"])
        self.refuse("--replay", "nowhere.satp", names=["nowhere.satp"])
        self.run_program("schedule", "--gemm", "8,8,8", "--program", "big.satp")
        built = subprocess.run([PROGRAM, "verify", "--array", "0x0"], capture_output=True, text=True, timeout=60).stderr
        if "32x32" not in built:
            self.refuse("--replay", "big.satp", names=["32x32"])


if __name__ == "__main__":
    unittest.main()
