"""From a real round to a folder that a network learns from, with nobody's name in it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from redis.asyncio import Redis

from game.categories import CATEGORIES
from ml.drawing import Tally
from ml.engine import WEIGHTS, Engine
from ml.formats import drawing_files, read
from server import export
from server.export import BadFolder
from server.learning import Learning, kept_lines
from server.periods import DAY_MS
from tests.server.test_learning import choose, lines, room
from tests.support.house import open_house, prompt_of, write_ndjson
from tests.support.player import Account, Player
from tests.support.sketches import SKETCHES, in_canvas_units
from tests.support.waiting import soon

ROOT: Final = Path(__file__).resolve().parents[2]
# Of our sketches, those whose steps are not as even as a script's: such ink is not kept.
BY_HAND: Final = (
    "circle", "triangle", "line", "zigzag", "ladder", "stairs", "sun", "smiley face", "clock"
)  # fmt: skip
Done = subprocess.CompletedProcess[str]
pytestmark = pytest.mark.asyncio


def run(url: str, *arguments: str, module: str = "server.export") -> Done:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, "REDIS_URL": url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def drawn(players: Sequence[Player]) -> None:
    """Each draws what it was told; the real network judges; the round is over."""
    for each in players:
        await each.draw_strokes(in_canvas_units(SKETCHES[prompt_of(each)]))
    await players[0].phase("reveal", 30)


async def test_a_real_round_is_exported_and_learnt_from(
    judged_url: str,
    redis_url: str,  # noqa: ARG001 - the same Valkey, emptied
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "exported"
    async with open_house(judged_url, monkeypatch, learn_from_play=True) as house:
        names = ("Adazzz", "Bobzzz", "Cydzzz")
        players = await house.table(*names, custom=BY_HAND, seconds=20)
        for each in players[:2]:
            await choose(house, each.account, True)
        await players[0].say("start")
        for each in players:
            await each.phase("drawing")
        house.clock.ahead_ms += 10_000  # time in which a hand could have drawn so much
        await drawn(players)

        async def both() -> bool:
            return len(await lines(house.desk.redis)) == 2

        assert await soon(both)
        done = await asyncio.to_thread(run, judged_url, str(folder), "--json")
        wanted = {prompt_of(each) for each in players[:2]}
        accounts = [each.account for each in players]
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["categories"] == dict.fromkeys(sorted(wanted), 1)
    no_trace(folder, accounts, [each.code for each in players])
    for word, path in drawing_files(folder).items():
        tally = Tally()
        (drawing,) = read(path, tally)
        assert (tally.skipped, drawing.word, drawing.recognized) == (0, word, True)
        assert len(drawing.strokes) == len(SKETCHES[word])

    # Quick, Draw! in small: a drawing of each category.
    square: list[list[list[int]]] = [[[0, 255, 255, 0, 0], [0, 0, 255, 255, 0]]]
    write_ndjson(tmp_path / "data", dict.fromkeys(CATEGORIES, square))
    few = ["--pictures", "32", "--batch-size", "16", "--workers", "0", "--threads", "1"]
    few += ["--data", str(tmp_path / "data"), "--output", str(tmp_path / "tuned")]
    options = [*few, "--device", "cpu", "--init", str(WEIGHTS), "--extra", str(folder)]
    done = await asyncio.to_thread(run, "", *options, module="ml.train")
    assert done.returncode == 0, done.stderr
    assert "347 drawings of 345 categories" in done.stdout
    tuned, first = Engine.load(tmp_path / "tuned"), Engine.load(WEIGHTS)
    assert tuned.labels == first.labels
    assert tuned.model_hash != first.model_hash


def no_trace(folder: Path, accounts: Sequence[Account | None], codes: Sequence[str]) -> None:
    text = "".join(path.name + path.read_text("utf-8") for path in folder.iterdir())
    for account in accounts:
        assert account is not None
        for secret in (account.player_id, account.token, account.name):
            assert secret not in text
    assert not any(code in text for code in codes)
    for line in text.splitlines():
        assert set(json.loads(line[line.index("{") :])) == {
            "word",
            "key_id",
            "recognized",
            "drawing",
        }


# --- the folder ----------------------------------------------------------------------------------


async def keeping(redis: Redis, count: int) -> None:
    """So many drawings, kept now, every other one recognised."""
    keeper = Learning(redis, offered=True, most=1000, days=1, consent_kept_ms=DAY_MS)
    await keeper.consent("ada", 0)
    now = export.now_ms()
    for n in range(count):
        await keeper.keep(room(seed=str(n), prompt=n % 3), now)


async def test_an_export_is_refused_where_there_is_something_and_replaces_only_exports(
    redis: Redis, tmp_path: Path
) -> None:
    await keeping(redis, 7)
    folder = tmp_path / "out"
    assert (await export.export(redis, folder)).total() == 7
    names = [f"{name}.ndjson" for name in sorted(CATEGORIES[:3])]
    assert names_in(folder) == names
    with pytest.raises(BadFolder, match="--replace"):
        await export.export(redis, folder)
    (folder / "old.ndjson").write_text("{}\n")
    assert (await export.export(redis, folder, replace=True)).total() == 7
    assert names_in(folder) == names
    (folder / "diary.txt").write_text("dear diary")
    with pytest.raises(BadFolder, match=r"diary\.txt"):
        await export.export(redis, folder, replace=True)
    with pytest.raises(BadFolder, match="is not a folder"):
        await export.export(redis, folder / "diary.txt", replace=True)
    assert names_in(tmp_path) == ["out"]


async def test_an_export_that_is_stopped_leaves_everything_as_it_was(
    redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keeping(redis, 3)
    folder = tmp_path / "out"
    await export.export(redis, folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    async def stopped(redis: Redis, now_ms: int) -> AsyncIterator[Sequence[str]]:
        async for some in kept_lines(redis, now_ms):
            yield some
        raise asyncio.CancelledError  # as Ctrl-C does

    monkeypatch.setattr(export, "kept_lines", stopped)
    for place in (folder, tmp_path / "new"):
        with pytest.raises(asyncio.CancelledError):
            await export.export(redis, place, replace=True)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert names_in(tmp_path) == ["out"]


def interrupted(folder: Path) -> tuple[int, str]:
    """One Ctrl-C while it asks a Redis that never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        command = [sys.executable, "-m", "server.export", str(folder), "--redis-url", url]
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
            asked, _ = silent.accept()
            with asked:
                asked.recv(1)
                process.send_signal(signal.SIGINT)
                _, said = process.communicate(timeout=8)  # Redis would be given up after ten
            return process.returncode, said


