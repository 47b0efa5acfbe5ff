"""Runs the program under test and builds small inputs."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["SATSIM"]
SOURCE = pathlib.Path(__file__).resolve().parents[2]
SMALL_HARDWARE = "sat4-slice"

# A network of a second: two convolutions (one strided), normalisation, residual, pooling, classifier.
SMALL_NETWORK = {
    "name": "small",
    "source": "test",
    "input": {"channels": 3, "height": 8, "width": 8},
    "batch": 2,
    "layers": [
        {"name": "conv1", "kind": "conv", "out": 16, "kernel": 3, "stride": 1, "pad": 1},
        {"name": "bn1", "kind": "batchnorm"},
        {"name": "relu1", "kind": "relu"},
        {"name": "conv2", "kind": "conv", "out": 16, "kernel": 3, "stride": 2, "pad": 1},
        {"name": "relu2", "kind": "relu"},
        {"name": "pool", "kind": "globalpool"},
        {"name": "flatten", "kind": "flatten"},
        {"name": "fc", "kind": "linear", "out": 10, "bias": True},
        {"name": "loss", "kind": "loss"},
    ],
}


class ProgramTest(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.folder = pathlib.Path(self._folder.name)

    def write(self, name, content):
        path = self.folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    def network(self, **changes):
        return self.write("small.json", SMALL_NETWORK | changes)

    def run_program(self, *arguments, code=0):
        done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, cwd=self.folder, timeout=300)
        self.assertEqual(done.returncode, code, f"{arguments}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return done

    def run_json(self, *arguments):
        return json.loads(self.run_program(*arguments, "--json").stdout)

    def helps(self):
        """(command, its help text) of every command and subcommand, as --help lists them, the program itself first."""
        waiting = [[]]
        while waiting:
            command = waiting.pop(0)
            text = self.run_program(*command, "--help").stdout
            below = re.search(r"Subcommands:\n((?:  .*\n)+)", text)
            names = re.findall(r"^  ([\w-]+) ", below.group(1) if below else "", re.M)
            yield command, text, names
            waiting += [[*command, name] for name in names]

    def hardware_document(self):
        return json.loads((SOURCE / "models" / "hardware" / f"{SMALL_HARDWARE}.json").read_text())
