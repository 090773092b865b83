"""Which device trains, and in which precision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

from ml.data import DataError

Precision = Literal["float32", "bf16", "fp16"]


@dataclass(frozen=True)
class Device:
    """`kind` as PyTorch calls it: cpu, cuda or mps; `precision` of what autocast may lower."""

    kind: str
    precision: Precision


def device(wanted: str) -> Device:
    """The device for `auto`, `cpu`, `cuda` or `mps`; raises `DataError` when it is not there.

    bf16 is used where the hardware multiplies it itself; emulated it would be slower than
    float32. CUDA devices without it get fp16, which the Trainer scales; MPS keeps float32, as its
    lower precisions differ between systems.
    """
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    kind = next(kind for kind in there if there[kind]) if wanted == "auto" else wanted
    if not there[kind]:
        msg = f"PyTorch finds no {kind} device here; --device auto takes what there is."
        raise DataError(msg)
    return Device(kind, _precision(kind))


def gpu_adds_bf16() -> bool:
    """Whether the current CUDA device does; on older ones bf16 "works" too, emulated and slowly."""
    adds: bool = torch.cuda.is_bf16_supported(including_emulation=False)
    return adds


def _precision(kind: str) -> Precision:
    if kind == "cuda":
        return "bf16" if gpu_adds_bf16() else "fp16"
    if kind == "cpu" and torch.cpu._is_avx512_bf16_supported():  # noqa: SLF001 (no public question)
        return "bf16"
    return "float32"
