"""Decisions about the course of a game, and all that happens by the passing of time alone."""

from __future__ import annotations

from collections.abc import Iterator

from game import commands as c
from game import events as e
from game import pictionary
from game.deck import check, deal, deck_of
from game.protocol import (
    FRAME_LOST_MS,
    HOST_KEPT_MS,
    PICTIONARY_PLAYERS,
    REVEAL_MIN_MS,
    SEAT_KEPT_MS,
    Code,
    Phase,
    Refused,
)
from game.seating import require_host
from game.state import RoomState, last_pen_ms, pen_down_ms


def start_game(state: RoomState, command: c.StartGame, now: int) -> Iterator[e.Event]:
    """The host starts; everybody with a seat plays."""
    require_host(state, command.seat)
    check(state.settings, state.levels)
    drawers: list[int] | None = None
    if state.settings.mode == "pictionary":
        if len(state.seats) < PICTIONARY_PLAYERS:
            raise Refused(
                Code.TOO_FEW_PLAYERS,
                "Pictionary takes two: invite somebody first, or choose the race.",
            )
        drawers = [min(state.seats, key=lambda seat: (not state.seats[seat].here, seat))]
    yield e.GameStarted()
    yield _round(state, state.game + 1, 1, 0, drawers, now)


def mark_ready(state: RoomState, command: c.MarkReady, _now: int) -> Iterator[e.Event]:
    """Once is enough."""
    if not state.seats[command.seat].ready:
        yield e.MarkedReady(command.seat)


def rematch(state: RoomState, command: c.Rematch, now: int) -> Iterator[e.Event]:
    """The same room, the same people, the scores at nought when the host starts."""
    require_host(state, command.seat)
    yield e.LobbyOpened(now)


def resume(state: RoomState, command: c.Resume, now: int) -> Iterator[e.Event]:
    """Nobody loses time to an outage, and every socket has to come back."""
    if now != command.stopped_ms:  # the other process may have had a faster clock
        yield e.ClockShifted(now - command.stopped_ms)
    for seat, held in state.seats.items():
        if held.here:
            yield e.SeatDropped(seat, now, cut_off=True)


def stall(_state: RoomState, command: c.Stall, _now: int) -> Iterator[e.Event]:
    """Nobody saw what they or others drew, so it was nobody's time."""
    yield e.ClockShifted(command.by_ms)


def _round(  # noqa: PLR0917 - what a round is made of
    state: RoomState, game: int, number: int, dealt: int, drawers: list[int] | None, now: int
) -> e.RoundStarted:
    """A round in which ``drawers`` draw, or everybody."""
    settings = state.settings
    prompts = deal(
        f"{state.seed}:{game}",
        dealt,
        sorted(state.seats) if drawers is None else drawers,
        deck_of(settings, state.levels),
        same=settings.prompt == "same",
    )
    return e.RoundStarted(number, prompts, now)


# --- consequences --------------------------------------------------------------------------------


def due(state: RoomState, now: int) -> e.Event | None:
    """The next thing that happens by itself in ``state`` at ``now``, or nothing."""
    return _seat_due(state, now) or _frame_due(state, now) or _phase_due(state, now)


def next_due_ms(state: RoomState) -> int | None:
    """When ``due`` may next have something to say if nobody does anything until then."""
    times = [held.away_since_ms + SEAT_KEPT_MS for held in state.seats.values() if not held.here]
    host = state.seats.get(state.host) if state.host is not None else None
    if host and not host.here and _heir(state) is not None:
        times.append(host.away_since_ms + HOST_KEPT_MS)
    times += [
        drawing.in_flight.queued_ms + FRAME_LOST_MS
        for drawing in state.drawings.values()
        if drawing.in_flight
    ]
    if state.phase is Phase.DRAWING and state.turn:
        times.append(pictionary.over_ms(state, state.turn))
    elif state.phase is Phase.DRAWING:
        times += [
            pen_down_ms(state, seat)
            for seat, drawing in state.drawings.items()
            if not drawing.match and not drawing.time_up
        ]
    elif state.phase_ends_ms:
        times.append(state.phase_ends_ms)
    if state.phase is Phase.REVEAL and _all_ready(state):
        times.append(state.phase_since_ms + REVEAL_MIN_MS)
    return min(times, default=None)


def _seat_due(state: RoomState, now: int) -> e.Event | None:
    for seat, held in state.seats.items():
        if not held.here and now >= held.away_since_ms + SEAT_KEPT_MS:
            return e.SeatLeft(seat, "away")
    host = state.seats.get(state.host) if state.host is not None else None
    if host is not None and (host.here or now < host.away_since_ms + HOST_KEPT_MS):
        return None
    heir = _heir(state)
    return None if heir is None else e.HostChanged(heir)


def _heir(state: RoomState) -> int | None:
    """Who hosts next: the lowest seat whose player is here, else the lowest that is not."""
    others = [seat for seat in state.seats if seat != state.host]
    here = [seat for seat in others if state.seats[seat].here]
    if here or state.host in state.seats:
        return min(here, default=None)
    return min(others, default=None)


def _frame_due(state: RoomState, now: int) -> e.Event | None:
    for seat, drawing in state.drawings.items():
        frame = drawing.in_flight
        if frame and now >= frame.queued_ms + FRAME_LOST_MS:
            return e.FrameLost(seat, frame.n)
    return None


def _phase_due(state: RoomState, now: int) -> e.Event | None:
    over = bool(state.phase_ends_ms) and now >= state.phase_ends_ms
    event: e.Event | None = None
    match state.phase:
        case Phase.LOBBY:
            pass
        case _ if not state.seats:
            event = e.LobbyOpened(now)
        case Phase.COUNTDOWN if over:
            event = e.PensUp(now)
        case Phase.DRAWING if state.turn:
            event = e.PensDown(now) if now >= pictionary.over_ms(state, state.turn) else None
        case Phase.DRAWING if _all_matched(state):
            event = e.RoundEnded(now)
        case Phase.DRAWING if now >= last_pen_ms(state):
            event = e.PensDown(now)
        case Phase.DRAWING:
            event = _time_up(state, now)
        case Phase.JUDGING if over or _all_judged(state):
            event = pictionary.ended(state, now)
        case Phase.REVEAL if over or (
            _all_ready(state) and now >= state.phase_since_ms + REVEAL_MIN_MS
        ):
            event = _after_reveal(state, now)
    return event


def _after_reveal(state: RoomState, now: int) -> e.Event:
    if state.settings.mode == "pictionary":
        drawer = pictionary.next_drawer(state)
        if drawer is None:
            return e.GameEnded(now)
        return _round(state, state.game, state.round + 1, state.dealt, [drawer], now)
    if state.round >= state.settings.rounds:
        return e.GameEnded(now)
    return _round(state, state.game, state.round + 1, state.dealt, None, now)


def _time_up(state: RoomState, now: int) -> e.Event | None:
    for seat, drawing in state.drawings.items():
        if now >= pen_down_ms(state, seat) and not drawing.match and not drawing.time_up:
            return e.TimeUp(seat)
    return None


def _all_matched(state: RoomState) -> bool:
    return all(drawing.match for drawing in state.drawings.values())


def _all_judged(state: RoomState) -> bool:
    return not any(drawing.in_flight or drawing.wants_frame for drawing in state.drawings.values())


def _all_ready(state: RoomState) -> bool:
    here = [held for held in state.seats.values() if held.here]
    return bool(here) and all(held.ready for held in here)
