"""What programs ask that watch over the server: does it live, can it serve, how is it doing."""

from __future__ import annotations

from contextlib import suppress

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST
from redis.exceptions import RedisError

from ml import queue
from server import metrics
from server.desk import AtDesk

router = APIRouter(tags=["operations"])


@router.get("/healthz")
async def healthy() -> dict[str, str]:
    """Whether this process answers at all."""
    return {"status": "ok"}


@router.get("/readyz")
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


@router.get("/metrics", include_in_schema=False)
async def scrape(desk: AtDesk) -> Response:
    """For Prometheus, of all processes behind this address. Without Redis, no worker is known."""
    workers = None
    with suppress(RedisError, OSError):
        workers = metrics.Workers(await queue.workers(desk.redis), await queue.length(desk.redis))
    return Response(metrics.exposition(workers), media_type=CONTENT_TYPE_LATEST)
