"""The socket's protocol: what is answered to every good and bad word, and who is left in peace."""

from __future__ import annotations

import json

import pytest

from game import protocol
from game.ink import Pen, stroke_of
from game.protocol import Close
from tests.support.house import EIGHT, House
from tests.support.player import chats, dots

pytestmark = pytest.mark.asyncio


# --- coming in -----------------------------------------------------------------------------------


async def test_a_hello_is_answered_by_the_whole_view(house: House) -> None:
    ada = await house.account("Ada")
    code = await house.room(ada, rounds=3, seconds=30)
    player = await house.dial(code, ada)
    welcome = await player.hello()
    assert welcome["protocol"] == "inkling.v1"
    assert welcome["code"] == code
    assert welcome["seat"] == 0
    assert welcome["settings"]["rounds"] == 3
    assert welcome["deck_size"] == len(EIGHT)
    assert welcome["phase"]["phase"] == "lobby"
    assert (welcome["prompt"], welcome["reveal"], welcome["game_over"]) == (None, None, None)
    assert welcome["batch"] == 0
    assert welcome["seats"] == [
        {
            "seat": 0,
            "name": "Ada",
            "state": "here",
            "score": 0,
            "playing": False,
            "matched": False,
            "ready": False,
            "host": True,
            "time": 1.0,
        }
    ]
    assert welcome["locked"] is False


async def test_players_join_by_code_in_either_case_and_are_announced(house: House) -> None:
    ada, *_ = await house.table("Ada")
    bob = await house.dial(ada.code.lower(), await house.account("Bob"))
    welcome = await bob.hello()
    assert welcome["code"] == ada.code
    assert [seat["name"] for seat in welcome["seats"]] == ["Ada", "Bob"]
    seen = await ada.hears("seat")
    assert (seen["seat"]["seat"], seen["seat"]["name"], seen["seat"]["host"]) == (1, "Bob", False)
    await chats(bob, ada)


async def test_a_name_given_with_the_hello_is_tidied_and_kept(house: House) -> None:
    ada = await house.account("Ada")
    code = await house.room(ada)
    player = await house.dial(code, ada)
    welcome = await player.hello(name="  Ada \u202e <b>L.</b>\n ")
    assert welcome["seats"][0]["name"] == "Ada <b>L.</b>"
    again = await (await house.dial(code, ada)).hello()
    assert again["seats"][0]["name"] == "Ada <b>L.</b>"


async def test_a_player_renamed_elsewhere_comes_back_under_the_new_name(house: House) -> None:
    ada, bob = await house.table("Ada", "Bob")
    assert bob.account is not None
    await bob.hang_up()
    await ada.hears("seat", lambda said: said["seat"]["state"] == "away")
    bearer = {"Authorization": f"Bearer {bob.account.token}"}
    await house.http.patch("/api/players/me", json={"name": "Robert"}, headers=bearer)
    back = await (await house.dial(ada.code, bob.account)).hello()
    assert back["seats"][1]["name"] == "Robert"
    await ada.hears("seat", lambda said: said["seat"]["name"] == "Robert")


async def test_a_socket_that_says_nothing_is_closed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("game.protocol.HELLO_MS", 50)
    ada, *_ = await house.table("Ada")
    silent = await house.dial(ada.code)
    assert await silent.closed() == (Close.SILENT, "Say hello first.")
    await chats(ada)


# --- once seated ---------------------------------------------------------------------------------


async def test_a_ping_is_answered_with_its_number(house: House) -> None:
    ada, *_ = await house.table("Ada")
    await ada.say("ping", id=7)
    assert (await ada.hears("pong"))["id"] == 7


async def test_a_game_that_is_on_cannot_be_started_or_changed(house: House) -> None:
    ada, bob = await house.round("Ada", "Bob")
    await ada.say("start")
    await ada.refused("wrong_phase")
    await ada.say("settings", settings={"rounds": 3})
    await ada.refused("wrong_phase")
    await bob.draw(dots())
    await bob.stored()
    await ada.until(lambda: ada.canvases.get(1) == bob.drawn)


