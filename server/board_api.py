"""The boards over REST: rankings, players, categories, games.

Every answer carries an ETag; whoever sends it back as If-None-Match gets 304 if nothing is new.
Moments are Unix milliseconds, days and all that is counted by them are in UTC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, Field

from game.categories import CATEGORIES
from game.deck import level_of
from game.protocol import Code, Level, Refused
from server import examples
from server.board_keys import By
from server.clock import now_ms
from server.cursors import CURSOR, MAX_CURSOR
from server.description import operation_id
from server.desk import (
    LONGEST_ID,
    AsPlayer,
    AtDesk,
    CategoryName,
    GameId,
    category_index,
    problems,
)
from server.erasure import Erasure
from server.etags import Revalidated
from server.examples import shown
from server.games import Games, Judged, Record
from server.leaderboard import MAX_ROWS, Page, Row
from server.periods import Period, Span, span_of, span_on
from server.profiles import CategoryInPlay, Profile, Profiles

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MAX_GAMES: Final = 50
_LIMIT: Final = "How many, at most."

Mode = Literal["race", "pictionary"]
PlayerId = Annotated[
    str,
    Path(
        max_length=LONGEST_ID,
        description="The public id of a player.",
        examples=["9f86d081884c7d65"],
    ),
]
Cursor = Annotated[
    str | None,
    Query(
        max_length=MAX_CURSOR,
        pattern=CURSOR,
        description="The `next` of the answer before; left out: the top.",
        examples=["349637935190015.9f86d081884c7d65"],
    ),
]


def _written_out(day: object) -> object:
    """A bare number would be taken for seconds since 1970."""
    if isinstance(day, str) and not _DAY.fullmatch(day):
        message = "must be a day such as 2026-11-22"
        raise ValueError(message)
    return day


class Board(BaseModel):
    """A board: who ranks by what, in which mode, in which month, week or day, or of all time.

    `value` of a row is in points for `points` and `best`, in milliseconds for `fastest`, in matches
    for `streak`. The span is from `starts_ms` until before `ends_ms`; all time has neither.
    """

    mode: Mode
    by: By
    period: Period
    span: str = Field(examples=["2026-W47"])
    time_zone: Literal["UTC"] = "UTC"
    starts_ms: int | None
    ends_ms: int | None
    players: int
    rows: tuple[Row, ...]
    next: str | None = Field(description="Send it as `cursor` for the rows after these.")


class CategoryPage(BaseModel):
    """A category: how hard the network finds it, and what became of it in play."""

    name: str
    level: Level
    in_play: CategoryInPlay


@dataclass(frozen=True, slots=True)
class BoardDesk:
    """What these routes work with, beside the boards themselves."""

    profiles: Profiles
    record: Record
    erasure: Erasure


@dataclass(frozen=True, slots=True)
class Which:
    """Which board is meant."""

    mode: Mode
    span: Span
    by: By

    def shown(self, page: Page) -> Board:
        """A page of this board."""
        ends = self.span.ends_ms
        return Board(
            mode=self.mode,
            by=self.by,
            period=self.span.period,
            span=self.span.label,
            starts_ms=None if ends is None else self.span.starts_ms,
            ends_ms=ends,
            players=page.players,
            rows=page.rows,
            next=page.next,
        )


async def _which(
    mode: Annotated[Mode, Query(description="Which of the two games.")] = "race",
    period: Annotated[Period, Query(description="A week begins on Monday.")] = Period.ALL,
    by: Annotated[By, Query(description="What to rank by.")] = By.POINTS,
    on: Annotated[
        date | None,
        BeforeValidator(_written_out),
        Query(
            description="A day (UTC) within the month, week or day that is meant; left out: today."
            " What is over is kept for a while.",
            examples=["2026-11-22"],
        ),
    ] = None,
) -> Which:
    span = span_of(period, now_ms()) if on is None else span_on(period, on)
    return Which(mode, span, by)


async def _board_desk(request: Request) -> BoardDesk:
    desk: BoardDesk = request.app.state.board_desk
    return desk


AtBoards = Annotated[BoardDesk, Depends(_board_desk)]
ThisBoard = Annotated[Which, Depends(_which)]

router = APIRouter(prefix="/api", route_class=Revalidated, generate_unique_id_function=operation_id)


@router.get(
    "/leaderboard", tags=["boards"], responses={**shown(examples.BOARD), **problems(422, 503)}
)
async def leaderboard(
    desk: AtDesk,
    which: ThisBoard,
    limit: Annotated[int, Query(ge=1, le=MAX_ROWS, description=_LIMIT)] = 10,
    cursor: Cursor = None,
) -> Board:
    """Who ranks where. Without any parameter: the most points of all time."""
    board = desk.leaderboard
    return which.shown(await board.page(which.mode, which.span, which.by, limit, cursor))


@router.get(
    "/leaderboard/around/{player_id}",
    tags=["boards"],
    responses={**shown(examples.BOARD), **problems(404, 422, 503)},
)
async def around(
    desk: AtDesk,
    which: ThisBoard,
    player_id: PlayerId,
    limit: Annotated[int, Query(ge=1, le=MAX_ROWS, description=_LIMIT)] = 11,
) -> Board:
    """A player's own row, with those above and below. 404 for who is not on this board."""
    board = desk.leaderboard
    page = await board.around(which.mode, which.span, which.by, player_id, limit)
    if page is None:
        raise Refused(Code.NOT_FOUND, "This player is not on this board.")
    return which.shown(page)


