"""Asking the network without playing: strokes, bitmaps, limits, and what it says of itself."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import TypeAdapter, ValidationError
from redis.asyncio import Redis

from game import ink
from game.categories import CATEGORIES
from game.protocol import MAX_POINTS
from ml import queue
from ml.frames import pack_bitmap
from ml.raster import rasterise, strokes_from_ink
from server.bodies import MAX_BODY_BYTES, MAX_OTHER_BYTES
from server.crowd import SharedBuckets
from server.predict import Question
from server.predictor import MOST_WAITING
from tests.support.house import HandWorker, House
from tests.support.sketches import SKETCHES, in_canvas_units
from tests.support.waiting import soon

pytestmark = pytest.mark.asyncio

DOT: Final = {"strokes": [[[1], [1]]]}


def strokes_of(name: str, scale: float = 1.0, shift: float = 0.0) -> list[list[list[float]]]:
    return [
        [[x * scale + shift for x, _ in stroke], [y * scale + shift for _, y in stroke]]
        for stroke in SKETCHES[name]
    ]


async def ask(house: House, **body: Any) -> Any:
    answer = await house.http.post("/api/predict", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


# --- with the real network -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["circle", "star", "ladder"])
async def test_strokes_in_any_coordinates_are_recognised(judged_house: House, name: str) -> None:
    large = await ask(judged_house, strokes=strokes_of(name, 40.0, -3_000.0), top=345)
    assert large["guesses"][0]["category"] == name
    assert len(large["guesses"]) == len(CATEGORIES)
    assert abs(sum(each["probability"] for each in large["guesses"]) - 1) < 0.01
    assert large["elapsed_ms"] > 0
    timed = [[*lists, [10 * n for n in range(len(lists[0]))]] for lists in strokes_of(name)]
    small = await ask(judged_house, strokes=timed)
    assert [each["category"] for each in small["guesses"]] == [
        each["category"] for each in large["guesses"][:5]
    ]

    async def is_serving() -> bool:
        found = (await judged_house.http.get("/api/model")).json()
        return bool(found["serving"] == [small["model"]])

    await soon(is_serving)  # workers say once a second that they are there


@pytest.mark.parametrize("name", ["circle", "star", "ladder", "hourglass"])
async def test_a_bitmap_as_in_the_data_set_is_recognised(judged_house: House, name: str) -> None:
    drawn = ink.pack(
        ink.Ink(
            tuple(
                ink.stroke_of((x, y, 0) for x, y in stroke)
                for stroke in in_canvas_units(SKETCHES[name])
            )
        )
    )
    bitmap = rasterise(strokes_from_ink(drawn), side=28, channels=1).reshape(-1).tolist()
    found = await ask(judged_house, bitmap=bitmap, top=1)
    assert [each["category"] for each in found["guesses"]] == [name]


# --- what goes to the network --------------------------------------------------------------------


async def asked_as(house: House, worker: HandWorker, **body: Any) -> bytes:
    """The frame that a question becomes."""
    asking = asyncio.create_task(ask(house, **body))
    (entry,) = await worker.take()
    await worker.answer(entry, "cat")
    assert (await asking)["guesses"][0]["category"] == "cat"
    return entry.frame.ink


async def test_a_drawing_of_the_data_set_becomes_the_ink_it_is_in_play(
    house: House, worker: HandWorker
) -> None:
    """Its longer side is 255, and the network's input is made of it by x257."""
    strokes = [[[0, 255, 7], [3, 200, 9]], [[5], [6]]]
    packed = await asked_as(house, worker, strokes=strokes)
    points = [list(ink.points_of(stroke)) for stroke in ink.unpack(packed).strokes]
    assert points == [
        [(0, 0, 0), (65535, 197 * 257, 0), (7 * 257, 6 * 257, 0)],
        [(5 * 257, 3 * 257, 0)],
    ]


async def test_a_canvas_keeps_a_drawing_in_its_place_and_times_are_kept(
    house: House, worker: HandWorker
) -> None:
    packed = await asked_as(
        house, worker, strokes=[[[0, 50], [100, 50], [12.4, 112.6]]], canvas=100
    )
    (stroke,) = ink.unpack(packed).strokes
    assert list(ink.points_of(stroke)) == [(0, 65535, 0), (32768, 32768, 100)]


async def test_a_bitmap_travels_as_it_is(house: House, worker: HandWorker) -> None:
    bitmap = [0, 0.4, 255, 128.6] * 196
    packed = await asked_as(house, worker, bitmap=bitmap)
    assert packed == pack_bitmap(bytes([0, 0, 255, 129] * 196))


async def test_a_question_reaches_no_room_and_a_late_answer_nobody(
    house: House, worker: HandWorker, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.app.state.predict_desk.predictor, "_patience_s", 0.2)
    asking = asyncio.create_task(house.http.post("/api/predict", json=DOT))
    (entry,) = await worker.take()
    answer = await asking
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert answer.json()["code"] == "busy"
    assert await queue.length(redis) == 0, "what nobody waits for is not left in the queue"
    await worker.answer(entry, "cat")
    assert (await asked_as(house, worker, **DOT)) != b""


# --- what is refused -----------------------------------------------------------------------------

