"""Decisions of pictionary: one draws, the others guess by typing, and the network guesses too.

A turn is a round with one drawing. The network solves it by the verdict that is a match in a race,
timed by when the ink arrived; a person by a guess, timed by when that arrived.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from game import commands as c
from game import events as e
from game import wording
from game.categories import CATEGORIES
from game.deck import level_of
from game.names import tidy_chat
from game.protocol import (
    DRAWER_KEPT_MS,
    GUESS_BURST,
    GUESS_CHARS,
    GUESS_PAUSE_MS,
    GUESS_TRIES,
    GUESS_WINDOW_MS,
    PICTIONARY_PLAYERS,
    Code,
    Phase,
    Refused,
)
from game.scoring import drawn, points
from game.state import RoomState, Seat, Turn, pen_down_ms

_SECRET = (Phase.COUNTDOWN, Phase.DRAWING, Phase.JUDGING)
_GUESSING = (Phase.DRAWING, Phase.JUDGING)


# --- who is who ----------------------------------------------------------------------------------


def secret_turn(state: RoomState) -> Turn | None:
    """The turn whose prompt is a secret, if there is one."""
    return state.turn if state.phase in _SECRET else None


def knows(turn: Turn, seat: int) -> bool:
    """Whether ``seat`` may hear the prompt before the reveal: it draws, or it has guessed."""
    return seat == turn.drawer or seat in turn.solved


def still_guesses(state: RoomState, seat: int) -> bool:
    """Whether what ``seat`` types now is a guess."""
    return state.turn is not None and state.phase in _GUESSING and not knows(state.turn, seat)


def must_be_silent(state: RoomState, seat: int) -> bool:
    """Whether ``seat`` is drawing what the others are to guess."""
    turn = secret_turn(state)
    return turn is not None and turn.drawer == seat


def next_drawer(state: RoomState) -> int | None:
    """Who draws next: whoever did least often, of those who are here; None when all have enough.

    Somebody who was away when it was their turn draws as soon as they are back.
    """
    waiting = [seat for seat, held in state.seats.items() if held.turns < state.settings.rounds]
    if len(state.seats) < PICTIONARY_PLAYERS or not waiting:
        return None
    return min(waiting, key=lambda n: (not state.seats[n].here, state.seats[n].turns, n))


def turns_in_all(state: RoomState) -> int:
    """How many turns the game will have had, if nobody comes or goes."""
    each = state.settings.rounds
    return state.round + sum(max(0, each - held.turns) for held in state.seats.values())


# --- guesses -------------------------------------------------------------------------------------


def guess_word(state: RoomState, command: c.GuessWord, _now: int) -> Iterator[e.Event]:
    """A guess counts by when it arrived, and is told as talk where it is wrong."""
    turn = state.turn
    if turn is None or knows(turn, command.seat) or command.arrived_ms >= _ends_ms(state, turn):
        raise Refused(Code.NOT_GUESSING, "There is nothing for you to guess just now.")
    text = tidy_chat(command.text)
    if len(text) > GUESS_CHARS:
        raise Refused(Code.CHAT_TOO_LONG, f"A guess can have at most {GUESS_CHARS} characters.")
    _keep_pace(state.seats[command.seat], turn.tries.get(command.seat, 0), command.arrived_ms)
    prompt = CATEGORIES[turn.prompt]
    if command.category == prompt or wording.names(text, prompt):
        yield _solved(state, turn, command, text)
    else:
        close = command.nearly == prompt or wording.is_near(text, prompt)
        hidden = close or wording.tells(text, prompt)
        yield e.GuessMissed(command.seat, text, close, hidden, command.arrived_ms)


def _ends_ms(state: RoomState, turn: Turn) -> int:
    """When the turn's time is up; a drawer who is cut off is waited for."""
    return state.pens_down_ms if turn.drawer is None else pen_down_ms(state, turn.drawer)


def _keep_pace(held: Seat, tries: int, arrived_ms: int) -> None:
    recent = held.guesses_ms
    if len(recent) == GUESS_BURST and arrived_ms - recent[0] < GUESS_WINDOW_MS:
        raise Refused(Code.GUESS_TOO_FAST, "One guess at a time: look again, then try another.")
    if tries and tries % GUESS_TRIES == 0 and arrived_ms - recent[-1] < GUESS_PAUSE_MS:
        raise Refused(
            Code.GUESS_TOO_FAST,
            f"That was a lot of guesses. Watch for {GUESS_PAUSE_MS // 1000} seconds, then go on.",
        )


def _solved(state: RoomState, turn: Turn, command: c.GuessWord, text: str) -> e.Solved:
    """Points count against the turn's time, which the drawer's pen sets and all guess in."""
    prompt = CATEGORIES[turn.prompt]
    ms = max(0, command.arrived_ms - state.pens_up_ms)
    worth = points(turn.total_ms - ms, turn.total_ms, level_of(state.levels, turn.prompt))
    # Kept for the verdict's sake; of what a page claims to have read, only that can count.
    category = prompt if command.category == prompt else None
    return e.Solved(command.seat, text, category, ms, turn.total_ms, worth)


# --- the course of a turn ------------------------------------------------------------------------


def over_ms(state: RoomState, turn: Turn) -> int:
    """When pens go down if nobody does anything; 0 for at once.

    When time is up, when the drawer was away too long, or when all who are waited for know it.
    """
    if turn.drawer is None:
        return 0
    unsolved = [
        held
        for seat, held in state.seats.items()
        if seat != turn.drawer and seat not in turn.solved
    ]
    ends = [_ends_ms(state, turn), _kept_until_ms(state.seats[turn.drawer])]
    if turn.solved or not unsolved:  # else who is away may come back and guess
        ends.append(max(map(_kept_until_ms, unsolved), default=0))
    return int(min(ends))


def ended(state: RoomState, now: int) -> e.RoundEnded:
    """The end of a turn, with what the drawer has earned."""
    turn = state.turn
    if turn is None or turn.drawer is None:
        return e.RoundEnded(now)
    machine_ms = turn.machine.ms if turn.machine else None
    beaten = sum(machine_ms is None or each.ms < machine_ms for each in turn.solved.values())
    among = sum(
        seat in turn.solved or now < _kept_until_ms(held)
        for seat, held in state.seats.items()
        if seat != turn.drawer
    )
    worth = drawn(beaten, among, level_of(state.levels, turn.prompt))
    return e.RoundEnded(now, among, beaten, worth)


def _kept_until_ms(held: Seat) -> float:
    """How long a turn waits for this player."""
    return inf if held.here else held.away_since_ms + DRAWER_KEPT_MS
