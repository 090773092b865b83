"""What one process asks of all servers: told to whoever listens, obeyed by whom it concerns.

An order is not stored. Who gives one that must be carried out looks whether it was, and repeats it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

CHANNEL: Final = "inkling:orders"
_RETRY_S: Final = 0.5
_LISTEN_S: Final = 5.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EraseFrom:
    """The room's owner is to forget a player."""

    room: str
    player: str
    order: Literal["erase"] = "erase"


@dataclass(frozen=True, slots=True)
class CloseRoom:
    """The room's owner is to send everybody away and forget the room."""

    room: str
    order: Literal["close"] = "close"


@dataclass(frozen=True, slots=True)
class Announce:
    """Everybody in the room, or in every room, is to be told something."""

    text: str
    room: str | None = None
    order: Literal["announce"] = "announce"


@dataclass(frozen=True, slots=True)
class Evict:
    """A player is to leave every room."""

    player: str
    order: Literal["evict"] = "evict"


@dataclass(frozen=True, slots=True)
class Drain:
    """A server, or every one, is to take on no more rooms; or is to take some on again."""

    server: str | None = None
    draining: bool = True
    order: Literal["drain"] = "drain"


Order = EraseFrom | CloseRoom | Announce | Evict | Drain
_ORDER: Final[TypeAdapter[Order]] = TypeAdapter(Annotated[Order, Field(discriminator="order")])


async def give(redis: Redis, order: Order) -> int:
    """Tell an order to all servers; returns how many listen."""
    return int(await redis.publish(CHANNEL, _ORDER.dump_json(order)))


async def obey(
    redis: Redis, do: Callable[[Order], Awaitable[None]], listening: asyncio.Event
) -> None:
    """Carry out every order until cancelled; ``listening`` is set once there is an ear for them."""
    while True:
        try:
            async with redis.pubsub(ignore_subscribe_messages=True) as ear:
                await ear.subscribe(CHANNEL)
                listening.set()
                while True:
                    message: Any = await ear.get_message(timeout=_LISTEN_S)
                    if message is not None:
                        await _carry_out(message["data"], do)
        except (RedisError, OSError) as error:
            _log.warning("orders cannot be heard just now: %s", error)
        await asyncio.sleep(_RETRY_S)


async def _carry_out(data: bytes, do: Callable[[Order], Awaitable[None]]) -> None:
    with contextlib.suppress(ValidationError):  # of a newer version; it is for others
        order = _ORDER.validate_json(data)
        try:
            await do(order)
        except Exception:  # noqa: BLE001 - one order that fails must not deafen the server
            _log.exception("an order could not be carried out: %s", type(order).__name__)
