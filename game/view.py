"""What one viewer may see. Nothing of a room reaches a client but through this module.

A prompt is told to its own seat from the countdown on, to everybody from the reveal on, and in
between to everybody once all who draw it have matched it. In pictionary it is told in between to
the drawer and to whoever guesses it, and so is what would tell it, like what the network sees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from game import events as e
from game import protocol as p
from game.categories import CATEGORIES
from game.deck import deck_of, level_of
from game.ink import Pen
from game.pictionary import knows, secret_turn, turns_in_all
from game.scoring import places
from game.state import Drawing, RoomState, Solve, last_pen_ms, pen_down_ms

InkEntry = tuple[int, Pen, bytes]
_REVEALED: Final = (p.Phase.REVEAL, p.Phase.GAME_OVER)


@dataclass(frozen=True, slots=True)
class Telling:
    """A message and whom it is for: one seat, or everybody."""

    message: p.AnyServerMessage
    seat: int | None = None


# --- the whole view ------------------------------------------------------------------------------


def welcome(state: RoomState, seat: int, now: int, offset: int) -> p.Welcome:
    """Everything ``seat`` may know of the room."""
    revealed = state.phase in _REVEALED
    return p.Welcome(
        offset=offset,
        code=state.code,
        seat=seat,
        seats=tuple(seat_view(state, each) for each in sorted(state.seats)),
        settings=state.settings,
        deck_size=len(deck_of(state.settings, state.levels)),
        locked=state.locked,
        phase=phase(state, seat, now),
        prompt=prompt(state, seat),
        guess=guess(state, seat),
        turn=turn(state),
        matches=tuple(
            match_of(state, each)
            for each, drawing in state.drawings.items()
            if drawing.match and not state.turn
        ),
        reveal=reveal(state) if revealed and state.drawings else None,
        game_over=game_over(state) if state.phase is p.Phase.GAME_OVER else None,
        doubts=doubts(state) if seat == state.host else (),
        batch=state.seats[seat].batch,
    )


def ink_for(state: RoomState, viewer: int) -> list[InkEntry]:
    """All strokes that ``viewer`` may see, as entries of a relay message."""
    return [
        (seat, Pen.STARTS if growing else Pen.STARTS | Pen.ENDS, stroke)
        for seat, drawing in state.drawings.items()
        if seat == viewer or canvases_open(state)
        for growing, stroke in _strokes(drawing)
    ]


def _strokes(drawing: Drawing) -> Iterator[tuple[bool, bytes]]:
    ink = drawing.ink
    for index, stroke in enumerate(ink.strokes):
        yield ink.pen_down and index == len(ink.strokes) - 1, stroke


def canvases_open(state: RoomState) -> bool:
    """Whether players see each other's ink: not while all draw the same thing."""
    return not _hides_canvases(state.settings) or state.phase in _REVEALED


def _hides_canvases(settings: p.Settings) -> bool:
    return settings.mode == "race" and settings.prompt == "same"


def seat_view(state: RoomState, seat: int) -> p.SeatView:
    """A seat as everybody sees it."""
    held = state.seats[seat]
    drawing = state.drawings.get(seat)
    return p.SeatView(
        seat=seat,
        name=held.name,
        state="here" if held.here else "away",
        score=held.score,
        playing=drawing is not None,
        matched=seat in state.turn.solved
        if state.turn
        else drawing is not None and drawing.match is not None,
        ready=held.ready,
        host=seat == state.host,
        time=held.time,
    )


def phase(state: RoomState, seat: int, now: int) -> p.PhaseChanged:
    """Where the room is for ``seat``, in time that is left to it."""
    where, ends = state.phase, state.phase_ends_ms
    if where is p.Phase.DRAWING:
        ends = last_pen_ms(state)
        drawing = state.drawings.get(seat)
        if drawing and drawing.time_up:
            where = p.Phase.JUDGING
        elif drawing and not drawing.match:
            ends = pen_down_ms(state, seat)
    return p.PhaseChanged(
        phase=where,
        round=state.round,
        rounds=turns_in_all(state) if state.turn else state.settings.rounds,
        ms_left=max(0, ends - now) if ends else 0,
        ms_total=ends - state.phase_since_ms if ends else 0,
    )


def prompt(state: RoomState, seat: int) -> p.Prompt | None:
    """What ``seat`` has to draw, or has guessed; for its own eyes."""
    if state.turn:
        return _prompt(state, state.turn.prompt) if knows(state.turn, seat) else None
    drawing = state.drawings.get(seat)
    return None if drawing is None else _prompt(state, drawing.prompt)


