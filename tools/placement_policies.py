#!/usr/bin/env python3
"""How far the placement policies contradict each other: for each network, recipe and pair of machines, the
value of every objective under its own policy beside the best that any policy found. Prints a line for each
contradiction and the largest of each objective. Everything is predicted (--fidelity fast), so that figures of
two programs can be compared.

    python3 tools/placement_policies.py --program build/ci/satsim
"""

import argparse
import json
import subprocess
import sys

NETWORKS = {
    "armor-tiny": ["dense", "bdwp-2:8", "wohg-1", "wohg-3+bdwp-2:8"],
    "resnet9": ["dense", "bdwp-2:8"],
    "vit-cifar": ["dense", "bdwp-2:8"],
    "decoder": ["dense", "bdwp-2:8"],
}
DEVICES = ["gpu-model:h100", "gpu-model:jetson-agx-xavier", "gpu-model:jetson-agx-orin"]
OBJECTIVES = {"time": "seconds", "energy": "energy_j", "edp": "energy_delay_js"}


def mixes(arguments, network, recipe, device):
    """The mix of each policy, or None where the step fits nowhere."""
    found = {}
    for policy in OBJECTIVES:
        command = [arguments.program, "compare", network, "--recipe", recipe, "--baseline", recipe,
                   "--fidelity", "fast", "--target", f"sat,{device},hetero", "--placement", policy, "--json"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            print(f"{network} {recipe} {device}: {done.stderr.strip()[:120]}", file=sys.stderr)
            return None
        found[policy] = json.loads(done.stdout)["targets"][-1]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--program", default="build/ci/satsim")
    arguments = parser.parse_args()
    largest = dict.fromkeys(OBJECTIVES, 0.0)
    for network, recipes in NETWORKS.items():
        for recipe in recipes:
            for device in DEVICES:
                found = mixes(arguments, network, recipe, device)
                if found is None:
                    continue
                for objective, field in OBJECTIVES.items():
                    best = min(found, key=lambda policy: found[policy][field])
                    worse = found[objective][field] / found[best][field] - 1
                    largest[objective] = max(largest[objective], worse)
                    if worse > 0:
                        print(f"{network} {recipe} {device}: {best} is {100 * worse:.4f} % better in "
                              f"{objective} than {objective}", flush=True)
    for objective, worse in largest.items():
        print(f"largest contradiction in {objective}: {100 * worse:.4f} %")


if __name__ == "__main__":
    main()
