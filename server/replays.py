"""Finished rounds as anybody with the link may watch them again.

=================================  ================================================================
``inkling:{replays}:games``        sorted set: ids of games by when their newest round ended
``inkling:{replays}:game:GAME``    hash, gone after so many days:
  ``round:N``                      a round laid open, its ink with it, as packed JSON
  ``end``                          the podium
  ``who:PLAYER``                   the mark that stands for a player in the rest, and the name then
``inkling:{replays}:titles``       hash: ``GAME:INDEX:PLAYER`` to the one drawing of that game with
                                   which the player holds the record of the category INDEX
=================================  ================================================================

A drawing that holds a record stays while it does, some 3 KiB each and one a category
(``server.records``): a game that is gone otherwise can be watched as far as its records go.

Only so many games are kept, the newest; and of each drawing only as many points as a picture on a
screen needs, so a game takes some 50 KiB and never more than 2 MiB. Names are in one place each,
so that a player can be forgotten.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from redis.asyncio import Redis

from game import view
from game.categories import CATEGORIES
from game.ink import HAIR, Ink, points_of, stroke_of
from game.protocol import Phase
from game.state import RoomState
from ml.commands import together
from server.periods import DAY_MS

MOST_POINTS: Final = 400  # of one drawing, beside the two ends of each stroke
_NEAR: Final = HAIR // 2  # no eye tells such points apart
_LONGEST_DT: Final = 0xFFFF
_PREFIX: Final = "inkling:{replays}:"
_GAMES: Final = _PREFIX + "games"
_TITLES: Final = _PREFIX + "titles"

# KEYS game, games; ARGV now, kept ms, most games, prefix of games, game id, then field and value.
_KEEP: Final = """
for i = 6, #ARGV, 2 do redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('ZADD', KEYS[2], 'GT', ARGV[1], ARGV[5])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[1] - ARGV[2])
for _, old in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1 - ARGV[3])) do
  redis.call('DEL', ARGV[4] .. old)
  redis.call('ZREM', KEYS[2], old)
