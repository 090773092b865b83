"""Finished drawings that may teach the network, of players who said that they may.

=================================  ================================================================
``inkling:{learning}:consent:ID``  when this player said so, Unix ms; gone as soon as they take it
                                   back, and when they stay away
``inkling:{learning}:kept``        sorted set of ``PLAYER:KEY`` by when the drawing has to go
``inkling:{learning}:drawings``    hash of ``PLAYER:KEY`` to the drawing, as one line of Quick,
                                   Draw! ndjson, packed
=================================  ================================================================

The player is named by the field alone, so that a drawing is found when its player wants it gone,
and is exported as nobody's. Its key is a hash that only the room's secret seed leads to: keeping a
drawing again changes nothing, and the key tells neither who drew it nor in which game.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import AsyncIterator, Sequence
from itertools import accumulate
from typing import Any, Final

from redis.asyncio import Redis

from game.categories import CATEGORIES
from game.ink import Ink, points_of
from game.state import Drawing, RoomState
from server.periods import DAY_MS
from server.replays import thinned

MOST_POINTS: Final = 1_000  # of one drawing, beside the two ends of each stroke: at most 15 KiB
_PREFIX: Final = "inkling:{learning}:"
_KEPT: Final = _PREFIX + "kept"
_DRAWINGS: Final = _PREFIX + "drawings"
_CHUNK: Final = 200

# KEYS consent, kept, drawings; ARGV member, drawing, when it has to go, when drawing it began
# At one moment with the look at the consent: nothing is kept of who has just taken it back.
_KEEP: Final = """
local since = redis.call('GET', KEYS[1])
if not since or tonumber(since) > tonumber(ARGV[4]) then return 0 end
if redis.call('ZADD', KEYS[2], 'NX', ARGV[3], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[3], ARGV[1], ARGV[2])
return 1
"""
# KEYS kept, drawings; ARGV now, most drawings
_TRIM: Final = """
local gone = redis.call('ZRANGE', KEYS[1], '-inf', ARGV[1], 'BYSCORE')
for _, member in ipairs(gone) do
  redis.call('ZREM', KEYS[1], member)
  redis.call('HDEL', KEYS[2], member)
end
local beyond = redis.call('ZRANGE', KEYS[1], 0, -1 - ARGV[2])
for _, member in ipairs(beyond) do
  redis.call('ZREM', KEYS[1], member)
  redis.call('HDEL', KEYS[2], member)
end
return #gone + #beyond
"""


class Learning:
    """The drawings that are kept, in Redis: the newest ``most``, each for ``days``.

    With ``offered`` False nobody is asked and nothing more is kept; what was kept before can still
    be taken away, and goes when its time is over.
    """

    def __init__(
        self, redis: Redis, *, offered: bool, most: int, days: int, consent_kept_ms: int
    ) -> None:
        self.offered = offered
        self.days = days
        self._redis = redis
        self._most = most
        self._consent_kept_ms = consent_kept_ms
        self._keep = redis.register_script(_KEEP)
        self._trim = redis.register_script(_TRIM)

    # --- whether one may -------------------------------------------------------------------------

    async def consents(self, player_id: str) -> bool:
        """Whether this player lets their finished drawings be kept."""
        return bool(await self._redis.exists(_consent_key(player_id)))

    async def consent(self, player_id: str, now_ms: int) -> None:
        """From the next round on this player's finished drawings may be kept."""
        pipe = self._redis.pipeline(transaction=True)
        pipe.set(_consent_key(player_id), now_ms, nx=True)
        pipe.pexpire(_consent_key(player_id), self._consent_kept_ms)
        await pipe.execute()

    async def forget(self, player_id: str) -> None:
        """Keep nothing more of this player, and let go of all that is kept."""
        await self._redis.delete(_consent_key(player_id))
        own = [
            member
            async for member, _ in self._redis.zscan_iter(_KEPT, f"{player_id}:*", count=1000)
        ]
        for at in range(0, len(own), _CHUNK):
            some = own[at : at + _CHUNK]
            pipe = self._redis.pipeline(transaction=True)
            pipe.zrem(_KEPT, *some)
            pipe.hdel(_DRAWINGS, *some)
            await pipe.execute()

    # --- keeping ---------------------------------------------------------------------------------

    async def keep(self, state: RoomState, now_ms: int) -> int:
        """Keep what may be kept of a room whose round is over; how many drawings are new.

        Of players alone who had said so before they began to draw; not what nobody drew or no hand
        did. Keeping the same round again changes nothing.
        """
        drawings = worth_keeping(state) if self.offered else {}
        if not drawings:
            return 0
        players = {seat: state.seats[seat].player for seat in drawings}
        said: Any = await self._redis.mget([_consent_key(player) for player in players.values()])
        fresh = 0
        for (seat, player), since in zip(players.items(), said, strict=True):
            if since is not None:
                await self._redis.pexpire(_consent_key(player), self._consent_kept_ms)
                key = _key_of(state, seat)
                packed = zlib.compress(line_of(drawings[seat], key).encode())
                until_ms = now_ms + self.days * DAY_MS
                args: list[Any] = [f"{player}:{key}", packed, until_ms, state.pens_up_ms]
                fresh += await self._keep(keys=[_consent_key(player), _KEPT, _DRAWINGS], args=args)
        if fresh:
            await self.trim(now_ms)
        return fresh

    async def trim(self, now_ms: int) -> int:
        """Let go of what is too old or too much; how many drawings that were."""
        gone: int = await self._trim(keys=[_KEPT, _DRAWINGS], args=[now_ms, self._most])
        return gone


