"""What programs ask that watch over the server: does it live, can it serve, how is it doing."""

from __future__ import annotations

from contextlib import suppress
from typing import Literal

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel
from redis.exceptions import RedisError

from ml import queue
from server import examples, metrics
from server.description import operation_id
from server.desk import AtDesk
from server.examples import shown

router = APIRouter(tags=["operations"], generate_unique_id_function=operation_id)


class Alive(BaseModel):
    """It lives."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """What there is to serve games with. ``draining``, if it is there: no more rooms are opened."""

    redis: bool
    workers: int
    draining: bool = False


@router.get("/healthz", responses=shown(examples.ALIVE))
async def healthy() -> Alive:
    """Whether this process answers at all."""
    return Alive()


@router.get(
    "/readyz",
    response_model=Readiness,
    responses={
        **shown(examples.READY),
        503: {
            "model": Readiness,
            "description": "No games can be opened here just now.",
            **shown(examples.NOT_READY, 503)[503],
        },
    },
)
async def ready(desk: AtDesk) -> Response:
    """Whether games can be opened here: Redis answers, a worker recognises, nobody drains it."""
    try:
        workers = await queue.workers(desk.redis)
    except (RedisError, OSError):
        return JSONResponse({"redis": False, "workers": 0}, 503)
    found = {"redis": True, "workers": len(workers)}
    if desk.rooms.draining:
        return JSONResponse({**found, "draining": True}, 503)
    return JSONResponse(found, 200 if workers else 503)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"example": examples.METRICS}}}},
)
async def scrape(desk: AtDesk) -> Response:
    """For Prometheus, of all processes behind this address. Without Redis, no worker is known."""
    workers = None
    with suppress(RedisError, OSError):
        workers = metrics.Workers(await queue.workers(desk.redis), await queue.length(desk.redis))
    return Response(metrics.exposition(workers), media_type=CONTENT_TYPE_LATEST)