end
"""


@dataclass(frozen=True, slots=True)
class Title:
    """That a player holds the record of a category since a game."""

    game: str
    category: int
    player: str

    @classmethod
    def of(cls, field: bytes) -> Title:
        """The title whose drawing is kept in ``field``."""
        game, category, player = field.decode().rsplit(":", 2)
        return cls(game, int(category), player)

    def field(self) -> str:
        """Where its drawing is kept."""
        return f"{self.game}:{self.category}:{self.player}"


class Replays:
    """The replays, in Redis: ``most`` games, each for ``days``."""

    def __init__(self, redis: Redis, most: int, days: int) -> None:
        self._redis = redis
        self._most = most
        self._kept_ms = days * DAY_MS
        self._keep = redis.register_script(_KEEP)

    @property
    def kept(self) -> bool:
        """Whether any are wanted."""
        return self._most > 0

    async def keep(self, game_id: str, fields: Mapping[str, bytes], now_ms: int) -> None:
        """Keep these fields of a game's replay; those that are there already stay."""
        if not fields or not self.kept:
            return
        args: list[Any] = [now_ms, self._kept_ms, self._most, f"{_PREFIX}game:", game_id]
        for name, value in fields.items():
            args += [name, value]
        await self._keep(keys=[_key(game_id), _GAMES], args=args)

    async def stored(self, game_id: str) -> Mapping[bytes, bytes] | None:
        """What is kept of a game's replay, packed; None if it is gone.

        Of a game that is gone but for records, the rounds hold their drawings alone.
        """
        found: Any = await self._redis.hgetall(_key(game_id))
        return found or await self._recorded(game_id)

    async def watchable(self, game_ids: Iterable[str]) -> set[str]:
        """Those of these games that can still be watched."""
        asked = sorted(set(game_ids))
        found = await together(self._redis, [("EXISTS", _key(game_id)) for game_id in asked])
        there = {game_id for game_id, exists in zip(asked, found, strict=True) if exists}
        if len(there) < len(asked):
            there |= {title.game for title in await self.titles()}.intersection(asked)
        return there

    async def rounds(self, places: Sequence[tuple[str, int]]) -> list[bytes | None]:
        """What is kept of these rounds, each a game and its number, packed; None if it is gone."""
        pipe = self._redis.pipeline(transaction=False)
        for game_id, number in places:
            pipe.hget(_key(game_id), f"round:{number}")
        return list(await pipe.execute())

    async def forget(self, player_id: str) -> None:
        """Take a player's names out of all replays; their drawings are then somebody's."""
        games: Any = await self._redis.zrange(_GAMES, 0, -1)
        pipe = self._redis.pipeline(transaction=False)
        for game in games:
            pipe.hdel(_key(game.decode()), f"who:{player_id}")
        await pipe.execute()
        await self.let_go({title for title in await self.titles() if title.player == player_id})

    # --- records ---------------------------------------------------------------------------------

    async def titles(self) -> set[Title]:
        """The records whose drawings are kept; at most one a category, but for a moment."""
        fields: Any = await self._redis.hkeys(_TITLES)
        return {Title.of(field) for field in fields}

    async def keep_title(self, title: Title) -> bool:
        """Keep the drawing of a record apart from its game; False if that is gone already."""
        who = f"who:{title.player}".encode()
        stored: Any = await self._redis.hgetall(_key(title.game)) if self.kept else {}
        if who not in stored:
            return False
        mark, name = json.loads(stored[who])
        drawings = [
            (drawing, laid_open)
            for laid_open in unpacked(stored)["rounds"]
            for drawing in laid_open["drawings"]
            if drawing.get("mark") == mark
            and drawing["category"] == CATEGORIES[title.category]
            and drawing["matched_ms"] is not None
        ]
        if not drawings:
            return False
        drawing, laid_open = min(drawings, key=lambda each: int(each[0]["matched_ms"]))
        kept = {"who": [mark, name], "round": {**laid_open, "drawings": [drawing]}}
        await self._redis.hset(_TITLES, title.field(), _compressed(kept))
        return True

    async def let_go(self, titles: Collection[Title]) -> None:
        """Keep the drawings of these records no longer."""
        if titles:
            await self._redis.hdel(_TITLES, *(title.field() for title in titles))

    async def _recorded(self, game_id: str) -> dict[bytes, bytes] | None:
        """The records of a game in the form of its replay; None if it has none."""
        titles = [title for title in await self.titles() if title.game == game_id]
        if not titles:
            return None
        found: Any = await self._redis.hmget(_TITLES, [title.field() for title in titles])
        replay: dict[bytes, bytes] = {}
        rounds: dict[int, dict[str, Any]] = {}
        for title, packed in zip(titles, found, strict=True):
            if packed is not None:  # else it was beaten just now
                kept = json.loads(zlib.decompress(packed))
                replay[f"who:{title.player}".encode()] = _packed(kept["who"])
                laid_open = kept["round"]
                one = rounds.setdefault(laid_open["round"], {**laid_open, "drawings": []})
                one["drawings"] += laid_open["drawings"]
        for number, laid_open in rounds.items():
            replay[f"round:{number}".encode()] = _compressed(laid_open)
        return replay or None


def drawing_in(packed: bytes, seat: int) -> dict[str, Any] | None:
    """The drawing of ``seat`` in a round that was kept."""
    laid_open = json.loads(zlib.decompress(packed))
    return next((each for each in laid_open["drawings"] if each["seat"] == seat), None)


def unpacked(stored: Mapping[bytes, bytes]) -> dict[str, Any]:
    """``rounds`` in order, the ``end`` or None, and the ``names`` by mark."""
    fields = {name.decode(): value for name, value in stored.items()}
    rounds = [
        json.loads(zlib.decompress(value))
        for name, value in fields.items()
        if name.startswith("round:")
    ]
    ended = json.loads(fields["end"]) if "end" in fields else None
    names = dict(json.loads(value) for name, value in fields.items() if name.startswith("who:"))
    return {
        "rounds": sorted(rounds, key=lambda each: int(each["round"])),
        "end": ended,
        "names": names,
    }


