#!/usr/bin/env python3
"""Puts the report page together: page.html with style.css, D3 and the scripts in it, as a C++ file.

Usage: embed_page.py --d3 D3.JS --page FOLDER --cpp OUT.CPP SCRIPT.JS ...

Scripts share one scope and are joined in the order given. The page's Content-Security-Policy lets exactly these scripts and
this style run and forbids every request: a page whose data were hostile could still load nothing and run nothing else.
"""
import argparse
import base64
import hashlib
import pathlib

ELEMENT_END = {"script": "</script", "style": "</style"}
LINE = 100  # bytes of the page a line of C++
PIECE = 600 * LINE  # and a literal: ISO C++ promises no more than 65,536


def source_of(text, element, name):
    """Text that may stand in <script> or <style> as it is."""
    if ELEMENT_END[element] in text.lower():
        raise SystemExit(f"{name}: holds {ELEMENT_END[element]}, which would end its element")
    return text


def digest(text):
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def put(page, mark, text):
    if page.count(mark) != 1:
        raise SystemExit(f"page.html: holds {mark} {page.count(mark)} times, expected once")
    return page.replace(mark, text)


def page_of(folder, d3_file, scripts):
    page = (folder / "page.html").read_text()
    style = source_of((folder / "style.css").read_text(), "style", "style.css")
    d3 = source_of(d3_file.read_text(), "script", str(d3_file))
    d3 = "/*\n" + (folder / "license-d3.txt").read_text() + "*/\n" + d3
    own = "\n".join((folder / name).read_text() for name in scripts)
    script = '"use strict";\n(() => {\n' + source_of(own, "script", "the page's scripts") + "\n})();\n"
    policy = (f"default-src 'none'; script-src {digest(d3)} {digest(script)}; style-src {digest(style)}; "
              "base-uri 'none'; form-action 'none'")
    page = put(page, "/*satsim:policy*/", policy)
    page = put(page, "/*satsim:style*/", style)
    page = put(page, "/*satsim:script*/", script)
    return put(page, "/*satsim:d3*/", d3)


def literal(piece):
    """Bytes as a C++ string literal; octal, three digits, so that no escape runs into what follows."""
    plain = lambda byte: 32 <= byte < 127 and byte not in b'"\\?'
    return '"' + "".join(chr(byte) if plain(byte) else f"\\{byte:03o}" for byte in piece) + '"'


def literals(piece):
    # With its length (sv): a compiler that counts half a million characters in a constant expression gives up.
    return "\n    ".join(literal(piece[at:at + LINE]) for at in range(0, len(piece), LINE)) + "sv"


def cpp_of(page):
    data = page.encode()
    pieces = [literals(data[at:at + PIECE]) for at in range(0, len(data), PIECE)]
    return ("// Made by runtime/report/embed_page.py.\n#include \"runtime/report/embedded_page.hpp\"\n\n#include <string_view>\n\n"
            "namespace satsim::report {\nnamespace {\n\nusing namespace std::literals;\n\nconstexpr std::string_view kPieces[] = {\n    " +
            ",\n    ".join(pieces) +
            "};\n\n}  // namespace\n\nstd::string embedded_page() {\n    std::string page;\n"
            "    for (const std::string_view piece : kPieces)\n        page += piece;\n    return page;\n}\n\n"
            "}  // namespace satsim::report\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--d3", type=pathlib.Path, required=True)
    parser.add_argument("--page", type=pathlib.Path, required=True)
    parser.add_argument("--cpp", type=pathlib.Path, required=True)
    parser.add_argument("scripts", nargs="+")
    arguments = parser.parse_args()
    arguments.cpp.write_text(cpp_of(page_of(arguments.page, arguments.d3, arguments.scripts)))


if __name__ == "__main__":
    main()
