#!/usr/bin/env python3
"""Generates what packaging SAT as a Vitis kernel needs: kernel.xml, sat_kernel.v and kernel.tcl.

usage: generate_kernel.py --hardware FILE.json [--channels N] OUTPUT_FOLDER

Registers and arguments come from isa/sat_registers.json, sizes from the hardware file by the names of
rtl/synth/blocks.json, ports from rtl/sat_top.sv: nothing is stated twice. A kernel of N channels has the first N
masters, and the arguments of the others are left out.

kernel.xml    what v++ and XRT know of the kernel (UG1393, "Kernel XML"), for package_xo -kernel_xml
sat_kernel.v  Verilog-2001 top: sat_top with its sizes fixed and the absent masters tied off
kernel.tcl    the same facts for the Tcl scripts of rtl/synth/vivado
"""
import argparse
import json
import os
import re
import xml.sax.saxutils

import generate_registers
from generate_registers import write

KERNEL = "sat_kernel"
CONTROL = "s_axi_control"
DATA_BITS = 512
ADDRESS_BITS = 64
VERSION = "1.0"
POINTER = 1  # addressQualifier: an address in global memory; 0 is a scalar
SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
IP_ACCESS = {"r": "read-only", "w": "write-only", "rw": "read-write", "rc": "read-only", "tw": "read-write"}
CONTROL_REGISTERS = ("CTRL", "GIE", "IER", "ISR")


def load_json(*path):
    with open(os.path.join(SOURCE, *path), encoding="utf-8") as file:
        return json.load(file)


def parameters(hardware, channels):
    """Parameters of sat_top in the plan's order, as (name, value)."""
    sizes = dict(hardware["array"], channels=channels)
    return [(name, sizes[field]) for name, field in load_json("rtl", "synth", "blocks.json")["parameters"].items()]


def arguments_of(registers, masters):
    """The registers that are arguments of a kernel with these masters, in the order of their numbers."""
    kept = [r for r in registers["registers"] if "argument" in r and r["argument"]["port"] in masters + [CONTROL]]
    return sorted(kept, key=lambda r: r["argument"]["id"])


def kernel_xml(registers, masters):
    out = ['<?xml version="1.0" encoding="UTF-8"?>',
           "<!-- Generated from isa/sat_registers.json by tools/generate_kernel.py; do not edit. -->",
           '<root versionMajor="1" versionMinor="6">',
           f'  <kernel name="{KERNEL}" language="ip_c" vlnv="satsim:kernel:{KERNEL}:{VERSION}" attributes="" '
           'preferredWorkGroupSizeMultiple="0" workGroupSize="1" interrupt="true" hwControlProtocol="ap_ctrl_hs">',
           "    <ports>",
           f'      <port name="{CONTROL}" mode="slave" range="0x{2 ** registers["address_bits"]:X}" dataWidth="32" '
           'portType="addressable" base="0x0"/>']
    out += [f'      <port name="{m}" mode="master" range="0x{2 ** ADDRESS_BITS - 1:X}" dataWidth="{DATA_BITS}" '
            'portType="addressable" base="0x0"/>' for m in masters]
    out += ["    </ports>", "    <args>"]
    for number, register in enumerate(arguments_of(registers, masters)):
        argument = register["argument"]
        size = register["bits"] // 8
        qualifier = POINTER if argument["port"] in masters else 0
        out.append(f'      <arg name="{argument["name"]}" addressQualifier="{qualifier}" id="{number}" '
                   f'port="{argument["port"]}" size="0x{size:X}" offset="0x{register["offset"]:03X}" '
                   f'type={xml.sax.saxutils.quoteattr(argument["type"])} hostOffset="0x0" hostSize="0x{size:X}"/>')
    return "\n".join(out + ["    </args>", "  </kernel>", "</root>", ""])


def ports_of(top):
    """(direction, range, name) of every port of a module whose port list has one port a line."""
    body = top[top.index("\n) (\n") + len("\n) (\n"):top.index("\n);\n")]
    ports = []
    for line in body.splitlines():
        line = re.sub(r"/\*.*?\*/|//.*", "", line).strip().rstrip(",")
        if not line:
            continue
        found = re.fullmatch(r"(input|output)\s+(?:wire\s+)?logic\s+(\[\d+:0\])?\s*(\w+)", line)
        if not found:
            raise SystemExit(f"generate_kernel: rtl/sat_top.sv has a port that is not understood: {line}")
        ports.append(found.groups(default=""))
    return ports


