"""What a download has brought, on the screen and on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ml.transfer import Arrived

_FILE = "downloads.json"


class Meter:
    """A bar of bytes, its total guessed from the files whose length is known by now."""

    def __init__(self, files: int, *, quiet: bool) -> None:
        """`files` are all to come; `quiet` shows nothing."""
        self._lengths: dict[str, int] = {}
        self._files = files
        self._bar: tqdm[None] = tqdm(
            unit="B", unit_scale=True, unit_divisor=1024, desc="download", disable=quiet, total=0
        )

    def expect(self, file: str, length: int) -> None:
        """A file will be so many bytes long."""
        if self._lengths.get(file) != length:
            self._lengths[file] = length
            known = sum(self._lengths.values())
            self._bar.total = known * self._files // len(self._lengths)

    def kept(self, size: int) -> None:
        """Bytes of an earlier run: done, but no measure of today's speed."""
        if not self._bar.disable:
            self._bar.initial += size
            self._bar.update(size)

    def came(self, size: int) -> None:
        """Bytes that came, or were dropped if negative."""
        self._bar.update(size)

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._bar.close()


class Ledger:
    """`downloads.json` in a folder: which files are whole, which cut, and how long they are."""

    def __init__(self, folder: Path) -> None:
        """Read what earlier runs noted in `folder`."""
        self._path = folder / _FILE
        try:
            self._files: dict[str, dict[str, Any]] = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            self._files = {}

    def has(self, path: Path, first: int | None) -> bool:
        """Whether the file is there, with at least so many drawings."""
        if not path.is_file():
            return False
        entry = self._files.get(path.name)
        if entry is None:  # somebody put it there: theirs to judge
            return True
        if entry["bytes"] != path.stat().st_size:
            return False
        drawings = entry["drawings"]
        return drawings is None or (first is not None and drawings >= first)

    def note(self, path: Path, first: int | None, arrived: Arrived) -> None:
        """Remember a file that has its name now."""
        self._files[path.name] = {
            "bytes": path.stat().st_size,
            "drawings": None if arrived.whole else first,
            "version": arrived.origin.validator,
        }
        fresh = self._path.with_suffix(".json.part")
        fresh.write_text(json.dumps(self._files, indent=1) + "\n", "utf-8")
        fresh.replace(self._path)
