"""Looking after servers: rooms, bans, announcements, draining, backups, and what the log tells."""

from __future__ import annotations

import gzip
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from game.protocol import Close, Code, Refused
from game.seating import seat_of
from server import admin, orders, presence
from server.backup import KEPT, BadBackup
from server.clock import now_ms
from server.logs import JsonLines
from server.owner import RoomOwner
from server.servant import Servant
from server.settings import BadSettings
from server.turn import Ask
from tests.server.test_durability import play_to_the_end
from tests.server.test_rest import bearer
from tests.support.house import HandWorker, House, open_house
from tests.support.traces import holding
from tests.support.waiting import soon


async def do(redis_url: str, *words: str) -> list[dict[str, Any]]:
    """What the command says."""
    said: list[dict[str, Any]] = []
    await admin.run(admin._arguments(["--redis-url", redis_url, *words]), said.append)
    return said


@pytest.mark.asyncio
async def test_it_lists_rooms_by_code_and_players_by_id(
    house: House, redis: Redis, redis_url: str
) -> None:
    ada, bob = await house.table("Ada", "Bob")
    assert ada.account is not None
    assert bob.account is not None
    (room,) = await do(redis_url, "rooms")
    assert (room["room"], room["phase"], room["public"]) == (ada.code, "lobby", False)
    assert room["players"] == [ada.account.player_id, bob.account.player_id]

    async def told() -> bool:
        found = await do(redis_url, "servers")
        return [(each["rooms"], each["playing"], each["sockets"]) for each in found] == [(1, 0, 2)]

    assert await soon(told)
    assert room["server"] == (await do(redis_url, "servers"))[0]["server"]
    assert "Ada" not in repr(room)
    assert await redis.pttl("inkling:server:" + room["server"]) > 0


@pytest.mark.asyncio
async def test_a_room_that_cannot_be_read_hides_no_other(
    house: House, redis: Redis, redis_url: str
) -> None:
    ada, *_ = await house.table("Ada")
    await redis.set("inkling:{room:XXXXX}:snap", b"of another version")
    rooms = {each["room"]: each["phase"] for each in await do(redis_url, "rooms")}
    assert rooms == {ada.code: "lobby", "XXXXX": "unreadable"}


@pytest.mark.asyncio
async def test_a_closed_room_sends_everybody_away_and_is_gone(
    house: House, redis: Redis, redis_url: str
) -> None:
    ada, bob = await house.round("Ada", "Bob", seconds=120)
    assert await do(redis_url, "close", ada.code.lower()) == [{"closed": ada.code}]
    for player in (ada, bob):
        assert (await player.closed())[0] == Close.NO_ROOM
    left = await holding(redis, ada.code)
    assert not [key for key in left if not key.startswith("inkling:player:")]
    assert (await house.http.get(f"/api/rooms/{ada.code}")).status_code == 404
    with pytest.raises(BadSettings, match="no room"):
        await do(redis_url, "close", ada.code)


@pytest.mark.asyncio
async def test_a_room_that_nobody_owns_is_closed_as_well(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(redis_url, monkeypatch) as house:
        code = (await house.table("Ada"))[0].code
    await do(redis_url, "close", code)
    assert not [key for key in await redis.keys("*") if b"room:" in key]


@pytest.mark.asyncio
async def test_everybody_hears_an_announcement(house: House, redis_url: str) -> None:
    ada, *_ = await house.table("Ada")
    bob, *_ = await house.table("Bob")
    await do(redis_url, "announce", "Back  in\na minute")
    for player in (ada, bob):
        assert (await player.hears("announcement"))["text"] == "Back in a minute"
    await do(redis_url, "announce", "only here", "--room", bob.code.lower())
    await bob.hears("announcement", lambda said: said["text"] == "only here")
    assert not [said for said in ada.heard if said.get("text") == "only here"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("announce", " \n"), "nothing to say"),
        (("announce", "x" * 201), "at most 200"),
        (("announce", "hello", "--room", "ZZZZZ"), "no room ZZZZZ"),
        (("ban", "player", "9f86d081884c7d65"), "no player 9f86"),
        (("ban", "address", "198.51.100.256"), "no address"),
    ],
)
async def test_what_cannot_be_meant_is_not_done(
    redis: Redis, redis_url: str, words: tuple[str, ...], said: str
) -> None:
    with pytest.raises(BadSettings, match=said):
        await do(redis_url, *words)
    assert await redis.keys("inkling:ban:*") == []


