"""What can be asked of a room. Whose seat it is was settled by the token, never by the message."""

from __future__ import annotations

from dataclasses import dataclass, field

from game.ink import Pen
from game.protocol import Settings


@dataclass(frozen=True, slots=True)
class Join:
    """A player wants in, or back in.

    ``origin`` is the same for all who come from one place, and tells nothing else; empty where
    that is not known.
    """

    player: str
    name: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Drop:
    """A seat's socket went away; the seat is kept for a while.

    ``cut_off``: by the doing of a server, not of the player or their network.
    """

    seat: int
    cut_off: bool = False


@dataclass(frozen=True, slots=True)
class Leave:
    """A player gives the seat up."""

    seat: int


@dataclass(frozen=True, slots=True)
class Kick:
    """The host removes a seat for good."""

    seat: int
    target: int


@dataclass(frozen=True, slots=True)
class ChangeSettings:
    """The host changes how the room plays."""

    seat: int
    settings: Settings


@dataclass(frozen=True, slots=True)
class Lock:
    """The host locks the door or opens it."""

    seat: int
    locked: bool


@dataclass(frozen=True, slots=True)
class HandOver:
    """The host makes another seat the host."""

    seat: int
    target: int


@dataclass(frozen=True, slots=True)
class ExtendTime:
    """The host gives a seat more time to draw, or takes it back."""

    seat: int
    target: int
    factor: float


@dataclass(frozen=True, slots=True)
class Rename:
    """A player changed their name."""

    seat: int
    name: str


@dataclass(frozen=True, slots=True)
class Say:
    """A line of chat."""

    seat: int
    text: str


@dataclass(frozen=True, slots=True)
class GuessWord:
    """A player says what is drawn: as typed, and how their page reads that in their language."""

    seat: int
    text: str
    category: str | None
    nearly: str | None
    arrived_ms: int


@dataclass(frozen=True, slots=True)
class StartGame:
    """The host starts."""

    seat: int


@dataclass(frozen=True, slots=True)
class MarkReady:
    """A player has seen enough of the reveal."""

    seat: int


@dataclass(frozen=True, slots=True)
class Rematch:
    """The host takes the room back to the lobby."""

    seat: int


@dataclass(frozen=True, slots=True)
class AddInk:
    """Ink arrived. The time is that of its arrival at the server."""

    seat: int
    batch: int
    pen: Pen
    points: bytes = field(repr=False)
    arrived_ms: int


@dataclass(frozen=True, slots=True)
class UndoStroke:
    """The newest stroke is taken back."""

    seat: int
    batch: int | None
    arrived_ms: int


@dataclass(frozen=True, slots=True)
class ClearCanvas:
    """The canvas is wiped."""

    seat: int
    batch: int | None
    arrived_ms: int


@dataclass(frozen=True, slots=True)
class QueueFrame:
    """The recogniser is ready to ask the network about a drawing."""

    seat: int


@dataclass(frozen=True, slots=True)
class ReceiveGuess:
    """The network answered frame ``n`` of a drawing: 345 probabilities, or none if it failed."""

    game: int
    round: int
    seat: int
    n: int
    probabilities: tuple[float, ...] = field(repr=False)
    model: str
    raster: int


@dataclass(frozen=True, slots=True)
class Erase:
    """A player wants to be forgotten everywhere."""

    player: str


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


@dataclass(frozen=True, slots=True)
class Resume:
    """The room was taken over from a process that last wrote at ``stopped_ms``."""

    stopped_ms: int


@dataclass(frozen=True, slots=True)
class Stall:
    """Nothing could be stored for ``by_ms``, so the room stood still."""

    by_ms: int


Command = (
    Join
    | Drop
    | Leave
    | Kick
    | ChangeSettings
    | Lock
    | HandOver
    | ExtendTime
    | Rename
    | Say
    | GuessWord
    | StartGame
    | MarkReady
    | Rematch
    | AddInk
    | UndoStroke
    | ClearCanvas
    | QueueFrame
    | ReceiveGuess
    | Erase
    | Tick
    | Resume
    | Stall
)
