"""The Tcl scripts of rtl/synth/vivado: whole, running to their end, naming what exists."""
import pathlib
import unittest

from support import REGISTERS, SCRIPTS, SOURCE, VivadoTest, calls_of, needs_tclsh, option, run


@needs_tclsh
class Scripts(VivadoTest):
    def test_every_script_is_whole(self):
        files = sorted([*SCRIPTS.glob("*.tcl"), *SCRIPTS.glob("*.xdc")])
        self.assertGreater(len(files), 3)
        check = self.out / "whole.tcl"
        check.write_text("exit [expr {![info complete [read [open [lindex $argv 0]]]]}]\n")
        for file in files:
            run("tclsh", check, file)
        broken = self.out / "broken.tcl"
        broken.write_text(files[0].read_text() + "\nproc unfinished {} {\n")
        with self.assertRaises(AssertionError):
            run("tclsh", check, broken)

    def test_packaging_takes_every_source_once(self):
        calls, _ = self.record(SCRIPTS / "package_kernel.tcl", self.out, self.out / "sat_kernel.xo")
        (add,) = calls_of(calls, "add_files")
        files = [pathlib.Path(word) for word in add[-1].split()]
        self.assertEqual(len(files), len(set(files)))
        self.assertEqual(sorted(files), sorted([*(SOURCE / "rtl").glob("*.sv"), self.out / "sat_isa.sv", self.out / "sat_kernel.v"]))
        for file in files:
            self.assertTrue(file.is_file(), file)
        self.assertEqual(files[0].name, "sat_isa.sv")  # packages come before those who use them

    def test_packaging_declares_the_registers_of_the_map(self):
        calls, _ = self.record(SCRIPTS / "package_kernel.tcl", self.out, self.out / "sat_kernel.xo")
        found = {}
        for name, _block in calls_of(calls, "ipx::add_register"):
            found[name] = {"fields": {}}
        for words in calls_of(calls, "set_property"):
            if len(words) != 3:
                continue
            key, value, thing = words
            parts = thing.split("|")
            if parts[0] == "ipx::add_register":
                found[parts[1]][key] = value
            elif parts[0] == "ipx::add_field":
                found[parts[3]]["fields"].setdefault(parts[1], {})[key] = value
            elif parts[0] == "ipx::add_register_parameter":
                self.assertEqual(parts[1], "ASSOCIATED_BUSIF")
                found[parts[3]]["master"] = value
        wanted = [r for r in REGISTERS["registers"] if "argument" in r or r["name"] in ("CTRL", "GIE", "IER", "ISR")]
        self.assertEqual(list(found), [r["name"] for r in wanted])
        for register in wanted:
            entry = found[register["name"]]
            self.assertEqual(int(entry["address_offset"], 16), int(register["offset"], 16))
            self.assertEqual(int(entry["size"]), register["bits"])
            master = register.get("argument", {}).get("port")
            self.assertEqual(entry.get("master"), master if master != "s_axi_control" else None)
            fields = {f["name"]: (f["lsb"], f["width"]) for f in register.get("fields", [])}
            self.assertEqual({n: (int(f["bit_offset"]), int(f["bit_width"])) for n, f in entry["fields"].items()}, fields)

    def test_packaging_associates_clock_and_reset_and_writes_the_kernel(self):
        calls, _ = self.record(SCRIPTS / "package_kernel.tcl", self.out, self.out / "sat_kernel.xo")
        associations = calls_of(calls, "ipx::associate_bus_interfaces")
        interfaces = [option(call, "-busif") for call in associations if "-busif" in call]
        self.assertEqual(interfaces, ["s_axi_control", *REGISTERS["masters"]])
        for call in associations:
            self.assertEqual(option(call, "-clock"), "ap_clk")
        self.assertEqual([option(call, "-reset") for call in associations if "-reset" in call], ["ap_rst_n"])
        (xo,) = calls_of(calls, "package_xo")
        self.assertEqual(option(xo, "-kernel_name"), "sat_kernel")
        self.assertEqual(option(xo, "-kernel_xml"), str(self.out / "kernel.xml"))
        self.assertEqual(calls[-1][0], "package_xo")

    def test_a_missing_argument_stops_a_script(self):
        with self.assertRaisesRegex(AssertionError, "expected arguments: FOLDER KERNEL.xo"):
            self.record(SCRIPTS / "package_kernel.tcl", self.out)

    def test_synthesis_alone_uses_the_clock_of_the_hardware_file(self):
        calls, _ = self.record(SCRIPTS / "synthesize.tcl", self.out, "xcvu9p-fsgd2104-2-e", cells=["top"])
        (clock,) = calls_of(calls, "create_clock")
        self.assertEqual(float(option(clock, "-period")), 5.0)
        self.assertEqual(clock[-1], "get_ports|ap_clk")
        (design,) = calls_of(calls, "synth_design")
        self.assertEqual(option(design, "-top"), "sat_kernel")
        self.assertEqual(option(design, "-part"), "xcvu9p-fsgd2104-2-e")
        steps = [call[0] for call in calls if call[0].endswith("_design")]
        self.assertEqual(steps, ["synth_design", "opt_design", "place_design", "phys_opt_design", "route_design"])
        (read,) = calls_of(calls, "read_verilog")
        for file in read[-1].split():
            self.assertTrue(pathlib.Path(file).is_file(), file)

    def test_make_names_commands_and_files_that_exist(self):
        for card in ("u200", "vcu1525"):
            text = run("make", "-n", "xclbin", f"OUT={self.out}", f"CARD={card}", cwd=SCRIPTS)
            for word in text.split():
                if word.startswith(str(SCRIPTS)):
                    self.assertTrue(pathlib.Path(word).is_file(), word)
            self.assertIn(f"--config {SCRIPTS / f'link_{card}.cfg'}", text)
            self.assertIn(f"OPT_DESIGN.TCL.PRE={self.out / 'floorplan.tcl'}", text)
        self.assertTrue((self.out / "floorplan.tcl").is_file())


if __name__ == "__main__":
    unittest.main()
