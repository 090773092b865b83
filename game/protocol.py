"""Protocol ``inkling.v1``: every message, limit, error code and close code, in one place.

JSON messages are the frozen dataclasses below, told apart by ``type``; unknown types and extra
fields are errors. Ink is binary, little-endian (see ``game.ink`` for the points):

===========  =====================================================================================
client ink   ``u8 1 · u32 batch · u8 pen · n points``; answered by an acknowledgement
relayed ink  ``u8 2 · u8 entries ·`` per entry ``u8 seat · u8 pen · u16 n · n points``
acknowledge  ``u8 3 · u32 batch``: all batches up to this one are stored
===========  =====================================================================================

Batches are numbered upwards from 1 for as long as a player holds a seat. A number not above the
last one accepted is a repeat: acknowledged again, not drawn again. ``undo`` and ``clear`` may
carry a number from the same count, and then the same holds for them. Times are durations in
milliseconds; no clock of anybody's crosses the wire.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Final, Literal

from game import ink
from game.dynamics import Sign

VERSION: Final = "inkling.v1"


# --- limits --------------------------------------------------------------------------------------

MAX_SEATS: Final = 16
NAME_CHARS: Final = 24
CHAT_CHARS: Final = 200
GUESS_CHARS: Final = 60
CODE_CHARS: Final = 5  # 28^5 = 17 million rooms; no vowels, nothing that reads like another
CODE_ALPHABET: Final = "23456789BCDFGHJKLMNPQRSTVWXZ"
MAX_TEXT_BYTES: Final = 16 * 1024  # a custom deck of all 345 categories is 4 KiB
MAX_MESSAGE_BYTES: Final = 64 * 1024  # up to here a sentence says what is wrong; beyond, 1009
MAX_BATCH_POINTS: Final = 512  # the page sends each 50 ms; a 1 kHz pen leaves 50 points in that
MAX_BINARY_BYTES: Final = 6 + MAX_BATCH_POINTS * ink.POINT.size
MAX_BATCH: Final = 2**32 - 1  # numbers of ink batches are u32
MAX_STROKES: Final = 256  # of one drawing; what is beyond this …
MAX_POINTS: Final = 8192  # … or this is cut off; two minutes of a 60 Hz pointer that never rests
MAX_CURVE: Final = 256  # points of a reveal's curve; more than a screen shows
MAX_BANNED: Final = 256  # players a room remembers having removed
KICKED_FROM_MS: Final = 60_000  # nobody new comes in from where somebody was kicked, for so long
MIN_DECK: Final = 8
HELLO_MS: Final = 10_000  # a socket that has not said hello by then is closed
SEAT_KEPT_MS: Final = 60_000  # a seat waits this long for its player
CUT_OFF_MS: Final = 6_000  # a pen that a server's death cut off is waited for this long
HOST_KEPT_MS: Final = 30_000  # hosting passes on when the host is gone this long
COUNTDOWN_MS: Final = 3_000
REVEAL_MS: Final = 12_000  # a reveal ends then, or when all are ready …
REVEAL_MIN_MS: Final = 2_000  # … but not before this, so that nobody skips it by accident
JUDGING_MS: Final = 6_000  # longest wait, after the pens are down, for frames still in flight
FRAME_LOST_MS: Final = 2_000  # a frame unanswered for this long is given up and superseded
IDLE_ROOM_MS: Final = 60 * 60_000  # a room nobody is in is forgotten after this
DRAWER_KEPT_MS: Final = 15_000  # a turn waits this long for its drawer, and for who guesses
PICTIONARY_PLAYERS: Final = 2  # at least
TURNS_EACH: Final = 6  # most that anybody draws in a game of pictionary
GUESS_BURST: Final = 4  # guesses …
GUESS_WINDOW_MS: Final = 4_000  # … in this time
GUESS_TRIES: Final = 12  # after so many wrong guesses in a turn, each time …
GUESS_PAUSE_MS: Final = 8_000  # … comes a pause
CHAT_BURST: Final = 5  # messages …
CHAT_WINDOW_MS: Final = 5_000  # … in this time
MESSAGES_PER_S: Final = 60  # of one socket, on average …
MESSAGES_BURST: Final = 120  # … and at once
TIME_FACTORS: Final = (1.0, 1.5, 2.0)  # of the round's time, that a seat may have for drawing
MAX_OFFENCES: Final = 20  # malformed or refused messages before a socket is closed …
OFFENCE_KEPT_MS: Final = 10_000  # … one of which is forgotten each time this passes
INK_POINTS_PER_S: Final = 2_000  # of one socket, on average: twice the fastest pen …
INK_POINTS_BURST: Final = 2 * MAX_POINTS  # … and at once: all that a page can have kept
OUTBOX_MESSAGES: Final = 256  # a reader further behind than this …
OUTBOX_BYTES: Final = 2 * 1024 * 1024  # … or this is closed and may come back
INBOX_COMMANDS: Final = 2_048  # commands waiting for one room
TOP_GUESSES: Final = 5


@dataclass(frozen=True, slots=True)
class Between:
    """Marks the bounds of a number, both included."""

    low: float
    high: float


# --- codes ---------------------------------------------------------------------------------------


class Close(enum.IntEnum):
    """Why a socket was closed. 4000-4499: come back; 4500-4999: do not."""

    RESTARTING = 4000  # this server is going away; another, or the same, takes the room on
    ROOM_MOVED = 4001  # the room changed owner under this socket
    SILENT = 4002  # no hello in time
    SLOW = 4008  # the outbox overflowed: reconnecting is quicker than catching up
    FLOODING = 4029  # far more messages than a hand can make
    BAD_TOKEN = 4501
    OFFENCES = 4502  # too many malformed messages
    TOO_LARGE = 4503
    NO_ROOM = 4504
    ROOM_FULL = 4505
    KICKED = 4506
    REPLACED = 4507  # the same player came in from another tab or device
    LOCKED = 4508
    LEFT = 4509
    BANNED = 4510


class Code(enum.StrEnum):
    """What an ``error`` is about. The sentence beside it is for people, this is for programs."""

    MALFORMED = "malformed"
    UNKNOWN_TYPE = "unknown_type"
    HELLO_FIRST = "hello_first"
    HELLO_TWICE = "hello_twice"
    BAD_TOKEN = "bad_token"  # noqa: S105 - the name of an error, not a secret
    NO_ROOM = "no_room"
    NOT_FOUND = "not_found"  # something else than a room
    ROOM_FULL = "room_full"
    ROOM_LOCKED = "room_locked"
    KICKED = "kicked"
    BANNED = "banned"  # from the whole server, by whoever runs it
    NOT_HOST = "not_host"
    NO_SEAT = "no_seat"
    WRONG_PHASE = "wrong_phase"
    NOT_DRAWING = "not_drawing"
    NAME_EMPTY = "name_empty"
    NAME_TOO_LONG = "name_too_long"
    TOO_FEW_PLAYERS = "too_few_players"
    NOT_GUESSING = "not_guessing"
    GUESS_TOO_FAST = "guess_too_fast"
    DRAWER_SILENT = "drawer_silent"
    CHAT_EMPTY = "chat_empty"
    CHAT_TOO_LONG = "chat_too_long"
    SETTING_OUT_OF_BOUNDS = "setting_out_of_bounds"
    DECK_TOO_SMALL = "deck_too_small"
    UNKNOWN_CATEGORY = "unknown_category"
    INK_MALFORMED = "ink_malformed"
    INK_TOO_LONG = "ink_too_long"
    INK_FULL = "ink_full"
    TOO_FAST = "too_fast"
    TOO_LARGE = "too_large"
    BUSY = "busy"
    FAULT = "fault"  # the server's own mistake


# --- what is played ------------------------------------------------------------------------------


class Level(enum.StrEnum):
    """How hard the network finds a category; measured, shipped beside the weights."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