_BAD: Final[dict[str, dict[str, Any]]] = {
    "nothing": {},
    "both": {**DOT, "bitmap": [255] * 784},
    "no strokes": {"strokes": []},
    "an empty stroke": {"strokes": [[[], []]]},
    "lists of different length": {"strokes": [[[1, 2], [1]]]},
    "x only": {"strokes": [[[1, 2]]]},
    "four lists": {"strokes": [[[1], [1], [1], [1]]]},
    "text": {"strokes": [[["1"], ["2"]]]},
    "endless": {"strokes": [[[1e300], [0]]]},
    "too many points": {"strokes": [[[0] * (MAX_POINTS + 1)] * 2]},
    "too many strokes": {"strokes": [[[1], [1]]] * 257},
    "off the canvas": {"strokes": [[[1, 101], [1, 1]]], "canvas": 100},
    "no canvas": {**DOT, "canvas": 0},
    "a short bitmap": {"bitmap": [255] * 783},
    "a blank bitmap": {"bitmap": [0] * 784},
    "a bitmap that is as good as blank": {"bitmap": [0.5] * 784},
    "a bright bitmap": {"bitmap": [256] * 784},
    "no guesses": {**DOT, "top": 0},
    "too many guesses": {**DOT, "top": 346},
    "something else": {**DOT, "category": "cat"},
}


@pytest.mark.parametrize("body", _BAD.values(), ids=_BAD)
async def test_what_is_no_drawing_is_refused_with_a_reason(
    house: House, redis: Redis, body: dict[str, Any]
) -> None:
    answer = await house.http.post("/api/predict", json=body)
    problem = answer.json()
    assert answer.status_code == 422
    assert problem["code"] == "malformed"
    assert problem["message"].endswith(".")
    assert await queue.length(redis) == 0


async def test_numbers_that_json_does_not_know_are_refused(house: House) -> None:
    answer = await house.http.post("/api/predict", content='{"strokes": [[[NaN], [Infinity]]]}')
    assert answer.status_code == 422


async def test_a_body_larger_than_any_drawing_is_not_read(house: House) -> None:
    for content in (b" " * (MAX_BODY_BYTES + 1), _endless()):
        answer = await house.http.post("/api/predict", content=content)
        assert answer.status_code == 413
        assert answer.json()["code"] == "too_large"


async def test_only_a_drawing_may_be_large(house: House) -> None:
    for path in ("/api/players", "/api/rooms"):
        answer = await house.http.post(path, content=b" " * (MAX_OTHER_BYTES + 1))
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_only_the_first_thing_that_is_wrong_is_looked_at() -> None:
    for wrong in (
        {"strokes": [[["x"] * 9, ["x"] * 9]]},
        {"strokes": [[[1]] * 9] * 9},
        {"strokes": [[[0] * (MAX_POINTS + 1)] * 2]},
        {"bitmap": ["x"] * 784},
    ):
        with pytest.raises(ValidationError) as refused:
            TypeAdapter(Question).validate_python(wrong)
        assert refused.value.error_count() == 1


async def _endless() -> Any:
    for _ in range(40):
        yield b" " * 65536


async def test_one_address_asks_only_so_often(house: House, worker: HandWorker) -> None:
    object.__setattr__(
        house.app.state.predict_desk, "asks", SharedBuckets(house.desk.redis, "ask", 0.001, 1)
    )
    assert await asked_as(house, worker, **DOT)
    answer = await house.http.post("/api/predict", json=DOT)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "1"


async def test_only_so_many_questions_wait_at_once(
    house: House, worker: HandWorker, redis: Redis
) -> None:
    waiting = [asyncio.create_task(ask(house, **DOT)) for _ in range(MOST_WAITING)]
    taken = await worker.take(MOST_WAITING)
    answer = await house.http.post("/api/predict", json=DOT)
    assert answer.status_code == 503
    assert await queue.length(redis) == MOST_WAITING
    for entry in taken:
        await worker.answer(entry, "cat")
    assert len(await asyncio.gather(*waiting)) == MOST_WAITING


async def test_what_the_network_cannot_read_is_said(house: House, worker: HandWorker) -> None:
    asking = asyncio.create_task(house.http.post("/api/predict", json=DOT))
    (entry,) = await worker.take()
    await worker.reply(entry, error="not today")
    answer = await asking
    assert answer.status_code == 400
    assert "not today" in answer.json()["message"]


# --- the network ---------------------------------------------------------------------------------


async def test_the_network_says_what_it_is(house: House) -> None:
    found = (await house.http.get("/api/model")).json()
    weights = Path(house.app.state.predict_desk.weights)
    assert found["labels"] == list(CATEGORIES)
    assert len(found["version"]) == 16
    assert found["figures"] == json.loads((weights / "figures.json").read_text())
    assert found["serving"] == []
    assert found["licence"] == "MIT"
    assert "CC BY 4.0" in found["credit"][0]


async def test_weights_that_are_elsewhere_are_no_error(house: House, tmp_path: Path) -> None:
    object.__setattr__(house.app.state.predict_desk, "weights", tmp_path)
    found = (await house.http.get("/api/model")).json()
    assert (found["version"], found["figures"]) == (None, None)
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    found = (await house.http.get("/api/model")).json()
    assert found["version"] is not None
    assert found["figures"] is None
