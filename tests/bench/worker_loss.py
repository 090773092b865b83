"""How long nothing is guessed when a worker is killed: ``python -m tests.bench.worker_loss``.

Starts the whole game as a host does, once with one recognition worker and once with two, seats
bots in rooms of eight that draw without an end, and ends one worker with SIGKILL while they do.
Printed for each number of workers:

* ``answered_s``: from the kill until the first guess that was not on its way already, so until the
  supervisor's new worker answers, or the other one where there is another.
* ``all_back_s``: until every drawing had such a guess.
* ``silence_s``: the longest that any drawing went without a guess, from before the kill until its
  drawing ended, and ``before_s``, the same while nothing was wrong.
* ``drawings``, ``never`` (drawings without any guess after the kill) and ``problems``: refusals and
  closed sockets.

The exit status is 1 when a lone worker's successor took more than 5 s to answer, a drawing was
silent for more than 2 s beside a second worker, or ``never`` or ``problems`` is not 0. That no
match is lost or mistimed is for ``python -m tests.bench.chaos --only worker --workers 1`` to show.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import psutil
import uvloop

from tests.support.bots import SETTLE_S, fill
from tests.support.drawing_bot import BEAT_S, Bot
from tests.support.figures import show
from tests.support.whole_game import WholeGame, whole_game

SUCCESSOR_S: Final = 5.0
SILENCE_S: Final = 2.0
_ON_ITS_WAY_S: Final = 0.1  # a guess this soon after the kill may have left before it


async def lose_one(game: WholeGame, rooms: int, seconds: float, seed: int) -> dict[str, Any]:
    """Draw for a while, kill a worker, draw on for ``seconds``."""
    calm_s = SETTLE_S + seconds / 2
    beats = round((calm_s + seconds) / BEAT_S)
    bots = [bot for room in await fill(game.url, rooms, beats, seed) for bot in room.bots.values()]
    started = time.perf_counter()
    drawing = [asyncio.create_task(bot.draw(started)) for bot in bots]
    await asyncio.sleep(calm_s)
    os.kill(worker_pids(game)[0], signal.SIGKILL)
    killed = time.perf_counter()
    await asyncio.gather(*drawing)
    ended = time.perf_counter()
    found = figures(bots, started + SETTLE_S, killed, ended)
    for bot in bots:
        assert bot.socket is not None
        bot.socket.hang_up()
    return found


def worker_pids(game: WholeGame) -> list[int]:
    """The recognition workers of the game."""
    children = psutil.Process(game.process.pid).children(recursive=True)
    return [child.pid for child in children if "ml.worker" in child.cmdline()]


def figures(bots: Sequence[Bot], calm: float, killed: float, ended: float) -> dict[str, Any]:
    """What the bots heard, in seconds; all times are of one clock."""
    heard = [sorted(bot.guesses.values()) for bot in bots]
    first = [
        next((at - killed for at in times if at > killed + _ON_ITS_WAY_S), None) for times in heard
    ]
    back = [taken for taken in first if taken is not None]
    closed = sum(bot.socket is None or bot.socket.close_code is not None for bot in bots)
    return {
        "drawings": len(bots),
        "answered_s": round(min(back, default=ended - killed), 2),
        "all_back_s": round(max(back, default=ended - killed), 2),
        "silence_s": round(max(_gap(times, killed - 1, ended) for times in heard), 2),
        "before_s": round(max(_gap(times, calm, killed) for times in heard), 2),
        "never": len(bots) - len(back),
        "problems": sum(len(bot.problems) for bot in bots) + closed,
    }


def _gap(times: Sequence[float], since: float, until: float) -> float:
    """The longest without a guess between two moments."""
    within = [at for at in times if since < at < until]
    return max(after - before for before, after in pairwise([since, *within, until]))


def passed(found: dict[str, dict[str, Any]]) -> bool:
    """Whether players would hardly have noticed."""
    in_time = found["1"]["answered_s"] <= SUCCESSOR_S and found["2"]["silence_s"] <= SILENCE_S
    return in_time and not any(row["never"] or row["problems"] for row in found.values())


def measure(options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """With one worker and with two."""
    found = {}
    for workers in (1, 2):
        with (
            tempfile.TemporaryDirectory() as scratch,
            whole_game(Path(scratch) / "data", WORKERS=str(workers)) as game,
        ):
            run = lose_one(game, options.rooms, options.seconds, options.seed)
            found[str(workers)] = uvloop.run(run)
    return found


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=8.0, help="of drawing after the kill")
    parser.add_argument("--rooms", type=int, default=2, help="of eight")
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    found = measure(options)
    show(found, as_json=options.json)
    return 0 if passed(found) else 1


if __name__ == "__main__":
    sys.exit(main())
