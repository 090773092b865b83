"""A second network beside the one that serves: it sees frames, changes nothing and may break."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import psutil
import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from safetensors.numpy import load_file, save_file

from game.ink import Ink, pack, stroke_of
from ml import comparisons, queue, shadow
from ml.comparisons import Comparison, read_all, tell_prompts
from ml.engine import WEIGHTS
from ml.frames import Entry, Frame, Reply
from ml.shadow import BadShadow, Shadow, ShadowMeasures
from ml.shadow_process import Memory, answer, compare
from tests.support.tiny_network import TinyNetwork
from tests.support.waiting import soon

pytestmark = pytest.mark.asyncio
SQUARE: Final = pack(
    Ink((stroke_of((x, y, 16) for x, y in ((0, 0), (60_000, 0), (60_000, 60_000), (0, 60_000))),))
)
HELLO: Final = (
    "import json, sys, time;"
    " print(json.dumps({'model': 'other', 'raster': 7,"
    " 'labels': [str(n) for n in range(345)]}), flush=True);"
)
TALLY: Final = (
    "print(json.dumps({'compared': 1, 'agreed': 1, 'failed': 0, 'unrecorded': 0, 'took_s': 0}),"
    " flush=True)"
)


def answers(count: int = 1, ink: bytes = b"ink", error: str = "") -> list[tuple[Entry, Reply]]:
    said = np.zeros(345, "<f2")
    said[3] = 0.75
    return [
        (
            Entry(str(n), Frame(f"BCDFG:1:1:{n}", 1, "s", ink), 0),
            Reply(f"BCDFG:1:1:{n}", 1, said.tobytes(), "tiny", 7, error),
        )
        for n in range(count)
    ]


class Watched:
    """A shadow whose process is a few words of Python, and what is counted of it."""

    def __init__(self, code: str, redis_url: str = "") -> None:
        self.registry = CollectorRegistry()
        self.shadow = Shadow([sys.executable, "-c", code], redis_url, ShadowMeasures(self.registry))

    def count(self, outcome: str) -> float:
        labels = {"outcome": outcome}
        return self.registry.get_sample_value("inkling_worker_shadow_frames_total", labels) or 0

    async def counts(self, outcome: str, number: int) -> None:
        async def counted() -> bool:
            return self.count(outcome) >= number

        await soon(counted)

    @property
    def ended(self) -> float:
        return self.registry.get_sample_value("inkling_worker_shadow_ended_total") or 0


@contextlib.asynccontextmanager
async def beside(code: str) -> AsyncIterator[Watched]:
    watched = Watched(code)
    await watched.shadow.start(TinyNetwork())
    try:
        yield watched
    finally:
        await watched.shadow.stop()


async def test_frames_are_offered_one_small_batch_at_a_time_and_the_others_pass_by() -> None:
    async with beside(HELLO + f"sys.stdin.readline(); sys.stdin.readline(); {TALLY}") as watched:
        watched.shadow.offer(answers(shadow.MOST_FRAMES + 4))
        assert watched.count("passed_by") == 4
        for _ in range(50):
            watched.shadow.offer(answers(2))
        assert watched.count("passed_by") == 104
        assert watched.count("compared") == 0


async def test_little_ink_is_offered_at_once_and_nothing_that_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shadow, "_STOP_S", 0.05)
    async with beside(HELLO + "sys.stdin.readline(); time.sleep(9)") as watched:
        watched.shadow.offer(answers(3, error="this is no ink"))
        assert watched.count("passed_by") == 3
        watched.shadow.offer(answers(3, ink=bytes(shadow.MOST_BYTES // 2)))
        assert watched.count("passed_by") == 4


async def test_after_a_batch_it_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shadow, "REST_S", 60.0)
    async with beside(HELLO + f"[{TALLY} for line in sys.stdin]") as watched:
        watched.shadow.offer(answers())
        await watched.counts("agreed", 1)
        watched.shadow.offer(answers())
        assert watched.count("passed_by") == 1


@pytest.mark.parametrize("end", ["sys.exit(3)", "print('nonsense', flush=True); time.sleep(9)"])
async def test_one_that_breaks_is_counted_and_started_again(
    end: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setattr(shadow, "_FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(shadow, "_STOP_S", 0.1)
    once = f"import pathlib; broken = pathlib.Path({str(tmp_path / 'broken')!r});"
    body = f"\nfor line in sys.stdin:\n  if broken.exists(): {TALLY}\n  else: broken.touch(); {end}"
    async with beside(HELLO + once + body) as watched:

        async def compared() -> bool:
            watched.shadow.offer(answers())
            return watched.count("compared") > 0

        await soon(compared)
        assert watched.ended == 1
        assert "no shadow for 0 s" in caplog.text


async def test_one_that_falls_silent_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shadow, "_ANSWER_S", 0.05)
    monkeypatch.setattr(shadow, "_STOP_S", 0.05)
    async with beside(HELLO + "time.sleep(60)") as watched:
        watched.shadow.offer(answers())

        async def ended() -> bool:
            return watched.ended == 1

        await soon(ended)


async def test_an_idle_one_is_not_taken_for_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shadow, "_ANSWER_S", 0.01)
    async with beside(HELLO + f"[{TALLY} for line in sys.stdin]") as watched:
        await asyncio.sleep(0.1)  # ten times its patience
        monkeypatch.setattr(shadow, "_ANSWER_S", 30.0)
        watched.shadow.offer(answers())
        await watched.counts("compared", 1)
        assert watched.ended == 0


async def test_offering_to_one_that_is_gone_raises_nothing() -> None:
    async with beside(HELLO) as watched:
        for _ in range(20):
            watched.shadow.offer(answers())
            await asyncio.sleep(0)
        watched.shadow.offer([None])  # type: ignore[list-item]  # a fault of our own


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (HELLO.replace("'raster': 7", "'raster': 8"), "raster version 8, not 7"),
        (HELLO.replace("range(345)", "range(10)"), "it knows 10 categories, not 345"),
        ("", "it ended"),
        ("print('[]', flush=True)", "it does not come up"),
        ("print('{}', flush=True)", "it ended"),
    ],
)
async def test_what_does_not_fit_is_refused_with_the_reason(code: str, why: str) -> None:
    with pytest.raises(BadShadow, match=why):
        await Watched(code).shadow.start(TinyNetwork())


# --- what it does --------------------------------------------------------------------------------


def asked(*inks: bytes) -> dict[str, Any]:
    batch = [(entry, reply) for ink in inks for entry, reply in answers(ink=ink)]
    found: dict[str, Any] = json.loads(shadow._line(batch))
    return found


async def test_it_says_what_both_see_and_how_sure_they_are() -> None:
    network = TinyNetwork()
    network.model_hash = "other"
    (found,), failed = compare(network, asked(bytes(512)))
    assert failed == 0
    assert found == Comparison("BCDFG:1:1:0", 1, "tiny", "other", "3", 0.75, "0", 0.5, found.ms)
    assert not found.agrees


async def test_what_it_cannot_judge_is_counted() -> None:
    found, failed = compare(TinyNetwork(), asked(b"bad", b"ink"))
    assert (len(found), failed) == (1, 1)


async def test_without_redis_it_goes_on(tmp_path: Path) -> None:
    nowhere = Memory.from_url(f"unix://{tmp_path}/nothing")
    line = shadow._line(answers(2))
    tally = answer(TinyNetwork(), nowhere, line)
    assert (tally["compared"], tally["unrecorded"]) == (2, 2)


async def test_prompts_are_told_only_while_somebody_compares(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell_prompts(redis, {"a:1:1:0": "cat"})
    assert await redis.keys() == []
    monkeypatch.setattr(comparisons, "MAX_COMPARED", 100)
    with contextlib.closing(Memory.from_url(redis_url, protocol=2)) as memory:
        for _ in range(60):
            answer(TinyNetwork(), memory, shadow._line(answers(10)))
    await tell_prompts(redis, {"BCDFG:1:1:0": "cat"})
    found, prompts = await read_all(redis)
    assert prompts == {"BCDFG:1:1:0": "cat"}
    assert 100 <= len(found) <= 300, "a stream is trimmed roughly"
    assert found[-1].drawing == "BCDFG:1:1:9"
    for key in (comparisons.FRAMES, comparisons.PROMPTS):
        assert 0 < await redis.pttl(key) <= comparisons.KEPT_MS


# --- as a process, with real networks ------------------------------------------------------------


def other_weights(folder: Path) -> Path:
    """The shipped network with its categories' outputs turned a little."""
    shutil.copytree(WEIGHTS, folder)
    weights = load_file(folder / "model.safetensors")
    bias = next(name for name in weights if name.endswith("classifier.bias"))
    weights[bias] = np.roll(weights[bias], 1)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return folder


