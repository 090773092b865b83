"""The REST side: players, rooms, the leaderboard, and what programs want to know."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends, Header, Query, Request, Response, WebSocket
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, ConfigDict, Field
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.requests import HTTPConnection

from game.categories import CATEGORIES
from game.deck import Levels, level_of
from game.protocol import Code, Level, Phase, Refused, Settings
from ml import queue
from server import metrics, wire
from server.clock import now_ms
from server.doors import Doors
from server.forwarding import Forwarding
from server.leaderboard import MAX_ROWS, Leaderboard, Row
from server.players import Player, Players
from server.rate import AddressBuckets
from server.rooms import Rooms
from server.session import Session

# Of one address: a class of thirty behind one router joins within a minute, a script does not.
_MAKES_PER_S: Final = 1.0
_MAKES_BURST: Final = 60.0
_STATUS: Final = {
    Code.BAD_TOKEN: 401,
    Code.NO_ROOM: 404,
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
    makes: AddressBuckets

    async def close(self) -> None:
        """Have every socket come back, with a code that says so, and wait until they are gone.

        Doing it again does nothing.
        """
        self.doors.close()
        await self.rooms.close()
        await self.forwarding.close()
        await self.doors.emptied()

    @staticmethod
    def new_buckets() -> AddressBuckets:
        """How fast one address may make players and rooms."""
        return AddressBuckets(_MAKES_PER_S, _MAKES_BURST)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewPlayer(_Strict):
    """Who wants to play. Without a name one is found."""

    name: str | None = Field(None, examples=["Ada"])


class MadePlayer(BaseModel):
    """A player and the secret that makes one that player. The id may be shown, the token not."""

    player_id: str
    token: str
    name: str


class NewName(_Strict):
    """What a player is called from now on."""

    name: str


class NewRoom(_Strict):
    """How the room is to play; left out, the defaults."""

    settings: Settings = Settings()


class RoomCode(BaseModel):
    """A room to join at ``/r/CODE``."""

    code: str


class RoomInfo(BaseModel):
    """A room as somebody outside may see it."""

    code: str
    phase: Phase
    players: int
    max_players: int
    locked: bool


class Category(BaseModel):
    """Something the network knows, and how hard it finds it."""

    name: str
    level: Level


class CategoryList(BaseModel):
    """All categories, in the order of the network's outputs."""

    categories: list[Category]


class Board(BaseModel):
    """The players with the most points of all games."""

    rows: list[Row]


class Problem(BaseModel):
    """What went wrong: a code for programs, a sentence for people."""

    code: str
    message: str


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


async def _player(
    desk: Annotated[Desk, Depends(_desk)], authorization: Annotated[str, Header()] = ""
) -> Player:
    scheme, _, token = authorization.partition(" ")
    player = await desk.players.by_token(token) if scheme.lower() == "bearer" else None
    if player is None:
        raise Refused(Code.BAD_TOKEN, "Send the token of a player: Authorization: Bearer TOKEN.")
    return player


def _address(of: HTTPConnection) -> str:
    """The address of whoever is at the other end, behind the proxies that are trusted."""
    return of.client.host if of.client else ""


def _paced(request: Request, desk: Annotated[Desk, Depends(_desk)]) -> None:
    if not desk.makes.take(_address(request), now_ms()):
        raise Refused(Code.TOO_FAST, "That is a lot at once. Try again in a minute.")


AtDesk = Annotated[Desk, Depends(_desk)]
AsPlayer = Annotated[Player, Depends(_player)]
_PACED: Final = [Depends(_paced)]
_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    code: {"model": Problem} for code in (400, 401, 404, 422, 429, 503)
}

router = APIRouter(prefix="/api", responses=_PROBLEMS)
operations = APIRouter()


@router.post("/players", status_code=201, dependencies=_PACED)
async def make_player(desk: AtDesk, who: Annotated[NewPlayer, Body()] = NewPlayer()) -> MadePlayer:  # noqa: B008 - immutable
    """Make a player. The token in the answer is shown once and is the only way to be them."""
    player, token = await desk.players.create(who.name)
    return MadePlayer(player_id=player.player_id, token=token, name=player.name)


