#!/usr/bin/env python3
"""Writes docs/reference/ from what the program and the schemas say of themselves.

command-line.md: --help of every command. files.md: the fields of every schema in models/schemas.
Usage: generate_reference.py --program SATSIM [--check]     (--check: exit code 1 when the pages are not current)
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "reference"
NOTE = "<!-- Made by tools/generate_reference.py; `ninja -C build/<preset> reference` writes it anew. -->\n"


def help_of(program, *words):
    done = subprocess.run([program, *words, "--help"], capture_output=True, text=True, check=True)
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def commands_of(text):
    """Names of the subcommands that a help text lists."""
    part = text.split("Subcommands:\n", 1)
    return re.findall(r"^  (\S+)", part[1], re.MULTILINE) if len(part) == 2 else []


def command_pages(program, *words):
    text = help_of(program, *words)
    title = " ".join(("satsim", *words))
    yield f"{'#' * (2 + max(0, len(words) - 1))} {title}\n\n```text\n{text}\n```\n"
    for name in commands_of(text):
        yield from command_pages(program, *words, name)


def command_line(program):
    head = "# Command line\n\n" + NOTE + "\nWhat every command prints with `--help`. Exit codes: 0 done, 1 a check or comparison failed, 2 bad usage or input.\n\n"
    return head + "\n".join(command_pages(program))


FIGURE = {"value", "unit", "source", "verified"}


class Schema:
    """Rows of a schema's fields: JSON pointer with * for names and [] for elements, what it may be, what it says of itself."""

    def __init__(self, document):
        self.document = document
        self.rows = []
        self.open = []  # references that are being followed: a schema may contain itself

    def resolve(self, node):
        merged = {}
        for part in node.get("allOf", []):
            merged |= self.resolve(part)
        if "$ref" in node:
            target = self.document
            for key in node["$ref"].removeprefix("#/").split("/"):
                target = target[key]
            merged |= self.resolve(target)
        merged |= {key: value for key, value in node.items() if key not in ("$ref", "allOf")}
        # What several parts say of one object's fields adds up.
        for part in node.get("allOf", []):
            for key, value in self.resolve(part).get("properties", {}).items():
                merged.setdefault("properties", {})
                merged["properties"] = {key: value} | merged["properties"]
        return merged

    @staticmethod
    def kind(node):
        if "const" in node:
            return f"`{json.dumps(node['const'])}`"
        if "enum" in node:
            return "one of " + ", ".join(f"`{json.dumps(value)}`" for value in node["enum"])
        if "anyOf" in node:
            return " or ".join(dict.fromkeys(Schema.kind(part) for part in node["anyOf"]))
        kind = node.get("type", "anything")
        if isinstance(kind, list):
            kind = " or ".join(kind)
        bounds = [text for key, text in (("minimum", "≥ {}"), ("exclusiveMinimum", "> {}"), ("maximum", "≤ {}"), ("multipleOf", "multiple of {}"),
                                         ("minItems", "at least {} elements"), ("pattern", "matches `{}`"))
                  if key in node for text in [text.format(node[key])]]
        return ", ".join([kind, *bounds])

    def figure_kind(self, fields):
        unit = self.resolve(fields["unit"])
        return f"figure in {unit['const'] if 'const' in unit else 'its unit'}, {self.kind(self.resolve(fields['value']))}"

    def walk(self, node, pointer, required):
        reference = node.get("$ref")
        if reference in self.open:
            return
        if reference:
            self.open.append(reference)
        node = self.resolve(node)
        figure = set(node.get("properties", {})) - {"comment"} == FIGURE
        if pointer:
            kind = self.figure_kind(node["properties"]) if figure else self.kind(node)
            self.rows.append((pointer, kind, "yes" if required else "", node.get("description", "")))
        if figure:
            node = {}
        for alternative in node.get("anyOf", []):
            if alternative.get("type") == "object" or "$ref" in alternative:
                self.fields(self.resolve(alternative), pointer)
        self.fields(node, pointer)
        if reference:
            self.open.pop()

    def fields(self, node, pointer):
        for name, part in node.get("properties", {}).items():
            if name not in ("$schema", "comment"):
                self.walk(part, f"{pointer}/{name}", name in node.get("required", []))
        if isinstance(node.get("additionalProperties"), dict):
            self.walk(node["additionalProperties"], f"{pointer}/*", False)
        if isinstance(node.get("items"), dict):
            self.walk(node["items"], f"{pointer}/[]", False)


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def files():
    text = ("# Files\n\n" + NOTE + "\nThe fields of the JSON files that satsim reads, from `models/schemas/`. A `*` stands for any name, `[]` for every element of an\n"
            "array. `$schema` and `comment` are allowed everywhere. What the fields mean stands in [docs/formats](../formats/).\n"
            "A *figure* is `{\"value\", \"unit\", \"source\", \"verified\"}`: where the value comes from, and whether anyone has checked it.\n")
    for path in sorted((ROOT / "models" / "schemas").glob("*.schema.json")):
        document = json.loads(path.read_text())
        if not document.get("$ref", "#").startswith("#"):
            text += f"\n## {document.get('title', path.stem)}\n\n`models/schemas/{path.name}`: `{document['$ref']}`.\n"
            continue
        schema = Schema(document)
        schema.walk(document, "", True)
        text += f"\n## {document.get('title', path.stem)}\n\n`models/schemas/{path.name}`\n\n| field | value | required | |\n|---|---|---|---|\n"
        text += "".join(f"| `{pointer}` | {cell(kind)} | {required} | {cell(note)} |\n" for pointer, kind, required, note in schema.rows)
    return text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    pages = {"command-line.md": command_line(arguments.program), "files.md": files()}
    stale = []
    for name, text in pages.items():
        path = FOLDER / name
        if arguments.check:
            if not path.exists() or path.read_text() != text:
                stale.append(path)
        else:
            FOLDER.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    for path in stale:
        print(f"{path.relative_to(ROOT)} is not current: tools/generate_reference.py --program {arguments.program}", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
