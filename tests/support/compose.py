"""The compose files, put on top of each other and filled in as Compose does it.

That much of it as these files need: mappings are merged, lists follow one another, and of what is
mounted at the same place the last counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
BASE: Final = ROOT / "docker-compose.yml"
DEPLOY: Final = ROOT / "server" / "deploy"
OVERRIDES: Final = ("gpu", "tls")
_VARIABLE: Final = re.compile(r"\$(?:\$|\{(\w+)(?::([-?])([^}]*))?\})")


def override(name: str) -> Path:
    """The file that goes on top for ``gpu`` or ``tls``."""
    return DEPLOY / f"docker-compose.{name}.yml"


def composed(*overrides: str) -> dict[str, Any]:
    """The base with ``overrides`` on top; variables are left as they are."""
    found: Any = {}
    for path in (BASE, *map(override, overrides)):
        found = _merged(found, yaml.safe_load(path.read_text("utf-8")))
    return dict(found)


def _merged(below: Any, above: Any) -> Any:
    if isinstance(below, dict) and isinstance(above, dict):
        merged = {name: _merged(below.get(name), value) for name, value in above.items()}
        return {**below, **merged}
    if isinstance(below, list) and isinstance(above, list):
        return below + above
    return below if above is None else above


def filled_in(value: Any, variables: Mapping[str, str]) -> Any:
    """``value`` with ``${NAME:-otherwise}`` replaced. Raises ``KeyError`` for what must be set."""
    if isinstance(value, dict):
        return {name: filled_in(each, variables) for name, each in value.items()}
    if isinstance(value, list):
        return [filled_in(each, variables) for each in value]
    if not isinstance(value, str):
        return value

    def fill(found: re.Match[str]) -> str:
        name, how, otherwise = found.groups()
        if name is None:
            return "$"
        if how == "?" and not variables.get(name):
            raise KeyError(name)
        return variables.get(name) or otherwise or ""

    return _VARIABLE.sub(fill, value)
