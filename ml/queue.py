"""Frames to the network and guesses back, on Redis Streams.

This module names every key of the queue and is all that servers and workers share of it; it
imports neither torch nor the server.

==============================  ==================================================================
``inkling:{queue}:frames``      stream of ``Frame``; one consumer group, ``guessers``
``inkling:{queue}:guesses:ID``  stream of ``Reply`` for the server ``ID``, up to 16 to an entry;
                                read from ``0-0`` on
``inkling:{queue}:dead``        frames that could not be recognised, with the error
``inkling:{queue}:worker:NAME`` heartbeat of one worker, as JSON; gone 5 s after its last beat
==============================  ==================================================================

Delivery is at least once, in no particular order between workers: a frame may be answered twice
(its worker died after answering, or was slow and the frame was reclaimed) or never (trimmed,
stale). A server therefore takes a reply as news only if it names the newest frame it sent for
that drawing, and gives a frame up after ``FRAME_LOST_MS``. All keys share one hash tag, so that a
reply and the acknowledgement of its frame are one transaction on a Redis Cluster too.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from ml.commands import Script, by_name, together
from ml.connection import connect
from ml.frames import (
    Entry,
    Fields,
    Frame,
    Heartbeat,
    Reply,
    frame_fields,
    heartbeat_text,
    read_frame,
    read_heartbeat,
    read_replies,
    replies_fields,
)

__all__ = [
    "Entry",
    "Frame",
    "Heartbeat",
    "Reply",
    "answer",
    "beat",
    "connect",
    "drop",
    "join",
    "leave",
    "length",
    "reclaim",
    "replies",
    "send",
    "take",
    "workers",
]

FRAMES: Final = "inkling:{queue}:frames"
DEAD: Final = "inkling:{queue}:dead"
GROUP: Final = "guessers"
_GUESSES: Final = "inkling:{queue}:guesses:"
_WORKER: Final = "inkling:{queue}:worker:"

MAX_FRAMES: Final = 4_096  # a frame is at most 50 KB of ink: 200 MB if everybody scribbles
REPLIES_TO_AN_ENTRY: Final = 16
MAX_REPLY_ENTRIES: Final = 1_024  # waiting for one server; a reply is 0.8 KB: at most 13 MB
MAX_DEAD: Final = 256
REPLIES_KEPT_MS: Final = 60_000  # what a vanished server left unread is forgotten after this
FRAME_KEPT_MS: Final = 10_000  # an entry this old belongs to nobody, whatever happened to it
RECLAIM_IDLE_MS: Final = 1_000  # a frame handed out this long ago has lost its worker
HEARTBEAT_MS: Final = 5_000  # a worker silent for this long is dead
_CONSUMER_KEPT_MS: Final = 60_000  # the name of a dead worker with nothing pending
_MAX_WORKERS: Final = 1_024
_LONGEST_ERROR: Final = 500  # characters
_ANSWERED_AT_ONCE: Final = 1_000  # Lua passes a few thousand arguments on, not more
_log = logging.getLogger(__name__)

# A script takes one round trip and, what costs the most, one reply to be read, where a pipeline
# has one for each command.

# KEYS frames; ARGV most frames, then of each frame drawing, n, server, ink
_SEND: Final = Script("""
local ids = {}
for at = 2, #ARGV, 4 do
  ids[#ids + 1] = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'drawing', ARGV[at],
    'n', ARGV[at + 1], 'server', ARGV[at + 2], 'ink', ARGV[at + 3])
end
return ids
""")
# KEYS frames, then a stream for each entry of replies; ARGV group, most entries, ms they are kept,
# number of ids, the ids to let go of, then of each entry the number of its names and values, and
# those
_ANSWER: Final = Script("""
local ids = 4 + ARGV[4]
local at = ids + 1
for entry = 2, #KEYS do
  local last = at + ARGV[at]
  redis.call('XADD', KEYS[entry], 'MAXLEN', '~', ARGV[2], '*', unpack(ARGV, at + 1, last))
  redis.call('PEXPIRE', KEYS[entry], ARGV[3])
  at = last + 1
