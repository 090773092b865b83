"""A room as one plain, immutable value. All times are milliseconds of the owner's clock.

What changes with every message has no slots: ``replaced`` copies its fields all at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from game.deck import Levels
from game.dynamics import Sign
from game.ink import BLANK, HAIR, POINT, Ink, extent
from game.protocol import CUT_OFF_MS, Phase, Settings

T = TypeVar("T", "Seat", "Drawing", "RoomState")


def replaced(value: T, **changes: Any) -> T:
    """``value`` with other values in the fields that are named.

    A tenth of the work of ``dataclasses.replace``, which reads and sets the fields one by one; and
    a room's state is replaced a thousand times a second. A name that is no field is not noticed.
    """
    other = object.__new__(type(value))
    vars(other).update(vars(value), **changes)
    return other


@dataclass(frozen=True, slots=True)
class Drawn:
    """What became of one drawing of a game, or of one turn's guessing, once its round was over."""

    round: int
    prompt: int  # category index
    ms: int | None  # into the round, when it was matched or solved; None if it was not
    points: int = 0


@dataclass(frozen=True)
class Seat:
    """A player in the room."""

    player: str  # public id
    name: str
    here: bool = True
    away_since_ms: int = 0  # meaningless while here
    cut_off: bool = False  # away by a server's doing
    score: int = 0
    matches: int = 0
    drawn: tuple[Drawn, ...] = ()  # in this game, a drawing a round
    signs: tuple[Sign, ...] = ()  # in this game, that no hand drew what was matched
    guessed: tuple[Drawn, ...] = ()  # in this game of pictionary, a turn in which others drew
    batch: int = 0  # the last ink batch accepted
    ready: bool = False
    time: float = 1.0  # of the round's time, for drawing
    chats_ms: tuple[int, ...] = ()  # when the last few messages were said
    turns: int = 0  # how often it drew in this game of pictionary
    guesses_ms: tuple[int, ...] = ()  # when its last few wrong guesses arrived
    origin: str = ""  # the same for all who come from one place


@dataclass(frozen=True, slots=True)
class Frame:
    """A drawing's ink at one moment, on its way to the network and back."""

    n: int
    ink: Ink
    ink_ms: int  # when the newest of that ink arrived
    queued_ms: int
    again: int = 0  # how often it was lost and asked about once more, under the next number

    def answered_by(self, n: int) -> bool:
        """Whether an answer to number ``n`` is about this ink."""
        return self.n - self.again <= n <= self.n


@dataclass(frozen=True, slots=True)
class Match:
    """A verdict, with all that is needed to derive it again."""

    frame: Frame
    ms: int  # into the round
    points: int
    model: str
    raster: int
    signs: tuple[Sign, ...] = ()  # that no hand drew it

    @property
    def giveaway(self) -> int:
        """The index of the stroke that flipped the verdict: the newest in the frame."""
        return len(self.frame.ink.strokes) - 1


@dataclass(frozen=True)
class Drawing:
    """One seat's ink in one round, and what the network made of it so far."""

    prompt: int
    total_ms: int = 0  # of drawing, from the moment pens are up
    pens_up_ms: int = 0  # when that was; later than the round's for a pen that was held back
    pens_down_ms: int = 0  # when this pen goes down
    time_up: bool = False  # this pen is down while others still draw
    ink: Ink = BLANK
    full: bool = False  # more was drawn than it can hold, and nothing taken back since
    ink_ms: int = 0
    changes: int = 0  # how often the ink changed …
    framed: int = 0  # … and how many of those changes the newest frame has seen
    framed_points: int = 0  # how many points that had; 0 again when ink is taken back
    frames: int = 0  # number of the newest frame …
    framed_ms: int = 0  # … and when it was queued
    in_flight: Frame | None = None
    lost: Frame | None = None  # given up; goes out again, with its own time, before newer ink
    top: tuple[tuple[int, float], ...] = ()
    prompt_p: float = 0.0
    guessed_frame: int = 0
    guessed_after_ms: int = 0
    curve: tuple[tuple[int, float], ...] = ()  # (ms into the round, prompt's probability)
    match: Match | None = None

    @property
    def wants_frame(self) -> bool:
        """Whether there is ink that the network was not asked about, and it is free to ask."""
        if self.match or self.in_flight:
            return False
        return self.lost is not None or (self.framed < self.changes and bool(self.ink.strokes))

    @property
    def rests(self) -> bool:
        """Whether the pen is down and has moved by no more than a hair since the newest frame."""
        if not self.ink.pen_down:
            return False
        stroke = self.ink.strokes[-1]
        tail = (self.ink.points - self.framed_points + 1) * POINT.size  # from the last one framed
        return tail <= len(stroke) and extent(stroke[-tail:]) <= HAIR


