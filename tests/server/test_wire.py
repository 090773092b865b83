"""JSON on the socket: anything may come in, and only what the schema says goes out."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from game import protocol as p
from game.categories import CATEGORIES
from server import wire
from tests.support.anything import anything

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)
TYPES = tuple(kind.__dataclass_fields__["type"].default for kind in get_args(p.ClientMessage))
FIELDS = sorted({each.name for kind in get_args(p.ClientMessage) for each in fields(kind)})
MESSAGES = st.dictionaries(st.sampled_from([*FIELDS, "extra"]), JSON, max_size=4).flatmap(
    lambda some: st.sampled_from(TYPES).map(lambda kind: {**some, "type": kind})
)


def read_or_refuse(text: str) -> None:
    found: Any
    try:
        found = wire.read(text)
    except p.Refused as refused:
        found = refused
    if isinstance(found, p.Refused):
        assert found.code in (p.Code.MALFORMED, p.Code.UNKNOWN_TYPE)
        assert found.message.endswith(".")
        assert len(found.message) < 400
    else:
        assert isinstance(found, get_args(p.ClientMessage))


@given(st.text(max_size=200))
def test_any_text_is_a_message_or_refused(text: str) -> None:
    read_or_refuse(text)


@given(JSON)
def test_any_json_is_a_message_or_refused(value: Any) -> None:
    read_or_refuse(json.dumps(value))


@settings(max_examples=200)
@given(MESSAGES)
def test_any_fields_of_any_type_are_a_message_or_refused(message: dict[str, Any]) -> None:
    read_or_refuse(json.dumps(message))


@given(st.binary(max_size=100))
def test_any_bytes_are_ink_or_refused(data: bytes) -> None:
    found: Any
    try:
        found = p.read_ink(data)
    except p.Refused as refused:
        found = refused
    if isinstance(found, p.Refused):
        assert found.code in (p.Code.INK_MALFORMED, p.Code.INK_TOO_LONG)
    else:
        assert p.write_ink(found) == data


@pytest.mark.parametrize("kind", get_args(p.ClientMessage))
def test_a_client_message_survives_the_wire(kind: type[Any]) -> None:
    examples: dict[str, dict[str, Any]] = {
        "Hello": {"token": "t", "name": "Ada", "since": 7},
        "ChangeSettings": {"settings": p.Settings(rounds=3, custom=("cat", "dog"))},
        "Kick": {"seat": 3},
        "Lock": {"locked": True},
        "HandOver": {"seat": 3},
        "ExtendTime": {"seat": 3, "factor": 1.5},
        "Chat": {"text": "hi"},
        "GuessWord": {"text": "Katze", "category": "cat"},
    }
    message = kind(**examples.get(kind.__name__, {}))
    assert wire.read(TypeAdapter(kind).dump_json(message).decode()) == message


@settings(max_examples=40)
@given(st.data())
@pytest.mark.parametrize("kind", get_args(p.AnyServerMessage), ids=lambda kind: kind.__name__)
def test_a_server_message_survives_the_wire(kind: type[Any], data: st.DataObject) -> None:
    message = data.draw(anything(kind))
    assert wire._SERVER.validate_json(wire.write(message), strict=True) == message


def test_the_schema_describes_every_message_limit_and_code() -> None:
    schema = wire.schema()
    assert json.loads(json.dumps(schema)) == schema
    assert schema["title"] == "inkling.v1"
    for side, union in (("client", p.ClientMessage), ("server", p.AnyServerMessage)):
        names = {ref["$ref"].rpartition("/")[2] for ref in schema[side]["oneOf"]}
        assert names == {kind.__name__ for kind in get_args(union)}
        assert names <= set(schema["$defs"])
    assert schema["limits"]["max_batch_points"] == p.MAX_BATCH_POINTS
    assert schema["close_codes"]["kicked"] == p.Close.KICKED
    assert set(schema["error_codes"]) == set(p.Code)
    rounds = schema["$defs"]["Settings"]["properties"]["rounds"]
    assert (rounds["minimum"], rounds["maximum"], rounds["default"]) == (1, 20, 6)


def test_no_message_of_a_client_can_carry_a_verdict() -> None:
    """A client sends ink, and nothing else that bears on what the network says.

    ``category`` and ``nearly`` are what a person guesses, in English.
    """
    known = {"type", "token", "name", "since", "settings", "seat", "text", "batch", "id"}
    known |= {"locked", "factor", "category", "nearly"}
    assert set(FIELDS) == known


def test_an_offset_is_put_on_a_message_without_changing_it() -> None:
    said = p.ChatSaid(seat=1, name="Ada", text="<b>" + CATEGORIES[0])
    again = json.loads(wire.write(replace(said, offset=9)))
    told = {"seat": 1, "name": "Ada", "text": said.text, "kind": "talk", "type": "chat"}
    assert again == {"offset": 9, **told}