def _prompt(state: RoomState, category: int) -> p.Prompt:
    return p.Prompt(category=CATEGORIES[category], level=level_of(state.levels, category))


def guess(state: RoomState, seat: int) -> p.Guess | None:
    """What the network makes of the drawing of ``seat``, or of the one whose prompt it knows."""
    drawing = state.drawings.get(seat)
    if state.turn and state.turn.drawer is not None and knows(state.turn, seat):
        drawing = state.drawings.get(state.turn.drawer)
    if drawing is None or not drawing.top:
        return None
    return p.Guess(
        top=_named(drawing.top),
        prompt_p=round(drawing.prompt_p, 4),
        frame=drawing.guessed_frame,
        ms=drawing.guessed_after_ms,
    )


def _named(top: Sequence[tuple[int, float]]) -> tuple[p.GuessView, ...]:
    return tuple(p.GuessView(category=CATEGORIES[index], p=round(prob, 4)) for index, prob in top)


def turn(state: RoomState) -> p.Turn | None:
    """The turn as everybody may see it; what was drawn only from the reveal on."""
    if state.turn is None:
        return None
    now = state.turn
    open_now = secret_turn(state) is None
    solves: list[tuple[int | None, Solve]] = [*now.solved.items()]
    if now.machine:
        solves.append((None, now.machine))
    return p.Turn(
        drawer=now.drawer,
        name=now.name,
        solves=tuple(
            p.SolveView(seat=seat, ms=solve.ms, points=solve.points)
            for seat, solve in sorted(solves, key=lambda each: each[1].ms)
        ),
        machine_score=state.machine_score,
        machine_matches=state.machine_matches,
        category=CATEGORIES[now.prompt] if open_now else None,
        beaten=now.beaten if open_now else None,
        points=now.points if open_now else None,
    )


def match_of(state: RoomState, seat: int) -> p.Match:
    """A match for everybody; the category stays secret while others still draw the same."""
    drawing = state.drawings[seat]
    assert drawing.match is not None  # noqa: S101 - asked for matched drawings only
    return p.Match(
        seat=seat,
        category=None if _still_drawn(state, drawing.prompt) else CATEGORIES[drawing.prompt],
        ms=drawing.match.ms,
        place=_places(state)[seat],
        points=drawing.match.points,
        score=state.seats[seat].score,
    )


def _still_drawn(state: RoomState, prompt: int) -> bool:
    """Whether somebody has yet to match ``prompt``: with more seats than cards, several draw it."""
    return state.phase not in _REVEALED and any(
        drawing.prompt == prompt and drawing.match is None for drawing in state.drawings.values()
    )


def _places(state: RoomState) -> dict[int, int]:
    """By the share of its own time that each needed."""
    return places({s: d.match.ms / d.total_ms for s, d in state.drawings.items() if d.match})


def reveal(state: RoomState) -> p.Reveal:
    """The round laid open, in order of matching, then of seats."""
    place = _places(state)
    order = sorted(state.drawings, key=lambda seat: (place.get(seat, p.MAX_SEATS + 1), seat))
    return p.Reveal(
        round=state.round,
        drawings=tuple(
            _drawing_view(state, seat, drawing, place.get(seat))
            for seat in order
            for drawing in (state.drawings[seat],)
        ),
    )


def _drawing_view(
    state: RoomState, seat: int, drawing: Drawing, place: int | None
) -> p.DrawingView:
    match = drawing.match
    return p.DrawingView(
        seat=seat,
        name=state.seats[seat].name,
        category=CATEGORIES[drawing.prompt],
        level=level_of(state.levels, drawing.prompt),
        matched_ms=match.ms if match else None,
        points=match.points if match else 0,
        place=place,
        curve=tuple((ms, round(prob, 4)) for ms, prob in drawing.curve),
        giveaway=match.giveaway if match else None,
        top=_named(drawing.top),
    )


def game_over(state: RoomState) -> p.GameOver:
    """The podium, best first."""
    results: list[tuple[int | None, str, int, int]] = [
        (seat, held.name, held.score, held.matches) for seat, held in sorted(state.seats.items())
    ]
    if state.turn:
        results.append((None, "", state.machine_score, state.machine_matches))
    place = places({seat: -score for seat, _, score, _ in results})
    return p.GameOver(
        game=state.game_id,
        standings=tuple(
            p.StandingView(seat=seat, name=name, score=score, place=place[seat], matches=matches)
            for seat, name, score, matches in sorted(results, key=lambda row: place[row[0]])
        ),
    )


