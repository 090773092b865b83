"""Asking the network without playing, and what it is: ``/api/predict`` and ``/api/model``."""

from __future__ import annotations

import asyncio
import hashlib
import json
import struct
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends, Request
from fastapi.openapi.models import Example
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from redis.asyncio import Redis

from game.categories import CATEGORIES
from game.ink import pack
from game.protocol import MAX_POINTS, MAX_STROKES, TOP_GUESSES, Code, Refused
from ml import queue
from ml.frames import BITMAP_SIDE, pack_bitmap
from server.crowd import SharedBuckets
from server.desk import Problem, pace
from server.predictor import Predictor
from server.sketches import ink_of

# Of one address: a class of thirty that sketches behind one router, at a few questions a second.
_ASKS_PER_S: Final = 60.0
_ASKS_BURST: Final = 120.0
_PIXELS: Final = BITMAP_SIDE**2
_COORDINATE: Final = 1e9
_LISTS: Final = (2, 3)  # x and y, and perhaps times
_PROBABILITIES: Final = struct.Struct(f"<{len(CATEGORIES)}e")
_CREDIT: Final = (
    "Drawings: Quick, Draw! (https://quickdraw.withgoogle.com/data) by Google, Inc., CC BY 4.0.",
    "Soft labels: DoodleNet by Yining Shi, MIT licence.",
)
_SQUARE: Final = [[[20, 235, 235, 20, 20], [20, 20, 235, 235, 20]]]
_BAR: Final = [*[0] * (12 * BITMAP_SIDE), *[255] * (4 * BITMAP_SIDE), *[0] * (12 * BITMAP_SIDE)]
_EXAMPLES: Final[dict[str, Example]] = {
    "strokes": {"summary": "A square in one stroke", "value": {"strokes": _SQUARE, "top": 3}},
    "bitmap": {"summary": "A bar, 28x28", "value": {"bitmap": _BAR}},
}

Number = Annotated[float, Field(strict=True, ge=-_COORDINATE, le=_COORDINATE)]
Shade = Annotated[float, Field(strict=True, ge=0, le=255)]
# The first thing that is wrong is enough: a report of all would take longer than any drawing.
Axis = Annotated[list[Number], Field(fail_fast=True, max_length=MAX_POINTS)]
Stroke = Annotated[list[Axis], Field(fail_fast=True, max_length=max(_LISTS))]


@dataclass(frozen=True, slots=True)
class PredictDesk:
    """What these routes work with."""

    redis: Redis
    predictor: Predictor
    weights: Path
    asks: SharedBuckets

    @classmethod
    def of(cls, redis: Redis, predictor: Predictor, weights: Path) -> PredictDesk:
        """A desk with the usual limits."""
        return cls(redis, predictor, weights, SharedBuckets(redis, "ask", _ASKS_PER_S, _ASKS_BURST))


class Question(BaseModel):
    """A drawing, as strokes or as a bitmap, one of the two.

    ``strokes`` is Quick, Draw!'s form: for each stroke a list of x, a list of y and, if one likes,
    a list of times, which change nothing. Any coordinates will do, growing to the right and down.
    ``canvas`` is the side of the square they lie on; left out, the drawing counts as large,
    whatever its numbers, so that even a dot fills its sheet.
    ``bitmap`` is 28x28 pixels, row by row, ink bright on 0, as in Quick, Draw!'s ``.npy`` files.
    Strokes say more: the network was trained on them and sees half of a bitmap's detail only.
    """

    model_config = ConfigDict(extra="forbid")

    strokes: (
        Annotated[list[Stroke], Field(fail_fast=True, min_length=1, max_length=MAX_STROKES)] | None
    ) = None
    canvas: Annotated[float, Field(strict=True, gt=0, le=_COORDINATE)] | None = None
    bitmap: (
        Annotated[list[Shade], Field(fail_fast=True, min_length=_PIXELS, max_length=_PIXELS)] | None
    ) = None
    top: int = Field(
        TOP_GUESSES, strict=True, ge=1, le=len(CATEGORIES), description="How many guesses to tell."
    )

    @model_validator(mode="after")
    def _is_one_drawing(self) -> Question:
        if (self.strokes is None) == (self.bitmap is None):
            _wrong("send either strokes or a bitmap")
        if self.bitmap is not None and not any(self.bitmap):
            _wrong("there is no ink on the bitmap; ink is bright on 0")
        if self.strokes is not None:
            _check(self.strokes, self.canvas)
        return self


