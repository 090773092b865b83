"""What a second network would have said of frames that another one judged, in Redis.

==================================  ===============================================================
``inkling:{queue}:shadow:frames``   stream of ``Comparison``, the newest; written by shadows
``inkling:{queue}:shadow:prompts``  stream of drawings and what had to be drawn; it is there only
                                    while somebody compares, and servers add to it when a round is
                                    over and its prompts are no secret any more
==================================  ===============================================================

Both hold so many entries and no more, and are gone some days after the last shadow. No ink is in
them, and nobody's name. This module imports neither torch nor the server.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from redis.asyncio import Redis

FRAMES: Final = "inkling:{queue}:shadow:frames"
PROMPTS: Final = "inkling:{queue}:shadow:prompts"
MAX_COMPARED: Final = 20_000  # frames; about 4 MB
MAX_PROMPTS: Final = 10_000  # drawings
KEPT_MS: Final = 7 * 24 * 60 * 60 * 1000  # after the last frame that was compared


@dataclass(frozen=True, slots=True)
class Comparison:
    """One frame and what two networks see in it: each its best guess and how sure it is, 0-1.

    ``serving`` and ``shadow`` are their ``model_hash``; ``ms`` is the frame's part of the time
    that its batch took the shadow.
    """

    drawing: str
    n: int
    serving: str
    shadow: str
    said: str
    p: float
    shadow_said: str
    shadow_p: float
    ms: float

    @property
    def agrees(self) -> bool:
        """Whether both see the same."""
        return self.said == self.shadow_said


def comparison_fields(comparison: Comparison) -> dict[Any, Any]:
    """A comparison as the fields of a stream entry."""
    return asdict(comparison)


def read_comparison(stored: Mapping[bytes, bytes]) -> Comparison:
    """The comparison in a stream entry; ``KeyError`` or ``ValueError`` if it is none."""
    kinds: dict[str, type[Any]] = {"n": int, "p": float, "shadow_p": float, "ms": float}
    return Comparison(
        **{
            field.name: kinds.get(field.name, str)(stored[field.name.encode()].decode())
            for field in fields(Comparison)
        }
    )


# --- servers -------------------------------------------------------------------------------------


async def tell_prompts(redis: Redis, prompts: Mapping[str, str]) -> None:
    """Say what had to be drawn, by the drawing's name in the queue; nothing if nobody compares."""
    pipe = redis.pipeline(transaction=False)
    for drawing, prompt in prompts.items():
        told: dict[Any, Any] = {"drawing": drawing, "prompt": prompt}
        pipe.xadd(PROMPTS, told, maxlen=MAX_PROMPTS, nomkstream=True)
    await pipe.execute()


# --- who reads it --------------------------------------------------------------------------------


async def read_all(redis: Redis) -> tuple[list[Comparison], dict[str, str]]:
    """All comparisons, oldest first, and the prompts that are known, by drawing."""
    rows: Any = await redis.xrange(FRAMES)
    told: Any = await redis.xrange(PROMPTS)
    return _readable(row[1] for row in rows), _prompts([row[1] for row in told])


def _readable(rows: Iterable[Mapping[bytes, bytes]]) -> list[Comparison]:
    found = []
    for row in rows:
        try:
            found.append(read_comparison(row))
        except (KeyError, ValueError):  # of another version
            continue
    return found


def _prompts(rows: Sequence[Mapping[bytes, bytes]]) -> dict[str, str]:
    return {row[b"drawing"].decode(): row[b"prompt"].decode() for row in rows if b"prompt" in row}
