"""What a benchmark found, for people or for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def show(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Print figures by name, a line each, or as one line of JSON; a mapping's have a line each."""
    if as_json:
        print(json.dumps(found))  # noqa: T201 (a command talks)
        return
    for name, value in found.items():
        rows = value.items() if isinstance(value, dict) else [("", value)]
        for key, figure in rows:
            print(f"{name:28} {key:4} {figure}")  # noqa: T201
