"""satsim doctor, completion and manual: complete against --help, and accepted by the shells and by groff."""
import json
import re
import shutil
import subprocess
import unittest

from support import PROGRAM, ProgramTest


def commands_of(help_text):
    """Names in the list of subcommands of a help text."""
    block = help_text.split("Subcommands:")[1] if "Subcommands:" in help_text else ""
    return re.findall(r"^  (\w+) ", block, re.M)


def options_of(help_text):
    block = help_text.split("Options:")[1].split("Subcommands:")[0]
    return set(re.findall(r"^  (?:-\w,)?(--[\w-]+)", block, re.M))


class ShellTest(ProgramTest):
    def tree(self):
        """Help text by path of subcommands: () is the program itself."""
        texts = {(): self.run_program("--help").stdout}
        for path in list(texts):
            for name in commands_of(texts[path]):
                texts[(name,)] = self.run_program(name, "--help").stdout
                for below in commands_of(texts[(name,)]):
                    texts[(name, below)] = self.run_program(name, below, "--help").stdout
        return texts

    def script(self, shell):
        path = self.folder / shell
        self.run_program("completion", shell, "-o", path)
        return path


class Completion(ShellTest):
    def complete_in_bash(self, *words):
        script = self.script("bash")
        line = " ".join(f"'{word}'" for word in ("satsim", *words))
        text = f"source {script}; COMP_WORDS=({line}); COMP_CWORD={len(words)}; _satsim; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        done = subprocess.run(["bash", "-c", text], capture_output=True, text=True, check=True, cwd=self.folder)
        self.assertEqual(done.stderr, "")
        return set(done.stdout.split())

    def test_bash_knows_every_command_and_option(self):
        texts = self.tree()
        self.assertGreater(len(texts), 8)
        for path, text in texts.items():
            found = self.complete_in_bash(*path, "")
            self.assertLessEqual(set(commands_of(text)), found, path)
            self.assertEqual(options_of(text), {word for word in self.complete_in_bash(*path, "--")}, path)

    def test_bash_knows_choices_and_files(self):
        self.assertEqual(self.complete_in_bash("run", "--dataflow", ""), {"os", "ws", "auto"})
        self.assertEqual(self.complete_in_bash("run", "--dataflow", "a"), {"auto"})
        self.write("network.json", {})
        self.assertIn("network.json", self.complete_in_bash("run", "--program", "net"))
        self.assertIn("network.json", self.complete_in_bash("compare", "net"))
        self.assertEqual(self.complete_in_bash("models", "sh"), {"show"})

    @unittest.skipUnless(shutil.which("zsh"), "zsh is missing")
    def test_zsh_reads_its_script(self):
        subprocess.run(["zsh", "-n", self.script("zsh")], check=True)
        text = f"autoload -Uz compinit; compinit -u -d {self.folder}/dump; source {self.script('zsh')}; print $_comps[satsim]; whence -w _satsim_models_show"
        done = subprocess.run(["zsh", "-f", "-c", text], capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout.split(), ["_satsim", "_satsim_models_show:", "function"])

    @unittest.skipUnless(shutil.which("fish"), "fish is missing")
    def test_fish_completes(self):
        script = self.script("fish")

        def complete(line):
            text = f"source {script}; complete -C '{line}'"
            done = subprocess.run(["fish", "--no-config", "-c", text], capture_output=True, text=True, check=True, cwd=self.folder)
            return {entry.split("\t")[0] for entry in done.stdout.splitlines()}

        texts = self.tree()
        self.assertLessEqual(set(commands_of(texts[()])), complete("satsim "))
        self.assertLessEqual(options_of(texts[("compare",)]), complete("satsim compare --"))
        self.assertEqual(complete("satsim run --dataflow "), {"os", "ws", "auto"})

    def test_an_unknown_shell_is_refused(self):
        self.assertIn("shell", self.run_program("completion", "tcsh", code=2).stderr)


