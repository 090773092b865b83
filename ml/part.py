"""A file on its way: what has arrived of it, kept so that another run can go on from there."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from ml.crc32c import file_crc32c

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Origin:
    """What the server says of a whole file.

    `length` in bytes; `validator` names its version, for `If-Range`; `md5` (hexadecimal) and
    `crc32c` are its checksums. Empty or None where the server does not say.
    """

    length: int | None = None
    validator: str = ""
    md5: str = ""
    crc32c: int | None = None

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Origin:
        """Read the headers of a whole (200) or partial (206) answer."""
        told = headers.get("content-range", "").rpartition("/")[2]
        told = told or headers.get("x-goog-stored-content-length", "")
        told = told or headers.get("content-length", "")
        # A weak tag (W/) promises nothing about bytes.
        tag = headers.get("etag", "")
        hashes = _checksums(headers.get("x-goog-hash", ""))
        crc = hashes.get("crc32c")
        return cls(
            int(told) if told.isdigit() else None,
            "" if tag.startswith("W/") else tag or headers.get("last-modified", ""),
            hashes.get("md5", b"").hex(),
            None if crc is None else int.from_bytes(crc, "big"),
        )

    def differs(self, path: Path) -> str:
        """How the file's bytes differ from what the server says, or an empty string."""
        size = path.stat().st_size
        if self.length is not None and size != self.length:
            return f"{size:,} bytes came instead of {self.length:,}"
        if self.md5:
            with path.open("rb") as file:
                if hashlib.file_digest(file, "md5").hexdigest() != self.md5:
                    return "its MD5 checksum is wrong"
        elif self.crc32c is not None and file_crc32c(path) != self.crc32c:
            return "its CRC32C checksum is wrong"
        return ""


class Part:
    """`<file>.part` and, beside it, `<file>.part.json`: the origin of the bytes in it.

    Bytes whose origin is not known cannot be continued, so such a part starts empty.
    """

    def __init__(self, final: Path) -> None:
        """`final` is where the whole file will be. Raises `OSError` like any file."""
        self.final = final
        self.path = final.with_name(f"{final.name}.part")
        self._note = final.with_name(f"{final.name}.part.json")
        self.origin = self._remembered()
        self._file = self.path.open("ab")
        self.size = self._file.tell()
        if self.size and self.origin is None:
            self.restart(None)

    def restart(self, origin: Origin | None) -> None:
        """Forget all bytes; the next ones are of `origin`."""
        self._file.truncate(0)
        self._file.seek(0)
        self.size = 0
        self.origin = origin
        if origin is None:
            self._note.unlink(missing_ok=True)
        else:
            self._note.write_text(json.dumps(asdict(origin)), "utf-8")

    def write(self, chunk: bytes) -> None:
        """Append the next bytes."""
        self._file.write(chunk)
        self.size += len(chunk)

    def cut(self, size: int) -> None:
        """Drop all bytes after the first `size`."""
        self._file.truncate(size)
        self.size = size

    def flush(self) -> None:
        """Bring all bytes to the file, for whoever opens it by name."""
        self._file.flush()

    def close(self) -> None:
        """Stop writing; what has come stays for another run, an empty part does not."""
        self._file.close()
        if not self.size:
            self.path.unlink(missing_ok=True)
            self._note.unlink(missing_ok=True)

    def finish(self, rewrite: Callable[[BinaryIO, BinaryIO], None] | None = None) -> None:
        """Give the file its name, at once; `rewrite` may first copy it to a changed one."""
        self._file.close()
        ready = self.path
        if rewrite is not None:
            ready = self.final.with_name(f"{self.final.name}.cut")
            with self.path.open("rb") as source, ready.open("wb") as changed:
                rewrite(source, changed)
        ready.replace(self.final)
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def _remembered(self) -> Origin | None:
        try:
            return Origin(**json.loads(self._note.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None


def _checksums(header: str) -> dict[str, bytes]:
    """`crc32c=<base64>,md5=<base64>`; what cannot be read is not there."""
    found = {}
    for named in header.split(","):
        name, _, value = named.strip().partition("=")
        try:
            found[name] = base64.b64decode(value, validate=True)
        except ValueError:
            continue
    return found
