"""What holds in every room, whatever its players do and however its clock runs.

A machine throws random commands at one room and keeps books of its own: of scores, of frames, of
when ink arrived, and of what a page would have learnt from the messages it was sent. After every
step the books must agree with the room, and nobody may know a prompt that is not theirs.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from typing import Any
from unittest.mock import patch

from hypothesis import Phase as Search
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from game import commands as c
from game import events as e
from game import ink, view
from game import protocol as p
from game.categories import CATEGORIES
from game.deck import deck_of, level_of
from game.ink import Ink, Pen
from game.phases import TRANSITIONS
from game.protocol import Phase, Refused, Settings
from game.room import decide, evolve, evolve_all, next_due_ms
from game.rounds import due
from game.scoring import points as points_of
from game.state import RoomState, last_pen_ms
from tests.game.table import EIGHT, LEVELS, START_MS, some_points

DAY_MS = 24 * 3600 * 1000
ANYBODY = st.integers(0, 21)
COUNTS = st.sampled_from([0, 1, 4, 4, p.MAX_BATCH_POINTS])
PENS = st.sampled_from([Pen(0), Pen.STARTS, Pen.ENDS, Pen.STARTS | Pen.ENDS])
SETTINGS = st.builds(
    Settings,
    rounds=st.integers(1, 3),
    seconds=st.sampled_from([10, 11, 20]),
    players=st.sampled_from([2, 6, 16]),
    prompt=st.sampled_from(["own", "same"]),
    custom=st.sampled_from([(), EIGHT]),
    guess_among=st.sampled_from(["all", "deck"]),
    confidence=st.sampled_from([0.0, 0.2, 0.95]),
)
BAD_SETTINGS = st.sampled_from(
    [
        Settings(rounds=0),
        Settings(confidence=math.nan),
        Settings(players=17),
        Settings(custom=EIGHT[:7]),
        Settings(custom=("hatstand", *EIGHT)),
        Settings(deck=()),
    ]
)
# Shrinking a room takes minutes: HYPOTHESIS_PROFILE=explore does it, a plain run does not.
SEARCH = (
    (Search.explicit, Search.reuse, Search.generate) if settings().derandomize else tuple(Search)
)
# What the network may say: how sure it is of the prompt, and of another category.
ANSWERS = st.sampled_from(
    [(0.9, 0.05), (0.9, 0.05), (0.1, 0.05), (0.2, 0.6), (0.5, 0.5), (0.0, 0.0), (math.nan, 0.3), ()]
)
# By how much an answer is wrong about the game, the round and the frame.
WRONG = st.sampled_from([(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)])


# --- what can be read in a message ---------------------------------------------------------------


def leaves(value: Any) -> Iterator[str]:
    """Every string in a message, wherever it is."""
    if is_dataclass(value):
        for each in fields(value):
            yield from leaves(getattr(value, each.name))
    elif isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from leaves(each)


@cache
def word(category: int) -> re.Pattern[str]:
    """Finds a category as a word of its own."""
    return re.compile(rf"(?<!\w){re.escape(CATEGORIES[category])}(?!\w)", re.IGNORECASE)


def gives_away(message: Any, category: int) -> bool:
    """Whether ``message`` tells of ``category``; what the network sees in one's own ink may."""
    if isinstance(message, p.Guess):
        return False
    if isinstance(message, p.Welcome):
        # The settings list the deck, which is known to all; prompt and guess are one's own.
        shown = (message.seats, message.phase, message.matches, message.reveal, message.game_over)
        return gives_away(shown, category)
    return any(word(category).search(text) for text in leaves(message))


def secrets_of(state: RoomState) -> dict[int, int]:
    """The prompts that only their own seats may know: not yet matched, not yet revealed."""
    if state.phase in {Phase.REVEAL, Phase.GAME_OVER}:
        return {}
    return {seat: d.prompt for seat, d in state.drawings.items() if d.match is None}


def check_secrets(state: RoomState, message: Any, viewers: set[int]) -> None:
    """Nobody among ``viewers`` learns from ``message`` what another seat is drawing."""
    for seat, category in secrets_of(state).items():
        if isinstance(message, p.Prompt):
            (viewer,) = viewers
            assert CATEGORIES[state.drawings[viewer].prompt] == message.category
        elif viewers != {seat}:
            assert not gives_away(message, category), f"{message} tells of seat {seat}"
    assert not any(state.seed in text for text in leaves(message))


