"""Bad input: one line that names the place, exit code 2, earlier results untouched (design.md section 5)."""
import copy
import json
import pathlib
import struct
import unittest
import zlib

from support import SMALL_HARDWARE, SMALL_NETWORK, SOURCE, ProgramTest

SMALL = ["--hardware", SMALL_HARDWARE]


def with_layer(index, **changes):
    layers = copy.deepcopy(SMALL_NETWORK["layers"])
    layers[index] |= changes
    return layers


class BadInput(ProgramTest):
    def refuse(self, *arguments, names=()):
        """The program refuses and says where; what stands in the output file stays."""
        earlier = self.folder / "earlier"
        earlier.write_text("earlier result")
        done = self.run_program(*arguments, code=2)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("satsim: "), done.stderr)
        for name in names:
            self.assertIn(name, done.stderr)
        self.assertEqual(earlier.read_text(), "earlier result")
        self.assertEqual([f.name for f in self.folder.iterdir() if f.name.startswith("earlier")], ["earlier"])
        return done.stderr

    def refuse_network(self, content, *names):
        path = self.write("bad.json", content)
        self.refuse("run", path, *SMALL, "-o", "earlier", names=["bad.json", *names])
        self.refuse("compare", path, *SMALL, "-o", "earlier", names=["bad.json", *names])
        self.refuse("models", "show", path, "-o", "earlier", names=["bad.json", *names])

    def test_malformed_json(self):
        text = json.dumps(SMALL_NETWORK)
        self.refuse_network(text[:-20], "malformed")
        self.refuse_network("", "malformed")
        self.refuse_network(text + "]", "malformed")
        self.refuse_network(b"\xff\xfe\x00", "malformed")
        self.refuse_network("[" * 100000, "malformed")

    def test_unknown_field(self):
        self.refuse_network(SMALL_NETWORK | {"colour": 1}, "colour", "/")
        self.refuse_network(SMALL_NETWORK | {"layers": with_layer(0, twist=2)}, "twist", "/layers/0")

    def test_control_characters_in_names(self):
        """A name may hold a line's end; the message is one line all the same, which refuse() checks."""
        self.refuse_network(SMALL_NETWORK | {"name": "two\nlines"}, "/name", "two\\nlines", "control characters")
        self.refuse_network(SMALL_NETWORK | {"layers": with_layer(0, name="a\nb")}, "/layers/0/name", "a\\nb")
        self.refuse_network(SMALL_NETWORK | {"layers": with_layer(0, name="a\x1b[1mb")}, "/layers/0/name", "\\u001b")
        self.refuse_network(SMALL_NETWORK | {"parameters": {"a\tb": 1}}, "/parameters", "control characters")
        self.refuse_network(SMALL_NETWORK | {"a\nb": 1}, "a\\nb")
        self.refuse("run", "nonex\nist", names=["nonex\\nist"])
        self.refuse("run", "nonex\nist.json", names=["nonex\\nist.json"])
        self.refuse("fl\ny", names=["fl\\ny"])
        self.refuse("run", self.network(), "--fid\nelity", names=["--fid\\nelity"])
        self.refuse("run", self.network(), "--recipe", "den\nse", names=["den\\nse"])
        self.refuse("run", self.network(), "--set", "a\nb=1", names=["a\\nb"])
        bad = pathlib.Path(self.write("bad\nname.json", SMALL_NETWORK | {"batch": 0}))
        self.refuse("run", bad, *SMALL, names=["bad\\nname.json", "/batch"])

    def test_missing_and_mistyped_fields(self):
        self.refuse_network({k: v for k, v in SMALL_NETWORK.items() if k != "layers"}, "layers")
        self.refuse_network(SMALL_NETWORK | {"layers": with_layer(0, out="many")}, "/layers/0/out")
        self.refuse_network(SMALL_NETWORK | {"layers": with_layer(0, out=1e300)}, "/layers/0/out")
        self.refuse_network(SMALL_NETWORK | {"batch": 0}, "/batch")
        self.refuse_network(SMALL_NETWORK | {"layers": {}}, "/layers")

    def test_impossible_shape(self):
        self.refuse_network(SMALL_NETWORK | {"layers": with_layer(0, kernel=64, pad=0)}, "/layers/0")
        self.refuse_network(SMALL_NETWORK | {"layers": with_layer(3, groups=5)}, "/layers/3")
        for sizes in ("0,1,1", "1,1", "1,1,1,1", "a,b,c", "-1,2,3", "16777216,1,1", "99999999999999999999,1,1", ""):
            self.refuse("run", "--gemm=" + sizes, *SMALL, "-o", "earlier")

    def test_a_product_that_does_not_fit(self):
        for command in (["run"], ["run", "--fidelity", "fast"], ["schedule"]):
            for sizes in ("16777215,16777215,16777215", "4000000,4000000,4000000", "1000000,1000000,1000000",
                          "2000000,16384,16384", "16,16777215,16777215", "16777215,16,16777215", "16777215,16777215,16"):
                message = self.refuse(*command, "--gemm", sizes, "-o", "earlier", names=[sizes])
                self.assertTrue("2^62" in message or all(part in message for part in ("GiB", "(A ", ", B ", ", C ")), message)
        # N:M packs B, and that may be what makes it fit.
        self.refuse("schedule", "--gemm", "1024,1048576,49152", names=["GiB"])
        self.run_program("schedule", "--gemm", "1024,1048576,49152", "--nm", "2:8", "--fidelity", "fast")
        # More memory than addresses reach.
        document = self.hardware_document()
        document["memory"]["capacity"]["value"] = 1e13
        large = self.write("large.json", document)
        self.refuse("run", "--gemm", "1000000,1000000,1000000", "--hardware", large, names=["GiB"])
        self.refuse("run", "--gemm", "16777215,16777215,16777215", "--hardware", large, names=["2^62"])

    def test_options_that_would_say_nothing(self):
        product = ["--gemm", "16,16,16", *SMALL]
        for option in (["--recipe", "dense"], ["--batch", 4], ["--set", "a=1"], ["--sample", "mmc4"], ["--no-pregeneration"]):
            for command in ("run", "schedule"):
                self.refuse(command, *product, *option, names=[option[0], "--gemm"])
        for option in (["--layer", "x"], ["--stage", "FF"], ["--part", "x"]):
            self.refuse("schedule", *product, *option, names=[option[0], "--gemm"])
        self.run_program("schedule", *product, "--program", "p.satp")
        for option in (["--fidelity", "fast"], ["--batch", 4], ["--recipe", "dense"], ["--dataflow", "ws"], ["--no-interleave"]):
            self.refuse("run", "--program", "p.satp", *SMALL, *option, names=[option[0], "--program"])
        # The program states its array: what names another is refused, what names the same or none is not.
        self.refuse("run", "--program", "p.satp", "--channels", 4, "-o", "earlier", names=["--channels", "p.satp", "channels 4"])
        self.refuse("run", "--program", "p.satp", "--hardware", "vcu1525-sat32", "-o", "earlier",
                    names=["--hardware vcu1525-sat32", "p.satp", "rows 32"])
        channels = self.hardware_document()["memory"]["channels"]
        self.run_program("run", "--program", "p.satp", *SMALL, "--channels", channels)
        self.run_program("run", "--program", "p.satp")

        step = [self.network(), *SMALL, "--fidelity", "fast"]
        for option in (["--placement", "nofile.json"], ["--placement", "edp"], ["--save-placement", "p.json"]):
            self.refuse("compare", *step, *option, names=[option[0], "--target"])
            self.refuse("compare", *step, "--ablation", *option, names=[option[0], "--target"])
        for command in ("run", "compare"):
            self.refuse(command, *step, "--energy-window", 3, names=["--energy-window", "--target"])
            self.refuse(command, *step, "--energy-window", 3, "--target", "sat", names=["--energy-window", "--target gpu or cpu"])
            for option in (["--channels", 2], ["--memory", "ideal"], ["--dataflow", "ws"], ["--no-interleave"], ["--stall-seed", 3], ["--no-skip"]):
                self.refuse(command, *step, *option, "--target", "gpu-model:h100", names=[option[0], "sat among the targets"])
        self.run_program("compare", *step, "--channels", 1, "--target", "sat@1,gpu-model:h100")
        self.run_program("run", *step, "--no-pregeneration", "--target", "gpu-model:h100")
        self.assertFalse((self.folder / "p.json").exists())
        for option in (["--set", "zzz=1"], ["--sample", "obelics"]):
            self.refuse("reproduce", "--fidelity", "fast", *option, names=[option[0]])
        trace = self.write("x.json", {"traceEvents": []})
        for option in (["--recipe", "dense"], ["--batch", 7], ["--layer", "x"], ["--hardware", SMALL_HARDWARE], ["--fidelity", "fast"], ["--set", "a=1"]):
            self.refuse("trace", "--check", trace, *option, names=[option[0], "--check"])

    def test_no_output_is_written_over_another(self):
        step = [self.network(), *SMALL, "--fidelity", "fast"]
        for command in (["compare", *step], ["run", *step], ["run", "--gemm", "16,16,16", *SMALL]):
            self.refuse(*command, "--trace", "same.json", "--report", "same.json", names=["--report same.json", "--trace"])
            self.refuse(*command, "--json", "-o", "./same.json", "--report", "same.json", names=["--output ./same.json", "--report"])
            self.refuse(*command, "--trace", self.folder / "a" / ".." / "same.json", "-o", "same.json", names=["--output same.json", "--trace"])
        self.refuse("compare", *step, "--target", "sat,hetero", "--save-placement", "same.json", "--trace", "same.json", names=["--trace same.json", "--save-placement"])
        self.refuse("schedule", "--gemm", "16,16,16", *SMALL, "--asm", "--program", "same", "-o", "same", names=["--output same", "--program"])
        self.refuse("reproduce", "--json", "-o", "same.json", "--report", "same.json", names=["--output same.json", "--report"])
        sweep = self.write("s.json", {"name": "s", "base": {"network": self.network(), "hardware": SMALL_HARDWARE, "recipe": "dense"},
                                      "fields": [{"set": "/batch", "values": [1]}]})
        self.refuse("sweep", sweep, "--db", "same", "-o", "same", names=["same", "--db"])
        self.assertEqual({f.name for f in self.folder.iterdir()}, {"small.json", "s.json", "earlier"})

    def test_no_output_is_written_over_what_is_read(self):
        network = self.network()
        (self.folder / "link.json").symlink_to("small.json")
        files = {name: self.write(name, "{}") for name in ("h.json", "r.json", "p.json", "d.json", "rec.json", "t.json", "s.jsonl")}
        for output in ("small.json", "./small.json", network, "link.json"):
            for command in ("run", "compare", "train", "schedule", "trace"):
                self.refuse(command, network, *SMALL, "-o", output, names=["--output " + str(output), "network"])
        self.refuse("run", "link.json", *SMALL, "-o", network, names=["network"])
        self.refuse("models", "show", "small.json:large", "-o", network, names=["network"])
        self.refuse("compare", network, *SMALL, "--report", "small.json", names=["--report small.json", "network"])
        step = ["compare", network, "--fidelity", "fast"]
        for given, output in ((["--hardware", "h.json"], "h.json"), (["--recipe", "dense+r.json"], "r.json"), (["--baseline", "r.json"], "r.json"),
                              (["--target", "sat,hetero", "--placement", "p.json"], "p.json"), (["--sample", "s.jsonl"], "s.jsonl"),
                              (["--target", "sat,gpu:rec.json@2"], "rec.json"), (["--target", "gpu-model:d.json"], "d.json")):
            for option in ("-o", "--trace"):
                self.refuse(*step, *given, option, output, names=[output, given[-2]])
        self.refuse(*step, "--target", "gpu:rec.json,gpu", "--record", "rec.json", names=["--record rec.json", "--target"])
        self.refuse(*step, "--target", "sat,hetero", "--placement", "p.json", "--save-placement", "p.json", names=["--save-placement p.json", "--placement"])
        self.refuse("trace", "--check", "t.json", "--json", "-o", "t.json", names=["--output t.json", "--check"])
        self.refuse("trace", "diff", "t.json#1", "d.json", "-o", "t.json", names=["--output t.json"])
        self.refuse("trace", "import", "t.json", "--rewrite", "t.json", names=["--rewrite t.json"])
        self.refuse("gpu", "fit", "d.json", "rec.json", "--write", "rec.json", names=["--write rec.json", "recordings"])
        self.refuse("hardware", "show", "h.json", "-o", "h.json", names=["--output h.json", "hardware"])
        self.refuse("run", "--program", "t.json", *SMALL, "-o", "t.json", names=["--output t.json", "--program"])
        self.refuse("sweep", "d.json", "--csv", "-o", "d.json", names=["--output d.json", "sweep"])
        self.refuse("models", "import", "d.json", names=["--output d.json", "file"])
        for file in files.values():
            self.assertEqual(pathlib.Path(file).read_text(), "{}")
        self.assertEqual(json.loads((self.folder / "small.json").read_text()), SMALL_NETWORK)

    def test_unsupported_pattern(self):
        for nm in ("3:5", "0:8", "9:8", "2", "2:8:1", "x:y", "2:32", "-1:8"):
            self.refuse("run", "--gemm", "64,64,64", "--nm=" + nm, *SMALL, "-o", "earlier", names=["--nm"])
            self.refuse("run", self.network(), "--recipe", "bdwp-" + nm, *SMALL, "-o", "earlier")
        # 2:16 exists, but this array was built for M up to 8.
        for command in (["run", "--gemm", "64,64,64", "--nm", "2:16"], ["run", self.network(), "--recipe", "bdwp-2:16"],
                        ["schedule", self.network(), "--recipe", "bdwp-2:16"]):
            self.refuse(*command, *SMALL, "-o", "earlier", names=[f"{SMALL_HARDWARE}.json: /array/max_m", "M = 16"])

    def test_bad_recipe(self):
        self.refuse("run", self.network(), "--recipe", "magic", *SMALL, "-o", "earlier", names=["magic"])
        bad = self.write("r.json", {"name": "r", "method": "bdwp"})
        self.refuse("run", self.network(), "--recipe", bad, *SMALL, "-o", "earlier", names=["r.json", "nm"])
        for method in ({}, {"method": "dense"}):
            bad = self.write("r.json", {"name": "r", "nm": "2:8"} | method)
            self.refuse("run", self.network(), "--recipe", bad, *SMALL, "-o", "earlier", names=["r.json: /nm", "dense"])
        bad = self.write("r.json", {"name": "r", "method": "bdwp", "nm": "2:8", "dense_layers": ["nowhere"]})
        self.refuse("run", self.network(), "--recipe", bad, *SMALL, "-o", "earlier", names=["nowhere"])

    def test_bad_hardware(self):
        document = self.hardware_document()
        document["array"]["rows"] = -4
        bad = self.write("h.json", document)
        self.refuse("run", self.network(), "--hardware", bad, "-o", "earlier", names=["h.json", "/array/rows"])
        self.refuse("run", self.network(), "--hardware", "nothing", "-o", "earlier", names=["nothing"])
        self.refuse("run", self.network(), "--hardware", self.folder, "-o", "earlier")
        self.refuse("run", self.network(), *SMALL, "--channels", 3, "-o", "earlier", names=["--channels"])

    def test_a_step_that_does_not_fit(self):
        message = self.refuse("run", "resnet50", "--batch", 65536, *SMALL, "-o", "earlier", names=["GiB", "--batch"])
        self.assertIn("activations", message)

    def test_truncated_program(self):
        whole = self.folder / "p.satp"
        self.run_program("schedule", "--gemm", "16,16,16", "--program", whole, *SMALL)
        content = whole.read_bytes()
        step = max(1, len(content) // 40)
        for length in [*range(0, len(content), step), len(content) - 1]:
            cut = self.write("cut.satp", content[:length])
            self.refuse("run", "--program", cut, *SMALL, "-o", "earlier", names=["cut.satp"])
        flipped = bytearray(content)
        flipped[len(content) // 2] ^= 1
        self.refuse("run", "--program", self.write("cut.satp", bytes(flipped)), *SMALL, "-o", "earlier", names=["cut.satp"])

    def test_program_that_cannot_run(self):
        """Programs that pass as files but would stop or hang the hardware."""
        whole = self.folder / "p.satp"
        self.run_program("schedule", "--gemm", "16,16,16", "--program", whole, *SMALL)
        # Each change keeps length and checksum right.
        instruction = struct.Struct("<Q")
        header = 28 + 15 * 4 + 16
        def changed(find, replace):
            content = bytearray(whole.read_bytes())
            counts = struct.unpack_from("<4I", content, header)
            first = header + 16 + 4
            for at in range(first, first + 8 * counts[0], 8):  # LOAD
                word = instruction.unpack_from(content, at)[0]
                if find(word):
                    instruction.pack_into(content, at, replace(word))
                    break
            else:
                self.fail("no such instruction")
            struct.pack_into("<I", content, len(content) - 4, zlib.crc32(bytes(content[:-4])))
            return self.write("bad.satp", bytes(content))
        definition = json.loads((SOURCE / "isa" / "sat_isa.json").read_text())
        opcode = {o["name"]: o["code"] for o in definition["opcodes"]}
        load = next(e for e in definition["engines"] if e["name"] == "LOAD")
        register = [r["name"] for r in load["registers"]]
        def is_set(name):
            return lambda word: word >> 56 == opcode["SET"] and word >> 48 & 0xFF == register.index(name)
        def value(new):
            return lambda word: word >> 40 << 40 | new
        for name, bad in (("count", 0), ("len", 0), ("dest_kind", 6)):
            program = changed(is_set(name), value(bad))
            self.refuse("run", "--program", program, *SMALL, "-o", "earlier", names=["bad.satp", "LOAD instruction", name])
        program = changed(lambda word: word >> 56 == opcode["WAIT"], lambda word: word | 0xFF)
        self.refuse("run", "--program", program, *SMALL, "-o", "earlier", names=["bad.satp", "deadlock"])

    def test_truncated_trace(self):
        self.run_program("trace", self.network(), *SMALL, "-o", "t.json")
        content = (self.folder / "t.json").read_bytes()
        for length in (0, 1, len(content) // 2, len(content) - 3):
            cut = self.write("cut.json", content[:length])
            self.refuse("trace", "--check", cut, names=["cut.json"])
        self.refuse("trace", "--check", self.write("cut.json", {"traceEvents": [{"ph": "X"}]}),
                    names=["cut.json", "/traceEvents/0"])
        self.refuse("trace", "--check", self.write("cut.json", {"events": []}), names=["traceEvents"])

    def test_report_document(self):
        self.run_program("run", "--gemm", "16,16,16", *SMALL, "--report", "r.json")
        text = (self.folder / "r.json").read_text()
        document = json.loads(text)
        self.refuse("report", self.write("bad.json", text[:-20]), "-o", "earlier.html", names=["bad.json", "malformed"])
        self.refuse("report", self.write("bad.json", document | {"kind": "pie"}), "-o", "earlier.html", names=["bad.json: /kind", "sweep"])
        del document["data"]["layers"][0]["bound"]
        self.refuse("report", self.write("bad.json", document), "-o", "earlier.html", names=["bad.json: /data/layers/0", "\"bound\""])
        self.refuse("report", "none.json", "-o", "earlier.html", names=["none.json"])
        self.refuse("report", "r.json", "-o", "page.pdf", names=["--output page.pdf", ".html"])
        self.refuse("run", "--gemm", "16,16,16", *SMALL, "--report", "none/r.html", names=["none/r.html"])

    def test_bad_usage(self):
        self.refuse()
        self.refuse("fly", names=["fly"])
        self.refuse("models", "fly", names=["fly"])
        self.refuse("run")
        self.refuse("run", self.network(), "--gemm", "1,1,1")
        self.refuse("run", self.network(), "--fidelity", "guess")
        self.refuse("run", self.network(), "--batch", "-3")
        self.refuse("run", self.network(), "--batch", "many")
        self.refuse("run", self.network(), "--dataflow", "rs")
        self.refuse("run", self.network(), "--json", "--csv")
        self.refuse("run", "no-such-network", names=["no-such-network"])
        self.refuse("run", "no/such/file.json", names=["no/such/file.json"])
        self.refuse("run", self.network(), "--models", self.folder, names=["--models"])
        self.refuse("compare")
        self.refuse("trace", self.network(), names=["-o"])
        self.refuse("trace", "resnet9", "--layer", "nosuch", "-o", "t.json", names=["--layer nosuch", "no task"])
        self.refuse("trace", "resnet9", "--layer", "prep.relu", "--stage", "FF", "-o", "t.json", names=["prep.bn applies it"])
        self.refuse("schedule", self.network(), *SMALL, "--asm", names=["tasks"])
        self.refuse("schedule", self.network(), *SMALL, "--layer", "nowhere")
        self.refuse("reproduce", "--channels", "5")

    def test_output_that_cannot_be_written(self):
        self.refuse("run", "--gemm", "8,8,8", *SMALL, "-o", "no/such/folder/out.json", names=["no/such/folder"])


if __name__ == "__main__":
    unittest.main()
