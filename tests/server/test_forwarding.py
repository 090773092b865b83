"""A socket may land on any server: it is served as if it had landed on the right one."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from game import ink, protocol
from game.protocol import MAX_TEXT_BYTES, Close
from server import forwarding
from server.peers import HIGH_BYTES, Frame, Kind, Peers, pack, unpack
from server.store import RoomStore
from tests.support.house import HandWorker, House, prompt_of, two_houses
from tests.support.player import Player, chats, dots

FRAMES = st.lists(
    st.builds(Frame, st.sampled_from(Kind), st.integers(0, 2**32 - 1), st.binary(max_size=99)),
    max_size=5,
)
NUMBERS = st.integers(0, 2**32 - 1)


@given(NUMBERS, NUMBERS, FRAMES)
def test_a_batch_is_read_as_it_was_written(epoch: int, number: int, frames: list[Frame]) -> None:
    batch = pack("0123456789ab", epoch, number, frames)
    assert unpack(batch) == ("0123456789ab", epoch, number, frames)


@given(st.binary(max_size=60))
def test_what_is_no_batch_is_refused_in_one_way(data: bytes) -> None:
    with suppress(ValueError):
        unpack(data)


@pytest.mark.asyncio
async def test_players_on_two_servers_play_one_game(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = HandWorker(redis)
    await worker.join()
    async with two_houses(redis_url, monkeypatch) as (one, two):
        (ada,) = await one.table("Ada", rounds=1)
        bob = await two.enter(ada.code, "Bob")
        assert two.desk.rooms.owned(ada.code) is None
        await chats(bob, ada)
        await chats(ada, bob)
        await ada.say("start")
        for player in (ada, bob):
            await player.phase("drawing")
        await bob.draw(dots(40))
        await bob.stored()
        await ada.until(lambda: ada.canvases.get(bob.seat) == bob.drawn)
        await worker.answer(await worker.take_of(bob), prompt_of(bob))
        await bob.hears("match")
        await ada.draw(dots(5))
        await bob.until(lambda: bob.canvases.get(ada.seat) == ada.drawn)
        await bob.say("nonsense")
        await bob.refused("unknown_type")


@pytest.mark.asyncio
async def test_the_last_word_is_carried_too(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two_houses(redis_url, monkeypatch) as (one, two):
        (ada,) = await one.table("Ada")
        bob, cyd = await two.enter(ada.code, "Bob"), await two.enter(ada.code, "Cyd")
        await ada.say("kick", seat=bob.seat)
        assert (await bob.closed())[0] == Close.KICKED
        await cyd.vanish()
        await ada.hears("seat", lambda said: said["seat"]["state"] == "away")
        assert not one.desk.forwarding.known()
        assert not two.desk.forwarding.known()


@pytest.mark.asyncio
async def test_who_was_kicked_is_not_back_at_once_by_another_name_and_another_server(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two_houses(redis_url, monkeypatch) as (one, two):
        (ada,) = await one.table("Ada")
        at = {"additional_headers": {"X-Forwarded-For": "198.51.100.7"}}
        bob = await one.dial(ada.code, await one.account("Bob"), **at)
        await bob.hello()
        await ada.say("kick", seat=bob.seat)
        assert (await bob.closed())[0] == Close.KICKED
        for house in (one, two):
            again = await house.dial(ada.code, await house.account("Robert"), **at)
            assert again.account is not None
            await again.say("hello", token=again.account.token)
            assert (await again.closed())[0] == Close.LOCKED
        await two.enter(ada.code, "Cyd")  # from elsewhere
        stored = await RoomStore(one.desk.redis, "reader").load(ada.code)
        assert "198.51.100.7" not in repr(stored)


@pytest.mark.asyncio
async def test_when_the_owner_stops_the_game_goes_on_where_the_socket_is(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two_houses(redis_url, monkeypatch) as (one, two):
        (ada,) = await one.table("Ada", seconds=60)
        bob = await two.enter(ada.code, "Bob")
        assert bob.account is not None
        await ada.say("start")
        await bob.phase("drawing")
        await bob.draw(dots(7))
        await bob.stored()
        await one.stop()
        assert (await ada.closed())[0] == Close.RESTARTING
        assert (await bob.closed())[0] == Close.RESTARTING
        back = await two.dial(ada.code, bob.account)
        welcome = await back.hello()
        assert welcome["seat"] == bob.seat
        await back.until(lambda: back.canvases.get(bob.seat) == bob.drawn)


@pytest.mark.asyncio
async def test_a_dead_server_holds_its_rooms_a_second_and_no_longer(
    house: House, redis: Redis
) -> None:
    ada = await house.account("Ada")
    code = await house.room(ada)
    await redis.set(f"inkling:{{room:{code}}}:lease", "0123456789ab", px=600_000)
    started = asyncio.get_running_loop().time()
    await house.enter(code, ada)
    taken = asyncio.get_running_loop().time() - started
    assert taken >= forwarding.ABSENT_S


@pytest.mark.asyncio
async def test_what_may_have_been_missed_ends_what_was_going_on(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection to Redis is lost, and with it whatever was published just then."""
    async with two_houses(redis_url, monkeypatch) as (one, two):
        (ada,) = await one.table("Ada")
        bob = await two.enter(ada.code, "Bob")
        assert bob.account is not None
        await redis.client_kill_filter(_type="pubsub")
        assert (await bob.closed())[0] == Close.ROOM_MOVED
        await ada.hears("seat", lambda said: said["seat"]["state"] == "away")
        back: Player = await two.enter(ada.code, bob.account)
        assert back.seat == bob.seat
        await chats(back, ada)


