"""The weights a run begins with: random ones, or those of a checkpoint."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from safetensors import SafetensorError
from transformers import AutoModelForImageClassification
from transformers.utils import logging

from ml.data import DataError
from ml.model import GuesserModel, build, labels_of
from ml.raster import RASTER_VERSION


def started(
    arch: str, categories: Sequence[str], checkpoint: Path | None, **sizes: float
) -> GuesserModel:
    """A network for these categories, with the checkpoint's weights where one is named.

    Such a network keeps its own picture, widths and depths; `sizes` are those of `ml.model.build`
    for a new one. Raises `DataError` when the folder holds no checkpoint, or one of another
    network, of other categories or of another raster version.
    """
    network = build(arch, categories, **sizes)  # type: ignore[arg-type]
    if checkpoint is None:
        return network
    found = loaded(checkpoint)
    kind, wanted = found.config.model_type, network.config.model_type
    if kind != wanted:
        msg = f"{checkpoint} is a network of the kind {kind}, and --arch {arch} is {wanted}."
        raise DataError(msg)
    if found.config.raster_version != RASTER_VERSION:
        msg = (
            f"{checkpoint} learnt from raster version {found.config.raster_version}, this program "
            f"draws version {RASTER_VERSION}."
        )
        raise DataError(msg)
    difference = _difference(labels_of(found.config), categories)
    if difference:
        msg = f"{checkpoint} knows other categories than the drawings: {difference}."
        raise DataError(msg)
    found.config.temperature = 1.0  # it suited the weights as they were
    return found


def fingerprint(checkpoint: Path) -> str:
    """Folder name and `model_hash` of a checkpoint, to say where a run began."""
    digest = hashlib.sha256((checkpoint / "model.safetensors").read_bytes()).hexdigest()
    return f"{checkpoint.resolve().name} ({digest[:16]})"


def loaded(checkpoint: Path) -> GuesserModel:
    """The network in a checkpoint folder. Raises `DataError` when it holds none of these."""
    try:
        (checkpoint / "model.safetensors").stat()
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        found = AutoModelForImageClassification.from_pretrained(checkpoint, local_files_only=True)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as problem:
        first = (str(problem).splitlines() or [type(problem).__name__])[0]
        msg = f"{checkpoint} holds no weights to begin with: {first}"
        raise DataError(msg) from None
    if not isinstance(found, GuesserModel):
        msg = f"{checkpoint} is a network of the kind {found.config.model_type}, not one of these."
        raise DataError(msg)
    return found


def _difference(theirs: Sequence[str], ours: Sequence[str]) -> str:
    """What differs between two lists of categories, in a few words; nothing if nothing does."""
    if tuple(theirs) == tuple(ours):
        return ""
    if set(theirs) == set(ours):
        return "the same ones in another order"
    missing, new = sorted(set(ours) - set(theirs)), sorted(set(theirs) - set(ours))
    parts = [
        f"{len(names)} only {where} (such as {names[0]})"
        for names, where in ((new, "there"), (missing, "here"))
        if names
    ]
    return ", ".join(parts)