def doubts(state: RoomState) -> tuple[p.Doubt, ...]:
    """Who may have drawn by script; for the host's eyes."""
    return tuple(
        p.Doubt(seat=seat, signs=held.signs)
        for seat, held in sorted(state.seats.items())
        if held.signs
    )


# --- one event -----------------------------------------------------------------------------------


def tell(event: e.Event, before: RoomState, after: RoomState, now: int) -> list[Telling]:
    """What is said, and to whom, because ``event`` led from ``before`` to ``after``."""
    return list(_TELLINGS.get(type(event), _silence)(event, before, after, now))


def ink_told(event: e.Event, after: RoomState) -> list[InkEntry]:
    """The ink that others are shown because of ``event``; a viewer's own seat is left out later."""
    if isinstance(event, e.RoundEnded) and _hides_canvases(after.settings):
        return [
            (seat, Pen.STARTS | Pen.ENDS, stroke)
            for seat, drawing in after.drawings.items()
            for stroke in drawing.ink.strokes
        ]
    if not canvases_open(after):
        return []
    match event:
        case e.InkAdded():
            return [(event.seat, event.pen, event.points)]
        case e.StrokeUndone():
            return [(event.seat, Pen.UNDO, b"")]
        case e.CanvasCleared():
            return [(event.seat, Pen.CLEAR, b"")]
        case _:
            return []


_Tell = Callable[[e.Event, RoomState, RoomState, int], Iterator[Telling]]


def _silence(_event: e.Event, _b: RoomState, _a: RoomState, _now: int) -> Iterator[Telling]:
    yield from ()


def _seats(_event: e.Event, before: RoomState, after: RoomState, _now: int) -> Iterator[Telling]:
    """Every seat that looks different now."""
    for seat in sorted({*before.seats, *after.seats}):
        was = seat_view(before, seat) if seat in before.seats else None
        now = seat_view(after, seat) if seat in after.seats else None
        if now is None and was is not None:
            yield Telling(p.SeatChanged(seat=replace(was, state="gone", host=False)))
        elif now is not None and now != was:
            yield Telling(p.SeatChanged(seat=now))
    known = doubts(before) if before.host == after.host else ()
    if after.host is not None and doubts(after) != known:
        yield Telling(p.Doubts(doubts=doubts(after)), after.host)


def _came_or_went(
    event: e.Event, before: RoomState, after: RoomState, now: int
) -> Iterator[Telling]:
    yield from _seats(event, before, after, now)
    if last_pen_ms(after) != last_pen_ms(before):  # a round waits for a pen that is cut off
        yield from _phases(after, now)


def _settings(_event: e.Event, _b: RoomState, after: RoomState, _now: int) -> Iterator[Telling]:
    size = len(deck_of(after.settings, after.levels))
    yield Telling(p.SettingsChanged(settings=after.settings, deck_size=size))


def _lock(_event: e.Event, _b: RoomState, after: RoomState, _now: int) -> Iterator[Telling]:
    yield Telling(p.LockChanged(locked=after.locked))


def _phase(event: e.Event, before: RoomState, after: RoomState, now: int) -> Iterator[Telling]:
    yield from _phases(after, now)
    yield from _seats(event, before, after, now)


def _phases(state: RoomState, now: int) -> Iterator[Telling]:
    """One message for all where all have the same time, or one for each."""
    views = {seat: phase(state, seat, now) for seat in state.seats}
    if len(set(views.values())) == 1:
        yield Telling(next(iter(views.values())))
    else:
        yield from (Telling(message, seat) for seat, message in views.items())


def _time_up(event: e.Event, _b: RoomState, after: RoomState, now: int) -> Iterator[Telling]:
    assert isinstance(event, e.TimeUp)  # noqa: S101 - by the table below
    yield Telling(phase(after, event.seat, now), event.seat)


def _round(event: e.Event, before: RoomState, after: RoomState, now: int) -> Iterator[Telling]:
    yield from _phase(event, before, after, now)
    yield from _turn(after)
    for seat, drawing in after.drawings.items():
        yield Telling(_prompt(after, drawing.prompt), seat)


def _reveal(event: e.Event, before: RoomState, after: RoomState, now: int) -> Iterator[Telling]:
    yield from _phase(event, before, after, now)
    yield from _turn(after)
    yield Telling(reveal(after))


