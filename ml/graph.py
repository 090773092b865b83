"""The network as an ONNX file, with weights and values in float32 or in eight bits.

Every operator works on one picture at a time, so that an answer does not depend on who else is in
the batch: the dense layer is a 1x1 convolution for that reason, since a matrix product of one row
is summed in another order than one of many.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ml.checkpoint import Array, Checkpoint, Conv, Layers
from ml.onnx_file import GraphWriter
from ml.quantise import PIXEL, Steps, in_eight_bits, steps

_MIDDLE = np.uint8(128)  # where values of either sign have their zero
_ZERO = np.uint8(0)


def float_graph(checkpoint: Checkpoint) -> bytes:
    """An ONNX file: uint8 pictures `(B, channels, side, side)` to float32 logits `(B, labels)`.

    Raises `ValueError` for a network other than `inkling`.
    """
    layers = _known(checkpoint)
    graph = GraphWriter()
    value = graph.node("Cast", ["pictures"], {"to": 1})  # float32
    value = kept = graph.node("Mul", [value, graph.constant(PIXEL)])
    for conv in layers.convs:
        if conv.opens:
            kept = value
        weight, bias = graph.constant(conv.weight), graph.constant(conv.bias)
        value = graph.node("Conv", [value, weight, bias], _geometry(conv))
        if conv.closes:
            value = graph.node("Add", [value, kept])
        value = graph.node("Relu", [value])
    return _finish(graph, checkpoint, layers, value)


def integer_graph(checkpoint: Checkpoint) -> bytes:
    """`float_graph` in eight bits, all but the mean and the dense layer after it.

    Sums are whole numbers, so every processor that adds them without saturation gets the same.
    """
    layers = _known(checkpoint)
    graph = GraphWriter()
    value = kept = "pictures"
    step = kept_step = PIXEL
    for conv, wanted in zip(layers.convs, steps(layers.convs), strict=True):
        if conv.opens:
            kept, kept_step = value, step
        value = _integer_conv(graph, conv, value, step, wanted)
        step = wanted.output
        if conv.closes:
            summands = [value, *_scale(graph, wanted.sum, _MIDDLE)]
            summands += [kept, *_scale(graph, kept_step, _ZERO)]
            # What is below zero has no eight bits: adding is ReLU, too.
            wants = _scale(graph, step, _ZERO)
            value = graph.node("QLinearAdd", [*summands, *wants], domain="com.microsoft")
    value = graph.node("DequantizeLinear", [value, *_scale(graph, step, _ZERO)])
    return _finish(graph, checkpoint, layers, value)


def _integer_conv(
    graph: GraphWriter, conv: Conv, value: str, step: np.float32, wanted: Steps
) -> str:
    weight, weight_steps = in_eight_bits(conv.weight)
    bias = np.rint(conv.bias / (weight_steps * step)).astype(np.int32)
    inputs = [value, *_scale(graph, step, _ZERO), graph.constant(weight)]
    inputs += [graph.constant(weight_steps), graph.constant(np.zeros(len(weight), np.int8))]
    inputs += (
        _scale(graph, wanted.sum, _MIDDLE) if conv.closes else _scale(graph, wanted.output, _ZERO)
    )
    return graph.node("QLinearConv", [*inputs, graph.constant(bias)], _geometry(conv))


def _finish(graph: GraphWriter, checkpoint: Checkpoint, layers: Layers, value: str) -> bytes:
    pooled = graph.node("GlobalAveragePool", [value])
    weight: Array = layers.weight[:, :, None, None]
    pair = [graph.constant(weight), graph.constant(layers.bias)]
    dense = graph.node("Conv", [pooled, *pair], {"kernel_shape": [1, 1]})
    graph.node("Flatten", [dense], {"axis": 1}, output="logits")
    shape = (checkpoint.channels, checkpoint.side, checkpoint.side)
    return graph.file(shape, (len(checkpoint.labels),))


def _known(checkpoint: Checkpoint) -> Layers:
    if checkpoint.layers is None:
        msg = f"the network in {checkpoint.folder} is not one that can be written as a graph"
        raise ValueError(msg)
    return checkpoint.layers


def _geometry(conv: Conv) -> dict[str, int | Sequence[int]]:
    side = conv.weight.shape[2]
    around = [side // 2] * 4
    return {"kernel_shape": [side, side], "strides": [conv.stride] * 2, "pads": around}


def _scale(graph: GraphWriter, step: np.float32, zero: np.uint8) -> list[str]:
    return [graph.constant(step), graph.constant(zero)]
