"""Write a trained network as one ONNX file with 8-bit weights.

    python -m eval.training.answers.export --weights run/final/final.pt --out models/answer_scorer/model.onnx
    python -m eval.training.answers.export --read models/answer_scorer/model.onnx --out start.pt

Weights are stored as int8 with one scale an output channel (a row, for the word vectors) and a DequantizeLinear;
OpenVINO folds that into its 8-bit matrix product and quantises the activations as it goes. Biases, norms and the last
layer of each head stay in fp32. The graph is written by hand: it has a few hundred nodes, and no exporter's version
changes it.

Inputs: `input_ids` and `token_type_ids` int64 [1, t]; `mask` float32 [1, 1, 1, t], what is added to the attention to
each piece: 0, or a large negative number for one that only fills up (`rag.models.runtime.filled`); `pool` float32
[1, 1 + s, t], whose first row averages the question's pieces and whose others average each sentence's. Outputs, as
logits: `sentences` [1, s] and `answered` [1]. The heads after earlier layers, which only helped the training, are left
out.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from eval.training.answers.network import HEADS, LAYERS, POSITIONS, WIDTH, Network

OPSET = 20
DEPTH = WIDTH // HEADS


class Graph:
    """Collects nodes and constants."""

    def __init__(self, weights: dict[str, NDArray[np.float32]]) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    @classmethod
    def of(cls, network: Network) -> Graph:
        """A graph without nodes that knows a network's weights."""
        return cls({name: value.detach().float().numpy().copy() for name, value in network.state_dict().items()})

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        """Add a constant; returns its name."""
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: Sequence[str], name: str, **attributes: object) -> str:
        """Add a node whose output has its name; returns that."""
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def packed(self, name: str) -> str:
        """A matrix in int8, one scale a row, and its value in fp32."""
        matrix = self.weights[name]
        scale = np.maximum(np.abs(matrix).max(axis=1), 1e-8) / 127
        whole = np.clip(np.rint(matrix / scale[:, None]), -127, 127).astype(np.int8)
        parts = [self.constant(f"{name}.int8", whole), self.constant(f"{name}.scale", scale.astype(np.float32))]
        return self.node("DequantizeLinear", parts, f"{name}.fp32", axis=0)

    def linear(self, states: str, name: str, packed: bool = True) -> str:
        """States @ weight.T + bias."""
        weight = self.packed(f"{name}.weight") if packed else self.constant(name, self.weights[f"{name}.weight"])
        turned = self.node("Transpose", [weight], f"{name}.turned", perm=[1, 0])
        product = self.node("MatMul", [states, turned], f"{name}.product")
        return self.node("Add", [product, self.constant(f"{name}.bias", self.weights[f"{name}.bias"])], f"{name}.out")

    def norm(self, states: str, name: str) -> str:
        """Add a layer's normalisation."""
        parts = [self.constant(f"{name}.{kind}", self.weights[f"{name}.{kind}"]) for kind in ("weight", "bias")]
        return self.node("LayerNormalization", [states, *parts], f"{name}.normed", axis=-1, epsilon=1e-12)


def _embeddings(graph: Graph) -> str:
    whole = graph.weights["words.weight"]
    scale = np.maximum(np.abs(whole).max(axis=1), 1e-8) / 127
    rows = graph.constant("words.int8", np.clip(np.rint(whole / scale[:, None]), -127, 127).astype(np.int8))
    scales = graph.constant("words.scale", scale.astype(np.float32)[:, None])
    words = graph.node("Cast", [graph.node("Gather", [rows, "input_ids"], "words.row")], "words.cast", to=1)
    words = graph.node("Mul", [words, graph.node("Gather", [scales, "input_ids"], "words.row_scale")], "words.vector")
    types = graph.node(
        "Gather", [graph.constant("types.table", graph.weights["types.weight"]), "token_type_ids"], "types.vector"
    )
    shape = graph.node("Shape", ["input_ids"], "shape", start=1, end=2)
    places = graph.node(
        "Slice",
        [
            graph.constant("positions.table", graph.weights["positions.weight"][:POSITIONS]),
            graph.constant("zero", np.array([0], dtype=np.int64)),
            shape,
        ],
        "positions.vector",
    )
    total = graph.node("Add", [graph.node("Add", [words, types], "embedded.words"), places], "embedded")
    return graph.norm(total, "norm")


def _layer(graph: Graph, states: str, number: int) -> str:
    name = f"layers.{number}"
    weight, bias = graph.weights[f"{name}.qkv.weight"], graph.weights[f"{name}.qkv.bias"]
    split = graph.constant(f"{name}.split", np.array([0, 0, HEADS, DEPTH], dtype=np.int64))
    heads = []
    for place, part in enumerate("qkv"):
        rows = slice(place * WIDTH, (place + 1) * WIDTH)
        factor = DEPTH**-0.5 if part == "q" else 1.0
        graph.weights[f"{name}.{part}.weight"] = weight[rows] * np.float32(factor)
        graph.weights[f"{name}.{part}.bias"] = bias[rows] * np.float32(factor)
        parted = graph.node("Reshape", [graph.linear(states, f"{name}.{part}"), split], f"{name}.{part}.heads")
        order = [0, 2, 3, 1] if part == "k" else [0, 2, 1, 3]
        heads.append(graph.node("Transpose", [parted], f"{name}.{part}.order", perm=order))
    scores = graph.node("MatMul", heads[:2], f"{name}.scores")
    shares = graph.node("Softmax", [graph.node("Add", [scores, "mask"], f"{name}.masked")], f"{name}.shares", axis=-1)
    seen = graph.node("MatMul", [shares, heads[2]], f"{name}.seen")
    joined = graph.node("Transpose", [seen], f"{name}.seen.order", perm=[0, 2, 1, 3])
    whole = graph.constant(f"{name}.join", np.array([0, 0, WIDTH], dtype=np.int64))
    read = graph.linear(graph.node("Reshape", [joined, whole], f"{name}.joined"), f"{name}.out")
    states = graph.norm(graph.node("Add", [states, read], f"{name}.sum1"), f"{name}.norm1")
    inner = graph.node("Gelu", [graph.linear(states, f"{name}.up")], f"{name}.gelu")
    outer = graph.linear(inner, f"{name}.down")
    return graph.norm(graph.node("Add", [states, outer], f"{name}.sum2"), f"{name}.norm2")


