"""Players: a public id that everybody may know, and a secret token that is the only way in.

=====================  =========================================================================
``inkling:token:HASH``  id of the player whose token has this SHA-256; the token is not stored
``inkling:player:ID``   hash: ``name``, and ``token`` with the hash of the token
=====================  =========================================================================
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis

from game.names import tidy_name
from ml.commands import Command, together
from server.bans import Bans
from server.periods import DAY_MS
from server.word_filter import WordFilter

PLAYER_KEPT_MS: Final = 400 * DAY_MS  # since last seen
NEW_KEPT_MS: Final = DAY_MS  # who never came in; else a script fills Redis with names
MAX_TOKEN_CHARS: Final = 64
# fmt: off
_FIRST: Final = (
    "Bold", "Brave", "Breezy", "Bright", "Calm", "Clever", "Cosy", "Curious", "Dapper", "Dizzy",
    "Eager", "Fearless", "Gentle", "Giddy", "Happy", "Humble", "Jolly", "Keen", "Lively",
    "Lucky", "Mellow", "Merry", "Nimble", "Plucky", "Proud", "Quick", "Quiet", "Sly", "Snug",
    "Spry", "Sunny", "Swift", "Tidy", "Witty", "Zesty",
)
_LAST: Final = (
    "Badger", "Beaver", "Bison", "Crane", "Dolphin", "Falcon", "Ferret", "Finch", "Gecko",
    "Heron", "Ibis", "Jackdaw", "Koala", "Lemur", "Lynx", "Magpie", "Marten", "Newt", "Otter",
    "Owl", "Panda", "Puffin", "Quail", "Raven", "Robin", "Seal", "Sparrow", "Squid", "Stoat",
    "Swan", "Tapir", "Toucan", "Vole", "Walrus", "Wombat", "Wren",
)
# fmt: on


# KEYS player; ARGV name
# A player who is erased meanwhile must not come into being again.
_RENAME: Final = """
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'name', ARGV[1]) end
"""


@dataclass(frozen=True, slots=True)
class Player:
    """A player as others may know them."""

    player_id: str
    name: str


class Players:
    """All players, in Redis."""

    def __init__(
        self, redis: Redis, kept_ms: int = PLAYER_KEPT_MS, unwanted: WordFilter | None = None
    ) -> None:
        self.unwanted = unwanted or WordFilter()
        self._redis = redis
        self._kept_ms = kept_ms
        self.bans = Bans(redis)
        self._rename = redis.register_script(_RENAME)

    async def create(self, name: str | None) -> tuple[Player, str]:
        """A new player and their token, until they come in. Raises ``Refused`` for no fit name."""
        shown = self._fit(name) if name and name.strip() else _friendly_name()
        player = Player(secrets.token_hex(8), shown)
        token = secrets.token_urlsafe(24)
        kept_ms = min(self._kept_ms, NEW_KEPT_MS)
        pipe = self._redis.pipeline(transaction=False)
        pipe.set(_token_key(token), player.player_id, px=kept_ms)
        kept: Any = {"name": shown, "token": _hash(token)}
        pipe.hset(_player_key(player.player_id), mapping=kept)
        pipe.pexpire(_player_key(player.player_id), kept_ms)
        await pipe.execute()
        return player, token

    async def by_token(self, token: str) -> Player | None:
        """Whose token this is, if anybody's; keeps them from expiring.

        The look-up is by hash, so its timing tells nothing about any token.
        """
        if not token or len(token) > MAX_TOKEN_CHARS:
            return None
        found: Any = await self._redis.getex(_token_key(token), px=self._kept_ms)
        if found is None:
            return None
        player_id = found.decode()
        pipe = self._redis.pipeline(transaction=False)
        pipe.hget(_player_key(player_id), "name")
        pipe.pexpire(_player_key(player_id), self._kept_ms)
        name, _ = await pipe.execute()
        return Player(player_id, name.decode()) if name is not None else None

    async def exists(self, player_id: str) -> bool:
        """Whether there is such a player, who was not erased."""
        return bool(await self._redis.exists(_player_key(player_id)))

    async def rename(self, player_id: str, name: str) -> Player:
        """The player under a new name. Raises ``Refused`` for one that cannot be shown."""
        player = Player(player_id, self._fit(name))
        await self._rename(keys=[_player_key(player_id)], args=[player.name])
        return player

    def _fit(self, name: str) -> str:
        return self.unwanted.masked(tidy_name(name))

    async def forget(self, player_id: str, token: str | None = None) -> None:
        """Nobody can be this player any more, and their name is gone.

        ``token`` is for players made before the way from a player to the token was kept.
        """
        key = _player_key(player_id)
        kept: Any = await self._redis.hget(key, "token")
        gone = [key]
        if kept is not None:
            gone.append("inkling:token:" + kept.decode())
        if token is not None:
            gone.append(_token_key(token))
        pipe = self._redis.pipeline(transaction=False)
        for each in gone:
            pipe.delete(each)
        await pipe.execute()
        await self.bans.lift("player", player_id)  # there is nobody left to keep out

    async def names(self, player_ids: Sequence[str]) -> list[str]:
        """Names in the order asked for; a player long gone is “somebody”."""
        asked = self.asking_names(player_ids)
        return [self.shown(name) for name in await together(self._redis, asked)]

    @staticmethod
    def asking_names(player_ids: Sequence[str]) -> list[Command]:
        """Commands that ask for these names, an answer each."""
        return [("HGET", _player_key(player_id), "name") for player_id in player_ids]

    @staticmethod
    def shown(name: bytes | None) -> str:
        """An answer to ``asking_names`` as it may be shown."""
        return name.decode() if name else "somebody"


def _friendly_name() -> str:
    return f"{secrets.choice(_FIRST)} {secrets.choice(_LAST)}"


def _token_key(token: str) -> str:
    return "inkling:token:" + _hash(token)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _player_key(player_id: str) -> str:
    return "inkling:player:" + player_id
