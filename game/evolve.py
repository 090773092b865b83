"""What an event does to a room: ``evolve(state, event) -> state``, total and without choices.

Events tell what happened, so nothing is refused here; whatever could be wrong was settled when
the event was decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import reduce
from typing import Any, Final, TypeVar

from game import events as e
from game import ink
from game.phases import after
from game.protocol import (
    CHAT_BURST,
    COUNTDOWN_MS,
    GUESS_BURST,
    JUDGING_MS,
    KICKED_FROM_MS,
    MAX_BANNED,
    MAX_CURVE,
    REVEAL_MS,
)
from game.state import Drawing, Drawn, Frame, Match, RoomState, Seat, Solve, Turn, replaced

T = TypeVar("T")


def evolve(state: RoomState, event: e.Event) -> RoomState:
    """The room after ``event``."""
    phase = after(state.phase, event)
    state = _EVOLUTIONS[type(event)](state, event)
    return state if phase is state.phase else replaced(state, phase=phase)


def evolve_all(state: RoomState, events: Iterable[e.Event]) -> RoomState:
    """The room after all of ``events``, in order."""
    return reduce(evolve, events, state)


# --- seats ---------------------------------------------------------------------------------------


def _with_seat(state: RoomState, seat: int, **changes: Any) -> RoomState:
    return replaced(state, seats={**state.seats, seat: replaced(state.seats[seat], **changes)})


def _seat_taken(state: RoomState, event: e.SeatTaken) -> RoomState:
    host = event.seat if state.host is None else state.host
    # Who joins a game of pictionary is not asked to draw for the turns that were missed.
    turns = min((held.turns for held in state.seats.values()), default=0)
    taken = Seat(event.player, event.name, turns=turns, origin=event.origin)
    seats = {**state.seats, event.seat: taken}
    return replaced(state, seats=seats, host=host)


def _seat_returned(state: RoomState, event: e.SeatReturned) -> RoomState:
    origin = event.origin or state.seats[event.seat].origin
    return _with_seat(state, event.seat, here=True, away_since_ms=0, cut_off=False, origin=origin)


def _seat_dropped(state: RoomState, event: e.SeatDropped) -> RoomState:
    return _with_seat(
        state, event.seat, here=False, away_since_ms=event.at_ms, cut_off=event.cut_off
    )


def _seat_left(state: RoomState, event: e.SeatLeft) -> RoomState:
    kicked = (state.seats[event.seat].player,) if event.why == "kicked" else ()
    return replaced(
        state,
        seats=_without(state.seats, event.seat),
        drawings=_without(state.drawings, event.seat),
        turn=state.turn and _turn_without(state.turn, event.seat),
        host=None if state.host == event.seat else state.host,
        banned=(*state.banned, *kicked)[-MAX_BANNED:],
        kicked_from=_kicked_from(state, event) if kicked else state.kicked_from,
        # Nobody could ever open an empty room again.
        locked=state.locked and len(state.seats) > 1,
    )


def _kicked_from(state: RoomState, event: e.SeatLeft) -> Mapping[str, int]:
    origin = state.seats[event.seat].origin
    still = {each: until for each, until in state.kicked_from.items() if until > event.at_ms}
    return {**still, origin: event.at_ms + KICKED_FROM_MS} if origin else still


def _without(mapping: Mapping[int, T], key: int) -> dict[int, T]:
    return {other: value for other, value in mapping.items() if other != key}


def _turn_without(turn: Turn, seat: int) -> Turn:
    """Whoever takes the seat next knows nothing, and has not drawn."""
    return replace(
        turn,
        drawer=None if turn.drawer == seat else turn.drawer,
        solved=_without(turn.solved, seat),
        tries=_without(turn.tries, seat),
    )


def _host_changed(state: RoomState, event: e.HostChanged) -> RoomState:
    return replaced(state, host=event.seat)


def _settings_changed(state: RoomState, event: e.SettingsChanged) -> RoomState:
    return replaced(state, settings=event.settings)


def _lock_changed(state: RoomState, event: e.LockChanged) -> RoomState:
    return replaced(state, locked=event.locked)


def _time_extended(state: RoomState, event: e.TimeExtended) -> RoomState:
    return _with_seat(state, event.seat, time=event.factor)


def _renamed(state: RoomState, event: e.Renamed) -> RoomState:
    return _with_seat(state, event.seat, name=event.name)


def _said(state: RoomState, event: e.Said) -> RoomState:
    recent = (*state.seats[event.seat].chats_ms, event.at_ms)[-CHAT_BURST:]
    return _with_seat(state, event.seat, chats_ms=recent)


# --- guesses -------------------------------------------------------------------------------------


def _guess_missed(state: RoomState, event: e.GuessMissed) -> RoomState:
    recent = (*state.seats[event.seat].guesses_ms, event.arrived_ms)[-GUESS_BURST:]
    state = _with_seat(state, event.seat, guesses_ms=recent)
    turn = _turn_of(state)
    tries = {**turn.tries, event.seat: turn.tries.get(event.seat, 0) + 1}
    return replaced(state, turn=replace(turn, tries=tries))


def _solved(state: RoomState, event: e.Solved) -> RoomState:
    held, turn = state.seats[event.seat], _turn_of(state)
    solve = Solve(event.ms, event.total_ms, event.points, event.text, event.category)
    state = _with_seat(state, event.seat, score=held.score + event.points, matches=held.matches + 1)
    return replaced(state, turn=replace(turn, solved={**turn.solved, event.seat: solve}))


def _turn_of(state: RoomState) -> Turn:
    assert state.turn is not None  # noqa: S101 - guesses are only made in a turn
    return state.turn


# --- the course of a game ------------------------------------------------------------------------


def _game_started(state: RoomState, _: e.GameStarted) -> RoomState:
    fresh = {
        seat: replaced(held, score=0, matches=0, drawn=(), guessed=(), turns=0, signs=())
        for seat, held in state.seats.items()
    }
    return replaced(
        state,
        seats=fresh,
        game=state.game + 1,
        round=0,
        dealt=0,
        machine_score=0,
        machine_matches=0,
    )


def _timed(state: RoomState, at_ms: int, lasts_ms: int) -> RoomState:
    """Nobody is ready yet for what comes after the phase that starts here."""
    return replaced(
        state,
        phase_since_ms=at_ms,
        phase_ends_ms=at_ms + lasts_ms if lasts_ms else 0,
        seats={seat: replaced(held, ready=False) for seat, held in state.seats.items()},
    )


def _round_started(state: RoomState, event: e.RoundStarted) -> RoomState:
    drawings = {seat: Drawing(prompt) for seat, prompt in event.prompts.items()}
    cards = 1 if state.settings.prompt == "same" else len(drawings)
    state = replaced(
        state,
        round=event.round,
        dealt=state.dealt + cards,
        drawings=drawings,
        pens_up_ms=0,
        pens_down_ms=0,
    )
    if state.settings.mode == "pictionary":
        ((drawer, prompt),) = event.prompts.items()
        held = state.seats[drawer]
        state = _with_seat(state, drawer, turns=held.turns + 1)
        state = replaced(state, turn=Turn(drawer, held.name, prompt))
    return _timed(state, event.at_ms, COUNTDOWN_MS)


def _pens_up(state: RoomState, event: e.PensUp) -> RoomState:
    round_ms = 1000 * state.settings.seconds
    own_ms = {seat: round(round_ms * state.seats[seat].time) for seat in state.drawings}
    longest_ms = max(own_ms.values(), default=round_ms)
    state = replaced(
        state,
        pens_up_ms=event.at_ms,
        pens_down_ms=event.at_ms + longest_ms,
        turn=state.turn and replace(state.turn, total_ms=longest_ms),
        drawings={
            seat: replaced(
                drawing,
                total_ms=own_ms[seat],
                pens_up_ms=event.at_ms,
                pens_down_ms=event.at_ms + own_ms[seat],
            )
            for seat, drawing in state.drawings.items()
        },
    )
    return _timed(state, event.at_ms, longest_ms)


def _time_up(state: RoomState, event: e.TimeUp) -> RoomState:
    return _with_drawing(state, event.seat, time_up=True)


def _pens_down(state: RoomState, event: e.PensDown) -> RoomState:
    if state.turn:  # which may end before its time
        state = replaced(
            state,
            pens_down_ms=min(state.pens_down_ms, event.at_ms),
            drawings={
                seat: replaced(drawing, pens_down_ms=min(drawing.pens_down_ms, event.at_ms))
                for seat, drawing in state.drawings.items()
            },
        )
    return _timed(state, event.at_ms, JUDGING_MS)


def _round_ended(state: RoomState, event: e.RoundEnded) -> RoomState:
    settled = {
        seat: replaced(drawing, in_flight=None, lost=None)
        for seat, drawing in state.drawings.items()
    }
    noted = {
        seat: replaced(held, drawn=(*held.drawn, _drawn(state.round, settled[seat])))
        if seat in settled
        else held
        for seat, held in state.seats.items()
    }
    state = replaced(state, drawings=settled, seats=noted)
    return _timed(_turn_ended(state, event), event.at_ms, REVEAL_MS)


def _guessed_in(number: int, turn: Turn, seat: int) -> Drawn:
    solve = turn.solved.get(seat)
    return Drawn(number, turn.prompt, solve.ms if solve else None, solve.points if solve else 0)


def _drawn(number: int, drawing: Drawing) -> Drawn:
    match = drawing.match
    return Drawn(number, drawing.prompt, match.ms if match else None, match.points if match else 0)


def _turn_ended(state: RoomState, event: e.RoundEnded) -> RoomState:
    turn = state.turn
    if turn is None:
        return state
    guessers = {
        seat: replaced(held, guessed=(*held.guessed, _guessed_in(state.round, turn, seat)))
        for seat, held in state.seats.items()
        if seat != turn.drawer
    }
    state = replaced(state, seats={**state.seats, **guessers})
    if turn.drawer is not None:
        score = state.seats[turn.drawer].score + event.points
        state = _with_seat(state, turn.drawer, score=score)
    turn = replace(turn, among=event.among, beaten=event.beaten, points=event.points)
    return replaced(state, turn=turn)


def _marked_ready(state: RoomState, event: e.MarkedReady) -> RoomState:
    return _with_seat(state, event.seat, ready=True)


def _game_ended(state: RoomState, event: e.GameEnded) -> RoomState:
    return _timed(state, event.at_ms, 0)


def _lobby_opened(state: RoomState, event: e.LobbyOpened) -> RoomState:
    return _timed(replaced(state, drawings={}, turn=None, round=0), event.at_ms, 0)


# --- ink and the network -------------------------------------------------------------------------


def _with_drawing(state: RoomState, seat: int, **changes: Any) -> RoomState:
    drawing = replaced(state.drawings[seat], **changes)
    return replaced(state, drawings={**state.drawings, seat: drawing})


def _with_ink(
    state: RoomState, event: e.InkAdded | e.StrokeUndone | e.CanvasCleared, drawn: ink.Ink
) -> RoomState:
    drawing = state.drawings[event.seat]
    if drawn.strokes == drawing.ink.strokes:
        # A lifted pen shows the network nothing new and decides no match.
        drawing = replaced(drawing, ink=drawn)
    else:
        changes = drawing.changes + 1
        drawing = replaced(drawing, ink=drawn, ink_ms=event.arrived_ms, changes=changes)
    return replaced(
        state,
        drawings={**state.drawings, event.seat: drawing},
        seats=_with_batch(state, event.seat, event.batch),
    )


def _with_batch(state: RoomState, seat: int, batch: int | None) -> Mapping[int, Seat]:
    if batch is None:
        return state.seats
    return {**state.seats, seat: replaced(state.seats[seat], batch=batch)}


def _ink_added(state: RoomState, event: e.InkAdded) -> RoomState:
    drawn = ink.add(state.drawings[event.seat].ink, event.pen, event.points)
    return _with_ink(state, event, drawn)


def _stroke_undone(state: RoomState, event: e.StrokeUndone) -> RoomState:
    state = _with_drawing(state, event.seat, full=False, framed_points=0)
    return _with_ink(state, event, ink.undo(state.drawings[event.seat].ink))


def _canvas_cleared(state: RoomState, event: e.CanvasCleared) -> RoomState:
    state = _with_drawing(state, event.seat, full=False, framed_points=0)
    return _with_ink(state, event, ink.BLANK)


def _canvas_filled(state: RoomState, event: e.CanvasFilled) -> RoomState:
    return _with_drawing(state, event.seat, full=True)


def _ink_skipped(state: RoomState, event: e.InkSkipped) -> RoomState:
    return replaced(state, seats=_with_batch(state, event.seat, event.batch))


def _frame_queued(state: RoomState, event: e.FrameQueued) -> RoomState:
    drawing = state.drawings[event.seat]
    if drawing.lost:
        lost = drawing.lost
        frame = replace(lost, n=event.n, queued_ms=event.at_ms, again=lost.again + 1)
        framed, points = drawing.framed, drawing.framed_points
    else:
        frame = Frame(event.n, drawing.ink, drawing.ink_ms, event.at_ms)
        framed, points = drawing.changes, drawing.ink.points
    return _with_drawing(
        state,
        event.seat,
        in_flight=frame,
        lost=None,
        framed=framed,
        framed_points=points,
        frames=event.n,
        framed_ms=event.at_ms,
    )


def _frame_lost(state: RoomState, event: e.FrameLost) -> RoomState:
    lost = state.drawings[event.seat].in_flight
    return _with_drawing(state, event.seat, in_flight=None, lost=lost)


def _frame_failed(state: RoomState, event: e.FrameFailed) -> RoomState:
    return _with_drawing(state, event.seat, in_flight=None)


def _matched(state: RoomState, event: e.Matched) -> RoomState:
    frame = state.drawings[event.seat].in_flight
    assert frame is not None  # noqa: S101 - a match is decided about the frame in flight
    match = Match(frame, event.ms, event.points, event.model, event.raster, event.signs)
    if state.turn:  # the network plays as well, and has won this
        total_ms = state.turn.total_ms
        state = replaced(
            state,
            turn=replace(state.turn, machine=Solve(event.ms, total_ms, event.points)),
            machine_score=state.machine_score + event.points,
            machine_matches=state.machine_matches + 1,
        )
        return _with_drawing(state, event.seat, match=match)
    held = state.seats[event.seat]
    state = _with_seat(
        state,
        event.seat,
        score=held.score + event.points,
        matches=held.matches + 1,
        signs=tuple(sorted({*held.signs, *event.signs})),
    )
    return _with_drawing(state, event.seat, match=match)


def _guessed(state: RoomState, event: e.Guessed) -> RoomState:
    frame = state.drawings[event.seat].in_flight
    assert frame is not None  # noqa: S101 - only answers to the frame in flight are events
    return _with_drawing(
        state,
        event.seat,
        in_flight=None,
        top=event.top,
        prompt_p=event.prompt_p,
        guessed_frame=event.n,
        guessed_after_ms=event.at_ms - frame.ink_ms,
        curve=_thinned(
            (
                *state.drawings[event.seat].curve,
                (into_round_ms(state, event.seat, frame.ink_ms), event.prompt_p),
            )
        ),
    )


def _thinned(curve: tuple[tuple[int, float], ...]) -> tuple[tuple[int, float], ...]:
    """A curve of so many points at most: every other one goes when it is full, not the newest."""
    return curve if len(curve) <= MAX_CURVE else curve[len(curve) % 2 == 0 :: 2]


def into_round_ms(state: RoomState, seat: int, at_ms: int) -> int:
    """How far into a seat's time to draw ``at_ms`` is; never before its start or after its end."""
    drawing = state.drawings[seat]
    return min(max(at_ms - drawing.pens_up_ms, 0), drawing.total_ms)


