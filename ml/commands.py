"""Commands and scripts for Redis where many are asked at once, each at a low price."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import hiredis
from redis.asyncio import Redis
from redis.exceptions import DataError, NoScriptError, ResponseError

Command = tuple[bytes | str | int | float, ...]
Call = tuple[Sequence[str], Sequence[Any]]  # keys and arguments of a script


async def together(
    redis: Redis, commands: Sequence[Command], *, errors_in_place: bool = False
) -> list[Any]:
    """The replies to ``commands``, sent in one go, as Redis gives them: text is bytes.

    What a pipeline without a transaction does, for a third of its price. Like a pipeline it sends
    all of them a second time if the connection breaks. Raises the first error among the replies,
    or leaves each in its place.
    """
    if not commands:
        return []
    try:
        # Its stub believes that a command is one word.
        packed = b"".join([hiredis.pack_command(each) for each in commands])  # type: ignore[arg-type]
    except TypeError as error:
        raise DataError(*error.args) from error
    pool: Any = redis.connection_pool
    line: Any = await pool.get_connection()

    async def ask() -> list[Any]:
        await line.send_packed_command(packed)
        return [await _reply(line) for _ in commands]

    async def hang_up(error: Exception) -> None:
        await line.disconnect(error=error)

    try:
        replies: list[Any] = await line.retry.call_with_retry(ask, hang_up)
    finally:
        await pool.release(line)
    if not errors_in_place:
        for reply in replies:
            if isinstance(reply, ResponseError):
                raise reply
    return replies


def by_name(listed: Sequence[bytes]) -> dict[bytes, bytes]:
    """A hash, or the fields of an entry, which Redis lists as name, value, name, value."""
    names = iter(listed)
    return dict(zip(names, names, strict=True))


async def _reply(line: Any) -> Any:
    try:
        return await line.read_response()
    except ResponseError as error:
        return error


class Script:
    """A Lua script that Redis runs at one moment."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._sha = hashlib.sha1(text.encode()).hexdigest()  # noqa: S324 - as Redis names scripts

    async def run(self, redis: Redis, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """What the script returns; Redis is told the text when it does not know it (any more)."""
        [answer] = await self.run_each(redis, [(keys, arguments)])
        if isinstance(answer, ResponseError):
            raise answer
        return answer

    async def run_each(self, redis: Redis, calls: Sequence[Call]) -> list[Any]:
        """Run it several times at one round trip: what it returns each time, or the error."""
        answers = await self._ask(redis, "EVALSHA", self._sha, calls)
        unknown = [
            place for place, answer in enumerate(answers) if isinstance(answer, NoScriptError)
        ]
        if unknown:
            told = await self._ask(redis, "EVAL", self._text, [calls[place] for place in unknown])
            for place, answer in zip(unknown, told, strict=True):
                answers[place] = answer
        return answers

    async def _ask(self, redis: Redis, how: str, script: str, calls: Sequence[Call]) -> list[Any]:
        commands = [(how, script, len(keys), *keys, *arguments) for keys, arguments in calls]
        return await together(redis, commands, errors_in_place=True)