@pytest.mark.asyncio
async def test_a_banned_player_leaves_and_cannot_come_back_until_it_is_lifted(
    house: House, redis_url: str
) -> None:
    ada, bob = await house.table("Ada", "Bob")
    assert bob.account is not None
    who = bob.account.player_id
    await do(redis_url, "ban", "player", who, "--hours", "1", "--reason", "noise")
    assert (await bob.closed())[0] == Close.BANNED
    again = await house.dial(ada.code, bob.account)
    await again.say("hello", token=bob.account.token)
    assert (await again.closed())[0] == Close.BANNED
    (kept,) = await do(redis_url, "bans")
    assert (kept["kind"], kept["who"], kept["reason"]) == ("player", who, "noise")
    assert 0 < kept["left_ms"] <= 3_600_000
    await do(redis_url, "unban", "player", who)
    await house.enter(ada.code, bob.account)
    with pytest.raises(BadSettings, match="not banned"):
        await do(redis_url, "unban", "player", who)


@pytest.mark.asyncio
async def test_a_ban_of_a_household_is_lifted_as_it_is_listed(redis_url: str) -> None:
    await do(redis_url, "ban", "address", "2001:db8::7")
    (kept,) = await do(redis_url, "bans")
    assert kept["who"] == "2001:db8::/64"
    await do(redis_url, "unban", "address", "2001:db8::/64")
    assert await do(redis_url, "bans") == []
    await do(redis_url, "ban", "address", "2001:db8::/64")
    assert await do(redis_url, "bans")


@pytest.mark.asyncio
async def test_nobody_comes_in_from_a_banned_address(house: House, redis_url: str) -> None:
    ada, *_ = await house.table("Ada")
    await do(redis_url, "ban", "address", "127.0.0.1")
    for path in ("/api/players", "/api/rooms", "/api/quickplay"):
        assert ada.account is not None
        answer = await house.http.post(path, headers=bearer(ada.account))
        assert (answer.status_code, answer.json()["code"]) == (403, "banned")
    with pytest.raises(Exception, match="403"):
        await house.dial(ada.code, ada.account)
    assert (await house.http.get("/api/leaderboard")).status_code == 200


@pytest.mark.asyncio
@pytest.mark.parametrize("hours", ["0", "-1", "99999999", "nan", "soon"])
async def test_a_ban_has_an_end(redis_url: str, hours: str) -> None:
    with pytest.raises(SystemExit):
        await do(redis_url, "ban", "player", "x", "--hours", hours)


@pytest.mark.asyncio
async def test_a_drained_server_opens_no_rooms_and_finishes_its_games(
    house: House, worker: HandWorker, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "BEAT_S", 0.1)
    ada, *_ = await house.table("Ada")
    assert ada.account is not None
    assert await do(redis_url, "drain") == [{"draining": 1}]
    refused = await house.http.post("/api/rooms", headers=bearer(ada.account))
    assert (refused.status_code, refused.json()["code"]) == (503, "busy")
    ready = await house.http.get("/readyz")
    assert (ready.status_code, ready.json()["draining"]) == (503, True)
    await ada.say("start")  # the rooms there are go on
    await ada.phase("drawing")
    assert await do(redis_url, "drain", "--undo") == [{"open": 1}]
    assert (await house.http.post("/api/rooms", headers=bearer(ada.account))).status_code == 201
    with pytest.raises(BadSettings, match="no such server"):
        await do(redis_url, "drain", "--server", "nobody")
    assert worker


# --- backups -------------------------------------------------------------------------------------


async def everything(redis: Redis) -> dict[bytes, Any]:
    """What a backup keeps, readable, with the hours each has left."""
    found = {}
    for pattern in KEPT:
        keys: list[bytes] = [key async for key in redis.scan_iter(pattern)]
        for key in keys:
            found[key] = (await redis.dump(key), round(await redis.pttl(key) / 3_600_000))
    return found