# --- time ----------------------------------------------------------------------------------------


def _player_erased(state: RoomState, event: e.PlayerErased) -> RoomState:
    banned = tuple(each for each in state.banned if each != event.player)
    turn = state.turn
    if turn and (turn.drawer is None or state.seats[turn.drawer].player == event.player):
        turn = replace(turn, name="")
    return replaced(state, banned=banned, turn=turn)


def _clock_shifted(state: RoomState, event: e.ClockShifted) -> RoomState:
    by_ms = event.by_ms

    def moved(frame: Frame) -> Frame:
        return replace(frame, ink_ms=frame.ink_ms + by_ms, queued_ms=frame.queued_ms + by_ms)

    def later(frame: Frame | None) -> Frame | None:
        return frame and moved(frame)

    return replaced(
        state,
        phase_since_ms=state.phase_since_ms + by_ms,
        phase_ends_ms=state.phase_ends_ms and state.phase_ends_ms + by_ms,
        pens_up_ms=state.pens_up_ms and state.pens_up_ms + by_ms,
        pens_down_ms=state.pens_down_ms and state.pens_down_ms + by_ms,
        kicked_from={origin: at_ms + by_ms for origin, at_ms in state.kicked_from.items()},
        seats={
            seat: replaced(
                held,
                away_since_ms=held.away_since_ms + by_ms,
                chats_ms=tuple(at_ms + by_ms for at_ms in held.chats_ms),
                guesses_ms=tuple(at_ms + by_ms for at_ms in held.guesses_ms),
            )
            for seat, held in state.seats.items()
        },
        drawings={
            seat: replaced(
                drawing,
                pens_up_ms=drawing.pens_up_ms and drawing.pens_up_ms + by_ms,
                pens_down_ms=drawing.pens_down_ms and drawing.pens_down_ms + by_ms,
                ink_ms=drawing.ink_ms + by_ms,
                framed_ms=drawing.framed_ms + by_ms,
                in_flight=later(drawing.in_flight),
                lost=later(drawing.lost),
                match=drawing.match and replace(drawing.match, frame=moved(drawing.match.frame)),
            )
            for seat, drawing in state.drawings.items()
        },
    )


