"""What computes the network fastest: ``python -m tests.bench.engines``.

The shipped network in every way that is installed: pictures a second at batch 1, 16 and 64 with one
thread and two, how often the top guess is that of float32, how much probability moves, and whether
an answer depends on the rest of its batch. Pure forward pass: pictures in, probabilities out.

``--limit`` seconds after the start no further way is tried; those left out are named.

``--data DIR`` adds top-1 and calibration error on the drawings in DIR; ``--compile`` adds
torch.compile, which needs a C++ compiler and minutes. OpenVINO is measured where it is installed,
ONNX Runtime likewise; the game depends on neither.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from transformers import AutoModelForImageClassification
from transformers.utils import logging

from ml import metrics, trial
from ml.checkpoint import WEIGHTS, Checkpoint, read
from ml.engine import Runner, softmax
from ml.graph import float_graph, integer_graph
from ml.model import GuesserModel
from ml.raster import Picture, rasterise, rasterise_batch, strokes_from_ink
from ml.torch_runner import TorchRunner
from tests.bench.recognition import inks, rate

BATCHES: Final = (1, 16, 64)
THREADS: Final = (1, 2)
_DRAWINGS: Final = 512

Logits = npt.NDArray[np.float32]
Compute = Callable[[Picture], Logits]
Make = Callable[[Checkpoint, int], Compute]


def _of(runner: Runner) -> Compute:
    runner.warm_up()
    return runner.logits


def _torch(precision: str, device: str = "cpu") -> Make:
    return lambda checkpoint, _threads: _of(TorchRunner(checkpoint, device, precision))


def _module(ready: Callable[[torch.nn.Module], Any]) -> Make:
    """The network as `transformers` gives it, in whatever way ``ready`` makes it fast."""

    def make(checkpoint: Checkpoint, _threads: int) -> Compute:
        network = AutoModelForImageClassification.from_pretrained(checkpoint.folder).eval()
        whole = _Plain(network.to(memory_format=torch.channels_last)).eval()
        with torch.inference_mode():
            fast = ready(whole)

        def compute(pictures: Picture) -> Logits:
            with torch.inference_mode():
                values = torch.from_numpy(np.ascontiguousarray(pictures)).float().div_(255)
                logits: Logits = fast(values.contiguous(memory_format=torch.channels_last)).numpy()
            return logits

        return compute

    return make


class _Plain(torch.nn.Module):
    def __init__(self, network: GuesserModel) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.network(pixel_values=pixel_values).logits
        return logits


def _frozen(network: torch.nn.Module) -> Any:
    example = torch.zeros(8, 2, 56, 56).contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        return torch.jit.freeze(torch.jit.trace(network, example))


def _compiled(network: torch.nn.Module) -> Any:
    return torch.compile(network, dynamic=True)


def _onnx(graph: Callable[[Checkpoint], bytes]) -> Make:
    def make(checkpoint: Checkpoint, threads: int) -> Compute:
        from ml.onnx_runner import OnnxRunner  # noqa: PLC0415 - may not be installed

        return _of(OnnxRunner(graph(checkpoint), threads))

    return make


def _openvino(precision: str) -> Make:
    def make(checkpoint: Checkpoint, threads: int) -> Compute:
        core = importlib.import_module("openvino").Core()
        hints = {"INFERENCE_PRECISION_HINT": precision, "NUM_STREAMS": 1}
        hints |= {"INFERENCE_NUM_THREADS": threads, "ENABLE_CPU_PINNING": False}
        compiled = core.compile_model(core.read_model(float_graph(checkpoint)), "CPU", hints)
        request = compiled.create_infer_request()
        return lambda pictures: np.array(request.infer({0: pictures})[0])

    return make


def engines(*, compiled: bool) -> Iterator[tuple[str, str, Make]]:
    """Name, the package it needs, and how it is made."""
    yield "torch fp32, as trained", "torch", _module(lambda network: network)
    yield "torch fp32, traced, frozen", "torch", _module(_frozen)
    if compiled:
        yield "torch fp32, torch.compile", "torch", _module(_compiled)
    yield "torch fp32, folded", "torch", _torch("fp32")
    yield "torch bf16, folded", "torch", _torch("bf16")
    yield "ONNX Runtime fp32", "onnxruntime", _onnx(float_graph)
    yield "ONNX Runtime int8", "onnxruntime", _onnx(integer_graph)
    # It cannot read eight-bit additions of ONNX Runtime's kind, so there is no int8 of it here.
    yield "OpenVINO fp32", "openvino", _openvino("f32")
    yield "OpenVINO bf16", "openvino", _openvino("bf16")
    if torch.cuda.is_available():
        yield "CUDA bf16, graphs", "torch", _torch("bf16", "cuda")


def measure(
    seconds: float, seed: int, *, compiled: bool, data: Path | None, limit_s: float
) -> dict[str, Any]:
    """Every engine's figures, by name."""
    ends = time.monotonic() + limit_s
    checkpoint = read(WEIGHTS)
    drawn = [strokes_from_ink(ink) for ink in inks(_DRAWINGS, seed)]
    shape = {"side": checkpoint.side, "channels": checkpoint.channels}
    pictures = np.stack([rasterise(strokes, **shape) for strokes in drawn])
    unseen = _unseen(checkpoint, data) if data else None
    expected = TorchRunner(checkpoint, "cpu", "fp32").logits(pictures)
    found: dict[str, Any] = {}
    for name, package, make in engines(compiled=compiled):
        if importlib.util.find_spec(package) is None:
            found[name] = {"missing": f"{package} is not installed"}
            continue
        if time.monotonic() > ends:
            found[name] = {"missing": "no time was left"}
            continue
        row: dict[str, Any] = {}
        for threads in THREADS:
            torch.set_num_threads(threads)
            compute = make(checkpoint, threads)
            row[f"per_s_{threads}_threads"] = {
                str(size): round(rate(_repeat(compute, pictures, size), seconds))
                for size in BATCHES
            }
        answers = _in_batches(compute, pictures)
        row |= _drift(answers, expected)
        alone = np.concatenate([compute(each[None]) for each in pictures[:64]])
        row["same_in_any_company"] = bool((alone == compute(pictures[:64])).all())
        if unseen:
            row |= _quality(_in_batches(compute, unseen[0]), unseen[1], checkpoint.temperature)
        found[name] = row
    return found


