"""Decisions about seats: who sits where, who hosts, who talks."""

from __future__ import annotations

from collections.abc import Iterator

from game import commands as c
from game import events as e
from game import pictionary
from game.deck import check
from game.names import tidy_chat, tidy_name
from game.protocol import (
    CHAT_BURST,
    CHAT_WINDOW_MS,
    CUT_OFF_MS,
    MAX_SEATS,
    TIME_FACTORS,
    Code,
    Phase,
    Refused,
)
from game.state import RoomState


def seat_of(state: RoomState, player: str) -> int | None:
    """The seat that ``player`` holds, if any."""
    return next((seat for seat, held in state.seats.items() if held.player == player), None)


def require_host(state: RoomState, seat: int) -> None:
    """Raises ``Refused`` unless ``seat`` hosts the room."""
    if seat != state.host:
        raise Refused(Code.NOT_HOST, "Only the host of the room can do that.")


def join(state: RoomState, command: c.Join, now: int) -> Iterator[e.Event]:
    """A kept seat is returned to, whatever else holds; a new one needs room and an open door."""
    if command.player in state.banned:
        raise Refused(Code.KICKED, "The host has removed you from this room.")
    held = seat_of(state, command.player)
    if held is not None:
        yield e.SeatReturned(held, command.origin)
        yield from _given_back(state, held, now)
        return
    if state.locked:
        raise Refused(
            Code.ROOM_LOCKED, "The host has locked this room. Ask them to open it, then come back."
        )
    if now < state.kicked_from.get(command.origin, now):
        raise Refused(
            Code.ROOM_LOCKED,
            "The host has just removed somebody from where you are. Try again in a minute.",
        )
    if len(state.seats) >= state.settings.players:
        raise Refused(Code.ROOM_FULL, "This room is full.")
    free = next(seat for seat in range(MAX_SEATS) if seat not in state.seats)
    yield e.SeatTaken(free, command.player, tidy_name(command.name), command.origin)


def _given_back(state: RoomState, seat: int, now: int) -> Iterator[e.Event]:
    """The time to draw that a server's doing has cost a seat, as long as it was waited for."""
    held, drawing = state.seats[seat], state.drawings.get(seat)
    draws = drawing and not drawing.match and not drawing.time_up
    if not held.cut_off or not drawing or not draws or state.phase is not Phase.DRAWING:
        return
    by_ms = min(CUT_OFF_MS, now - max(held.away_since_ms, drawing.pens_up_ms))
    if state.turn:  # nobody could have guessed what was not drawn
        yield e.ClockShifted(by_ms)
    else:
        yield e.PenHeldBack(seat, by_ms)


def drop(state: RoomState, command: c.Drop, now: int) -> Iterator[e.Event]:
    """The seat waits for its player."""
    if state.seats[command.seat].here:
        yield e.SeatDropped(command.seat, now, command.cut_off)


def leave(_state: RoomState, command: c.Leave, _now: int) -> Iterator[e.Event]:
    """The seat is free at once."""
    yield e.SeatLeft(command.seat, "left")


def kick(state: RoomState, command: c.Kick, now: int) -> Iterator[e.Event]:
    """Hosts remove others, not themselves; a new name does not bring one back at once."""
    require_host(state, command.seat)
    if command.target not in state.seats or command.target == command.seat:
        raise Refused(Code.NO_SEAT, "There is no such player to remove.")
    yield e.SeatLeft(command.target, "kicked", now)


def erase(state: RoomState, command: c.Erase, _now: int) -> Iterator[e.Event]:
    """Whether there is a seat or not: what is stored of the past goes with the event."""
    yield e.PlayerErased(command.player)
    seat = seat_of(state, command.player)
    if seat is not None:
        yield e.SeatLeft(seat, "left")


def change_settings(state: RoomState, command: c.ChangeSettings, _now: int) -> Iterator[e.Event]:
    """All at once, within bounds, and never fewer seats than are taken."""
    require_host(state, command.seat)
    check(command.settings, state.levels)
    if command.settings.players < len(state.seats):
        raise Refused(
            Code.SETTING_OUT_OF_BOUNDS,
            f"{len(state.seats)} players are here already; “players” cannot be fewer.",
        )
    if command.settings != state.settings:
        yield e.SettingsChanged(command.settings)


def lock(state: RoomState, command: c.Lock, _now: int) -> Iterator[e.Event]:
    """A locked room takes nobody new, to play or to watch; whoever has a seat may come back."""
    require_host(state, command.seat)
    if command.locked != state.locked:
        yield e.LockChanged(command.locked)


def hand_over(state: RoomState, command: c.HandOver, _now: int) -> Iterator[e.Event]:
    """To somebody who is here, or the room would have no host for a while."""
    require_host(state, command.seat)
    heir = state.seats.get(command.target)
    if heir is None or not heir.here:
        raise Refused(Code.NO_SEAT, "There is no such player here to be the host.")
    if command.target != command.seat:
        yield e.HostChanged(command.target)


def extend_time(state: RoomState, command: c.ExtendTime, _now: int) -> Iterator[e.Event]:
    """For those who need it; hosts may be among them."""
    require_host(state, command.seat)
    if command.target not in state.seats:
        raise Refused(Code.NO_SEAT, "There is no such player to give time to.")
    if command.factor not in TIME_FACTORS:
        some = ", ".join(f"{factor:g}" for factor in TIME_FACTORS[:-1])
        raise Refused(
            Code.SETTING_OUT_OF_BOUNDS,
            f"The time to draw can be {some} or {TIME_FACTORS[-1]:g} times that of the round.",
        )
    if command.factor != state.seats[command.target].time:
        yield e.TimeExtended(command.target, command.factor)


def rename(state: RoomState, command: c.Rename, _now: int) -> Iterator[e.Event]:
    """A name changes for everybody at once, but not while it could tell what is drawn."""
    name = tidy_name(command.name)
    if name != state.seats[command.seat].name and not pictionary.secret_turn(state):
        yield e.Renamed(command.seat, name)


def say(state: RoomState, command: c.Say, now: int) -> Iterator[e.Event]:
    """Talk, at the pace of a person; in pictionary it may be a guess, and drawers are silent."""
    if pictionary.must_be_silent(state, command.seat):
        raise Refused(Code.DRAWER_SILENT, "No words while you draw: the others are guessing.")
    if pictionary.still_guesses(state, command.seat):
        guess = c.GuessWord(command.seat, command.text, None, None, now)
        yield from pictionary.guess_word(state, guess, now)
        return
    recent = state.seats[command.seat].chats_ms
    if len(recent) == CHAT_BURST and now - recent[0] < CHAT_WINDOW_MS:
        raise Refused(Code.TOO_FAST, "That is a lot of messages. Take a breath and try again.")
    yield e.Said(command.seat, tidy_chat(command.text), now)
