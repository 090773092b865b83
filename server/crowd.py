"""What one address may do at all servers of one Redis together.

=============================  =====================================================================
``inkling:pace:NAME:ADDRESS``  when the address will have a full bucket again; expires then
``inkling:open:ADDRESS``       hash: server to the sockets it has open and until when that is
                               believed; forgotten ``BELIEVED_MS`` after the last word of any
=============================  =====================================================================

Each server counts for itself first, so whoever is turned away there costs Redis nothing, and while
Redis is away that is all that counts.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from game.protocol import Code, Refused
from server.doors import DIALS_BURST, DIALS_PER_S, TOO_MANY, TOO_OFTEN, Doors
from server.rate import AddressBuckets

BELIEVED_MS: Final = 30_000  # a server that is killed takes its sockets with it
_TELL_S: Final = 1.0  # a socket that has closed is forgotten elsewhere within this
_REMIND_S: Final = 10.0
_log = logging.getLogger(__name__)

# The generic cell rate algorithm (ITU-T I.371): of a bucket, only the time when it will be full.
# KEYS pace; ARGV ms a token takes, burst, now.
_TAKE: Final = """
local now = tonumber(ARGV[3])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
if full > now + (ARGV[2] - 1) * ARGV[1] then return 0 end
full = full + ARGV[1]
redis.call('SET', KEYS[1], string.format('%.3f', full), 'PX', math.ceil(full - now))
return 1
"""

# KEYS open; ARGV server, its sockets, ms to believe it. Returns the sockets of all.
_COUNT: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. now + ARGV[3])
local total = 0
local told = redis.call('HGETALL', KEYS[1])
for i = 1, #told, 2 do
  local open, believed = string.match(told[i + 1], '(%d+) (%d+)')
  if tonumber(open) == 0 or tonumber(believed) < now then
    redis.call('HDEL', KEYS[1], told[i])
  else
    total = total + open
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return total
"""


class _BucketsElsewhere:
    """A bucket for each address in Redis, for whoever has counted here already."""

    def __init__(self, redis: Redis, name: str, per_s: float, burst: float) -> None:
        self._name = name
        self._arguments = (1000 / per_s, burst)
        self._take = redis.register_script(_TAKE)

    async def take(self, address: str, now_ms: int) -> bool:
        """Take a token of ``address``; False when there is none, and never while Redis is away."""
        try:
            key = f"inkling:pace:{self._name}:{address}"
            return bool(await self._take([key], [*self._arguments, now_ms]))
        except (RedisError, OSError):
            return True


class SharedBuckets:
    """A bucket for each address, the same at all servers."""

    def __init__(self, redis: Redis, name: str, per_s: float, burst: float) -> None:
        self._here = AddressBuckets(per_s, burst)
        self._elsewhere = _BucketsElsewhere(redis, name, per_s, burst)

    async def take(self, address: str, now_ms: int) -> bool:
        """Take a token of ``address``; False when there is none."""
        return self._here.take(address, now_ms) and await self._elsewhere.take(address, now_ms)


class Crowd:
    """The sockets of all servers, by the address they come from."""

    def __init__(self, redis: Redis, server_id: str, doors: Doors) -> None:
        self._doors = doors
        self._server_id = server_id
        self._count = redis.register_script(_COUNT)
        self._dials = _BucketsElsewhere(redis, "dial", DIALS_PER_S, DIALS_BURST)

    async def admit(self, address: str, now_ms: int) -> None:
        """Let in a socket that has entered here. Raises ``Refused`` for one too many of all."""
        most = self._doors.most(address)
        if most is None:
            return
        if not await self._dials.take(address, now_ms):
            raise Refused(Code.TOO_FAST, TOO_OFTEN)
        try:
            everywhere = await self._tell(address)
        except (RedisError, OSError):
            return
        if everywhere > most:
            raise Refused(Code.TOO_FAST, TOO_MANY)

    async def run(self) -> None:
        """Tell the others how many are here, for ever: soon after a change, and now and then."""
        loop = asyncio.get_running_loop()
        reminded = loop.time()
        task = asyncio.current_task()
        # A cancellation that comes while redis-py connects can be lost in there; it is noted.
        while task is not None and not task.cancelling():
            await asyncio.sleep(_TELL_S)
            addresses = self._doors.changed()
            if loop.time() >= reminded + _REMIND_S:
                reminded = loop.time()
                addresses |= self._doors.addresses()
            try:
                for address in addresses:
                    await self._tell(address)
            except (RedisError, OSError) as error:
                _log.warning("sockets by address are not told: %s", error)

    async def _tell(self, address: str) -> int:
        told: list[str | int] = [self._server_id, self._doors.open_from(address), BELIEVED_MS]
        return int(await self._count([f"inkling:open:{address}"], told))
