"""Exports small torchvision networks with random weights, has satsim import them and compares its file of weights with torch's own.

Usage: torchvision_weights.py SATSIM FOLDER. Prints one line a network; exit code 1 when a parameter is missing, differs in a bit or
is there twice. What satsim documents is worked out here anew, from torch's tensors: docs/formats/weights.md.
"""
import json
import pathlib
import struct
import subprocess
import sys
import warnings

import torch
import torchvision


class Classifier(torch.nn.Module):
    """Features that are flattened before the classifier, as VGG and AlexNet have them; grouped and transposed convolutions."""

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 8, 3, stride=2)
        self.grouped = torch.nn.Conv2d(8, 12, (3, 1), groups=4, bias=False)
        self.norm = torch.nn.BatchNorm2d(12)
        self.up = torch.nn.ConvTranspose2d(12, 6, 2, stride=2, groups=2)
        self.fc = torch.nn.Linear(6 * 10 * 14, 10)

    def forward(self, x):
        return self.fc(torch.flatten(self.up(self.norm(self.grouped(self.conv(x)))), 1))


def networks():
    """Name, model and image."""
    yield "classifier", Classifier(), torch.zeros(1, 3, 16, 16)
    yield "shufflenet_v2_x0_5", torchvision.models.shufflenet_v2_x0_5(weights=None), torch.zeros(1, 3, 64, 64)
    yield "vit", torchvision.models.VisionTransformer(32, 8, 2, 4, 64, 128, num_classes=10), torch.zeros(1, 3, 32, 32)


def read_safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        assert entry["dtype"] == "F32", entry
        tensors[name] = torch.frombuffer(bytearray(data[begin:end]), dtype=torch.float32).reshape(entry["shape"])
    return tensors


def as_documented(model):
    """Tensors of the model by name, in satsim's layout."""
    tensors = {}
    for path, module in model.named_modules():
        prefix = path + "." if path else ""
        for name, tensor in [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]:
            value = tensor.detach()
            if name == "num_batches_tracked":
                continue
            if isinstance(module, torch.nn.modules.conv._ConvNd) and name == "weight":
                transposed = isinstance(module, torch.nn.ConvTranspose2d)
                g = module.groups
                a, b, h, w = value.shape
                value = value.reshape(g, a // g, b, h * w)  # [group][out][in][tap], transposed: [group][in][out][tap]
                value = value.permute(0, 3, 1, 2) if transposed else value.permute(0, 3, 2, 1)
                value = value if g > 1 else value[0]
            elif value.dim() == 2:
                value = value.t()[None]
            elif value.dim() == 3:  # class token, positions: [1][tokens][channels] already
                pass
            tensors[prefix + name] = value
    if isinstance(model, Classifier):  # features of the flattened map: channels innermost
        rows = tensors["fc.weight"].reshape(6, 10, 14, 10)
        tensors["fc.weight"] = rows.permute(1, 2, 0, 3).reshape(1, 840, 10)
    return tensors


def equal(a, b):
    return a.shape == b.shape and torch.equal(a.contiguous().view(torch.int32), b.contiguous().view(torch.int32))


def compare(name, model, written):
    """Every tensor of the framework is in the file once: under its own name, or where the graph has lost it under another."""
    faults = []
    left = dict(written)
    nameless = {}
    for key, value in as_documented(model).items():
        if key in left and equal(left[key], value):
            del left[key]
        else:
            nameless[key] = value
    for key, value in nameless.items():
        found = [other for other, tensor in left.items() if equal(tensor, value)]
        if len(found) == 1:
            del left[found[0]]
        else:
            faults.append(f"{name}: {key} is in the file {len(found)} times")
    return faults + [f"{name}: {key} is no parameter of the model" for key in left]


def main():
    warnings.filterwarnings("ignore")
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    torch.manual_seed(1)
    faults = []
    for name, model, image in networks():
        for tensor in [*model.parameters(), *model.buffers()]:
            if tensor.is_floating_point():
                torch.nn.init.uniform_(tensor, 0.1, 1)
        onnx = folder / f"{name}.onnx"
        torch.onnx.export(model.eval(), image, str(onnx), opset_version=17, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
        done = subprocess.run([program, "models", "import", onnx, "-o", folder / f"{name}.json", "--data", folder / f"{name}.safetensors"],
                              capture_output=True, text=True)
        if done.returncode != 0:
            faults.append(f"{name}: {done.stderr}")
            continue
        written = read_safetensors(folder / f"{name}.safetensors")
        faults += compare(name, model, written)
        print(f"{name}: {len(written)} tensors, {sum(t.numel() for t in written.values())} values")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
