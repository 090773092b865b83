"""In how many bits the network computes, and how that is chosen.

What was tried is in ARCHITECTURE.md and can be tried again with ``python -m tests.bench.engines``.
The choice depends on what a processor can do and never on a stopwatch: the same machine always
judges with the same arithmetic.
"""

from __future__ import annotations

import importlib.util
import platform
from pathlib import Path
from typing import Final

CHOICES: Final = ("auto", "fp32", "bf16", "int8")

# Without these, x86 adds eight-bit products in pairs that saturate at sixteen bits.
_ADDS_BYTES: Final = frozenset({"avx512_vnni", "avx_vnni", "avx512vnni", "asimddp"})
_ADDS_BF16: Final = frozenset({"avx512_bf16", "amx_bf16"})
_GPU_ADDS_BF16: Final = "bf16"


def choose(
    wanted: str, device: str, *, onnx: bool, abilities: frozenset[str], writable: bool
) -> str:
    """fp32, bf16 or int8 for ``wanted``, one of ``CHOICES``.

    ``onnx`` tells whether ONNX Runtime is there, ``abilities`` are those of ``device``, and
    ``writable`` tells whether the network can be written as an ONNX graph. Raises ``ValueError``
    for what cannot be had.
    """
    can_int8 = device == "cpu" and onnx and writable
    if wanted == "int8" and not can_int8:
        message = "int8 needs the CPU, ONNX Runtime and a network of our own kind"
        raise ValueError(message)
    if wanted not in CHOICES:
        message = f"there is no precision {wanted!r}; choose from {', '.join(CHOICES)}"
        raise ValueError(message)
    if wanted != "auto":
        return wanted
    if device.startswith("cuda"):
        return "bf16" if _GPU_ADDS_BF16 in abilities else "fp32"
    if can_int8 and abilities & _ADDS_BYTES:
        return "int8"
    # ONNX Runtime's float32 gives the same answer in any company; bf16 is for where it is missing.
    return "bf16" if device == "cpu" and not onnx and abilities & _ADDS_BF16 else "fp32"


def has_onnx() -> bool:
    """Whether ONNX Runtime is installed."""
    return importlib.util.find_spec("onnxruntime") is not None


def abilities_of(device: str) -> frozenset[str]:
    """What ``device``, as PyTorch calls it, can do: a processor's words, or a GPU's "bf16"."""
    if not device.startswith("cuda"):
        return abilities()
    if importlib.util.find_spec("torch") is None:
        return frozenset()
    import torch  # noqa: PLC0415 - takes a second

    from ml.device import gpu_adds_bf16  # noqa: PLC0415 - likewise

    if not torch.cuda.is_available():
        return frozenset()
    with torch.cuda.device(device):
        return frozenset({_GPU_ADDS_BF16} if gpu_adds_bf16() else ())


def abilities(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """What the processor says it can do, in Linux' words; empty where nobody knows."""
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return frozenset({"asimddp"})  # every Apple processor since the M1
    try:
        text = cpuinfo.read_text("ascii", "replace")
    except OSError:
        return frozenset()
    for line in text.splitlines():
        name, _, words = line.partition(":")
        if name.strip() in {"flags", "Features"}:
            return frozenset(words.split())
    return frozenset()


def judge(model: str) -> tuple[str, str]:
    """Digest of the weights, and precision, in the name of what judged (`Engine.model_hash`).

    Raises ``ValueError`` for a precision that there never was.
    """
    digest, _, named = model.partition("+")
    precision = named or "fp32"
    if precision not in CHOICES[1:]:
        message = f"{model!r} names no way to compute"
        raise ValueError(message)
    return digest, precision