def _pen_held_back(state: RoomState, event: e.PenHeldBack) -> RoomState:
    """What was drawn before stays as far into this pen's time as it was."""
    drawing = state.drawings[event.seat]

    def later(frame: Frame | None) -> Frame | None:
        return frame and replace(frame, ink_ms=frame.ink_ms + event.by_ms)

    return _with_drawing(
        state,
        event.seat,
        pens_up_ms=drawing.pens_up_ms + event.by_ms,
        pens_down_ms=drawing.pens_down_ms + event.by_ms,
        ink_ms=drawing.ink_ms + event.by_ms,
        in_flight=later(drawing.in_flight),
        lost=later(drawing.lost),
    )


_EVOLUTIONS: Final[Mapping[type[e.Event], Callable[[RoomState, Any], RoomState]]] = {
    e.SeatTaken: _seat_taken,
    e.SeatReturned: _seat_returned,
    e.SeatDropped: _seat_dropped,
    e.SeatLeft: _seat_left,
    e.HostChanged: _host_changed,
    e.SettingsChanged: _settings_changed,
    e.LockChanged: _lock_changed,
    e.TimeExtended: _time_extended,
    e.Renamed: _renamed,
    e.Said: _said,
    e.GuessMissed: _guess_missed,
    e.Solved: _solved,
    e.GameStarted: _game_started,
    e.RoundStarted: _round_started,
    e.PensUp: _pens_up,
    e.TimeUp: _time_up,
    e.PensDown: _pens_down,
    e.RoundEnded: _round_ended,
    e.MarkedReady: _marked_ready,
    e.GameEnded: _game_ended,
    e.LobbyOpened: _lobby_opened,
    e.InkAdded: _ink_added,
    e.StrokeUndone: _stroke_undone,
    e.CanvasCleared: _canvas_cleared,
    e.CanvasFilled: _canvas_filled,
    e.InkSkipped: _ink_skipped,
    e.FrameQueued: _frame_queued,
    e.FrameLost: _frame_lost,
    e.FrameFailed: _frame_failed,
    e.Matched: _matched,
    e.Guessed: _guessed,
    e.PlayerErased: _player_erased,
    e.ClockShifted: _clock_shifted,
    e.PenHeldBack: _pen_held_back,
}
