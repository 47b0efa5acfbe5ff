#!/usr/bin/env python3
"""Generates the two faces of the instruction set from isa/sat_isa.json.

usage: generate_isa.py ISA.json --cpp OUT.hpp --sv OUT.sv

OUT.sv also holds the package of the control registers, from sat_registers.json beside ISA.json.
"""
import argparse
import json
import os
import re

import generate_registers
from generate_registers import camel, write


def cpp_vector(vector):
    operations = vector["operations"]
    out = ["namespace vec {",
           f"inline constexpr int kCmemRows = {vector['cmem_rows']};  // rows of each bank of the coefficient memory",
           f"inline constexpr int kSfuSlots = {vector['sfu_slots']};  // slots of a division or square root",
           "enum class Operation : std::uint8_t {"]
    out += [f"    {camel(op['name'])} = {op['code']},  // {op['doc']}: {op['operands']}" for op in operations]
    out += ["};", "struct OperationCost {", "    std::string_view name;", "    int slots;   // of VEC_BLOCK cycles, per block",
            "    int writes;  // slots that write VMEM", "};",
            f"inline constexpr std::array<OperationCost, {len(operations)}> kOperations{{{{"]
    out += [f"    {{\"{op['name']}\", {op['slots']}, {op['writes']}}}," for op in operations]
    return out + ["}};", "}  // namespace vec"]


def cpp(isa, digest):
    out = ["// Generated from isa/sat_isa.json by tools/generate_isa.py; do not edit.", "#pragma once", "",
           "#include <array>", "#include <cstdint>", "#include <string_view>", "", "namespace satsim::isa {", "",
           f"inline constexpr int kVersion = {isa['version']};",
           f"inline constexpr std::uint32_t kDigest = 0x{digest:08X};  // CRC-32 of the definition",
           f"inline constexpr int kInstructionBytes = {isa['instruction_bytes']};",
           f"inline constexpr int kRegisters = {isa['registers']};",
           f"inline constexpr int kRegisterBits = {isa['register_bits']};",
           f"inline constexpr int kSemaphores = {isa['semaphores']};",
           f"inline constexpr int kSemaphoreMax = {2 ** isa['semaphore_bits'] - 1};",
           f"inline constexpr int kLoopDepth = {isa['loop_depth']};", ""]
    out += ["struct Field {", "    int lsb;", "    int width;", "};"]
    for field in isa["fields"]:
        out.append(f"inline constexpr Field k{camel(field['name'])}Field{{{field['lsb']}, {field['width']}}};")
    for field in isa["run_fields"]:
        out.append(f"inline constexpr Field kRun{camel(field['name'])}{{{field['lsb']}, {field['width']}}};"
                   f"  // {field['doc']}")
    out += ["", "enum class Opcode : std::uint8_t {"]
    out += [f"    {camel(op['name'])} = {op['code']},  // {op['doc']}" for op in isa["opcodes"]] + ["};", ""]
    out += [f"inline constexpr int kOpcodes = {len(isa['opcodes'])};",
            f"inline constexpr std::array<std::string_view, {len(isa['opcodes'])}> kOpcodeNames{{"
            + ", ".join(f'"{op["name"]}"' for op in isa["opcodes"]) + "};", ""]
    out += ["enum class Engine : std::uint8_t {"]
    out += [f"    {camel(e['name'])} = {e['id']},  // {e['doc']}" for e in isa["engines"]] + ["};"]
    out += [f"inline constexpr int kEngines = {len(isa['engines'])};",
            f"inline constexpr std::array<std::string_view, {len(isa['engines'])}> kEngineNames{{"
            + ", ".join(f'"{e["name"]}"' for e in isa["engines"]) + "};", ""]
    for engine in isa["engines"]:
        name = engine["name"].lower()
        out += [f"namespace {name} {{", "enum Register : int {"]
        out += [f"    {r['name']} = {i},  // {r['doc']}" for i, r in enumerate(engine["registers"])] + ["};"]
        out.append(f"inline constexpr std::array<std::string_view, {len(engine['registers'])}> kRegisterNames{{"
                   + ", ".join(f'"{r["name"]}"' for r in engine["registers"]) + "};")
        out.append(f"inline constexpr std::array<std::string_view, {len(engine['flags'])}> kFlagNames{{"
                   + ", ".join(f'"{f["name"]}"' for f in engine["flags"]) + "};")
        out += [f"inline constexpr std::uint32_t k{camel(f['name'])} = 1U << {f['bit']};  // {f['doc']}"
                for f in engine["flags"]]
        out += [f"}}  // namespace {name}", ""]
    out += ["namespace timing {"]
    out += [f"inline constexpr int k{camel(t['name'])} = {t['value']};  // {t['doc']}" for t in isa["timing"]]
    out += ["}  // namespace timing", ""]
    out += cpp_vector(isa["vector"]) + ["", "}  // namespace satsim::isa", ""]
    return "\n".join(out)