async def test_a_drawing_holds_so_much_ink_and_says_when_it_is_full(house: House) -> None:
    ada, bob = await house.round("Ada", "Bob")
    full = protocol.MAX_POINTS // protocol.MAX_BATCH_POINTS
    for _ in range(full):
        await ada.draw(bytes(6 * protocol.MAX_BATCH_POINTS))
    await ada.stored()
    await ada.draw(dots(1))
    await ada.refused("ink_full")
    await ada.draw(dots(2))
    await ada.stored()
    assert ada.count("error") == 1, "once is enough"
    await bob.until(lambda: bob.canvases[0].points == protocol.MAX_POINTS)
    await ada.say("clear", batch=full + 3)
    await ada.until(lambda: ada.acknowledged == full + 3)
    await ada.draw(dots(1), batch=full + 4)
    await ada.stored()
    await bob.until(lambda: bob.canvases[0].strokes == (dots(1),))


async def test_a_drawing_holds_so_many_strokes(house: House) -> None:
    ada, *_ = await house.round("Ada", seconds=120)
    for n in range(protocol.MAX_STROKES):
        if n % 64 == 0:
            await ada.stored(n)
            house.clock.ahead_ms += 4_000  # a hand would have taken that long
        await ada.draw(dots(1, n))
    await ada.stored()
    await ada.draw(dots(1))
    await ada.refused("ink_full")


async def test_nobody_talks_faster_than_people_do(house: House) -> None:
    ada, bob = await house.table("Ada", "Bob")
    for n in range(protocol.CHAT_BURST):
        await chats(bob, ada, text=f"line {n}")
    await bob.say("chat", text="and another thing")
    await bob.refused("too_fast")
    await chats(ada, bob, text="let others speak")
    house.clock.ahead_ms += protocol.CHAT_WINDOW_MS
    await chats(bob, ada, text="as I was saying")


# --- too much ------------------------------------------------------------------------------------


async def test_twenty_offences_close_the_socket_for_good(house: House) -> None:
    ada, bob = await house.table("Ada", "Bob")
    for _ in range(protocol.MAX_OFFENCES):
        await bob.send("{")
    code, reason = await bob.closed()
    assert code == Close.OFFENCES
    assert reason == "Too many messages that could not be accepted."
    assert bob.count("error") == protocol.MAX_OFFENCES
    await ada.hears("seat", lambda said: said["seat"]["state"] == "away")
    await chats(ada)


async def test_a_slip_now_and_then_is_forgotten(house: House) -> None:
    ada, *_ = await house.table("Ada")
    for _ in range(2 * protocol.MAX_OFFENCES):
        await ada.say("ready")
        await ada.refused("wrong_phase")
        house.clock.ahead_ms += protocol.OFFENCE_KEPT_MS
    await chats(ada)


async def test_a_flood_is_stopped_and_may_come_back_calmer(house: House) -> None:
    ada, bob = await house.table("Ada", "Bob")
    assert bob.account is not None
    for n in range(protocol.MESSAGES_BURST + 30):
        await bob.say("ping", id=n)
    assert (await bob.closed())[0] == Close.FLOODING
    assert Close.FLOODING < 4500
    pongs, errors = bob.count("pong"), bob.count("error")
    assert pongs >= protocol.MESSAGES_BURST
    assert errors == protocol.MAX_OFFENCES
    back = await house.enter(ada.code, bob.account)
    assert back.seat == 1
    await chats(back, ada)


# --- leaving and coming back ---------------------------------------------------------------------


async def test_a_second_tab_replaces_the_first(house: House) -> None:
    ada, first = await house.table("Ada", "Bob")
    assert first.account is not None
    second = await house.enter(ada.code, first.account)
    assert second.seat == first.seat == 1
    code, reason = await first.closed(within_s=1.0)
    assert (code, reason) == (Close.REPLACED, "You came in from another tab or device.")
    await chats(second, ada)
    assert [s["seat"]["state"] for s in ada.heard if s["type"] == "seat"] == ["here"]


