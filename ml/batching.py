"""What to compute, of the frames a worker has in its hands. Pure: no clock, no I/O.

The newest frame wins: an older frame of the same drawing is stale, and so is a frame that has
waited so long that its server has given it up. Stale frames are acknowledged and counted, never
computed, so an overloaded worker spends its time on ink that somebody still waits for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from game.protocol import FRAME_LOST_MS

Ticket = TypeVar("Ticket")

# A server gives a frame up FRAME_LOST_MS after sending it; what cannot be back by then is waste.
DEADLINE_MS: Final = FRAME_LOST_MS - 200


@dataclass(frozen=True, slots=True)
class Waiting(Generic[Ticket]):
    """A frame in hand: the ``n``-th of ``drawing``, queued ``age_ms`` ago; ``ticket`` is opaque."""

    drawing: str
    n: int
    age_ms: int
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Plan(Generic[Ticket]):
    """Tickets to compute now, oldest frame first; to keep for the next batch; to let go of."""

    compute: tuple[Ticket, ...]
    later: tuple[Ticket, ...]
    stale: tuple[Ticket, ...]


def plan(
    waiting: Sequence[Waiting[Ticket]], cap: int, deadline_ms: int = DEADLINE_MS
) -> Plan[Ticket]:
    """Share out ``waiting``: each ticket ends in exactly one of the three lists.

    At most ``cap`` are computed, those that have waited longest. Of equal frames, delivered twice,
    the first one listed counts.
    """
    newest: dict[str, Waiting[Ticket]] = {}
    for frame in waiting:
        if frame.drawing not in newest or frame.n > newest[frame.drawing].n:
            newest[frame.drawing] = frame
    live = [frame for frame in waiting if _is_live(frame, newest, deadline_ms)]
    stale = [frame for frame in waiting if not _is_live(frame, newest, deadline_ms)]
    live.sort(key=lambda frame: -frame.age_ms)
    return Plan(
        compute=tuple(frame.ticket for frame in live[:cap]),
        later=tuple(frame.ticket for frame in live[cap:]),
        stale=tuple(frame.ticket for frame in stale),
    )


def _is_live(frame: Waiting[Ticket], newest: dict[str, Waiting[Ticket]], deadline_ms: int) -> bool:
    return newest[frame.drawing] is frame and frame.age_ms < deadline_ms
