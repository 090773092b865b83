"""From the command to a page that can be played: ``python -m tests.bench.startup``.

Runs ``python -m server`` with an empty data folder and then again with the one it left, and
measures from the start of the process until the page is served and until a worker recognises.
``--fresh`` also measures a first ``make play`` in a copy of the repository without an
environment, installation included.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import asdict
from pathlib import Path

from tests.support.whole_game import ROOT, Times, whole_game


def measure(runs: int) -> dict[str, dict[str, float]]:
    """Median seconds of ``runs`` first starts and as many second ones."""
    first: list[Times] = []
    second: list[Times] = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as scratch:
            for found in (first, second):
                with whole_game(Path(scratch) / "data") as game:
                    found.append(game.times)
    return {"empty_data": _medians(first), "second_start": _medians(second)}


def _medians(found: list[Times]) -> dict[str, float]:
    return {
        key: round(statistics.median(asdict(times)[key] for times in found), 2)
        for key in ("page_s", "ready_s")
    }


def measure_fresh() -> dict[str, float]:
    """Seconds of a first and a second ``make play`` in a fresh clone, to the playable page."""
    with tempfile.TemporaryDirectory() as scratch:
        clone = Path(scratch) / "inkling"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)  # noqa: S607
        return {"first_make_play_s": _make_play(clone), "second_make_play_s": _make_play(clone)}


def _make_play(clone: Path) -> float:
    """Seconds from ``make play`` until ``/readyz`` says that a game can be played."""
    started = time.monotonic()
    environment = {**os.environ, "HOST": "127.0.0.1", "PORT": "0", "REDIS_URL": ""}
    for name in ("MAKEFLAGS", "MAKELEVEL", "VIRTUAL_ENV"):
        environment.pop(name, None)
    with subprocess.Popen(
        ["make", "play"],  # noqa: S607
        cwd=clone,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as play:
        assert play.stdout is not None
        url = ""
        for line in play.stdout:
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            if found:
                url = found.group()
                break
        while url:
            try:
                with urllib.request.urlopen(f"{url}/readyz", timeout=5):  # noqa: S310 - ours
                    break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        taken = round(time.monotonic() - started, 1)
        os.killpg(play.pid, signal.SIGTERM)
        play.stdout.read()
    if not url:
        message = "make play ended without saying where the game is"
        raise RuntimeError(message)
    return taken


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="starts of each kind")
    parser.add_argument("--fresh", action="store_true", help="measure make play in a fresh clone")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    found: dict[str, object] = dict(measure(options.runs))
    if options.fresh:
        found["fresh_clone"] = measure_fresh()
    if options.json:
        print(json.dumps(found))  # noqa: T201
        return
    for kind, figures in found.items():
        print(kind, figures)  # noqa: T201


if __name__ == "__main__":
    main()
