"""How smoothly the page draws: ``python -m tests.bench.frames``.

Starts the whole game, seats seven bots that send hand-like ink twenty times a second and a page in
a real browser that draws along, so that eight canvases are live, and traces the page. Printed:

* ``fps``: frames drawn a second; ``frame_ms`` p50 and p95: between one and the next.
* ``work_ms`` p50 and p95: what the page's main thread did for a frame (scripts, styles, layout,
  paint), which is its own doing even where the machine is busy with other things; 16.7 is full.
* ``layouts`` and ``styles`` a second, and ``forced``: layouts that a script had to wait for.
* ``long_tasks``: tasks that took the processor for more than 50 ms.
* ``load``: of the whole machine meanwhile; far above its cores, the first two say little.

The browser draws without a graphics card here: pictures come later than they would on a phone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from playwright.sync_api import Browser, Page

from tests.support.bots import make_players
from tests.support.browser import await_phase, chromium, draw, open_page
from tests.support.drawing_bot import BEAT_S, Bot, Room
from tests.support.figures import show
from tests.support.light_socket import LightSocket
from tests.support.sketches import SKETCHES
from tests.support.whole_game import whole_game

_CATEGORIES: Final = (
    "devtools.timeline",
    "disabled-by-default-devtools.timeline.frame",
    "toplevel",
)
_LONG_US: Final = 50_000
_WORK: Final = frozenset(
    ("FunctionCall", "EvaluateScript", "EventDispatch", "FireAnimationFrame", "TimerFire",
     "UpdateLayoutTree", "Layout", "PrePaint", "Paint", "Layerize", "Commit")
)  # fmt: skip
_SCRIPTS: Final = frozenset(("FunctionCall", "EventDispatch", "FireAnimationFrame", "TimerFire"))


class Rivals(threading.Thread):
    """Seven bots in a room, in a thread of their own: they draw from ``go`` on."""

    def __init__(self, url: str, code: str, tokens: Sequence[str], seconds: float) -> None:
        super().__init__(daemon=True)
        self._url = f"{url.replace('http', 'ws', 1)}/api/rooms/{quote(code)}/ws"
        self._code, self._tokens, self._beats = code, tokens, round(seconds / BEAT_S)
        self.seated = threading.Event()
        self.go = threading.Event()

    def run(self) -> None:
        """The thread."""
        asyncio.run(self._play())

    async def _play(self) -> None:
        room = Room(self._code)
        bots = [Bot(room, self._beats, random.Random(n)) for n in range(len(self._tokens))]
        for bot, token in zip(bots, self._tokens, strict=True):
            bot.hear = lambda _data: None  # type: ignore[method-assign] # nothing is measured here
            bot.socket = await LightSocket.dial(self._url, bot.hear)
            bot.socket.send(json.dumps({"type": "hello", "token": token}))
        await asyncio.sleep(1)
        self.seated.set()
        while not self.go.is_set():  # noqa: ASYNC110 - set by another thread
            await asyncio.sleep(0.02)
        await asyncio.gather(*(bot.draw(time.perf_counter()) for bot in bots))
        for bot in bots:
            assert bot.socket is not None
            bot.socket.hang_up()


def trace(browser: Browser, url: str, seconds: float) -> list[dict[str, Any]]:
    """The browser's own account of some seconds with eight live canvases."""
    [(code, tokens)] = make_players(url, 1, 1)
    rivals = Rivals(url, code, tokens[1:], seconds + 12)
    page = open_page(browser)
    page.add_init_script(
        f"localStorage.setItem('inkling.player', '{json.dumps({'token': tokens[0]})}');"
        f"localStorage.setItem('inkling.room', '{code}');"
    )
    page.goto(f"{url}/r/{code}")
    await_phase(page, "lobby")
    rivals.start()
    rivals.seated.wait(10)
    page.get_by_test_id("start").click()
    await_phase(page, "drawing")
    rivals.go.set()
    page.wait_for_timeout(1500)
    browser.start_tracing(page=page, categories=list(_CATEGORIES))
    _draw_for(page, seconds)
    events: list[dict[str, Any]] = json.loads(browser.stop_tracing())["traceEvents"]
    page.context.close()
    return events


