"""Learning from play: what is kept, of whom, for how long, and that it can be taken back."""

from __future__ import annotations

import json
import zlib
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from game.dynamics import Sign
from game.ink import Ink, stroke_of
from game.protocol import MAX_POINTS
from game.state import Drawing, Frame, Match, RoomState, Seat, replaced
from server.learning import Learning, kept_count, kept_lines, line_of, worth_keeping
from server.periods import DAY_MS
from tests.server.test_rest import bearer
from tests.support.house import HandWorker, House, open_house, prompt_of
from tests.support.player import Account, Player
from tests.support.traces import holding
from tests.support.waiting import soon

pytestmark = pytest.mark.asyncio
LINE: Final = [(1_000, 2_000), (30_000, 2_000), (60_000, 50_000)]


@pytest_asyncio.fixture
async def asking_house(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A server whose host wants to learn from play."""
    async with open_house(redis_url, monkeypatch, learn_from_play=True) as opened:
        yield opened


@pytest_asyncio.fixture
async def judge(redis: Redis, asking_house: House) -> HandWorker:  # noqa: ARG001 - the same Redis
    hand = HandWorker(redis)
    await hand.join()
    return hand


async def choose(house: House, account: Account | None, consent: bool) -> Any:
    assert account is not None
    answer = await house.http.put(
        "/api/players/me/learning", json={"consent": consent}, headers=bearer(account)
    )
    return answer.raise_for_status().json()


async def lines(redis: Redis) -> list[dict[str, Any]]:
    return [json.loads(line) async for some in kept_lines(redis, 0) for line in some]


async def keys(redis: Redis) -> list[bytes]:
    return [key async for key in redis.scan_iter("*learning*")]


async def drawn(players: list[Player], worker: HandWorker) -> None:
    """All of them draw a line and are recognised; the round is over."""
    for each in players:
        await each.draw_strokes([LINE])
        await each.stored()
        heard = len(each.heard)
        while not any(
            said["type"] == "match" and said["seat"] == each.seat for said in each.heard[heard:]
        ):
            await worker.answer(await worker.take_of(each), prompt_of(each))
            await each.hears("guess")
    await players[0].phase("reveal")


async def test_drawings_of_who_said_yes_are_kept_and_of_nobody_else(
    asking_house: House, judge: HandWorker, redis: Redis
) -> None:
    ada, bob = await asking_house.table("Ada", "Bob")
    assert await choose(asking_house, ada.account, True) == {
        "offered": True,
        "consent": True,
        "kept_days": 30,
    }
    await ada.say("start")
    for each in (ada, bob):
        await each.phase("drawing")
    await drawn([ada, bob], judge)
    assert await soon(lambda: lines(redis))
    (line,) = await lines(redis)
    assert line == {
        "word": prompt_of(ada),
        "key_id": line["key_id"],
        "recognized": True,
        "drawing": [[[x for x, _ in LINE], [y for _, y in LINE], [0, 16, 32]]],
    }


async def test_a_host_who_did_not_ask_for_it_keeps_nothing(
    house: House, worker: HandWorker, redis: Redis
) -> None:
    ada, *_ = await house.table("Ada")
    assert ada.account is not None
    refused = await house.http.put(
        "/api/players/me/learning", json={"consent": True}, headers=bearer(ada.account)
    )
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    looked = await house.http.get("/api/players/me/learning", headers=bearer(ada.account))
    assert looked.json() == {"offered": False, "consent": False, "kept_days": 30}
    await house.app.state.learning.consent(ada.account.player_id, 0)  # from when it was offered
    await ada.say("start")
    await ada.phase("drawing")
    await drawn([ada], worker)
    assert await soon(lambda: redis.exists("inkling:{replays}:games"))
    assert [key.decode() for key in await keys(redis)] == [
        f"inkling:{{learning}}:consent:{ada.account.player_id}"
    ]
    assert (await choose(house, ada.account, False))["consent"] is False
    assert await keys(redis) == []


async def test_a_yes_counts_from_the_next_round_on(
    asking_house: House, judge: HandWorker, redis: Redis
) -> None:
    (ada,) = await asking_house.round("Ada", rounds=2)
    asking_house.clock.ahead_ms += 1
    await choose(asking_house, ada.account, True)
    await drawn([ada], judge)
    await ada.say("ready")
    await ada.phase("drawing")
    second = prompt_of(ada)
    await drawn([ada], judge)
    assert await soon(lambda: lines(redis))
    assert [line["word"] for line in await lines(redis)] == [second]


async def test_a_yes_repeated_while_drawing_is_as_old_as_the_first(
    asking_house: House, judge: HandWorker, redis: Redis
) -> None:
    (ada,) = await asking_house.table("Ada")
    await choose(asking_house, ada.account, True)
    await ada.say("start")
    await ada.phase("drawing")
    asking_house.clock.ahead_ms += 1
    await choose(asking_house, ada.account, True)
    await drawn([ada], judge)
    assert await soon(lambda: lines(redis))


async def test_taking_it_back_takes_away_what_is_kept_and_leaves_that_of_others(
    asking_house: House, judge: HandWorker, redis: Redis
) -> None:
    ada, bob = await asking_house.table("Ada", "Bob")
    for each in (ada, bob):
        await choose(asking_house, each.account, True)
    await ada.say("start")
    for each in (ada, bob):
        await each.phase("drawing")
    await drawn([ada, bob], judge)

    async def both() -> bool:
        return len(await lines(redis)) == 2

    assert await soon(both)
    assert (await choose(asking_house, ada.account, False))["consent"] is False
    assert [line["word"] for line in await lines(redis)] == [prompt_of(bob)]
    # The reveal is still on: a room that is taken over now keeps its round again, but not hers.
    state = asking_house.owner(ada.code).state
    assert await asking_house.app.state.learning.keep(state, 1) == 0
    assert len(await lines(redis)) == 1


async def test_erasing_takes_away_what_was_kept_to_learn_from(
    asking_house: House, judge: HandWorker, redis: Redis
) -> None:
    (ada,) = await asking_house.table("Ada")
    account = ada.account
    assert account is not None
    await choose(asking_house, account, True)
    await ada.say("start")
    await ada.phase("drawing")
    await drawn([ada], judge)
    assert await soon(lambda: lines(redis))
    found = await holding(redis, account.player_id)
    assert "inkling:{learning}:drawings" in found
    answer = await asking_house.http.delete("/api/players/me", headers=bearer(account))
    assert answer.status_code == 204
    assert await holding(redis, account.player_id) == []
    assert await keys(redis) == []


async def test_who_is_erased_while_saying_yes_has_said_nothing(
    asking_house: House, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await asking_house.account()
    learning: Learning = asking_house.app.state.learning
    consent = learning.consent

    async def erased_first(player_id: str, now_ms: int) -> None:
        await asking_house.http.delete("/api/players/me", headers=bearer(ada))
        await consent(player_id, now_ms)

    monkeypatch.setattr(learning, "consent", erased_first)
    assert (await choose(asking_house, ada, True))["consent"] is False
    assert await keys(redis) == []


@pytest.mark.parametrize("body", [{}, {"consent": 1}, {"consent": True, "name": "Ada"}])
async def test_what_is_no_choice_is_refused(asking_house: House, body: dict[str, Any]) -> None:
    ada = await asking_house.account()
    answer = await asking_house.http.put("/api/players/me/learning", json=body, headers=bearer(ada))
    assert answer.status_code == 422
    assert (await asking_house.http.get("/api/players/me/learning")).status_code == 401


async def test_a_round_whose_server_died_before_keeping_it_is_kept_by_the_next(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = HandWorker(redis)
    await judge.join()
    async with open_house(redis_url, monkeypatch, learn_from_play=True) as first:
        (ada,) = await first.table("Ada")
        account, code = ada.account, ada.code
        assert account is not None
        await choose(first, account, True)

        async def dying(_state: RoomState, _now_ms: int) -> int:
            raise ConnectionError

        monkeypatch.setattr(first.app.state.learning, "keep", dying)
        await ada.say("start")
        await ada.phase("drawing")
        await drawn([ada], judge)
    assert await lines(redis) == []
    async with open_house(redis_url, monkeypatch, learn_from_play=True) as second:
        await second.enter(code, account)
        assert await soon(lambda: lines(redis))


# --- bounds --------------------------------------------------------------------------------------


def room(player: str = "ada", seed: str = "secret", **changes: Any) -> RoomState:
    """A room whose one player has drawn a line, and whose round is over."""
    ink = Ink((stroke_of((x, y, 16) for x, y in LINE),))
    drawing = replaced(Drawing(prompt=3, ink=ink), **changes)
    return RoomState(
        "BCDFG", seed, (), seats={0: Seat(player, "Ada")}, drawings={0: drawing}, pens_up_ms=100
    )


def learning(redis: Redis, **changes: Any) -> Learning:
    options = {"offered": True, "most": 3, "days": 2, "consent_kept_ms": DAY_MS, **changes}
    return Learning(redis, **options)


async def test_only_so_many_drawings_are_kept_and_only_for_so_long(redis: Redis) -> None:
    keeper = learning(redis)
    await keeper.consent("ada", 100)
    for n in range(5):
        assert await keeper.keep(room(seed=str(n)), n) == 1
    assert await kept_count(redis, 0) == 3
    assert await redis.hlen("inkling:{learning}:drawings") == 3  # type: ignore[misc]
    assert await kept_count(redis, 2 * DAY_MS + 2) == 2
    assert await keeper.trim(2 * DAY_MS + 2) == 1
    assert await keeper.trim(3 * DAY_MS) == 2
    assert [key.decode() for key in await keys(redis)] == ["inkling:{learning}:consent:ada"]
    assert 0 < await redis.pttl("inkling:{learning}:consent:ada") <= DAY_MS


async def test_keeping_a_round_again_keeps_it_once(redis: Redis) -> None:
    keeper = learning(redis)
    await keeper.consent("ada", 100)
    assert [await keeper.keep(room(), 1), await keeper.keep(room(), 2)] == [1, 0]
    assert len(await lines(redis)) == 1


async def test_a_key_tells_neither_player_nor_game_and_leads_nowhere_without_the_seed(
    redis: Redis,
) -> None:
    keeper = learning(redis, most=10)
    for player in ("ada", "bob"):
        await keeper.consent(player, 100)
    rooms = [room("ada"), room("bob"), room("ada", "another seed")]
    for state in rooms:
        await keeper.keep(state, 1)
    found = [line["key_id"] for line in await lines(redis)]
    assert len(set(found)) == 3
    assert found == sorted(found), "in nobody's order"
    assert all(key.isdigit() and int(key) < 2**64 for key in found)


async def test_ink_that_nobody_or_no_hand_drew_teaches_nothing() -> None:
    match = Match(Frame(1, Ink(), 0, 0), 5, 100, "m", 1, signs=(Sign.TELEPORT,))
    assert worth_keeping(room()) != {}
    assert worth_keeping(room(ink=Ink())) == {}
    assert worth_keeping(room(match=match)) == {}
    assert worth_keeping(replaced(room(), seats={})) == {}, "who has left cannot be asked"


async def test_a_line_is_bounded_however_much_was_drawn_and_its_times_go_on() -> None:
    scribble = stroke_of(
        ((n * 611) % 65_536, (n * 127) % 65_536, 10) for n in range(MAX_POINTS // 2)
    )
    line = line_of(Drawing(3, ink=Ink((scribble, scribble))), 7)
    assert len(zlib.compress(line.encode())) < 15 * 1024, "as the guide says"
    strokes = json.loads(line)["drawing"]
    times = [t for stroke in strokes for t in stroke[2]]
    assert times == sorted(times)
    assert times[0] == 0
    assert strokes[1][2][0] == strokes[0][2][-1]
    assert json.loads(line)["recognized"] is False
