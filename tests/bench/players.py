"""How many can draw at once: ``python -m tests.bench.players``.

Starts the whole game as a host does (web server, Valkey, one worker) and beside it, on the same
machine, processes of bots that sit in rooms of eight and each send hand-like ink twenty times a
second. Every step has more of them, in fresh rooms, until p95 of ink to guess is past 250 ms, or
something goes wrong, in two steps running. Printed for each step:

* ``guess``: ink to guess at the player's end, from sending the newest ink of a frame until the
  guess about that frame is there. ``any``: the same for all ink, so with the wait for the next
  frame. ``relay``: from sending ink until a room-mate has it.
* CPU (100 is one core) and resident memory of each process while that was measured.
* ``errors``: refusals, closed sockets, matches or phases that should not be, and ink that was
  not relayed as it was sent. ``late`` is how far behind their beat the bots were: past some tens
  of milliseconds it is the machine, bots included, that is full.

``tests.support.bots`` tells how each is measured.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import psutil

from tests.support.bots import SETTLE_S
from tests.support.drawing_bot import SEATS
from tests.support.whole_game import ROOT, WholeGame, whole_game

LIMIT_MS: Final = 250.0
_PATIENCE_S: Final = 120.0


class Bots:
    """A process of bots, as its parent sees it."""

    def __init__(self, url: str, redis_url: str, rooms: int, seconds: float, seed: int) -> None:
        options = [url, redis_url, str(rooms), str(seconds), str(seed)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.bots", *options],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._watchdog = threading.Timer(_PATIENCE_S + seconds, self.process.kill)
        self._watchdog.start()

    def line(self) -> str:
        """Its next line."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            message = "the bots ended, or had to be ended, before they were done"
            raise RuntimeError(message)
        return line.strip()

    def go(self) -> None:
        """Set its pens going."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def end(self) -> None:
        """Wait until it has ended, which it does by itself."""
        self._watchdog.cancel()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.process.kill()
        self.process.communicate()


@dataclass(frozen=True)
class Load:
    """CPU seconds and resident MiB of processes, by what they are."""

    at: float
    cpu_s: dict[str, float]
    rss_mib: dict[str, int]

    @classmethod
    def now(cls, game: WholeGame, bots: Sequence[Bots]) -> Load:
        """As it is now."""
        server = psutil.Process(game.process.pid)
        named = [("server", server)]
        for child in server.children(recursive=True):
            command = " ".join(child.cmdline())
            named.append((_what(command), child))
        named += [("bots", psutil.Process(each.process.pid)) for each in bots]
        cpu: Counter[str] = Counter()
        rss: Counter[str] = Counter()
        for name, process in named:
            times = process.cpu_times()
            cpu[name] += times.user + times.system
            rss[name] += process.memory_info().rss // 2**20
        return cls(time.monotonic(), dict(cpu), dict(rss))

    def percent_since(self, before: Load) -> dict[str, int]:
        """CPU in percent of one core between ``before`` and this."""
        taken = self.at - before.at
        return {
            name: round(100 * (spent - before.cpu_s.get(name, 0.0)) / taken)
            for name, spent in self.cpu_s.items()
        }


def _what(command: str) -> str:
    """What a process of the game is, by its command line."""
    if "ml.worker" in command:
        return "worker"
    return "valkey" if "valkey" in command else "server"


def step(
    game: WholeGame, redis_url: str, players: int, options: argparse.Namespace, seed: int
) -> dict[str, Any]:
    """One step of the ramp: so many players for so long."""
    rooms = players // SEATS
    shares = [rooms // options.processes] * options.processes
    for extra in range(rooms % options.processes):
        shares[extra] += 1
    bots: list[Bots] = []
    try:
        for number, share in enumerate(share for share in shares if share):
            process_seed = seed * options.processes + number
            bots.append(Bots(game.url, redis_url, share, options.seconds, process_seed))
        for each in bots:
            each.line()
        for each in bots:
            each.go()
        time.sleep(SETTLE_S)
        before = Load.now(game, bots)
        time.sleep(options.seconds)
        after = Load.now(game, bots)
        told = [json.loads(each.line()) for each in bots]
    finally:
        for each in bots:
            each.end()
    return {"players": rooms * SEATS, **_summed(told, options.seconds), **_load(before, after)}


def _load(before: Load, after: Load) -> dict[str, Any]:
    return {"cpu_percent": after.percent_since(before), "rss_mib": after.rss_mib}


def _summed(told: Sequence[dict[str, Any]], seconds: float) -> dict[str, Any]:
    errors: Counter[str] = Counter()
    for each in told:
        errors.update(each["problems"])
        errors.update({f"closed {code}": count for code, count in each["closed"].items()})
    found: dict[str, Any] = {"errors": dict(errors)}
    for name in ("guess", "any_guess", "relay", "late"):
        samples = [sample for each in told for sample in each["samples"].get(name, [])]
        cuts = statistics.quantiles(samples, n=100) if len(samples) > 1 else [float("inf")] * 99
        found[f"{name}_ms"] = {f"p{p}": round(cuts[p - 1], 1) for p in (50, 95, 99)}
        if name == "guess":
            found["guesses_per_s"] = round(len(samples) / seconds)
    found["messages_per_s"] = round(sum(each["sent"] for each in told) / (seconds + 2 * SETTLE_S))
    return found


def passed(found: dict[str, Any]) -> bool:
    """Whether everybody in this step was served well."""
    return not found["errors"] and found["guess_ms"]["p95"] < LIMIT_MS


def ramp(options: argparse.Namespace) -> dict[str, Any]:
    """Step after step; prints each as it is done unless JSON is wanted."""
    steps: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "data"
        redis_url = f"unix://{quote(str(data / 'valkey' / 'valkey.sock'))}"
        with whole_game(data, WORKERS=str(options.workers)) as game:
            for players in range(options.start, options.most + 1, options.step):
                seed = 1000 * options.seed + len(steps)
                found = step(game, redis_url, players, options, seed)
                steps.append(found)
                if not options.json:
                    print(_row(found), flush=True)  # noqa: T201
                if len(steps) > 1 and not passed(steps[-1]) and not passed(steps[-2]):
                    break
    best = max((each["players"] for each in steps if passed(each)), default=0)
    return {"steps": steps, "most_players": best}


def _row(found: dict[str, Any]) -> str:
    times = "  ".join(
        f"{name} " + "/".join(f"{value:.0f}" for value in found[key].values())
        for name, key in (
            ("guess", "guess_ms"), ("any", "any_guess_ms"), ("relay", "relay_ms"),
            ("late", "late_ms"),
        )
    )  # fmt: skip
    load = "  ".join(
        f"{name} {percent}% {found['rss_mib'][name]} MiB"
        for name, percent in found["cpu_percent"].items()
    )
    errors = " ".join(f"{what}:{count}" for what, count in found["errors"].items()) or "none"
    return (
        f"{found['players']:4} players: {times} ms  {found['guesses_per_s']} guesses/s of"
        f" {found['messages_per_s']} messages/s  |  {load}  |  errors {errors}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=8.0, help="measured in each step")
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn")
    parser.add_argument("--start", type=int, default=40, help="players in the first step")
    parser.add_argument("--step", type=int, default=40, help="more players in each step")
    parser.add_argument("--most", type=int, default=400, help="players in the last step")
    parser.add_argument("--workers", type=int, default=1, help="recognition workers")
    parser.add_argument("--processes", type=int, default=2, help="of bots")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    found = ramp(options)
    if options.json:
        print(json.dumps(found))  # noqa: T201
    else:
        print(f"{found['most_players']} players with p95 under {LIMIT_MS:.0f} ms and no error")  # noqa: T201


if __name__ == "__main__":
    main()
