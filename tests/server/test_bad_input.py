"""Bad input: each kind gets its error code and a sentence, and the room goes on undisturbed.

One server for all of these: whatever it was sent before, it has to answer the next.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from game import protocol
from game.protocol import Close
from server.crowd import SharedBuckets
from server.store import RoomStore
from tests.support.house import EIGHT, House, open_house
from tests.support.player import Player, chats, dots

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(valkey_url: str) -> AsyncIterator[House]:
    """A running server for the whole module."""
    with pytest.MonkeyPatch.context() as patch:
        async with open_house(f"{valkey_url}?db=2", patch) as opened:
            object.__setattr__(
                opened.desk, "makes", SharedBuckets(opened.desk.redis, "make", 10_000, 10_000)
            )
            yield opened


BAD_HELLOS: list[tuple[str | bytes, str]] = [
    ("{", "malformed"),
    ("", "malformed"),
    ("[]", "malformed"),
    ("null", "malformed"),
    ('"hello"', "malformed"),
    ("[" * 10_000, "malformed"),
    ("{}", "unknown_type"),
    ('{"type": "teleport"}', "unknown_type"),
    ('{"type": "hello"}', "malformed"),
    ('{"type": "hello", "token": 7}', "malformed"),
    ('{"type": "hello", "token": "x", "admin": true}', "malformed"),
    ('{"type": "hello", "token": "x", "' + "ä" * 60 + '": "' + "ü" * 90 + '"}', "malformed"),
    ('{"type": "hello", "token": "x", "since": NaN}', "malformed"),
    ('{"type": "hello", "token": "\\ud800"}', "malformed"),
    ('{"type": "start"}', "hello_first"),
    ('{"type": "ping", "id": 1}', "hello_first"),
    (b"\x01\x01\x00\x00\x00\x03", "hello_first"),
    ("x" * 20_000, "hello_first"),
]


@pytest.mark.parametrize(
    ("first", "code"), BAD_HELLOS, ids=[f"{str(first)[:30]}…" for first, _ in BAD_HELLOS]
)
async def test_a_first_message_that_is_no_hello_is_explained_and_the_socket_closed(
    house: House, first: str | bytes, code: str
) -> None:
    ada, *_ = await house.table("Ada")
    stranger = await house.dial(ada.code)
    await stranger.send(first)
    await stranger.refused(code)
    closed, reason = await stranger.closed()
    assert closed == Close.OFFENCES
    assert reason
    await chats(ada)
    assert ada.count("seat") == 0


@pytest.mark.parametrize("token", ["", "wrong", "x" * 5_000, "' OR 1=1 --", "../../etc"])
async def test_a_wrong_token_opens_nothing(house: House, token: str) -> None:
    ada, *_ = await house.table("Ada")
    stranger = await house.dial(ada.code)
    await stranger.say("hello", token=token)
    await stranger.refused("bad_token")
    assert (await stranger.closed())[0] == Close.BAD_TOKEN
    await chats(ada)
    assert ada.count("seat") == 0


async def test_a_public_id_is_no_token(house: House) -> None:
    ada, *_ = await house.table("Ada")
    assert ada.account is not None
    thief = await house.dial(ada.code)
    await thief.say("hello", token=ada.account.player_id)
    await thief.refused("bad_token")
    assert (await thief.closed())[0] == Close.BAD_TOKEN


@pytest.mark.parametrize("code", ["ZZZZZ", "QQQ", "room", "%7Broom:X%7D", "A" * 3_000])
async def test_an_unknown_room_is_said_to_be_unknown(house: House, code: str) -> None:
    lost = await house.dial(code, await house.account())
    assert lost.account is not None
    await lost.say("hello", token=lost.account.token)
    await lost.refused("no_room")
    assert (await lost.closed())[0] == Close.NO_ROOM
    store = RoomStore(house.desk.redis, "looking")
    assert await store.visited(lost.account.player_id) == [], "else it would grow for ever"


async def test_a_full_room_says_so_and_those_inside_notice_nothing(house: House) -> None:
    ada, bob = await house.table("Ada", "Bob", players=2)
    late = await house.dial(ada.code, await house.account("Late"))
    assert late.account is not None
    await late.say("hello", token=late.account.token)
    await late.refused("room_full")
    assert (await late.closed())[0] == Close.ROOM_FULL
    await chats(ada, bob)
    assert ada.count("seat") == 1  # Bob's arrival


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("x" * 25, "name_too_long"),
        ("x" * 5_000, "name_too_long"),
        ("", "name_empty"),
        (" \n\t ", "name_empty"),
        ("\u200b\u202e", "name_empty"),
    ],
)
async def test_a_name_that_cannot_be_shown_is_refused_at_the_door(
    house: House, name: str, code: str
) -> None:
    ada, *_ = await house.table("Ada")
    vain = await house.dial(ada.code, await house.account())
    assert vain.account is not None
    await vain.say("hello", token=vain.account.token, name=name)
    await vain.refused(code)
    assert (await vain.closed())[0] == Close.OFFENCES
    await chats(ada)


async def test_a_second_hello_is_one_too_many(house: House) -> None:
    ada, bob = await house.table("Ada", "Bob")
    assert bob.account is not None
    await bob.say("hello", token=bob.account.token)
    await bob.refused("hello_twice")
    await chats(bob, ada)


SETTINGS: dict[str, Any] = {
    "mode": "race",
    "rounds": 3,
    "seconds": 20,
    "players": 8,
    "prompt": "own",
    "deck": ["easy"],
    "custom": list(EIGHT),
    "guess_among": "all",
    "confidence": 0.2,
    "public": False,
}


GARBAGE: list[tuple[str | bytes, str]] = [
    ("{", "malformed"),
    ("\x00", "malformed"),
    ("[]", "malformed"),
    ("{}", "unknown_type"),
    ('{"type": 7}', "unknown_type"),
    ('{"type": "Start"}', "unknown_type"),
    ('{"type": "<script>alert(1)</script>"}', "unknown_type"),
    ('{"type": "start", "now": true}', "malformed"),
    ('{"type": "match", "seat": 0, "points": 1000}', "unknown_type"),
    ('{"type": "guess", "category": "cat"}', "malformed"),
    ('{"type": "kick"}', "malformed"),
    ('{"type": "kick", "seat": "0"}', "malformed"),
    ('{"type": "kick", "seat": 1.5}', "malformed"),
    ('{"type": "chat", "text": null}', "malformed"),
    ('{"type": "undo", "batch": 0}', "malformed"),
    ('{"type": "undo", "batch": -1}', "malformed"),
    ('{"type": "clear", "batch": 4294967296}', "malformed"),
    ('{"type": "ping", "id": 1e999}', "malformed"),
    ('{"type": "settings", "settings": {"rounds": NaN}}', "malformed"),
    ('{"type": "settings", "settings": {"cheats": true}}', "malformed"),
    ('{"type": "settings", "settings": []}', "malformed"),
    ('{"type": "chat", "text": "' + "x" * 20_000 + '"}', "too_large"),
    ("x" * 60_000, "too_large"),
    (b"", "ink_malformed"),
    (b"\x01", "ink_malformed"),
    (b"\x01\x01\x00\x00\x00", "ink_malformed"),  # no pen
    (b"\x02\x01\x00\x00\x00\x03", "ink_malformed"),  # relayed ink is not for clients to send
    (b"\x01\x00\x00\x00\x00\x03", "ink_malformed"),  # numbered 0
    (b"\x01\x01\x00\x00\x00\x04", "ink_malformed"),  # an undo in disguise
    (b"\x01\x01\x00\x00\x00\x03\x00\x00\x00", "ink_malformed"),  # half a point
    (struct.pack("<BIB", 1, 1, 3) + bytes(6 * 513), "ink_too_long"),
    (struct.pack("<BIB", 1, 1, 3) + bytes(6 * 10_000), "ink_too_long"),
]


@pytest.mark.parametrize(
    ("sent", "code"), GARBAGE, ids=[f"{str(sent)[:40]}-{len(sent)}" for sent, _ in GARBAGE]
)
async def test_what_cannot_be_read_is_explained_and_the_room_goes_on(
    house: House, sent: str | bytes, code: str
) -> None:
    ada, bob = await house.table("Ada", "Bob")
    before = house.owner(ada.code).state
    await bob.send(sent)
    await bob.refused(code)
    assert house.owner(ada.code).state == before
    await chats(ada, bob)
    await chats(bob, ada, text="sorry")
    assert ada.count("error") == 0


async def test_a_message_beyond_all_bounds_ends_its_socket_and_nothing_else(house: House) -> None:
    ada, bob = await house.table("Ada", "Bob")
    await bob.send(bytes(protocol.MAX_MESSAGE_BYTES + 1))
    assert (await bob.closed())[0] == 1009
    away = await ada.hears("seat", lambda said: said["seat"]["state"] == "away")
    assert away["seat"]["name"] == "Bob"
    await chats(ada)


OUT_OF_BOUNDS: list[tuple[dict[str, Any], str]] = [
    ({"rounds": 0}, "setting_out_of_bounds"),
    ({"rounds": 21}, "setting_out_of_bounds"),
    ({"rounds": 10**30}, "setting_out_of_bounds"),
    ({"seconds": 9}, "setting_out_of_bounds"),
    ({"seconds": -20}, "setting_out_of_bounds"),
    ({"players": 0}, "setting_out_of_bounds"),
    ({"players": 17}, "setting_out_of_bounds"),
    ({"players": 1}, "setting_out_of_bounds"),  # two are here
    ({"confidence": -0.1}, "setting_out_of_bounds"),
    ({"confidence": 0.96}, "setting_out_of_bounds"),
    ({"confidence": math.nan}, "setting_out_of_bounds"),
    ({"confidence": math.inf}, "setting_out_of_bounds"),
    ({"mode": "solitaire"}, "malformed"),
    ({"prompt": "all"}, "malformed"),
    ({"deck": ["impossible"]}, "malformed"),
    ({"custom": [], "deck": []}, "deck_too_small"),
    ({"custom": ["cat"] * 300}, "deck_too_small"),
    ({"custom": ["<b>", *EIGHT]}, "unknown_category"),
    ({"rounds": "6"}, "malformed"),
    ({"rounds": True}, "malformed"),
]


@pytest.mark.parametrize(("change", "code"), OUT_OF_BOUNDS, ids=[str(c) for c, _ in OUT_OF_BOUNDS])
async def test_settings_out_of_bounds_are_refused_one_and_all(
    house: House, change: dict[str, Any], code: str
) -> None:
    ada, bob = await house.table("Ada", "Bob")
    before = house.owner(ada.code).state.settings
    await ada.say("settings", settings={**SETTINGS, **change})
    await ada.refused(code)
    assert house.owner(ada.code).state.settings == before
    await ada.say("settings", settings=SETTINGS)
    told = await bob.hears("settings")
    assert told["settings"] == SETTINGS
    assert told["deck_size"] == len(EIGHT)
    assert bob.count("error") == 0


HOSTS_ONLY: list[tuple[str, dict[str, Any]]] = [
    ("start", {}),
    ("settings", {"settings": SETTINGS}),
    ("kick", {"seat": 0}),
]


@pytest.mark.parametrize(("kind", "fields"), HOSTS_ONLY, ids=[kind for kind, _ in HOSTS_ONLY])
async def test_what_is_the_hosts_alone_is_refused_to_others(
    house: House, kind: str, fields: dict[str, Any]
) -> None:
    ada, bob = await house.table("Ada", "Bob")
    await bob.say(kind, **fields)
    await bob.refused("not_host")
    await chats(ada, bob)
    assert house.owner(ada.code).state.phase is protocol.Phase.LOBBY


async def test_only_who_is_there_can_be_removed_and_not_the_host(house: House) -> None:
    ada, bob = await house.table("Ada", "Bob")
    for seat in (0, 5, -1, 10**20):
        await ada.say("kick", seat=seat)
        await ada.refused("no_seat")
    await chats(ada, bob)


WRONG_PHASES: list[tuple[str, Callable[[Player], Awaitable[None]]]] = [
    ("ready", lambda player: player.say("ready")),
    ("rematch", lambda player: player.say("rematch")),
    ("undo", lambda player: player.say("undo", batch=1)),
    ("clear", lambda player: player.say("clear")),
    ("ink", lambda player: player.send(b"\x01\x01\x00\x00\x00\x03" + dots())),
]


@pytest.mark.parametrize(("_name", "act"), WRONG_PHASES, ids=[name for name, _ in WRONG_PHASES])
async def test_what_the_lobby_has_no_use_for_is_refused_there(
    house: House, _name: str, act: Callable[[Player], Awaitable[None]]
) -> None:
    ada, bob = await house.table("Ada", "Bob")
    await act(ada)
    await ada.refused("wrong_phase")
    await chats(ada, bob)
    assert ada.acknowledged == 0
    assert bob.relayed == []


async def test_a_late_joiner_has_nothing_to_draw_on(house: House) -> None:
    ada, *_ = await house.round("Ada")
    late = await house.enter(ada.code, "Late")
    await late.draw(dots())
    await late.refused("not_drawing")
    assert late.acknowledged == 0
    await ada.draw(dots())
    await ada.stored()
    await late.until(lambda: late.canvases.get(0) == ada.drawn)
    assert ada.relayed == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "chat_empty"),
        ("  \u200b ", "chat_empty"),
        ("x" * 201, "chat_too_long"),
        ("x" * 5_000, "chat_too_long"),
    ],
)
async def test_chat_needs_something_to_say_and_an_end(house: House, text: str, code: str) -> None:
    ada, bob = await house.table("Ada", "Bob")
    await bob.say("chat", text=text)
    await bob.refused(code)
    await chats(bob, ada, text="x" * 200)


async def test_markup_in_chat_goes_out_as_it_was_typed(house: House) -> None:
    ada, bob = await house.table("Ada", "Bob")
    typed = '<img src=x onerror="alert(1)">'
    await chats(bob, ada, text=typed)
    assert json.dumps(typed)
