"""From ink to points, with the worker played by hand: what is asked, when, and what counts."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis

from game import ink, protocol
from ml import queue
from server.cadence import LONGEST_MS
from tests.support.house import HandWorker, House, answer_of, other_than, prompt_of
from tests.support.player import dots
from tests.support.waiting import soon

pytestmark = pytest.mark.asyncio


async def test_one_frame_is_in_flight_and_the_next_has_the_newest_ink(
    house: House, worker: HandWorker
) -> None:
    ada, *_ = await house.round("Ada")
    await ada.draw(dots(3))
    held = await worker.take_of(ada)
    assert ink.unpack(held.frame.ink).strokes == (dots(3),)
    for n in range(1, 11):  # the worker is slow; the hand is not
        await ada.draw(dots(3, 100 * n))
        await ada.stored()
    again = await worker.waiting()  # where all that took so long that the frame seemed lost
    assert all(entry.frame.ink == held.frame.ink for entry in again)
    assert await queue.length(worker.redis) == 1
    await worker.answer(held, other_than(prompt_of(ada)))
    newest = await worker.take_of(ada)
    assert newest.frame.n == held.frame.n + len(again) + 1
    assert ink.unpack(newest.frame.ink) == ada.drawn
    await worker.answer(newest, other_than(prompt_of(ada)))
    await worker.idle()  # nothing new was drawn, nothing is asked


async def test_the_queue_never_holds_more_frames_than_there_are_drawings(
    house: House, worker: HandWorker
) -> None:
    players = await house.round("Ada", "Bob", "Cyd", "Dee")
    lengths = []
    for n in range(12):
        for player in players:
            await player.draw(dots(2, 10 * n))
            await player.stored()
        lengths.append(await queue.length(worker.redis))
        if n % 4 == 3:
            for entry in await worker.take(len(players)):
                await worker.answer(entry, "The Eiffel Tower")
    assert max(lengths) == len(players)


async def test_a_network_that_is_away_leaves_no_backlog(house: House, worker: HandWorker) -> None:
    """A frame that is asked about again takes the place of the one that was lost."""
    ada, *_ = await house.round("Ada", seconds=120)
    await ada.draw(dots(3))
    for n in range(1, 5):
        await worker_has(worker.redis, n)
        assert await queue.length(worker.redis) == 1
        await house.skip(ada, protocol.FRAME_LOST_MS / 1000)
    (entry,) = await worker.take()
    assert entry.frame.n >= 4
    assert ink.unpack(entry.frame.ink) == ada.drawn


async def worker_has(redis: Redis, n: int) -> None:
    """Until frame ``n`` is the newest in the stream."""

    async def newest() -> bool:
        rows: Any = await redis.xrevrange(queue.FRAMES, count=1)
        return bool(rows) and int(rows[0][1][b"n"]) >= n

    assert await soon(newest)


async def test_a_match_is_timed_by_its_ink_and_not_by_the_answer(
    house: House, worker: HandWorker
) -> None:
    ada, bob = await house.round("Ada", "Bob", seconds=20)
    start_ms = house.owner(ada.code).state.pens_up_ms
    house.clock.ahead_ms += 5_000
    await ada.draw(dots(3))
    entry = await worker.take_of(ada)
    ink_ms = house.owner(ada.code).state.drawings[0].ink_ms
    house.clock.ahead_ms += 1_500  # the network takes its time
    await worker.answer(entry, prompt_of(ada))
    match = await bob.hears("match")
    assert match["seat"] == 0
    assert match["ms"] == ink_ms - start_ms
    assert 5_000 <= match["ms"] < 6_400
    level = next(said["level"] for said in ada.heard if said["type"] == "prompt")
    worth = {"easy": 1.0, "medium": 1.25, "hard": 1.5}[level]
    assert match["points"] == round(round(1000 * (20_000 - match["ms"]) / 20_000) * worth)
    assert match["score"] == match["points"]
    assert match["place"] == 1
    guess = await ada.hears("guess")
    assert guess["top"][0]["category"] == prompt_of(ada)
    assert guess["top"][0]["p"] == pytest.approx(0.9, abs=0.001)
    assert guess["ms"] >= 1_500
    assert bob.count("guess") == 0


async def test_a_busy_network_costs_nobody_points(house: House, worker: HandWorker) -> None:
    """Two draw at one moment; one is answered at once, the other seconds later, for the same."""
    ada, bob = await house.round("Ada", "Bob", seconds=20)
    house.clock.ahead_ms += 4_000
    await ada.draw(dots(3))
    await bob.draw(dots(3))
    entries = {entry.frame.drawing[-1]: entry for entry in await worker.take(2)}
    await worker.answer(entries["0"], prompt_of(ada))
    first = await bob.hears("match")
    house.clock.ahead_ms += 1_000
    await worker.answer(entries["1"], prompt_of(bob))
    second = await bob.hears("match")
    assert abs(first["ms"] - second["ms"]) < 500


async def test_a_lost_frame_is_asked_about_again_with_the_same_ink(
    house: House, worker: HandWorker
) -> None:
    ada, *_ = await house.round("Ada", seconds=20)
    await ada.draw(dots(3))
    lost = await worker.take_of(ada)
    ink_ms = house.owner(ada.code).state.drawings[0].ink_ms
    start_ms = house.owner(ada.code).state.pens_up_ms
    await ada.draw(dots(3, 9_000))
    await ada.stored()
    await house.skip(ada, protocol.FRAME_LOST_MS / 1000)
    again = await worker.take_of(ada)
    assert again.frame.n > lost.frame.n
    assert again.frame.ink == lost.frame.ink
    await worker.answer(lost, prompt_of(ada))  # late, but it is the answer to this very ink
    match = await ada.hears("match")
    assert match["ms"] == ink_ms - start_ms
    await ada.hears("guess")
    await worker.answer(again, prompt_of(ada))
    await worker.idle()
    assert (ada.count("match"), ada.count("guess")) == (1, 1)


async def test_a_stale_answer_changes_nothing(house: House, worker: HandWorker) -> None:
    ada, *_ = await house.round("Ada")
    await ada.draw(dots(3))
    entry = await worker.take_of(ada)
    offset = house.owner(ada.code)._offset
    good = answer_of(prompt_of(ada))
    for drawing, n in (
        (entry.frame.drawing, entry.frame.n + 1),
        (entry.frame.drawing, entry.frame.n - 1),
        (entry.frame.drawing.replace(":1:1:", ":1:2:"), entry.frame.n),
        (entry.frame.drawing.replace(":1:1:", ":9:1:"), entry.frame.n),
        (entry.frame.drawing[:-1] + "7", entry.frame.n),
        ("ZZZZZ:1:1:0", 1),
        ("nonsense", 1),
    ):
        await worker.reply(entry, drawing=drawing, n=n, probabilities=good)
    await worker.reply(entry, probabilities=b"short")
    await worker.answer(entry, other_than(prompt_of(ada)))
    await ada.hears("guess")
    assert (ada.count("match"), ada.count("guess")) == (0, 1)
    assert house.owner(ada.code)._offset == offset + 1


async def test_an_answer_that_cannot_be_read_does_not_silence_those_after_it(
    house: House, worker: HandWorker
) -> None:
    ada, *_ = await house.round("Ada")
    await ada.draw(dots(3))
    entry = await worker.take_of(ada)
    stream = f"inkling:{{queue}}:guesses:{entry.frame.server}"
    unreadable: list[Any] = [{b"n": b"1"}, {b"drawing": b"\xff", b"n": b"x"}]
    for fields in unreadable:
        await worker.redis.xadd(stream, fields)
    await worker.answer(entry, prompt_of(ada))
    await ada.hears("match")


async def test_a_second_answer_to_the_same_frame_awards_nothing_more(
    house: House, worker: HandWorker
) -> None:
    ada, bob = await house.round("Ada", "Bob")
    await ada.draw(dots(3))
    entry = await worker.take_of(ada)
    for _ in range(3):
        await worker.answer(entry, prompt_of(ada))
    match = await bob.hears("match")
    await bob.say("chat", text="well done")
    await bob.hears("chat")
    assert bob.count("match") == 1
    assert house.owner(ada.code).state.seats[0].score == match["points"]
    await ada.draw(dots(3))  # done is done: nothing more is asked about this drawing
    await ada.stored()
    await worker.idle()


async def test_a_frame_the_network_cannot_read_is_given_up(
    house: House, worker: HandWorker
) -> None:
    ada, *_ = await house.round("Ada")
    await ada.draw(dots(3))
    await worker.reply(await worker.take_of(ada), error="the network stumbled")
    await worker.idle()
    await ada.draw(dots(3, 9_000))
    await worker.answer(await worker.take_of(ada), prompt_of(ada))
    await ada.hears("match")


async def test_a_guess_must_be_sure_enough(house: House, worker: HandWorker) -> None:
    ada, *_ = await house.round("Ada", confidence=0.5)
    await ada.draw(dots(3))
    await worker.answer(await worker.take_of(ada), prompt_of(ada), p=0.45)
    assert (await ada.hears("guess"))["prompt_p"] == pytest.approx(0.45, abs=0.001)
    await ada.draw(dots(3))
    await worker.answer(await worker.take_of(ada), prompt_of(ada), p=0.55)
    await ada.hears("match")


async def test_a_round_waits_for_the_frames_in_flight(house: House, worker: HandWorker) -> None:
    ada, bob = await house.round("Ada", "Bob", seconds=10)
    house.clock.ahead_ms += 9_000
    await ada.draw(dots(3))
    entry = await worker.take_of(ada)
    house.clock.ahead_ms += 300
    await ada.draw(dots(3, 9_000))  # in time, and not asked about yet
    await ada.stored()
    await house.skip(bob, 0.7)
    await bob.phase("judging")
    assert bob.count("reveal") == 0
    await worker.answer(entry, other_than(prompt_of(ada)))
    last = await worker.take_of(ada)
    assert ink.unpack(last.frame.ink) == ada.drawn
    await worker.answer(last, prompt_of(ada))
    match = await bob.hears("match")
    assert 9_000 <= match["ms"] < 10_000
    reveal = await bob.hears("reveal")
    drawing = reveal["drawings"][0]
    assert (drawing["seat"], drawing["points"]) == (0, match["points"])
    assert drawing["giveaway"] == 1
    assert [ms for ms, _ in drawing["curve"]] == sorted(ms for ms, _ in drawing["curve"])


async def test_a_round_ends_when_everybody_has_matched(house: House, worker: HandWorker) -> None:
    players = await house.round("Ada", "Bob")
    for player in players:
        await player.draw(dots(3))
        await worker.answer(await worker.take_of(player), prompt_of(player))
    reveal = await players[0].hears("reveal")
    assert [drawing["place"] for drawing in reveal["drawings"]] == [1, 2]


async def test_a_dead_network_ends_the_wait_and_not_the_game(
    house: House, worker: HandWorker
) -> None:
    ada, *_ = await house.round("Ada", seconds=10)
    await ada.draw(dots(3))
    await worker.take_of(ada)
    await house.skip(ada, 10)
    await ada.phase("judging")
    await house.skip(ada, protocol.JUDGING_MS / 1000)
    reveal = await ada.hears("reveal")
    assert reveal["drawings"][0]["points"] == 0


async def test_the_network_is_asked_less_often_while_it_is_slow(
    house: House, worker: HandWorker
) -> None:
    ada, *_ = await house.round("Ada", seconds=120)
    cadence = house.owner(ada.code)._services.recogniser.cadence
    for n in range(12):
        await ada.draw(dots(2, n))
        await worker.reply(
            await worker.take_of(ada),
            probabilities=answer_of(other_than(prompt_of(ada))),
            waited_ms=5_000,
        )
        await ada.hears("guess")
    assert cadence.interval_ms > LONGEST_MS


async def test_a_whole_class_is_answered_to_the_right_seats(
    house: House, worker: HandWorker
) -> None:
    players = await house.round(*(f"P{n}" for n in range(8)))
    await asyncio.gather(*(player.draw(dots(3, player.seat)) for player in players))
    for entry in await worker.take(len(players)):
        seat = int(entry.frame.drawing.rpartition(":")[2])
        assert ink.unpack(entry.frame.ink).strokes == (dots(3, seat),)
        await worker.answer(entry, prompt_of(players[seat]))
    for player in players:
        guess = await player.hears("guess")
        assert guess["top"][0]["category"] == prompt_of(player)
        assert player.count("guess") == 1
