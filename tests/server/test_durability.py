"""What a player was told stays true: through restarts, kills, lost leases, Redis being away."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from redis.asyncio import Redis

from game import commands as c
from game import ink
from game.protocol import Close, Refused, Settings
from game.state import RoomState
from ml import queue
from server import owner as owner_module
from server.embedded import EmbeddedValkey
from server.events import Snapshot
from server.leaderboard import Leaderboard
from server.owner import Services
from server.players import Players
from server.recogniser import Recogniser
from server.rooms import Rooms
from server.store import Fenced, RoomStore
from server.turn import Ask
from tests.support.asking import Socket
from tests.support.house import EIGHT, HandWorker, House, open_house, prompt_of
from tests.support.player import Account, Player, dots
from tests.support.waiting import soon

pytestmark = pytest.mark.asyncio
ROOT = Path(__file__).resolve().parents[2]
LEVELS = "m" * 345
CODE = "BCDFG"


# --- a server that is started again --------------------------------------------------------------


async def test_a_restarted_server_goes_on_with_the_round(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = HandWorker(redis)
    await worker.join()
    async with open_house(redis_url, monkeypatch) as first:
        ada, bob = await first.round("Ada", "Bob", seconds=60)
        first.clock.ahead_ms += 5_000
        await ada.draw(dots(3))
        await worker.answer(await worker.take_of(ada), prompt_of(ada))
        match = await bob.hears("match")
        await bob.draw(dots(4))
        await bob.stored()
        before = first.owner(ada.code).state
        left_ms = before.phase_ends_ms - first.clock()
        await first.stop()
        code, _ = await bob.closed()
        assert not 4500 <= code < 5000  # come back
        ahead_ms = first.clock.ahead_ms
    async with open_house(redis_url, monkeypatch) as second:
        second.clock.ahead_ms = ahead_ms + 600_000  # closed for ten minutes
        assert bob.account is not None
        back = await second.dial(bob.code, bob.account)
        welcome = await back.hello()
        assert welcome["seat"] == bob.seat
        assert welcome["batch"] == 1
        assert welcome["prompt"]["category"] == prompt_of(bob)
        assert welcome["seats"][0]["score"] == match["score"]
        assert welcome["matches"] == [{**match, "offset": welcome["matches"][0]["offset"]}]
        assert abs(welcome["phase"]["ms_left"] - left_ms) < 3_000
        await back.until(lambda: set(back.canvases) == {0, 1})
        assert back.canvases[1] == bob.drawn
        await back.draw(dots(2, 9_000))
        entry = await worker.take_of(back)
        while entry.frame.ink != ink.pack(back.canvases[1]) + b"\2\0" + dots(2, 9_000):
            await worker.answer(entry, "The Eiffel Tower")
            entry = await worker.take_of(back)
        await worker.answer(entry, prompt_of(bob))
        # Ada is still away, but she has matched; so this was the last.
        reveal = await back.hears("reveal")
        assert [drawing["points"] > 0 for drawing in reveal["drawings"]] == [True, True]


@asynccontextmanager
async def process(redis_url: str) -> AsyncIterator[tuple[str, subprocess.Popen[str]]]:
    """``python -m server`` on a free port, and its address; killed at the end."""
    settings = {"HOST": "127.0.0.1", "PORT": "0", "REDIS_URL": redis_url, "WORKERS": "0"}
    server = subprocess.Popen(  # noqa: ASYNC220 - started once, read in a thread
        [sys.executable, "-u", "-m", "server"],
        cwd=ROOT,
        env={**os.environ, **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    try:
        loop = asyncio.get_running_loop()
        found = None
        async with asyncio.timeout(30):
            while found is None:
                line = await loop.run_in_executor(None, server.stdout.readline)
                assert line
                found = re.search(r"http://[\d.]+:\d+", line)
        yield found.group(), server
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


async def test_a_server_killed_in_mid_round_takes_nothing_with_it(redis_url: str) -> None:
    async with process(redis_url) as (address, server):
        async with httpx.AsyncClient(base_url=address) as http:
            made = (await http.post("/api/players", json={"name": "Ada"})).json()
            ada = Account(made["player_id"], made["token"], "Ada")
            bearer = {"Authorization": f"Bearer {ada.token}"}
            room = {"settings": {"custom": EIGHT, "seconds": 60}}
            code = (await http.post("/api/rooms", json=room, headers=bearer)).json()["code"]
        path = f"/api/rooms/{code}/ws"
        async with await Player.dial("ws" + address.removeprefix("http") + path, ada) as player:
            await player.hello()
            await player.say("start")
            await player.phase("drawing")
            await player.draw(dots(5))
            await player.stored()
            server.send_signal(signal.SIGKILL)
            await player.closed()
    async with (
        process(redis_url) as (address, _),
        await Player.dial("ws" + address.removeprefix("http") + path, ada) as back,
    ):
        welcome = await back.hello()  # after the lease of the dead has run out
        assert welcome["seat"] == 0
        assert welcome["phase"]["phase"] == "drawing"
        assert 50_000 < welcome["phase"]["ms_left"] <= 60_000
        assert welcome["prompt"]["category"] == prompt_of(player)
        assert welcome["batch"] == 1
        await back.until(lambda: back.canvases == {0: player.drawn})
        await back.draw(dots(2))
        await back.stored(2)


# --- Redis away ----------------------------------------------------------------------------------


async def test_a_room_waits_for_redis_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        EmbeddedValkey(tmp_path) as valkey,
        open_house(valkey.url, monkeypatch) as house,
        queue_client(valkey.url) as redis,
    ):
        ada, bob = await house.round("Ada", "Bob", seconds=60)
        await ada.draw(dots(3))
        await ada.stored()
        (process_id,) = await soon(lambda: children_of(valkey))
        psutil.Process(process_id).kill()  # its keeper starts it again
        await ada.draw(dots(3, 9_000))
        assert ada.acknowledged == 1
        await ada.stored(2)
        await bob.until(lambda: bob.canvases[0] == ada.drawn)
        assert (await house.http.get("/api/leaderboard")).status_code == 200
        worker = HandWorker(redis)
        await worker.join()
        async with asyncio.timeout(10):  # what was asked before is asked again
            while not bob.count("match"):
                for entry in await queue.take(redis, "hand", 8, 100):
                    await worker.answer(entry, prompt_of(ada))


async def children_of(valkey: EmbeddedValkey) -> list[int]:
    assert valkey._server is not None
    assert valkey._server.pid is not None
    return [child.pid for child in psutil.Process(valkey._server.pid).children()]


@asynccontextmanager
async def queue_client(url: str) -> AsyncIterator[Redis]:
    client = queue.connect(url)
    yield client
    await client.aclose()


async def test_a_server_can_be_stopped_while_redis_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    valkey = EmbeddedValkey(tmp_path)
    url = (await valkey.__aenter__()).url
    async with open_house(url, monkeypatch) as house:
        ada, *_ = await house.round("Ada")
        await valkey.__aexit__(None, None, None)
        await ada.draw(dots(3))
        answer = await house.http.get("/api/leaderboard")
        assert answer.status_code == 503
        assert answer.json()["code"] == "busy"
        assert (await house.http.get("/readyz")).status_code == 503
        assert (await house.http.get("/healthz")).status_code == 200
        late = await house.dial(ada.code, Account("x", "x" * 32, "Late"))
        await late.say("hello", token="x" * 32)
        assert (await late.closed())[0] == Close.RESTARTING
        assert ada.acknowledged == 0  # nothing is told that is not stored
        await house.stop()


# --- one owner -----------------------------------------------------------------------------------


async def new_room(redis: Redis) -> tuple[RoomStore, RoomStore]:
    """A room that the first of two servers owns."""
    one, two = RoomStore(redis, "one"), RoomStore(redis, "two")
    assert await one.create(Snapshot(0, 1, RoomState(CODE, "seed", LEVELS, Settings())))
    assert await one.claim(CODE)
    return one, two


async def test_a_room_is_made_once(redis: Redis) -> None:
    one, two = await new_room(redis)
    again = Snapshot(0, 2, RoomState(CODE, "another seed", LEVELS, Settings()))
    assert not await two.create(again)
    found = await one.load(CODE)
    assert found is not None
    assert found.state.seed == "seed"


async def test_a_lease_has_one_holder(redis: Redis) -> None:
    one, two = await new_room(redis)
    assert not await two.claim(CODE)
    assert await one.claim(CODE)
    await two.release(CODE)  # not hers to release
    assert not await two.claim(CODE)
    await one.release(CODE)
    assert await two.claim(CODE)


async def test_a_fenced_owner_writes_nothing(redis: Redis) -> None:
    one, two = await new_room(redis)
    await one.append(CODE, 1, [], 5)
    await redis.delete(f"inkling:{{room:{CODE}}}:lease")  # as if it had run out
    assert await two.claim(CODE)
    snapshot = await one.load(CODE)
    assert snapshot is not None
    for write in (one.append(CODE, 2, [], 6), one.save(snapshot)):
        with pytest.raises(Fenced):
            await write
    found = await two.load(CODE)
    assert found is not None
    assert (found.offset, found.at_ms) == (1, 5)


async def test_an_owner_that_missed_something_is_fenced_though_the_lease_is_free_again(
    redis: Redis,
) -> None:
    """It waited for Redis longer than its lease; meanwhile another server came and went."""
    one, two = await new_room(redis)
    await one.append(CODE, 1, [], 5)
    missed = await one.load(CODE)
    assert missed is not None
    await redis.delete(f"inkling:{{room:{CODE}}}:lease")
    assert await two.claim(CODE)
    await two.append(CODE, 2, [], 7)
    newer = await two.load(CODE)
    assert newer is not None
    await two.save(newer)
    await two.release(CODE)
    assert await one.claim(CODE)
    for write in (one.append(CODE, 2, [], 9), one.save(missed)):
        with pytest.raises(Fenced):
            await write
    found = await one.load(CODE)
    assert found is not None
    assert (found.offset, found.at_ms) == (2, 7)


async def test_a_turn_appended_again_is_there_once(redis: Redis) -> None:
    one, _ = await new_room(redis)
    for _ in range(3):
        await one.append(CODE, 1, [], 5)
    assert await redis.xlen(f"inkling:{{room:{CODE}}}:log") == 1
    with pytest.raises(Fenced):
        await one.append(CODE, 1, [], 6)  # another turn at the same place


async def test_a_room_is_read_whole_while_its_owner_trims_the_log(redis: Redis) -> None:
    one, _ = await new_room(redis)
    for offset in range(1, 4):
        await one.append(CODE, offset, [], offset)
    snapshot = await one.load(CODE)
    assert snapshot is not None
    await one.save(snapshot)
    assert await redis.xlen(f"inkling:{{room:{CODE}}}:log") == 0
    for offset in range(4, 60):
        reading = asyncio.create_task(one.load(CODE))
        await one.append(CODE, offset, [], offset)
        found = await reading
        assert found is not None
        assert found.offset in (offset - 1, offset)
        await one.save(Snapshot(offset, offset, snapshot.state))


async def test_a_server_that_lost_its_room_sends_everybody_to_the_new_owner(
    house: House, redis: Redis
) -> None:
    ada, bob = await house.round("Ada", "Bob")
    await redis.set(f"inkling:{{room:{ada.code}}}:lease", "another server")
    offset = house.owner(ada.code)._offset
    joining = await house.dial(ada.code, await house.account("Cyd"))
    assert joining.account is not None
    await joining.say("hello", token=joining.account.token)
    await ada.draw(dots(3))
    for player in (ada, bob, joining):
        assert (await player.closed())[0] == Close.ROOM_MOVED
    assert ada.acknowledged == 0
    found = await RoomStore(redis, "reader").load(ada.code)
    assert found is not None
    assert found.offset == offset


async def test_a_room_of_a_server_that_does_not_answer_is_not_said_to_be_gone(
    house: House, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.forwarding.MUTE_LOOKS", 1)
    ada = await house.account("Ada")
    code = await house.room(ada)
    async with redis.pubsub() as channel:
        await channel.subscribe("inkling:server:0123456789ab")
        await redis.set(f"inkling:{{room:{code}}}:lease", "0123456789ab")
        player = await house.dial(code, ada)
        await player.say("hello", token=ada.token)
        assert (await player.closed())[0] == Close.ROOM_MOVED


# --- an owner's beginning and end ----------------------------------------------------------------


@asynccontextmanager
async def rooms_of(redis: Redis) -> AsyncIterator[Rooms]:
    """The rooms of a server without sockets."""
    board = Leaderboard(redis, Players(redis))
    store = RoomStore(redis, "one")
    rooms = Rooms(Services(store, Recogniser(redis, "one"), board), LEVELS)
    yield rooms
    await rooms.close()


async def sit(rooms: Rooms, code: str, name: str) -> Socket:
    """Come in and wait to be welcomed."""
    socket = Socket()
    owner = await rooms.enter(code)
    assert owner is not None
    owner.submit(Ask(c.Join(name, name), socket))

    async def welcomed() -> bool:
        return bool(socket.said("welcome")) or socket.closing is not None

    await soon(welcomed, within_s=5.0)
    assert socket.closing is None
    return socket


async def test_who_enters_while_the_last_one_leaves_is_welcomed(redis: Redis) -> None:
    async with rooms_of(redis) as rooms:
        code = await rooms.create(Settings())
        await sit(rooms, code, "guest 0")
        for n in range(30):
            owner = rooms.owned(code)
            assert owner is not None
            (seat,) = owner.state.seats
            last = owner.hub.listener(seat)
            assert isinstance(last, Socket)
            owner.submit(Ask(c.Leave(seat), last))
            for _ in range(n):  # at every stage of the end
                await asyncio.sleep(0)
            await sit(rooms, code, f"guest {n + 1}")


async def test_however_many_enter_at_once_a_room_has_one_owner(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.rooms._CLAIM_PATIENCE_MS", 100)
    monkeypatch.setattr("server.rooms._CLAIM_RETRY_S", 0.02)
    async with rooms_of(redis) as rooms:
        code = await rooms.create(Settings())
        lease = f"inkling:{{room:{code}}}:lease"
        await redis.set(lease, "another server", px=250)  # some give up, some wait it out

        async def come(n: int) -> Socket | None:
            await asyncio.sleep(0.03 * n)
            owner = await rooms.enter(code)
            assert owner is not None
            socket = Socket()
            owner.submit(Ask(c.Join(f"guest {n}", f"guest {n}"), socket))
            return socket

        came = await asyncio.gather(*(come(n) for n in range(8)), return_exceptions=True)
        sockets = [each for each in came if isinstance(each, Socket)]
        assert sockets

        async def all_in() -> bool:
            return all(socket.said("welcome") for socket in sockets)

        assert await soon(all_in)
        owner = rooms.owned(code)
        assert owner is not None
        assert len(owner.hub) == len(sockets)
        assert len(rooms._tasks) == 1


async def test_an_empty_room_is_let_go_and_found_again(house: House, redis: Redis) -> None:
    ada, *_ = await house.table("Ada")
    assert ada.account is not None
    await ada.say("leave")
    await ada.closed()

    async def let_go() -> bool:
        return house.desk.rooms.owned(ada.code) is None

    assert await soon(let_go)
    assert not await redis.exists(f"inkling:{{room:{ada.code}}}:lease")
    assert not house.desk.rooms._tasks
    again = await house.enter(ada.code, ada.account)
    assert again.seat == 0


async def test_a_full_inbox_refuses_all_but_the_news_that_somebody_is_gone(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.inbox.INBOX_COMMANDS", 3)
    async with rooms_of(redis) as rooms:
        code = await rooms.create(Settings())
        socket = await sit(rooms, code, "guest")
        owner = rooms.owned(code)
        assert owner is not None
        for _ in range(3):
            owner.submit(Ask(c.Say(0, "hello"), socket))
        with pytest.raises(Refused):
            owner.submit(Ask(c.Say(0, "hello"), socket))
        owner.submit(Ask(c.Drop(0), socket))

        async def away() -> bool:
            return not owner.state.seats[0].here

        assert await soon(away)


async def test_a_fault_in_one_room_leaves_the_others_alone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, *_ = await house.table("Ada")
    bob, *_ = await house.table("Bob")
    broken = house.owner(ada.code)

    def fail(*_: object) -> None:
        message = "this is a fault"
        raise ValueError(message)

    monkeypatch.setattr(broken.hub, "tell", fail)
    await ada.say("chat", text="trouble")
    assert (await ada.closed())[0] == Close.ROOM_MOVED
    await bob.say("chat", text="all is well")
    await bob.hears("chat")
    assert ada.account is not None
    back = await house.enter(ada.code, ada.account)  # its last stored turn is sound
    await back.say("chat", text="better")
    await back.hears("chat")


# --- what is kept, and for how long --------------------------------------------------------------


async def play_to_the_end(
    house: House,
    worker: HandWorker,
    *,
    public: bool = True,
    names: tuple[str, str] = ("Ada", "Bob"),
) -> tuple[Player, Player]:
    ada, bob = await house.round(*names, rounds=1, public=public)
    for player in (ada, bob):
        await player.draw(dots(3))
        await worker.answer(await worker.take_of(player), prompt_of(player))
        await player.hears("guess")
    await ada.hears("reveal")
    for player in (ada, bob):
        await player.say("ready")
    await ada.hears("game_over")
    return ada, bob


async def test_a_finished_game_is_on_the_board_once_even_after_a_restart(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = HandWorker(redis)
    await worker.join()
    async with open_house(redis_url, monkeypatch) as first:
        ada, _ = await play_to_the_end(first, worker)
        podium = next(said for said in ada.heard if said["type"] == "game_over")

        async def counted() -> bool:
            return len((await first.http.get("/api/leaderboard")).json()["rows"]) == 2

        assert await soon(counted)
    async with open_house(redis_url, monkeypatch) as second:
        assert ada.account is not None
        back = await second.dial(ada.code, ada.account)
        welcome = await back.hello()
        assert welcome["game_over"]["standings"] == podium["standings"]
        rows = (await second.http.get("/api/leaderboard")).json()["rows"]
        scores = {row["name"]: row["score"] for row in podium["standings"]}
        assert {row["name"]: row["points"] for row in rows} == scores
        assert all(row["games"] == 1 for row in rows)
    verdicts = [key async for key in redis.scan_iter("inkling:game:*:verdicts")]
    assert len(verdicts) == 1
    assert await redis.hlen(verdicts[0]) == 3  # two matches and the podium


async def test_every_key_expires_but_the_boards_and_the_queue(
    house: House, worker: HandWorker, redis: Redis
) -> None:
    await play_to_the_end(house, worker)
    assert await soon(lambda: redis.exists("inkling:{board}:race:all:points"))
    lasting = set()
    keys: list[bytes] = [key async for key in redis.scan_iter()]
    for key in keys:
        if await redis.pttl(key) < 0:
            lasting.add(key.decode())
    assert lasting == {
        # Boards of all time are what is meant to last, and they hold so many players and no more.
        *(f"inkling:{{board}}:race:all:{by}" for by in ("points", "best", "fastest", "streak")),
        "inkling:{board}:race:all:tally",
        "inkling:{board}:recent",
        "inkling:{replays}:games",  # so many of them, the newest
        # One stream, bounded and emptied by its readers, who would lose their group with it.
        queue.FRAMES,
    } | {key for key in lasting if key.startswith("inkling:{board}:category:")}  # 345 at most
    assert await queue.length(redis) == 0


async def test_of_one_players_rooms_so_many_are_remembered(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.store.VISITS_KEPT", 3)
    store = RoomStore(redis, "one")
    for n in range(6):
        await store.visit("ada", f"room {n}", n + 1)
    assert await store.visited("ada") == ["room 3", "room 4", "room 5"]


async def test_a_room_with_somebody_in_it_is_kept_however_quiet_it_is(
    house: House, redis: Redis
) -> None:
    ada, *_ = await house.table("Ada")
    keys = [f"inkling:{{room:{ada.code}}}:{name}" for name in ("log", "snap")]
    for key in keys:
        assert await redis.pexpire(key, 5_000)

    async def prolonged() -> bool:
        return all([await redis.pttl(key) > 60_000 for key in keys])

    assert await soon(prolonged, within_s=5.0)


async def test_the_log_is_cut_back_at_every_snapshot(
    house: House, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner_module, "SNAPSHOT_TURNS", 10)
    ada, *_ = await house.round("Ada", seconds=120)
    lengths = []
    for n in range(45):
        await ada.draw(dots(1, n))
        await ada.stored()
        lengths.append(await redis.xlen(f"inkling:{{room:{ada.code}}}:log"))
    assert 5 <= max(lengths) <= 10
    found = await RoomStore(redis, "reader").load(ada.code)
    assert found is not None
    assert found.state.drawings[0].ink == ada.drawn