def sv(isa, digest):
    out = ["// Generated from isa/sat_isa.json by tools/generate_isa.py; do not edit.",
           "/* verilator lint_off UNUSEDPARAM */  // every module uses only its part", "package sat_isa;",
           f"  localparam int unsigned VERSION = {isa['version']};",
           f"  localparam logic [31:0] DIGEST = 32'h{digest:08X};",
           f"  localparam int unsigned REGISTERS = {isa['registers']};",
           f"  localparam int unsigned REGISTER_BITS = {isa['register_bits']};",
           f"  localparam int unsigned SEMAPHORES = {isa['semaphores']};",
           f"  localparam int unsigned SEMAPHORE_BITS = {isa['semaphore_bits']};",
           f"  localparam int unsigned LOOP_DEPTH = {isa['loop_depth']};"]
    for prefix, fields in (("FIELD", isa["fields"]), ("RUN", isa["run_fields"])):
        for field in fields:
            name = field["name"].upper()
            out.append(f"  localparam int unsigned {prefix}_{name}_LSB = {field['lsb']};")
            out.append(f"  localparam int unsigned {prefix}_{name}_WIDTH = {field['width']};")
    out += [f"  localparam logic [7:0] OP_{op['name']} = 8'd{op['code']};  // {op['doc']}" for op in isa["opcodes"]]
    for engine in isa["engines"]:
        name = engine["name"]
        out.append(f"  localparam int unsigned ENGINE_{name} = {engine['id']};")
        out += [f"  localparam int unsigned {name}_R_{r['name'].upper()} = {i};"
                for i, r in enumerate(engine["registers"])]
        out += [f"  localparam int unsigned {name}_F_{f['name']} = {f['bit']};" for f in engine["flags"]]
    out += [f"  localparam int unsigned T_{t['name']} = {t['value']};  // {t['doc']}" for t in isa["timing"]]
    vector = isa["vector"]
    out.append(f"  localparam int unsigned VEC_CMEM_ROWS = {vector['cmem_rows']};")
    out.append(f"  localparam int unsigned VEC_SFU_SLOTS = {vector['sfu_slots']};")
    for op in vector["operations"]:
        out.append(f"  localparam logic [7:0] VEC_OP_{op['name']} = 8'd{op['code']};  // {op['doc']}")
        out.append(f"  localparam int unsigned VEC_SLOTS_{op['name']} = {op['slots']};")
        out.append(f"  localparam int unsigned VEC_WRITES_{op['name']} = {op['writes']};")
    out += ["endpackage", "/* verilator lint_on UNUSEDPARAM */", ""]
    return "\n".join(out)


def check(isa):
    if [op["code"] for op in isa["opcodes"]] != list(range(len(isa["opcodes"]))):
        raise SystemExit("isa: opcode codes must count up from 0")
    if [e["id"] for e in isa["engines"]] != list(range(len(isa["engines"]))):
        raise SystemExit("isa: engine ids must count up from 0")
    if [op["code"] for op in isa["vector"]["operations"]] != list(range(len(isa["vector"]["operations"]))):
        raise SystemExit("isa: vector operation codes must count up from 0")
    for engine in isa["engines"]:
        if len(engine["registers"]) > isa["registers"]:
            raise SystemExit(f"isa: {engine['name']} names more registers than there are")
        for register in engine["registers"]:
            if not re.fullmatch(r"[a-z][a-z0-9_]*", register["name"]):
                raise SystemExit(f"isa: bad register name {register['name']}")


def main():
    import zlib
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("isa")
    parser.add_argument("--cpp", required=True)
    parser.add_argument("--sv", required=True)
    arguments = parser.parse_args()
    with open(arguments.isa, encoding="utf-8") as file:
        isa = json.load(file)
    check(isa)
    digest = zlib.crc32(json.dumps(isa, sort_keys=True).encode())
    write(arguments.cpp, cpp(isa, digest))
    registers = generate_registers.load(os.path.join(os.path.dirname(arguments.isa), "sat_registers.json"))
    write(arguments.sv, sv(isa, digest) + "\n" + generate_registers.sv(registers))


if __name__ == "__main__":
    main()
