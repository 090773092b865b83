"""Between rooms and the network: when to ask about a drawing, and whom an answer is for.

One frame in flight per drawing, and always the newest ink: a busy network makes frames rarer, it
never makes a backlog. How often a drawing is asked about is ``server.cadence``'s to say.
"""

from __future__ import annotations

import asyncio
import logging
import struct
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from game import ink
from game.categories import CATEGORIES
from game.commands import ReceiveGuess
from game.events import Event, FrameQueued
from game.protocol import Phase
from game.state import Drawing, RoomState
from ml import comparisons, queue
from server import metrics
from server.cadence import Cadence

RESTING_MS: Final = 1_000  # between two frames while the pen is down and hardly moves
_BLOCK_MS: Final = 2_000
_RETRY_S: Final = 0.5
_PROBABILITIES: Final = struct.Struct(f"<{len(CATEGORIES)}e")
_log = logging.getLogger(__name__)

Receive = Callable[[str, ReceiveGuess], None]


class Recogniser:
    """This server's end of the queue."""

    def __init__(self, redis: Redis, server_id: str) -> None:
        self._redis = redis
        self._server_id = server_id
        self._outgoing: dict[str, queue.Frame] = {}  # the newest of each seat
        self._called = asyncio.Event()
        self._waiting: OrderedDict[str, tuple[int, str]] = OrderedDict()
        self.cadence = Cadence()

    def ready(self, state: RoomState, now_ms: int) -> list[int]:
        """The seats whose drawings the network should be asked about now."""
        if not state.asks_network:
            return []
        return [
            seat
            for seat, drawing in state.drawings.items()
            if drawing.wants_frame and now_ms >= self._ready_ms(state, drawing, now_ms)
        ]

    def next_ready_ms(self, state: RoomState, now_ms: int) -> int | None:
        """When ``ready`` will next name a seat if nothing else happens."""
        if not state.asks_network:
            return None
        return min(
            (self._ready_ms(state, d, now_ms) for d in state.drawings.values() if d.wants_frame),
            default=None,
        )

    def _ready_ms(self, state: RoomState, drawing: Drawing, now_ms: int) -> int:
        # A lifted pen is a finished thought, and after the bell there is nothing to wait for.
        if not drawing.ink.pen_down or drawing.lost or state.phase is Phase.JUDGING:
            return 0
        ready_ms = drawing.framed_ms + self.cadence.interval_ms
        if now_ms >= ready_ms and drawing.rests:  # until then it may still move
            return drawing.framed_ms + RESTING_MS
        return ready_ms

    def send(self, state: RoomState, events: Sequence[Event]) -> None:
        """Let the frames that ``events`` speak of be queued; ``state`` is the room after them."""
        for frame in self._frames(state, events):
            self._outgoing[_seat(frame)] = frame
            self._called.set()

    async def reveal(self, state: RoomState) -> None:
        """Tell whoever compares networks what had to be drawn in a round that is over."""
        await comparisons.tell_prompts(
            self._redis,
            {
                _drawing(state, seat): CATEGORIES[drawing.prompt]
                for seat, drawing in state.drawings.items()
                if drawing.frames
            },
        )

    async def deliver(self) -> None:
        """Queue what is to be sent, for ever.

        What all rooms have to send while a delivery is under way goes out with the next, at one
        round trip. Frames that cannot be queued are given up like lost ones and asked about again.
        """
        while True:
            await self._called.wait()
            self._called.clear()
            frames, self._outgoing = self._outgoing, {}
            lost = [self._waiting.pop(seat) for seat in frames if seat in self._waiting]
            # Before they are sent: an answer may be heard before the ids are.
            self._waiting |= {seat: (frame.n, "") for seat, frame in frames.items()}
            metrics.FRAMES_LOST.inc(len(lost))
            try:
                # While no worker takes them, the queue must not grow with every new attempt.
                await queue.drop(self._redis, [entry_id for _, entry_id in lost])
                entry_ids = await queue.send(self._redis, frames.values())
            except (RedisError, OSError) as error:
                _log.warning("frames not queued: %s", error)
                for seat in frames:
                    self._waiting.pop(seat, None)
                continue
            metrics.FRAMES_SENT.inc(len(frames))
            for (seat, frame), entry_id in zip(frames.items(), entry_ids, strict=True):
                if seat in self._waiting:
                    self._waiting[seat] = (frame.n, entry_id)
            while len(self._waiting) > queue.MAX_FRAMES:
                self._waiting.popitem(last=False)

    def _frames(self, state: RoomState, events: Sequence[Event]) -> Iterator[queue.Frame]:
        for event in events:
            if isinstance(event, FrameQueued) and event.seat in state.drawings:
                frame = state.drawings[event.seat].in_flight
                if frame is not None and frame.n == event.n:
                    drawing, packed = _drawing(state, event.seat), ink.pack(frame.ink)
                    yield queue.Frame(drawing, frame.n, self._server_id, packed)

    async def receive(self, receive: Receive, elsewhere: Callable[[queue.Reply], bool]) -> None:
        """Hand every answer for this server to its room, for ever.

        ``elsewhere`` says of an answer whether it was for somebody else here, who has it now.
        """
        last_id = "0-0"
        while True:
            try:
                last_id, replies = await queue.replies(
                    self._redis, self._server_id, last_id, _BLOCK_MS
                )
            except (RedisError, OSError) as error:
                _log.warning("no guesses from the queue: %s", error)
                await asyncio.sleep(_RETRY_S)
                continue
            for reply in replies:
                if elsewhere(reply):
                    continue
                guess = self.heard(reply)
                if guess is not None:
                    receive(reply.drawing.partition(":")[0], guess)

    def heard(self, reply: queue.Reply) -> ReceiveGuess | None:
        """What ``reply`` says to its room, after it was noted here."""
        self.cadence.saw(reply.waited_ms)
        seat = _seat(reply)
        news = self._waiting.get(seat, (0, ""))[0] == reply.n
        if news:
            del self._waiting[seat]
        metrics.observe_reply(reply, news=news)
        return read_guess(reply)


def _drawing(state: RoomState, seat: int) -> str:
    """A drawing's name in the queue; ``read_guess`` takes it apart."""
    return f"{state.code}:{state.game}:{state.round}:{seat}"


def _seat(of: queue.Frame | queue.Reply) -> str:
    """The seat that drew, of all seats of all rooms."""
    code, _, rest = of.drawing.partition(":")
    return f"{code}:{rest.rpartition(':')[2]}"


def read_guess(reply: queue.Reply) -> ReceiveGuess | None:
    """A worker's reply as a command for the room; None for one that makes no sense.

    A reply that is an error carries no probabilities: the frame is given up for good, since the
    same ink would fail again.
    """
    try:
        _, game, round_number, seat = reply.drawing.split(":")
        return ReceiveGuess(
            game=int(game),
            round=int(round_number),
            seat=int(seat),
            n=reply.n,
            probabilities=() if reply.error else _PROBABILITIES.unpack(reply.probabilities),
            model=reply.model,
            raster=reply.raster,
        )
    except (ValueError, struct.error) as error:
        _log.error("unreadable guess for %r: %s", reply.drawing, error)
        return None