class Phase(enum.StrEnum):
    """Where a room is. The transitions are the table in ``game.phases``."""

    LOBBY = "lobby"
    COUNTDOWN = "countdown"
    DRAWING = "drawing"
    JUDGING = "judging"  # pens down, the last frames are still with the network
    REVEAL = "reveal"
    GAME_OVER = "game_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a room plays. ``deck`` is a set of levels or, if ``custom`` names categories, those.

    ``race``: all draw and the network judges. ``pictionary``: one draws, the others and the network
    guess; then ``rounds`` is how often each draws, up to ``TURNS_EACH``, it takes two players, and
    ``prompt`` means nothing.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    mode: Literal["race", "pictionary"] = "race"
    rounds: Annotated[int, Between(1, 20)] = 6
    seconds: Annotated[int, Between(10, 120)] = 20
    players: Annotated[int, Between(1, MAX_SEATS)] = 8
    prompt: Literal["own", "same"] = "own"
    deck: tuple[Level, ...] = (Level.EASY, Level.MEDIUM)
    custom: tuple[str, ...] = ()
    guess_among: Literal["all", "deck"] = "all"
    confidence: Annotated[float, Between(0.0, 0.95)] = 0.20
    public: bool = False


# --- client messages -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What every JSON message shares: no field but the ones named."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello(Message):
    """First message of a socket: who it is. The answer is ``welcome``.

    ``since`` is the offset of the last message seen; it may be given and changes nothing, because
    a fresh ``welcome`` is the one way back in (see ARCHITECTURE.md).
    """

    token: str
    name: str | None = None
    since: int | None = None
    type: Literal["hello"] = "hello"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start(Message):
    """The host starts the game."""

    type: Literal["start"] = "start"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSettings(Message):
    """The host changes the room's settings, all of them at once, in the lobby."""

    settings: Settings
    type: Literal["settings"] = "settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kick(Message):
    """The host removes a seat for good; its player cannot come back to this room."""

    seat: int
    type: Literal["kick"] = "kick"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock(Message):
    """The host locks the door or opens it. Nobody new comes in; those with a seat come back."""

    locked: bool
    type: Literal["lock"] = "lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver(Message):
    """The host makes another seat, whose player is here, the host."""

    seat: int
    type: Literal["host"] = "host"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendTime(Message):
    """The host gives a seat ``factor`` times the time to draw, one of ``TIME_FACTORS``.

    It holds from the next round on. Points count against that seat's own time, and a round waits
    for the longest. In pictionary it makes that seat's turns to draw longer, for all who guess.
    """

    seat: int
    factor: float
    type: Literal["time"] = "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat(Message):
    """A line of talk to the room.

    In pictionary the drawer is silent, those who know hear each other alone, and what is said by
    who still guesses is a guess.
    """

    text: str
    type: Literal["chat"] = "chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuessWord(Message):
    """What the other is drawing, in the guesser's own words.

    ``category`` is the category's name if ``text`` is what it is called in the guesser's language,
    ``nearly`` the one that it may be a slip for; English needs neither.
    """

    text: str
    category: str | None = None
    nearly: str | None = None
    type: Literal["guess"] = "guess"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo(Message):
    """Take back the newest stroke of one's own drawing."""

    batch: int | None = None
    type: Literal["undo"] = "undo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear(Message):
    """Wipe one's own drawing."""

    batch: int | None = None
    type: Literal["clear"] = "clear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready(Message):
    """Seen enough of the reveal; it ends when all who are here are ready."""

    type: Literal["ready"] = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rematch(Message):
    """The host takes the room from the podium back to the lobby."""

    type: Literal["rematch"] = "rematch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave(Message):
    """Give up the seat for good."""

    type: Literal["leave"] = "leave"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping(Message):
    """Answered at once by a ``pong`` with the same ``id``."""

    id: int = 0
    type: Literal["ping"] = "ping"


