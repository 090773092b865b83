"""Bring Quick, Draw!'s official files to a folder, many at once."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from game.categories import CATEGORIES
from ml.bitmaps import keep_rows
from ml.data import DataError
from ml.ledger import Ledger, Meter
from ml.part import Part
from ml.records import BinaryRecords, Lines, Records, Rows
from ml.transfer import Patience, Transfer, TransferError, UnreachableError

OFFICIAL_URL = "https://storage.googleapis.com/quickdraw_dataset/full"
_TIMEOUT = httpx.Timeout(30.0, connect=15.0)  # seconds; of silence, not of the whole file


class DownloadError(DataError):
    """Files are missing; the message says which and why, and what to do."""


@dataclass(frozen=True)
class Form:
    """One of the four forms: the files' suffix, how drawings are counted, usual bytes of one."""

    suffix: str
    records: Callable[[int, int], Records]
    usual: int


FORMS: Mapping[str, Form] = {
    "simplified": Form(".ndjson", Lines, 480),
    "raw": Form(".ndjson", Lines, 3_700),
    "numpy_bitmap": Form(".npy", Rows, 784),
    "binary": Form(".bin", BinaryRecords, 110),
}


@dataclass(frozen=True)
class Wish:
    """What to bring where: `folder/<form>/<category><suffix>`.

    `first` limits each file to its first so many drawings; None brings whole files.
    """

    folder: Path
    forms: Sequence[str] = ("binary",)
    categories: Sequence[str] = CATEGORIES
    first: int | None = None
    url: str = OFFICIAL_URL
    connections: int = 8


@dataclass
class Result:
    """How a download ended: files that came, files that were there, bytes that came."""

    came: int = 0
    kept: int = 0
    size: int = 0


def download(wish: Wish, *, patience: Patience | None = None, quiet: bool = False) -> Result:
    """Bring what is missing; whatever arrives stays, and another call goes on from there.

    Raises `DownloadError` when a file cannot be had: after the others have come where it is that
    file's fault, at once where there is no connection or no room on the disk. A
    `KeyboardInterrupt` passes through and leaves what came.
    """
    return asyncio.run(_Fetcher(wish, patience or Patience(), quiet).run())


@dataclass
class _Job:
    form: str
    category: str

    @property
    def name(self) -> str:
        return f"{self.category}{FORMS[self.form].suffix}"


@dataclass
class _Fetcher:
    wish: Wish
    patience: Patience
    quiet: bool
    result: Result = field(default_factory=Result)
    failures: list[str] = field(default_factory=list)

    async def run(self) -> Result:
        trouble = ""
        try:
            await self._fetch_all()
        except* UnreachableError as group:
            trouble = (
                f"{_first(group)}; is this machine online? What has come is kept in "
                f"{self.wish.folder}: the same command goes on from there."
            )
        except* OSError as group:
            trouble = _disk_trouble(_first(group), self.wish.folder)
        if trouble:
            raise DownloadError(trouble)
        if self.failures:
            count = len(self.wish.forms) * len(self.wish.categories)
            msg = f"{len(self.failures)} of {count} files did not come: {'; '.join(self.failures)}."
            raise DownloadError(msg)
        return self.result

    async def _fetch_all(self) -> None:
        ledgers = {form: Ledger(self.wish.folder / form) for form in self.wish.forms}
        jobs = []
        for job in (_Job(form, name) for name in self.wish.categories for form in self.wish.forms):
            if ledgers[job.form].has(self._path(job), self.wish.first):
                self.result.kept += 1
            else:
                jobs.append(job)
        waiting = iter(jobs)
        meter = Meter(len(jobs), quiet=self.quiet or not jobs)
        limits = httpx.Limits(max_connections=self.wish.connections)
        client = httpx.AsyncClient(timeout=_TIMEOUT, limits=limits, follow_redirects=True)

        async def work() -> None:
            for job in waiting:
                await self._fetch(client, job, ledgers[job.form], meter)

        try:
            async with client, asyncio.TaskGroup() as tasks:
                for _ in range(min(self.wish.connections, len(jobs))):
                    tasks.create_task(work())
        finally:
            meter.close()

    async def _fetch(
        self, client: httpx.AsyncClient, job: _Job, ledger: Ledger, meter: Meter
    ) -> None:
        path = self._path(job)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = Part(path)
        try:
            arrived = await self._transfer(client, job, part, meter).run()
            if arrived.whole or job.form != "numpy_bitmap":
                part.finish()
            else:  # an array's header tells how many rows follow
                part.finish(partial(keep_rows, rows=self.wish.first or 0))
            ledger.note(path, self.wish.first, arrived)
            self.result.came += 1
            self.result.size += arrived.size
            meter.expect(f"{job.form}/{job.name}", arrived.size)
        except UnreachableError:
            raise
        except (TransferError, httpx.HTTPError, ValueError) as problem:
            self.failures.append(f"{job.category} ({job.form}): {problem}")
        finally:
            part.close()

    def _transfer(self, client: httpx.AsyncClient, job: _Job, part: Part, meter: Meter) -> Transfer:
        form, first = FORMS[job.form], self.wish.first
        meter.kept(part.size)

        def progress(size: int) -> None:
            length = part.origin.length if part.origin is not None else None
            likely = length if first is None else min(first * form.usual, length or 1 << 62)
            meter.expect(f"{job.form}/{job.name}", likely or part.size)
            meter.came(size)

        return Transfer(
            client,
            f"{self.wish.url.rstrip('/')}/{job.form}/{quote(job.name)}",
            part,
            lambda: None if first is None else form.records(first, form.usual),
            progress,
            self.patience,
        )

    def _path(self, job: _Job) -> Path:
        return self.wish.folder / job.form / job.name


def _first(group: BaseExceptionGroup[Any]) -> BaseException:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner


def _disk_trouble(problem: BaseException, folder: Path) -> str:
    number = problem.errno if isinstance(problem, OSError) else None
    if number in (errno.ENOSPC, errno.EDQUOT):
        free = shutil.disk_usage(folder).free / 2**30
        return (
            f"the disk of {folder} is full ({free:.1f} GiB free). What has come is kept: make room "
            "and run the same command again, or ask for fewer drawings."
        )
    reason = os.strerror(number) if number else str(problem)
    return f"cannot write to {folder}: {reason}. Choose another folder or change its permissions."
