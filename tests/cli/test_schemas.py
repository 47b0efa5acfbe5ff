"""The schemas of models/schemas take the files that come along and refuse what the program refuses."""
import copy
import json
import unittest

from support import SMALL_HARDWARE, SMALL_NETWORK, SOURCE, ProgramTest

try:
    import jsonschema
except ImportError:
    jsonschema = None

MODELS = SOURCE / "models"


def read(path):
    return json.loads(path.read_text())


@unittest.skipIf(jsonschema is None, "python3-jsonschema is missing")
class Schemas(ProgramTest):
    def refused(self, name, document):
        validator = jsonschema.Draft7Validator(read(MODELS / "schemas" / f"{name}.schema.json"))
        return next(validator.iter_errors(document), None) is not None

    def test_shipped_files_fit(self):
        for folder, name in (("networks", "network"), ("hardware", "hardware"), ("recipes", "recipe")):
            files = sorted((MODELS / folder).glob("*.json"))
            self.assertTrue(files, folder)
            for file in files:
                with self.subTest(file.name):
                    self.assertFalse(self.refused(name, read(file)))

    def test_a_saved_placement_fits(self):
        path = self.folder / "p.json"
        self.run_program("compare", self.network(), "--hardware", SMALL_HARDWARE, "--fidelity", "fast", "--target", "sat,hetero",
                         "--save-placement", path)
        document = read(path)
        self.assertFalse(self.refused("placement", document))
        for change in ({"version": 2}, {"places": []}, {"places": [{"layer": "conv1"}]}, {"places": [{"layer": "conv1", "target": "sat", "stage": "XX"}]}):
            self.assertTrue(self.refused("placement", document | change), change)
            self.run_program("compare", self.network(), "--hardware", SMALL_HARDWARE, "--fidelity", "fast", "--target", "sat,hetero",
                             "--placement", self.write("bad.json", document | change), code=2)

    def test_what_the_program_refuses_the_schema_refuses(self):
        self.assertFalse(self.refused("network", SMALL_NETWORK))
        conv, flatten = 0, 6
        changes = [(conv, {"stride": 0}), (conv, {"kernel": 0}), (conv, {"out": 0}), (conv, {"groups": 0}), (conv, {"pad": -1}),
                   (conv, {"out": None}), (conv, {"kernel": None}), (flatten, {"kind": "activation"}), (flatten, {"kind": "maxpool"}),
                   (flatten, {"kind": "reshape"}), (flatten, {"kind": "reshape", "shape": [16, 0, 1]})]
        for layer, change in changes:
            with self.subTest(change=change):
                document = copy.deepcopy(SMALL_NETWORK)
                document["layers"][layer] |= change
                document["layers"][layer] = {key: value for key, value in document["layers"][layer].items() if value is not None}
                self.assertTrue(self.refused("network", document))
                self.run_program("models", "show", self.write("bad.json", document), code=2)
        document = SMALL_NETWORK | {"batch": 0}
        self.assertTrue(self.refused("network", document))
        self.run_program("models", "show", self.write("bad.json", document), code=2)

    def test_hardware_and_recipes(self):
        hardware = read(MODELS / "hardware" / f"{SMALL_HARDWARE}.json")
        hardware["array"]["rows"] = 0
        self.assertTrue(self.refused("hardware", hardware))
        self.run_program("run", "--gemm", "8,8,8", "--hardware", self.write("h.json", hardware), code=2)
        for change in ({"nm": "2:8", "method": "dense"}, {"nm": "2:8"}, {"method": "bdwp"}, {"method": "bdwp", "nm": "eight"}):
            with self.subTest(change=change):
                recipe = {"name": "r"} | change
                self.assertTrue(self.refused("recipe", recipe))
                self.run_program("run", self.network(), "--recipe", self.write("r.json", recipe), "--hardware", SMALL_HARDWARE, code=2)


if __name__ == "__main__":
    unittest.main()
