"""kernel.xml, sat_kernel.v and the link configurations against the register map and each other."""
import re
import tempfile
import unittest
import xml.etree.ElementTree

from support import CHANNELS, REGISTERS, SCRIPTS, SMALL, SOURCE, VivadoTest, generate_kernel, needs_verilator, run


def parse(folder):
    kernel = xml.etree.ElementTree.parse(folder / "kernel.xml").getroot().find("kernel")
    return kernel, kernel.find("ports").findall("port"), kernel.find("args").findall("arg")


def link_configuration(path):
    """(section, key, value) of every line; keys repeat."""
    section, entries = "", []
    for line in path.read_text().splitlines():
        line = line.split("#")[0].strip()
        if line.startswith("["):
            section = line.strip("[]")
        elif line:
            entries.append((section, *line.split("=", 1)))
    return entries


class Description(VivadoTest):
    def folder(self, channels):
        folder = self.out / f"channels{channels}"
        generate_kernel(folder, SMALL, channels)
        return folder

    def test_arguments_are_the_registers_of_the_map(self):
        for channels in CHANNELS:
            kernel, ports, arguments = parse(self.folder(channels))
            masters = REGISTERS["masters"][:channels]
            self.assertEqual(kernel.get("hwControlProtocol"), "ap_ctrl_hs")
            self.assertEqual([port.get("name") for port in ports], ["s_axi_control", *masters])
            self.assertEqual([port.get("mode") for port in ports], ["slave"] + ["master"] * channels)
            self.assertEqual(int(ports[0].get("range"), 16), 2 ** REGISTERS["address_bits"])
            self.assertEqual([int(argument.get("id")) for argument in arguments], list(range(len(arguments))))
            wanted = [(r["argument"]["name"], int(r["offset"], 16), r["bits"] // 8, r["argument"]["port"])
                      for r in REGISTERS["registers"] if "argument" in r and r["argument"]["port"] in [*masters, "s_axi_control"]]
            found = [(a.get("name"), int(a.get("offset"), 16), int(a.get("size"), 16), a.get("port")) for a in arguments]
            self.assertEqual(sorted(found), sorted(wanted))
            for argument in arguments:
                self.assertEqual(argument.get("addressQualifier") == "1", argument.get("port") in masters)
                self.assertEqual(argument.get("type") == "void*", argument.get("port") in masters)
        # Of four channels the numbers are those of the map.
        numbers = {r["argument"]["name"]: r["argument"]["id"] for r in REGISTERS["registers"] if "argument" in r}
        self.assertEqual({a.get("name"): int(a.get("id")) for a in arguments}, numbers)

    def test_ports_are_those_of_the_top(self):
        for channels in CHANNELS:
            folder = self.folder(channels)
            kernel, ports, _ = parse(folder)
            text = (folder / "sat_kernel.v").read_text()
            self.assertEqual(re.findall(r"^module (\w+)", text, re.M), [kernel.get("name")])
            names = re.findall(r"^    (?:input|output) wire (?:\[\d+:0\] )?(\w+),?$", text, re.M)
            plain = {"ap_clk", "ap_rst_n", "interrupt"}
            self.assertLessEqual(plain, set(names))
            prefixes = {re.sub(r"_[a-z]+$", "", name) for name in names if name not in plain}
            self.assertEqual(prefixes, {port.get("name") for port in ports})
            for port in ports:
                width = int(re.search(rf"\[(\d+):0\] {port.get('name')}_wdata\b", text).group(1)) + 1
                self.assertEqual(width, int(port.get("dataWidth")))

    @needs_verilator
    def test_the_top_passes_lint(self):
        for channels in CHANNELS:
            folder = self.folder(channels)
            run("verilator", "--lint-only", "-Wall", f"-I{SOURCE / 'rtl'}", "--top-module", "sat_kernel",
                self.out / "sat_isa.sv", folder / "sat_kernel.v")

    def test_each_master_has_a_bank_of_its_own(self):
        kernel, ports, _ = parse(self.out)
        masters = [port.get("name") for port in ports if port.get("mode") == "master"]
        for file in sorted(SCRIPTS.glob("link_*.cfg")):
            entries = link_configuration(file)
            (instances,) = [value for _, key, value in entries if key == "nk"]
            name, count, instance = instances.split(":")
            self.assertEqual((name, count), (kernel.get("name"), "1"))
            banks = [value.split(":") for _, key, value in entries if key == "sp"]
            self.assertEqual([port for port, _ in banks], [f"{instance}.{master}" for master in masters])
            self.assertEqual(len({bank for _, bank in banks}), len(masters))
            for _, bank in banks:
                self.assertRegex(bank, r"^DDR\[[0-3]\]$")
            self.assertIn(("", "kernel_frequency", "200"), entries)
            self.assertEqual({section for section, _, _ in entries}, {"", "connectivity", "vivado"})


if __name__ == "__main__":
    unittest.main()
