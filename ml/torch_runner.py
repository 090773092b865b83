"""The network by PyTorch: on a GPU, and where there is no ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ml.checkpoint import Array, Checkpoint, Layers
from ml.cuda_graphs import CudaGraphs
from ml.raster import Picture

_TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}

Forward = Callable[[Tensor], Tensor]


class TorchRunner:
    """Runs a checkpoint's network on a device, in fp32 or bf16.

    On CUDA batches are padded to one size, which is recorded as a graph and replayed.
    """

    def __init__(self, checkpoint: Checkpoint, device: str, precision: str) -> None:
        self.device = device
        kind = _TYPES[precision]
        place = torch.device(device)
        if checkpoint.layers is None:
            forward = _by_transformers(checkpoint, place, kind)
        else:
            forward = _folded(checkpoint.layers, place, kind)
        self._forward = forward
        self._place = place
        self._graphs: CudaGraphs | None = None
        if place.type == "cuda":
            shape = (checkpoint.channels, checkpoint.side, checkpoint.side)
            self._graphs = CudaGraphs(forward, shape, place)

    def arrange(self, pictures: Picture) -> Picture:
        """`(B, channels, side, side)`, uint8, as they are."""
        return np.ascontiguousarray(pictures)

    def run(self, arranged: Picture) -> Array:
        """Logits `(B, categories)` for arranged pictures."""
        with torch.inference_mode():
            batch = torch.from_numpy(arranged)
            if self._graphs is not None:
                logits = self._graphs.run(batch)
            else:
                logits = self._forward(batch.to(self._place))
            answer: Array = logits.float().cpu().numpy()
        return answer

    def logits(self, pictures: Picture) -> Array:
        """Both together."""
        return self.run(self.arrange(pictures))

    def warm_up(self) -> None:
        """Record the graph, where there is one."""
        if self._graphs is not None:
            with torch.inference_mode():
                self._graphs.record()


def _folded(layers: Layers, device: torch.device, kind: torch.dtype) -> Forward:
    """The network of `ml.model` with its normalisations folded: uint8 pictures to logits."""

    def ready(array: Array) -> Tensor:
        tensor = torch.from_numpy(array).to(device, kind)
        return tensor.contiguous(memory_format=torch.channels_last) if tensor.dim() > 2 else tensor  # noqa: PLR2004 (images have four)

    convs = [(conv, ready(conv.weight), ready(conv.bias)) for conv in layers.convs]
    weight, bias = ready(layers.weight), ready(layers.bias)

    def forward(pictures: Tensor) -> Tensor:
        value = pictures.to(kind).div_(255).contiguous(memory_format=torch.channels_last)
        kept = value
        for conv, kernel, offset in convs:
            if conv.opens:
                kept = value
            value = functional.conv2d(value, kernel, offset, conv.stride, kernel.shape[2] // 2)
            if conv.closes:
                value = value.add_(kept)
            value = value.relu_()
        return functional.linear(value.mean(dim=(2, 3)), weight, bias)

    return forward


def _by_transformers(checkpoint: Checkpoint, device: torch.device, kind: torch.dtype) -> Forward:
    """Any network of `ml.model`, which takes seconds to import."""
    from transformers import AutoModelForImageClassification  # noqa: PLC0415
    from transformers.utils import logging  # noqa: PLC0415

    import ml.model  # noqa: F401, PLC0415 (registers the networks)

    # A bar for 5 MB is noise in a server's log.
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    network: Any = AutoModelForImageClassification.from_pretrained(
        checkpoint.folder, local_files_only=True
    )
    network = network.eval().to(device, kind, memory_format=torch.channels_last)

    def forward(pictures: Tensor) -> Tensor:
        value = pictures.to(kind).div_(255).contiguous(memory_format=torch.channels_last)
        logits: Tensor = network(pixel_values=value).logits
        return logits

    return forward
