#!/usr/bin/env python3
"""Generates the faces of the control registers from isa/sat_registers.json.

usage: generate_registers.py REGISTERS.json [--cpp OUT.hpp] [--doc OUT.md] [--check-doc FILE.md]

The SystemVerilog package sat_registers is written by generate_isa.py into the same file as sat_isa, so that whoever
reads rtl/ needs one generated file only. --check-doc: exit code 1 when FILE.md is not what --doc would write.
"""
import argparse
import json
import re
import sys

ACCESS = {"r": "read", "w": "write", "rw": "read, write", "rc": "read, cleared by it", "tw": "read, toggle"}


def camel(name):
    return "".join(part.capitalize() for part in name.lower().split("_"))


def load(path):
    """The map with counters as registers, offsets as numbers, and fields everywhere."""
    with open(path, encoding="utf-8") as file:
        registers = json.load(file)
    counters = registers["counters"]
    at = int(counters["offset"], 16)
    plain = registers["registers"]
    for register in plain:
        register["offset"] = int(register["offset"], 16)
        register.setdefault("fields", [])
    registers["counter_registers"] = [
        {"name": c["name"], "offset": at + 8 * i, "bits": 64, "access": "r", "doc": c["doc"], "fields": []}
        for i, c in enumerate(counters["list"])]
    check(registers)
    return registers


