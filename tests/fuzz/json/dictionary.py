"""Words of a JSON schema as a libFuzzer dictionary. Usage: dictionary.py SCHEMA"""
import json
import sys


def words(node):
    if isinstance(node, list):
        for item in node:
            yield from words(item)
    elif isinstance(node, dict):
        yield from node.get("properties", {})
        yield from (value for value in node.get("enum", []) if isinstance(value, str))
        for value in node.values():
            yield from words(value)


with open(sys.argv[1]) as file:
    for word in sorted(set(words(json.load(file)))):
        escaped = word.replace("\\", "\\\\").replace('"', '\\"')
        print(f'"\\"{escaped}\\""')
