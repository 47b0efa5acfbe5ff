"""Prepares the files of rtl/synth/vivado as its Makefile does, and runs its scripts against recorded commands."""
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = SOURCE / "rtl" / "synth" / "vivado"
REGISTERS = json.loads((SOURCE / "isa" / "sat_registers.json").read_text())
SMALL = SOURCE / "models" / "hardware" / "sat4-slice.json"
CHANNELS = (1, 2, 4)


def run(*command, cwd=None):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=cwd, timeout=600)
    if done.returncode != 0:
        raise AssertionError(f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


def generate_kernel(folder, hardware, channels):
    run("python3", SOURCE / "tools" / "generate_kernel.py", "--hardware", hardware, "--channels", channels, folder)


class VivadoTest(unittest.TestCase):
    """`self.out`: what `make generate` makes of the default hardware, once for all tests of a class."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.out = pathlib.Path(folder.name) / "out"
        run("make", "generate", f"OUT={cls.out}", cwd=SCRIPTS)

    def record(self, script, *arguments, cells=()):
        """The calls of a script, each a list of words, and what it printed."""
        calls, names = self.out / "calls.txt", self.out / "cells.txt"
        names.write_text("\n".join(cells))
        text = run("tclsh", pathlib.Path(__file__).with_name("mock_vivado.tcl"), calls, names, script, *arguments)
        return [line.split("\x1f") for line in calls.read_text().splitlines()], text


def calls_of(calls, name):
    return [call[1:] for call in calls if call[0] == name]


def option(call, name):
    return call[call.index(name) + 1]


needs_tclsh = unittest.skipUnless(shutil.which("tclsh"), "tclsh is missing (package tcl)")
needs_verilator = unittest.skipUnless(shutil.which("verilator"), "verilator is missing")
needs_yosys = unittest.skipUnless(shutil.which("yosys"), "yosys is missing")