def check(registers):
    taken = set()
    names = set()
    for register in registers["registers"] + registers["counter_registers"]:
        name, offset, bits = register["name"], register["offset"], register["bits"]
        if not re.fullmatch(r"[A-Z][A-Z0-9_]*", name) or name in names:
            raise SystemExit(f"registers: bad or repeated name {name}")
        names.add(name)
        if bits not in (32, 64) or offset % (bits // 8) != 0 or offset + bits // 8 > 2 ** registers["address_bits"]:
            raise SystemExit(f"registers: {name} has a bad offset or size")
        words = set(range(offset, offset + bits // 8, 4))
        if words & taken:
            raise SystemExit(f"registers: {name} overlaps another register")
        taken |= words
        used = 0
        for field in register["fields"]:
            mask = ((1 << field["width"]) - 1) << field["lsb"]
            if mask & used or mask >> bits:
                raise SystemExit(f"registers: field {name}.{field['name']} overlaps or is outside")
            used |= mask
            if field["access"] not in ACCESS:
                raise SystemExit(f"registers: field {name}.{field['name']} has an unknown access")
        if register["access"] not in ACCESS:
            raise SystemExit(f"registers: {name} has an unknown access")
    codes = [error["code"] for error in registers["errors"]]
    if sorted(set(codes)) != codes or codes[0] != 0 or codes[-1] > 255:
        raise SystemExit("registers: error codes must rise from 0 and fit 8 bits")


def cpp(registers):
    everything = registers["registers"] + registers["counter_registers"]
    out = ["// Generated from isa/sat_registers.json by tools/generate_registers.py; do not edit.", "#pragma once", "",
           "#include <array>", "#include <cstdint>", "#include <string_view>", "", "namespace satsim::registers {", "",
           f"inline constexpr int kVersion = {registers['version']};",
           f"inline constexpr std::uint32_t kMapBytes = {2 ** registers['address_bits']};", "",
           "// Byte offsets. A 64-bit register has its low word at the offset and its high word 4 bytes after it."]
    for register in everything:
        out.append(f"inline constexpr std::uint32_t k{camel(register['name'])} = 0x{register['offset']:03X};"
                   f"  // {register['doc']}")
    out += ["", "struct Field {", "    int lsb;", "    int width;",
            "    [[nodiscard]] constexpr std::uint32_t of(std::uint32_t value) const {",
            "        return (value >> lsb) & ((1U << width) - 1U);", "    }",
            "    [[nodiscard]] constexpr std::uint32_t mask() const { return ((1U << width) - 1U) << lsb; }", "};"]
    for register in everything:
        for field in register["fields"]:
            out.append(f"inline constexpr Field k{camel(register['name'])}{camel(field['name'])}"
                       f"{{{field['lsb']}, {field['width']}}};  // {field['doc']}")
    out += ["", "enum class Error : std::uint8_t {"]
    out += [f"    {camel(error['name'])} = {error['code']},  // {error['doc']}" for error in registers["errors"]]
    out += ["};", "struct ErrorText {", "    Error error;", "    std::string_view name;", "    std::string_view text;",
            "};", f"inline constexpr std::array<ErrorText, {len(registers['errors'])}> kErrors{{{{"]
    out += [f"    {{Error::{camel(error['name'])}, \"{error['name']}\", \"{error['doc']}\"}},"
            for error in registers["errors"]]
    out += ["}};", "", "// What the engine field of STATUS says beyond the engines of the instruction set.",
            "inline constexpr std::uint32_t kEngineFetch = 4;", "inline constexpr std::uint32_t kEngineNone = 7;", "",
            "struct Counter {", "    std::uint32_t offset;", "    std::string_view name;", "};",
            f"inline constexpr std::array<Counter, {len(registers['counter_registers'])}> kCounters{{{{"]
    out += [f"    {{0x{c['offset']:03X}, \"{c['name']}\"}}," for c in registers["counter_registers"]]
    out += ["}};", "", "// Arguments of the kernel in the order of their numbers.", "struct Argument {",
            "    std::string_view name;", "    std::uint32_t offset;", "    int bytes;",
            "    std::string_view port;  // the AXI master of a pointer, or s_axi_control", "};"]
    arguments = [r for r in registers["registers"] if "argument" in r]
    out.append(f"inline constexpr std::array<Argument, {len(arguments)}> kArguments{{{{")
    out += [f"    {{\"{r['argument']['name']}\", 0x{r['offset']:03X}, {r['bits'] // 8}, \"{r['argument']['port']}\"}},"
            for r in sorted(arguments, key=lambda r: r["argument"]["id"])]
    return "\n".join(out + ["}};", "", "}  // namespace satsim::registers", ""])


def sv(registers):
    bits = registers["address_bits"]
    out = ["// Generated from isa/sat_registers.json by tools/generate_registers.py; do not edit.",
           "/* verilator lint_off UNUSEDPARAM */  // every module uses only its part",
           "/* verilator lint_off DECLFILENAME */  // two packages in one file", "package sat_registers;",
           f"  localparam int unsigned VERSION = {registers['version']};",
           f"  localparam int unsigned ADDRESS_BITS = {bits};",
           f"  localparam int unsigned COUNTERS = {len(registers['counter_registers'])};"]
    for register in registers["registers"] + registers["counter_registers"]:
        out.append(f"  localparam logic [{bits - 1}:0] A_{register['name']} = {bits}'h{register['offset']:03X};")
        for field in register["fields"]:
            name = f"F_{register['name']}_{field['name'].upper()}"
            out.append(f"  localparam int unsigned {name} = {field['lsb']};")
    for i, counter in enumerate(registers["counter_registers"]):
        out.append(f"  localparam int unsigned C_{counter['name']} = {i};")
    for error in registers["errors"]:
        out.append(f"  localparam logic [3:0] E_{error['name']} = 4'd{error['code']};")
    out += ["  localparam logic [2:0] ENGINE_FETCH = 3'd4;", "  localparam logic [2:0] ENGINE_NONE = 3'd7;"]
    return "\n".join(out + ["endpackage", "/* verilator lint_on DECLFILENAME */", "/* verilator lint_on UNUSEDPARAM */", ""])


def doc(registers):
    out = ["<!-- Generated from isa/sat_registers.json by tools/generate_registers.py --doc; do not edit. -->",
           "# Control registers of `sat_top`", "",
           f"Behind `s_axi_control` (AXI4-Lite, 32 bits, {2 ** registers['address_bits']} bytes), map version "
           f"{registers['version']}. A 64-bit register has its low word at the offset given and",
           "its high word 4 bytes after it. Offsets that are not listed read 0 and ignore writes. How to use them: "
           "[top.md](top.md).", "",
           "## Registers", "| offset | name | bits | access | argument | meaning |", "|---|---|---|---|---|---|"]
    for register in registers["registers"]:
        argument = register.get("argument")
        text = f"{argument['id']}: `{argument['name']}`, {argument['port']}" if argument else ""
        out.append(f"| 0x{register['offset']:03X} | {register['name']} | {register['bits']} | "
                   f"{ACCESS[register['access']]} | {text} | {register['doc']} |")
    out += ["", "## Fields", "| register | bits | field | access | meaning |", "|---|---|---|---|---|"]
    for register in registers["registers"]:
        for field in register["fields"]:
            high = field["lsb"] + field["width"] - 1
            where = f"{high}..{field['lsb']}" if field["width"] > 1 else f"{high}"
            out.append(f"| {register['name']} | {where} | {field['name']} | {ACCESS[field['access']]} | "
                       f"{field['doc']} |")
    out += ["", "## Counters", registers["counters"]["doc"][0].upper() + registers["counters"]["doc"][1:] + ". "
            "Read them after the end; during a run the two halves are not of one moment.", "",
            "| offset | name | counts |", "|---|---|---|"]
    out += [f"| 0x{c['offset']:03X} | {c['name']} | {c['doc']} |" for c in registers["counter_registers"]]
    out += ["", "## Errors", "| code | name | meaning | what STATUS, ERROR_PC and ERROR_ADDRESS name |", "|---|---|---|---|"]
    out += [f"| {e['code']} | {e['name']} | {e['doc']} | {e['where']} |" for e in registers["errors"]]
    return "\n".join(out + [""])


def write(path, text):
    try:
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return  # an unchanged file keeps its date, so that nothing is rebuilt
    except OSError:
        pass
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("registers")
    parser.add_argument("--cpp")
    parser.add_argument("--doc")
    parser.add_argument("--check-doc")
    arguments = parser.parse_args()
    registers = load(arguments.registers)
    if arguments.cpp:
        write(arguments.cpp, cpp(registers))
    if arguments.doc:
        write(arguments.doc, doc(registers))
    if arguments.check_doc:
        with open(arguments.check_doc, encoding="utf-8") as file:
            if file.read() != doc(registers):
                print(f"{arguments.check_doc} is not what {arguments.registers} says; write it with --doc",
                      file=sys.stderr)
                sys.exit(1)


if __name__ == "__main__":
    main()
