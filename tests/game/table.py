"""A room played by hand: commands go in, the clock moves when told, events come out."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any, Final

import pytest

from game import commands as c
from game import events as e
from game import view
from game.categories import CATEGORIES
from game.ink import Pen, stroke_of
from game.protocol import COUNTDOWN_MS, REVEAL_MS, Code, Phase, Refused, Settings
from game.room import decide, evolve, evolve_all
from game.state import Drawing, RoomState, Turn

# Every third category is easy, the next medium, the next hard.
LEVELS: Final = ("emh" * len(CATEGORIES))[: len(CATEGORIES)]
EIGHT: Final = ("cat", "dog", "bee", "sun", "car", "hat", "key", "owl")
STROKE: Final = Pen.STARTS | Pen.ENDS
START_MS: Final = 1_000_000
NAMES: Final = ("Ada", "Bob", "Cyd", "Dee", "Eli", "Fay", "Gus", "Hal")


def some_points(count: int = 3, x: int = 0) -> bytes:
    """``count`` packed points."""
    return stroke_of((x + n, n, 0) for n in range(count))


def distribution(category: int, p: float = 0.9) -> tuple[float, ...]:
    """345 probabilities with ``p`` for ``category`` and the rest spread evenly."""
    rest = (1 - p) / (len(CATEGORIES) - 1)
    return tuple(p if index == category else rest for index in range(len(CATEGORIES)))


class Table:
    """A room, its clock, and everything that happened in it."""

    def __init__(self, people: int = 0, **settings: Any) -> None:
        self.now = START_MS
        self.opening = RoomState("BCDFG", "the secret seed", LEVELS, Settings(**settings))
        self.state = self.opening
        self.events: list[e.Event] = []
        for name in NAMES[:people]:
            self.join(name)

    # --- commands --------------------------------------------------------------------------------

    def do(self, command: c.Command) -> list[e.Event]:
        """What happens because of ``command`` now."""
        happened = [step.event for step in decide(self.state, command, self.now)]
        self.state = evolve_all(self.state, happened)
        self.events += happened
        return happened

    def refuse(self, command: c.Command) -> Code:
        """The code with which ``command`` is refused; whatever else it does is a failure."""
        before = copy.deepcopy(self.state)
        with pytest.raises(Refused) as refused:
            decide(self.state, command, self.now)
        assert self.state == before
        assert refused.value.message.endswith(".")
        return refused.value.code

    def tick(self, ms: int) -> list[e.Event]:
        """What happens by itself when ``ms`` have passed."""
        self.now += ms
        return self.do(c.Tick())

    def join(self, name: str) -> list[e.Event]:
        return self.do(c.Join(name.lower(), name))

    def start(self) -> list[e.Event]:
        assert self.state.host is not None
        return self.do(c.StartGame(self.state.host))

    def pens_up(self) -> Table:
        """Into the drawing of the first or the next round."""
        if self.state.phase is Phase.LOBBY:
            self.start()
        if self.state.phase is Phase.REVEAL:
            self.tick(REVEAL_MS)
        self.tick(COUNTDOWN_MS)
        assert self.state.phase is Phase.DRAWING
        return self

    def draw(
        self, seat: int, points: bytes | None = None, pen: Pen = STROKE, batch: int | None = None
    ) -> list[e.Event]:
        """Ink that arrives now, numbered on unless ``batch`` says otherwise."""
        batch = self.state.seats[seat].batch + 1 if batch is None else batch
        points = some_points() if points is None else points
        return self.do(c.AddInk(seat, batch, pen, points, self.now))

    def ask(self, seat: int) -> list[e.Event]:
        return self.do(c.QueueFrame(seat))

    def guess(self, seat: int, category: int | None = None, p: float = 0.9) -> c.ReceiveGuess:
        """The answer to the frame in flight: the prompt, unless ``category`` says otherwise."""
        drawing = self.state.drawings[seat]
        assert drawing.in_flight is not None
        seen = drawing.prompt if category is None else category
        return c.ReceiveGuess(
            self.state.game,
            self.state.round,
            seat,
            drawing.in_flight.n,
            distribution(seen, p),
            "model",
            1,
        )

    def answer(self, seat: int, category: int | None = None, p: float = 0.9) -> list[e.Event]:
        return self.do(self.guess(seat, category, p))

    def match(self, seat: int) -> list[e.Event]:
        """Ink, a frame and the answer that it is the prompt, all at once."""
        self.draw(seat)
        self.ask(seat)
        return self.answer(seat)

    def word(self, seat: int, text: str, **read: str) -> list[e.Event]:
        """A guess of pictionary that arrives now; ``read`` is what the page makes of it."""
        return self.do(self.guessing(seat, text, **read))

    def guessing(
        self, seat: int, text: str, category: str | None = None, nearly: str | None = None
    ) -> c.GuessWord:
        return c.GuessWord(seat, text, category, nearly, self.now)

    # --- what came of it -------------------------------------------------------------------------

    @property
    def prompt(self) -> str:
        """What is to be guessed in this turn of pictionary."""
        assert self.state.turn is not None
        return CATEGORIES[self.state.turn.prompt]

    @property
    def turn(self) -> Turn:
        assert self.state.turn is not None
        return self.state.turn

    @property
    def phase(self) -> Phase:
        return self.state.phase

    def drawing(self, seat: int) -> Drawing:
        return self.state.drawings[seat]

    def wrong(self, seat: int) -> int:
        """A category that is nobody's prompt."""
        taken = {drawing.prompt for drawing in self.state.drawings.values()}
        return next(n for n in range(seat, len(CATEGORIES)) if n not in taken)

    def told(self, happened: Iterable[e.Event], before: RoomState) -> list[view.Telling]:
        """Everything that is said because of ``happened``, which led on from ``before``."""
        tellings = []
        for event in happened:
            after = evolve(before, event)
            tellings += view.tell(event, before, after, self.now)
            before = after
        return tellings


def kinds(happened: Iterable[object]) -> list[str]:
    """The names of the classes of ``happened``."""
    return [type(each).__name__ for each in happened]
