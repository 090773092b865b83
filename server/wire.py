"""JSON on the socket: text to the protocol's dataclasses and back, strictly.

The shapes are those of ``game.protocol``; pydantic reads them off the dataclasses, so that there
is one description of a message, and the published schema is made from it too.
"""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from typing import Annotated, Any, Final, get_args, get_type_hints

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from game import protocol as p
from game.categories import CATEGORIES

_CLIENT: Final[TypeAdapter[p.ClientMessage]] = TypeAdapter(
    Annotated[p.ClientMessage, Field(discriminator="type")]
)
_SERVER: Final[TypeAdapter[p.AnyServerMessage]] = TypeAdapter(
    Annotated[p.AnyServerMessage, Field(discriminator="type")]
)


def read(text: str) -> p.ClientMessage:
    """The message in ``text``. Raises ``Refused`` with a sentence that says what is wrong."""
    try:
        return _CLIENT.validate_json(text, strict=True)
    except ValidationError as error:
        raise _refusal(error) from None


def _refusal(error: ValidationError) -> p.Refused:
    first = error.errors(include_url=False, include_context=True)[0]
    kind = first["type"]
    if kind == "json_invalid":
        return p.Refused(p.Code.MALFORMED, "A message must be a JSON object.")
    if kind == "union_tag_invalid":
        tag = str(first.get("ctx", {}).get("tag", ""))[:40]
        return p.Refused(p.Code.UNKNOWN_TYPE, f"There is no message of type “{tag}”.")
    if kind == "union_tag_not_found":
        return p.Refused(p.Code.UNKNOWN_TYPE, "A message needs a “type”.")
    where = ".".join(str(part)[:40] for part in first["loc"][1:]) or "message"
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        return p.Refused(p.Code.MALFORMED, f"“{where}” is no field of this message.")
    return p.Refused(p.Code.MALFORMED, f"“{where}”: {first['msg']}.")


_WRITERS: Final[dict[type, TypeAdapter[Any]]] = {
    kind: TypeAdapter(kind) for kind in get_args(p.AnyServerMessage)
}


def write(message: p.AnyServerMessage) -> str:
    """``message`` as JSON text."""
    return _WRITERS[type(message)].dump_json(message).decode()


# --- the published schema ------------------------------------------------------------------------


@cache
def schema() -> dict[str, Any]:
    """The JSON schema of every message, with the bounds that the rules enforce.

    Made once and shared, so it is not to be changed.
    """
    described: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": p.VERSION,
        "client": _CLIENT.json_schema(ref_template="#/$defs/{model}"),
        "server": _SERVER.json_schema(ref_template="#/$defs/{model}", mode="serialization"),
        "limits": {
            name.lower(): value
            for name, value in sorted(vars(p).items())
            if name.isupper() and isinstance(value, int | str) and not name.startswith("_")
        },
        "close_codes": {code.name.lower(): code.value for code in p.Close},
        "error_codes": [code.value for code in p.Code],
    }
    defs: dict[str, Any] = {}
    for side in ("client", "server"):
        defs |= described[side].pop("$defs", {})
    _bound(defs["Settings"])
    return described | {"$defs": defs}


def _bound(settings: dict[str, Any]) -> None:
    for name, hint in get_type_hints(p.Settings, include_extras=True).items():
        for bounds in get_args(hint):
            if isinstance(bounds, p.Between):
                settings["properties"][name] |= {"minimum": bounds.low, "maximum": bounds.high}


def settings_schema(settings: dict[str, Any]) -> dict[str, Any]:
    """The JSON schema of a room's settings, with all that ``game.deck.check`` wants of them."""
    exact = deepcopy(settings)
    _bound(exact)
    exact["properties"]["custom"] |= {
        "items": {"enum": list(CATEGORIES)},
        "maxItems": len(CATEGORIES),
        "uniqueItems": True,
        "anyOf": [{"maxItems": 0}, {"minItems": p.MIN_DECK}],
    }
    exact["anyOf"] = [
        {"properties": {"deck": {"minItems": 1}}},
        {"properties": {"custom": {"minItems": p.MIN_DECK}}, "required": ["custom"]},
    ]
    in_pictionary = {
        "players": {"minimum": p.PICTIONARY_PLAYERS},
        "rounds": {"maximum": p.TURNS_EACH},
    }
    exact["if"] = {"properties": {"mode": {"const": "pictionary"}}, "required": ["mode"]}
    exact["then"] = {"properties": in_pictionary}
    return exact


_SETTINGS: Final = TypeAdapter(p.Settings)


def whole(sent: object) -> object:
    """A number without a part as an ``int``: in JSON, 3.0 is 3."""
    return int(sent) if isinstance(sent, float) and sent.is_integer() else sent


def read_settings(sent: object) -> p.Settings:
    """A room's settings out of JSON, of exactly the types they have. Raises ``ValueError``."""
    fields = {k: whole(v) for k, v in sent.items()} if isinstance(sent, dict) else sent
    try:
        found = _SETTINGS.validate_json(json.dumps(fields), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part)[:40] for part in first["loc"])
        raise _no_settings(f"{where}: {first['msg']}" if where else first["msg"]) from None
    if len(set(found.custom)) < len(found.custom):
        said = "custom: a category is named twice"
        raise _no_settings(said)
    return found


def _no_settings(message: str) -> PydanticCustomError:
    return PydanticCustomError("settings", "{message}", {"message": message})


if __name__ == "__main__":
    # python -m server.wire > web/src/protocol.schema.json
    print(json.dumps(schema(), indent=2, ensure_ascii=False))  # noqa: T201
