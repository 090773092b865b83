"""What every answer says to the browser about itself, and whose pages may talk to us."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.mounting import path_below

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
    " connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "X-Frame-Options": "DENY",
}
_PARTS: Final = ("text/javascript", "text/css")
_OF_PARTS: Final = frozenset(
    {"X-Content-Type-Options", "Cross-Origin-Resource-Policy", "Strict-Transport-Security"}
)
# Modules and styles are no documents: what holds for them is what their page says. Sixty of them
# make a first visit, and the rest of the headers would be a sixth of it.

# FastAPI's own documentation page loads its script from elsewhere; the policy would blank it.
_UNRULED: Final = ("/docs", "/redoc")
_UNRULED_POLICY: Final = "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_ONLY_TLS: Final = "max-age=31536000"  # a year, in seconds


class SecurityHeaders:
    """Adds the headers above to every HTTP answer, fewer of them to the parts of a page.

    ``over_tls``: players come by https, and browsers are told to come no other way.
    """

    def __init__(self, app: ASGIApp, *, over_tls: bool = False) -> None:
        self._app = app
        self._headers = dict(_HEADERS)
        if over_tls:
            self._headers["Strict-Transport-Security"] = _ONLY_TLS
        self._of_parts = {name: said for name, said in self._headers.items() if name in _OF_PARTS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = path_below(scope)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = MutableHeaders(scope=message)
                said.update(self._for(path, said.get("content-type", "")))
            await send(message)

        await self._app(scope, receive, with_headers)

    def _for(self, path: str, kind: str) -> dict[str, str]:
        if path in _UNRULED:
            return {**self._headers, "Content-Security-Policy": _UNRULED_POLICY}
        if path.startswith("/static/") and kind.startswith(_PARTS):
            return self._of_parts
        return self._headers


class SameOrigin:
    """Turns away requests that another site's page makes in a player's browser.

    Programs send no ``Origin`` and are let through: they have no player's token to misuse.
    """

    def __init__(self, app: ASGIApp, allowed: Sequence[str]) -> None:
        self._app = app
        self._allowed = frozenset(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] in ("http", "websocket") and not self._welcome(scope):
            if scope["type"] == "websocket":
                await receive()
                await send({"type": "websocket.close", "code": 1008})
                return
            body = {"code": "bad_origin", "message": "This page may not talk to this server."}
            await JSONResponse(body, 403)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _welcome(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin is None or origin in self._allowed or scope.get("method") == "GET":
            return True
        try:
            return urlsplit(origin).netloc == headers.get("host")
        except ValueError:  # no address at all
            return False
