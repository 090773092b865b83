"""Whose an address is, for limits and bans."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from game.protocol import Refused
from server.addresses import Proxies, whose
from server.bans import Bans
from server.doors import Doors
from tests.support.house import House, open_house


@pytest.mark.parametrize(
    ("address", "counts_as"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::/64", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::1"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_what_an_address_counts_as(address: str, counts_as: str) -> None:
    assert whose(address) == counts_as


def test_proxies_are_addresses_and_networks() -> None:
    proxies = Proxies(frozenset({"127.0.0.1", "10.0.0.0/8", "2001:db8::5", "a name"}))
    for address in ("127.0.0.1", "10.1.2.3", "2001:db8::5", whose("2001:db8::5"), "a name"):
        assert address in proxies
    for address in ("127.0.0.2", "11.1.2.3", "2001:db8:1::5", whose("2001:db8:1::5"), "", "name"):
        assert address not in proxies
    assert not proxies.are_all
    assert Proxies(frozenset({"*"})).are_all


def test_a_network_of_proxies_that_name_nobody_is_not_everybody() -> None:
    doors = Doors(1, frozenset({"10.0.0.0/8"}))
    assert doors.most("10.9.9.9") is None
    assert doors.most("198.51.100.7") == 1
    assert Doors(1, frozenset({"*"})).most("198.51.100.7") == 1


@pytest.mark.asyncio
async def test_whoever_has_many_addresses_is_banned_at_all_of_them(redis: Redis) -> None:
    bans = Bans(redis)
    await bans.add("address", "2001:db8:1:2:3:4:5:6", 1, "noise")
    with pytest.raises(Refused):
        await bans.check("address", whose("2001:db8:1:2:ffff::9"))
    await bans.check("address", whose("2001:db8:1:3::9"))
    assert await bans.lift("address", "2001:db8:1:2::1")


async def _makes_a_player(house: House, address: str) -> int:
    answer = await house.http.post("/api/players", json={}, headers={"X-Forwarded-For": address})
    return answer.status_code


@pytest.mark.asyncio
async def test_another_address_of_the_same_household_makes_no_more_players(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(redis_url, monkeypatch) as house:
        made = 0
        while await _makes_a_player(house, f"2001:db8:1:2::{made:x}") == 201:
            made += 1
        assert 50 <= made < 1_000


@pytest.mark.asyncio
async def test_rooms_are_not_found_by_trying_their_codes(house: House) -> None:
    tried = 0
    while (await house.http.get(f"/api/rooms/BCDF{tried}")).status_code == 404:
        tried += 1
    assert 100 <= tried < 1_000
