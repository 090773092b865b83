"""One batch through the network, in which what cannot be computed fails alone.

In two steps, so that the next batch is drawn while this one is in the network.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

log = logging.getLogger(__name__)

_LONGEST_ERROR: Final = 500  # characters; it is kept in Redis


class Network(Protocol):
    """What the loop needs of ``ml.engine.Engine``.

    One thread calls ``prepare`` while another one calls ``forward``.
    """

    labels: tuple[str, ...]
    model_hash: str
    raster_version: int

    def prepare(self, inks: Sequence[bytes]) -> Any:
        """Drawings as the network's input; ``ValueError`` if the ink of any is none."""

    def forward(self, prepared: Sequence[Any]) -> Any:
        """Probabilities, a float16 array of a row for each input."""

    def warm_up(self) -> None:
        """Compute something, so that the first frame finds everything ready."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Frames for ``network``: what is wrong with each, or "", and the inputs of those others."""

    network: Network
    inputs: Sequence[Any]
    errors: Sequence[str]


def prepare(network: Network, inks: Sequence[bytes]) -> Batch:
    """The network's inputs for a batch of inks; what cannot be drawn fails alone."""
    try:
        return Batch(network, network.prepare(inks), [""] * len(inks))
    except Exception:  # noqa: BLE001 - whatever it was, it is found below
        inputs: list[Any] = []
        errors: list[str] = []
    for ink in inks:
        try:
            inputs += network.prepare([ink])
            errors.append("")
        except Exception as error:  # noqa: BLE001 - whatever one drawing does, the others go on
            errors.append(_in_words(error))
    return Batch(network, inputs, errors)


def compute(batch: Batch) -> list[bytes | str]:
    """For each frame its probabilities as packed float16, or what is wrong with it.

    What the network cannot take fails alone. Raises if the network is no longer good for
    anything.
    """
    results: list[bytes | str] = list(batch.errors)
    places = [place for place, error in enumerate(batch.errors) if not error]
    if not places:
        return results
    try:
        rows = _forward(batch.network, batch.inputs)
    except Exception:
        log.exception("a batch of %d failed; computing its frames one by one", len(places))
        rows = [_forward_alone(batch.network, drawing) for drawing in batch.inputs]
        if all(isinstance(row, str) for row in rows):
            # Raises if it is the network that fails, not the drawings.
            batch.network.warm_up()
    for place, row in zip(places, rows, strict=True):
        results[place] = row
    return results


def _forward(network: Network, prepared: Sequence[Any]) -> list[bytes | str]:
    rows = network.forward(prepared)
    if len(rows) != len(prepared):
        message = f"the network answered {len(rows)} rows for {len(prepared)} drawings"
        raise ValueError(message)
    return [row.astype("<f2", copy=False).tobytes() for row in rows]


def _forward_alone(network: Network, drawing: Any) -> bytes | str:
    try:
        return _forward(network, [drawing])[0]
    except Exception as error:  # noqa: BLE001 - as above
        return _in_words(error)


def _in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:_LONGEST_ERROR]