@router.get(
    "/players/me",
    tags=["players"],
    responses={**shown(examples.PROFILE), **problems(401, 404, 503)},
)
async def own_profile(boards: AtBoards, player: AsPlayer) -> Profile:
    """What one has done oneself: the profile of whoever's token is sent."""
    return await _profile(boards, player.player_id)


@router.get(
    "/players/{player_id}",
    tags=["players"],
    responses={**shown(examples.PROFILE), **problems(404, 422, 503)},
)
async def profile(boards: AtBoards, player_id: PlayerId) -> Profile:
    """What a player has done: games, records, best and worst categories, the last games."""
    return await _profile(boards, player_id)


async def _profile(boards: BoardDesk, player_id: str) -> Profile:
    found = await boards.profiles.player(player_id)
    if found is None:
        raise Refused(Code.NOT_FOUND, "There is no such player.")
    return found


@router.delete(
    "/players/me",
    status_code=204,
    tags=["players"],
    responses={202: {"description": "Under way."}, **problems(401, 403, 413, 503)},
)
async def erase_me(boards: AtBoards, player: AsPlayer) -> Response:
    """Be forgotten: name, token, profile and ranks, and seats in rooms. There is no way back.

    202 if a room does not answer just now; it is seen to all the same. Drawings of finished games
    stay for as long as those games are kept, as nobody's.
    """
    done = await boards.erasure.erase(player.player_id, now_ms())
    return Response(status_code=204 if done else 202)


@router.get(
    "/categories/{name}",
    tags=["boards"],
    responses={**shown(examples.CATEGORY), **problems(404, 422, 503)},
)
async def category(desk: AtDesk, boards: AtBoards, name: CategoryName) -> CategoryPage:
    """How a category does in play: how often it is recognised, how fast, and by whom."""
    index = category_index(name)
    return CategoryPage(
        name=CATEGORIES[index],
        level=level_of(desk.levels, index),
        in_play=await boards.profiles.category(index),
    )


@router.get("/games", tags=["boards"], responses={**shown(examples.GAMES), **problems(422, 503)})
async def recent_games(
    boards: AtBoards,
    limit: Annotated[int, Query(ge=1, le=_MAX_GAMES, description=_LIMIT)] = 10,
    cursor: Cursor = None,
) -> Games:
    """The last games of public rooms, the newest first."""
    return await boards.record.recent(limit, cursor)


@router.get(
    "/games/{game}",
    tags=["boards"],
    responses={**shown(examples.JUDGED), **problems(404, 422, 503)},
)
async def one_game(boards: AtBoards, game: GameId) -> Judged:
    """A finished game: who drew what, and the verdicts. That of a private room needs its id."""
    found = await boards.record.game(game)
    if found is None:
        raise Refused(Code.NOT_FOUND, "There is no such game, or it was too long ago.")
    return found
