"""What turns trained weights into a checkpoint to play with: temperature, figures, card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from ml import report
from ml.card import RunFacts, write_card
from ml.data import HELD_OUT, Drawings, held_out, read_drawings
from ml.engine import Engine
from ml.model import GuesserModel

_ENOUGH = 200  # drawings; a temperature fitted on fewer would be noise


def finish(
    network: GuesserModel,
    folder: Path,
    drawings: Drawings,
    validation: dict[str, Path],
    facts: RunFacts,
) -> dict[str, Any] | None:
    """Save `network` to `folder` with its temperature, difficulty and model card.

    `drawings` are the training drawings, of which the held-out ones fit the temperature;
    `validation` are the files to measure on, by category; without any there are no figures and no
    difficulty. Returns the figures.
    """
    network.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)
    aside = drawings.subset(np.flatnonzero(held_out(drawings.keys, HELD_OUT)))
    if len(aside) >= _ENOUGH:
        network.config.temperature = round(report.temperature(Engine.load(folder), aside), 3)
        network.config.save_pretrained(folder)
    figures = None
    if validation:
        engine = Engine.load(folder)
        unseen = read_drawings(validation, engine.labels)
        figures = report.by_ink(engine, unseen, _silent)
        rows = report.difficulty(engine, unseen, _silent)
        (folder / "difficulty.json").write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
        (folder / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    (folder / "README.md").write_text(write_card(network, facts, figures), "utf-8")
    return figures


def _silent(_: int) -> None:
    """No progress to show."""