@pytest.mark.asyncio
async def test_boards_come_back_from_a_backup_as_they_were(
    house: House, worker: HandWorker, redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    ada, _ = await play_to_the_end(house, worker)
    await soon(lambda: redis.exists("inkling:{board}:recent"))
    file = tmp_path / "boards.jsonl.gz"
    kept = await everything(redis)
    board = (await house.http.get("/api/leaderboard")).json()
    assert await do(redis_url, "backup", str(file)) == [{"keys": len(kept)}]
    assert [each.name for each in sorted(tmp_path.glob("*"))] == [file.name]  # noqa: ASYNC240
    with pytest.raises(BadBackup, match="--replace"):
        await do(redis_url, "restore", str(file))
    await house.account("Eve")  # made since, so not in it
    assert await do(redis_url, "restore", str(file), "--replace") == [{"keys": len(kept)}]
    assert await everything(redis) == kept
    assert (await house.http.get("/api/leaderboard")).json() == board
    assert ada.account is not None
    answer = await house.http.post("/api/rooms", headers=bearer(ada.account))
    assert answer.status_code == 201  # with the same token


@pytest.mark.asyncio
async def test_what_is_no_whole_backup_changes_nothing(
    house: House, redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    await house.account("Ada")
    file = tmp_path / "b.gz"
    await do(redis_url, "backup", str(file))
    whole = gzip.decompress(file.read_bytes())
    kept = await everything(redis)
    for spoilt in (
        b"",
        b"plain",
        gzip.compress(b""),
        gzip.compress(b"{}\n"),
        gzip.compress(b"[]\n"),
        gzip.compress(whole[: whole.rindex(b'{"keys"')]),
        file.read_bytes()[:-9],
    ):
        file.write_bytes(spoilt)
        with pytest.raises(BadBackup):
            await do(redis_url, "restore", str(file), "--replace")
        assert await everything(redis) == kept


# --- the command line and the log ----------------------------------------------------------------


@pytest.mark.asyncio
async def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        admin._arguments(["--help"])
    printed = capsys.readouterr().out
    for word in ("rooms", "close", "ban", "announce", "drain", "backup", "restore", "examples:"):
        assert word in printed


def test_without_a_server_it_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    assert admin.main(["--data-dir", str(tmp_path / "nothing"), "rooms"]) == 1
    assert "no" in capsys.readouterr().err


def test_a_setting_that_makes_no_sense_is_said_and_no_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "many")
    assert admin.main(["rooms"]) == 1
    assert capsys.readouterr().err.startswith("PORT: ")


@pytest.mark.asyncio
async def test_the_log_names_rooms_and_players_and_never_names_or_tokens(
    house: House, worker: HandWorker, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ada, bob = await play_to_the_end(house, worker, names=("Adazzz", "Bobzzz"))
    await ada.say("chat", text="Secretzzz")
    await ada.hears("chat")
    await ada.say("nonsense")
    await ada.hears("error")
    await do(redis_url, "close", ada.code)
    await bob.closed()
    assert ada.account is not None
    clients = ("websockets.client", "httpx", "httpcore")  # they are the test's own
    records = [record for record in caplog.records if not record.name.startswith(clients)]
    lines = [JsonLines().format(record) for record in records]
    told = [json.loads(line) for line in lines]
    assert any(line.get("room") == ada.code for line in told)
    for secret in ("zzz", ada.account.token):
        assert not [line for line in lines if secret in line]


def test_a_line_of_json_tells_what_it_is_about_and_what_went_wrong() -> None:
    try:
        message = "oh"
        raise ValueError(message)  # noqa: TRY301 - to have a traceback
    except ValueError as error:
        fault = (type(error), error, error.__traceback__)
    record = logging.LogRecord(
        "server.owner", logging.ERROR, "", 1, "web 2: room %s: stopped", ("BCDFG",), fault
    )
    line = json.loads(JsonLines().format(record))
    assert (line["room"], line["level"], line["message"]) == (
        "BCDFG",
        "error",
        "web 2: room BCDFG: stopped",
    )
    assert "ValueError: oh" in line["traceback"]
    assert abs(now_ms() / 1000 - record.created) < 60


@pytest.mark.asyncio
async def test_a_room_too_busy_to_hear_of_a_ban_keeps_it_from_no_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    cyd = await house.account("Cyd")
    tables = [await house.table("Ada"), await house.table("Bob")]
    seated = [await house.enter(ada.code, cyd) for (ada,) in tables]
    busy, other = (house.owner(player.code) for player in seated)

    def full(_: Ask) -> None:
        raise Refused(Code.BUSY, "This room is very busy.")

    with monkeypatch.context() as patch:
        patch.setattr(busy, "submit", full)
        await Servant("one", house.desk.rooms, house.desk.doors).obey(orders.Evict(cyd.player_id))
    for player in seated:
        assert (await player.closed())[0] == Close.BANNED
    assert await soon(lambda: _without(other, cyd.player_id))


async def _without(owner: RoomOwner, player_id: str) -> bool:
    return seat_of(owner.state, player_id) is None