def _repeat(compute: Compute, pictures: Picture, size: int) -> Callable[[], int]:
    return lambda: len(compute(pictures[:size]))


def _in_batches(compute: Compute, pictures: Picture) -> Logits:
    starts = range(0, len(pictures), BATCHES[-1])
    return np.concatenate([compute(pictures[at : at + BATCHES[-1]]) for at in starts])


def _drift(answers: Logits, expected: Logits) -> dict[str, float]:
    same = (answers.argmax(axis=1) == expected.argmax(axis=1)).mean()
    moved = trial.shift(softmax(answers), softmax(expected))
    return {"same_top_guess": round(float(same), 4), "moved": round(moved, 4)}


def _unseen(checkpoint: Checkpoint, folder: Path) -> tuple[Picture, npt.NDArray[np.int64]]:
    from ml.data import find_files  # noqa: PLC0415 - only for --data
    from ml.reading import read_drawings  # noqa: PLC0415

    drawings = read_drawings(find_files(folder, "val"), checkpoint.labels)
    strokes = [drawings.strokes_of(index) for index in range(len(drawings))]
    pictures = rasterise_batch(strokes, side=checkpoint.side, channels=checkpoint.channels)
    return pictures, drawings.labels


def _quality(
    answers: Logits, labels: npt.NDArray[np.int64], temperature: float
) -> dict[str, float]:
    shares = softmax(answers / np.float32(temperature))
    right = shares.argmax(axis=1) == labels
    error = metrics.calibration_error(shares.max(axis=1), right)
    return {"top1": round(100 * float(right.mean()), 2), "ece": round(error, 4)}


def _table(found: dict[str, Any]) -> Iterator[str]:
    heads = [f"{size}/{threads}" for threads in THREADS for size in BATCHES]
    yield f"{'pictures/s, batch/threads':28}" + "".join(f"{head:>8}" for head in heads)
    for name, row in found.items():
        if "missing" in row:
            yield f"{name:28}  {row['missing']}"
            continue
        rates = [row[f"per_s_{each}_threads"][str(size)] for each in THREADS for size in BATCHES]
        rest = {key: value for key, value in row.items() if not key.startswith("per_s")}
        words = ", ".join(f"{key} {value}" for key, value in rest.items())
        yield f"{name:28}" + "".join(f"{each:8}" for each in rates) + f"  {words}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.5, help="for each of some 50 rates")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds until none starts")
    parser.add_argument("--seed", type=int, default=1, help="of the drawings")
    parser.add_argument("--data", type=Path, metavar="DIR", help="also accuracy on DIR/val")
    parser.add_argument("--compile", action="store_true", help="also torch.compile (minutes)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    warnings.filterwarnings("ignore", category=DeprecationWarning)  # torch.jit, measured anyway
    torch.manual_seed(options.seed)
    logging.disable_progress_bar()
    found = measure(
        options.seconds,
        options.seed,
        compiled=options.compile,
        data=options.data,
        limit_s=options.limit,
    )
    print(json.dumps(found) if options.json else "\n".join(_table(found)))  # noqa: T201


if __name__ == "__main__":
    main()
