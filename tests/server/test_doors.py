"""So many sockets from one address, and no faster than people dial."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest

from game.protocol import Code, Refused
from server.doors import Doors
from tests.support.house import House, open_house
from tests.support.waiting import soon

PROXY = frozenset({"127.0.0.1"})


def test_one_address_fills_its_own_places_only() -> None:
    doors = Doors(2, PROXY)
    with ExitStack() as inside:
        for address in ("10.0.0.1", "10.0.0.1", "10.0.0.2"):
            inside.enter_context(doors.enter(address, 0))
        with pytest.raises(Refused) as refused, doors.enter("10.0.0.1", 0):
            pass
        assert refused.value.code is Code.TOO_FAST
        assert len(doors) == 3
    assert len(doors) == 0
    with doors.enter("10.0.0.1", 0):
        assert len(doors) == 1


def test_who_dials_without_end_has_to_wait() -> None:
    doors = Doors(1_000, PROXY)

    def dial(now_ms: int) -> bool:
        try:
            with doors.enter("10.0.0.1", now_ms):
                return True
        except Refused:
            return False

    assert sum(dial(0) for _ in range(500)) == 120
    assert dial(10_000)


def test_a_proxy_that_names_nobody_is_not_everybody() -> None:
    doors = Doors(1, PROXY)
    with ExitStack() as inside:
        for _ in range(300):
            inside.enter_context(doors.enter("127.0.0.1", 0))


def test_nobody_comes_in_where_everybody_goes_out() -> None:
    doors = Doors(0, PROXY)
    doors.close()
    with pytest.raises(Refused) as refused, doors.enter("10.0.0.1", 0):
        pass
    assert refused.value.code is Code.BUSY


@pytest.mark.asyncio
async def test_waiting_for_the_last_to_leave_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    doors = Doors(0, PROXY)
    async with asyncio.timeout(1):
        await doors.emptied()
    monkeypatch.setattr("server.doors._EMPTY_S", 0.01)
    with doors.enter("10.0.0.1", 0):
        await doors.emptied()


@pytest.mark.asyncio
async def test_addresses_are_those_that_the_proxy_names(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(redis_url, monkeypatch, sockets_per_address=2) as house:
        await two_of_an_address_and_no_more(house)


async def two_of_an_address_and_no_more(house: House) -> None:
    (ada,) = await house.table("Ada")
    from_afar = {"additional_headers": {"X-Forwarded-For": "10.9.9.9"}}
    first = await house.dial(ada.code, **from_afar)
    await house.dial(ada.code, **from_afar)
    with pytest.raises(Exception, match="429"):
        await house.dial(ada.code, **from_afar)
    await house.dial(ada.code, additional_headers={"X-Forwarded-For": "10.9.9.8"})
    await first.hang_up()

    async def again() -> bool:
        try:
            await house.dial(ada.code, **from_afar)
        except Exception:  # noqa: BLE001 - the client's own kind for a refused handshake
            return False
        return True

    assert await soon(again)
