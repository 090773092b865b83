"""What turns trained weights into a checkpoint to play with: temperature, figures, card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from ml import report
from ml.card import RunFacts, write_card
from ml.data import Drawings
from ml.engine import Engine
from ml.model import GuesserModel, labels_of
from ml.reading import read_drawings

_ENOUGH = 200  # drawings; a temperature fitted on fewer would be noise
_AT_MOST = 20_000  # drawings; more would take hours and move no figure by a tenth


def finish(
    network: GuesserModel,
    folder: Path,
    aside: Drawings | None,
    validation: dict[str, Path],
    facts: RunFacts,
) -> dict[str, Any] | None:
    """Save `network` to `folder` with its temperature, difficulty and model card.

    `aside` are drawings kept from training, of which the temperature is fitted; `validation` are
    the files to measure on, by category. Without such files, every other drawing of `aside` is
    measured instead, and without enough of those there are no figures and no difficulty. Returns
    the figures.
    """
    network.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)
    fitted, unseen = aside, None
    if validation:
        unseen = read_drawings(validation, labels_of(network.config))
    elif aside is not None and len(aside) >= 2 * _ENOUGH:
        halves = [aside.subset(np.arange(first, len(aside), 2)) for first in (0, 1)]
        if all(len(np.unique(half.labels)) == len(aside.categories) for half in halves):
            fitted, unseen = halves
    if fitted is not None and len(fitted) >= _ENOUGH:
        network.config.temperature = round(report.temperature(Engine.load(folder), fitted), 3)
        network.config.save_pretrained(folder)
    figures = None
    if unseen is not None:
        engine = Engine.load(folder)
        with tqdm(total=len(unseen) * len(report.FINE_INK), desc="measuring", leave=False) as bar:
            [curve] = report.ask([engine], unseen, report.FINE_INK, bar.update)
        figures = report.by_ink({ink: curve[ink] for ink in report.INK}, unseen.labels)
        rows = report.by_category(curve, unseen.labels, engine.labels)
        (folder / "difficulty.json").write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
        (folder / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    (folder / "README.md").write_text(write_card(network, facts, figures), "utf-8")
    return figures


def some_of(held: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Places of what is held out: all, or evenly chosen ones where there are very many."""
    places = np.flatnonzero(held)
    if len(places) <= _AT_MOST:
        return places
    return places[np.linspace(0, len(places) - 1, _AT_MOST).astype(np.int64)]
