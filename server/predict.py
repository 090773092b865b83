"""Asking the network without playing, and what it is: ``/api/predict`` and ``/api/model``."""

from __future__ import annotations

import asyncio
import hashlib
import json
import struct
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends, Request
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError
from redis.asyncio import Redis

from game.categories import CATEGORIES
from game.ink import pack
from game.protocol import MAX_POINTS, MAX_STROKES, TOP_GUESSES, Code, Refused
from ml import queue
from ml.frames import BITMAP_SIDE, pack_bitmap
from server import examples, wire
from server.crowd import SharedBuckets
from server.description import operation_id
from server.desk import pace, problems
from server.etags import Revalidated
from server.examples import shown
from server.predictor import Predictor
from server.sketches import ink_of

# Of one address: a class of thirty that sketches behind one router, at a few questions a second.
_ASKS_PER_S: Final = 60.0
_ASKS_BURST: Final = 120.0
_PIXELS: Final = BITMAP_SIDE**2
_COORDINATE: Final = 1e9
_FAINTEST: Final = 1  # a pixel of less than that is no ink
_PROBABILITIES: Final = struct.Struct(f"<{len(CATEGORIES)}e")
_CREDIT: Final = (
    "Drawings: Quick, Draw! (https://quickdraw.withgoogle.com/data) by Google, Inc., CC BY 4.0.",
    "Soft labels: DoodleNet by Yining Shi, MIT licence.",
)

Number = Annotated[float, Field(strict=True, ge=-_COORDINATE, le=_COORDINATE)]
Shade = Annotated[float, Field(strict=True, ge=0, le=255)]
# The first thing that is wrong is enough: a report of all would take longer than any drawing.
Axis = Annotated[list[Number], Field(fail_fast=True, min_length=1, max_length=MAX_POINTS)]
Stroke = Annotated[list[Axis], Field(fail_fast=True, min_length=2, max_length=3)]  # x, y, times


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


class _Question(BaseModel):
    model_config = ConfigDict(extra="forbid")

    top: Annotated[int, BeforeValidator(wire.whole)] = Field(
        TOP_GUESSES, strict=True, ge=1, le=len(CATEGORIES), description="How many guesses to tell."
    )


class Strokes(_Question):
    """A drawing as strokes. They say more than a bitmap: the network was trained on them.

    ``strokes`` is Quick, Draw!'s form: for each stroke a list of x, a list of y and, if one likes,
    a list of times, which change nothing; all of a stroke's lists are equally long. Any coordinates
    will do, growing to the right and down. ``canvas`` is the side of the square they lie on, from
    0; left out, the drawing counts as large, whatever its numbers, so that even a dot fills its
    sheet. All strokes together have at most as many points as one may have.
    """

    strokes: Annotated[list[Stroke], Field(fail_fast=True, min_length=1, max_length=MAX_STROKES)]
    canvas: Annotated[float, Field(strict=True, gt=0, le=_COORDINATE)] | None = None

    @model_validator(mode="after")
    def _is_a_drawing(self) -> Strokes:
        _check(self.strokes, self.canvas)
        return self


class Bitmap(_Question):
    """A drawing as 28x28 pixels, row by row, ink bright on 0, as in Quick, Draw!'s ``.npy`` files.

    At least one pixel is 1 or more.
    """

    bitmap: Annotated[
        list[Shade],
        Field(
            fail_fast=True,
            min_length=_PIXELS,
            max_length=_PIXELS,
            json_schema_extra={"contains": {"minimum": _FAINTEST}},
        ),
    ]

    @model_validator(mode="after")
    def _has_ink(self) -> Bitmap:
        if max(self.bitmap) < _FAINTEST:
            _wrong("there is no ink on the bitmap; ink is bright on 0")
        return self


def _which(body: object) -> str | None:
    sent = [kind for kind in ("strokes", "bitmap") if isinstance(body, dict) and kind in body]
    return sent[0] if len(sent) == 1 else None


Question = Annotated[
    Annotated[Strokes, Tag("strokes")] | Annotated[Bitmap, Tag("bitmap")],
    Discriminator(
        _which,
        custom_error_type="drawing",
        custom_error_message="send either strokes or a bitmap",
    ),
]


def _check(strokes: list[list[list[float]]], canvas: float | None) -> None:
    for at, stroke in enumerate(strokes):
        if any(len(each) != len(stroke[0]) for each in stroke):
            _wrong(f"the lists of strokes.{at} must be equally long")
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
    route_class=Revalidated,
    generate_unique_id_function=operation_id,
)


@router.post(
    "/predict",
    dependencies=[Depends(_paced)],
    responses={**shown(examples.PREDICTION), **problems(400, 403, 413, 422, 429, 503)},
)
async def predict(
    desk: AtDesk, question: Annotated[Question, Body(openapi_examples=examples.QUESTION)]
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
    if isinstance(question, Bitmap):
        return pack_bitmap(bytes(round(each) for each in question.bitmap))
    return pack(ink_of(question.strokes, question.canvas))


@router.get("/model", responses={**shown(examples.MODEL), **problems(503)})
async def model(desk: AtDesk) -> ModelInfo:
    """The network behind the guesses."""
    version, figures = await asyncio.to_thread(_described, desk.weights)
    workers = await queue.workers(desk.redis)
    return ModelInfo(
        version=version,
        serving=sorted({worker.model for worker in workers}),
        labels=list(CATEGORIES),
        figures=figures,
        licence="MIT",
        credit=list(_CREDIT),
    )


def _described(weights: Path) -> tuple[str | None, dict[str, Any] | None]:
    try:
        changed = (weights / "model.safetensors").stat()
    except OSError:
        return None, None
    return _read(weights, changed.st_mtime_ns, changed.st_size)


@lru_cache(maxsize=1)
def _read(weights: Path, _changed_ns: int, _size: int) -> tuple[str | None, dict[str, Any] | None]:
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
