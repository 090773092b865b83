"""Bring one file from a web server to disk: ranged, resumed, checked, tried again."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from ml.part import Origin, Part
from ml.records import Records

_CHUNK = 1 << 18  # bytes read at a time
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_WHOLE, _PARTIAL, _OUT_OF_RANGE = 200, 206, 416
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


class TransferError(Exception):
    """The file cannot be had; the message says why, in a few words."""


class UnreachableError(TransferError):
    """No connection to the server came about."""


class _Again(Exception):  # noqa: N818 (not an error: a reason to ask once more)
    """This request did not do; the next one may. The message is the reason."""


@dataclass(frozen=True)
class Patience:
    """How often to ask again without a new byte, and how long to wait before it.

    The wait doubles from `first_s` up to `longest_s`, each a random part of that, so that many
    clients of a server in trouble do not come back all at once.
    """

    attempts: int = 6
    first_s: float = 0.5
    longest_s: float = 30.0

    def wait_s(self, failures: int) -> float:
        """Seconds before the next try, after so many failures (from 1)."""
        limit = min(self.longest_s, self.first_s * 2 ** (failures - 1))
        return float(limit * random.uniform(0.5, 1.0))  # noqa: S311 (no secret)


@dataclass(frozen=True)
class Arrived:
    """How a transfer ended: `size` bytes on disk; `whole` unless cut behind the last record."""

    size: int
    whole: bool
    origin: Origin


@dataclass
class Transfer:
    """One file's journey. `progress` hears of bytes that come, negative when they are dropped.

    `records` is None for a whole file; else the part ends where they end.
    """

    client: httpx.AsyncClient
    url: str
    part: Part
    new_records: Callable[[], Records | None]
    progress: Callable[[int], None]
    patience: Patience = Patience()
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def __post_init__(self) -> None:
        self.records = self.new_records()
        self._ranges = True

    async def run(self) -> Arrived:
        """Ask until the bytes are there and right; the part is left open, and cut.

        Raises `TransferError` when asking again is no use, and `OSError` when the disk refuses.
        """
        self._count_what_is_there()
        failures, farthest = 0, self.part.size
        while True:
            try:
                await self._check_or_ask()
                if (arrived := await self._arrived()) is not None:
                    return arrived
            except (_Again, httpx.TransportError) as problem:
                # New bytes are success: a line that is cut each minute still gets there.
                failures = 1 if self.part.size > farthest else failures + 1
                if failures >= self.patience.attempts:
                    raise _given_up(problem, self.url, failures) from None
                await self.sleep(self.patience.wait_s(failures))
            farthest = max(farthest, self.part.size)

    def _count_what_is_there(self) -> None:
        if self.records is None or not self.part.size:
            return
        try:
            with self.part.path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    self.records.feed(chunk)
        except ValueError:
            self._restart(None)

    async def _check_or_ask(self) -> None:
        """Send one request for what is missing, unless nothing is."""
        if self._all_there():
            return
        validator = "" if self.part.origin is None else self.part.origin.validator
        if self.part.size and not validator:  # nothing would tell two versions of the file apart
            self._restart(None)
            self._ranges = False
        headers = {"Accept-Encoding": "identity"}
        if self._ranges and (self.part.size or self.records is not None):
            last = "" if self.records is None else self._last_byte(self.records)
            headers["Range"] = f"bytes={self.part.size}-{last}"
        if self.part.size:
            headers["If-Range"] = validator
        async with self.client.stream("GET", self.url, headers=headers) as answer:
            expected = self._judge(answer)
            await self._take(answer, expected)

    def _last_byte(self, records: Records) -> int:
        """A little more than the records probably need; half as much again each time it is not."""
        return max(int(records.likely * 1.1), self.part.size * 3 // 2) + 4096

    def _judge(self, answer: httpx.Response) -> int | None:
        """Check an answer's head; the bytes its body must have, where it tells."""
        status = answer.status_code
        if status in _AGAIN:
            msg = f"the server answers {status} {answer.reason_phrase}"
            raise _Again(msg)
        if status == _OUT_OF_RANGE:
            self._restart(None)
            msg = "the server has no such range"
            raise _Again(msg)
        if status not in (_WHOLE, _PARTIAL):
            msg = f"the server answers {status} {answer.reason_phrase}"
            raise TransferError(msg)
        origin = Origin.of(answer.headers)
        if status == _WHOLE:  # the file has changed, or the server knows no ranges
            self._restart(origin)
            return origin.length
        told = _CONTENT_RANGE.fullmatch(answer.headers.get("content-range", ""))
        if told is None or int(told[1]) != self.part.size:
            self._restart(None)
            msg = "the server sends another range than asked for"
            raise _Again(msg)
        if not self.part.size:
            self._restart(origin)
        elif self.part.origin is None or origin.validator != self.part.origin.validator:
            self._restart(None)
            msg = "the file changed on the server meanwhile"
            raise _Again(msg)
        return int(told[2]) - int(told[1]) + 1

    async def _take(self, answer: httpx.Response, expected: int | None) -> None:
        came = 0
        async for chunk in answer.aiter_raw():
            came += len(chunk)
            self.part.write(chunk)
            self.progress(len(chunk))
            if self.records is not None:
                self._feed(self.records, chunk)
                if self.records.end is not None:
                    return  # a server without ranges would send the rest too
        if expected is not None and came != expected:
            if came > expected:
                self._restart(None)
            msg = f"{came:,} bytes came instead of {expected:,}"
            raise _Again(msg)

    def _feed(self, records: Records, chunk: bytes) -> None:
        try:
            records.feed(chunk)
        except ValueError as problem:
            self._restart(None)
            msg = f"what came is no such file: {problem}"
            raise _Again(msg) from None

    def _all_there(self) -> bool:
        if self.records is not None and self.records.end is not None:
            return True
        origin = self.part.origin
        return origin is not None and self.part.size > 0 and self.part.size == origin.length

    async def _arrived(self) -> Arrived | None:
        """What there is now, checked; None when a range did not reach far enough."""
        origin = self.part.origin or Origin()
        end = None if self.records is None else self.records.end
        if end is not None and end != origin.length:
            self.progress(end - self.part.size)
            self.part.cut(end)
            return Arrived(end, whole=False, origin=origin)
        if self.records is not None and end is None and self.part.size != origin.length:
            return None
        self.part.flush()
        # Gigabytes take seconds to check; the other transfers go on meanwhile.
        wrong = await asyncio.to_thread(origin.differs, self.part.path)
        if wrong:
            self._restart(None)
            raise _Again(wrong)
        return Arrived(self.part.size, whole=True, origin=origin)

    def _restart(self, origin: Origin | None) -> None:
        self.progress(-self.part.size)
        self.part.restart(origin)
        self.records = self.new_records()


def _given_up(problem: Exception, url: str, attempts: int) -> TransferError:
    if isinstance(problem, (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)):
        why = str(problem) or "no answer"
        return UnreachableError(f"{httpx.URL(url).host} cannot be reached ({why})")
    if isinstance(problem, httpx.TimeoutException):
        return TransferError(f"the server went silent, {attempts} times")
    return TransferError(f"{problem} ({attempts} times)")
