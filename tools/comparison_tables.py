#!/usr/bin/env python3
"""Rows of tables in the documents that compare machines, printed anew: `mixes` of docs/architecture/placement.md
(where a mix pays), `steps` of docs/architecture/gpu.md (whole steps, predicted over recorded), `recorded` of
docs/architecture/gpu-measured.md (whole steps as the recordings give them, in milliseconds).

    python3 tools/comparison_tables.py mixes --program build/ci/satsim
"""

import argparse
import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
OBJECTIVES = {"time": "seconds", "energy": "energy_j", "edp": "energy_delay_js"}
MIXES = [("armor-tiny", "wohg-3+bdwp-2:8", "wohg-3+dense", ["jetson-agx-orin", "jetson-agx-xavier", "h100"]),
         ("resnet18", "bdwp-2:8", "dense", ["jetson-agx-orin", "jetson-agx-xavier"]),
         ("vit-cifar", "bdwp-2:8", "dense", ["jetson-agx-orin"]),
         ("armor-8b", "wohg-3+recompute+bdwp-2:8", "wohg-3+recompute+dense", ["jetson-agx-orin", "h100"])]
NETWORKS = ["open-qwen2vl", "resnet18", "resnet50", "resnet9", "vgg19", "vit-cifar", "decoder", "mio", "videochat-online"]


def compare(arguments, network, *options):
    done = subprocess.run([arguments.program, "compare", network, "--fidelity", "fast", *options, "--json"],
                          capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def value(result, field):
    return result["seconds"] * result["energy_j"] if field == "energy_delay_js" else result[field]


def mixes(arguments):
    for network, recipe, baseline, devices in MIXES:
        for device in devices:
            cells = []
            for policy, field in OBJECTIVES.items():
                mix = compare(arguments, network, "--recipe", recipe, "--baseline", baseline, "--target",
                              f"sat,gpu-model:{device},hetero", "--placement", policy)["targets"][-1]
                best = min(value(s, field) for s in mix["singles"] if s["fits"])
                without = [value(w, field) for w in mix["without"] if w["target"] == "sat"]
                cells.append(f"{best / value(mix, field):.2f} ({without[0] / value(mix, field):.2f})")
            print(f"| {network}, {recipe} | {device} | {' | '.join(cells)} |", flush=True)


def steps(arguments):
    for network in NETWORKS:
        cells = []
        for folder, device in (("h100-sxm", "h100"), ("h200", "h200")):
            recording = ROOT / "models/traces" / folder / f"{network}.json"
            if not recording.exists():
                cells += ["-", "-"]
                continue
            found = compare(arguments, network, "--recipe", "bdwp-2:8", "--target", f"gpu:{recording},gpu-model:{device}")
            if found is None:  # the prediction refuses what the device's memory does not hold
                cells += ["-", "-"]
                continue
            recorded, predicted = found["targets"]
            cells += [f"{predicted[f] / recorded[f]:.2f}" for f in ("seconds", "energy_j")]
        print(f"| {network} | bdwp-2:8 | {' | '.join(cells)} |", flush=True)


def recorded(arguments):
    for network in [*NETWORKS, "livecc"]:
        cells = []
        for folder in ("h100-sxm", "h200"):
            recording = ROOT / "models/traces" / folder / f"{network}.json"
            for recipe in ("dense", "bdwp-2:8"):
                found = compare(arguments, network, "--recipe", recipe, "--target", f"gpu:{recording}") if recording.exists() else None
                # None too where this recipe of the network was not recorded there.
                cells.append("-" if found is None else f"{1e3 * found['targets'][0]['seconds']:.2f}")
        print(f"| {network} | {' | '.join(cells)} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("table", choices=["mixes", "steps", "recorded"])
    parser.add_argument("--program", default="build/ci/satsim")
    arguments = parser.parse_args()
    {"mixes": mixes, "steps": steps, "recorded": recorded}[arguments.table](arguments)


if __name__ == "__main__":
    main()
