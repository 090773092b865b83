"""No request is larger than anything that can be asked for."""

from __future__ import annotations

from typing import Final

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from game.protocol import Code
from server.mounting import path_below

# The largest drawing there is, 8,192 points of three numbers each, written out at length.
MAX_BODY_BYTES: Final = 1024 * 1024
_WITH_DRAWING: Final = "/api/predict"
# All else is small: a name, or settings with a deck of all categories, 5 KiB of JSON. What is
# larger would only hold up everybody while it is read.
MAX_OTHER_BYTES: Final = 16 * 1024
# Whoever is cut off while sending never reads why: so much is heard out and thrown away.
_DRAINED_BYTES: Final = 16 * MAX_BODY_BYTES


class BodyLimit:
    """Refuses larger bodies before anything keeps them, whatever their header says."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        most = MAX_BODY_BYTES if path_below(scope) == _WITH_DRAWING else MAX_OTHER_BYTES
        read: list[Message] = []
        size = 0
        is_more = True
        while is_more and size <= _DRAINED_BYTES:
            message = await receive()
            is_more = message.get("more_body", False)
            size += len(message.get("body", b""))
            if size <= most:
                read.append(message)
        if size > most:
            said = f"Send at most {most // 1024} KiB at once."
            body = {"code": Code.TOO_LARGE.value, "message": said}
            await JSONResponse(body, 413)(scope, receive, send)
            return

        async def again() -> Message:
            return read.pop(0) if read else await receive()

        await self._app(scope, again, send)
