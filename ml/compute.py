"""One batch through the network, in which what cannot be computed fails alone."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Protocol

log = logging.getLogger(__name__)


class Network(Protocol):
    """What the loop needs of ``ml.engine.Engine``. Its calls come from one thread."""

    model_hash: str
    raster_version: int

    def prepare(self, ink: bytes) -> Any:
        """A drawing as the network's input; ``ValueError`` for ink that is none."""

    def forward(self, prepared: list[Any]) -> Any:
        """Probabilities, a float16 array of a row for each input."""

    def warm_up(self) -> None:
        """Compute something, so that the first frame finds everything ready."""


def compute(network: Network, inks: Sequence[bytes]) -> list[bytes | str]:
    """For each ink its probabilities as packed float16, or what is wrong with it.

    What the network cannot take fails alone. Raises if the network is no longer good for
    anything.
    """
    results: list[bytes | str] = [""] * len(inks)
    prepared: list[tuple[int, Any]] = []
    for at, ink in enumerate(inks):
        try:
            prepared.append((at, network.prepare(ink)))
        except Exception as error:  # noqa: BLE001 - whatever one drawing does, the others go on
            results[at] = f"{type(error).__name__}: {error}"
    if not prepared:
        return results
    try:
        rows = _forward(network, [drawing for _, drawing in prepared])
    except Exception:
        log.exception("a batch of %d failed; computing its frames one by one", len(prepared))
        rows = [_forward_alone(network, drawing) for _, drawing in prepared]
        if all(isinstance(row, str) for row in rows):
            network.warm_up()  # raises if it is the network that fails, not the drawings
    for (at, _), row in zip(prepared, rows, strict=True):
        results[at] = row
    return results


def _forward(network: Network, prepared: list[Any]) -> list[bytes | str]:
    rows = network.forward(prepared)
    if len(rows) != len(prepared):
        message = f"the network answered {len(rows)} rows for {len(prepared)} drawings"
        raise ValueError(message)
    return [row.astype("<f2", copy=False).tobytes() for row in rows]


def _forward_alone(network: Network, drawing: Any) -> bytes | str:
    try:
        return _forward(network, [drawing])[0]
    except Exception as error:  # noqa: BLE001 - as above
        return f"{type(error).__name__}: {error}"