# --- what a page would know ----------------------------------------------------------------------


class Page:
    """What somebody who was there from the start was told, as a page keeps it."""

    def __init__(self, opening: RoomState) -> None:
        self.seats: dict[int, p.SeatView] = {}
        self.settings = opening.settings
        self.locked = False
        self.where: dict[int, tuple[Phase, int]] = {}  # as each seat was told
        self.round = 0
        self.ink: dict[int, Ink] = {}

    def hear(self, message: p.AnyServerMessage, viewers: set[int]) -> None:
        match message:
            case p.SeatChanged(seat=seat) if seat.state == "gone":
                self.seats.pop(seat.seat)
                self.where.pop(seat.seat, None)
                self.locked = self.locked and bool(self.seats)  # the last one leaves it open
                self.ink.pop(seat.seat, None)
            case p.SeatChanged(seat=seat):
                self.seats[seat.seat] = seat
            case p.SettingsChanged(settings=changed):
                self.settings = changed
            case p.LockChanged(locked=locked):
                self.locked = locked
            case p.PhaseChanged(phase=phase, round=number):
                if phase is Phase.LOBBY or (phase is Phase.COUNTDOWN and number != self.round):
                    self.ink.clear()
                self.round = number
                self.where |= dict.fromkeys(viewers, (phase, number))
            case _:
                pass

    def see(self, entries: Sequence[view.InkEntry]) -> None:
        for seat, pen, points in entries:
            drawn = self.ink.get(seat, ink.BLANK)
            if pen & Pen.UNDO:
                self.ink[seat] = ink.undo(drawn)
            elif pen & Pen.CLEAR:
                self.ink[seat] = ink.BLANK
            else:
                self.ink[seat] = ink.add(drawn, pen, points)

    def strokes(self) -> dict[int, tuple[bytes, ...]]:
        return {seat: drawn.strokes for seat, drawn in self.ink.items() if drawn.strokes}


def strokes(state: RoomState) -> dict[int, tuple[bytes, ...]]:
    return {seat: d.ink.strokes for seat, d in state.drawings.items() if d.ink.strokes}


@dataclass
class Asked:
    """A frame that went to the network: its ink, and when that arrived, into the round."""

    n: int
    ink: Ink
    ms: int
    first: int  # the number under which this ink was first asked about


