"""No output is written over what is read: every option that names a file says so by its type in --help (host/file_types.hpp)."""
import json
import re
import shutil
import unittest

from support import SMALL_NETWORK, SOURCE, ProgramTest

OVER = "would be written over what {} names, expected another file"
# How to name the file x to an option of such a type, where that takes more than its name.
SPELLED = {"TARGET": "gpu:x", "TRACE": "x#1", "SAMPLE": "x:3", "RECIPE": "dense+x", "NETWORK": "x:large"}


class Entry:
    """An option or a positional of a help text."""

    def __init__(self, text):
        self.name, self.type = re.match(r"  (?:-\w,)?([\w-]+)(?: ([A-Z][A-Z-]+)(?=[=:\s]|$))?", text).groups()
        self.says = text
        self.required = " REQUIRED" in text
        self.excludes = set(self.list("Excludes"))
        self.needs = self.list("Needs")

    def list(self, what):
        found = re.search(what + r":((?: --[\w-]+)+)", self.says)
        return found.group(1).split() if found else []

    @property
    def written(self):
        return self.type is not None and self.type.endswith("OUTFILE")

    def given(self, value):
        words = [*self.needs, value] if not self.name.startswith("-") else [*self.needs, f"{self.name}={value}"]
        return words


class Types(ProgramTest):
    def entries(self, text):
        below = re.findall(r"^  \S.*(?:\n {10,}.*)*", re.split(r"^(?:Subcommands:|Example)", text, flags=re.M)[0], re.M)
        return [Entry(re.sub(r"\s+", " ", text).replace(" ", "  ", 1)) for text in below]

    def commands(self):
        for command, text, _ in self.helps():
            yield command, self.entries(text)

    def test_what_help_calls_a_file_has_the_type_of_one(self):
        seen = {True: 0, False: 0}
        for command, entries in self.commands():
            for entry in entries:
                if entry.type is None:  # a flag
                    continue
                where = f"{' '.join(command)} {entry.name}: {entry.says}"
                if re.search(r"\b(file|FILE)\b(?!'s)", entry.says.split(entry.type, 1)[1]):
                    self.assertNotEqual(entry.type, "TEXT", where)
                writes = re.search(r"\b(write|keep)\b.* this (\w+ )?file", entry.says) is not None
                self.assertEqual(writes, entry.written, where)
                seen[writes] += 1
        self.assertGreater(seen[True], 30)
        self.assertGreater(seen[False], 100)

    def test_every_output_is_held_against_every_file_that_is_read(self):
        (self.folder / "x").write_text("{}")
        (self.folder / "y").write_text("{}")
        pairs = 0
        for command, entries in self.commands():
            outputs = [entry for entry in entries if entry.written]
            inputs = [entry for entry in entries if entry.type is not None and not entry.written]
            for output in outputs:
                for read in inputs:
                    if read.type in ("TEXT", "INT", "UINT", "FLOAT") or output.name in read.excludes:
                        continue
                    if (output.type, read.type) == ("GPU-OUTFILE", "GPU"):  # may be updated
                        continue
                    others = [entry for entry in entries if entry.required and entry not in (output, read)]
                    # Positionals in their order, then options.
                    words = [word for entry in entries if entry in (*others, read) and not entry.name.startswith("-")
                             for word in entry.given(SPELLED.get(read.type, "x") if entry is read else "y")]
                    if read.name.startswith("-"):
                        words += read.given(SPELLED.get(read.type, "x"))
                    words += [word for entry in others if entry.name.startswith("-") for word in entry.given("y")]
                    with self.subTest(command=command, output=output.name, read=read.name):
                        done = self.run_program(*command, *words, *output.given("x"), code=2)
                        if "says nothing without --target" in done.stderr:
                            done = self.run_program(*command, *words, *output.given("x"), "--target=sat", code=2)
                        self.assertIn(f"{output.name} x: {OVER.format(read.name)}", done.stderr)
                        pairs += 1
        self.assertGreater(pairs, 60)
        self.assertEqual([(self.folder / name).read_text() for name in "xy"], ["{}", "{}"])


