#!/usr/bin/env python3
"""Writes the small ONNX models of tests/unit/onnx/models (Debian: python3-onnx). Usage: make_models.py FOLDER

Every model is what an exporter writes for a piece of a network, weights being one number repeated (of trained.onnx: random
ones). They are committed; the test compares what satsim imports from them with counts worked out by hand.
"""
import pathlib
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper


class Net:
    """Nodes and initializers in order; values are named after the node that makes them."""

    def __init__(self, name, shape, kind=TensorProto.FLOAT):
        self.name, self.nodes, self.weights = name, [], []
        self.input = helper.make_tensor_value_info("x", kind, shape)

    def weight(self, name, *shape):
        self.weights.append(numpy_helper.from_array(numpy.full(shape, 0.5, numpy.float32), name))
        return name

    def constant(self, name, value, dtype=numpy.float32):
        tensor = numpy_helper.from_array(numpy.array(value, dtype), name + ".value")
        self.nodes.append(helper.make_node("Constant", [], [name], name, value=tensor))
        return name

    def add(self, op, inputs, name, outputs=None, **attributes):
        self.nodes.append(helper.make_node(op, inputs, outputs or [name], name, **attributes))
        return name

    def save(self, folder, output, opset=13):
        graph = helper.make_graph(self.nodes, self.name, [self.input], [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
                                  self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], producer_name="satsim tests")
        model.ir_version = 8
        (folder / f"{self.name}.onnx").write_bytes(model.SerializeToString(deterministic=True))


def cnn(folder):
    """Convolution with folded normalisation, strided, depthwise, transposed; pooling that rounds up; classifier on any batch."""
    net = Net("cnn", ["batch", 3, 17, 17])
    net.add("Conv", ["x", net.weight("stem.weight", 8, 3, 3, 3), net.weight("onnx::Conv_7", 8)], "stem", kernel_shape=[3, 3],
            strides=[2, 2], pads=[1, 1, 1, 1])
    net.add("Relu", ["stem"], "relu")
    net.add("MaxPool", ["relu"], "pool", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)
    net.add("Conv", ["pool", net.weight("depth.weight", 8, 1, 3, 5)], "depth", kernel_shape=[3, 5], pads=[2, 2, 2, 2], dilations=[2, 1],
            group=8)
    for i, (name, channels) in enumerate((("gamma", 8), ("beta", 8), ("mean", 8), ("var", 8))):
        net.weight(f"bn.{name}", channels)
    net.add("BatchNormalization", ["depth", "bn.gamma", "bn.beta", "bn.mean", "bn.var"], "bn")
    net.add("ConvTranspose", ["bn", net.weight("up.weight", 8, 6, 4, 4)], "up", kernel_shape=[4, 4], strides=[2, 2], pads=[1, 1, 1, 1])
    net.add("GlobalAveragePool", ["up"], "mean")
    net.add("Shape", ["x"], "shape")
    net.add("Gather", ["shape", net.constant("zero", 0, numpy.int64)], "samples", axis=0)
    net.add("Unsqueeze", ["samples", net.constant("axis0", [0], numpy.int64)], "samples1")
    net.add("Concat", ["samples1", net.constant("rest", [-1], numpy.int64)], "flat_shape", axis=0)
    net.add("Reshape", ["mean", "flat_shape"], "flat")
    net.add("Gemm", ["flat", net.weight("fc.weight", 10, 6), net.weight("fc.bias", 10)], "fc", transB=1)
    net.save(folder, "fc")


