"""Events and states as the bytes that are stored."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, get_args

from pydantic import TypeAdapter

from game.events import Event
from game.state import RoomState, replaced

_EVENTS: Final[dict[str, TypeAdapter[Any]]] = {
    kind.__name__: TypeAdapter(kind) for kind in get_args(Event)
}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A room as it was at ``offset`` of its log, written at ``at_ms``."""

    offset: int
    at_ms: int
    state: RoomState


_SNAPSHOT: Final = TypeAdapter(Snapshot)


def write_snapshot(snapshot: Snapshot) -> bytes:
    """A snapshot as JSON."""
    return _SNAPSHOT.dump_json(snapshot)


def read_snapshot(stored: bytes) -> Snapshot:
    """What ``write_snapshot`` wrote. Raises ``pydantic.ValidationError`` on anything else."""
    snapshot: Snapshot = _SNAPSHOT.validate_json(stored)
    return replace(snapshot, state=_brought_up_to_date(snapshot.state))


def _brought_up_to_date(state: RoomState) -> RoomState:
    """A room of an older version, where drawings had no end of their own, or no beginning."""
    if not state.pens_up_ms or all(drawing.pens_up_ms for drawing in state.drawings.values()):
        return state
    up_ms, down_ms = state.pens_up_ms, state.pens_down_ms
    timed = {
        seat: replaced(
            drawing,
            total_ms=drawing.total_ms or down_ms - up_ms,
            pens_up_ms=up_ms,
            pens_down_ms=drawing.pens_down_ms or down_ms,
        )
        for seat, drawing in state.drawings.items()
    }
    return replaced(state, drawings=timed)


def write_turn(events: Sequence[Event], at_ms: int) -> bytes:
    """One entry of a room's log: the events of one turn and when it was taken, as JSON."""
    parts = [b'["%b",%b]' % (type(event).__name__.encode(), _dump(event)) for event in events]
    return b'{"at_ms":%d,"events":[%b]}' % (at_ms, b",".join(parts))


def _dump(event: Event) -> bytes:
    return _EVENTS[type(event).__name__].dump_json(event)


def read_turn(stored: bytes) -> tuple[list[Event], int]:
    """The events of a log entry, and when it was written. Raises ``ValueError`` if malformed."""
    entry = json.loads(stored)
    try:
        # Back to text and through JSON once more: only there is base64 read as bytes.
        events = [_EVENTS[name].validate_json(json.dumps(event)) for name, event in entry["events"]]
    except KeyError as error:
        message = f"a log entry has an event unknown to this version: {error}"
        raise ValueError(message) from None
    return events, int(entry["at_ms"])
