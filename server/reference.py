"""``python -m server.reference``: the reference pages of ``server/docs``, from the code itself.

A test runs it and fails when a page is not what it would write.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

from game import protocol
from server.settings import Settings

DOCS: Final = Path(__file__).resolve().parent / "docs"
_WRITTEN: Final = "<!-- Written by `python -m server.reference`; change the code instead. -->"


def settings_page() -> str:
    """Every setting of ``python -m server``, one a row."""
    rows = [
        f"| `{name.upper()}` | {_default(name, field.get_default(call_default_factory=False))} |"
        f" {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(
        [
            _WRITTEN,
            "# Settings",
            "",
            (
                "Each is an environment variable or a flag of `python -m server` (`REDIS_URL` is"
                " `--redis-url`); a flag wins."
            ),
            "",
            "| variable | default | what |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def _default(name: str, value: Any) -> str:
    if name in _PLACES:
        return _PLACES[name]
    if isinstance(value, bool):
        return str(value).lower()
    return f"`{value}`" if value not in (None, "", ()) else "empty"


_PLACES: Final = {
    "data_dir": "`~/.local/share/inkling`",
    "weights": "the network that comes with the game",
    "web_dir": "the page that comes with the game",
}


def protocol_page() -> str:
    """Every message, code and limit of the socket."""
    lines = [
        _WRITTEN,
        "# Protocol " + protocol.VERSION,
        "",
        *_prose(inspect.cleandoc(protocol.__doc__ or "").partition("\n\n")[2]),
        "",
        "The same as JSON schema: `/api/protocol`. What the server says also has an",
        "`offset`: how far the room's log has come.",
    ]
    for title, union in (
        ("What a client says", protocol.ClientMessage),
        ("What the server says", protocol.AnyServerMessage),
    ):
        lines += ["", f"## {title}"]
        for kind in get_args(union):
            lines += _message(kind)
    lines += ["", "## What messages are made of"]
    for part in _parts((protocol.ClientMessage, protocol.AnyServerMessage)):
        lines += ["", f"### {part.__name__}", "", *_described(part)]
    lines += ["", "## Limits", ""]
    lines += [f"* `{name}`: {value}" for name, value in _limits().items()]
    lines += ["", "## Close codes", "", "4000-4499: come back; 4500-4999: do not.", ""]
    lines += [f"* {code.value} {code.name.lower()}" for code in protocol.Close]
    lines += ["", "## Error codes", "", ", ".join(f"`{code.value}`" for code in protocol.Code), ""]
    return "\n".join(lines)


def _prose(text: str) -> list[str]:
    """A docstring's paragraphs, its table as it is typed."""
    parts = text.replace("``", "`").split("\n\n")
    tables = [f"```\n{part.replace('`', '')}\n```" for part in parts]
    return "\n\n".join(
        table if part.startswith("===") else part for part, table in zip(parts, tables, strict=True)
    ).split("\n")


def _message(kind: type[Any]) -> list[str]:
    name = next(field.default for field in dataclasses.fields(kind) if field.name == "type")
    return ["", f"### `{name}`", "", *_described(kind)]


def _described(kind: type[Any]) -> list[str]:
    """What it is for, and its fields; every message from the server has an `offset` as well."""
    hints = get_type_hints(kind)
    shown = [
        f"* `{field.name}`: {_type(hints[field.name])}"
        for field in dataclasses.fields(kind)
        if field.name not in ("type", "offset")
    ]
    said = inspect.cleandoc(kind.__doc__ or "").replace("``", "`")
    return [said, *([""] if shown else []), *shown]


def _parts(hints: Iterable[Any]) -> list[type[Any]]:
    """The dataclasses that messages hold, and those that these hold, by name."""
    found: set[type[Any]] = set()
    waiting = list(hints)
    while waiting:
        hint = waiting.pop()
        waiting += get_args(hint)
        if isinstance(hint, type) and dataclasses.is_dataclass(hint) and hint not in found:
            found.add(hint)
            waiting += get_type_hints(hint).values()
    messages = {*get_args(protocol.ClientMessage), *get_args(protocol.AnyServerMessage)}
    return sorted(found - messages, key=lambda part: part.__name__)


def _limits() -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(protocol).items()
        if name.isupper() and isinstance(value, int | float)
    }


def _type(hint: Any) -> str:
    name = hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint)
    return f"`{name.replace('game.protocol.', '').replace('typing.', '')}`"


PAGES: Final = {"settings.md": settings_page, "protocol.md": protocol_page}


def main() -> int:
    """Write the pages; returns the exit status."""
    DOCS.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