def squeeze_excite(folder):
    """SiLU, squeeze-excite with its decomposed hard sigmoid, HardSwish in pieces, a concatenation and a channel shuffle."""
    net = Net("squeeze_excite", [1, 4, 6, 6])
    net.add("Conv", ["x", net.weight("c.weight", 8, 4, 1, 1)], "c", kernel_shape=[1, 1])
    net.add("Sigmoid", ["c"], "s")
    net.add("Mul", ["c", "s"], "silu")
    net.add("ReduceMean", ["silu"], "squeeze", axes=[2, 3], keepdims=1)
    net.add("Conv", ["squeeze", net.weight("e.weight", 8, 8, 1, 1), net.weight("e.bias", 8)], "e", kernel_shape=[1, 1])
    for name, value in (("three", 3.0), ("low", 0.0), ("high", 6.0), ("six", 6.0)):
        net.constant(name, value)
    net.add("Add", ["e", "three"], "e3")
    net.add("Clip", ["e3", "low", "high"], "e6")
    net.add("Div", ["e6", "six"], "gate")
    net.add("Mul", ["silu", "gate"], "gated")
    net.add("Add", ["gated", "three"], "g3")
    net.add("Clip", ["g3", "low", "high"], "g6")
    net.add("Mul", ["gated", "g6"], "gg")
    net.add("Div", ["gg", "six"], "swish")
    net.add("Concat", ["swish", "silu"], "both", axis=1)
    net.add("Reshape", ["both", net.constant("apart", [1, 2, 8, 6, 6], numpy.int64)], "groups")
    net.add("Transpose", ["groups"], "turned", perm=[0, 2, 1, 3, 4])
    net.add("Reshape", ["turned", net.constant("together", [1, 16, 6, 6], numpy.int64)], "shuffled")
    net.add("Split", ["shuffled"], "halves", outputs=["left", "right"], axis=1)
    net.add("Add", ["left", "right"], "sum")
    net.save(folder, "sum")


