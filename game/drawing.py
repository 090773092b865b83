"""Decisions about ink, frames and guesses: the path from a pen to points."""

from __future__ import annotations

from collections.abc import Iterator

from game import commands as c
from game import events as e
from game.deck import deck_of, level_of
from game.dynamics import signs
from game.evolve import into_round_ms
from game.ink import POINT, Ink, Pen
from game.judge import judge
from game.protocol import MAX_BATCH, MAX_POINTS, MAX_STROKES, Code, Phase, Refused
from game.scoring import points
from game.state import Drawing, RoomState


def add_ink(state: RoomState, command: c.AddInk, _now: int) -> Iterator[e.Event]:
    """Ink counts by when it arrived; a batch counts once.

    What a drawing cannot hold is cut off and the stroke ends there; until something is taken back
    no more is added. It is all acknowledged: a refused batch would be a hole that the next
    acknowledgement hides.
    """
    drawing = _drawing(state, command.seat)
    if command.batch <= state.seats[command.seat].batch:
        return
    if drawing.full or _too_late(state, drawing, command.arrived_ms):
        yield e.InkSkipped(command.seat, command.batch)
        return
    pen, points = command.pen, _fitting(drawing.ink, command.pen, command.points)
    full = len(points) < len(command.points)
    if full:
        pen |= Pen.ENDS
    yield e.InkAdded(command.seat, command.batch, pen, points, command.arrived_ms)
    if full:
        yield e.CanvasFilled(command.seat)


def _fitting(ink: Ink, pen: Pen, points: bytes) -> bytes:
    """As many of ``points`` as a drawing of ``ink`` can still hold."""
    starts = not ink.pen_down or pen & Pen.STARTS
    if starts and len(ink.strokes) >= MAX_STROKES:
        return b""
    return points[: (MAX_POINTS - ink.points) * POINT.size]


def undo_stroke(state: RoomState, command: c.UndoStroke, _now: int) -> Iterator[e.Event]:
    """The newest stroke goes, if there is one."""
    yield from _take_back(state, command, e.StrokeUndone)


def clear_canvas(state: RoomState, command: c.ClearCanvas, _now: int) -> Iterator[e.Event]:
    """All strokes go, if there are any."""
    yield from _take_back(state, command, e.CanvasCleared)


def _take_back(
    state: RoomState,
    command: c.UndoStroke | c.ClearCanvas,
    happened: type[e.StrokeUndone | e.CanvasCleared],
) -> Iterator[e.Event]:
    drawing = _drawing(state, command.seat)
    if command.batch is not None and command.batch > MAX_BATCH:
        raise Refused(Code.INK_MALFORMED, f"Ink batches are numbered up to {MAX_BATCH}.")
    if command.batch is not None and command.batch <= state.seats[command.seat].batch:
        return
    if not _too_late(state, drawing, command.arrived_ms) and drawing.ink.strokes:
        yield happened(command.seat, command.batch, command.arrived_ms)
    elif command.batch is not None:
        yield e.InkSkipped(command.seat, command.batch)


def _drawing(state: RoomState, seat: int) -> Drawing:
    try:
        return state.drawings[seat]
    except KeyError:
        raise Refused(Code.NOT_DRAWING, "You draw from the next round on.") from None


def _too_late(state: RoomState, drawing: Drawing, arrived_ms: int) -> bool:
    """In pictionary people still guess when the network knows it already."""
    return (
        (drawing.match is not None and state.turn is None)
        or arrived_ms >= drawing.pens_down_ms
        or state.phase is Phase.REVEAL
    )


def queue_frame(state: RoomState, command: c.QueueFrame, now: int) -> Iterator[e.Event]:
    """One frame in flight per drawing; nothing happens if there is no need of another."""
    drawing = state.drawings.get(command.seat)
    if drawing and drawing.wants_frame and state.asks_network:
        yield e.FrameQueued(command.seat, drawing.frames + 1, now)


def receive_guess(state: RoomState, command: c.ReceiveGuess, now: int) -> Iterator[e.Event]:
    """The answer to the frame in flight; any other is stale and changes nothing.

    A late answer to a frame that was given up meanwhile is one to the frame with the same ink, or
    a network that is always late would never be heard.
    """
    drawing = state.drawings.get(command.seat)
    if (
        drawing is None
        or (command.game, command.round) != (state.game, state.round)
        or drawing.in_flight is None
        or not drawing.in_flight.answered_by(command.n)
    ):
        return
    n = drawing.in_flight.n
    if not command.probabilities:
        yield e.FrameFailed(command.seat, n)
        return
    settings = state.settings
    deck = deck_of(settings, state.levels) if settings.guess_among == "deck" else None
    verdict = judge(command.probabilities, drawing.prompt, settings.confidence, deck)
    if verdict.matched:
        ms = into_round_ms(state, command.seat, drawing.in_flight.ink_ms)
        left_ms = drawing.total_ms - ms
        worth = points(left_ms, drawing.total_ms, level_of(state.levels, drawing.prompt))
        found = tuple(sorted(signs(drawing.in_flight.ink, ms)))
        yield e.Matched(command.seat, n, ms, worth, command.model, command.raster, found)
    yield e.Guessed(command.seat, n, verdict.top, verdict.prompt_p, now)