def _podium(event: e.Event, before: RoomState, after: RoomState, now: int) -> Iterator[Telling]:
    yield from _phase(event, before, after, now)
    yield Telling(game_over(after))


def _match(event: e.Event, before: RoomState, after: RoomState, now: int) -> Iterator[Telling]:
    assert isinstance(event, e.Matched)  # noqa: S101 - by the table below
    if after.turn:
        yield from _turn(after)
        return
    yield Telling(match_of(after, event.seat))
    if last_pen_ms(after) != last_pen_ms(before):  # nobody waits for this seat's own time any more
        yield from _phases(after, now)
    yield from _seats(event, before, after, now)


def _guess(event: e.Event, _b: RoomState, after: RoomState, _now: int) -> Iterator[Telling]:
    assert isinstance(event, e.Guessed)  # noqa: S101 - by the table below
    seen = guess(after, event.seat)
    if seen:
        for seat in _knowing(after) if after.turn else (event.seat,):
            yield Telling(seen, seat)


def _full(event: e.Event, _b: RoomState, _a: RoomState, _now: int) -> Iterator[Telling]:
    assert isinstance(event, e.CanvasFilled)  # noqa: S101 - by the table below
    sentence = "This drawing has all the ink it can hold. Undo or clear."
    yield Telling(p.Error(code=p.Code.INK_FULL, message=sentence), event.seat)


def _chat(event: e.Event, _b: RoomState, after: RoomState, _now: int) -> Iterator[Telling]:
    assert isinstance(event, e.Said)  # noqa: S101 - by the table below
    said = p.ChatSaid(seat=event.seat, name=after.seats[event.seat].name, text=event.text)
    turn = secret_turn(after)
    if turn and knows(turn, event.seat):
        aside = replace(said, kind="aside")
        yield from (Telling(aside, seat) for seat in _knowing(after))
    else:
        yield Telling(said)


# --- pictionary ----------------------------------------------------------------------------------


def _knowing(state: RoomState) -> list[int]:
    return [seat for seat in state.seats if state.turn and knows(state.turn, seat)]


def _turn(state: RoomState) -> Iterator[Telling]:
    message = turn(state)
    if message:
        yield Telling(message)


def _left(event: e.Event, before: RoomState, after: RoomState, now: int) -> Iterator[Telling]:
    yield from _seats(event, before, after, now)
    if after.turn != before.turn:
        yield from _turn(after)


def _missed(event: e.Event, _b: RoomState, after: RoomState, _now: int) -> Iterator[Telling]:
    assert isinstance(event, e.GuessMissed)  # noqa: S101 - by the table below
    name = after.seats[event.seat].name
    said = p.ChatSaid(seat=event.seat, name=name, text=event.text, kind="guess")
    if not event.hidden:
        yield Telling(said)
        return
    yield Telling(replace(said, kind="close") if event.close else said, event.seat)
    yield from (Telling(said, seat) for seat in _knowing(after))


def _solved(event: e.Event, before: RoomState, after: RoomState, now: int) -> Iterator[Telling]:
    assert isinstance(event, e.Solved)  # noqa: S101 - by the table below
    yield from _turn(after)
    yield from _seats(event, before, after, now)
    for told in (prompt(after, event.seat), guess(after, event.seat)):
        if told:
            yield Telling(told, event.seat)


_TELLINGS: Final[Mapping[type[e.Event], _Tell]] = {
    e.SeatTaken: _seats,
    e.SeatReturned: _came_or_went,
    e.SeatDropped: _came_or_went,
    e.SeatLeft: _left,
    e.HostChanged: _seats,
    e.Renamed: _seats,
    e.MarkedReady: _seats,
    e.GameStarted: _seats,
    e.SettingsChanged: _settings,
    e.LockChanged: _lock,
    e.TimeExtended: _seats,
    e.Said: _chat,
    e.GuessMissed: _missed,
    e.Solved: _solved,
    e.CanvasFilled: _full,
    e.RoundStarted: _round,
    e.PensUp: _phase,
    e.TimeUp: _time_up,
    e.PensDown: _phase,
    e.RoundEnded: _reveal,
    e.GameEnded: _podium,
    e.LobbyOpened: _phase,
    e.ClockShifted: _phase,
    e.PenHeldBack: _phase,
    e.Matched: _match,
    e.Guessed: _guess,
}
