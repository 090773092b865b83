"""What holds in every game of pictionary, whatever its players type and however its clock runs.

Beside ``test_invariants``, which searches races: a machine throws random guesses, talk, ink,
answers of the network, comings and goings at one room, and keeps books of its own of who drew, who
knows and who has won what.
"""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from game import commands as c
from game import events as e
from game import protocol as p
from game import view
from game.categories import CATEGORIES
from game.deck import level_of
from game.evolve import evolve_all
from game.ink import Pen
from game.phases import TRANSITIONS
from game.protocol import Phase, Refused, Settings
from game.room import decide, evolve, next_due_ms
from game.rounds import due
from game.scoring import drawn
from game.scoring import points as points_of
from game.state import RoomState
from tests.game.table import EIGHT, LEVELS, START_MS, distribution, some_points
from tests.game.test_invariants import DAY_MS, SEARCH, leaves, word

SECRET = {Phase.COUNTDOWN, Phase.DRAWING, Phase.JUDGING}
ANYBODY = st.integers(0, 9)
SETTINGS = st.builds(
    Settings,
    mode=st.just("pictionary"),
    rounds=st.integers(1, 3),
    seconds=st.sampled_from([10, 30]),
    players=st.sampled_from([5, 8]),
    prompt=st.sampled_from(["own", "same"]),
    custom=st.sampled_from([(), EIGHT]),
    confidence=st.just(0.2),
)
# How what is typed relates to what is drawn.
TYPED = st.sampled_from(
    [
        "{prompt}",
        "{prompt}",
        "The {prompt}S",
        "a big {prompt}?",
        "is it not some kind of {prompt} or other",
        "x{prompt}",
        "{other}",
        "{other}",
        "no idea",
        "",
        "{long}",
    ]
)


def gives_away(message: Any, category: int) -> bool:
    return any(word(category).search(text) for text in leaves(message))