def _consent_key(player_id: str) -> str:
    return f"{_PREFIX}consent:{player_id}"


def _key_of(state: RoomState, seat: int) -> int:
    """64 bits that name a drawing as the data set's ids do."""
    drawn = f"{state.seed}:{state.game}:{state.round}:{seat}:{state.seats[seat].player}"
    return int.from_bytes(hashlib.blake2b(drawn.encode(), digest_size=8).digest(), "big")


# --- what is kept --------------------------------------------------------------------------------


def worth_keeping(state: RoomState) -> dict[int, Drawing]:
    """By seat, the round's drawings that somebody made by hand."""
    return {
        seat: drawing
        for seat, drawing in state.drawings.items()
        if seat in state.seats
        and drawing.ink.strokes
        and not (drawing.match and drawing.match.signs)
    }


def line_of(drawing: Drawing, key: int) -> str:
    """A drawing as Quick, Draw! writes its raw ones, a line of JSON.

    Coordinates are those of the canvas, 0..65535; times are milliseconds from the first point.
    Pauses between strokes are not known and take no time.
    """
    return json.dumps(
        {
            "word": CATEGORIES[drawing.prompt],
            "key_id": str(key),
            "recognized": drawing.match is not None,
            "drawing": _raw(thinned(drawing.ink, MOST_POINTS)),
        },
        separators=(",", ":"),
    )


def _raw(ink: Ink) -> list[list[list[int]]]:
    """Each stroke as ``[[x…], [y…], [ms since the drawing began…]]``."""
    strokes = []
    began = 0
    for stroke in ink.strokes:
        xs, ys, steps = (list(each) for each in zip(*points_of(stroke), strict=True))
        times = list(accumulate(steps[1:], initial=began))
        began = times[-1]
        strokes.append([xs, ys, times])
    return strokes


# --- taking it out -------------------------------------------------------------------------------


async def kept_lines(redis: Redis, now_ms: int) -> AsyncIterator[Sequence[str]]:
    """The lines of all drawings that are still kept, some at a time.

    In order of their keys, which is nobody's order: what one player drew in a row lies apart.
    """
    found: Any = await redis.zrange(_KEPT, f"({now_ms}", "+inf", byscore=True)
    members = sorted(found, key=lambda member: member.partition(b":")[2])
    for at in range(0, len(members), _CHUNK):
        packed: Any = await redis.hmget(_DRAWINGS, members[at : at + _CHUNK])
        yield [zlib.decompress(each).decode() for each in packed if each is not None]


async def kept_count(redis: Redis, now_ms: int) -> int:
    """How many drawings are still kept."""
    count: int = await redis.zcount(_KEPT, f"({now_ms}", "+inf")
    return count
