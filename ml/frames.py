"""What crosses the queue: frames, replies and heartbeats, and their form in Redis."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias

Fields: TypeAlias = Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Frame:
    """A drawing's ink at one moment. ``n`` grows with every frame of the same drawing.

    ``server`` is the id of the server that waits for the reply; ``ink`` is ``game.ink.pack``'s.
    """

    drawing: str
    n: int
    server: str
    ink: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the network made of a frame.

    ``probabilities`` holds one little-endian float16 per label, in the model's order, and is
    empty when ``error`` says why there is none. ``waited_ms`` is the time in the queue,
    ``took_ms`` that of the batch in the network.
    """

    drawing: str
    n: int
    probabilities: bytes = field(repr=False)
    model: str
    raster: int
    error: str = ""
    waited_ms: int = 0
    took_ms: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """A frame in a worker's hands. ``waited_ms`` is its age by Redis' clock when handed out."""

    id: str
    frame: Frame
    waited_ms: int


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A worker that takes frames. ``started_ms`` is Unix time; the counts are since then."""

    consumer: str
    model: str
    raster: int
    device: str
    pid: int
    started_ms: int
    batches: int = 0
    answered: int = 0
    stale: int = 0
    reclaimed: int = 0
    dead: int = 0


def frame_fields(frame: Frame) -> dict[Any, Any]:
    """A frame as the fields of a stream entry."""
    return {name.encode(): value for name, value in asdict(frame).items()}


def read_frame(fields: Fields) -> Frame:
    """The frame in the fields of a stream entry; ``KeyError`` or ``ValueError`` if none is."""
    return Frame(
        drawing=fields[b"drawing"].decode(),
        n=int(fields[b"n"]),
        server=fields[b"server"].decode(),
        ink=fields[b"ink"],
    )


def reply_fields(reply: Reply) -> dict[Any, Any]:
    """A reply as the fields of a stream entry."""
    return {name.encode(): value for name, value in asdict(reply).items()}


def read_reply(fields: Fields) -> Reply:
    """The reply in the fields of a stream entry."""
    return Reply(
        drawing=fields[b"drawing"].decode(),
        n=int(fields[b"n"]),
        probabilities=fields[b"probabilities"],
        model=fields[b"model"].decode(),
        raster=int(fields[b"raster"]),
        error=fields[b"error"].decode(),
        waited_ms=int(fields[b"waited_ms"]),
        took_ms=int(fields[b"took_ms"]),
    )


def heartbeat_text(heartbeat: Heartbeat) -> str:
    """A heartbeat as JSON."""
    return json.dumps(asdict(heartbeat))


def read_heartbeat(text: bytes) -> Heartbeat:
    """The heartbeat in JSON ``text``."""
    return Heartbeat(**json.loads(text))