def _key(game_id: str) -> str:
    return f"{_PREFIX}game:{game_id}"


# --- what is kept --------------------------------------------------------------------------------


def fields_of(state: RoomState) -> dict[str, bytes]:
    """What a replay needs of a room whose round, or game, has just ended."""
    if state.phase not in (Phase.REVEAL, Phase.GAME_OVER):
        return {}
    found = {
        f"who:{held.player}": _packed([_mark(state, seat), held.name])
        for seat, held in state.seats.items()
    }
    if state.phase is Phase.GAME_OVER:
        standings = [_nameless(state, asdict(row)) for row in view.game_over(state).standings]
        end = {"standings": standings, "ended_ms": state.phase_since_ms}
        return {**found, "end": _packed({**end, "mode": state.settings.mode})}
    drawings = []
    for drawing in view.reveal(state).drawings:
        ink = state.drawings[drawing.seat].ink
        row = _nameless(state, asdict(drawing))
        if state.turn:
            row["points"] = 0  # in pictionary they are the network's, not the drawer's
        drawings.append({**row, "ink": _lists(thinned(ink))})
    laid_open = {
        "round": state.round,
        "total_ms": state.pens_down_ms - state.pens_up_ms,
        "confidence": state.settings.confidence,
        "drawings": drawings,
    }
    return {**found, f"round:{state.round}": _compressed(laid_open)}


def _nameless(state: RoomState, row: dict[str, Any]) -> dict[str, Any]:
    """The row with a mark in place of the name, unless it is nobody's who could be forgotten."""
    if row["seat"] not in state.seats:
        return row
    return {**{k: v for k, v in row.items() if k != "name"}, "mark": _mark(state, row["seat"])}


def _mark(state: RoomState, seat: int) -> str:
    """Stands for a player in one game and tells nothing about them anywhere else."""
    player = state.seats[seat].player
    return hashlib.blake2b(f"{state.seed}:{player}".encode(), digest_size=6).hexdigest()


def _packed(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _compressed(value: object) -> bytes:
    return zlib.compress(_packed(value))


def _lists(ink: Ink) -> list[list[list[int]]]:
    """Each stroke as ``[[x…], [y…], [ms since the point before…]]``, 0..65535."""
    return [[list(each) for each in zip(*points_of(stroke), strict=True)] for stroke in ink.strokes]


def thinned(ink: Ink, most: int = MOST_POINTS) -> Ink:
    """The same strokes, each from its first to its last point, with what an eye needs between.

    Times add up to what they were; ``most`` points, beside the two ends of each stroke, are left.
    """
    drawn = [_apart(list(points_of(stroke))) for stroke in ink.strokes]
    every = -(-sum(map(len, drawn)) // most) or 1
    return Ink(tuple(stroke_of(_some(points, every)) for points in drawn))


_Points = list[tuple[int, int, int]]


def _apart(points: _Points) -> _Points:
    kept = points[:1]
    waited = 0
    for x, y, dt in points[1:]:
        waited = min(_LONGEST_DT, waited + dt)
        if max(abs(x - kept[-1][0]), abs(y - kept[-1][1])) > _NEAR:
            kept.append((x, y, waited))
            waited = 0
    return _ended(kept, points, waited)


def _some(points: _Points, every: int) -> _Points:
    kept = points[:1]
    waited = 0
    for place, (x, y, dt) in enumerate(points[1:], 1):
        waited = min(_LONGEST_DT, waited + dt)
        if place % every == 0:
            kept.append((x, y, waited))
            waited = 0
    return _ended(kept, points, waited)


def _ended(kept: _Points, points: _Points, waited: int) -> _Points:
    x, y, _ = points[-1]
    if len(points) > 1 and kept[-1][:2] != (x, y):
        kept.append((x, y, waited))
    return kept
