"""What crosses the queue: frames, replies and heartbeats, and their form in Redis."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, TypeAlias

Fields: TypeAlias = Mapping[bytes, bytes]

BITMAP_SIDE: Final = 28
_BITMAP: Final = b"\0\0"  # a stroke of no points, which no ink has: a bitmap follows

# n, waited_ms, took_ms, then the sizes of the drawing's name and of the error, which follow.
_REPLY: Final = struct.Struct("<QIIHH")
_LONGEST_MS: Final = (1 << 32) - 1
_LONGEST_ERROR: Final = 1_000  # bytes; a sentence for people
_LONGEST_NAME: Final = 256  # characters


@dataclass(frozen=True, slots=True)
class Frame:
    """A drawing's ink at one moment. ``n`` grows with every frame of the same drawing.

    ``server`` is the id of the server that waits for the reply; ``ink`` is ``game.ink.pack``'s, or
    ``pack_bitmap``'s where somebody asks about a bitmap.
    """

    drawing: str
    n: int
    server: str
    ink: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the network made of a frame.

    ``probabilities`` holds one little-endian float16 per label, in the model's order, and is
    empty when ``error`` says why there is none. ``waited_ms`` is the time in which nobody worked
    on it, in the queue or drawn already before a busy network; ``took_ms`` that of the batch with
    the rasteriser and in the network.
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
    """A worker that takes frames. ``started_ms`` is Unix time; the counts are since then.

    ``batches`` went through the network; of the ``taken`` frames so many were ``answered``, too
    old (``stale``) or impossible (``dead``); ``reclaimed`` ones had lost their worker.
    """

    consumer: str
    model: str
    raster: int
    device: str
    pid: int
    started_ms: int
    batches: int = 0
    taken: int = 0
    answered: int = 0
    stale: int = 0
    reclaimed: int = 0
    dead: int = 0


def pack_bitmap(pixels: bytes) -> bytes:
    """What a frame carries in place of ink when a 28x28 bitmap is all there is.

    ``pixels`` are 784 bytes, row by row, ink 255 on 0. Raises ``ValueError`` for another number.
    """
    if len(pixels) != BITMAP_SIDE**2:
        message = f"a bitmap has {BITMAP_SIDE**2} pixels, not {len(pixels)}"
        raise ValueError(message)
    return _BITMAP + pixels


def bitmap_in(ink: bytes) -> bytes | None:
    """The 784 pixels that ``pack_bitmap`` packed; None if ``ink`` is ink."""
    is_bitmap = ink.startswith(_BITMAP) and len(ink) == len(_BITMAP) + BITMAP_SIDE**2
    return ink[len(_BITMAP) :] if is_bitmap else None


def frame_fields(frame: Frame) -> dict[Any, Any]:
    """A frame as the fields of a stream entry."""
    return {b"drawing": frame.drawing, b"n": frame.n, b"server": frame.server, b"ink": frame.ink}


def read_frame(fields: Fields) -> Frame:
    """The frame in the fields of a stream entry; ``KeyError`` or ``ValueError`` if none is."""
    frame = Frame(
        drawing=fields[b"drawing"].decode(),
        n=int(fields[b"n"]),
        server=fields[b"server"].decode(),
        ink=fields[b"ink"],
    )
    # What a reply could not hold must not get as far as a batch.
    if not 0 <= frame.n < 1 << 64 or max(len(frame.drawing), len(frame.server)) > _LONGEST_NAME:
        message = "its number or one of its names is too long"
        raise ValueError(message)
    return frame


def replies_fields(replies: Sequence[Reply]) -> dict[Any, Any]:
    """Replies of one network as the fields of one stream entry.

    A batch answers many frames at once: together they cost Redis, and the programs at both ends,
    little more than one of them alone.
    """
    fields: dict[Any, Any] = {b"model": replies[0].model, b"raster": replies[0].raster}
    for place, reply in enumerate(replies):
        drawing, error = reply.drawing.encode(), reply.error.encode()[:_LONGEST_ERROR]
        times = (min(each, _LONGEST_MS) for each in (reply.waited_ms, reply.took_ms))
        fields[place] = _REPLY.pack(reply.n, *times, len(drawing), len(error))
        fields[place] += drawing + error + reply.probabilities
    return fields


def read_replies(fields: Fields) -> list[Reply]:
    """The replies in a stream entry; ``KeyError`` or ``ValueError`` if it is none."""
    model, raster = fields[b"model"].decode(), int(fields[b"raster"])
    return [
        _read_reply(packed, model, raster)
        for name, packed in fields.items()
        if name not in {b"model", b"raster"}
    ]


def _read_reply(packed: bytes, model: str, raster: int) -> Reply:
    try:
        n, waited_ms, took_ms, drawing, error = _REPLY.unpack_from(packed)
    except struct.error as short:
        message = f"a reply of {len(packed)} bytes"
        raise ValueError(message) from short
    name_end = _REPLY.size + drawing
    return Reply(
        drawing=packed[_REPLY.size : name_end].decode(),
        n=n,
        probabilities=packed[name_end + error :],
        model=model,
        raster=raster,
        error=packed[name_end : name_end + error].decode(errors="replace"),
        waited_ms=waited_ms,
        took_ms=took_ms,
    )


def heartbeat_text(heartbeat: Heartbeat) -> str:
    """A heartbeat as JSON."""
    return json.dumps(asdict(heartbeat))


def read_heartbeat(text: bytes) -> Heartbeat:
    """The heartbeat in JSON ``text``, of this version of the program or another."""
    known = Heartbeat.__dataclass_fields__
    return Heartbeat(**{name: each for name, each in json.loads(text).items() if name in known})
