"""Erase me: no trace of the player in any key, and nothing of anybody else's is touched."""

from __future__ import annotations

import hashlib

import pytest
from redis.asyncio import Redis

from game.protocol import Close
from server import orders
from server.store import read_verdicts
from server.verdicts import add_up
from tests.server.test_durability import play_to_the_end
from tests.server.test_rest import bearer
from tests.support.house import HandWorker, House, open_house, two_houses
from tests.support.player import Account, Player
from tests.support.traces import holding
from tests.support.waiting import soon

pytestmark = pytest.mark.asyncio


def traces_of(account: Account) -> tuple[str, ...]:
    """All that is only theirs. Names in these tests are like no other word."""
    token = hashlib.sha256(account.token.encode()).hexdigest()
    return (account.player_id, account.name, account.token, token)


async def erase(house: House, account: Account) -> int:
    answer = await house.http.delete("/api/players/me", headers=bearer(account))
    assert answer.content == b""
    return answer.status_code


async def finished(house: House, worker: HandWorker, redis: Redis) -> tuple[Player, Player, str]:
    """Two players, the podium, and the game that is on the boards."""
    ada, bob = await play_to_the_end(house, worker, names=("Adazzz", "Bobzzz"))
    over = next(said for said in ada.heard if said["type"] == "game_over")
    assert await soon(lambda: redis.exists("inkling:{board}:recent"))
    return ada, bob, over["game"]


async def test_who_is_erased_leaves_no_trace_in_any_key(
    house: House, worker: HandWorker, redis: Redis
) -> None:
    ada, bob, game = await finished(house, worker, redis)
    assert ada.account is not None
    assert bob.account is not None
    other = await house.round("Cydzzz", seconds=120)  # and in the midst of another game
    back = await house.enter(other[0].code, ada.account)
    await back.say("chat", text="It is me, Adazzz.")
    await back.hears("chat")
    await house.desk.players.bans.add("player", ada.account.player_id, 1, "noise")
    before = await holding(redis, *traces_of(ada.account))
    assert len(before) > 20
    for kept in (
        *("inkling:token:", "inkling:player:", "inkling:{board}:player:", "inkling:ban:"),
        *("inkling:{board}:race:all:", "inkling:{board}:category:", "inkling:{replays}:game:"),
        *(f"inkling:game:{game}:", f"inkling:{{room:{ada.code}}}:snap"),
        f"inkling:{{room:{back.code}}}:log",
    ):
        assert [key for key in before if key.startswith(kept)], f"nothing to erase at {kept}"
    assert await erase(house, ada.account) == 204
    assert await holding(redis, *traces_of(ada.account)) == []
    assert (await ada.closed())[0] == Close.LEFT
    assert (await back.closed())[0] == Close.LEFT

    rows = (await house.http.get("/api/leaderboard")).json()
    assert rows["players"] == 1
    assert [(row["rank"], row["name"]) for row in rows["rows"]] == [(1, "Bobzzz")]
    judged = (await house.http.get(f"/api/games/{game}")).json()["summary"]
    names = {each["name"] for each in judged["standings"]}
    assert names == {"Bobzzz", "somebody"}
    record = await read_verdicts(redis, game)
    assert record is not None
    assert add_up(record) == []  # the points still add up
    assert (await house.http.get(f"/api/players/{ada.account.player_id}")).status_code == 404
    assert (await house.http.post("/api/rooms", headers=bearer(ada.account))).status_code == 401
    await bob.say("chat", text="still here")
    await bob.hears("chat", lambda said: said["text"] == "still here")


async def test_erasing_takes_no_more_than_the_token(house: House) -> None:
    answer = await house.http.delete("/api/players/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_token")
    await house.account("Ada")
    assert (await house.http.delete("/api/players/me")).status_code == 401