def verilog(registers, hardware, masters):
    with open(os.path.join(SOURCE, "rtl", "sat_top.sv"), encoding="utf-8") as file:
        ports = ports_of(file.read())
    absent = tuple(m + "_" for m in registers["masters"] if m not in masters)
    kept = [p for p in ports if not p[2].startswith(absent)] if absent else ports
    out = ["// Generated from rtl/sat_top.sv by tools/generate_kernel.py; do not edit.",
           f"// SAT as a Vitis kernel: sat_top in the sizes of hardware file {hardware['name']}, {len(masters)} memory channels.",
           "/* verilator lint_off SYMRSVDWORD */  // Vitis asks for the name interrupt",
           "/* verilator lint_off PINCONNECTEMPTY */  // outputs of masters that the kernel does not have",
           "`default_nettype none", f"module {KERNEL} ("]
    out.append(",\n".join(f"    {direction} wire {(width + ' ') if width else ''}{name}"
                          for direction, width, name in kept))
    out += [");", "  sat_top #("]
    out.append(",\n".join(f"      .{name}({value})" for name, value in parameters(hardware, len(masters))))
    out.append("  ) top (")
    lines = []
    for direction, width, name in ports:
        if not absent or not name.startswith(absent):
            lines.append(f"      .{name}({name})")
        elif direction == "input":
            bits = int(width[1:width.index(":")]) + 1 if width else 1
            lines.append(f"      .{name}({bits}'d0)")
        else:
            lines.append(f"      .{name}()")
    return "\n".join(out + [",\n".join(lines), "  );", "endmodule", "`default_nettype wire", ""])


def braces(text):
    """A Tcl word that is taken as it is."""
    if any(c in text for c in "{}\\"):
        raise SystemExit(f"generate_kernel: no braces or backslashes in a description: {text}")
    return "{" + text + "}"


def tcl(registers, hardware, masters):
    shown = [r for r in registers["registers"] if r["name"] in CONTROL_REGISTERS] + arguments_of(registers, masters)
    out = ["# Generated from isa/sat_registers.json, rtl/synth/blocks.json and the hardware file by",
           "# tools/generate_kernel.py; do not edit.",
           f"set kernel(name) {KERNEL}",
           f"set kernel(version) {VERSION}",
           f"set kernel(hardware) {braces(hardware['name'])}",
           f"set kernel(clock_hz) {hardware['clock_hz']}",
           f"set kernel(control) {CONTROL}",
           f"set kernel(masters) {{{' '.join(masters)}}}",
           f"set kernel(range) {2 ** registers['address_bits']}"]
    out += [f"set kernel({name}) {value}" for name, value in parameters(hardware, len(masters))]
    out.append("# Registers of ap_ctrl_hs and arguments: name, offset, bits, access, master or nothing, text, fields (name, lsb, width, access, text).")
    out.append("set kernel(registers) {")
    for r in shown:
        port = r.get("argument", {}).get("port", "")
        fields = " ".join("{" + f"{f['name']} {f['lsb']} {f['width']} {IP_ACCESS[f['access']]} {braces(f['doc'])}" + "}"
                          for f in r["fields"])
        out.append(f"  {{{r['name']} 0x{r['offset']:03X} {r['bits']} {IP_ACCESS[r['access']]} "
                   f"{port if port in masters else '{}'} {braces(r['doc'])} {{{fields}}}}}")
    return "\n".join(out + ["}", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hardware", required=True, help="hardware file, docs/formats/hardware.md")
    parser.add_argument("--channels", type=int, choices=(1, 2, 4), help="instead of the hardware file's")
    parser.add_argument("folder")
    arguments = parser.parse_args()
    registers = generate_registers.load(os.path.join(SOURCE, "isa", "sat_registers.json"))
    with open(arguments.hardware, encoding="utf-8") as file:
        hardware = json.load(file)
    masters = registers["masters"][:arguments.channels or hardware["memory"]["channels"]]
    os.makedirs(arguments.folder, exist_ok=True)
    write(os.path.join(arguments.folder, "kernel.xml"), kernel_xml(registers, masters))
    write(os.path.join(arguments.folder, f"{KERNEL}.v"), verilog(registers, hardware, masters))
    write(os.path.join(arguments.folder, "kernel.tcl"), tcl(registers, hardware, masters))


if __name__ == "__main__":
    main()
