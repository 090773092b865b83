"""Turns of several rooms on their way to Redis, at one round trip.

A command costs this process more by being sent alone than by what it says, so turns that are to be
stored while another trip is under way wait for it and go together. Each is stored or refused for
itself: rooms share the trip, never the outcome.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis

from ml.commands import Script


@dataclass(frozen=True, slots=True)
class _Commit:
    keys: Sequence[str]
    arguments: Sequence[Any]
    done: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def settle(self, outcome: object) -> None:
        """Let whoever waits for it go on, unless nobody does any more."""
        if self.done.done():
            return
        if isinstance(outcome, Exception):
            self.done.set_exception(outcome)
        else:
            self.done.set_result(None)


class Commits:
    """Runs one Lua script for many callers, for all who wait at one trip."""

    def __init__(self, redis: Redis, script: str) -> None:
        self._redis = redis
        self._script = Script(script)
        self._waiting: list[_Commit] = []
        self._sending: asyncio.Task[None] | None = None

    async def run(self, keys: Sequence[str], arguments: Sequence[Any]) -> None:
        """Run the script on ``keys``; returns when Redis has.

        Raises what the script or the way there raises, ``RedisError`` or ``OSError``. Whoever is
        cancelled meanwhile does not know whether it ran, as ever.
        """
        commit = _Commit(keys, arguments)
        self._waiting.append(commit)
        if self._sending is None:
            self._sending = asyncio.create_task(self._send())
        await commit.done

    async def _send(self) -> None:
        try:
            while self._waiting:
                together, self._waiting = self._waiting, []
                await self._together(together)
        finally:
            self._sending = None

    async def _together(self, commits: Sequence[_Commit]) -> None:
        calls = [(commit.keys, commit.arguments) for commit in commits]
        try:
            outcomes = await self._script.run_each(self._redis, calls)
        except asyncio.CancelledError:
            for commit in commits:
                commit.done.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is theirs who wait
            for commit in commits:
                commit.settle(error)
        else:
            for commit, outcome in zip(commits, outcomes, strict=True):
                commit.settle(outcome)