end
redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 5, ids))
redis.call('XDEL', KEYS[1], unpack(ARGV, 5, ids))
""")


# --- servers ---------------------------------------------------------------------------------


async def send(redis: Redis, frames: Iterable[Frame]) -> list[str]:
    """Queue frames, all in one round trip, and return the ids of their entries.

    Beyond ``MAX_FRAMES`` the oldest are forgotten.
    """
    packed = list(chain.from_iterable(frame_fields(frame).values() for frame in frames))
    ids = await _SEND.run(redis, [FRAMES], [MAX_FRAMES, *packed]) if packed else []
    return [entry_id.decode() for entry_id in ids]


async def replies(
    redis: Redis, server: str, last_id: str, block_ms: int, count: int = 64
) -> tuple[str, list[Reply]]:
    """Replies for ``server`` after ``last_id`` ("0-0" at first), and the id to go on from.

    Waits ``block_ms`` (0: not at all) when there are none. ``count`` bounds the entries read, of
    up to ``REPLIES_TO_AN_ENTRY`` replies.
    """
    how = _asked_for(count, block_ms)
    command = ("XREAD", *how, "STREAMS", _GUESSES + server, last_id)
    [answer] = await together(redis, [command])
    found: list[Reply] = []
    for _, entries in answer or ():
        for entry_id, fields in entries:
            last_id = entry_id.decode()
            try:
                found += read_replies(by_name(fields))
            except (KeyError, ValueError) as error:  # one bad worker must not silence the others
                _log.error("unreadable replies %s: %r", last_id, error)
    return last_id, found


# --- workers ---------------------------------------------------------------------------------


async def join(redis: Redis, consumer: str) -> None:
    """Enter ``consumer`` in the group, which is made if it is not there yet."""
    await _create_group(redis)
    await redis.xgroup_createconsumer(FRAMES, GROUP, consumer)


async def _create_group(redis: Redis) -> None:
    try:
        await redis.xgroup_create(FRAMES, GROUP, id="0", mkstream=True)
    except ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise


async def take(redis: Redis, consumer: str, count: int, block_ms: int) -> list[Entry]:
    """Up to ``count`` waiting frames, oldest first; waits ``block_ms`` (0: not at all) for one.

    What cannot be read as a frame goes to the dead letters. A group lost to a flushed Redis is
    made again, and this call returns nothing.
    """
    how = _asked_for(count, block_ms)
    command = ("XREADGROUP", "GROUP", GROUP, consumer, *how, "STREAMS", FRAMES, ">")
    answer, clock = await together(redis, [command, ("TIME",)], errors_in_place=True)
    if await _group_was_lost(redis, answer):
        return []
    return await _read_entries(redis, [row for _, rows in answer or () for row in rows], clock)


async def reclaim(
    redis: Redis, consumer: str, min_idle_ms: int = RECLAIM_IDLE_MS, count: int = 64
) -> list[Entry]:
    """Take over frames that some worker, perhaps this one, has held for ``min_idle_ms``.

    Also sweeps out what nobody will ever ask for: entries too old to matter to anyone.
    """
    command = ("XAUTOCLAIM", FRAMES, GROUP, consumer, min_idle_ms, "0-0", "COUNT", count)
    answer, clock = await together(redis, [command, ("TIME",)], errors_in_place=True)
    if await _group_was_lost(redis, answer):
        return []
    oldest_ms = max(0, _milliseconds(clock) - FRAME_KEPT_MS)
    await redis.xtrim(FRAMES, minid=oldest_ms, approximate=False)
    # An entry that was trimmed away while it was pending has no fields.
    return await _read_entries(redis, [row for row in answer[1] if row and row[1]], clock)


async def answer(redis: Redis, answers: Sequence[tuple[Entry, Reply]]) -> None:
    """Store the replies and let go of their frames, at one moment.

    Frames whose reply is an error are kept among the dead letters first.
    """
    await _keep_letters(redis, [(entry, reply) for entry, reply in answers if reply.error])
    for start in range(0, len(answers), _ANSWERED_AT_ONCE):
        some = answers[start : start + _ANSWERED_AT_ONCE]
        waiting: dict[tuple[str, str], list[Reply]] = {}
        for entry, reply in some:
            waiting.setdefault((entry.frame.server, reply.model), []).append(reply)
        entries = [
            (_GUESSES + server, replies_fields(found[start : start + REPLIES_TO_AN_ENTRY]))
            for (server, _), found in waiting.items()
            for start in range(0, len(found), REPLIES_TO_AN_ENTRY)
        ]
        await _let_go(redis, [entry.id for entry, _ in some], entries)


async def _keep_letters(redis: Redis, answers: Sequence[tuple[Entry, Reply]]) -> None:
    if answers:
        pipe = redis.pipeline(transaction=False)
        for entry, reply in answers:
            error = reply.error[:_LONGEST_ERROR]
            dead: dict[Any, Any] = {**frame_fields(entry.frame), b"error": error}
            pipe.xadd(DEAD, dead, maxlen=MAX_DEAD, approximate=False)
        await pipe.execute()


async def drop(redis: Redis, entry_ids: Sequence[str]) -> None:
    """Let go of frames without an answer: newer ink is on its way, or nobody waits any more."""
    for start in range(0, len(entry_ids), _ANSWERED_AT_ONCE):
        await _let_go(redis, entry_ids[start : start + _ANSWERED_AT_ONCE])


async def beat(redis: Redis, heartbeat: Heartbeat) -> None:
    """Say that this worker lives; true for the next ``HEARTBEAT_MS``."""
    await redis.set(_WORKER + heartbeat.consumer, heartbeat_text(heartbeat), px=HEARTBEAT_MS)


async def leave(redis: Redis, consumer: str) -> None:
    """Take a worker that has stopped out of the group; frames it still holds stay reclaimable."""
    await redis.delete(_WORKER + consumer)
    for row in await _consumers(redis):
        # Deleting a consumer forgets its pending frames: nobody could reclaim them.
        if row["name"].decode() == consumer and not row["pending"]:
            await redis.xgroup_delconsumer(FRAMES, GROUP, consumer)


async def workers(redis: Redis) -> list[Heartbeat]:
    """The workers alive now. Names that died without leaving are cleared away by the way."""
    rows = (await _consumers(redis))[:_MAX_WORKERS]
    if not rows:
        return []
    beats: Any = await redis.mget([_WORKER + row["name"].decode() for row in rows])
    for row, alive in zip(rows, beats, strict=True):
        if alive is None and not row["pending"] and row["idle"] > _CONSUMER_KEPT_MS:
            await redis.xgroup_delconsumer(FRAMES, GROUP, row["name"])
    return [read_heartbeat(alive) for alive in beats if alive is not None]


async def length(redis: Redis) -> int:
    """Frames waiting or in a worker's hands."""
    waiting: int = await redis.xlen(FRAMES)
    return waiting


