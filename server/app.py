"""The one place where the server is put together."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from game.commands import ReceiveGuess
from game.deck import Levels, levels_from
from game.protocol import Code, Level, Refused
from ml import queue
from server import orders, presence
from server.api import room_socket, router
from server.board_api import BoardDesk
from server.board_api import router as boards
from server.bodies import BodyLimit
from server.counting import Terms
from server.crowd import Crowd
from server.description import ABOUT, describe, operation_id
from server.desk import Desk, problem
from server.doors import Doors
from server.erasure import Erasure
from server.etags import Revalidated
from server.forwarding import Forwarding
from server.games import Record
from server.headers import SameOrigin, SecurityHeaders
from server.housekeeping import keep_house
from server.invitation import router as invitation
from server.leaderboard import Leaderboard
from server.learning import Learning
from server.learning_api import router as learning
from server.methods import HeadAsGet, allowed
from server.mounting import Mounted
from server.operations import router as operations
from server.owner import Services
from server.periods import DAY_MS
from server.players import Players
from server.predict import PredictDesk
from server.predict import router as predict
from server.predictor import Predictor
from server.profiles import Profiles
from server.recogniser import Recogniser
from server.records import Records
from server.replay_api import looks_of
from server.replay_api import router as replay
from server.replays import Replays
from server.retention import Retention
from server.rooms import Rooms
from server.servant import Servant
from server.session import Session
from server.settings import Settings
from server.store import RoomStore
from server.turn import Ask
from server.word_filter import WordFilter

_log = logging.getLogger(__name__)


def create_app(settings: Settings, redis_url: str) -> FastAPI:
    """The application, serving from the Redis at ``redis_url`` once started."""
    app = FastAPI(
        title="Inkling",
        description=ABOUT,
        version="0.1.0",
        generate_unique_id_function=operation_id,
        lifespan=lambda app: _running(app, settings, redis_url),
    )
    # 9, which is the default, is five times as slow and spares 2 % of a board.
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders, over_tls=settings.public_url.startswith("https://"))
    app.add_middleware(SameOrigin, allowed=settings.origins)
    app.add_middleware(HeadAsGet)
    if settings.root_path:
        app.add_middleware(Mounted, root=settings.root_path)
    app.add_exception_handler(Refused, problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused_by_the_framework)
    app.add_exception_handler(RedisError, _away)
    # Not `include_router`, which builds every route a second time, at the first request.
    for each in (router, boards, invitation, predict, replay, learning, operations):
        app.router.routes.extend(each.routes)
    # FastAPI's own kind of route would keep a fifth more memory for each open socket.
    app.router.routes.append(WebSocketRoute("/api/rooms/{code}/ws", room_socket))
    _serve_page(app, settings.web_dir, settings.root_path)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _running(app: FastAPI, settings: Settings, redis_url: str) -> AsyncIterator[None]:
    redis = queue.connect(redis_url)
    server_id = secrets.token_hex(6)
    unwanted = WordFilter.read(settings.word_filter)
    players = Players(redis, settings.players_kept_days * DAY_MS, unwanted)
    board = Leaderboard(redis, players, _terms(settings))
    retention = Retention(redis, players, board)
    # A blocking read keeps its connection busy; guesses must not wait for anything else's turn.
    recogniser = Recogniser(redis, server_id)
    predictor = Predictor(redis, server_id)
    app.state.predict_desk = PredictDesk.of(redis, predictor, settings.weights)
    levels = read_levels(settings.weights)
    store = RoomStore(redis, server_id, settings.games_kept_days * DAY_MS)
    replays = app.state.replays = Replays(redis, settings.replays_kept, settings.replays_kept_days)
    app.state.replay_looks = looks_of(redis)
    kept = app.state.learning = _learning(redis, settings)
    rooms = Rooms(Services(store, recogniser, board, replays, kept), levels)
    erasure = Erasure(redis, players, store, rooms, board, replays=replays, learning=kept)
    records = Records(redis, players, replays)
    profiles = Profiles(redis, players, replays)
    app.state.board_desk = BoardDesk(profiles, Record(redis, players, replays), erasure)
    doors = Doors(settings.sockets_per_address, settings.proxies)
    crowd = Crowd(redis, server_id, doors)

    async def serve(socket: WebSocket, code: str, address: str) -> None:
        await Session(socket, rooms, players, address).run(code)

    forwarding = Forwarding(redis, server_id, store, serve)
    app.state.desk = Desk(
        redis, players, rooms, board, levels, forwarding, doors, crowd, *Desk.new_buckets(redis)
    )

    def receive(code: str, guess: ReceiveGuess) -> None:
        owner = rooms.owned(code)
        if owner is not None:
            with suppress(Refused):  # a full inbox loses the frame, which is then asked again
                owner.submit(Ask(guess))

    servant, listening = Servant(server_id, rooms, doors), asyncio.Event()
    tasks = [
        asyncio.create_task(recogniser.receive(receive, predictor.heard), name="guesses"),
        asyncio.create_task(recogniser.deliver(), name="frames"),
        asyncio.create_task(recogniser.cadence.watch(), name="lateness"),
        asyncio.create_task(forwarding.run(), name="forwarding"),
        asyncio.create_task(crowd.run(), name="crowd"),
        asyncio.create_task(
            keep_house(store, board, erasure, kept, retention=retention, records=records),
            name="housekeeping",
        ),
        asyncio.create_task(orders.obey(redis, servant.obey, listening), name="orders"),
        asyncio.create_task(presence.beat(redis, servant.tell), name="presence"),
    ]
    await forwarding.ready()
    try:
        yield
    finally:
        await app.state.desk.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await redis.aclose()


def _terms(settings: Settings) -> Terms:
    return Terms(
        private_games=settings.board_private_games,
        flagged=settings.board_flagged,
        board_players=settings.board_players,
        spans_kept_ms=settings.boards_kept_days * DAY_MS,
        player_kept_ms=settings.players_kept_days * DAY_MS,
    )


def _learning(redis: Redis, settings: Settings) -> Learning:
    return Learning(
        redis,
        offered=settings.learn_from_play,
        most=settings.learn_kept,
        days=settings.learn_kept_days,
        consent_kept_ms=settings.players_kept_days * DAY_MS,
    )


def read_levels(weights: Path) -> Levels:
    """The difficulty of every category, as measured for the network in ``weights``.

    All count as medium where there is no measurement. Raises ``ValueError`` for a file that
    cannot be read.
    """
    path = weights / "difficulty.json"
    if not path.exists():
        _log.warning("no %s: every category counts as medium", path)
        return levels_from({})
    try:
        measured: dict[str, Any] = json.loads(path.read_text())
        return levels_from({name: Level(row["level"]) for name, row in measured.items()})
    except (AttributeError, KeyError, TypeError) as error:
        message = f"{path} is not a difficulty table: {error!r}"
        raise ValueError(message) from None


_PAGES: Final = (
    "/r/{code}",
    "/sketch",
    "/replay/{game}",
    "/boards",
    "/player/{player}",
    "/category/{name}",
)


def _serve_page(app: FastAPI, web: Path, root: str) -> None:
    page = _Page(web / "index.html", root)

    async def visited() -> HTMLResponse:
        return HTMLResponse(page.html())

    pages = APIRouter(route_class=Revalidated)
    for path in ("/", *_PAGES):
        pages.add_api_route(path, visited, methods=["GET"], include_in_schema=False)
    app.include_router(pages)
    app.mount("/static", _AskedAbout(directory=web), name="static")

    async def offline() -> FileResponse:
        # A service worker rules over what lies below its own address: the whole page.
        return FileResponse(web / "src" / "offline.js", headers={"Cache-Control": "no-cache"})

    app.add_api_route("/offline.js", offline, include_in_schema=False)


class _Page:
    """The one page for addresses of any depth, read once for each change of its file.

    What it loads cannot be named relative to it, so those names get the ``root`` that all lies
    below. Its modules find the way by themselves, from where they were loaded.
    """

    def __init__(self, path: Path, root: str) -> None:
        self._path = path
        self._root = root
        self._read_of: tuple[int, int] | None = None
        self._html = ""

    def html(self) -> str:
        """What the file says now. Raises ``OSError``."""
        facts = self._path.stat()
        version = (facts.st_mtime_ns, facts.st_size)
        if version != self._read_of:
            written = self._path.read_text("utf-8")
            self._html = written.replace('"/static/', f'"{self._root}/static/')
            self._read_of = version
        return self._html


class _AskedAbout(StaticFiles):
    """Files that browsers keep but ask about each time: one round trip, and never a stale page."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    body = {"code": Code.MALFORMED.value, "message": f"{where}: {first['msg']}."}
    return JSONResponse(body, 422)


async def _refused_by_the_framework(request: Request, error: Exception) -> Response:
    """A body that is no text, a path that leads nowhere: said as we say such things."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    missing = error.status_code == HTTPStatus.NOT_FOUND
    code = Code.NOT_FOUND if missing else Code.MALFORMED
    body = {"code": code.value, "message": error.detail.rstrip(".") + "."}
    headers = error.headers
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers = {"Allow": allowed(request)}
    return JSONResponse(body, error.status_code, headers)


async def _away(_request: Request, error: Exception) -> Response:
    _log.warning("no answer from Redis: %s", error)
    body = {"code": Code.BUSY.value, "message": "The game's memory is away. Try again in a moment."}
    return JSONResponse(body, 503, {"Retry-After": "1"})
