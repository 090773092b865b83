"""``python -m server.admin``: look after running servers from the command line."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import ipaddress
import json
import re
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from game.names import tidy_chat
from game.protocol import CHAT_CHARS, Refused
from ml import interrupt
from server import backup, orders, presence
from server.backup import BadBackup
from server.bans import MAX_BAN_HOURS, Bans, Kind
from server.players import Players
from server.redis_options import add_redis_options
from server.settings import BadSettings, Settings, read_settings
from server.store import Fenced, RoomStore
from server.verdicts import memory

_PATIENCE_S: Final = 15.0
_LOOK_S: Final = 0.2
_ROOM: Final = re.compile(r"inkling:\{room:(\w+)\}:snap")
_EPILOG: Final = """\
It talks to the servers through their Redis: REDIS_URL, or the built-in Valkey of a server that
runs in the same DATA_DIR. Nothing in it needs a server to be stopped.

examples:
  python -m server.admin rooms                       what is being played
  python -m server.admin close BCDFG                 send everybody away and forget the room
  python -m server.admin announce "Back in a minute" to everybody who is in a room
  python -m server.admin ban player 9f86d081884c7d65 --hours 24 --reason "chat"
  python -m server.admin ban address 198.51.100.7    nobody from there comes in
  python -m server.admin backup boards.jsonl.gz      boards, players, games on record
  python -m server.admin restore boards.jsonl.gz --replace

a deploy without a lost round, one server after the other:
  python -m server.admin servers                     find its id
  python -m server.admin drain --server ID --wait    it opens no more rooms; wait for its games
  (stop it: its rooms move to the others; start the new version)
