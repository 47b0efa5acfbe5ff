"""satsim-card: the whole program on a verilated kernel in place of a card; the real one as far as it goes without a card."""
import json
import os
import subprocess
import unittest

from support import ProgramTest

RTL = os.environ.get("SATSIM_CARD_RTL")
REAL = os.environ.get("SATSIM_CARD")
FAST = ["--timeout", "0.01"]  # simulated seconds


class CardTest(ProgramTest):
    program = RTL

    def card(self, *arguments, code=0):
        done = subprocess.run([self.program, *map(str, arguments)], capture_output=True, text=True, cwd=self.folder, timeout=300)
        self.assertEqual(done.returncode, code, f"{arguments}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return done

    def refused(self, *arguments):
        done = self.card(*arguments, code=2)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr


@unittest.skipUnless(RTL, "verilator is missing")
class OnTheVerilatedKernel(CardTest):
    def test_identify(self):
        array = json.loads(self.card("--xclbin", "8x8", "--identify", "--json").stdout)
        self.assertEqual((array["rows"], array["columns"], array["channels"]), (8, 8, 2))
        self.assertIn("channels", self.card("--xclbin", "4x4", "--identify").stdout)

    def test_a_product(self):
        report = json.loads(self.card("--xclbin", "8x8", "--gemm", "16,24,32", "--nm", "2:8", "--json", *FAST).stdout)
        self.assertTrue(report["ok"])
        self.assertTrue(report["compared"])
        self.assertEqual(report["different_bytes"], 0)
        self.assertEqual(report["error"]["name"], "NONE")
        self.assertGreater(report["counters"]["CYCLES"], report["counters"]["BUSY_STCE"])
        self.assertGreater(report["counters"]["BUSY_STCE"], 0)
        text = self.card("--xclbin", "4x4", "--gemm", "16,24,32", *FAST).stdout
        self.assertIn("memory is that of the functional model", text)

    def test_a_program_file_with_operands_and_a_dump(self):
        self.run_program("schedule", "--gemm", "8,8,8", "--hardware", "sat4-slice", "--channels", "1", "--program", "p.satp")
        ones = b"\x00\x3c" * 0x8000  # FP16 1.0 wherever the operands may lie
        (self.folder / "ones").write_bytes(ones)
        common = ["--xclbin", "4x4", "--program", "p.satp", *FAST]
        report = json.loads(self.card(*common, "--json").stdout)
        self.assertTrue(report["ok"])
        end = report["memory_lines"] * 64
        whole = json.loads(self.card(*common, "--json", "--dump", f"0:{end}:before").stdout)
        self.assertTrue(whole["ok"])
        # A and B lie before the program: fill a stretch of it with ones and look for their sum, 8.0, in what comes back.
        before = (self.folder / "before").read_bytes()
        empty = next(at for at in range(0, end - 4096, 64) if not any(before[at:at + 4096]))
        (self.folder / "some").write_bytes(b"\x00\x3c" * 64)
        after = json.loads(self.card(*common, "--json", "--data", f"some@{empty:#x}", "--dump", f"{empty}:128:piece").stdout)
        self.assertTrue(after["ok"])
        self.assertEqual((self.folder / "piece").read_bytes()[:16], b"\x00\x3c" * 8)

    def test_too_little_memory_ends_in_an_error_of_the_kernel(self):
        self.run_program("schedule", "--gemm", "64,64,64", "--hardware", "sat4-slice", "--channels", "1", "--program", "p.satp")
        enough = json.loads(self.card("--xclbin", "4x4", "--program", "p.satp", "--json", *FAST).stdout)
        done = self.card("--xclbin", "4x4", "--program", "p.satp", "--memory", (enough["memory_lines"] - 64) * 64, "--json", *FAST, code=1)
        report = json.loads(done.stdout)
        self.assertFalse(report["ok"])
        self.assertIn(report["error"]["name"], ("READ_RANGE", "WRITE_RANGE"))
        self.assertFalse(report["compared"])

    def test_bad_input_is_one_line(self):
        self.assertIn("expected exactly one of", self.refused("--xclbin", "4x4"))
        self.assertIn("nothing.satp", self.refused("--xclbin", "4x4", "--program", "nothing.satp"))
        self.assertIn("no verilated kernel", self.refused("--xclbin", "9x9", "--identify"))
        self.assertIn("--gemm", self.refused("--xclbin", "4x4", "--gemm", "1,2"))
        self.assertIn("--xclbin", self.refused("--identify"))
        self.run_program("schedule", "--gemm", "8,8,8", "--hardware", "sat4-slice", "--channels", "2", "--program", "p.satp")
        self.assertIn("channels 2, the card's kernel has 1", self.refused("--xclbin", "4x4", "--program", "p.satp"))
        self.run_program("schedule", "--gemm", "8,8,8", "--hardware", "sat4-slice", "--channels", "1", "--program", "p.satp")
        for data in ("p.satp", "p.satp@", "p.satp@x", "nothing@0", "p.satp@0x10000000000"):
            self.refused("--xclbin", "4x4", "--program", "p.satp", "--data", data)
        self.assertIn("ADDRESS:BYTES:FILE", self.refused_after_a_run("--dump", "0:x:f"))

    def refused_after_a_run(self, *arguments):
        return self.card("--xclbin", "4x4", "--program", "p.satp", *FAST, *arguments, code=2).stderr


@unittest.skipUnless(REAL, "libxrt-dev is missing")
class WithoutACard(CardTest):
    program = REAL

    def test_help(self):
        text = self.card("--help").stdout
        self.assertIn("Example: satsim-card --xclbin", text)
        for option in ("--xclbin", "--device", "--program", "--gemm", "--json"):
            self.assertIn(option, text)

    def test_a_missing_binary_and_a_missing_card_are_one_line(self):
        self.assertIn("sat.xclbin: cannot be read", self.refused("--xclbin", "sat.xclbin", "--identify"))
        (self.folder / "sat.xclbin").write_bytes(b"xclbin2\0")
        if not os.path.exists("/dev/dri") and not os.path.exists("/dev/xclmgmt"):
            self.assertIn("--device 0", self.refused("--xclbin", "sat.xclbin", "--identify"))
