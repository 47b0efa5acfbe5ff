"""Exports a torchvision network with random weights and counts what torch itself executes.

Usage: torchvision_export.py NETWORK FILE.onnx. Prints {"parameters": ..., "macs": ...} for one sample.
"""
import json
import sys
import warnings

import torch
import torchvision
from torch.utils._python_dispatch import TorchDispatchMode


class Macs(TorchDispatchMode):
    """Multiply-accumulates of convolutions and matrix products, as they reach the dispatcher."""

    total = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        name = function._schema.name.split("::")[1]
        if name == "convolution":
            self.total += out.numel() * args[1][0].numel()
        elif name in ("mm", "bmm"):
            self.total += out.numel() * args[0].shape[-1]
        elif name in ("addmm", "baddbmm"):
            self.total += out.numel() * args[1].shape[-1]
        return out


def main():
    warnings.filterwarnings("ignore")
    name, file = sys.argv[1:]
    options = {"init_weights": False, "aux_logits": False} if name == "googlenet" else {}
    if name.startswith(("fcn_", "deeplabv3_", "lraspp_")):
        options = {"weights_backbone": None}
    model = torchvision.models.get_model(name, weights=None, **options).eval()
    image = torch.zeros(1, 3, 224, 224)
    with Macs() as macs:  # with gradients: attention takes no fused path, whose products would be hidden
        model(image)
    torch.onnx.export(model, image, file, opset_version=17, input_names=["image"], dynamic_axes={"image": {0: "batch"}},
                      training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
    print(json.dumps({"parameters": sum(p.numel() for p in model.parameters()), "macs": macs.total}))


if __name__ == "__main__":
    main()
