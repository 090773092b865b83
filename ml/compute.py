"""One batch through the network, in which what cannot be computed fails alone.

In three steps: the next batch is drawn while this one is in the network, and what is left to do
with its answer waits for Python's lock somewhere else than in the network's own thread.
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

    ``prepare``, ``forward`` and ``answers`` of different batches may overlap, each in one thread.
    """

    labels: tuple[str, ...]
    model_hash: str
    raster_version: int

    def prepare(self, inks: Sequence[bytes]) -> Any:
        """Drawings as the network's inputs; ``ValueError`` if the ink of any is none."""

    def forward(self, inputs: Any) -> Any:
        """What the network says of prepared inputs, or of a slice of them: a row for each."""

    def answers(self, inputs: Any, outputs: Any) -> Any:
        """Probabilities, a float16 array of a row for each of ``forward``'s."""

    def warm_up(self) -> None:
        """Compute something, so that the first frame finds everything ready."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Frames for ``network``: what is wrong with each, or "", and the inputs of those others.

    The inputs lie in one piece, or in several that were prepared apart.
    """

    network: Network
    pieces: Sequence[Any]
    errors: Sequence[str]


@dataclass(frozen=True, slots=True)
class Computed:
    """A batch with what its network says of each piece: rows, or what is wrong with it."""

    batch: Batch
    outputs: Sequence[Any | str]


def prepare(network: Network, inks: Sequence[bytes]) -> Batch:
    """The network's inputs for a batch of inks; what cannot be drawn fails alone."""
    if not inks:
        return Batch(network, [], [])
    try:
        return Batch(network, [network.prepare(inks)], [""] * len(inks))
    except Exception:  # noqa: BLE001 - whatever it was, it is found below
        pieces: list[Any] = []
        errors: list[str] = []
    for ink in inks:
        try:
            pieces.append(network.prepare([ink]))
            errors.append("")
        except Exception as error:  # noqa: BLE001 - whatever one drawing does, the others go on
            errors.append(_in_words(error))
    return Batch(network, pieces, errors)


def compute(batch: Batch) -> Computed:
    """The forward pass. What the network cannot take fails alone.

    Raises if the network is no longer good for anything.
    """
    try:
        return Computed(batch, [_forward(batch.network, piece) for piece in batch.pieces])
    except Exception:
        log.exception("a batch of %d failed; computing its frames one by one", len(batch.errors))
    alone = [piece[at : at + 1] for piece in batch.pieces for at in range(len(piece))]
    outputs = [_forward_alone(batch.network, drawing) for drawing in alone]
    if all(isinstance(each, str) for each in outputs):
        # Raises if it is the network that fails, not the drawings.
        batch.network.warm_up()
    return Computed(Batch(batch.network, alone, batch.errors), outputs)


def results(computed: Computed) -> list[bytes | str]:
    """For each frame its probabilities as packed float16, or what is wrong with it."""
    rows: list[bytes | str] = []
    for piece, outputs in zip(computed.batch.pieces, computed.outputs, strict=True):
        if isinstance(outputs, str):
            rows.append(outputs)
        else:
            rows += _answers(computed.batch.network, piece, outputs)
    ready = iter(rows)
    return [error or next(ready) for error in computed.batch.errors]


def _answers(network: Network, inputs: Any, outputs: Any) -> list[bytes | str]:
    try:
        rows = network.answers(inputs, outputs)
        _be_of_one_length(rows, inputs)
        return [row.tobytes() for row in rows.astype("<f2", copy=False)]
    except Exception as error:
        if len(inputs) == 1:
            return [_in_words(error)]
        log.exception("the answers of a batch of %d failed; making them one by one", len(inputs))
    each = (slice(at, at + 1) for at in range(len(inputs)))
    return [row for one in each for row in _answers(network, inputs[one], outputs[one])]


def _forward(network: Network, inputs: Any) -> Any:
    outputs = network.forward(inputs)
    _be_of_one_length(outputs, inputs)
    return outputs


def _forward_alone(network: Network, drawing: Any) -> Any | str:
    try:
        return _forward(network, drawing)
    except Exception as error:  # noqa: BLE001 - as above
        return _in_words(error)


def _be_of_one_length(rows: Any, inputs: Any) -> None:
    if len(rows) != len(inputs):
        message = f"the network answered {len(rows)} rows for {len(inputs)} drawings"
        raise ValueError(message)


def _in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:_LONGEST_ERROR]
