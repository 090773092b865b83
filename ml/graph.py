"""The network as an ONNX file, with weights and values in float32 or in eight bits.

Every operator works on one picture at a time, so that an answer does not depend on who else is in
the batch: the dense layer is a 1x1 convolution for that reason, since a matrix product of one row
is summed in another order than one of many.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from ml.checkpoint import Array, Checkpoint, Conv, Layers
from ml.onnx_file import GraphWriter
from ml.quantise import PIXEL, Steps, in_eight_bits, steps
from ml.raster import Picture

PICTURES = "pictures"
BLOCKS = "blocks"
_MIDDLE = np.uint8(128)  # where values of either sign have their zero
_ZERO = np.uint8(0)


def float_graph(checkpoint: Checkpoint) -> bytes:
    """An ONNX file: uint8 pictures `(B, channels, side, side)` to float32 logits `(B, labels)`.

    Raises `ValueError` for a network other than `inkling`.
    """
    layers = _known(checkpoint)
    graph = GraphWriter()
    value = graph.node("Cast", [PICTURES], {"to": 1})  # float32
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
    Pictures of an even side go in as `in_blocks`, under the name of `BLOCKS`.
    """
    layers = _known(checkpoint)
    graph = GraphWriter()
    first, *others = layers.convs
    halves = checkpoint.side % 2 == 0 and (first.weight.shape[2:], first.stride) == ((5, 5), 2)
    value = graph.node("Transpose", [BLOCKS], {"perm": [0, 3, 1, 2]}) if halves else PICTURES
    kept = value
    step = kept_step = PIXEL
    convs = [over_blocks(first) if halves else first, *others]
    for conv, wanted in zip(convs, steps(layers.convs), strict=True):
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
    half = checkpoint.side // 2
    blocks = (BLOCKS, (half, half, 4 * checkpoint.channels)) if halves else None
    return _finish(graph, checkpoint, layers, value, blocks)


def in_blocks(pictures: Picture) -> Picture:
    """`(B, C, S, S)` as `(B, S/2, S/2, 4C)`: a pixel for each 2x2 block, channel after channel."""
    count, channels, side, _ = pictures.shape
    half = side // 2
    blocks = np.empty((count, half, half, 4 * channels), np.uint8)
    pairs = blocks.view(np.uint16)  # of neighbours in a row, which go together
    rows = np.ascontiguousarray(pictures).view(np.uint16).reshape(count, channels, half, 2, half)
    for channel in range(channels):
        for upper in range(2):
            pairs[..., 2 * channel + upper] = rows[:, channel, :, upper]
    return blocks


def over_blocks(conv: Conv) -> Conv:
    """A 5x5 convolution of stride 2 as one of 3x3 and stride 1 over `in_blocks`: the same sums.

    On two channels ONNX Runtime gathers two bytes at a time, on eight eight: 40 % of the time,
    though 22 of 72 weights are zeros then.
    """
    outputs, inputs, _, _ = conv.weight.shape
    padded = np.pad(conv.weight, [(0, 0), (0, 0), (0, 1), (0, 1)])
    weight = padded.reshape(outputs, inputs, 3, 2, 3, 2).transpose(0, 1, 3, 5, 2, 4)
    return dataclasses.replace(conv, weight=weight.reshape(outputs, 4 * inputs, 3, 3), stride=1)


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


def _finish(
    graph: GraphWriter,
    checkpoint: Checkpoint,
    layers: Layers,
    value: str,
    given: tuple[str, tuple[int, ...]] | None = None,
) -> bytes:
    pooled = graph.node("GlobalAveragePool", [value])
    weight: Array = layers.weight[:, :, None, None]
    pair = [graph.constant(weight), graph.constant(layers.bias)]
    dense = graph.node("Conv", [pooled, *pair], {"kernel_shape": [1, 1]})
    graph.node("Flatten", [dense], {"axis": 1}, output="logits")
    shape = (checkpoint.channels, checkpoint.side, checkpoint.side)
    return graph.file(given or (PICTURES, shape), (len(checkpoint.labels),))


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