@dataclass(frozen=True, slots=True)
class Solve:
    """A player, or the network, knew what was drawn."""

    ms: int  # into the turn
    total_ms: int
    points: int
    text: str = ""
    category: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One player's turn to draw while the others guess."""

    drawer: int | None  # None once that seat was given up
    name: str
    prompt: int
    total_ms: int = 0  # of the turn
    solved: Mapping[int, Solve] = field(default_factory=dict)
    tries: Mapping[int, int] = field(default_factory=dict)  # wrong guesses of each seat
    machine: Solve | None = None
    among: int = 0  # people who guessed; known at the end, as are …
    beaten: int = 0  # … how many of them beat the network …
    points: int = 0  # … and what that earned the drawer


@dataclass(frozen=True)
class RoomState:
    """Everything a room is. The only ways to a new one are ``game.room.evolve`` and opening one."""

    code: str
    seed: str
    levels: Levels
    settings: Settings = field(default_factory=Settings)
    seats: Mapping[int, Seat] = field(default_factory=dict)
    host: int | None = None
    locked: bool = False  # nobody new comes in
    banned: tuple[str, ...] = ()  # the last few who were kicked
    kicked_from: Mapping[str, int] = field(default_factory=dict)  # where from, and until when (ms)
    phase: Phase = Phase.LOBBY
    phase_since_ms: int = 0
    phase_ends_ms: int = 0  # 0: no end of its own
    pens_up_ms: int = 0  # when this round's drawing began
    pens_down_ms: int = 0  # and when the last of its pens goes down
    game: int = 0  # games started in this room
    round: int = 0
    dealt: int = 0  # cards of the deck dealt in this game
    drawings: Mapping[int, Drawing] = field(default_factory=dict)
    turn: Turn | None = None  # in pictionary, from its countdown to the next
    machine_score: int = 0  # what the network has won in this game of pictionary
    machine_matches: int = 0

    @property
    def is_open(self) -> bool:
        """Whether somebody new can come in."""
        return not self.locked and len(self.seats) < self.settings.players

    @property
    def asks_network(self) -> bool:
        """Whether drawings may be asked about: from the first ink to the last verdict."""
        return self.phase in (Phase.DRAWING, Phase.JUDGING)

    @property
    def game_id(self) -> str:
        """Names this game among all games ever played; told to all, so it cannot tell the seed."""
        room = hashlib.blake2b(self.seed.encode(), digest_size=8).hexdigest()
        return f"{self.code}-{room}-{self.game}"


def last_pen_ms(state: RoomState) -> int:
    """When the last of those who still draw must stop; they may have different times."""
    drawing = [pen_down_ms(state, seat) for seat, d in state.drawings.items() if not d.match]
    return max(drawing, default=state.pens_down_ms)


def pen_down_ms(state: RoomState, seat: int) -> int:
    """When the pen of ``seat`` goes down; one that is cut off is waited for."""
    wait_ms = CUT_OFF_MS if state.seats[seat].cut_off else 0
    return state.drawings[seat].pens_down_ms + wait_ms