class Manual(ShellTest):
    def test_says_what_help_says(self):
        page = self.run_program("manual").stdout.replace("\\-", "-")
        for path, text in self.tree().items():
            for option in options_of(text):
                self.assertIn(f"\\fB{option}\\fR", page, path)
            if path:
                self.assertRegex(page, rf'\.SS "satsim {" ".join(path)}\b')
            for example in re.findall(r"^Example: .*", text, re.M):
                self.assertIn(example, page)
        for section in ("NAME", "SYNOPSIS", "OPTIONS", "COMMANDS", "NOTES"):
            self.assertIn(f"\n.SH {section}\n", page)
        self.assertIn("Exit codes: 0 done", page)

    @unittest.skipUnless(shutil.which("groff"), "groff is missing")
    def test_groff_has_nothing_to_complain_about(self):
        page = self.run_program("manual").stdout
        done = subprocess.run(["groff", "-man", "-Tutf8", "-ww"], input=page, capture_output=True, text=True, check=True)
        self.assertEqual(done.stderr, "")
        self.assertIn("satsim compare", done.stdout.replace("\x1b[1m", "").replace("\x1b[0m", ""))


class Doctor(ShellTest):
    NAMES = ["C++ compiler", "Verilator", "Yosys", "CUDA toolkit", "CUDA device", "OpenBLAS", "MPI", "Chromium", "ONNX", "SQLite", "D3", "XRT"]

    def test_json(self):
        report = self.run_json("doctor")
        self.assertEqual([part["name"] for part in report["parts"]], self.NAMES)
        for part in report["parts"]:
            self.assertIn(part["in_build"], (True, False, None))
            self.assertTrue(part["without"])
            self.assertTrue(part["package"])
            self.assertEqual(bool(part["where"]), part["found"], part)
        xrt = report["parts"][-1]
        known = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "libxrt-dev"], capture_output=True, text=True).stdout
        if xrt["found"] and known:
            self.assertTrue(known.startswith(xrt["version"]) and xrt["version"], xrt)

    def test_parts_of_this_program_need_no_headers(self):
        hidden = ["/usr/include", "/usr/share/nodejs"]
        script = " && ".join([f"(test ! -d {d} || mount -t tmpfs none {d})" for d in hidden] + [f"{PROGRAM} doctor --json"])
        done = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True)
        if done.returncode != 0 and ("unshare" in done.stderr or "mount" in done.stderr):
            self.skipTest("no name space of mounts of one's own here")
        self.assertEqual(done.returncode, 0, done.stderr)
        parts = {part["name"]: part for part in json.loads(done.stdout)["parts"]}
        for name in ("ONNX", "D3", "XRT"):
            self.assertEqual(parts[name]["found"], parts[name]["in_build"], name)
            self.assertEqual(parts[name]["where"], "compiled into this program" if parts[name]["in_build"] else "", name)

    def test_programs_are_found_where_the_search_path_says(self):
        tools = self.folder / "tools"
        tools.mkdir()
        fake = tools / "yosys"
        fake.write_text("#!/bin/sh\necho 'Yosys 7.8.9 (test)'\n")
        fake.chmod(0o755)

        def part(name, path):
            done = subprocess.run([PROGRAM, "doctor", "--json"], capture_output=True, text=True, check=True, env={"PATH": path})
            return next(p for p in json.loads(done.stdout)["parts"] if p["name"] == name)

        found = part("Yosys", str(tools))
        self.assertEqual((found["found"], found["version"], found["where"]), (True, "7.8.9", str(fake)))
        self.assertFalse(part("Yosys", str(self.folder))["found"])
        self.assertFalse(part("Verilator", str(tools))["found"])

    def test_table_names_cost_or_place_of_every_part(self):
        text = self.run_program("doctor").stdout
        for part in self.run_json("doctor")["parts"]:
            line = next(line for line in text.splitlines() if line.startswith(part["name"]))
            self.assertIn(part["package"], line)
            self.assertIn(part["where"] if part["found"] else part["without"], line)


if __name__ == "__main__":
    unittest.main()