async def test_ctrl_c_ends_the_command_with_a_word_and_without_a_folder(tmp_path: Path) -> None:
    status, said = await asyncio.to_thread(interrupted, tmp_path / "out")
    assert (status, said.strip()) == (130, "stopped; nothing was written")
    assert names_in(tmp_path) == []


async def test_only_what_was_recognised_is_exported_if_asked_for(
    redis: Redis, tmp_path: Path
) -> None:
    await keeping(redis, 3)
    assert not await export.export(redis, tmp_path / "out", only_recognized=True)
    assert names_in(tmp_path) == []


async def test_progress_reaches_the_end(redis: Redis, tmp_path: Path) -> None:
    await keeping(redis, 3)
    seen: list[tuple[int, int]] = []
    await export.export(redis, tmp_path / "out", progress=lambda *at: seen.append(at))
    assert seen == [(3, 3)]


async def test_a_server_that_keeps_nothing_has_nothing_to_export(
    redis_url: str, tmp_path: Path
) -> None:
    done = run(redis_url, str(tmp_path / "out"))
    assert done.returncode == 1
    assert "LEARN_FROM_PLAY" in done.stderr
    assert names_in(tmp_path) == []


async def test_help_teaches_the_whole_way(redis_url: str) -> None:
    said = run(redis_url, "--help").stdout
    for word in ("--only-recognized", "--replace", "--extra exported/", "key_id", "Ctrl-C"):
        assert word in said


async def test_a_word_that_is_no_category_names_no_file() -> None:
    line: Any = {"word": "../../etc/passwd", "recognized": True}
    assert export._by_word([json.dumps(line)], only_recognized=False) == {}
