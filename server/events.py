"""Events and states as the bytes that are stored."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from pydantic import TypeAdapter

from game.events import Event
from game.state import RoomState

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
    return _SNAPSHOT.validate_json(stored)


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