class Rooms(RuleBasedStateMachine):
    """One room under random commands by several players and a clock that jumps and creeps."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START_MS
        self.opening = self.state = RoomState("BCDFG", "s3cr3t s33d", LEVELS)
        self.events: list[e.Event] = []
        self.page = Page(self.opening)
        self.scores: dict[int, int] = {}
        self.time: dict[int, float] = {}
        self.total_ms: dict[int, int] = {}  # that each has for the drawing in this round
        self.back_ms: dict[int, int] = {}  # by which a server kept each from it
        self.awarded: set[tuple[int, int, int]] = set()
        self.ink_ms: dict[int, int] = {}  # when each drawing's newest ink arrived, into the round
        self.asked: dict[int, Asked] = {}
        self.lost: dict[int, Asked] = {}

    # --- one step --------------------------------------------------------------------------------

    def do(self, command: c.Command) -> list[e.Event] | None:
        """Decides twice and evolves once more; None if the command was refused."""
        before = copy.deepcopy(self.state)
        try:
            steps = decide(self.state, command, self.now)
        except Refused as refused:
            self.refused(command, refused, before)
            self.do(c.Tick())
            return None
        assert self.state == before
        assert decide(self.state, command, self.now) == steps
        for event, state, after in steps:
            assert state is self.state
            assert evolve(state, event) == after
            self.tell(event, after)
            self.account(command, event, after)
            self.state = after
        happened = [step.event for step in steps]
        self.events += happened
        return happened

    def refused(self, command: c.Command, refused: Refused, before: RoomState) -> None:
        assert self.state == before
        assert not isinstance(command, c.Tick | c.Resume | c.QueueFrame | c.ReceiveGuess)
        assert refused.code in p.Code
        assert refused.message.endswith(".")

    def tell(self, event: e.Event, after: RoomState) -> None:
        everybody = set(after.seats)
        for telling in view.tell(event, self.state, after, self.now):
            viewers = everybody if telling.seat is None else {telling.seat}
            check_secrets(after, telling.message, viewers)
            self.page.hear(telling.message, viewers)
        if isinstance(event, e.SeatTaken):
            self.page.hear(view.phase(after, event.seat, self.now), {event.seat})
        shown = view.ink_told(event, after)
        if after.settings.prompt == "same" and after.phase is not Phase.REVEAL:
            assert not shown
        self.page.see(shown)

    def account(self, command: c.Command, event: e.Event, after: RoomState) -> None:
        """The books, kept from events and the clock alone."""
        self.account_seats(event)
        self.account_ink(event)
        self.account_frames(command, event, after)
        self.account_rounds(event, after)

    def account_seats(self, event: e.Event) -> None:
        match event:
            case e.SeatTaken():
                self.scores[event.seat] = 0
                assert not self.state.locked
            case e.TimeExtended():
                self.time[event.seat] = event.factor
            case e.PensUp():
                self.total_ms = {
                    seat: round(1000 * self.state.settings.seconds * self.time.get(seat, 1))
                    for seat in self.state.drawings
                }
                self.back_ms = dict.fromkeys(self.state.drawings, 0)
            case e.PenHeldBack():
                assert 0 <= event.by_ms <= p.CUT_OFF_MS
                self.back_ms[event.seat] += event.by_ms
            case e.SeatLeft():
                del self.scores[event.seat]
                for book in (
                    self.asked,
                    self.lost,
                    self.ink_ms,
                    self.time,
                    self.total_ms,
                    self.back_ms,
                ):
                    book.pop(event.seat, None)
            case e.GameStarted():
                self.scores = dict.fromkeys(self.scores, 0)
            case _:
                pass

    def began_ms(self, seat: int) -> int:
        """When the time of this pen began."""
        return self.state.pens_up_ms + self.back_ms[seat]

    def account_ink(self, event: e.Event) -> None:
        if isinstance(event, e.InkAdded | e.StrokeUndone | e.CanvasCleared):
            assert event.arrived_ms < self.began_ms(event.seat) + self.total_ms[event.seat]
            assert self.state.drawings[event.seat].match is None
            if not isinstance(event, e.InkAdded) or event.points:
                self.ink_ms[event.seat] = max(0, event.arrived_ms - self.began_ms(event.seat))

    def account_frames(self, command: c.Command, event: e.Event, after: RoomState) -> None:
        match event:
            case e.FrameQueued():
                assert event.seat not in self.asked, "two frames in flight"
                drawn = self.state.drawings[event.seat].ink
                asked = Asked(event.n, drawn, self.ink_ms[event.seat], event.n)
                again = self.lost.pop(event.seat, None)
                if again:
                    assert event.n > again.n
                    asked = Asked(event.n, again.ink, again.ms, again.first)
                self.asked[event.seat] = asked
                frame = after.drawings[event.seat].in_flight
                assert frame is not None
                assert (frame.n, frame.ink) == (event.n, asked.ink)
                assert frame.ink.strokes
            case e.FrameLost():
                self.lost[event.seat] = self.asked.pop(event.seat)
                assert self.lost[event.seat].n == event.n
            case e.Matched():
                self.matched(command, event)
            case e.Guessed() | e.FrameFailed():
                assert isinstance(command, c.ReceiveGuess)
                asked = self.asked.pop(event.seat)
                assert asked.first <= command.n <= asked.n == event.n
            case _:
                pass

    def account_rounds(self, event: e.Event, after: RoomState) -> None:
        match event:
            case e.RoundStarted() | e.LobbyOpened():
                self.asked, self.lost, self.ink_ms = {}, {}, {}
            case e.PensDown():
                unmatched = [s for s, d in self.state.drawings.items() if not d.match]
                assert self.now >= max(self.began_ms(s) + self.total_ms[s] for s in unmatched)
            case e.TimeUp():
                assert self.now >= self.began_ms(event.seat) + self.total_ms[event.seat]
            case e.RoundEnded():
                self.round_ended()
                self.asked, self.lost = {}, {}
            case _:
                pass
        if after.phase is not self.state.phase:
            assert TRANSITIONS[self.state.phase][type(event)] is after.phase

    def matched(self, command: c.Command, event: e.Matched) -> None:
        state = self.state
        assert isinstance(command, c.ReceiveGuess)
        assert (command.game, command.round, command.seat) == (state.game, state.round, event.seat)
        drawing, rules = state.drawings[event.seat], state.settings
        # The verdict, derived again without the judge.
        seen = [0.0 if math.isnan(prob) else prob for prob in command.probabilities]
        deck = deck_of(rules, state.levels) if rules.guess_among == "deck" else range(345)
        best = max(deck, key=lambda index: (seen[index], -index))
        assert best == drawing.prompt
        mass = 1.0 if rules.guess_among == "all" else sum(seen[index] for index in deck)
        assert seen[best] / mass >= rules.confidence
        assert seen[best] > 0
        # Points follow from when the ink arrived, never from when the answer did.
        asked = self.asked[event.seat]
        assert asked.n == event.n
        assert event.ms == asked.ms
        total_ms = self.total_ms[event.seat]
        level = level_of(state.levels, drawing.prompt)
        assert event.points == points_of(total_ms - asked.ms, total_ms, level)
        award = (state.game, state.round, event.seat)
        assert award not in self.awarded
        self.awarded.add(award)
        self.scores[event.seat] += event.points

    def round_ended(self) -> None:
        """Only once everybody matched, or the frames in flight were waited for."""
        state = self.state
        everybody = all(drawing.match for drawing in state.drawings.values())
        nothing_open = not any(d.in_flight or d.wants_frame for d in state.drawings.values())
        if state.phase is Phase.DRAWING:
            assert everybody
        else:
            assert nothing_open or self.now >= state.phase_ends_ms

    # --- what players do -------------------------------------------------------------------------

    @initialize(players=st.integers(0, 5), changed=SETTINGS, start=st.integers(0, 4))
    def open(self, players: int, changed: Settings, start: int) -> None:
        for n in range(players):
            self.do(c.Join(f"player {n}", f"Player {n}"))
        self.do(c.ChangeSettings(0, changed))
        if players and start:
            self.do(c.StartGame(0))
        if players and start > 1:
            self.now += p.COUNTDOWN_MS
            self.do(c.Tick())

    def seat(self, n: int) -> int:
        """Mostly a seat that is taken, sometimes one that is not."""
        taken = sorted(self.state.seats)
        return taken[n % len(taken)] if taken and n < 20 else n % p.MAX_SEATS

    @rule(n=st.integers(0, 7), name=st.sampled_from(["Ada", "Bob", "", "<b>", "x" * 5_000]))
    def join(self, n: int, name: str) -> None:
        self.do(c.Join(f"player {n}", name))

    @rule(n=ANYBODY, kind=st.sampled_from([c.Drop, c.Drop, c.Leave, c.StartGame, c.Rematch]))
    def come_and_go(self, n: int, kind: type[c.Drop]) -> None:
        self.do(kind(self.seat(n)))

    @rule(
        n=ANYBODY,
        whom=ANYBODY,
        changed=st.one_of(SETTINGS, BAD_SETTINGS),
        text=st.sampled_from(["hello", "", "<i>", "x" * 300]),
        which=st.integers(0, 6),
        factor=st.sampled_from([*p.TIME_FACTORS, 0.5, 3]),
    )
    def chatter(  # noqa: PLR0917 - one strategy for each
        self, n: int, whom: int, changed: Settings, text: str, which: int, factor: float
    ) -> None:
        seat = self.seat(n)
        commands = (
            c.Say(seat, text),
            c.Rename(seat, text),
            c.ChangeSettings(seat, changed),
            c.Kick(seat, self.seat(whom)),
            c.Lock(seat, locked=whom % 2 == 0),
            c.HandOver(seat, self.seat(whom)),
            c.ExtendTime(seat, self.seat(whom), factor),
        )
        self.do(commands[which])

    @precondition(lambda self: self.state.phase in {Phase.LOBBY, Phase.GAME_OVER})
    @rule()
    def go_on(self) -> None:
        if self.state.host is not None:
            kind = c.StartGame if self.state.phase is Phase.LOBBY else c.Rematch
            self.do(kind(self.state.host))

    @precondition(lambda self: self.state.phase is Phase.REVEAL)
    @rule(n=ANYBODY, everybody=st.booleans())
    def ready(self, n: int, *, everybody: bool) -> None:
        for each in self.state.seats if everybody else (self.seat(n),):
            self.do(c.MarkReady(each))

    @rule(n=ANYBODY, pen=PENS, count=COUNTS, late_ms=st.sampled_from([0, 0, 30, 2_000]))
    def draw(self, n: int, pen: Pen, count: int, late_ms: int) -> None:
        seat = self.seat(n)
        held = self.state.seats.get(seat)
        batch = held.batch + 1 if held else 1
        self.do(c.AddInk(seat, batch, pen, some_points(count), self.now - late_ms))

    @precondition(lambda self: self.state.phase is Phase.DRAWING)
    @rule(n=ANYBODY, pen=PENS, count=COUNTS, ms=st.integers(0, 50))
    def scribble(self, n: int, pen: Pen, count: int, ms: int) -> None:
        """Ink in time, and the network is asked if it is free."""
        self.now += ms
        self.draw(n, pen, count, 0)
        self.do(c.QueueFrame(self.seat(n)))

    @precondition(lambda self: self.state.phase is Phase.DRAWING)
    @rule(n=ANYBODY, kind=st.integers(0, 2), back=st.integers(0, 2))
    def repeat(self, n: int, kind: int, back: int) -> None:
        """A batch that was accepted before changes nothing."""
        seat = self.seat(n)
        held = self.state.seats.get(seat)
        if held is None or seat not in self.state.drawings:
            return
        batch = held.batch - back
        commands = (
            c.AddInk(seat, batch, Pen.STARTS, some_points(), self.now),
            c.UndoStroke(seat, batch, self.now),
            c.ClearCanvas(seat, batch, self.now),
        )
        before = self.state
        assert self.do(commands[kind]) == []
        assert self.state is before

    @rule(
        n=ANYBODY,
        kind=st.sampled_from([c.UndoStroke, c.ClearCanvas]),
        step=st.sampled_from([None, 1, 1, 2**40]),
    )
    def take_back(self, n: int, kind: type[c.UndoStroke], step: int | None) -> None:
        seat = self.seat(n)
        held = self.state.seats.get(seat)
        batch = held.batch + step if held and step is not None else None
        self.do(kind(seat, batch, self.now))

    # --- what the network does -------------------------------------------------------------------

    @rule()
    def queue_all(self) -> None:
        for seat in range(p.MAX_SEATS):
            self.do(c.QueueFrame(seat))

    @precondition(lambda self: self.asked)
    @rule(answer=ANSWERS, n=st.integers(0, 5), ms=st.integers(0, 1_000), late=st.booleans())
    def answer(self, answer: tuple[float, ...], n: int, ms: int, *, late: bool) -> None:
        """To the frame in flight, or to an earlier one with the same ink."""
        self.now += ms
        self.do(c.Tick())
        if not self.asked:
            return
        seat = sorted(self.asked)[n % len(self.asked)]
        asked = self.asked[seat]
        number = asked.first if late else asked.n
        happened = self.do(self.guess(seat, number, self.seen(seat, answer)))
        assert happened
        assert seat not in self.asked

    @precondition(lambda self: self.state.phase is Phase.DRAWING)
    @rule(n=ANYBODY, count=COUNTS, ms=st.integers(0, 1_900), newer=st.booleans())
    def recognise(self, n: int, count: int, ms: int, *, newer: bool) -> None:
        """From a pen to a verdict, with the network taking its time."""
        seat = self.seat(n)
        self.scribble(n, Pen.STARTS, count, 0)
        self.now += ms
        if newer:
            self.draw(n, Pen.ENDS, count, 0)
        if seat in self.asked:
            self.do(self.guess(seat, self.asked[seat].n, self.seen(seat, (0.9, 0.05))))
        self.do(c.Tick())

    @precondition(lambda self: self.state.phase is Phase.DRAWING)
    @rule(n=ANYBODY)
    def lose(self, n: int) -> None:
        """A frame is not answered in time, while ink goes on."""
        self.scribble(n, Pen.STARTS, 1, 0)
        self.now += 1_000
        self.draw(n, Pen.ENDS, 1, 0)
        self.now += 1_000
        self.do(c.Tick())
        self.do(c.QueueFrame(self.seat(n)))

    @rule(n=ANYBODY, wrong=WRONG)
    def stale_answer(self, n: int, wrong: tuple[int, int, int]) -> None:
        """For another game or round, or for a frame that is not the one in flight."""
        seat = self.seat(n)
        game, number, frame = wrong
        asked = self.asked.get(seat)
        nearest = 1 if asked is None else asked.first if frame < 0 else asked.n
        guess = self.guess(seat, nearest + frame, self.seen(seat, (0.9, 0.05)))
        before = self.state
        assert self.do(replace(guess, game=guess.game + game, round=guess.round + number)) == []
        assert self.state is before

    def seen(self, seat: int, answer: tuple[float, ...]) -> tuple[float, ...]:
        """The probabilities of the prompt and of the category after it; none for a failure."""
        if not answer:
            return ()
        drawing = self.state.drawings.get(seat)
        prompt = drawing.prompt if drawing else 0
        probabilities = [0.0] * 345
        probabilities[prompt], probabilities[(prompt + 1) % 345] = answer
        return tuple(probabilities)

    def guess(self, seat: int, n: int, seen: tuple[float, ...]) -> c.ReceiveGuess:
        return c.ReceiveGuess(self.state.game, self.state.round, seat, n, seen, "model", 1)

    # --- what time does --------------------------------------------------------------------------

    @rule(ms=st.sampled_from([1, 50, 200, 2_000]))
    def creep(self, ms: int) -> None:
        self.now += ms
        self.do(c.Tick())

    @precondition(lambda self: self.state.phase is not Phase.DRAWING)
    @rule()
    def jump(self) -> None:
        at = next_due_ms(self.state)
        if at is not None:
            self.now = at
            assert self.do(c.Tick())

    @rule(ms=st.sampled_from([*[1_000] * 7, 9_000, 31_000, 61_000, DAY_MS]))
    def leap(self, ms: int) -> None:
        self.now += ms
        self.do(c.Tick())

    @rule(ms=st.sampled_from([400, 5_000, DAY_MS]))
    def stall(self, ms: int) -> None:
        """Nothing could be stored for a while; nobody's time has passed."""
        phase, left_ms = self.state.phase, self.state.phase_ends_ms - self.now
        has_end = bool(self.state.phase_ends_ms)
        self.now += ms
        self.do(c.Stall(ms))
        assert self.state.phase is phase
        if has_end:
            assert self.state.phase_ends_ms - self.now == left_ms

    @rule(
        stood_ms=st.sampled_from([0, 7, 5_000, DAY_MS, -40]),
        back=st.booleans(),
        late_ms=st.sampled_from([0, 0, 900, 9_000]),
    )
    def take_over(self, stood_ms: int, late_ms: int, *, back: bool) -> None:
        """A process stopped; another, its clock maybe behind, goes on with the same time left."""
        phase, ends_ms = self.state.phase, self.state.phase_ends_ms
        stopped_ms, self.now = self.now, self.now + stood_ms
        self.do(c.Resume(stopped_ms))
        assert not any(seat.here for seat in self.state.seats.values())
        if ends_ms and self.state.phase is phase:
            assert self.state.phase_ends_ms - self.now == ends_ms - stopped_ms
        for held in list(self.state.seats.values()) if back else ():
            self.do(c.Join(held.player, held.name))
            self.now += late_ms
            self.do(c.Tick())

    # --- what always holds -----------------------------------------------------------------------

    @invariant()
    def scores_are_the_sum_of_the_matches_of_this_game(self) -> None:
        assert {seat: held.score for seat, held in self.state.seats.items()} == self.scores

    @invariant()
    def frames_in_flight_are_those_that_were_asked(self) -> None:
        flying = {s: d.in_flight.n for s, d in self.state.drawings.items() if d.in_flight}
        assert flying == {seat: asked.n for seat, asked in self.asked.items()}
        assert not any(d.match and d.in_flight for d in self.state.drawings.values())

    @invariant()
    def a_match_can_be_timed_again_from_its_frame(self) -> None:
        for drawing in self.state.drawings.values():
            if drawing.match:
                ms = drawing.match.frame.ink_ms - drawing.pens_up_ms
                assert max(0, ms) == drawing.match.ms

    @invariant()
    def drawings_and_the_host_have_seats(self) -> None:
        assert set(self.state.drawings) <= set(self.state.seats)
        assert (self.state.host in self.state.seats) == bool(self.state.seats)
        players = [held.player for held in self.state.seats.values()]
        assert len(players) == len(set(players)) <= self.state.settings.players
        assert not set(self.state.banned) & set(players)

    @invariant()
    def ink_keeps_to_its_budget(self) -> None:
        for drawing in self.state.drawings.values():
            assert drawing.ink.points <= p.MAX_POINTS
            assert len(drawing.ink.strokes) <= p.MAX_STROKES

    @invariant()
    def nobody_is_in_the_lobby_only_when_nobody_is_there(self) -> None:
        if not self.state.seats:
            assert self.state.phase is Phase.LOBBY
            assert not self.state.drawings

    @invariant()
    def nothing_is_due_before_it_is_and_something_is_then(self) -> None:
        assert due(self.state, self.now) is None
        at = next_due_ms(self.state)
        if at is None:
            assert decide(self.state, c.Tick(), self.now + DAY_MS) == []
        else:
            assert at > self.now
            assert decide(self.state, c.Tick(), at - 1) == []
            assert decide(self.state, c.Tick(), at) != []
            if self.state.phase is p.Phase.DRAWING:
                assert at <= last_pen_ms(self.state)
            elif self.state.phase_ends_ms:
                assert at <= self.state.phase_ends_ms

    @invariant()
    def judging_waits_no_longer_than_it_may(self) -> None:
        if self.state.phase is Phase.JUDGING:
            assert self.state.phase_ends_ms == self.state.phase_since_ms + p.JUDGING_MS

    @invariant()
    def a_page_that_heard_everything_knows_what_a_fresh_welcome_says(self) -> None:
        for seat in self.state.seats:
            whole = view.welcome(self.state, seat, self.now, 1)
            check_secrets(self.state, whole, {seat})
            assert self.page.seats == {each.seat: each for each in whole.seats}
            assert self.page.settings == whole.settings
            assert self.page.locked == whole.locked
            assert self.page.where[seat] == (whole.phase.phase, whole.phase.round)
            assert (whole.reveal is not None) <= (whole.phase.phase in view._REVEALED)
            drawing = self.state.drawings.get(seat)
            assert (whole.prompt and whole.prompt.category) == (
                drawing and CATEGORIES[drawing.prompt]
            )

    @invariant()
    def everybody_sees_the_ink_they_may_see_and_no_other(self) -> None:
        hidden = self.state.settings.prompt == "same" and self.state.phase not in view._REVEALED
        drawn = strokes(self.state)
        assert self.page.strokes() == ({} if hidden else drawn)
        for seat in self.state.seats:
            fresh = Page(self.opening)
            fresh.see(view.ink_for(self.state, seat))
            own = {seat: drawn[seat]} if seat in drawn else {}
            assert fresh.strokes() == (own if hidden else drawn)
            for other, seen in fresh.ink.items():
                assert seen.pen_down == self.state.drawings[other].ink.pen_down

    # --- how it ends -----------------------------------------------------------------------------

    def teardown(self) -> None:
        with patch("game.evolve.replaced", replace):  # which knows the fields there are
            assert evolve_all(self.opening, self.events) == self.state
        self.time_alone_leaves_every_phase()
        self.an_empty_room_returns_to_the_lobby()

    def time_alone_leaves_every_phase(self) -> None:
        state, now = self.state, self.now
        for _ in range(200):
            at = next_due_ms(state)
            if at is None:
                break
            now = at
            state = decided(state, c.Tick(), now)
        assert state.phase in {Phase.LOBBY, Phase.GAME_OVER}

    def an_empty_room_returns_to_the_lobby(self) -> None:
        state = self.state
        for seat in state.seats:
            state = decided(state, c.Drop(seat), self.now)
        state = decided(state, c.Tick(), self.now + p.SEAT_KEPT_MS)
        assert not state.seats
        assert state.phase is Phase.LOBBY
        assert next_due_ms(state) is None


def decided(state: RoomState, command: c.Command, now: int) -> RoomState:
    """The room after all that happens because of ``command``."""
    return evolve_all(state, [step.event for step in decide(state, command, now)])


TestRooms = Rooms.TestCase
TestRooms.settings = settings(
    settings(),
    max_examples=2 * settings().max_examples,
    phases=SEARCH,
)
