"""Senders of nonsense, as a process: ``python -m tests.support.attackers``.

One line of JSON on its standard input says whom to send it to, with which tokens and to which
rooms; one line on its standard output, at the end, what was sent and how requests were answered.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import httpx
import uvloop

from tests.support.rude_socket import TEXT, RudeSocket, saying

_NO_CODES: Final = ("ABCDE", "", "%00", "%f0%9f%92%a5", "../players")
_METHODS: Final = ("GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS", "HEAD")
_PATHS: Final = (
    "/", "/r/ABCDE", "/healthz", "/readyz", "/metrics", "/api/players", "/api/players/me",
    "/api/rooms", "/api/rooms/ABCDE", "/api/rooms/%00", "/api/rooms/%ff%fe", "/api/quickplay",
    "/api/categories", "/api/leaderboard?limit=-1", "/api/leaderboard?limit=1e9", "/api/protocol",
    "/api/leaderboard?limit=99", "/static/../server/app.py", "/static/%2e%2e/%2e%2e/etc/passwd",
    "/static/src", "/docs", "/openapi.json", "/nothing", "/api/rooms/ABCDE/ws",
)  # fmt: skip


class Attack:
    """Everything that was sent, and what came of it."""

    def __init__(
        self, url: str, messages: int, seconds: float, tokens: Sequence[str], codes: Sequence[str]
    ) -> None:
        self.left = messages
        self.sent = 0
        self.sockets = 0
        self.statuses: Counter[int] = Counter()
        self._url = url
        self._until = time.monotonic() + seconds
        self._tokens = tokens
        self._codes = [*codes, *_NO_CODES]

    @property
    def over(self) -> bool:
        """Whether enough was sent."""
        return self.left <= 0 or time.monotonic() > self._until

    async def with_sockets(self, dice: random.Random) -> None:
        """One attacker: socket after socket."""
        heard: list[tuple[int, bytes]] = []
        while not self.over:
            code = dice.choice(self._codes)
            path = f"/api/rooms/{code}/ws".encode("ascii", "replace").decode()
            try:
                socket = await RudeSocket.dial(self._url, path)
                self.sockets += 1
                if socket is not None:
                    await self._pester(socket, dice, heard)
            except OSError:
                continue

    async def _pester(
        self, socket: RudeSocket, dice: random.Random, heard: list[tuple[int, bytes]]
    ) -> None:
        try:
            if dice.random() < 0.8:
                hello = json.dumps({"type": "hello", "token": dice.choice(self._tokens)})
                await socket.send(TEXT, hello.encode(), dice)
                await asyncio.sleep(0.01)
            while not socket.gone and not self.over and dice.random() > 0.002:
                await socket.send(*saying(dice, heard), dice)
                self.left -= 1
                self.sent += 1
                if dice.random() < 0.05:  # now and then, let the server have its say
                    await asyncio.sleep(0.005)
        finally:
            await socket.hang_up()

    async def with_requests(self, dice: random.Random) -> None:
        """Another attacker: request after request."""
        async with httpx.AsyncClient(base_url=self._url, timeout=30) as http:
            while not self.over:
                body = dice.choice((b"", b"{", b"null", b'{"name":1}', b"[" * 5_000, b"\xff" * 99))
                if dice.random() < 0.3:
                    body = json.dumps({"name": "x" * dice.randrange(40)}).encode()
                headers = {
                    "Authorization": dice.choice(("", "Bearer", "Bearer \x7f", "Basic eA==")),
                    "Content-Type": dice.choice(("application/json", "text/plain", "")),
                    "X-Forwarded-For": f"10.{dice.randrange(256)}.{dice.randrange(256)}.1, x",
                }
                if dice.random() < 0.2:
                    headers["Origin"] = dice.choice(("http://evil.example", "null", "//["))
                if dice.random() < 0.3:
                    headers["Authorization"] = f"Bearer {dice.choice(self._tokens)}"
                answer = await http.request(
                    dice.choice(_METHODS), dice.choice(_PATHS), content=body, headers=headers
                )
                self.statuses[answer.status_code] += 1
                await asyncio.sleep(0.02)


async def attack(
    *,
    url: str,
    messages: int,
    seconds: float,
    sockets: int,
    seed: int,
    tokens: Sequence[str],
    codes: Sequence[str],
) -> dict[str, Any]:
    """Send so many messages, or for so long, over so many sockets at once."""
    dice = random.Random(seed)
    going = Attack(url, messages, seconds, tokens, codes)
    await asyncio.gather(
        going.with_requests(random.Random(dice.random())),
        *(going.with_sockets(random.Random(dice.random())) for _ in range(sockets)),
    )
    statuses = {str(status): count for status, count in sorted(going.statuses.items())}
    return {"messages": going.sent, "sockets": going.sockets, "requests": statuses}


if __name__ == "__main__":
    print(json.dumps(uvloop.run(attack(**json.loads(sys.stdin.readline())))))  # noqa: T201
