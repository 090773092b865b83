"""An outage takes no time to draw from anybody, whichever process died."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
from redis.asyncio import Redis

from game import commands as c
from game.ink import Pen
from game.protocol import Close
from server.embedded import EmbeddedValkey
from server.stall import FAILED_MS, SLOW_MS, Stall
from server.turn import Ask
from tests.support.house import House, open_house, two_houses
from tests.support.player import Player, dots
from tests.support.waiting import soon

SECONDS = 60
LONG_MS = 20_000  # far more than a test takes


def left_ms(house: House, player: Player) -> int:
    """What a seat has left to draw, by its server."""
    state = house.owner(player.code).state
    return state.drawings[player.seat].pens_down_ms - house.clock()


async def drawing_through(one: House, two: House) -> tuple[Player, Player]:
    """Ada at her room's own server, and Bob, whom the other one carries there; both draw."""
    (ada,) = await one.table("Ada", seconds=SECONDS)
    bob = await two.enter(ada.code, "Bob")
    await ada.say("start")
    for player in (ada, bob):
        await player.phase("drawing")
    return ada, bob


@pytest.mark.asyncio
async def test_redis_away_in_mid_round_costs_no_time_to_draw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        EmbeddedValkey(tmp_path) as valkey,
        open_house(valkey.url, monkeypatch) as house,
    ):
        monkeypatch.setattr("server.owner.monotonic_ms", house.clock)
        ada, bob = await house.round("Ada", "Bob", seconds=SECONDS)
        await ada.draw(dots(3))
        await ada.stored()
        before_ms = left_ms(house, ada)
        keeper = valkey._server
        assert keeper is not None
        assert keeper.pid is not None
        (process,) = psutil.Process(keeper.pid).children()
        process.kill()  # its keeper starts it again
        await ada.draw(dots(3, 9_000))

        async def is_waiting() -> bool:
            return bool(house.owner(ada.code)._in_hand)

        assert await soon(is_waiting)
        house.clock.ahead_ms += LONG_MS
        await ada.draw(dots(3, 18_000))
        await ada.stored(3)
        told = await bob.hears("phase", lambda said: said["ms_left"] > 0)
        assert told["phase"] == "drawing"
        for player in (ada, bob):
            assert before_ms - 10_000 < left_ms(house, player) <= before_ms
        drawing = house.owner(ada.code).state.drawings[ada.seat]
        assert drawing.ink_ms - drawing.pens_up_ms < LONG_MS  # as if that time had not been
        await bob.until(lambda: bob.canvases[ada.seat] == ada.drawn)


@pytest.mark.asyncio
async def test_after_a_servers_end_whoever_comes_back_later_has_as_long(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(redis_url, monkeypatch) as first:
        ada, bob = await first.round("Ada", "Bob", seconds=SECONDS)
        await first.stop()  # before they hang up
        assert (await bob.closed())[0] == Close.RESTARTING
    assert ada.account is not None
    assert bob.account is not None
    async with open_house(redis_url, monkeypatch) as second:
        second.clock.ahead_ms = 600_000
        await second.enter(ada.code, ada.account)
        await second.skip(second.players[0], 4)
        back = await second.dial(ada.code, bob.account)
        welcome = await back.hello()
        assert welcome["phase"]["ms_left"] > 1_000 * SECONDS - 3_000
        late_ms = left_ms(second, back) - left_ms(second, second.players[0])
        assert 4_000 <= late_ms < 6_000


@pytest.mark.asyncio
async def test_a_lost_gateway_costs_no_time_to_draw(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two_houses(redis_url, monkeypatch) as (one, two):
        ada, bob = await drawing_through(one, two)
        assert bob.account is not None
        await redis.client_kill_filter(_type="pubsub")  # what a death leaves of a server
        assert (await bob.closed())[0] == Close.ROOM_MOVED
        await ada.hears("seat", lambda said: said["seat"]["state"] == "away")
        await two.skip(ada, 4)  # its clock is that of both
        back = await two.enter(ada.code, bob.account)
        assert 4_000 <= left_ms(one, back) - left_ms(one, ada) < 6_000


@pytest.mark.asyncio
async def test_who_hangs_up_through_a_gateway_is_given_nothing(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two_houses(redis_url, monkeypatch) as (one, two):
        ada, bob = await drawing_through(one, two)
        assert bob.account is not None
        await bob.vanish()
        await ada.hears("seat", lambda said: said["seat"]["state"] == "away")
        await two.skip(ada, 4)  # its clock is that of both
        back = await two.enter(ada.code, bob.account)
        assert left_ms(one, back) == pytest.approx(left_ms(one, ada), abs=100)


# --- arrivals ------------------------------------------------------------------------------------


def ink_at(arrived_ms: int) -> Ask:
    return Ask(c.AddInk(0, 1, Pen(0), b"", arrived_ms))


def test_what_came_while_the_room_stood_still_came_when_it_went_on() -> None:
    stall = Stall()
    stall.wrote(4_000, 14_000, failed=True)
    assert stall.is_owed
    assert stall.settle() == c.Stall(4_000)
    assert stall.settle() is None
    for came_ms, counts_ms in ((9_000, 13_000), (10_000, 14_000), (12_000, 14_000)):
        command = stall.timed(ink_at(came_ms)).command
        assert isinstance(command, c.AddInk)
        assert command.arrived_ms == counts_ms
    assert stall.timed(ink_at(14_500)) == ink_at(14_500)
    assert stall.timed(Ask(c.Leave(0))) == Ask(c.Leave(0))


def test_a_write_that_takes_its_time_is_no_outage() -> None:
    stall = Stall()
    stall.wrote(FAILED_MS - 1, 10_000, failed=True)
    stall.wrote(SLOW_MS - 1, 20_000, failed=False)
    assert not stall.is_owed
    assert stall.settle() is None