def _draw_for(page: Page, seconds: float) -> None:
    started = time.monotonic()
    sketches = [sketch for sketch in SKETCHES.values() if len(sketch) > 1]
    while time.monotonic() - started < seconds:
        draw(page, sketches[0], until=lambda: time.monotonic() - started > seconds)
        page.get_by_test_id("clear").click()
        sketches = [*sketches[1:], sketches[0]]


def figures(events: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the trace says."""
    pid, tid = _main_thread(events)
    mine = sorted(
        (each for each in events if (each["pid"], each["tid"]) == (pid, tid) and each["ph"] == "X"),
        key=lambda each: (each["ts"], -each.get("dur", 0)),
    )
    drawn = _drawn(events, pid)
    gaps = [(after - before) / 1000 for before, after in pairwise(drawn)]
    seconds = (drawn[-1] - drawn[0]) / 1e6
    work = [0.0] * len(drawn)
    busy_until = 0
    forced = 0
    script_until = 0
    for each in mine:
        end = each["ts"] + each.get("dur", 0)
        if each["name"] == "Layout" and each["ts"] < script_until:
            forced += 1
        if each["name"] in _SCRIPTS:
            script_until = max(script_until, end)
        if each["name"] in _WORK and each["ts"] >= busy_until:  # not inside another one
            busy_until = end
            work[_frame_of(drawn, each["ts"])] += _cost_us(each) / 1000
    names = [each["name"] for each in mine]
    long_tasks = [
        each for each in mine if each["name"].endswith("RunTask") and _cost_us(each) > _LONG_US
    ]
    return {
        "fps": round(len(drawn) / seconds, 1),
        "frame_ms": _p50_p95(gaps),
        "work_ms": _p50_p95(work),
        "layouts": round(names.count("Layout") / seconds, 1),
        "styles": round(names.count("UpdateLayoutTree") / seconds, 1),
        "forced": forced,
        "long_tasks": len(long_tasks),
        "load": round(os.getloadavg()[0], 1),
    }


def _cost_us(event: dict[str, Any]) -> int:
    """What it took of the processor, where the browser can tell that from waiting for one."""
    cost: int = event.get("tdur", event.get("dur", 0))
    return cost


def _drawn(events: Sequence[dict[str, Any]], pid: int) -> list[int]:
    """When the page's own picture was drawn; its process can hold other pictures too."""
    by_picture: dict[int, set[int]] = {}
    for each in events:
        if each["pid"] == pid and each["name"] == "DrawFrame":
            by_picture.setdefault(each["args"]["layerTreeId"], set()).add(each["ts"])
    return sorted(max(by_picture.values(), key=len))


def _main_thread(events: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """Of the renderer that painted most: the page."""
    mains = {
        (each["pid"], each["tid"])
        for each in events
        if each["name"] == "thread_name" and each["args"]["name"] == "CrRendererMain"
    }
    counts = dict.fromkeys(mains, 0)
    for each in events:
        if (each["pid"], each["tid"]) in counts and each["name"] in _WORK:
            counts[each["pid"], each["tid"]] += 1
    return max(counts, key=lambda main: counts[main])


def _frame_of(starts: Sequence[int], at: int) -> int:
    low, high = 0, len(starts)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if starts[middle] < at else (low, middle)
    return min(low, len(starts) - 1)


def _p50_p95(values: Sequence[float]) -> tuple[float, float] | None:
    if len(values) < 2:
        return None
    cuts = statistics.quantiles(values, n=20)
    return round(cuts[9], 1), round(cuts[18], 1)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="how long to trace")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as scratch,
        whole_game(Path(scratch) / "data") as game,
        chromium() as browser,
    ):
        events = trace(browser, game.url, options.seconds)
    found = figures(events)
    show(found, as_json=options.json)


if __name__ == "__main__":
    main()
