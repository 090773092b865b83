"""What Schemathesis has to know of this API beyond its document; it loads this by name."""

from __future__ import annotations

from typing import Any, Final

import requests
import schemathesis

from game.names import tidy_name
from game.protocol import MAX_POINTS, Refused

_PATIENCE_S: Final = 10.0


@schemathesis.auth(refresh_interval=None)
class FreshPlayer:
    """Sends the token of a player whom nobody else is, where the document asks for one."""

    def get(self, case: schemathesis.Case, context: Any) -> str | None:
        """A new player's token."""
        if "security" not in context.operation.definition.raw:
            return None
        url = f"{case.operation.base_url.rstrip('/')}/api/players"
        made = requests.post(url, timeout=_PATIENCE_S)
        made.raise_for_status()
        token: str = made.json()["token"]
        return token

    def set(self, case: schemathesis.Case, data: str, _context: Any) -> None:
        """Put it where the document says it belongs."""
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


@schemathesis.hook
def before_call(_context: Any, case: schemathesis.Case, _kwargs: dict[str, Any]) -> None:
    """Mend what no JSON schema can ask for, where the document is to be kept."""
    body, meta = case.body, case.meta
    if isinstance(body, dict) and meta is not None and meta.generation.mode.is_positive:
        if isinstance(body.get("name"), str):
            case.body = {**body, "name": _shown(body["name"])}
        if "strokes" in body:
            case.body = {**body, "strokes": _even(body["strokes"]), "canvas": None}


def _shown(name: str) -> str:
    """The name, or another for one that cannot be shown."""
    try:
        return tidy_name(name)
    except Refused:
        return "Ada"


def _even(strokes: list[list[list[float]]]) -> list[list[list[float]]]:
    """The strokes with equally long lists each, and no more points than a drawing may have."""
    at_most = MAX_POINTS // len(strokes)
    shortest = [min(at_most, *map(len, stroke)) for stroke in strokes]
    return [
        [axis[:points] for axis in stroke] for stroke, points in zip(strokes, shortest, strict=True)
    ]