class Names(ProgramTest):
    def setUp(self):
        super().setUp()
        self.models = self.folder / "m"
        shutil.copytree(SOURCE / "models", self.models, ignore=shutil.ignore_patterns("traces"))
        (self.models / "networks" / "two.json").write_text(json.dumps(SMALL_NETWORK))
        (self.models / "recipes" / "mine.json").write_text('{"name": "mine"}')

    def refuse(self, command, output, file, read):
        path = self.models / file
        earlier = path.read_bytes()
        for spelled in (path, f"m/hardware/../{file}"):
            done = self.run_program(*command, "--models", self.models, output, spelled, code=2)
            self.assertEqual(done.stderr, f"satsim: {'--output' if output == '-o' else output} {spelled}: {OVER.format(read)}\n")
        self.assertEqual(path.read_bytes(), earlier)

    def test_what_a_name_stands_for_is_not_written_over(self):
        step = ["run", "two", "--fidelity", "fast"]
        for command, file, read in ((["models", "show", "two", "--json"], "networks/two.json", "network"),
                                    (["models", "show", "llama2-7b"], "networks/decoder.json", "network"),
                                    (["models", "show", "decoder:llama2-7b"], "networks/decoder.json", "network"),
                                    ([*step, "--recipe", "mine"], "recipes/mine.json", "--recipe"),
                                    ([*step, "--recipe", "bdwp-2:8+mine"], "recipes/mine.json", "--recipe"),
                                    (["compare", "two", "--baseline", "mine"], "recipes/mine.json", "--baseline"),
                                    ([*step, "--hardware", "sat4-slice"], "hardware/sat4-slice.json", "--hardware"),
                                    (step, "hardware/vcu1525-sat32.json", "--hardware=vcu1525-sat32"),
                                    (["hardware", "show", "sat4-slice"], "hardware/sat4-slice.json", "hardware"),
                                    (["synth"], "devices/xcvu9p.json", "--device=xcvu9p"),
                                    (["gpu", "show", "h100"], "gpus/h100.json", "device"),
                                    (["compare", "two", "--target", "sat,gpu-model:h100@2"], "gpus/h100.json", "--target"),
                                    (["models", "show", "armor-tiny", "--sample", "omnicorpus:7"], "corpora/omnicorpus.json", "--sample")):
            with self.subTest(command=command, file=file):
                self.refuse(command, "-o", file, read)
        self.refuse(step, "--trace", "networks/two.json", "network")
        self.refuse(step, "--report", "networks/two.json", "network")

    def test_a_link_to_what_a_name_stands_for(self):
        (self.folder / "link.json").symlink_to("m/networks/two.json")
        done = self.run_program("models", "show", "two", "--models", "m", "-o", "link.json", code=2)
        self.assertIn("--output link.json: " + OVER.format("network"), done.stderr)

    def test_a_file_called_like_a_name_is_free_unless_it_is_read(self):
        self.run_program("models", "show", "two", "--models", "m", "--json", "-o", "two")
        self.assertEqual(json.loads((self.folder / "two").read_text())["name"], "small")
        self.run_program("gpu", "show", "h100", "--models", "m", "-o", "h100.json")
        self.run_program("models", "show", "two.json", "--models", "m", "-o", "two.json", code=2)  # there is none
        self.assertFalse((self.folder / "two.json").exists())
        # Now it is a file, and files go before names.
        done = self.run_program("models", "show", "two", "--models", "m", "-o", "two", code=2)
        self.assertIn("--output two: " + OVER.format("network"), done.stderr)

    def test_another_file_of_the_models_folder_may_be_written(self):
        self.run_program("models", "show", "two", "--models", "m", "--json", "-o", "m/recipes/mine.json")
        self.assertEqual(json.loads((self.models / "recipes/mine.json").read_text())["name"], "small")


if __name__ == "__main__":
    unittest.main()