class Games(RuleBasedStateMachine):
    """One room that plays pictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START_MS
        self.opening = self.state = RoomState("BCDFG", "s3cr3t s33d", LEVELS)
        self.events: list[e.Event] = []
        self.scores: dict[int, int] = {}
        self.machine_score = 0
        self.drew: dict[int, int] = {}  # how often, in this game
        self.drawer: int | None = None
        self.prompt = 0
        self.solved: dict[int, int] = {}  # when, into the turn
        self.machine_ms: int | None = None
        self.turns: dict[int, p.Turn | None] = {}  # as each page was told

    # --- one step --------------------------------------------------------------------------------

    def do(self, command: c.Command) -> list[e.Event] | None:
        try:
            steps = decide(self.state, command, self.now)
        except Refused as refused:
            self.refused(command, refused)
            self.do(c.Tick())
            return None
        for event, state, after in steps:
            assert state is self.state
            assert evolve(state, event) == after
            if after.phase is not state.phase:
                assert TRANSITIONS[state.phase][type(event)] is after.phase
            self.account(event)
            self.state = after
            self.tell(event, state, after)
        self.events += [step.event for step in steps]
        return [step.event for step in steps]

    def refused(self, command: c.Command, refused: Refused) -> None:
        assert refused.message.endswith(".")
        assert not isinstance(command, c.Tick | c.Resume | c.QueueFrame | c.ReceiveGuess)

    def account(self, event: e.Event) -> None:
        """The books, kept from events and the clock alone."""
        match event:
            case e.SeatTaken():
                self.scores[event.seat] = 0
                self.drew[event.seat] = min(self.drew.values(), default=0)
            case e.SeatLeft():
                self.left(event.seat)
            case e.GameStarted():
                assert len(self.state.seats) >= 2
                self.scores = dict.fromkeys(self.scores, 0)
                self.drew = dict.fromkeys(self.drew, 0)
                self.machine_score = 0
            case e.RoundStarted():
                self.round_started(event)
            case e.Solved():
                self.guessed_right(event)
            case e.Matched():
                self.matched(event)
            case e.RoundEnded():
                self.round_ended(event)
            case e.PensDown():
                self.pens_down()
            case e.LobbyOpened():
                self.drawer = None
            case _:
                pass

    def left(self, seat: int) -> None:
        for book in (self.scores, self.drew, self.solved, self.turns):
            book.pop(seat, None)
        if self.drawer == seat:
            self.drawer = None

    def round_started(self, event: e.RoundStarted) -> None:
        ((self.drawer, self.prompt),) = event.prompts.items()
        held = self.state.seats
        waiting = {s: n for s, n in self.drew.items() if n < self.state.settings.rounds}
        here = [seat for seat in waiting if held[seat].here] or list(waiting)
        assert self.drawer in here
        assert self.drew[self.drawer] == min(self.drew[seat] for seat in here), "who drew least"
        self.drew[self.drawer] += 1
        self.solved, self.machine_ms = {}, None

    def guessed_right(self, event: e.Solved) -> None:
        state = self.state
        assert state.phase in {Phase.DRAWING, Phase.JUDGING}
        assert event.seat != self.drawer
        assert event.seat not in self.solved, "points twice"
        assert 0 <= event.ms < event.total_ms
        level = level_of(state.levels, self.prompt)
        assert event.points == points_of(event.total_ms - event.ms, event.total_ms, level)
        self.solved[event.seat] = event.ms
        self.scores[event.seat] += event.points

    def matched(self, event: e.Matched) -> None:
        assert self.machine_ms is None, "the network wins once"
        assert event.seat == self.drawer
        self.machine_ms = event.ms
        self.machine_score += event.points

    def pens_down(self) -> None:
        """Time is up, the drawer is gone, or whoever is waited for knows it."""
        state = self.state
        kept = {
            seat
            for seat, held in state.seats.items()
            if held.here or self.now < held.away_since_ms + p.DRAWER_KEPT_MS
        }
        guessers = state.seats.keys() - {self.drawer}
        assert (
            self.now >= state.pens_down_ms
            or self.drawer not in kept
            or not guessers
            or (self.solved and not (guessers & kept) - self.solved.keys())
        )

    def round_ended(self, event: e.RoundEnded) -> None:
        if self.drawer is None:
            assert (event.beaten, event.points) == (0, 0)
            return
        machine_ms = self.machine_ms
        beat = [s for s, ms in self.solved.items() if machine_ms is None or ms < machine_ms]
        assert event.beaten == len(beat) <= event.among
        level = level_of(self.state.levels, self.prompt)
        assert event.points == drawn(len(beat), event.among, level)
        self.scores[self.drawer] += event.points

    # --- who hears what --------------------------------------------------------------------------

    def tell(self, event: e.Event, before: RoomState, after: RoomState) -> None:
        for telling in view.tell(event, before, after, self.now):
            viewers = set(after.seats) if telling.seat is None else {telling.seat}
            self.check_secret(telling.message, viewers)
            if isinstance(telling.message, p.Turn):
                self.turns |= dict.fromkeys(viewers, telling.message)
        if isinstance(event, e.SeatTaken):
            self.turns[event.seat] = view.turn(after)
        if isinstance(event, e.LobbyOpened):
            self.turns = dict.fromkeys(self.turns)

    def check_secret(self, message: Any, viewers: set[int]) -> None:
        """Nobody who does not know it learns from ``message`` what is drawn."""
        if self.state.phase not in SECRET:
            return
        for viewer in viewers - self.solved.keys() - {self.drawer}:
            assert not isinstance(message, p.Prompt | p.Guess | p.Match | p.Reveal), viewer
            own = isinstance(message, p.ChatSaid) and message.seat == viewer
            assert own or not gives_away(message, self.prompt), f"{message} told to {viewer}"

    # --- what players do -------------------------------------------------------------------------

    @initialize(players=st.integers(1, 5), changed=SETTINGS, start=st.booleans())
    def open(self, players: int, changed: Settings, *, start: bool) -> None:
        for n in range(players):
            self.do(c.Join(f"player {n}", f"Player {n}"))
        self.do(c.ChangeSettings(0, changed))
        if start:
            self.do(c.StartGame(0))
            self.now += p.COUNTDOWN_MS
            self.do(c.Tick())

    def seat(self, n: int) -> int:
        taken = sorted(self.state.seats)
        return taken[n % len(taken)] if taken else n

    @rule(n=st.integers(0, 8))
    def join(self, n: int) -> None:
        self.do(c.Join(f"player {n}", f"Player {n}"))

    @rule(n=ANYBODY, kind=st.sampled_from([c.Drop, c.Drop, c.Drop, c.Leave]))
    def go(self, n: int, kind: type[c.Drop]) -> None:
        self.do(kind(self.seat(n)))

    @rule(n=ANYBODY, whom=ANYBODY, which=st.integers(0, 3))
    def host(self, n: int, whom: int, which: int) -> None:
        if self.state.host is None:
            return
        host, target = self.state.host, self.seat(whom)
        commands = (
            c.HandOver(host, target),
            c.ExtendTime(host, target, p.TIME_FACTORS[n % 3]),
            c.Lock(host, locked=n % 2 == 0),
            c.Kick(host, target),
        )
        self.do(commands[which])

    @precondition(lambda self: self.state.phase in {Phase.LOBBY, Phase.GAME_OVER})
    @rule()
    def go_on(self) -> None:
        if self.state.host is not None:
            kind = c.StartGame if self.state.phase is Phase.LOBBY else c.Rematch
            self.do(kind(self.state.host))

    def typed(self, form: str) -> str:
        other = CATEGORIES[(self.prompt + 1) % len(CATEGORIES)]
        return form.format(prompt=CATEGORIES[self.prompt], other=other, long="x" * 61)

    @rule(n=ANYBODY, form=TYPED, late_ms=st.sampled_from([0, 0, 20, 1_000]), read=st.integers(0, 5))
    def guess(self, n: int, form: str, late_ms: int, read: int) -> None:
        name = CATEGORIES[self.prompt]
        category, nearly = (name if read == 1 else None), (name if read == 2 else None)
        arrived_ms = max(self.now - late_ms, self.state.pens_up_ms)
        seat = self.seat(n)
        self.now += 400
        self.do(c.GuessWord(seat, self.typed(form), category, nearly, arrived_ms))

    @rule(n=ANYBODY, form=TYPED)
    def talk(self, n: int, form: str) -> None:
        seat = self.seat(n)
        if self.state.phase is Phase.COUNTDOWN:
            form = "no idea"  # nobody who may talk knows it yet
        self.do(c.Say(seat, self.typed(form)))

    @rule(n=ANYBODY, form=TYPED)
    def rename(self, n: int, form: str) -> None:
        name = self.typed(form)
        was = self.state
        self.do(c.Rename(self.seat(n), name))
        if was.phase in SECRET:
            assert names_of(self.state) == names_of(was)
        for seat, held in self.state.seats.items():  # a name may be the next prompt by chance
            if held.name != f"Player {seat}":
                self.do(c.Rename(seat, f"Player {seat}"))

    @precondition(lambda self: self.state.phase is Phase.DRAWING and self.drawer is not None)
    @rule(knows=st.booleans(), ms=st.integers(0, 1_500))
    def recognise(self, *, knows: bool, ms: int) -> None:
        """Ink, a frame, and the network's answer some time later."""
        assert self.drawer is not None
        seat = self.drawer
        held = self.state.seats[seat]
        self.do(c.AddInk(seat, held.batch + 1, Pen.STARTS, some_points(), self.now))
        self.do(c.QueueFrame(seat))
        self.now += ms
        self.do(c.Tick())
        drawing = self.state.drawings.get(seat)
        if drawing and drawing.in_flight:
            seen = distribution(self.prompt if knows else (self.prompt + 1) % 345)
            game, number, n = self.state.game, self.state.round, drawing.in_flight.n
            self.do(c.ReceiveGuess(game, number, seat, n, seen, "model", 1))

    @precondition(lambda self: self.state.phase is Phase.REVEAL)
    @rule()
    def ready(self) -> None:
        for seat in self.state.seats:
            self.do(c.MarkReady(seat))

    # --- what time does --------------------------------------------------------------------------

    @rule(ms=st.sampled_from([50, 1_000, 4_000, 9_000, 16_000]))
    def wait(self, ms: int) -> None:
        self.now += ms
        self.do(c.Tick())

    @rule()
    def jump(self) -> None:
        at = next_due_ms(self.state)
        if at is not None:
            self.now = at
            self.do(c.Tick())

    @rule(stood_ms=st.sampled_from([0, 5_000, DAY_MS]), late_ms=st.sampled_from([0, 0, 900, 9_000]))
    def take_over(self, stood_ms: int, late_ms: int) -> None:
        stopped_ms, self.now = self.now, self.now + stood_ms
        was = self.state.phase
        self.do(c.Resume(stopped_ms))
        assert self.state.phase is was, "a restart ends nothing"
        for held in list(self.state.seats.values()):
            self.do(c.Join(held.player, held.name))
            self.now += late_ms
            self.do(c.Tick())

    # --- what always holds -----------------------------------------------------------------------

    @invariant()
    def scores_are_what_was_won(self) -> None:
        assert {seat: held.score for seat, held in self.state.seats.items()} == self.scores
        assert self.state.machine_score == self.machine_score

    @invariant()
    def only_the_drawer_draws(self) -> None:
        if self.state.turn and self.state.phase is not Phase.LOBBY:
            assert self.state.turn.drawer == self.drawer
            assert set(self.state.drawings) == ({self.drawer} - {None})

    @invariant()
    def everybody_draws_as_often_as_the_rounds_say_at_most(self) -> None:
        assert {seat: held.turns for seat, held in self.state.seats.items()} == self.drew
        assert all(n <= self.state.settings.rounds for n in self.drew.values())

    @invariant()
    def a_fresh_welcome_tells_what_was_told_and_no_secret(self) -> None:
        for seat in self.state.seats:
            whole = view.welcome(self.state, seat, self.now, 1)
            told = (whole.seats, whole.turn, whole.matches, whole.reveal, whole.game_over)
            self.check_secret(told, {seat})
            assert whole.turn == self.turns.get(seat)
            if self.state.phase in SECRET:
                knows = seat == self.drawer or seat in self.solved
                assert (whole.prompt is not None) == knows
                assert knows or whole.guess is None

    @invariant()
    def nothing_is_due_before_it_is_and_something_is_then(self) -> None:
        assert due(self.state, self.now) is None
        at = next_due_ms(self.state)
        if at is None:
            assert decide(self.state, c.Tick(), self.now + DAY_MS) == []
        else:
            assert at > self.now
            assert decide(self.state, c.Tick(), at - 1) == []

    def teardown(self) -> None:
        assert evolve_all(self.opening, self.events) == self.state
        state = self.state
        for _ in range(300):
            at = next_due_ms(state)
            if at is None:
                break
            state = evolve_all(state, [step.event for step in decide(state, c.Tick(), at)])
        assert state.phase in {Phase.LOBBY, Phase.GAME_OVER}, "time alone ends every game"


def names_of(state: RoomState) -> dict[int, str]:
    return {seat: held.name for seat, held in state.seats.items()}


TestGames = Games.TestCase
TestGames.settings = settings(settings(), max_examples=settings().max_examples, phases=SEARCH)
