"""The game below a path of a site, such as ``https://ink.example/inkling/``."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class Mounted:
    """Serves what lies below ``root``, ``/inkling`` for one, as if it lay at the top.

    Proxies pass an address on as it came or without ``root``; from here on it has it, as ASGI
    wants, and so have redirects and the pages under ``/docs``. Health checks need not know of it.
    """

    def __init__(self, app: ASGIApp, root: str) -> None:
        self._app = app
        self._root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] in ("http", "websocket"):
            path = scope["path"]
            if not f"{path}/".startswith(f"{self._root}/"):
                path = self._root + path
            scope = {**scope, "path": path, "root_path": self._root}
        await self._app(scope, receive, send)


def path_below(scope: Scope) -> str:
    """The path of a request as it would be without a root."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))