async def test_a_kicked_player_can_be_erased_too(house: House, redis: Redis) -> None:
    ada, bob = await house.table("Adazzz", "Bobzzz")
    assert bob.account is not None
    await ada.say("kick", seat=bob.seat)
    await bob.closed()
    assert await holding(redis, bob.account.player_id) != []
    assert await erase(house, bob.account) == 204
    assert await holding(redis, *traces_of(bob.account)) == []


async def test_a_room_that_nobody_owns_forgets_as_well(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(redis_url, monkeypatch) as first:
        ada, _ = await first.round("Adazzz", "Bobzzz", seconds=120)
        account = ada.account
        assert account is not None
    async with open_house(redis_url, monkeypatch) as second:
        assert second.desk.rooms.owned(ada.code) is None
        assert await erase(second, account) == 204
        assert await holding(redis, *traces_of(account)) == []


async def test_a_room_of_another_server_forgets_as_well(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two_houses(redis_url, monkeypatch) as (one, other):
        ada, _ = await one.table("Adazzz", "Bobzzz")
        assert ada.account is not None
        assert await erase(other, ada.account) == 204
        assert await holding(redis, *traces_of(ada.account)) == []
        assert (await ada.closed())[0] == Close.LEFT


async def test_erasing_that_was_interrupted_is_finished_by_whoever_is_there(
    house: House, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A room whose owner is dead but still holds the lease, until it has run out."""
    ada = await house.account("Adazzz")
    code = await house.room(ada)
    player = await house.enter(code, ada)
    await player.say("leave")
    await player.closed()
    assert await soon(lambda: _unowned(house, code))
    await redis.set(f"inkling:{{room:{code}}}:lease", "0123456789ab", px=60_000)
    monkeypatch.setattr("server.erasure._PATIENCE_MS", 300)
    assert await erase(house, ada) == 202
    assert await holding(redis, ada.player_id) != []
    await redis.delete(f"inkling:{{room:{code}}}:lease")
    erasure = house.app.state.board_desk.erasure
    await erasure.finish(house.clock() + 60_000)
    assert await holding(redis, *traces_of(ada)) == []


async def _unowned(house: House, code: str) -> bool:
    return house.desk.rooms.owned(code) is None


async def test_a_name_cannot_be_brought_back_by_a_late_rename(house: House, redis: Redis) -> None:
    ada = await house.account("Adazzz")
    assert await erase(house, ada) == 204
    await house.desk.players.rename(ada.player_id, "Adazzz")
    assert await holding(redis, *traces_of(ada)) == []


async def test_a_server_does_not_go_deaf_by_an_order_it_does_not_know(
    house: House, redis: Redis
) -> None:
    ada, *_ = await house.table("Adazzz")
    assert ada.account is not None
    for nonsense in (b"{}", b"\xff", b'{"order": "dance"}'):
        await redis.publish(orders.CHANNEL, nonsense)
    await orders.give(redis, orders.EraseFrom(ada.code, ada.account.player_id))
    assert (await ada.closed())[0] == Close.LEFT


async def test_who_is_erased_while_coming_in_does_not_come_in(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, eve = await house.account("Adazzz"), await house.account("Evezzz")
    code = await house.room(ada)
    visit = house.desk.rooms.visit

    async def erased_first(player: str, code: str) -> None:
        assert await erase(house, eve) == 204
        await visit(player, code)

    monkeypatch.setattr(house.desk.rooms, "visit", erased_first)
    player = await house.dial(code, eve)
    await player.say("hello", token=eve.token)
    assert (await player.closed())[0] == Close.BAD_TOKEN


async def test_one_erasing_that_fails_keeps_nobody_else_waiting(
    house: House, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    erasure = house.app.state.board_desk.erasure
    await redis.zadd("inkling:erasing", {"first": 0, "second": 1})
    tried = []

    async def unreadable(player_id: str, _now_ms: int) -> bool:
        tried.append(player_id)
        raise ValueError(player_id)

    monkeypatch.setattr(erasure, "erase", unreadable)
    await erasure.finish(house.clock())
    assert tried == ["first", "second"]
