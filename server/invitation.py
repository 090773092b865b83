"""An invite link as a picture that a phone's camera reads."""

from __future__ import annotations

import io
from typing import Annotated, Final
from urllib.parse import urlsplit

import segno
from fastapi import APIRouter, Path, Query, Request, Response

from game.protocol import CODE_ALPHABET, CODE_CHARS, Code, Refused
from server import examples
from server.description import operation_id
from server.desk import problems

_MAX_LINK: Final = 300
_QUIET_ZONE: Final = 4  # modules of paper around it, as the standard wants

router = APIRouter(prefix="/api", tags=["rooms"], generate_unique_id_function=operation_id)


@router.get(
    "/rooms/{code}/qr.svg",
    response_class=Response,
    responses={
        200: {"content": {"image/svg+xml": {"example": examples.PICTURE}}},
        **problems(404, 422),
    },
)
async def qr_code(
    request: Request,
    code: Annotated[str, Path(max_length=_MAX_LINK, description="The room's.", examples=["BCDFG"])],
    link: Annotated[
        str,
        Query(
            max_length=_MAX_LINK,
            description="The whole address of the room's page.",
            examples=["https://ink.example/r/BCDFG"],
        ),
    ],
) -> Response:
    """The QR code of ``link``, which must lead to this room on this server, else 404.

    Only the page knows the whole address: proxies change the scheme and may hide a sub-path.
    """
    if not _leads_here(link, code.upper(), request.headers.get("host", "")):
        raise Refused(Code.NOT_FOUND, "The link must be the invitation to this room.")
    picture = io.BytesIO()
    segno.make_qr(link, error="m").save(
        picture, kind="svg", border=_QUIET_ZONE, dark="#1b2044", light="#fffef9", omitsize=True
    )
    return Response(
        picture.getvalue(), media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"}
    )


def _leads_here(link: str, code: str, host: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:  # no address at all
        return False
    is_code = len(code) == CODE_CHARS and set(code) <= set(CODE_ALPHABET)
    return (
        is_code
        and parts.scheme in ("http", "https")
        and parts.netloc == host != ""
        and parts.path.endswith(f"/r/{code}")
        and not parts.query
        and not parts.fragment
    )