def _check(strokes: list[list[list[float]]], canvas: float | None) -> None:
    for at, stroke in enumerate(strokes):
        if len(stroke) not in _LISTS:
            _wrong(f"strokes.{at} must be [[x…], [y…]] or [[x…], [y…], [ms…]]")
        if not stroke[0] or any(len(each) != len(stroke[0]) for each in stroke):
            _wrong(f"the lists of strokes.{at} must be equally long and not empty")
        on_canvas = (0 <= each <= (canvas or 0) for axis in stroke[:2] for each in axis)
        if canvas is not None and not all(on_canvas):
            _wrong(f"strokes.{at} leaves the canvas of 0 to {canvas:g}")
    points = sum(len(stroke[0]) for stroke in strokes)
    if points > MAX_POINTS:
        _wrong(f"{points} points are too many; send at most {MAX_POINTS}")


def _wrong(message: str) -> None:
    raise PydanticCustomError("drawing", "{message}", {"message": message})  # noqa: EM101 - a type


class Guessed(BaseModel):
    """One category and how likely it is, 0-1."""

    category: str
    probability: float


class Prediction(BaseModel):
    """What the network makes of a drawing, most likely first.

    ``model`` names the network that said so, ``elapsed_ms`` is the time it took in all.
    """

    guesses: list[Guessed]
    model: str
    elapsed_ms: float

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "guesses": [
                    {"category": "square", "probability": 0.91},
                    {"category": "picture frame", "probability": 0.03},
                    {"category": "envelope", "probability": 0.01},
                ],
                "model": "8f0f3c1f2a6b7d10+int8",
                "elapsed_ms": 4.2,
            }
        }
    )


class ModelInfo(BaseModel):
    """The network: what it knows, how good it is, and whom it is owed to.

    ``version`` is the first half of the sha256 of the weights that this server was started with,
    null if they are elsewhere; ``serving`` is what the workers alive now answer with, the
    arithmetic after a plus sign. ``figures`` are shares in percent of held-out drawings named
    right, by the fraction of the ink shown, as the weights' own evaluation found them.
    """

    version: str | None
    serving: list[str]
    labels: list[str]
    figures: dict[str, Any] | None
    licence: str
    credit: list[str]


def _desk(request: Request) -> PredictDesk:
    desk: PredictDesk = request.app.state.predict_desk
    return desk


async def _paced(request: Request, desk: Annotated[PredictDesk, Depends(_desk)]) -> None:
    await pace(request, desk.asks)


AtDesk = Annotated[PredictDesk, Depends(_desk)]

router = APIRouter(
    prefix="/api",
    tags=["network"],
    responses={status: {"model": Problem} for status in (400, 413, 422, 429, 503)},
)


@router.post("/predict", dependencies=[Depends(_paced)])
async def predict(
    desk: AtDesk, question: Annotated[Question, Body(openapi_examples=_EXAMPLES)]
) -> Prediction:
    """What the network makes of one drawing. Nothing of it is kept, and it scores for nobody."""
    started = time.perf_counter()
    reply = await desk.predictor.ask(_frame(question))
    if reply.error:
        raise Refused(Code.INK_MALFORMED, f"The network cannot read this: {reply.error}.")
    ranked = sorted(
        zip(_PROBABILITIES.unpack(reply.probabilities), CATEGORIES, strict=True),
        key=lambda each: -each[0],
    )
    return Prediction(
        guesses=[
            Guessed(category=name, probability=round(p, 6)) for p, name in ranked[: question.top]
        ],
        model=reply.model,
        elapsed_ms=round(1000 * (time.perf_counter() - started), 1),
    )


def _frame(question: Question) -> bytes:
    if question.bitmap is not None:
        return pack_bitmap(bytes(round(each) for each in question.bitmap))
    assert question.strokes is not None  # noqa: S101 - one of the two is there
    return pack(ink_of(question.strokes, question.canvas))


@router.get("/model")
async def model(desk: AtDesk) -> ModelInfo:
    """The network behind the guesses."""
    version, figures = await asyncio.to_thread(_read, desk.weights)
    workers = await queue.workers(desk.redis)
    return ModelInfo(
        version=version,
        serving=sorted({worker.model for worker in workers}),
        labels=list(CATEGORIES),
        figures=figures,
        licence="MIT",
        credit=list(_CREDIT),
    )


def _read(weights: Path) -> tuple[str | None, dict[str, Any] | None]:
    """The digest of the network in ``weights`` and its figures, as far as they are there."""
    try:
        with (weights / "model.safetensors").open("rb") as file:
            version = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except OSError:
        return None, None
    try:
        return version, json.loads((weights / "figures.json").read_text())
    except (OSError, ValueError):
        return version, None
