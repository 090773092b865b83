"""Ink between players: stored once, acknowledged, shown to the others, there after a break."""

from __future__ import annotations

import pytest

from game.ink import BLANK, Ink, Pen
from tests.support.house import House
from tests.support.player import Player, dots

pytestmark = pytest.mark.asyncio


def stored_ink(house: House, player: Player) -> Ink:
    return house.owner(player.code).state.drawings[player.seat].ink


async def more_acks(player: Player, than: int) -> None:
    await player.until(lambda: len(player.acks) > than)


async def sees(player: Player, drawings: dict[int, Ink]) -> None:
    await player.until(lambda: player.canvases == drawings)


async def test_every_batch_is_acknowledged_in_order(house: House) -> None:
    ada, *_ = await house.round("Ada")
    for n in range(1, 21):
        await ada.draw(dots(2, n), Pen.STARTS if n == 1 else Pen(0))
    await ada.stored(20)
    assert ada.acks == sorted(ada.acks)
    assert stored_ink(house, ada) == ada.drawn


async def test_a_repeated_batch_is_acknowledged_again_and_not_drawn_twice(house: House) -> None:
    ada, bob = await house.round("Ada", "Bob")
    first = await ada.draw(dots(3))
    await ada.stored()
    for _ in range(3):
        before = len(ada.acks)
        await ada.draw(dots(3), batch=first)
        await more_acks(ada, before)
        assert ada.acknowledged == first
    last = await ada.draw(dots(2, 9_000))
    await ada.stored(last)
    await bob.until(lambda: len(bob.canvases[0].strokes) == 2)
    assert stored_ink(house, ada).strokes == (dots(3), dots(2, 9_000))
    assert [points for _, _, points in bob.relayed] == [dots(3), dots(2, 9_000)]


async def test_everybody_sees_the_others_ink_and_nobody_is_sent_their_own(house: House) -> None:
    players = await house.round("Ada", "Bob", "Cyd")
    for n, player in enumerate(players):
        await player.draw(dots(4, 1_000 * n), Pen.STARTS)
        await player.draw(dots(4, 1_000 * n + 100), Pen.ENDS)
    for player in players:
        others = {other.seat: other.drawn for other in players if other is not player}
        await sees(player, others)
        assert player.seat not in {seat for seat, _, _ in player.relayed}


async def test_undo_and_clear_are_shown_and_numbered_like_ink(house: House) -> None:
    ada, bob = await house.round("Ada", "Bob")
    await ada.draw(dots(3))
    await ada.draw(dots(3, 9_000))
    await ada.say("undo", batch=3)
    await ada.stored(3)
    await bob.until(lambda: bob.canvases[0].strokes == (dots(3),))
    await ada.say("undo", batch=3)  # sent again, done once
    await ada.until(lambda: ada.acks[-2:] == [3, 3])
    assert stored_ink(house, ada).strokes == (dots(3),)
    await ada.say("clear", batch=4)
    await ada.stored(4)
    await bob.until(lambda: bob.canvases[0] == BLANK)
    await ada.say("undo", batch=5)  # nothing to take back, and no mistake
    await ada.stored(5)
    assert ada.count("error") == 0


async def test_canvases_stay_hidden_while_all_draw_the_same(house: House) -> None:
    ada, bob = await house.round("Ada", "Bob", prompt="same", seconds=10)
    await ada.draw(dots(5))
    await bob.draw(dots(3), Pen.STARTS)
    await bob.say("undo", batch=2)
    await bob.draw(dots(2), batch=3)
    await ada.stored(1)
    await bob.stored(3)
    late = await house.enter(ada.code, "Late")
    await bob.vanish()
    assert bob.account is not None
    again = await house.enter(ada.code, bob.account)
    await again.until(lambda: again.canvases)
    assert set(again.canvases) == {1}  # one's own, back; nobody else's
    await house.skip(ada, 10)
    assert (ada.relayed, late.relayed) == ([], [])
    await house.skip(ada, 6)
    for viewer in (ada, late, again):
        await viewer.phase("reveal")
    await ada.until(lambda: ada.canvases[1].strokes == (dots(2),))
    await again.until(lambda: again.canvases[0].strokes == (dots(5),))
    await late.until(lambda: set(late.canvases) == {0, 1})