# --- fields ----------------------------------------------------------------------------------


async def _consumers(redis: Redis) -> list[dict[str, Any]]:
    try:
        rows: Any = await redis.xinfo_consumers(FRAMES, GROUP)
    except ResponseError as error:
        if "NOGROUP" in str(error) or "no such key" in str(error):
            return []
        raise
    return list(rows)


async def _group_was_lost(redis: Redis, answer: object) -> bool:
    if isinstance(answer, ResponseError) and ("NOGROUP" in str(answer) or "UNBL" in str(answer)):
        await _create_group(redis)
        return True
    if isinstance(answer, Exception):
        raise answer
    return False


async def _read_entries(redis: Redis, rows: Iterable[Any], clock: Sequence[bytes]) -> list[Entry]:
    """Rows of a stream as entries; rows that are no frames go to the dead letters."""
    now_ms = _milliseconds(clock)
    entries: list[Entry] = []
    for entry_id, listed in rows:
        name, fields = entry_id.decode(), by_name(listed)
        try:
            frame = read_frame(fields)
        except (KeyError, ValueError) as error:
            await _bury(redis, name, fields, f"not a frame: {error!r}"[:_LONGEST_ERROR])
            continue
        queued_ms = int(name.partition("-")[0])
        entries.append(Entry(name, frame, max(0, now_ms - queued_ms)))
    return entries


async def _bury(redis: Redis, entry_id: str, fields: Fields, error: str) -> None:
    dead: dict[Any, Any] = {**fields, b"error": error}
    await redis.xadd(DEAD, dead, maxlen=MAX_DEAD, approximate=False)
    await _let_go(redis, [entry_id])


async def _let_go(
    redis: Redis, entry_ids: Sequence[str], entries: Sequence[tuple[str, dict[Any, Any]]] = ()
) -> None:
    """Take frames out of the queue and add entries to streams of replies, at one moment."""
    arguments: list[Any] = [GROUP, MAX_REPLY_ENTRIES, REPLIES_KEPT_MS, len(entry_ids), *entry_ids]
    for _, fields in entries:
        arguments.append(2 * len(fields))
        for name, value in fields.items():
            arguments += (name, value)
    await _ANSWER.run(redis, [FRAMES, *(stream for stream, _ in entries)], arguments)


def _asked_for(count: int, block_ms: int) -> tuple[str | int, ...]:
    return ("COUNT", count, "BLOCK", block_ms) if block_ms else ("COUNT", count)


def _milliseconds(clock: Sequence[bytes]) -> int:
    seconds, microseconds = map(int, clock)
    return seconds * 1000 + microseconds // 1000