ClientMessage = (
    Hello
    | Start
    | ChangeSettings
    | Kick
    | Lock
    | HandOver
    | ExtendTime
    | Chat
    | GuessWord
    | Undo
    | Clear
    | Ready
    | Rematch
    | Leave
    | Ping
)


# --- server messages -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatView:
    """One player as the others see them. ``gone`` is the last that is heard of a seat."""

    seat: int
    name: str
    state: Literal["here", "away", "gone"]
    score: int
    playing: bool  # draws in this round; a late joiner watches until the next
    matched: bool  # the network knew its drawing, or, in pictionary, it knew what was drawn
    ready: bool
    host: bool
    time: float  # of the round's time, that it has for drawing; more than 1 by the host's leave


@dataclass(frozen=True, slots=True, kw_only=True)
class GuessView:
    """One line of what the network sees."""

    category: str
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingView:
    """One row of the podium; equal scores share a place. ``seat`` is null for the network."""

    seat: int | None
    name: str
    score: int
    place: int
    matches: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerMessage:
    """What every message of the server shares: the offset in the room's log it tells of."""

    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseChanged(ServerMessage):
    """Where the room is now. ``ms_total`` 0: this phase has no end of its own.

    Seats may have different times to draw: each is told its own, and ``judging`` from its own end
    on while others still draw.
    """

    phase: Phase
    round: int  # 1-based; 0 before the first
    rounds: int  # in pictionary the turns that there will be, if nobody comes or goes
    ms_left: int
    ms_total: int
    type: Literal["phase"] = "phase"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt(ServerMessage):
    """What the receiver must draw, as soon as the countdown starts. Told to nobody else.

    In pictionary it is told to who has guessed it as well.
    """

    category: str
    level: Level
    type: Literal["prompt"] = "prompt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess(ServerMessage):
    """What the network makes of the receiver's own drawing, most likely first.

    In pictionary, of the one drawing that there is, to those who know what it is.

    ``prompt_p`` is the probability of the receiver's prompt, ``ms`` the time from the newest ink
    in the frame to this guess.
    """

    top: tuple[GuessView, ...]
    prompt_p: float
    frame: int
    ms: int
    type: Literal["guess"] = "guess"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match(ServerMessage):
    """A seat's drawing was recognised. ``category`` is null while it is still a secret."""

    seat: int
    category: str | None
    ms: int  # into the round, when the deciding ink arrived
    place: int
    points: int
    score: int
    type: Literal["match"] = "match"