def transformer(folder, name, einsum):
    """Patches, class token, positions; an encoder layer with everything taken apart, for a batch of 4."""
    t, d, h = 5, 16, 2
    net = Net(name, [4, 3, 8, 8])
    net.add("Conv", ["x", net.weight("patch.weight", d, 3, 4, 4), net.weight("patch.bias", d)], "patch", kernel_shape=[4, 4], strides=[4, 4])
    net.add("Reshape", ["patch", net.constant("grid", [4, d, t - 1], numpy.int64)], "columns")
    net.add("Transpose", ["columns"], "tokens", perm=[0, 2, 1])
    net.add("Expand", [net.weight("class_token", 1, 1, d), net.constant("expand", [4, -1 + 2, d], numpy.int64)], "class")
    net.add("Concat", ["class", "tokens"], "with_class", axis=1)
    net.add("Add", ["with_class", net.weight("positions", 1, t, d)], "embedded")
    # layer normalisation
    net.add("ReduceMean", ["embedded"], "mean", axes=[-1])
    net.add("Sub", ["embedded", "mean"], "centred")
    net.add("Pow", ["centred", net.constant("two", 2.0)], "squared")
    net.add("ReduceMean", ["squared"], "variance", axes=[-1])
    net.add("Add", ["variance", net.constant("epsilon", 1e-5)], "shifted")
    net.add("Sqrt", ["shifted"], "deviation")
    net.add("Div", ["centred", "deviation"], "normalised")
    net.add("Mul", ["normalised", net.weight("ln.weight", d)], "scaled")
    net.add("Add", ["scaled", net.weight("ln.bias", d)], "ln")
    # attention
    net.add("MatMul", ["ln", net.weight("qkv.weight", d, 3 * d)], "qkv0")
    net.add("Add", [net.weight("qkv.bias", 3 * d), "qkv0"], "qkv")
    net.add("Reshape", ["qkv", net.constant("heads", [4, t, 3, h, d // h], numpy.int64)], "heads5")
    net.add("Transpose", ["heads5"], "stacked", perm=[2, 0, 3, 1, 4])
    for i, part in enumerate("qkv"):
        net.add("Gather", ["stacked", net.constant(f"i{i}", i, numpy.int64)], part, axis=0)
    net.add("Mul", ["q", net.constant("factor", 0.35)], "q_scaled")
    if einsum:
        net.add("Einsum", ["q_scaled", "k"], "scores", equation="bhid, bhjd -> bhij")
    else:
        net.add("Transpose", ["k"], "k_turned", perm=[0, 1, 3, 2])
        net.add("MatMul", ["q_scaled", "k_turned"], "scores")
    net.add("Softmax", ["scores"], "attention", axis=-1)
    if einsum:
        net.add("Einsum", ["attention", "v"], "context", equation="bhij,bhjd->bhid")
    else:
        net.add("MatMul", ["attention", "v"], "context")
    net.add("Transpose", ["context"], "merged", perm=[0, 2, 1, 3])
    net.add("Reshape", ["merged", net.constant("flat", [4, t, d], numpy.int64)], "flat_heads")
    net.add("MatMul", ["flat_heads", net.weight("proj.weight", d, d)], "proj")
    net.add("Mul", ["proj", net.weight("layer_scale", d)], "proj_scaled")
    net.add("Add", ["embedded", "proj_scaled"], "residual")
    # GELU
    net.add("Div", ["residual", net.constant("sqrt2", 1.4142135)], "g0")
    net.add("Erf", ["g0"], "g1")
    net.add("Add", ["g1", net.constant("one", 1.0)], "g2")
    net.add("Mul", ["residual", "g2"], "g3")
    net.add("Mul", ["g3", net.constant("half", 0.5)], "gelu")
    net.add("Gather", ["gelu", net.constant("first", 0, numpy.int64)], "class_out", axis=1)
    net.add("Gemm", ["class_out", net.weight("head.weight", 10, d), net.weight("head.bias", 10)], "head", transB=1)
    net.save(folder, "head")


def attention_batch(folder, name, batch):
    """torch's MultiheadAttention, exported for a fixed batch: the samples lie in the middle, then in one axis with the 4 heads."""
    t, d, h = 8, 64, 4
    net = Net(name, [batch, t, d])
    net.add("Transpose", ["x"], "turned", perm=[1, 0, 2])
    for part in "qkv":
        net.add("MatMul", ["turned", net.weight(f"{part}.weight", d, d)], part)
        net.add("Reshape", [part, net.constant(f"{part}.shape", [t, batch * h, d // h], numpy.int64)], f"{part}.heads")
        net.add("Transpose", [f"{part}.heads"], f"{part}.turned", perm=[1, 2, 0] if part == "k" else [1, 0, 2])
    net.add("MatMul", ["q.turned", "k.turned"], "scores")
    net.add("Softmax", ["scores"], "attention", axis=-1)
    net.add("MatMul", ["attention", "v.turned"], "context")
    net.add("Transpose", ["context"], "merged", perm=[1, 0, 2])
    net.add("Reshape", ["merged", net.constant("flat", [t * batch, d], numpy.int64)], "rows")
    net.add("Gemm", ["rows", net.weight("out.weight", d, d), net.weight("out.bias", d)], "out", transB=1)
    net.add("Reshape", ["out", net.constant("apart", [t, batch, d], numpy.int64)], "columns")
    net.add("Transpose", ["columns"], "y", perm=[1, 0, 2])
    net.save(folder, "y")


def batch_mixed(folder):
    """The mean over all samples: no single sample has it."""
    net = Net("batch_mixed", [4, 16])
    net.add("ReduceMean", ["x"], "average", axes=[0], keepdims=1)
    net.add("Sub", ["x", "average"], "centred")
    net.save(folder, "centred")


def output_shape(folder, name, size):
    """A transposed convolution that says how large its output is; 17 is what there is."""
    net = Net(name, [1, 4, 8, 8])
    net.add("ConvTranspose", ["x", net.weight("up.weight", 4, 3, 3, 3)], "up", kernel_shape=[3, 3], strides=[2, 2], output_shape=[size, size])
    net.save(folder, "up")


def contradictory(folder):
    """Attributes that contradict each other: pads beside auto_pad, and a kernel_shape that is not that of the weights."""
    for op, name, attributes in (("Conv", "valid_pads", {"auto_pad": "VALID", "pads": [1, 1, 1, 1], "kernel_shape": [3, 3]}),
                                 ("Conv", "other_kernel", {"kernel_shape": [5, 3]}),
                                 ("ConvTranspose", "other_kernel_up", {"kernel_shape": [5, 3]})):
        net = Net(name, [1, 4, 8, 8])
        net.add(op, ["x", net.weight("weight", 4, 4, 3, 3)], "conv", **attributes)
        net.save(folder, "conv")


def tied(folder):
    """A table of tokens that is the last layer's matrix, too; and one matrix with a bias, which two layers have."""
    net = Net("tied", ["batch", 8], TensorProto.INT64)
    net.add("Gather", [net.weight("table", 65, 64), "x"], "tokens")
    for name in ("first", "second"):
        net.add("MatMul", ["tokens" if name == "first" else "first.biased", net.weight("fc.weight", 64, 64) if name == "first" else "fc.weight"], name)
        net.add("Add", [name, net.weight(f"{name}.bias", 64)], f"{name}.biased")
    net.add("Transpose", ["table"], "turned", perm=[1, 0])
    net.add("MatMul", ["second.biased", "turned"], "head")
    net.save(folder, "head")


def alone(folder, name, op, **attributes):
    """An operator that computes nothing."""
    net = Net(name, [1, 4, 6, 6])
    net.add(op, ["x"], "same", **attributes)
    net.save(folder, "same")


def factors(folder):
    """Numbers beside a product with a trained matrix, and a reciprocal: work of their own."""
    net = Net("factors", ["batch", 16])
    net.add("MatMul", ["x", net.weight("fc.weight", 16, 8)], "fc")
    net.add("Mul", ["fc", net.constant("half", 0.5)], "scaled")
    net.add("Div", [net.constant("one", 1.0), "scaled"], "inverse")
    net.save(folder, "inverse")


def trained(folder):
    """Weights as training leaves them: normally distributed, a quarter of one layer's at 0. Features are flattened before the classifier."""
    generator = numpy.random.default_rng(1)
    net = Net("trained", ["batch", 3, 8, 8])

    def weight(name, *shape):
        values = (generator.standard_normal(shape) / numpy.sqrt(numpy.prod(shape[1:]))).astype(numpy.float32)
        if name == "conv2.weight":
            values[generator.random(shape) < 0.25] = 0
        net.weights.append(numpy_helper.from_array(values, name))
        return name

    net.add("Conv", ["x", weight("conv1.weight", 8, 3, 3, 3), net.weight("conv1.bias", 8)], "conv1", kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    net.add("Relu", ["conv1"], "relu1")
    net.add("MaxPool", ["relu1"], "pool1", kernel_shape=[2, 2], strides=[2, 2])
    net.add("Conv", ["pool1", weight("conv2.weight", 8, 8, 3, 3), net.weight("conv2.bias", 8)], "conv2", kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    net.add("Relu", ["conv2"], "relu2")
    net.add("MaxPool", ["relu2"], "pool2", kernel_shape=[2, 2], strides=[2, 2])
    net.add("Flatten", ["pool2"], "flat")
    net.add("Gemm", ["flat", weight("fc.weight", 10, 32), net.weight("fc.bias", 10)], "fc", transB=1)
    net.save(folder, "fc")


def unknown(folder):
    net = Net("unknown", [1, 4, 6, 6])
    net.add("Relu", ["x"], "relu")
    net.add("NonZero", ["relu"], "odd_one")
    net.add("Cast", ["odd_one"], "cast", to=TensorProto.FLOAT)
    net.save(folder, "cast")


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    cnn(target)
    squeeze_excite(target)
    transformer(target, "transformer", einsum=False)
    transformer(target, "transformer_einsum", einsum=True)
    attention_batch(target, "attention_batch1", 1)
    attention_batch(target, "attention_batch4", 4)
    batch_mixed(target)
    for size in (15, 16, 18):
        output_shape(target, f"output_shape{size}", size)
    contradictory(target)
    tied(target)
    alone(target, "identity", "Identity")
    factors(target)
    trained(target)
    unknown(target)