async def test_two_tabs_that_open_at_once_leave_one_of_them_in(house: House) -> None:
    ada, *_ = await house.table("Ada")
    bob = await house.account("Bob")
    tabs = [await house.dial(ada.code, bob) for _ in range(4)]
    for tab in tabs:
        await tab.say("hello", token=bob.token)
    await ada.until(lambda: sum(tab.gone for tab in tabs) == len(tabs) - 1, within_s=5.0)
    (last,) = [tab for tab in tabs if not tab.gone]
    for tab in tabs:
        if tab is not last:
            assert (await tab.closed())[0] == Close.REPLACED
    await last.hears("welcome")
    await chats(last, ada)


async def test_who_was_removed_cannot_come_back(house: House) -> None:
    ada, bob, cyd = await house.table("Ada", "Bob", "Cyd")
    assert bob.account is not None
    await ada.say("kick", seat=1)
    assert await bob.closed(within_s=1.0) == (Close.KICKED, "The host has removed you.")
    for other in (ada, cyd):
        gone = await other.hears("seat", lambda said: said["seat"]["state"] == "gone")
        assert gone["seat"]["seat"] == 1
    again = await house.dial(ada.code, bob.account)
    await again.say("hello", token=bob.account.token, name="Not Bob")
    await again.refused("kicked")
    assert (await again.closed())[0] == Close.KICKED
    await chats(ada, cyd)
    dee = await house.enter(ada.code, "Dee")
    assert dee.seat == 1


async def test_leaving_frees_the_seat_at_once(house: House) -> None:
    ada, bob = await house.table("Ada", "Bob", players=2)
    await bob.say("leave")
    assert await bob.closed(within_s=1.0) == (Close.LEFT, "You have left the room.")
    await ada.hears("seat", lambda said: said["seat"]["state"] == "gone")
    cyd = await house.enter(ada.code, "Cyd")
    assert cyd.seat == 1
    await chats(cyd, ada)


async def test_a_dropped_player_is_away_and_then_back_in_the_same_seat(house: House) -> None:
    ada, bob = await house.table("Ada", "Bob")
    assert bob.account is not None
    await bob.vanish()
    await ada.hears("seat", lambda said: said["seat"]["state"] == "away")
    back = await house.enter(ada.code, bob.account)
    assert back.seat == 1
    await ada.hears("seat", lambda said: said["seat"]["state"] == "here")
    await chats(back, ada)


async def test_who_hangs_up_in_the_middle_of_the_hello_is_away_like_anybody(house: House) -> None:
    """A page that is reloaded at once must not leave a seat that looks taken for ever."""
    ada, *_ = await house.table("Ada")
    for n in range(5):
        hasty = await house.dial(ada.code, await house.account(f"Hasty {n}"))
        assert hasty.account is not None
        await hasty.say("hello", token=hasty.account.token)
        await hasty.vanish()
    await chats(ada)

    def others_away() -> bool:
        seats = house.owner(ada.code).state.seats
        return all(not held.here for seat, held in seats.items() if seat != ada.seat)

    await ada.until(others_away, within_s=5.0)
    assert len(house.owner(ada.code).hub) == 1


async def test_a_seat_waits_a_minute_for_its_player(house: House) -> None:
    ada, bob = await house.table("Ada", "Bob")
    await bob.vanish()
    await ada.hears("seat", lambda said: said["seat"]["state"] == "away")
    await house.skip(ada, protocol.SEAT_KEPT_MS / 1000)
    gone = await ada.hears("seat", lambda said: said["seat"]["state"] == "gone")
    assert gone["seat"]["name"] == "Bob"


async def test_hosting_passes_on_when_the_host_stays_away(house: House) -> None:
    ada, bob = await house.table("Ada", "Bob")
    await ada.vanish()
    await bob.hears("seat", lambda said: said["seat"]["state"] == "away")
    await house.skip(bob, protocol.HOST_KEPT_MS / 1000)
    await bob.hears("seat", lambda said: said["seat"]["seat"] == 1 and said["seat"]["host"])
    await bob.say("start")
    await bob.phase("drawing")


