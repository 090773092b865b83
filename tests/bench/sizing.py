"""What many players need, worked out from measured figures: ``python -m tests.bench.sizing``.

Nothing is measured here. The first table of ``server/docs/sizing.md`` holds what the other benches
printed, and what is assumed; this prints the second and third, which follow from it. After a change
of the first, ``--write`` puts them there; a test fails until that is done.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).resolve().parents[2] / "server" / "docs" / "sizing.md"
PLAYERS: Final = (1_000, 100_000, 1_000_000)
_INPUT: Final = re.compile(r"^\| `(\w+)` \| ([\d.,]+) \|", re.MULTILINE)
_SLOTS: Final = 16_384  # of a Redis Cluster
_BETWEEN: Final = "<!-- {} -->"


@dataclass(frozen=True)
class Needs:
    """What so many players need who all draw at once."""

    players: int
    rooms: int
    server_cores: int
    server_gib: float
    worker_cores: int
    gpus: int
    gpu_cores: int
    redis_cores: int
    redis_gib: float
    down_mbit: float
    up_mbit: float


def inputs(page: str) -> dict[str, float]:
    """The first table, by symbol."""
    return {name: float(figure.replace(",", "")) for name, figure in _INPUT.findall(page)}


def needs(players: int, given: dict[str, float]) -> Needs:
    """Each line is a sentence of the page."""
    rooms = ceil(players / given["seats"])
    frames = players * given["frames"]
    full = 1000 * given["load"]  # milliseconds that a core may work in a second

    def mbit(messages: float, size: float) -> float:
        return players * (size + messages * given["packet"]) * 8 / 1e6

    return Needs(
        players=players,
        rooms=rooms,
        server_cores=ceil(players * given["server_ms"] / full),
        server_gib=rooms * given["room_server"] / 2**20,
        worker_cores=ceil(frames / (given["worker_frames"] / 2 * given["load"])),
        gpus=ceil(frames / (given["gpu_frames"] * given["load"])),
        gpu_cores=ceil(frames / (given["gpu_worker_frames"] * given["load"])),
        redis_cores=ceil(players * given["redis_ms"] / full),
        redis_gib=rooms * given["room_redis"] / 2**20,
        down_mbit=mbit(given["down_messages"], given["down_bytes"]),
        up_mbit=mbit(given["up_messages"], given["up_bytes"]),
    )


def units_table(given: dict[str, float]) -> str:
    """What one core, one room and one worker are good for."""
    full, one = 1000 * given["load"], needs(1, given)
    planned = given["worker_frames"] * given["load"]
    rows = [
        ("players drawing, per core of a server", f"{full / given['server_ms']:,.0f}"),
        ("players drawing, per core of Redis", f"{full / given['redis_ms']:,.0f}"),
        (
            "memory per room in play, with its sockets",
            f"{given['room_server']:,.0f} KiB of a server, {given['room_redis']:,.0f} KiB of Redis",
        ),
        (
            "frames a second, per worker on a CPU (two cores)",
            f"{given['worker_frames']:,.0f}, to plan with {planned:,.0f}",
        ),
        (
            "frames a second, per worker of several on a GPU",
            "{gpu_worker_frames:,.0f}, a core each; the GPU has room for {gpu_frames:,.0f}".format(
                **given
            ),
        ),
        (
            "traffic per player drawing",
            f"{1000 * one.down_mbit:,.0f} kbit/s down, {1000 * one.up_mbit:,.0f} up",
        ),
    ]
    return "\n".join(["| what | figure |", "|---|---|", *(f"| {what} | {n} |" for what, n in rows)])


def needs_table(given: dict[str, float]) -> str:
    """What the three sizes need."""
    sizes = [needs(players, given) for players in PLAYERS]
    machine = given["machine"]
    rows = {
        "rooms of eight": [f"{size.rooms:,}" for size in sizes],
        "servers, in machines": [
            f"{_cores(size.server_cores)} in {ceil(size.server_cores / machine):,}"
            for size in sizes
        ],
        "their memory for rooms": [_gib(size.server_gib) for size in sizes],
        "workers on CPUs, in machines": [
            f"{_cores(size.worker_cores)} in {ceil(size.worker_cores / machine):,}"
            for size in sizes
        ],
        "or on GPUs, and workers": [
            f"{size.gpus:,} and {_cores(size.gpu_cores)}" for size in sizes
        ],
        "Redis: cores, so primaries": [f"{size.redis_cores:,}" for size in sizes],
        "slots for each primary": [f"{_SLOTS // size.redis_cores:,}" for size in sizes],
        "its memory for rooms": [_gib(size.redis_gib) for size in sizes],
        "to players": [_rate(size.down_mbit) for size in sizes],
        "from players": [_rate(size.up_mbit) for size in sizes],
    }
    head = " | ".join(f"{players:,}" for players in PLAYERS)
    lines = [f"| players at once | {head} |", "|---|" + "---|" * len(PLAYERS)]
    return "\n".join(lines + [f"| {what} | {' | '.join(row)} |" for what, row in rows.items()])


def _cores(count: int) -> str:
    return f"{count:,} core{'s' if count > 1 else ''}"


def _gib(amount: float) -> str:
    return f"{amount * 1024:,.0f} MiB" if amount < 1 else f"{amount:,.1f} GiB"


def _rate(mbit: float) -> str:
    return f"{mbit:,.0f} Mbit/s" if mbit < 1000 else f"{mbit / 1000:,.1f} Gbit/s"


def written(page: str) -> str:
    """The page, its tables worked out anew."""
    given = inputs(page)
    for name, table in (("units", units_table(given)), ("needs", needs_table(given))):
        mark, end = _BETWEEN.format(name), _BETWEEN.format(f"end of {name}")
        before, _, rest = page.partition(mark)
        page = f"{before}{mark}\n{table}\n{end}{rest.partition(end)[2]}"
    return page


def main() -> int:
    """Print the tables, or write them; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("--write", action="store_true", help=f"into {PAGE.name}")
    options = parser.parse_args()
    page = PAGE.read_text("utf-8")
    given = inputs(page)
    if options.write:
        PAGE.write_text(written(page), "utf-8")
    else:
        print(units_table(given), needs_table(given), sep="\n\n")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