@dataclass(frozen=True, slots=True, kw_only=True)
class SolveView:
    """Who knew what was drawn, and when. ``seat`` is null for the network."""

    seat: int | None
    ms: int  # into the turn, when the guess arrived, or the ink that the network saw
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn(ServerMessage):
    """A turn of pictionary as it stands: at its start, with each change, and at its end.

    What was drawn, and what the drawer earned by how many people beat the network, are told with
    the reveal.
    """

    drawer: int | None  # null once that seat was given up
    name: str
    solves: tuple[SolveView, ...]  # in the order of time
    machine_score: int  # what the network has won in this game
    machine_matches: int
    category: str | None
    beaten: int | None
    points: int | None
    type: Literal["turn"] = "turn"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawingView:
    """One drawing of a finished round. Its ink is relayed before this, if not known already.

    In pictionary ``points`` are the network's.
    """

    seat: int
    name: str
    category: str
    level: Level
    matched_ms: int | None
    points: int
    place: int | None
    curve: tuple[tuple[int, float], ...]  # (ms into the round, probability of the prompt)
    giveaway: int | None  # index of the stroke that flipped the verdict
    top: tuple[GuessView, ...]  # the network's last word


@dataclass(frozen=True, slots=True, kw_only=True)
class Reveal(ServerMessage):
    """What everybody had to draw and how it went."""

    round: int
    drawings: tuple[DrawingView, ...]
    type: Literal["reveal"] = "reveal"