async def test_the_host_leaving_makes_the_next_one_host_at_once(house: House) -> None:
    ada, bob = await house.table("Ada", "Bob")
    await ada.say("leave")
    await bob.hears("seat", lambda said: said["seat"]["seat"] == 1 and said["seat"]["host"])


# --- a whole game --------------------------------------------------------------------------------


async def test_a_prompt_is_told_to_its_own_seat_only(house: House) -> None:
    ada, bob = await house.round("Ada", "Bob")
    late = await house.enter(ada.code, "Late")
    prompts = {}
    for player in (ada, bob):
        told = [said["category"] for said in player.heard if said["type"] == "prompt"]
        assert len(told) == 1
        prompts[player.seat] = told[0]
    assert prompts[0] != prompts[1]
    assert prompts[1] not in json.dumps([s for s in ada.heard if s["type"] != "settings"][1:])
    welcome = next(s for s in late.heard if s["type"] == "welcome")
    assert welcome["prompt"] is None
    del welcome["settings"]
    for prompt in prompts.values():
        assert prompt not in json.dumps(welcome)


async def test_a_game_goes_from_lobby_to_podium_and_back(house: House) -> None:
    ada, bob = await house.round("Ada", "Bob", rounds=2, seconds=10)
    late = None
    for number in (1, 2):
        await bob.draw(stroke_of([(0, 0, 0), (9, 9, 9)]), Pen.STARTS)
        await bob.stored()
        await house.skip(ada, 10)
        judging = await ada.phase("judging")
        assert judging["ms_total"] == protocol.JUDGING_MS
        await house.skip(ada, protocol.JUDGING_MS / 1000)
        assert (await ada.phase("reveal"))["round"] == number
        reveal = await ada.hears("reveal")
        assert {drawing["name"] for drawing in reveal["drawings"]} >= {"Ada", "Bob"}
        if number == 1:
            late = await house.enter(ada.code, "Late")
            assert next(s for s in late.heard if s["type"] == "welcome")["reveal"] == {
                **reveal,
                "offset": 0,
            }
        assert late is not None
        for player in (ada, bob, late):
            await player.say("ready")
        if number == 1:
            for player in (ada, bob, late):
                await player.hears("prompt")
                await player.phase("drawing")
    over = await ada.hears("game_over")
    assert [row["place"] for row in over["standings"]] == [1, 1, 1]
    assert over["game"].startswith(ada.code)
    await bob.say("rematch")
    await bob.refused("not_host")
    await ada.say("rematch")
    assert (await bob.phase("lobby"))["round"] == 0


# --- what a host can do --------------------------------------------------------------------------


async def test_a_locked_room_turns_newcomers_away_and_says_what_to_do(house: House) -> None:
    ada, bob = await house.table("Ada", "Bob", public=True)
    await ada.say("lock", locked=True)
    assert (await bob.hears("lock"))["locked"]
    assert (await house.http.get(f"/api/rooms/{ada.code}")).json()["locked"]
    late = await house.account("Cyd")
    found = await house.http.post(
        "/api/quickplay", headers={"Authorization": f"Bearer {late.token}"}
    )
    assert found.json()["code"] != ada.code
    turned_away = await house.dial(ada.code, late)
    await turned_away.say("hello", token=late.token)
    assert "Ask them to open it" in await turned_away.refused("room_locked")
    assert (await turned_away.closed())[0] == Close.LOCKED
    assert bob.account is not None
    await bob.hang_up()
    back = await (await house.dial(ada.code, bob.account)).hello()
    assert (back["seat"], back["locked"]) == (1, True)


async def test_hosting_is_handed_over_and_time_given(house: House) -> None:
    ada, bob = await house.table("Ada", "Bob")
    await ada.say("time", seat=1, factor=2)
    await bob.hears("seat", lambda said: said["seat"]["time"] == 2)
    await ada.say("host", seat=1)
    await bob.hears("seat", lambda said: said["seat"]["seat"] == 1 and said["seat"]["host"])
    await ada.say("lock", locked=True)
    await ada.refused("not_host")
    await bob.say("time", seat=0, factor=9)
    assert "1, 1.5 or 2" in await bob.refused("setting_out_of_bounds")
