#!/usr/bin/env python3
"""Line and toggle coverage of rtl/ from Verilator's counter files.

usage: coverage_report.py DIRECTORY [--markdown FILE] [--least PERCENT] [--uncovered]

Reads every *.dat in DIRECTORY (written by benches that were built with SATSIM_COVERAGE), adds the counters of all
instances and sizes of a module, and prints a table. A *line* is a source line in a procedural block, covered when
one of its statements ran; a *branch* is a block or a side of an if, a case item included, covered when it was
taken; a *toggle* is a bit of a signal, covered when it changed. Exit code 1 when less than PERCENT of all lines is
covered.
"""
import argparse
import collections
import pathlib
import re
import sys


def counters(directory):
    """{(file, kind, place): [count, source lines]} over all files of the directory."""
    points = {}
    files = sorted(pathlib.Path(directory).glob("*.dat"))
    if not files:
        sys.exit(f"coverage_report: {directory}: no counter file")
    for path in files:
        for record in path.read_text(encoding="latin-1").splitlines():
            match = re.fullmatch(r"C '(.*)' (\d+)", record)
            if match is None:
                continue
            field = dict(part.split("\x02", 1) for part in match[1].split("\x01") if part)
            kind = "toggle" if field["page"].startswith("v_toggle") else "branch"
            place = (int(field["l"]), int(field["n"]), field["o"])
            point = points.setdefault((field["f"], kind, place), [0, field.get("S", "")])
            point[0] += int(match[2])
    return points


def source_lines(text):
    """The lines of "3,5-7"."""
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


class Module:
    def __init__(self):
        self.lines = collections.Counter()  # line -> count
        self.branches = {}  # place -> count
        self.toggles = {}


def modules_of(points):
    modules = collections.defaultdict(Module)
    rtl = pathlib.Path(__file__).resolve().parent.parent / "rtl"
    for (file, kind, place), (count, lines) in points.items():
        path = pathlib.Path(file)
        if path.parent.resolve() != rtl:
            continue  # bench tops, the generated package
        module = modules[path.stem]
        if kind == "toggle":
            module.toggles[place] = count
        else:
            module.branches[place] = count
            for line in source_lines(lines):
                module.lines[line] += count
    return modules


def share(counts):
    """(covered, all, text)"""
    covered = sum(1 for count in counts if count)
    total = len(counts)
    return covered, total, f"{100 * covered / total:.1f} % of {total}" if total else "-"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory")
    parser.add_argument("--markdown", help="also write the table as this Markdown file's generated part")
    parser.add_argument("--least", type=float, default=0.0, help="percent of lines that must be covered")
    parser.add_argument("--uncovered", action="store_true", help="name the branches and signals that are not covered")
    arguments = parser.parse_args()
    modules = modules_of(counters(arguments.directory))
    rows = [("module", "lines", "branches", "toggles")]
    totals = Module()
    for name in sorted(modules):
        module = modules[name]
        rows.append((name, *(share(list(c.values()))[2] for c in (module.lines, module.branches, module.toggles))))
        for part in ("lines", "branches", "toggles"):
            getattr(totals, part).update({(name, key): count for key, count in getattr(module, part).items()})
    rows.append(("total", *(share(list(c.values()))[2] for c in (totals.lines, totals.branches, totals.toggles))))
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip())
    if arguments.uncovered:
        for name in sorted(modules):
            for (line, _, what), count in sorted(modules[name].branches.items()):
                if not count:
                    print(f"rtl/{name}.sv:{line}: {what}")
            for what in sorted({re.sub(r"\[.*", "", p[2]) + f" (line {p[0]})" for p, count in modules[name].toggles.items() if not count}):
                print(f"rtl/{name}.sv: toggles of {what}")
    if arguments.markdown:
        table = ["| " + " | ".join(row) + " |" for row in rows]
        table.insert(1, "|---|---|---|---|")
        pathlib.Path(arguments.markdown).write_text("\n".join(table) + "\n", encoding="utf-8")
    covered, total, text = share(list(totals.lines.values()))
    if 100 * covered < arguments.least * total:
        print(f"coverage_report: {text} lines are covered, expected at least {arguments.least} %", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
