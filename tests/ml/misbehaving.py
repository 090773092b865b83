"""A web server of files that can be told to misbehave: what `ml.download` must live with."""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from ml.crc32c import crc32c


@dataclass
class Habits:
    """How one file is served. Lists are used up, one entry a request; empty means well."""

    statuses: list[int] = field(default_factory=list)  # answered instead of the file
    cuts: list[int] = field(default_factory=list)  # bytes of the body before the line is cut
    stops: list[int] = field(default_factory=list)  # bytes before silence
    lengths: list[int] = field(default_factory=list)  # a wrong length, told in all headers
    etags: list[str] = field(default_factory=list)
    md5s: list[str] = field(default_factory=list)
    checksum: str = "md5"  # or crc32c, or none
    ranges: bool = True
    shifted: int = 0  # ranges begin so many bytes late
    validator: bool = True


@dataclass
class Request:
    """What was asked for."""

    path: str
    range: str | None
    if_range: str | None
    sent: int = 0


class MisbehavingServer:
    """Serves `files` (path to bytes) on this machine; `requests` remembers every one."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.habits: dict[str, Habits] = defaultdict(Habits)
        self.requests: list[Request] = []
        self.open_at_once = 0
        self.most_open = 0
        self.gate: threading.Barrier | None = None
        self.released = threading.Event()
        self.lock = threading.Lock()
        self.url = ""

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    def answer(self, web: BaseHTTPRequestHandler) -> None:
        path = unquote(web.path).lstrip("/")
        habits = self.habits[path]
        request = Request(path, web.headers["Range"], web.headers["If-Range"])
        self.requests.append(request)
        if self.gate is not None:
            self.gate.wait(timeout=20)
        if habits.statuses and (status := habits.statuses.pop(0)) != 200:
            web.send_error(status)
            return
        if path not in self.files:
            web.send_error(404)
            return
        self._send(web, self.files[path], habits, request)

    def _send(
        self, web: BaseHTTPRequestHandler, whole: bytes, habits: Habits, request: Request
    ) -> None:
        tag = habits.etags.pop(0) if habits.etags else f'"{hashlib.md5(whole).hexdigest()}"'  # noqa: S324
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", request.range or "")
        partial = wanted is not None and habits.ranges and request.if_range in (None, tag)
        body, first = whole, 0
        if partial and wanted is not None:
            first = int(wanted[1]) + habits.shifted
            if first >= len(whole):
                web.send_error(416)
                return
            body = whole[first : int(wanted[2]) + 1 if wanted[2] else None]
        told = habits.lengths.pop(0) if habits.lengths else len(whole)
        web.send_response(206 if partial else 200)
        if partial:
            web.send_header("Content-Range", f"bytes {first}-{first + len(body) - 1}/{told}")
        web.send_header("Content-Length", str(len(body) if partial else told))
        if habits.validator:
            web.send_header("ETag", tag)
        web.send_header("x-goog-hash", self._hash(whole, habits))
        web.end_headers()
        if habits.stops:
            web.wfile.write(body[: habits.stops.pop(0)])
            self.released.wait(timeout=20)
            return
        if habits.cuts:
            body = body[: habits.cuts.pop(0)]
            web.close_connection = True
        request.sent = len(body)
        web.wfile.write(body)

    def _hash(self, whole: bytes, habits: Habits) -> str:
        crc = base64.b64encode(crc32c(whole).to_bytes(4, "big")).decode()
        if habits.checksum == "none":
            return ""
        if habits.checksum == "crc32c":
            return f"crc32c={crc}"
        text = habits.md5s.pop(0) if habits.md5s else ""
        md5 = text or base64.b64encode(hashlib.md5(whole).digest()).decode()  # noqa: S324
        return f"crc32c={crc},md5={md5}"


@contextmanager
def misbehaving_server() -> Iterator[MisbehavingServer]:
    """A running server on a free port of 127.0.0.1."""
    server = MisbehavingServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with server.lock:
                server.open_at_once += 1
                server.most_open = max(server.most_open, server.open_at_once)
            try:
                server.answer(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True
            finally:
                with server.lock:
                    server.open_at_once -= 1

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that hangs up is what is tested."""

    with Quiet(("127.0.0.1", 0), Handler) as web:
        server.url = f"http://127.0.0.1:{web.server_port}"
        thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            web.shutdown()
            thread.join()
