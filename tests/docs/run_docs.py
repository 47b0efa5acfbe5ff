#!/usr/bin/env python3
"""Runs every command of the documentation, page by page, as a reader would type them.

A command stands in a fenced block marked `console` (a line that begins with "$ "; what follows is its output) or `sh` (every line;
nothing of what is printed is looked at). A line that ends in a backslash goes on, and so does one with <<'END' up to END. Each page gets an empty folder with links to build/release/satsim,
models and the rest of the checkout, and `satsim` on the search path; its commands run in order, so that later ones see the files
of earlier ones. A comment just above a block changes what is expected of it:

    <!-- docs-test: exit 2 -->                every command of the block ends with this code (default 0)
    <!-- docs-test: output -->                the lines that the block shows are printed, in order; they may be cut on
                                              the right, and "..." stands for lines left out
    <!-- docs-test: skip REASON -->           not run
    <!-- docs-test: skip-lines A, B: REASON -->   not run: lines that contain one of these words

Commands that nobody would run are a mistake: in a block of another language (bash, shell, zsh; lines that begin with "$ "), or in one whose
fence is indented or says more than a language. What is left out is printed with its reason.
Usage: run_docs.py --program SATSIM [PAGE.md ...]     (default: README.md and all of docs/)
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(\w*)$")
MARK = re.compile(r"^<!-- docs-test: (.+) -->$")
SECONDS = 300  # of one command


def here_document_is_open(command):
    """`<<'END'` without its END so far."""
    word = re.search(r"<<'(\w+)'", command)
    return bool(word) and word.group(1) not in command.split("\n")[1:]


class Block:
    def __init__(self, language, mark, line):
        self.language, self.mark, self.line, self.text = language, mark, line, []

    def commands(self):
        """(command, lines of output shown) in order."""
        found = []
        going_on = False
        for text in self.text:
            if going_on:
                found[-1][0] += "\n" + text
            elif self.language == "sh" and text.strip() and not text.startswith("#"):
                found.append([text, []])
            elif self.language == "console" and text.startswith("$ "):
                found.append([text[2:], []])
            elif found and self.language == "console":
                found[-1][1].append(text)
                continue
            going_on = text.endswith("\\") or here_document_is_open(found[-1][0] if found else "")
        return found


def unread_fences(page):
    """Lines that open or close a block for a reader of Markdown, but not for this program."""
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if re.match(r"^\s*(```|~~~)", line) and not FENCE.match(line):
            yield number


def blocks_of(page):
    block, mark = None, ""
    for number, line in enumerate(page.read_text().splitlines(), 1):
        fence = FENCE.match(line)
        if block is not None:
            if line == "```":
                yield block
                block = None
            else:
                block.text.append(line)
        elif fence:
            block, mark = Block(fence.group(1), mark, number), ""
        else:
            match = MARK.match(line)
            mark = match.group(1) if match else (mark if not line.strip() else "")
    if block is not None:
        block.mark = "a fence without an end"  # which is no mark: a fault
        yield block


def shown_is_printed(shown, printed):
    """The lines shown, which may be cut on the right, occur in the output, in this order."""
    lines = iter(line.rstrip() for line in printed.splitlines())
    for want in (line.rstrip() for line in shown):
        if want.strip() and want.strip() != "...":
            if not any(line.startswith(want) for line in lines):
                return want
    return None


def prepare(folder, program):
    (folder / "build" / "release").mkdir(parents=True)
    (folder / "build" / "release" / "satsim").symlink_to(program)
    for name in ("models", "docs", "tools", "tests", "rtl"):
        (folder / name).symlink_to(ROOT / name)


def run_page(page, program):
    """(commands run, commands skipped, faults)."""
    ran, skipped, faults = 0, 0, []
    environment = os.environ | {"PATH": f"{pathlib.Path(program).parent}:{os.environ['PATH']}"}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        prepare(folder, program)
        faults += [f"{page.relative_to(ROOT)}:{number}: a fence that is indented or says more than a language: nobody runs what is in it" for number in unread_fences(page)]
        for block in blocks_of(page):
            place = f"{page.relative_to(ROOT)}:{block.line}"
            if block.language in ("bash", "shell", "zsh", "shell-session"):
                faults.append(f"{place}: fence it as sh or console, or nobody runs it")
            if block.language not in ("sh", "console"):
                if any(line.startswith("$ ") for line in block.text):
                    faults.append(f"{place}: fence it as console, or nobody runs what is behind its \"$ \"")
                continue
            if block.mark.startswith("skip "):
                skipped += len(block.commands())
                for command, _ in block.commands():
                    print(f"{place}: skipped: {command}: {block.mark.removeprefix('skip ')}", flush=True)
                continue
            words, reason, code = [], "", 0
            if block.mark.startswith("skip-lines "):
                listed, _, reason = block.mark.removeprefix("skip-lines ").partition(":")
                words = [w.strip() for w in listed.split(",")]
                if not reason.strip():
                    faults.append(f"{place}: skips lines without saying why, expected \"skip-lines WORDS: REASON\"")
            elif block.mark.startswith("exit "):
                code = int(block.mark.removeprefix("exit "))
            elif block.mark not in ("", "output"):
                faults.append(f"{place}: does not know the mark \"{block.mark}\"")
            unused = set(words)
            for command, shown in block.commands():
                unused -= {word for word in words if word in command}
                if any(word in command for word in words):
                    skipped += 1
                    print(f"{place}: skipped: {command}: {reason.strip()}", flush=True)
                    continue
                started = time.monotonic()
                done = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS)
                ran += 1
                print(f"{place}: {time.monotonic() - started:.1f} s  {command}", flush=True)
                if done.returncode != code:
                    faults.append(f"{place}: {command}: exit code {done.returncode}, expected {code}: {done.stderr.strip()[-400:]}")
                elif block.mark == "output" or block.mark.startswith("exit "):
                    missing = shown_is_printed(shown, done.stdout + done.stderr)
                    if missing is not None:
                        faults.append(f"{place}: {command}: does not print (or not in this order) \"{missing}\"")
            faults += [f"{place}: no command has the word \"{word}\" that is to be skipped" for word in sorted(unused)]
    return ran, skipped, faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True, type=os.path.abspath)
    parser.add_argument("pages", nargs="*", type=lambda p: pathlib.Path(p).resolve())
    arguments = parser.parse_args()
    pages = arguments.pages or [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    ran, skipped, faults = 0, 0, []
    for page in pages:
        counts = run_page(page, arguments.program)
        ran, skipped, faults = ran + counts[0], skipped + counts[1], faults + counts[2]
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{ran} commands of {len(pages)} pages ran, {skipped} are skipped with a reason, {len(faults)} faults")
    return 1 if faults or ran == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
