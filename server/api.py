"""The REST side: players and rooms."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Path, Request, WebSocket
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from redis.exceptions import RedisError

from game.categories import CATEGORIES
from game.deck import level_of
from game.names import NAME_TYPED_CHARS
from game.protocol import NAME_CHARS, Code, Level, Phase, Refused, Settings
from server import examples, wire
from server.clock import now_ms
from server.description import operation_id
from server.desk import LOOKING, PACED, AsPlayer, AtDesk, Desk, address_of, pace, problem, problems
from server.etags import Revalidated
from server.examples import shown
from server.players import Player
from server.session import Session


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


_LONGEST: Final = 64  # of a code; what is longer is not even looked for
AnyName = Annotated[
    str,
    Field(
        description=f"Up to {NAME_CHARS} characters that can be seen. Case and accents stay; white"
        " space is tidied, and what shows nothing is left out.",
        json_schema_extra={"maxLength": NAME_TYPED_CHARS},
    ),
]


class NewPlayer(_Strict):
    """Who wants to play. Without a name one is found."""

    name: AnyName | None = None


class MadePlayer(BaseModel):
    """A player and the secret that makes one that player. The id may be shown, the token not."""

    player_id: str
    token: str
    name: str


class NewName(_Strict):
    """What a player is called from now on."""

    name: AnyName


class NewRoom(_Strict):
    """How the room is to play; left out, the defaults."""

    settings: Annotated[Settings, BeforeValidator(wire.read_settings)] = Settings()


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


router = APIRouter(prefix="/api", route_class=Revalidated, generate_unique_id_function=operation_id)


@router.post(
    "/players",
    status_code=201,
    dependencies=PACED,
    tags=["players"],
    responses={
        **shown(examples.MADE_PLAYER, 201),
        **problems(400, 403, 413, 422, 429, 503),
    },
)
async def make_player(
    request: Request,
    desk: AtDesk,
    who: Annotated[NewPlayer, Body(openapi_examples=examples.NEW_PLAYER)] = NewPlayer(),  # noqa: B008 - immutable
) -> MadePlayer:
    """Make a player. The token in the answer is shown once and is the only way to be them.

    Who does not come in with it within a day is forgotten.
    """
    await pace(request, desk.newcomers, "tomorrow")
    player, token = await desk.players.create(who.name)
    return MadePlayer(player_id=player.player_id, token=token, name=player.name)


@router.patch(
    "/players/me",
    tags=["players"],
    responses={**shown(examples.PLAYER), **problems(400, 401, 403, 413, 422, 503)},
)
async def rename_player(
    desk: AtDesk,
    player: AsPlayer,
    name: Annotated[NewName, Body(openapi_examples=examples.NEW_NAME)],
) -> Player:
    """Change one's name; rooms learn of it at the next hello."""
    return await desk.players.rename(player.player_id, name.name)


@router.post(
    "/rooms",
    status_code=201,
    dependencies=PACED,
    tags=["rooms"],
    responses={
        **shown(examples.ROOM_CODE, 201),
        **problems(400, 401, 403, 413, 422, 429, 503),
    },
)
async def make_room(
    desk: AtDesk,
    _player: AsPlayer,
    room: Annotated[NewRoom, Body(openapi_examples=examples.NEW_ROOM)] = NewRoom(),  # noqa: B008
) -> RoomCode:
    """Open a room. Whoever comes in first is its host."""
    return RoomCode(code=await desk.rooms.create(room.settings))


@router.post(
    "/quickplay",
    dependencies=PACED,
    tags=["rooms"],
    responses={**shown(examples.ROOM_CODE), **problems(401, 403, 413, 429, 503)},
)
async def quick_play(desk: AtDesk, _player: AsPlayer) -> RoomCode:
    """A public room with a free seat, or a new one that others will be sent to."""
    code = await desk.rooms.joinable()
    return RoomCode(code=code or await desk.rooms.create(Settings(public=True)))


@router.get(
    "/rooms/{code}",
    dependencies=LOOKING,
    tags=["rooms"],
    responses={**shown(examples.ROOM), **problems(404, 422, 429, 503)},
)
async def look_at_room(
    desk: AtDesk,
    code: Annotated[
        str, Path(max_length=_LONGEST, description="As the link has it.", examples=["BCDFG"])
    ],
) -> RoomInfo:
    """Whether there is such a room and what it is doing."""
    state = await desk.rooms.look(code.upper())
    if state is None:
        raise Refused(Code.NO_ROOM, "There is no such room.")
    return RoomInfo(
        code=state.code,
        phase=state.phase,
        players=len(state.seats),
        max_players=state.settings.players,
        locked=state.locked,
    )


@router.get("/categories", tags=["boards"], responses=shown(examples.CATEGORIES))
async def list_categories(desk: AtDesk) -> CategoryList:
    """What can be drawn."""
    return CategoryList(
        categories=[
            Category(name=name, level=level_of(desk.levels, index))
            for index, name in enumerate(CATEGORIES)
        ]
    )


@router.get("/protocol", tags=["rooms"], responses=shown(examples.PROTOCOL))
async def protocol() -> dict[str, Any]:
    """The JSON schema of every socket message, with limits and codes."""
    return wire.schema()


async def room_socket(socket: WebSocket) -> None:
    """The game itself; see ``/api/protocol``."""
    desk: Desk = socket.app.state.desk
    code = socket.path_params["code"].upper()
    try:
        address = address_of(socket)
        with desk.doors.enter(address, now_ms()):
            with suppress(RedisError, OSError):  # the session says so, where Redis is away
                await desk.players.bans.check("address", address)
            await desk.crowd.admit(address, now_ms())
            own = "" if desk.doors.most(address) is None else address
            peer = None
            if desk.rooms.owned(code) is None:
                peer = await desk.forwarding.elsewhere(code)
            if peer is None:
                await Session(socket, desk.rooms, desk.players, own).run(code)
            else:
                await desk.forwarding.carry(socket, code, peer, own)
    except Refused as refused:  # before there was a socket
        await socket.send_denial_response(await problem(socket, refused))