def other_order(folder: Path) -> Path:
    """The shipped network with two of its categories' names exchanged."""
    config = json.loads((shutil.copytree(WEIGHTS, folder) / "config.json").read_text())
    names = config["id2label"]
    names["0"], names["1"] = names["1"], names["0"]
    config["label2id"] = {name: int(place) for place, name in names.items()}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def worker(redis_url: str, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "ml.worker", f"--redis-url={redis_url}", "--threads=1"]
    return subprocess.Popen(
        [*command, "--device=cpu", "--exit-with-stdin", *options],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


async def test_a_worker_serves_and_compares_and_outlives_its_shadow(
    redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    process = worker(redis_url, f"--shadow={other_weights(tmp_path / 'other')}")
    try:
        (alive,) = await soon(lambda: queue.workers(redis), 30)
        (child,) = psutil.Process(process.pid).children()
        assert child.nice() == 19
        if hasattr(os, "SCHED_IDLE"):
            assert os.sched_getscheduler(child.pid) == os.SCHED_IDLE
        assert "redis" not in " ".join(child.cmdline()), "its address may hold a password"

        async def ask(name: str, n: int) -> None:
            await queue.send(redis, [Frame(f"{name}:1:1:0", n, "s", SQUARE)])

            async def answered() -> bool:
                _, replies = await queue.replies(redis, "s", "0-0", 0, count=1_000)
                return any(reply.drawing == f"{name}:1:1:0" and reply.n == n for reply in replies)

            await soon(answered)

        await ask("first", 1)

        async def compared() -> list[Comparison]:
            return (await read_all(redis))[0]

        (found,) = await soon(compared)
        assert (found.drawing, found.n, found.serving) == ("first:1:1:0", 1, alive.model)
        assert found.shadow not in ("", alive.model)
        child.kill()
        await ask("second", 1)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=20)
        assert process.returncode == 0, said.decode()
        assert b"in its shadow: model " + found.shadow.encode() in said
    finally:
        process.kill()
        process.communicate()
    assert not child.is_running()


async def test_a_worker_whose_shadow_does_not_fit_says_why_and_does_not_serve(
    redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    folder = other_order(tmp_path / "other")
    for weights, why in ((folder, b"its category 0 is"), (tmp_path, b"cannot be used")):
        with worker(redis_url, f"--shadow={weights}") as process:
            assert await asyncio.to_thread(process.wait, 60) == 1
            assert process.stderr is not None
            said = process.stderr.read()
        assert why in said, said.decode()
        assert b"Traceback" not in said
    assert await queue.workers(redis) == []