async def test_who_comes_back_gets_the_whole_view_all_ink_and_the_number_to_go_on_from(
    house: House,
) -> None:
    ada, bob = await house.round("Ada", "Bob")
    assert bob.account is not None
    await ada.draw(dots(6))
    await ada.stored()
    await bob.draw(dots(3), Pen.STARTS)
    await bob.stored()
    prompt = next(said for said in bob.heard if said["type"] == "prompt")
    await bob.vanish()
    back = await house.dial(ada.code, bob.account)
    welcome = await back.hello()
    assert welcome["batch"] == 1
    assert welcome["phase"]["phase"] == "drawing"
    assert 0 < welcome["phase"]["ms_left"] <= welcome["phase"]["ms_total"] == 20_000
    assert welcome["prompt"]["category"] == prompt["category"]
    await back.until(lambda: set(back.canvases) == {0, 1})
    assert back.canvases[0] == ada.drawn
    assert back.canvases[1] == bob.drawn
    # A stroke interrupted by the break goes on where it was.
    await back.draw(dots(2, 5_000), Pen.ENDS)
    await back.stored(2)
    assert stored_ink(house, back).strokes == (dots(3) + dots(2, 5_000),)


async def test_ink_that_was_sent_but_never_acknowledged_can_be_sent_again(house: House) -> None:
    ada, bob = await house.round("Ada", "Bob")
    assert bob.account is not None
    for n in range(5):
        await bob.draw(dots(2, 100 * n))
    await bob.vanish()
    back = await house.dial(ada.code, bob.account)
    welcome = await back.hello()
    for n in range(5):  # more than is needed: what was stored already is not drawn again
        await back.draw(dots(2, 100 * n), batch=n + 1)
    await back.stored(5)
    assert 0 <= welcome["batch"] <= 5
    assert stored_ink(house, back) == bob.drawn


async def test_a_late_joiner_watches_and_plays_from_the_next_round(house: House) -> None:
    ada, *_ = await house.round("Ada", rounds=2, seconds=10)
    await ada.draw(dots(7))
    await ada.stored()
    late = await house.dial(ada.code, await house.account("Late"))
    welcome = await late.hello()
    assert welcome["prompt"] is None
    assert [seat["playing"] for seat in welcome["seats"]] == [True, False]
    await late.until(lambda: late.canvases == {0: ada.drawn})
    await house.skip(ada, 10)
    await house.skip(ada, 6)
    for player in (ada, late):
        await player.hears("reveal")
        await player.say("ready")
    await late.phase("countdown")
    assert (await late.hears("prompt"))["category"]
    await late.phase("drawing")
    await late.draw(dots(3))
    await late.stored()
    await ada.until(lambda: ada.canvases.get(1) == late.drawn)


async def test_ink_that_comes_after_the_bell_is_acknowledged_and_not_drawn(house: House) -> None:
    ada, bob = await house.round("Ada", "Bob", seconds=10)
    await ada.draw(dots(3))
    await ada.stored()
    await house.skip(ada, 11)
    await ada.phase("judging")
    await ada.draw(dots(3, 9_000))
    await ada.stored(2)
    assert stored_ink(house, ada).strokes == (dots(3),)
    await house.skip(ada, 6)
    await ada.phase("reveal")
    await ada.draw(dots(3, 9_000))
    await ada.stored(3)
    assert stored_ink(house, ada).strokes == (dots(3),)
    assert bob.canvases[0].strokes == (dots(3),)
    assert ada.count("error") == 0


async def test_ink_waits_for_a_busy_room_and_is_never_refused(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = await house.round("Ada", "Bob")
    monkeypatch.setattr("server.inbox.INBOX_COMMANDS", 1)
    for n in range(20):
        await ada.draw(dots(2, n))
        await bob.draw(dots(2, n))
    await ada.stored()
    await bob.stored()
    await ada.until(lambda: ada.canvases[1] == bob.drawn)
    await bob.until(lambda: bob.canvases[0] == ada.drawn)
    assert ada.count("error") == bob.count("error") == 0