@router.patch("/players/me")
async def rename_player(desk: AtDesk, player: AsPlayer, name: NewName) -> Player:
    """Change one's name; rooms learn of it at the next hello."""
    return await desk.players.rename(player.player_id, name.name)


@router.post("/rooms", status_code=201, dependencies=_PACED)
async def make_room(
    desk: AtDesk,
    _player: AsPlayer,
    room: Annotated[NewRoom, Body()] = NewRoom(),  # noqa: B008
) -> RoomCode:
    """Open a room. Whoever comes in first is its host."""
    return RoomCode(code=await desk.rooms.create(room.settings))


@router.post("/quickplay", dependencies=_PACED)
async def quick_play(desk: AtDesk, _player: AsPlayer) -> RoomCode:
    """A public room with a free seat, or a new one that others will be sent to."""
    code = await desk.rooms.joinable()
    return RoomCode(code=code or await desk.rooms.create(Settings(public=True)))


@router.get("/rooms/{code}")
async def look_at_room(desk: AtDesk, code: str) -> RoomInfo:
    """Whether there is such a room and what it is doing."""
    state = await desk.rooms.look(code.upper())
    if state is None:
        raise Refused(Code.NO_ROOM, "There is no such room.")
    return RoomInfo(
        code=state.code,
        phase=state.phase,
        players=len(state.seats),
        max_players=state.settings.players,
        locked=False,
    )


@router.get("/categories")
async def list_categories(desk: AtDesk) -> CategoryList:
    """What can be drawn."""
    return CategoryList(
        categories=[
            Category(name=name, level=level_of(desk.levels, index))
            for index, name in enumerate(CATEGORIES)
        ]
    )


@router.get("/leaderboard")
async def leaderboard(desk: AtDesk, limit: Annotated[int, Query(ge=1, le=MAX_ROWS)] = 10) -> Board:
    """Who has the most points."""
    return Board(rows=await desk.leaderboard.top(limit))


@router.get("/protocol")
async def protocol() -> dict[str, Any]:
    """The JSON schema of every socket message, with limits and codes."""
    return wire.schema()


async def room_socket(socket: WebSocket) -> None:
    """The game itself; see ``/api/protocol``."""
    desk: Desk = socket.app.state.desk
    code = socket.path_params["code"].upper()
    try:
        with desk.doors.enter(_address(socket), now_ms()):
            peer = None
            if desk.rooms.owned(code) is None:
                peer = await desk.forwarding.elsewhere(code)
            if peer is None:
                await Session(socket, desk.rooms, desk.players).run(code)
            else:
                await desk.forwarding.carry(socket, code, peer)
    except Refused as refused:  # before there was a socket
        await socket.send_denial_response(await problem(socket, refused))


@operations.get("/healthz")
async def healthy() -> dict[str, str]:
    """Whether this process answers at all."""
    return {"status": "ok"}


@operations.get("/readyz")
async def ready(desk: AtDesk) -> Response:
    """Whether a game can be played here: Redis answers, and a worker recognises."""
    try:
        workers = await queue.workers(desk.redis)
    except (RedisError, OSError):
        return JSONResponse({"redis": False, "workers": 0}, 503)
    found = {"redis": True, "workers": len(workers)}
    return JSONResponse(found, 200 if workers else 503)


@operations.get("/metrics", include_in_schema=False)
async def scrape(desk: AtDesk) -> Response:
    """For Prometheus. Without Redis, nothing new is known of the workers."""
    with suppress(RedisError, OSError):
        metrics.observe_workers(await queue.workers(desk.redis), await queue.length(desk.redis))
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def problem(_asked: HTTPConnection, refused: Exception) -> Response:
    """A refusal as JSON."""
    assert isinstance(refused, Refused)  # noqa: S101 - registered for nothing else
    body = {"code": refused.code.value, "message": refused.message}
    return JSONResponse(body, _STATUS.get(refused.code, 400))