@dataclass(frozen=True, slots=True, kw_only=True)
class GameOver(ServerMessage):
    """The podium."""

    game: str
    standings: tuple[StandingView, ...]
    type: Literal["game_over"] = "game_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatChanged(ServerMessage):
    """A seat was taken, left, lost its player, got them back, or changed."""

    seat: SeatView
    type: Literal["seat"] = "seat"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChanged(ServerMessage):
    """The room plays differently now. ``deck_size`` is how many categories that leaves."""

    settings: Settings
    deck_size: int
    type: Literal["settings"] = "settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockChanged(ServerMessage):
    """The door was locked or opened."""

    locked: bool
    type: Literal["lock"] = "lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Whose ink showed signs, in this game, that no hand drew it; an aid to drawing does too."""

    seat: int
    signs: tuple[Sign, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts(ServerMessage):
    """All doubts of this game, for the host's eyes; no verdict hangs on them."""

    doubts: tuple[Doubt, ...]
    type: Literal["doubts"] = "doubts"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSaid(ServerMessage):
    """Somebody said something.

    ``guess`` is a wrong guess, ``close`` one's own that was nearly right, ``aside`` what is said
    among those who know.
    """

    seat: int
    name: str
    text: str
    kind: Literal["talk", "guess", "close", "aside"] = "talk"
    type: Literal["chat"] = "chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement(ServerMessage):
    """Whoever runs the server has something to say to everybody."""

    text: str
    type: Literal["announcement"] = "announcement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome(ServerMessage):
    """The whole view of one seat; all visible ink follows in one binary message.

    ``batch`` is the last ink batch accepted from this seat: resend from the next one on.
    """

    protocol: str = VERSION
    code: str
    seat: int
    seats: tuple[SeatView, ...]
    settings: Settings
    deck_size: int
    locked: bool
    phase: PhaseChanged
    prompt: Prompt | None
    guess: Guess | None
    turn: Turn | None
    matches: tuple[Match, ...]
    reveal: Reveal | None
    game_over: GameOver | None
    doubts: tuple[Doubt, ...]  # the host's; nobody else has any
    batch: int
    type: Literal["welcome"] = "welcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class Error(ServerMessage):
    """The last message was not accepted, or of ink (``ink_full``) not all of it."""

    code: Code
    message: str
    type: Literal["error"] = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pong(ServerMessage):
    """Answer to ``ping``."""

    id: int
    type: Literal["pong"] = "pong"


AnyServerMessage = (
    Welcome
    | SeatChanged
    | SettingsChanged
    | LockChanged
    | PhaseChanged
    | Prompt
    | Guess
    | Match
    | Turn
    | Reveal
    | GameOver
    | ChatSaid
    | Doubts
    | Announcement
    | Error
    | Pong
)


# --- binary messages -----------------------------------------------------------------------------

CLIENT_INK: Final = 1
RELAYED_INK: Final = 2
ACKNOWLEDGED: Final = 3
_CLIENT_HEAD: Final = struct.Struct("<BIB")
_RELAY_ENTRY: Final = struct.Struct("<BBH")
_ACK: Final = struct.Struct("<BI")
_PENS: Final = tuple(map(ink.Pen, range(4)))  # every union of STARTS and ENDS


@dataclass(frozen=True, slots=True)
class InkBatch:
    """Ink as a client sent it."""

    batch: int
    pen: ink.Pen
    points: bytes = field(repr=False)


class Refused(Exception):  # noqa: N818 - a player's mistake, not an error of the program
    """A message that cannot be accepted: the code for programs, the sentence for people."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


def read_ink(data: bytes) -> InkBatch:
    """The ink batch in a client's binary message. Raises ``Refused``."""
    if len(data) < _CLIENT_HEAD.size or data[0] != CLIENT_INK:
        raise Refused(Code.INK_MALFORMED, "This is not an ink message.")
    _, batch, pen = _CLIENT_HEAD.unpack_from(data)
    points = data[_CLIENT_HEAD.size :]
    if pen >= len(_PENS):
        raise Refused(Code.INK_MALFORMED, f"Ink flags can be 0 to 3, not {pen}.")
    if len(points) % ink.POINT.size:
        raise Refused(Code.INK_MALFORMED, "The ink message ends inside a point.")
    if len(points) > MAX_BATCH_POINTS * ink.POINT.size:
        raise Refused(Code.INK_TOO_LONG, f"An ink message holds at most {MAX_BATCH_POINTS} points.")
    if not batch:
        raise Refused(Code.INK_MALFORMED, "Ink batches are numbered from 1.")
    return InkBatch(batch, _PENS[pen], points)


def write_ink(batch: InkBatch) -> bytes:
    """A client's binary message; what ``read_ink`` reads."""
    return _CLIENT_HEAD.pack(CLIENT_INK, batch.batch, batch.pen) + batch.points


def write_relay(entries: Iterable[tuple[int, ink.Pen, bytes]]) -> list[bytes]:
    """``(seat, pen, points)`` entries as relay messages of at most 255 entries each."""
    return relay_of([relay_entry(seat, pen, points) for seat, pen, points in entries])


def relay_entry(seat: int, pen: ink.Pen, points: bytes) -> bytes:
    """One entry of a relay message."""
    return _RELAY_ENTRY.pack(seat, pen, len(points) // ink.POINT.size) + points


def relay_of(entries: Sequence[bytes]) -> list[bytes]:
    """Written entries as relay messages of at most 255 entries each."""
    return [
        bytes((RELAYED_INK, len(chunk))) + b"".join(chunk)
        for chunk in (entries[at : at + 255] for at in range(0, len(entries), 255))
    ]


def write_ack(batch: int) -> bytes:
    """The acknowledgement of all batches up to ``batch``."""
    return _ACK.pack(ACKNOWLEDGED, batch)
