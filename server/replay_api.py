"""``/api/replays``: the rounds of a game again, for whoever knows its id.

The id is the room's code, 64 bits that nobody can guess and the number of the game in its room; it
is told to those who played, and to nobody else unless the room was public.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel
from redis.asyncio import Redis

from game.protocol import Code, Level, Refused
from server import examples
from server.crowd import SharedBuckets
from server.description import operation_id
from server.desk import CategoryName, GameId, category_index, pace, problems
from server.etags import Revalidated
from server.examples import shown
from server.profiles import Profiles, PublicDrawing
from server.replays import Replays, drawing_in, unpacked

# Of one address: a class of thirty behind one router opens the same link at once.
_LOOKS_PER_S: Final = 5.0
_LOOKS_BURST: Final = 60.0


def looks_of(redis: Redis) -> SharedBuckets:
    """How fast one address may ask for replays."""
    return SharedBuckets(redis, "look", _LOOKS_PER_S, _LOOKS_BURST)


class SeenThen(BaseModel):
    """One line of what the network saw last."""

    category: str
    p: float


class DrawnAgain(BaseModel):
    """One drawing of a round. ``name`` is null for a player who wished to be forgotten.

    ``curve`` is how sure the network was of ``category``, 0-1, by milliseconds into the round;
    ``giveaway`` the stroke that decided; ``ink`` a list ``[[x…], [y…], [ms…]]`` for each stroke,
    0..65535, where a time is that since the point before.
    """

    seat: int
    name: str | None
    category: str
    level: Level
    matched_ms: int | None
    points: int
    place: int | None
    curve: list[tuple[int, float]]
    giveaway: int | None
    top: list[SeenThen]
    ink: list[list[list[int]]]


class RoundAgain(BaseModel):
    """One round. ``confidence`` is how sure the network had to be, 0-1."""

    round: int
    total_ms: int
    confidence: float
    drawings: list[DrawnAgain]


class StoodThen(BaseModel):
    """One row of the podium. ``seat`` is null for the network, which has no name either."""

    seat: int | None
    name: str | None
    score: int
    place: int
    matches: int


class Replay(BaseModel):
    """A game to watch again. ``standings`` are empty if it was not, or not yet, played to its end.

    ``ended_ms`` is Unix time.
    """

    game: str
    mode: str | None
    ended_ms: int | None
    standings: list[StoodThen]
    rounds: list[RoundAgain]


class PublicInk(BaseModel):
    """A drawing of a public game that the network recognised ``ms`` into the round.

    ``ink`` is as in a replay; whose it is, is told there.
    """

    game: str
    round: int
    seat: int
    ms: int
    ink: list[list[list[int]]]


class CategoryDrawings(BaseModel):
    """How people draw a category: the last drawings, the newest first, that can be watched."""

    name: str
    drawings: list[PublicInk]


router = APIRouter(
    prefix="/api",
    tags=["replays"],
    route_class=Revalidated,
    generate_unique_id_function=operation_id,
)


async def _paced(request: Request) -> None:
    await pace(request, request.app.state.replay_looks)


@router.get(
    "/replays/{game}",
    response_model=Replay,
    dependencies=[Depends(_paced)],
    responses={**shown(examples.REPLAY), **problems(404, 422, 429, 503)},
)
async def replay(request: Request, game: GameId) -> Response:
    """Every drawing of a game, stroke by stroke. Kept for a while only; then 404.

    A drawing that holds the record of its category can be watched for as long as it does, without
    the rest of its game.
    """
    replays: Replays = request.app.state.replays
    stored = await replays.stored(game)
    if stored is None:
        raise Refused(Code.NOT_FOUND, "There is no such replay, or it was too long ago.")
    # A long game is megabytes, and the loop has drawings to pass on meanwhile.
    body = await asyncio.to_thread(_written, game, stored)
    return Response(body, media_type="application/json")


@router.get(
    "/categories/{name}/drawings",
    dependencies=[Depends(_paced)],
    responses={**shown(examples.DRAWINGS), **problems(404, 422, 429, 503)},
)
async def category_drawings(request: Request, name: CategoryName) -> CategoryDrawings:
    """How people draw a category. Each drawing is there for as long as the replay of its game."""
    profiles: Profiles = request.app.state.board_desk.profiles
    replays: Replays = request.app.state.replays
    places = await profiles.drawings(category_index(name))
    kept = await replays.rounds([(place.game, place.round) for place in places])
    found = await asyncio.to_thread(_inks, places, kept)
    return CategoryDrawings(name=name, drawings=found)


def _inks(places: Sequence[PublicDrawing], kept: Sequence[bytes | None]) -> list[PublicInk]:
    found = []
    for place, packed in zip(places, kept, strict=True):
        drawing = None if packed is None else drawing_in(packed, place.seat)
        if drawing is not None and drawing["matched_ms"] is not None:
            found.append(PublicInk(**asdict(place), ms=drawing["matched_ms"], ink=drawing["ink"]))
    return found


def _written(game: str, stored: Mapping[bytes, bytes]) -> str:
    found = unpacked(stored)
    names = found["names"]
    end = found["end"] or {}

    def named(row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "name": names.get(row["mark"])} if "mark" in row else row

    return Replay(
        game=game,
        mode=end.get("mode"),
        ended_ms=end.get("ended_ms"),
        standings=[StoodThen(**named(row)) for row in end.get("standings", ())],
        rounds=[
            RoundAgain(**{**each, "drawings": [named(row) for row in each["drawings"]]})
            for each in found["rounds"]
        ],
    ).model_dump_json()
