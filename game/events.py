"""What happened in a room. Stored before anybody is told; replayed, they rebuild the room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from game.dynamics import Sign
from game.ink import BYTES_AS_BASE64, Pen
from game.protocol import Settings


@dataclass(frozen=True, slots=True)
class SeatTaken:
    """A player sat down."""

    seat: int
    player: str
    name: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class SeatReturned:
    """A player is back in the seat that was kept."""

    seat: int
    origin: str = ""


@dataclass(frozen=True, slots=True)
class SeatDropped:
    """A player's socket is gone; the seat is kept. ``cut_off``: by the doing of a server."""

    seat: int
    at_ms: int
    cut_off: bool = False


@dataclass(frozen=True, slots=True)
class SeatLeft:
    """A seat is free again. Kicked players cannot come back."""

    seat: int
    why: Literal["left", "kicked", "away"]
    at_ms: int = 0  # of a kick


@dataclass(frozen=True, slots=True)
class HostChanged:
    """Another seat hosts."""

    seat: int


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """The room plays differently from now on."""

    settings: Settings


@dataclass(frozen=True, slots=True)
class LockChanged:
    """The door was locked or opened."""

    locked: bool


@dataclass(frozen=True, slots=True)
class TimeExtended:
    """A seat has ``factor`` times the time to draw, from the next round on."""

    seat: int
    factor: float


@dataclass(frozen=True, slots=True)
class Renamed:
    """A player has a new name."""

    seat: int
    name: str


@dataclass(frozen=True, slots=True)
class Said:
    """A line of chat."""

    seat: int
    text: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class GuessMissed:
    """A guess was wrong. ``hidden`` from who still guesses, since it would tell them too much."""

    seat: int
    text: str
    close: bool
    hidden: bool
    arrived_ms: int


@dataclass(frozen=True, slots=True)
class Solved:
    """A player knew what was drawn. ``ms`` is into the turn, of ``total_ms``."""

    seat: int
    text: str
    category: str | None
    ms: int
    total_ms: int
    points: int


@dataclass(frozen=True, slots=True)
class GameStarted:
    """Scores are at nought; the first round follows."""


@dataclass(frozen=True, slots=True)
class RoundStarted:
    """Prompts are dealt (seat to category index) and the countdown runs."""

    round: int
    prompts: Mapping[int, int]
    at_ms: int


@dataclass(frozen=True, slots=True)
class PensUp:
    """The countdown is over; drawing has begun."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class TimeUp:
    """A seat's own time is up, while others have more."""

    seat: int


@dataclass(frozen=True, slots=True)
class PensDown:
    """Time is up; the last frames are still with the network."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class RoundEnded:
    """Everybody matched, or the last frame was answered: all is revealed.

    In pictionary the drawer earns by the people who beat the network.
    """

    at_ms: int
    among: int = 0  # people who guessed
    beaten: int = 0  # of whom so many beat it
    points: int = 0


@dataclass(frozen=True, slots=True)
class MarkedReady:
    """A player has seen enough."""

    seat: int


@dataclass(frozen=True, slots=True)
class GameEnded:
    """The podium."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class LobbyOpened:
    """Back to the lobby: a rematch, or nobody is left to play."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class InkAdded:
    """Ink was drawn."""

    __pydantic_config__: ClassVar[dict[str, Any]] = BYTES_AS_BASE64

    seat: int
    batch: int
    pen: Pen
    points: bytes = field(repr=False)
    arrived_ms: int


@dataclass(frozen=True, slots=True)
class StrokeUndone:
    """The newest stroke was taken back."""

    seat: int
    batch: int | None
    arrived_ms: int


@dataclass(frozen=True, slots=True)
class CanvasCleared:
    """The canvas was wiped."""

    seat: int
    batch: int | None
    arrived_ms: int


@dataclass(frozen=True, slots=True)
class CanvasFilled:
    """More was drawn than a drawing can hold; the rest is lost until something is taken back."""

    seat: int


@dataclass(frozen=True, slots=True)
class InkSkipped:
    """Ink that came too late, or on a full canvas; it is acknowledged, so nobody sends it again."""

    seat: int
    batch: int


@dataclass(frozen=True, slots=True)
class FrameQueued:
    """The network was asked about the drawing as it is now, or as the lost frame had it."""

    seat: int
    n: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class FrameLost:
    """The network did not answer in time; the same ink is asked about again."""

    seat: int
    n: int


@dataclass(frozen=True, slots=True)
class FrameFailed:
    """The network could not read the frame, and would not the next time: it is dropped."""

    seat: int
    n: int


@dataclass(frozen=True, slots=True)
class Matched:
    """The network's top prediction is the prompt. ``ms`` is into the round, by ink arrival.

    ``signs`` are those that no hand drew the ink. Always followed by the ``Guessed`` of the same
    frame.
    """

    seat: int
    n: int
    ms: int
    points: int
    model: str
    raster: int
    signs: tuple[Sign, ...] = ()


@dataclass(frozen=True, slots=True)
class Guessed:
    """The network said what it sees. ``top`` holds (category index, probability)."""

    seat: int
    n: int
    top: tuple[tuple[int, float], ...]
    prompt_p: float
    at_ms: int


@dataclass(frozen=True, slots=True)
class PlayerErased:
    """Nothing in the room knows of this player any more."""

    player: str


@dataclass(frozen=True, slots=True)
class ClockShifted:
    """The room stood still for ``by_ms``; every running time is that much later."""

    by_ms: int


@dataclass(frozen=True, slots=True)
class PenHeldBack:
    """A pen was kept away for ``by_ms`` by a server's doing; its own time is that much later."""

    seat: int
    by_ms: int


Event = (
    SeatTaken
    | SeatReturned
    | SeatDropped
    | SeatLeft
    | HostChanged
    | SettingsChanged
    | LockChanged
    | TimeExtended
    | Renamed
    | Said
    | GuessMissed
    | Solved
    | GameStarted
    | RoundStarted
    | PensUp
    | TimeUp
    | PensDown
    | RoundEnded
    | MarkedReady
    | GameEnded
    | LobbyOpened
    | InkAdded
    | StrokeUndone
    | CanvasCleared
    | CanvasFilled
    | InkSkipped
    | FrameQueued
    | FrameLost
    | FrameFailed
    | Guessed
    | Matched
    | PlayerErased
    | ClockShifted
    | PenHeldBack
)
