#!/usr/bin/env python3
"""A SystemVerilog module with the parameters and ports of MODULE.sv whose body is one instance of MODULE_netlist.

A netlist has no parameters; the wrapper takes its place in a design that gives some. Usage: netlist_wrapper.py MODULE.sv OUTPUT
"""
import pathlib
import re
import sys


def main() -> None:
    source, output = map(pathlib.Path, sys.argv[1:])
    module = source.stem
    header = re.search(rf"^module {module}\b.*?^\);\n", source.read_text(), re.DOTALL | re.MULTILINE)
    if header is None:
        sys.exit(f"{source}: has no header of a module {module}, expected one that ends in a line \");\"")
    output.write_text(f"`default_nettype none\n{header.group(0)}  /*verilator no_inline_module*/\n  {module}_netlist unit (.*);\nendmodule\n`default_nettype wire\n")


if __name__ == "__main__":
    main()
