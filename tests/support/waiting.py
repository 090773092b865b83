"""Waiting for what must come true soon, instead of sleeping and hoping."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Found = TypeVar("Found")


def eventually(claim: Callable[[], Found], within_s: float = 30.0) -> Found:
    """The first true value of ``claim()``; fails if there is none in time."""
    deadline = time.monotonic() + within_s
    while not (found := claim()):
        if time.monotonic() > deadline:
            message = f"not within {within_s} s"
            raise AssertionError(message)
        time.sleep(0.02)
    return found


async def soon(claim: Callable[[], Awaitable[Found]], within_s: float = 30.0) -> Found:
    """``eventually`` for a claim to be awaited."""
    deadline = time.monotonic() + within_s
    while not (found := await claim()):
        if time.monotonic() > deadline:
            message = f"not within {within_s} s"
            raise AssertionError(message)
        await asyncio.sleep(0.02)
    return found