@pytest.mark.asyncio
async def test_a_gap_between_servers_is_noticed(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two_houses(redis_url, monkeypatch) as (one, two):
        (ada,) = await one.table("Ada")
        bob = await two.enter(ada.code, "Bob")
        (outgoing,) = two.desk.forwarding._peers._outgoing.values()
        outgoing.number += 1  # as if a batch had gone astray
        await bob.say("chat", text="is anybody there?")
        assert (await bob.closed())[0] == Close.ROOM_MOVED
        assert not ada.count("chat")
        await chats(await two.enter(ada.code, "Cyd"), ada)


@pytest.mark.asyncio
async def test_however_many_offer_at_once_a_peer_is_not_given_up() -> None:
    """Else whoever has enough sockets could have everybody's cut who is carried the same way."""
    nothing: Any = None
    peers = Peers(nothing, "0123456789ab", nothing)
    frame = Frame(Kind.SAID_BYTES, 1, bytes(64 * 1024))
    offers = [asyncio.create_task(peers.offer("abcdef012345", frame)) for _ in range(200)]
    outgoing = peers._to("abcdef012345")
    most = taken = 0
    while taken < len(offers):
        for _ in range(5):
            await asyncio.sleep(0)
        most = max(most, outgoing.bytes)
        taken += len(outgoing.take())
    await asyncio.gather(*offers)
    assert most <= HIGH_BYTES + 2 * len(frame.payload)


@pytest.mark.asyncio
async def test_what_is_too_large_is_refused_and_not_carried_whole(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    offer = Peers.offer

    async def weighing(self: Peers, peer: str, frame: Frame) -> None:
        sizes.append(len(frame.payload))
        await offer(self, peer, frame)

    async with two_houses(redis_url, monkeypatch) as (one, two):
        (ada,) = await one.table("Ada")
        bob = await two.enter(ada.code, "Bob")
        monkeypatch.setattr(Peers, "offer", weighing)
        await bob.say("chat", text="x" * 60_000)
        await bob.refused("too_large")
        await bob.send(bytes((1,)) + bytes(5) + bytes(60_000))
        await bob.refused("ink_too_long")
        assert max(sizes) <= MAX_TEXT_BYTES + 1


@pytest.mark.asyncio
async def test_ink_of_a_minute_without_network_is_heard_through_another_server(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "MESSAGES_BURST", 10_000)  # or it would take half a minute
    async with two_houses(redis_url, monkeypatch) as (one, two):
        (ada,) = await one.table("Ada", seconds=60)
        bob = await two.enter(ada.code, "Bob")
        await ada.say("start")
        await bob.phase("drawing")
        for n in range(1_000):
            await bob.draw(dots(1, n), ink.Pen(0))
        await bob.stored()
        assert one.owner(ada.code).state.drawings[bob.seat].ink == bob.drawn


@pytest.mark.asyncio
async def test_many_drawing_through_another_server_lose_nothing(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two_houses(redis_url, monkeypatch) as (one, two):
        (ada,) = await one.table("Ada", seconds=60)
        guests = [await two.enter(ada.code, f"guest {n}") for n in range(5)]
        await ada.say("start")
        for player in (ada, *guests):
            await player.phase("drawing")

        async def scribble(player: Player) -> None:
            for n in range(40):
                await player.draw(dots(4, 100 * n), ink.Pen.STARTS | ink.Pen.ENDS)
                await asyncio.sleep(0.025)  # a pen's pace, under the limit for one socket
            await player.stored()

        await asyncio.gather(*map(scribble, guests))
        for drawer in guests:
            for viewer in (ada, *guests):
                if viewer is not drawer:
                    drawn = drawer.drawn
                    await viewer.until(
                        lambda v=viewer, s=drawer.seat, d=drawn: v.canvases.get(s) == d
                    )


@pytest.mark.asyncio
async def test_of_many_who_come_back_to_all_servers_at_once_none_waits(
    redis_url: str, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two_houses(redis_url, monkeypatch) as houses:
        host = await houses[0].account("Ada")
        code = await houses[0].room(host)
        await redis.set(f"inkling:{{room:{code}}}:lease", "0123456789ab")
        accounts = [host, *[await houses[0].account(f"guest {n}") for n in range(7)]]
        async with asyncio.timeout(forwarding.ABSENT_S + 3):
            players = await asyncio.gather(
                *(houses[n % 2].enter(code, account) for n, account in enumerate(accounts))
            )
        assert sorted(player.seat for player in players) == list(range(8))
        owners = [house.desk.rooms.owned(code) for house in houses]
        assert owners.count(None) == 1