"""

Say = Callable[[Any], None]


async def show_servers(redis: Redis, _options: argparse.Namespace, say: Say) -> None:
    """The servers that are alive."""
    for each in await presence.servers(redis):
        say(dataclasses.asdict(each))


async def show_rooms(redis: Redis, _options: argparse.Namespace, say: Say) -> None:
    """Every room there is, played in or not."""
    store = RoomStore(redis, "admin")
    async for key in redis.scan_iter("inkling:{room:*}:snap", count=1000):
        found = _ROOM.fullmatch(key.decode())
        try:
            snapshot = await store.load(found[1]) if found else None
        except ValueError:  # of another version, or damaged; the others can be read
            say({"room": found[1] if found else "", "phase": "unreadable"})
            continue
        if found and snapshot:
            state = snapshot.state
            say(
                {
                    "room": found[1],
                    "phase": state.phase.value,
                    "mode": state.settings.mode,
                    "public": state.settings.public,
                    "round": state.round,
                    "players": [held.player for held in state.seats.values()],
                    "server": await store.holder(found[1]),
                }
            )


async def close_room(redis: Redis, options: argparse.Namespace, say: Say) -> None:
    """Close a room, wherever it is."""
    store, code = RoomStore(redis, "admin"), options.room.upper()
    if not await store.exists(code):
        message = f"There is no room {code}."
        raise BadSettings(message)

    async def closed() -> bool:
        if await store.holder(code) is None and await store.exists(code):
            try:
                await store.delete(code)
            except Fenced:
                return False
        await orders.give(redis, orders.CloseRoom(code))
        return not await store.exists(code)

    await _until(closed, f"Room {code} does not close; is its server still there?")
    say({"closed": code})


async def announce(redis: Redis, options: argparse.Namespace, say: Say) -> None:
    """Say something to everybody in a room, or in all of them."""
    if options.room is not None and not await RoomStore(redis, "admin").exists(options.room):
        message = f"There is no room {options.room}."
        raise BadSettings(message)
    try:
        text = tidy_chat(options.text)
    except Refused as refused:
        raise BadSettings(refused.message) from None
    told = await orders.give(redis, orders.Announce(text, options.room))
    say({"servers": told})


async def ban(redis: Redis, options: argparse.Namespace, say: Say) -> None:
    """Keep a player or an address out; a player leaves every room at once."""
    kind: Kind = options.kind
    await _check(redis, kind, options.who)
    await Bans(redis).add(kind, options.who, options.hours, options.reason)
    if kind == "player":
        await orders.give(redis, orders.Evict(options.who))
    say({"banned": options.who, "hours": options.hours})


async def _check(redis: Redis, kind: Kind, who: str) -> None:
    """Raises ``BadSettings`` for somebody who cannot be meant."""
    if kind == "player" and not await Players(redis).exists(who):
        message = f"There is no player {who}; rooms lists ids."
        raise BadSettings(message)
    if kind == "address":
        try:
            ipaddress.ip_address(who.removesuffix("/64"))  # as ``bans`` lists those of IPv6
        except ValueError:
            message = f"{who} is no address, such as 198.51.100.7 or 2001:db8::7."
            raise BadSettings(message) from None


async def unban(redis: Redis, options: argparse.Namespace, say: Say) -> None:
    """Let somebody in again."""
    if not await Bans(redis).lift(options.kind, options.who):
        message = f"{options.who} is not banned."
        raise BadSettings(message)
    say({"unbanned": options.who})


async def show_bans(redis: Redis, _options: argparse.Namespace, say: Say) -> None:
    """Who is kept out, why and for how long."""
    for each in await Bans(redis).all():
        say(dataclasses.asdict(each))


async def drain(redis: Redis, options: argparse.Namespace, say: Say) -> None:
    """Have servers open no more rooms, or open them again."""
    wanted = not options.undo

    async def told() -> bool:
        await orders.give(redis, orders.Drain(options.server, wanted))
        await asyncio.sleep(presence.BEAT_S)
        return all(each.draining is wanted for each in await _chosen(redis, options.server))

    await _until(told, "Not every server does as it is told.")
    chosen = await _chosen(redis, options.server)
    while options.wait and (playing := sum(each.playing for each in chosen)):
        say({"games still on": playing})
        await asyncio.sleep(presence.BEAT_S)
        chosen = await _chosen(redis, options.server)
    say({"draining" if wanted else "open": len(chosen)})


async def _chosen(redis: Redis, server: str | None) -> list[presence.Server]:
    found = [s for s in await presence.servers(redis) if server in (None, s.server)]
    if not found:
        message = "There is no such server." if server else "No server is running."
        raise BadSettings(message)
    return found


async def write_backup(redis: Redis, options: argparse.Namespace, say: Say) -> None:
    """Boards, players and games on record, into a file."""
    say({"keys": await backup.write(redis, options.file)})


async def restore_backup(redis: Redis, options: argparse.Namespace, say: Say) -> None:
    """Out of a file."""
    say({"keys": await backup.restore(redis, options.file, replace=options.replace)})


async def _until(claim: Callable[[], Awaitable[bool]], otherwise: str) -> None:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while not await claim():  # noqa: ASYNC110 - it is for others to do
                await asyncio.sleep(_LOOK_S)
    except TimeoutError:
        raise BadSettings(otherwise) from None


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    settings = read_settings()
    parser = argparse.ArgumentParser(
        prog="python -m server.admin",
        description="Look after running Inkling servers.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_redis_options(parser, settings)
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each thing")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, does: Callable[..., Awaitable[None]]) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=(does.__doc__ or "").rstrip("."))
        added.set_defaults(does=does)
        return added

    command("servers", show_servers)
    command("rooms", show_rooms)
    command("close", close_room).add_argument("room", metavar="ROOM", help="its code")
    said = command("announce", announce)
    said.add_argument("text", metavar="TEXT", help=f"at most {CHAT_CHARS} characters")
    said.add_argument("--room", type=str.upper, metavar="ROOM", help="only to this room")
    for name, does in (("ban", ban), ("unban", unban)):
        added = command(name, does)
        added.add_argument("kind", choices=("player", "address"), help="what WHO is")
        added.add_argument("who", metavar="WHO", help="a player's id (see rooms), or an address")
        if does is ban:
            added.add_argument("--hours", type=_hours, default=24.0, help="how long (24)")
            added.add_argument("--reason", default="", help="for those who look after the server")
    command("bans", show_bans)
    drained = command("drain", drain)
    drained.add_argument("--server", metavar="ID", help="only this one (see servers)")
    drained.add_argument("--wait", action="store_true", help="until no game is on there")
    drained.add_argument("--undo", action="store_true", help="open rooms again")
    command("backup", write_backup).add_argument("file", type=Path, metavar="FILE", help="new file")
    restored = command("restore", restore_backup)
    restored.add_argument("file", type=Path, metavar="FILE", help="what backup wrote")
    restored.add_argument("--replace", action="store_true", help="in place of what there is")
    return parser.parse_args(arguments)


def _hours(text: str) -> float:
    hours = float(text)
    if not 0 < hours <= MAX_BAN_HOURS:
        message = f"from a part of an hour up to {MAX_BAN_HOURS}"
        raise argparse.ArgumentTypeError(message)
    return hours


async def run(options: argparse.Namespace, say: Say) -> None:
    """Do what is asked. Raises ``BadSettings`` and ``BadBackup``."""
    settings = Settings(redis_url=options.redis_url, data_dir=options.data_dir)
    async with memory(settings) as redis:
        await options.does(redis, options, say)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks; returns the exit status."""
    try:
        options = _arguments(arguments)
    except BadSettings as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return 1

    def say(found: dict[str, Any]) -> None:
        line = json.dumps(found) if options.json else _words(found)
        print(line, flush=True)  # noqa: T201 - for whoever typed the command

    try:
        interrupt.run(run(options, say))
    except KeyboardInterrupt:
        return interrupt.STOPPED
    except (BadSettings, BadBackup, RedisError, OSError) as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _words(found: dict[str, Any]) -> str:
    return "  ".join(
        f"{name} {' '.join(value) if isinstance(value, list) else value}"
        for name, value in found.items()
    )


if __name__ == "__main__":
    sys.exit(main())
