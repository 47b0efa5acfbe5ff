"""`cmake --install` and the Debian package: everything in its place, and the installed program works from there."""
import json
import os
import pathlib
import shutil
import subprocess
import unittest

from support import ProgramTest

BUILD = os.environ["SATSIM_BUILD"]
# Below the prefix.
FILES = ["bin/satsim", "share/satsim/models/networks/resnet9.json", "share/satsim/rtl/sat_top.sv", "share/satsim/rtl/sat_isa.sv",
         "share/doc/satsim/README.md", "share/doc/satsim/docs/card.md", "share/man/man1/satsim.1",
         "share/bash-completion/completions/satsim", "share/zsh/vendor-completions/_satsim", "share/fish/vendor_completions.d/satsim.fish"]


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=500, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout


class Installed(ProgramTest):
    def test_the_installed_program_works_from_its_prefix(self):
        prefix = self.folder / "prefix"
        run("cmake", "--install", BUILD, "--prefix", prefix)
        for file in FILES:
            self.assertTrue((prefix / file).is_file(), file)
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        text = run(prefix / "bin" / "satsim", "compare", "resnet9", "--recipe", "bdwp-2:8", "--baseline", "dense", "--batch", "4",
                   "--json", cwd=elsewhere, env={"PATH": "/usr/bin:/bin"})
        self.assertGreater(json.loads(text)["speedup"], 1)
        # The models are those of the prefix: without them it says what it looked for.
        shutil.rmtree(prefix / "share" / "satsim" / "models")
        done = subprocess.run([prefix / "bin" / "satsim", "compare", "resnet9"], capture_output=True, text=True, cwd=elsewhere)
        self.assertEqual(done.returncode, 2)
        self.assertIn("models", done.stderr)

    @unittest.skipUnless(all(map(shutil.which, ("cpack", "dpkg-shlibdeps", "file"))), "cpack, dpkg-dev or file is missing")
    def test_the_package_names_its_libraries(self):
        run("cpack", "-G", "DEB", "-B", self.folder, cwd=BUILD)
        (package,) = pathlib.Path(self.folder).glob("satsim_*.deb")
        depends = run("dpkg-deb", "-f", package, "Depends")
        for library in ("libc6", "libstdc++6", "libfmt9", "libsystemc"):
            self.assertIn(library, depends)
        names = {line.split()[-1].lstrip("./") for line in run("dpkg-deb", "-c", package).splitlines()}
        self.assertLessEqual({"usr/" + file for file in FILES}, names)


if __name__ == "__main__":
    unittest.main()
