"""Who may not come in for a while: players by their id, everybody at an address.

``inkling:ban:player:ID`` and ``inkling:ban:address:ADDRESS`` hold the reason and expire by
themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from redis.asyncio import Redis

from game.protocol import Code, Refused
from server.addresses import whose

Kind = Literal["player", "address"]
MAX_BAN_HOURS: Final = 24 * 366
_PREFIX: Final = "inkling:ban:"


@dataclass(frozen=True, slots=True)
class Ban:
    """A player or an address that is kept out."""

    kind: Kind
    who: str
    reason: str
    left_ms: int


class Bans:
    """All bans, in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def add(self, kind: Kind, who: str, hours: float, reason: str) -> None:
        """Keep somebody out from now on."""
        await self._redis.set(_key(kind, who), reason, px=round(hours * 3_600_000))

    async def lift(self, kind: Kind, who: str) -> bool:
        """Let them in again; False if they were not kept out."""
        return bool(await self._redis.delete(_key(kind, who)))

    async def check(self, kind: Kind, who: str) -> None:
        """Raises ``Refused`` for somebody who is kept out."""
        if await self._redis.exists(_key(kind, who)):
            message = "You cannot play on this server for now. Ask whoever runs it."
            raise Refused(Code.BANNED, message)

    async def all(self) -> list[Ban]:
        """Everybody who is kept out."""
        found = []
        keys: list[bytes] = [key async for key in self._redis.scan_iter(_PREFIX + "*", count=1000)]
        for key in sorted(keys):
            kind, _, who = key.decode().removeprefix(_PREFIX).partition(":")
            reason: Any = await self._redis.get(key)
            left_ms: Any = await self._redis.pttl(key)
            if reason is not None:
                found.append(Ban(cast(Kind, kind), who, reason.decode(), int(left_ms)))
        return found


def _key(kind: Kind, who: str) -> str:
    return f"{_PREFIX}{kind}:{whose(who) if kind == 'address' else who}"
