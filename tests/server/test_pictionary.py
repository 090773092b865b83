"""A turn of pictionary through real sockets, with the worker played by hand."""

from __future__ import annotations

from typing import Any

import pytest

from server.store import read_verdicts
from server.verdicts import add_up, check_guesses
from tests.support.house import HandWorker, House, other_than, prompt_of
from tests.support.player import Player, dots

pytestmark = pytest.mark.asyncio

# None of them a part of another word of the protocol, nor a plural already.
DECK = ["sailboat", "umbrella", "envelope", "lollipop", "mushroom", "crayon", "triangle", "zigzag"]
PLAY: dict[str, Any] = {"mode": "pictionary", "rounds": 1, "seconds": 60, "custom": DECK}


def told(player: Player, prompt: str) -> list[dict[str, Any]]:
    """What ``player`` heard with ``prompt`` in it; the deck is in the settings for all to see."""
    shown = [
        {key: value for key, value in said.items() if key != "settings"} for said in player.heard
    ]
    return [said for said in shown if prompt in str(said)]


async def test_a_turn_from_the_pen_to_the_podium(house: House, worker: HandWorker) -> None:
    ada, bob, cyd = await house.round("Ada", "Bob", "Cyd", **PLAY)
    prompt = prompt_of(ada)
    await ada.draw(dots(3))
    frame = await worker.take_of(ada)
    await bob.until(lambda: bob.canvases.get(0) == ada.drawn)

    await bob.say("guess", text="no idea at all")
    assert (await cyd.hears("chat"))["kind"] == "guess"
    await bob.say("guess", text=f"some {prompt}")
    assert (await bob.hears("chat", lambda said: said["kind"] == "close"))["seat"] == 1
    await bob.say("guess", text=f"The {prompt.upper()}S")
    turn = await cyd.hears("turn", lambda said: said["solves"])
    assert [solve["seat"] for solve in turn["solves"]] == [1]
    await bob.hears("prompt")

    await worker.answer(frame, prompt)
    turn = await cyd.hears("turn", lambda said: said["machine_matches"] == 1)
    assert {solve["seat"] for solve in turn["solves"]} == {1, None}
    assert (await bob.hears("guess"))["top"][0]["category"] == prompt
    assert told(cyd, prompt) == []

    await cyd.say("guess", text="?", category=prompt)
    await cyd.phase("reveal")
    turn = await cyd.hears("turn", lambda said: said["category"])
    assert (turn["category"], turn["drawer"]) == (prompt, 0)

    for drawer in (bob, cyd):  # in order of seats; Ada lets time pass, for drawers are silent
        await house.skip(ada, 13)
        await drawer.phase("countdown")
        await house.skip(ada, 4)
        await drawer.phase("drawing")
        house.clock.ahead_ms += 61_000
        await ada.say("guess", text="too late")
        await ada.refused("not_guessing")
        await drawer.phase("reveal")
    await house.skip(ada, 13)
    over = await ada.hears("game_over")
    rows = {row["seat"]: row for row in over["standings"]}
    assert set(rows) == {0, 1, 2, None}
    assert rows[None]["score"] > 0
    record = await read_verdicts(worker.redis, over["game"])
    assert record is not None
    assert (check_guesses(record), add_up(record)) == ([], [])
    judged = (await house.http.get(f"/api/games/{over['game']}")).json()
    assert judged["summary"]["network_points"] == rows[None]["score"]
    assert judged["verdicts"]
    assert all(verdict["for_network"] for verdict in judged["verdicts"])


async def test_who_comes_back_knows_what_they_knew_and_no_more(
    house: House, worker: HandWorker
) -> None:
    ada, bob, cyd = await house.round("Ada", "Bob", "Cyd", **PLAY)
    prompt = prompt_of(ada)
    await bob.say("guess", text=prompt)
    await bob.hears("prompt")
    await ada.draw(dots(3))
    await worker.answer(await worker.take_of(ada), other_than(prompt))
    await ada.hears("guess")
    for player, knows in ((bob, True), (cyd, False), (ada, True)):
        assert player.account is not None
        await player.hang_up()
        back = await (await house.dial(ada.code, player.account)).hello()
        assert (back["prompt"] is not None, back["guess"] is not None) == (knows, knows)
        assert [solve["seat"] for solve in back["turn"]["solves"]] == [1]


async def test_the_drawer_is_silent_and_guesses_keep_a_pace(house: House) -> None:
    ada, bob = await house.round("Ada", "Bob", **PLAY)
    await ada.say("chat", text="look at the ears")
    await ada.refused("drawer_silent")
    await ada.say("guess", text=prompt_of(ada))
    await ada.refused("not_guessing")
    for n in range(25):  # a person who hammers the key is not sent away for it
        await bob.say("guess", text=f"zzzzzz {n}")
    for _ in range(21):
        await bob.refused("guess_too_fast")
    await bob.say("ping", id=3)
    assert (await bob.hears("pong"))["id"] == 3


async def test_pictionary_alone_is_refused_with_what_to_do(house: House) -> None:
    ada, *_ = await house.table("Ada", **PLAY)
    await ada.say("start")
    assert "invite somebody" in await ada.refused("too_few_players")
