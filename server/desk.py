"""What every route works with, who is asking, and how a refusal looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Request, Response, Security
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from redis.asyncio import Redis
from starlette.requests import HTTPConnection

from game.categories import INDEX
from game.deck import Levels
from game.protocol import Code, Refused
from server.addresses import whose
from server.clock import now_ms
from server.crowd import Crowd, SharedBuckets
from server.doors import Doors
from server.forwarding import Forwarding
from server.leaderboard import Leaderboard
from server.players import Player, Players
from server.rooms import Rooms

# Of one address: a class of thirty behind one router joins within a minute, a script does not.
_MAKES_PER_S: Final = 1.0
_MAKES_BURST: Final = 60.0
# A player who came in once is kept for a year. A large school's on their first day, and no more.
_NEWCOMERS: Final = 5_000.0
_NEWCOMERS_PER_S: Final = _NEWCOMERS / 86_400
# Codes of rooms must not be found by trying: this is a thousandth of them in an hour and a half.
_LOOKS_PER_S: Final = 3.0
_LOOKS_BURST: Final = 120.0
LONGEST_ID: Final = 64  # characters, of a player or a game
_AGAIN: Final = (429, 503)  # it may well work in a second
_UNKNOWN: Final = 401
_STATUS: Final = {
    Code.BAD_TOKEN: 401,
    Code.BANNED: 403,
    Code.NO_ROOM: 404,
    Code.NOT_FOUND: 404,
    Code.TOO_FAST: 429,
    Code.BUSY: 503,
}


@dataclass(frozen=True, slots=True)
class Desk:
    """What the routes work with."""

    redis: Redis
    players: Players
    rooms: Rooms
    leaderboard: Leaderboard
    levels: Levels
    forwarding: Forwarding
    doors: Doors
    crowd: Crowd
    makes: SharedBuckets
    looks: SharedBuckets
    newcomers: SharedBuckets

    async def close(self) -> None:
        """Have every socket come back, with a code that says so, and wait until they are gone.

        Doing it again does nothing.
        """
        self.doors.close()
        await self.rooms.close()
        await self.forwarding.close()
        await self.doors.emptied()

    @staticmethod
    def new_buckets(redis: Redis) -> tuple[SharedBuckets, SharedBuckets, SharedBuckets]:
        """How fast one address may make players and rooms, look for rooms, and players a day."""
        return (
            SharedBuckets(redis, "make", _MAKES_PER_S, _MAKES_BURST),
            SharedBuckets(redis, "room", _LOOKS_PER_S, _LOOKS_BURST),
            SharedBuckets(redis, "newcomer", _NEWCOMERS_PER_S, _NEWCOMERS),
        )


class Problem(BaseModel):
    """What went wrong: a code for programs, a sentence for people."""

    code: str
    message: str


async def desk_of(request: Request) -> Desk:
    """The desk of the application that was asked."""
    desk: Desk = request.app.state.desk
    return desk


_BEARER: Final = HTTPBearer(
    scheme_name="token", description="The `token` that `POST /api/players` gave.", auto_error=False
)


async def _player(
    desk: Annotated[Desk, Depends(desk_of)],
    sent: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
) -> Player:
    player = await desk.players.by_token(sent.credentials) if sent is not None else None
    if player is None:
        raise Refused(Code.BAD_TOKEN, "Send the token of a player: Authorization: Bearer TOKEN.")
    return player


def address_of(of: HTTPConnection) -> str:
    """Whom limits and bans take whoever is at the other end for, behind trusted proxies."""
    return whose(of.client.host) if of.client else ""


async def pace(request: Request, buckets: SharedBuckets, again: str = "in a second") -> None:
    """Take a token of whoever asks. Raises ``Refused``, which says when to try again."""
    if not await buckets.take(address_of(request), now_ms()):
        raise Refused(Code.TOO_FAST, f"That is a lot at once. Try again {again}.")


async def _paced(request: Request, desk: Annotated[Desk, Depends(desk_of)]) -> None:
    await pace(request, desk.makes, "in a minute")
    await desk.players.bans.check("address", address_of(request))


async def _looking(request: Request, desk: Annotated[Desk, Depends(desk_of)]) -> None:
    await pace(request, desk.looks)


GameId = Annotated[
    str,
    Path(
        max_length=LONGEST_ID,
        description="As lists of games, a game_over message and the link to a replay have it.",
        examples=["BCDFG-0123456789abcdef-1"],
    ),
]
CategoryName = Annotated[
    str, Path(max_length=32, description="In English, as listed.", examples=["cat"])
]


def category_index(name: str) -> int:
    """The number of a category. Raises ``Refused`` for what is none."""
    index = INDEX.get(name)
    if index is None:
        raise Refused(Code.NOT_FOUND, "There is no such category; /api/categories lists them.")
    return index


AtDesk = Annotated[Desk, Depends(desk_of)]
AsPlayer = Annotated[Player, Depends(_player)]
PACED: Final = [Depends(_paced)]
LOOKING: Final = [Depends(_looking)]


_SAID: Final = {
    400: (Code.NAME_EMPTY, "What was sent can be read but not done."),
    401: (Code.BAD_TOKEN, "The token is missing, or nobody's."),
    403: (Code.BANNED, "Kept out by whoever runs the server, or sent by another site's page."),
    404: (Code.NOT_FOUND, "There is no such thing, or not any more."),
    413: (Code.TOO_LARGE, "The body is larger than anything that can be asked for."),
    422: (Code.MALFORMED, "What was sent is not of the form described here."),
    429: (Code.TOO_FAST, "So much comes of one address that it has to wait."),
    503: (Code.BUSY, "Just now the server cannot; it may well work in a second."),
}
_HEADER: Final = {"schema": {"type": "string"}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How a route may refuse, for its description."""
    found: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        code, description = _SAID[status]
        example = {"code": code.value, "message": description}
        found[status] = {
            "model": Problem,
            "description": description,
            "content": {"application/json": {"example": example}},
        }
        headers = [name for name in ("Retry-After", "WWW-Authenticate") if _tells(status, name)]
        if headers:
            found[status]["headers"] = dict.fromkeys(headers, _HEADER)
    return found


def _tells(status: int, header: str) -> bool:
    return status in _AGAIN if header == "Retry-After" else status == _UNKNOWN


async def problem(_asked: HTTPConnection, refused: Exception) -> Response:
    """A refusal as JSON."""
    assert isinstance(refused, Refused)  # noqa: S101 - registered for nothing else
    body = {"code": refused.code.value, "message": refused.message}
    status = _STATUS.get(refused.code, 400)
    headers = {"Retry-After": "1"} if status in _AGAIN else {}
    if status == _UNKNOWN:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, status, headers)
