"""A checkpoint folder as plain arrays, read in milliseconds and without any framework.

Importing `transformers` takes seconds, which a worker that is started again in the middle of a
game does not have. `ml.model` stays what trains and what `AutoModel` loads; this reads the same
two files of the network `inkling` and folds each batch normalisation into its convolution.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load as load_tensors

from ml.raster import RASTER_VERSION, rasterise

Array = npt.NDArray[np.float32]

WEIGHTS = Path(__file__).parent / "weights"
"""The checkpoint that comes with the game."""

_NORM_EPSILON = 1e-5  # of `torch.nn.BatchNorm2d`
_STRIDE = 2  # of every convolution outside the residual blocks, which have 1


@dataclass(frozen=True, slots=True, eq=False)
class Conv:
    """A folded convolution, then ReLU.

    `weight` is `(out, in, side, side)`, `bias` `(out,)`; the padding is `side // 2`. `opens` a
    residual block, or `closes` one: then what went into the block is added before the ReLU.
    `centre` and `spread`, `(out,)`, are mean and standard deviation of the outputs over the
    training data, as the normalisation had learned them.
    """

    weight: Array
    bias: Array
    stride: int
    opens: bool
    closes: bool
    centre: Array
    spread: Array


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """The network: convolutions, the mean over all places, one dense layer `(labels, in)`."""

    convs: tuple[Conv, ...]
    weight: Array
    bias: Array


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """What a folder holds.

    `labels` are the categories in the order of the outputs; `digest` is the first 16 hex digits
    of the sha256 of the weights file; `temperature` divides the logits before the softmax.
    `layers` is None for a network other than `inkling`.
    """

    folder: Path
    digest: str
    labels: tuple[str, ...]
    side: int
    channels: int
    raster_version: int
    temperature: float
    layers: Layers | None


def read(folder: str | Path) -> Checkpoint:
    """The checkpoint in `folder`.

    Raises `OSError` when there is none and `ValueError` when it is damaged, belongs to another
    raster version or wants pictures that the rasteriser cannot draw.
    """
    folder = Path(folder)
    packed = (folder / "model.safetensors").read_bytes()
    text = (folder / "config.json").read_text("utf-8")
    try:
        config: dict[str, Any] = json.loads(text)
        version = int(config["raster_version"])
        names: dict[str, str] = config["id2label"]
        layers = _layers(load_tensors(packed)) if config["model_type"] == "inkling" else None
        checkpoint = Checkpoint(
            folder=folder,
            digest=hashlib.sha256(packed).hexdigest()[:16],
            labels=tuple(names[str(index)] for index in range(len(names))),
            side=int(config["image_size"]),
            channels=int(config["num_channels"]),
            raster_version=version,
            temperature=float(config["temperature"]),
            layers=layers,
        )
    except KeyError as error:
        msg = f"the checkpoint in {folder} lacks {error}"
        raise ValueError(msg) from error
    except Exception as error:  # safetensors has its own, of no common kind
        msg = f"the checkpoint in {folder} cannot be read: {error}"
        raise ValueError(msg) from error
    if version != RASTER_VERSION:
        msg = (
            f"this network was trained on raster version {version}, "
            f"the program draws version {RASTER_VERSION}"
        )
        raise ValueError(msg)
    rasterise((), side=checkpoint.side, channels=checkpoint.channels)
    if layers is not None and len(layers.weight) != len(checkpoint.labels):
        msg = f"{len(layers.weight)} outputs for {len(checkpoint.labels)} labels in {folder}"
        raise ValueError(msg)
    return checkpoint


def _layers(tensors: Mapping[str, Array]) -> Layers:
    """The layers in the order of `features.N`; KeyError when one is incomplete."""
    places = {int(name.split(".")[1]) for name in tensors if name.startswith("features.")}
    convs: list[Conv] = []
    for place in sorted(places):
        name = f"features.{place}"
        if f"{name}.first.0.weight" in tensors:
            convs.append(_conv(tensors, f"{name}.first", stride=1, opens=True))
            convs.append(_conv(tensors, f"{name}.second", stride=1, closes=True))
        else:
            convs.append(_conv(tensors, name, stride=_STRIDE))
    return Layers(tuple(convs), tensors["classifier.weight"], tensors["classifier.bias"])


def _conv(
    tensors: Mapping[str, Array],
    name: str,
    stride: int,
    *,
    opens: bool = False,
    closes: bool = False,
) -> Conv:
    gain, shift = tensors[f"{name}.1.weight"], tensors[f"{name}.1.bias"]
    mean, variance = tensors[f"{name}.1.running_mean"], tensors[f"{name}.1.running_var"]
    factor = gain / np.sqrt(variance + np.float32(_NORM_EPSILON))
    return Conv(
        weight=tensors[f"{name}.0.weight"] * factor[:, None, None, None],
        bias=shift - mean * factor,
        stride=stride,
        opens=opens,
        closes=closes,
        centre=shift,
        spread=np.abs(gain),
    )
