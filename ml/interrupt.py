"""Commands that ask Redis, and end with the first Ctrl-C however long Redis takes to answer."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

STOPPED: Final = 130  # the status of whatever a Ctrl-C ends, as the shell has it

_Result = TypeVar("_Result")


def run(asking: Coroutine[Any, Any, _Result]) -> _Result:
    """What ``asking`` returns. Raises ``KeyboardInterrupt`` at the first Ctrl-C, tidied up.

    ``asyncio.run`` alone may miss one: Python looks for signals between its own steps, so one that
    comes after the last look and before the loop goes to sleep waits until Redis says something,
    which is never if it hangs. A handler of the loop's own also writes to a pipe that wakes it.
    """

    async def interruptible() -> _Result:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio.run made it
        loop.add_signal_handler(signal.SIGINT, task.cancel)
        try:
            return await asking
        finally:
            loop.remove_signal_handler(signal.SIGINT)  # from here on Python's own will do

    try:
        return asyncio.run(interruptible())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
