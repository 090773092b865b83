"""The schema in the page's folder is the one the server speaks."""

from __future__ import annotations

import json
from pathlib import Path

from server import wire

_PUBLISHED = Path(__file__).resolve().parents[2] / "web" / "src" / "protocol.schema.json"


def test_the_published_schema_is_current() -> None:
    """If this fails: python -m server.wire > web/src/protocol.schema.json."""
    assert json.loads(_PUBLISHED.read_text()) == wire.schema()


def test_bounds_of_settings_are_in_the_schema() -> None:
    rounds = wire.schema()["$defs"]["Settings"]["properties"]["rounds"]
    assert (rounds["minimum"], rounds["maximum"]) == (1, 20)