def encoder(graph: Graph) -> str:
    """Add the encoder; returns the name of its last states, [1, t, width]."""
    states = _embeddings(graph)
    for number in range(LAYERS):
        states = _layer(graph, states, number)
    return states


def _heads(graph: Graph, states: str) -> None:
    name = f"heads.{LAYERS}"
    one = graph.constant(f"{name}.one", np.array([1], dtype=np.int64))
    zero = graph.constant(f"{name}.zero", np.array([0], dtype=np.int64))
    far = graph.constant(f"{name}.far", np.array([1 << 31], dtype=np.int64))
    means = graph.node("MatMul", ["pool", states], f"{name}.means")
    asked = graph.node("Slice", [means, zero, one, one], f"{name}.asked")
    told = graph.node("Slice", [means, one, far, one], f"{name}.told")
    both = graph.node(
        "Concat", [told, graph.node("Mul", [told, asked], f"{name}.agreement")], f"{name}.features", axis=-1
    )
    first = graph.node("Slice", [states, zero, one, one], f"{name}.cls")
    for part, features in (("sentence", both), ("answered", first)):
        hidden = graph.linear(features, f"{name}.{part}.0")
        logits = graph.linear(graph.node("Gelu", [hidden], f"{name}.{part}.gelu"), f"{name}.{part}.3", packed=False)
        axes = [-1] if part == "sentence" else [-1, -2]
        output = "sentences" if part == "sentence" else "answered"
        graph.node("Squeeze", [logits, graph.constant(f"{name}.{part}.axes", np.array(axes, dtype=np.int64))], output)


def build(network: Network) -> onnx.ModelProto:
    """The network as an ONNX model."""
    graph = Graph.of(network)
    _heads(graph, encoder(graph))
    outputs = [
        helper.make_tensor_value_info("sentences", TensorProto.FLOAT, [1, "s"]),
        helper.make_tensor_value_info("answered", TensorProto.FLOAT, [1]),
    ]
    pool = helper.make_tensor_value_info("pool", TensorProto.FLOAT, [1, "r", "t"])
    return assembled("answer_scorer", graph, [pool], outputs)


def assembled(
    name: str, graph: Graph, inputs: Sequence[onnx.ValueInfoProto], outputs: Sequence[onnx.ValueInfoProto]
) -> onnx.ModelProto:
    """A graph as a checked model whose inputs are word pieces, their types, which of them fill up, and `inputs`."""
    pieces = [
        helper.make_tensor_value_info(one, TensorProto.INT64, [1, "t"]) for one in ("input_ids", "token_type_ids")
    ]
    mask = helper.make_tensor_value_info("mask", TensorProto.FLOAT, [1, 1, 1, "t"])
    whole = helper.make_graph(graph.nodes, name, [*pieces, mask, *inputs], list(outputs), graph.constants)
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def read_back(model: onnx.ModelProto) -> dict[str, torch.Tensor]:
    """The weights of an exported model, to go on training from: as the eight bits hold them, without earlier heads."""
    held = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}

    def matrix(name: str) -> NDArray[np.float32]:
        if f"{name}.int8" not in held:
            return np.asarray(held[name], dtype=np.float32)
        return held[f"{name}.int8"].astype(np.float32) * held[f"{name}.scale"].reshape(-1, 1)

    weights: dict[str, NDArray[np.float32]] = {"words.weight": matrix("words")}
    weights |= {f"{name}.weight": held[f"{name}.table"] for name in ("positions", "types")}
    for name in Network().state_dict():
        layer, _, kind = name.rpartition(".")
        if layer.endswith(".qkv"):
            parts = [matrix(f"{layer.removesuffix('qkv')}{part}.{kind}") for part in "qkv"]
            parts[0] = parts[0] * np.float32(DEPTH**0.5)  # the export scales queries
            weights[name] = np.concatenate(parts)
        elif name not in weights and (name in held or f"{name}.int8" in held):
            weights[name] = matrix(name)
        elif layer in held:  # the last of a head, which is not packed
            weights[name] = matrix(layer)
    return {name: torch.from_numpy(np.array(value)) for name, value in weights.items()}


def written(model: onnx.ModelProto, out: Path) -> str:
    """Write a model; returns a line with its size and sha256."""
    content = model.SerializeToString()
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(content)
    return f"{out}: {len(content) / 1e6:.1f} MB, sha256 {hashlib.sha256(content).hexdigest()}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Export and print size and sha256."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--weights", type=Path, nargs="+", help="of several their mean is exported")
    source.add_argument("--read", type=Path, help="an exported model, whose weights are written to go on training from")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    if options.read:
        torch.save(read_back(onnx.load(options.read)), options.out)
        return
    network = Network()
    states = [torch.load(file, weights_only=True) for file in options.weights]
    network.load_state_dict({name: sum(one[name].float() for one in states) / len(states) for name in states[0]})
    print(written(build(network.eval()), options.out))


if __name__ == "__main__":
    main()
