"""Answers that a program may ask for again at the price of a hash, if nothing has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute

_NOTHING_NEW: Final = "Nothing has changed since the ETag that was sent."


class Revalidated(APIRoute):
    """A route whose answers carry an ETag and are 304 to whoever has them already.

    The tag is weak: the bytes differ when the answer is compressed on the way.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **how: Any) -> None:
        if "GET" in how["methods"]:
            how["responses"] = {**(how["responses"] or {}), 304: {"description": _NOTHING_NEW}}
        super().__init__(path, endpoint, **how)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with the answer's hash held against what the asker has."""
        answer = super().get_route_handler()

        async def revalidated(request: Request) -> Response:
            response = await answer(request)
            if request.method != "GET" or response.status_code != 200:  # noqa: PLR2004 - OK
                return response
            tag = f'W/"{hashlib.blake2b(response.body, digest_size=12).hexdigest()}"'
            headers = {"ETag": tag, "Cache-Control": "no-cache"}
            if _has(request.headers.get("if-none-match", ""), tag):
                return Response(status_code=304, headers=headers)
            response.headers.update(headers)
            return response

        return revalidated


def _has(held: str, tag: str) -> bool:
    """Whether one of the tags in ``held`` is ``tag``, weak or not."""
    opaque = tag.removeprefix("W/")
    tags = [each.strip().removeprefix("W/") for each in held.split(",")]
    return opaque in tags or "*" in tags
