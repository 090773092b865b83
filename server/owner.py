"""The owner of a room: one task that takes everything asked of it, in order.

inbox → decide → append → evolve → effects. Nothing is told before it is stored, so what a player
was told is still true after any crash. Ink and guesses wait a moment (``Cadence.turn_gap_ms``) to
share a turn, so that a room costs Redis a few dozen writes a second however many are drawing; all
else is dealt with at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from redis.exceptions import RedisError

from game import commands as c
from game import events as e
from game import view
from game.protocol import Announcement, Close, Phase, Refused, write_relay
from game.room import RoomState, next_due_ms
from server import metrics, wire
from server.archive import farewell, records
from server.awards import award_of
from server.clock import monotonic_ms, now_ms
from server.counting import AWARD_KEPT_MS
from server.events import Snapshot
from server.hub import RoomHub
from server.inbox import Inbox
from server.leaderboard import Leaderboard
from server.learning import Learning
from server.recogniser import Recogniser
from server.replays import Replays, fields_of
from server.stall import Stall
from server.store import Fenced, RoomStore
from server.turn import Ask, Asker, Turn

RENEW_MS: Final = 1_500  # a quiet room renews its lease this often
SNAPSHOT_TURNS: Final = 1_000  # a log is never longer than this, whatever the round
SNAPSHOT_BYTES: Final = 1024 * 1024  # nor larger, however much is drawn and wiped
COUNTED_WITHIN_MS: Final = AWARD_KEPT_MS // 2
_RETRY_S: Final = 0.2
_log = logging.getLogger(__name__)

Written = TypeVar("Written")
_MILESTONES: Final = (e.RoundStarted, e.RoundEnded, e.GameEnded, e.LobbyOpened, e.PlayerErased)


@dataclass(frozen=True, slots=True)
class Services:
    """What every room of this server shares."""

    store: RoomStore
    recogniser: Recogniser
    leaderboard: Leaderboard
    replays: Replays | None = None  # None: nobody can watch anything again
    learning: Learning | None = None  # None: nothing is kept to learn from


class RoomOwner:
    """Owns one room until it is empty, fenced out or asked to stop."""

    def __init__(self, snapshot: Snapshot, services: Services) -> None:
        self.hub = RoomHub()
        self._services = services
        self._state = snapshot.state
        self._offset = snapshot.offset
        self._snapshot_offset = snapshot.offset
        self._log_bytes = 0  # since the snapshot, as far as this owner wrote them
        self._stored_ms = snapshot.at_ms
        self._turned_ms = 0
        self._listed_ms = 0
        self._inbox = Inbox()
        self._in_hand: list[Ask] = []
        self._stall = Stall()
        self._stopping = False
        self._shutting = False
        self._ending = False

    @property
    def state(self) -> RoomState:
        """The room as it was last told."""
        return self._state

    @property
    def code(self) -> str:
        """The room's code."""
        return self._state.code

    @property
    def ending(self) -> bool:
        """Whether it takes nothing more; what is asked of it now is asked in vain."""
        return self._ending

    def origin_of(self, address: str) -> str:
        """What this room knows an address by: nothing that could be turned back into it."""
        if not address:
            return ""
        seed = self._state.seed.encode()
        return hashlib.blake2b(address.encode(), key=seed, digest_size=8).hexdigest()

    def submit(self, ask: Ask) -> None:
        """Ask something of the room. Raises ``Refused`` when its inbox is full."""
        self._inbox.put(ask)

    def announce(self, text: str) -> None:
        """Tell everybody in the room something that is not part of the game."""
        self.hub.tell([view.Telling(Announcement(text=text))], self._offset)

    def shut(self) -> None:
        """Finish the turn in hand, send everybody away for good and forget the room."""
        self._shutting = True
        self.stop()

    def stop(self) -> None:
        """Finish the turn in hand, leave the room to the next owner and end."""
        self._stopping = True
        with contextlib.suppress(Refused):  # a full inbox wakes it as well
            self._inbox.put(Ask(c.Tick()))

    async def run(self) -> None:
        """Own the room. Whatever ends this, its sockets are closed and told to come back."""
        code, reason = Close.RESTARTING, "The server is restarting."
        try:
            await self._resume()
            while not self._stopping and not self._over:
                await self._turn(await self._next_asks())
            self._ending = True
            if self._shutting:
                await self._vanish()
                code, reason = Close.NO_ROOM, "This room was closed."
            else:
                await self._leave_behind()
        except Fenced:
            _log.warning("room %s: another server owns it now", self.code)
            code, reason = Close.ROOM_MOVED, "This room has moved."
        except (RedisError, OSError) as error:
            _log.warning("room %s: left as it was last stored: %s", self.code, error)
        except Exception:  # noqa: BLE001 - whatever it is, it ends here
            # A fault in one room must not touch the others; its last stored turn is sound.
            _log.exception("room %s: stopped by a fault", self.code)
            code, reason = Close.ROOM_MOVED, "Something went wrong in this room."
        finally:
            self._ending = True
            self._send_away(code, reason)

    def _send_away(self, code: Close, reason: str) -> None:
        """Close every socket, those included that are still waiting to be let in."""
        self.hub.close_all(code, reason)
        for ask in (*self._in_hand, *self._inbox.take()):
            if ask.asker is not None:
                ask.asker.close(code, reason)

    @property
    def _over(self) -> bool:
        return not self._state.seats and not self.hub and not self._inbox

    async def _resume(self) -> None:
        turn = Turn(self._state, now_ms())
        if self._offset:
            turn.decide(c.Resume(self._stored_ms))
            turn.decide(c.Tick())
        await self._finish(turn)
        # The process before may have died between telling and keeping; keeping twice is once.
        await self._archive(self._state, records(self._state))
        await self._film(self._state)
        if self._state.phase is Phase.GAME_OVER:
            # Later than that it was counted, or its room was not there to be counted any more.
            if turn.now_ms - self._state.phase_since_ms < COUNTED_WITHIN_MS:
                await self._count(self._state)
        elif self._state.phase is not Phase.LOBBY:
            await self._mark_playing()

    # --- waiting ---------------------------------------------------------------------------------

    async def _next_asks(self) -> list[Ask]:
        """What is to be dealt with now; empty when only time has come."""
        if await self._inbox.wait(self._patience_ms()):
            gap_ms = self._services.recogniser.cadence.turn_gap_ms
            await self._inbox.gather(self._turned_ms + gap_ms - now_ms())
        return self._inbox.take()

    def _patience_ms(self) -> int:
        """How long nothing needs doing unless somebody asks."""
        if self._stall.is_owed:
            return 0
        now = now_ms()
        times = (
            next_due_ms(self._state),
            self._services.recogniser.next_ready_ms(self._state, now),
            self._stored_ms + RENEW_MS,
        )
        return max(0, min(time for time in times if time is not None) - now)

    # --- a turn ----------------------------------------------------------------------------------

    async def _turn(self, asks: list[Ask]) -> None:
        self._in_hand = asks
        turn = Turn(self._state, now_ms())
        stall = self._stall.settle()
        if stall is not None:
            turn.decide(stall)
        turn.take([self._stall.timed(ask) for ask in asks], self.hub)
        turn.settle(self._services.recogniser.ready)
        await self._finish(turn)
        self._in_hand = []

    async def _finish(self, turn: Turn) -> None:
        """Store the turn, then let everything follow from it."""
        store = self._services.store
        self._turned_ms = turn.now_ms
        if turn.steps:
            offset = self._offset + 1
            self._log_bytes += await self._insist(
                lambda: store.append(self.code, offset, turn.events, turn.now_ms)
            )
            metrics.TURNS.inc()
            self._offset = offset
            self._state = turn.state
            self._stored_ms = turn.now_ms
        elif turn.now_ms >= self._stored_ms + RENEW_MS:
            await self._insist(self._renew)
            self._stored_ms = turn.now_ms
        self._publish(turn)
        self._services.recogniser.send(turn.state, turn.events)
        await self._keep(turn)

    async def _insist(self, write: Callable[[], Awaitable[Written]]) -> Written:
        """Write, waiting for Redis as long as it takes, unless asked to stop. Raises ``Fenced``."""
        patient = False
        began_ms = monotonic_ms()
        while True:
            try:
                written = await write()
            except (RedisError, OSError) as error:
                if self._stopping:
                    raise
                if not patient:
                    _log.warning("room %s: waiting for Redis: %s", self.code, error)
                    patient = True
            else:
                self._stall.wrote(monotonic_ms() - began_ms, now_ms(), failed=patient)
                return written
            await asyncio.sleep(_RETRY_S)
            with contextlib.suppress(RedisError, OSError):
                await self._renew()

    async def _renew(self) -> None:
        if not await self._services.store.claim(self.code):
            raise Fenced(self.code)

    # --- effects ---------------------------------------------------------------------------------

    def _publish(self, turn: Turn) -> None:
        ink: list[view.InkEntry] = []
        tellings: list[view.Telling] = []
        for step in turn.steps:
            ink += view.ink_told(step.event, step.after)
            tellings += view.tell(step.event, step.before, step.after, turn.now_ms)
            if isinstance(step.event, e.SeatLeft):
                self._show_out(step.event)
            if isinstance(step.event, e.Guessed) and step.event.seat in step.after.drawings:
                guessed_ms = step.after.drawings[step.event.seat].guessed_after_ms
                metrics.INK_TO_GUESS.observe(guessed_ms / 1000)
        self.hub.relay(ink)
        self.hub.tell(tellings, self._offset)
        for seat in turn.heard & turn.state.seats.keys():
            self.hub.acknowledge(seat, turn.state.seats[seat].batch)
        for asker in turn.replaced:
            asker.close(Close.REPLACED, "You came in from another tab or device.")
        for seat, asker in turn.joined.items():
            if seat in turn.state.seats:
                self._welcome(turn, seat, asker)
            else:
                asker.close(Close.KICKED, "The host has removed you.")

    def _show_out(self, event: e.SeatLeft) -> None:
        match event.why:
            case "kicked":
                self.hub.close(event.seat, Close.KICKED, "The host has removed you.")
            case "left" | "away":
                self.hub.close(event.seat, Close.LEFT, "You have left the room.")

    def _welcome(self, turn: Turn, seat: int, asker: Asker) -> None:
        self.hub.attach(seat, asker)
        asker.seated(seat)
        asker.send(wire.write(view.welcome(turn.state, seat, turn.now_ms, self._offset)))
        for data in write_relay(view.ink_for(turn.state, seat)):
            asker.send(data)

    async def _keep(self, turn: Turn) -> None:
        """Snapshots, verdicts, boards and the public list, as the turn asks for them."""
        for step in turn.steps:
            if isinstance(step.event, e.RoundEnded | e.GameEnded):
                await self._archive(step.after, records(step.after))
                await self._film(step.after)
            if isinstance(step.event, e.SeatLeft):
                await self._archive(step.before, farewell(step.before, step.event.seat))
            if isinstance(step.event, e.GameStarted):
                await self._mark_playing()
            if isinstance(step.event, e.GameEnded):
                await self._count(step.after)
            if isinstance(step.event, e.LobbyOpened):
                await self._insist(lambda: self._services.store.unmark_playing(self.code))
        if (
            any(isinstance(step.event, _MILESTONES) for step in turn.steps)
            or self._offset - self._snapshot_offset >= SNAPSHOT_TURNS
            or self._log_bytes >= SNAPSHOT_BYTES
        ):
            await self._save()
        for step in turn.steps:
            if isinstance(step.event, e.PlayerErased):
                await self._forget_visit(step.event.player)
        await self._list(turn)

    async def _forget_visit(self, player: str) -> None:
        """Only now, with the log cut back, is there nothing left of the player here."""
        await self._insist(lambda: self._services.store.forget_visit(player, self.code))

    async def _archive(self, state: RoomState, kept: Mapping[str, bytes]) -> None:
        """What later tells that the verdicts were right; keeping it again changes nothing."""
        players = [held.player for held in state.seats.values()]
        if kept:
            await self._insist(
                lambda: self._services.store.record_verdicts(state.game_id, kept, players, now_ms())
            )

    async def _mark_playing(self) -> None:
        """From now on the game is counted when it ends, even if this server does not live so long.

        Stored before the game can end: a turn is finished before the next one is decided.
        """
        await self._insist(lambda: self._services.store.mark_playing(self.code, now_ms()))

    async def _film(self, state: RoomState) -> None:
        """For whoever wants to see it again, and to learn from; no game waits for that."""
        replays, learning = self._services.replays, self._services.learning
        if replays is not None:
            with contextlib.suppress(RedisError, OSError):
                await replays.keep(state.game_id, fields_of(state), now_ms())
        if state.phase is Phase.REVEAL:
            with contextlib.suppress(RedisError, OSError):
                await self._services.recogniser.reveal(state)
                if learning is not None:
                    await learning.keep(state, now_ms())

    async def _count(self, state: RoomState) -> None:
        """Onto the leaderboard; counting a game again changes nothing."""
        await self._insist(lambda: self._services.leaderboard.record(award_of(state)))
        await self._insist(lambda: self._services.store.unmark_playing(self.code))

    async def _save(self) -> None:
        snapshot = Snapshot(self._offset, self._stored_ms, self._state)
        await self._insist(lambda: self._services.store.save(snapshot))
        self._snapshot_offset = self._offset
        self._log_bytes = 0

    async def _list(self, turn: Turn) -> None:
        """Keep the list of public rooms fresh; quick play bears its being a little out of date."""
        settings = self._state.settings
        relisted = any(
            isinstance(step.event, e.SettingsChanged | e.LockChanged | e.SeatTaken | e.SeatLeft)
            for step in turn.steps
        )
        if relisted or (settings.public and turn.now_ms >= self._listed_ms + 10_000):
            self._listed_ms = turn.now_ms
            joinable = settings.public and self._state.is_open and bool(self._state.seats)
            with contextlib.suppress(RedisError, OSError):
                await self._services.store.list_publicly(self.code, turn.now_ms, joinable=joinable)

    async def _vanish(self) -> None:
        """The game in it counts for nobody, as if all had left."""
        await self._insist(lambda: self._services.store.delete(self.code))
        await self._insist(lambda: self._services.store.unmark_playing(self.code))

    async def _leave_behind(self) -> None:
        """A snapshot for whoever owns the room next, and the lease for the taking."""
        await self._save()
        with contextlib.suppress(RedisError, OSError):
            await self._services.store.release(self.code)
