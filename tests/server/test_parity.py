"""One rasteriser: what a player draws reaches the network as the very input it was trained on."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from redis.asyncio import Redis

from game import ink
from game.categories import CATEGORIES
from ml import queue
from ml.data import find_files
from ml.engine import Engine
from ml.prefix import cut_ink
from ml.raster import rasterise
from ml.reading import read_drawings
from tests.support.house import EIGHT, HandWorker, House, other_than, prompt_of, write_ndjson
from tests.support.player import Player, Said
from tests.support.sketches import SKETCHES, in_canvas_units
from tests.support.waiting import soon

pytestmark = pytest.mark.asyncio
REAL = Path(os.environ.get("INKLING_QUICKDRAW", Path(__file__).parents[3] / "shared" / "quickdraw"))
SHARES = (1.0, 0.6, 0.2)
Strokes = Sequence[Any]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load(device="cpu", threads=1, precision="auto")  # as the worker does


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """Drawings as training reads them: made by code, and real ones where there are some."""
    sketches = {
        name: [[[round(x) for x, _ in stroke], [round(y) for _, y in stroke]] for stroke in sketch]
        for name, sketch in SKETCHES.items()
    }
    sketches["line"] = [[[7, 7], [0, 255]]]  # no width
    sketches["circle"] = [[[128], [128]]]  # a dot
    sketches["square"] = [[[0, 255, 255, 0, 0], [0, 0, 255, 255, 0]], [[9], [9]]]
    write_ndjson(tmp_path / "made", sketches)
    return [tmp_path / "made", *([REAL] if REAL.is_dir() else [])]


def training_drawings(folder: Path) -> list[Strokes]:
    """What a training step starts from, of the folder's held-out part where it has one."""
    files = find_files(folder, "val")
    some = dict(list(files.items())[:: max(1, len(files) // 12)])
    drawings = read_drawings(some, tuple(some), per_category=1)
    assert len(drawings) >= 12
    return [drawings.strokes_of(index) for index in range(len(drawings))]


async def frame_of(player: Player, worker: HandWorker) -> bytes:
    """The ink, as it was queued for the network, of all that the player has drawn."""
    while True:
        entry = await worker.take_of(player)
        await worker.answer(entry, other_than(prompt_of(player)))
        if ink.unpack(entry.frame.ink).strokes == player.drawn.strokes:
            return entry.frame.ink


async def test_the_same_drawing_gives_the_same_tensor_by_socket_and_by_training(
    house: House, worker: HandWorker, engine: Engine, folders: list[Path]
) -> None:
    (player,) = await house.round("Ada", seconds=120)
    compared = 0
    for whole in [strokes for folder in folders for strokes in training_drawings(folder)]:
        for share in SHARES if compared % 4 == 0 else SHARES[:1]:
            strokes = cut_ink(whole, share)
            trained_on = rasterise(strokes, side=engine.side, channels=engine.channels)
            player.drawn = ink.BLANK
            await player.draw_strokes([list(map(tuple, each.tolist())) for each in strokes], 7)
            queued = await frame_of(player, worker)
            [played] = engine.pictures([queued])
            assert played.dtype == trained_on.dtype
            assert played.shape == trained_on.shape
            assert played.tobytes() == trained_on.tobytes()
            assert played.any()
            player.batch += 1
            await player.say("clear", batch=player.batch)
            await player.stored()
            house.clock.ahead_ms += 1_500  # nobody draws this fast
            compared += 1
    assert compared >= 18


def seat_is(seat: int) -> Callable[[Said], bool]:
    return lambda said: bool(said["seat"] == seat)


async def test_a_real_worker_recognises_and_its_verdict_can_be_derived_again(
    judged_house: House, judged_url: str, engine: Engine
) -> None:
    house = judged_house

    async def ready() -> bool:
        return (await house.http.get("/readyz")).status_code == 200

    assert await soon(ready, within_s=60.0)
    players = await house.round(
        "Ada", "Bob", rounds=1, seconds=60, guess_among="deck", confidence=0.0
    )
    for player in players:
        await player.draw_strokes(in_canvas_units(SKETCHES[prompt_of(player)]))
    for player in players:
        match = await player.hears("match", seat_is(player.seat))
        assert match["category"] == prompt_of(player)
        assert match["points"] >= 100
    reveal = await players[0].hears("reveal")
    assert {drawing["category"] for drawing in reveal["drawings"]} == set(map(prompt_of, players))

    redis: Redis = queue.connect(judged_url)
    try:
        game_id = house.owner(players[0].code).state.game_id
        key = f"inkling:game:{game_id}:verdicts"

        async def matches() -> list[Any]:
            kept = await redis.hgetall(key)  # type: ignore[misc]  # typed for both clients
            return [json.loads(kept[field]) for field in kept if field.startswith(b"match:1:")]

        async def all_kept() -> bool:
            return len(await matches()) == len(players)

        assert await soon(all_kept)
        records = await matches()
    finally:
        await redis.aclose()
    deck = [CATEGORIES.index(name) for name in EIGHT]
    for match in records:
        assert (match["model"], match["raster"]) == (engine.model_hash, engine.raster_version)
        (shares,) = engine.predict([base64.urlsafe_b64decode(match["ink"])])
        assert CATEGORIES[deck[int(np.argmax(shares[deck]))]] == match["prompt"]
