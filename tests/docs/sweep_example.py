#!/usr/bin/env python3
"""The example of docs/formats/report.md: a report document of a sweep, made of another document's origin and machine."""
import json
import sys

document = json.load(open(sys.argv[1]))
del document["timeline"]
document["kind"] = "sweep"
document["title"] = "three arrays, invented figures"
document["data"] = {
    "fields": [{"name": "array", "label": "array", "unit": "", "type": "text"},
               {"name": "seconds", "label": "time of a step", "unit": "s", "type": "number"},
               {"name": "joules", "label": "energy of a step", "unit": "J", "type": "number"}],
    "objectives": [{"field": "seconds", "better": "lower"}, {"field": "joules", "better": "lower"}],
    "points": [{"array": "8x8", "seconds": 4.0, "joules": 9.0, "front": True},
               {"array": "16x16", "seconds": 1.2, "joules": 11.0, "front": True},
               {"array": "16x8", "seconds": 4.4, "joules": 12.0, "front": False}],
}
json.dump(document, sys.stdout)
