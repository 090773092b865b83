"""Any value of a message's or an event's type, for Hypothesis."""

from __future__ import annotations

import enum
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.integers(-(2**53), 2**53),
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: st.text(st.characters(codec="utf-8"), max_size=12),
    bytes: st.binary(max_size=12),
    type(None): st.none(),
}


def anything(hint: Any) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - a return for each kind
    """Values of the type ``hint``: JSON's own types, enums, dataclasses, and what holds them."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return anything(parts[0])
    if origin is Literal:
        return st.sampled_from(parts)
    if origin in (Union, types.UnionType):
        return st.one_of([anything(part) for part in parts])
    if origin is tuple and parts[-1:] == (...,):
        return st.lists(anything(parts[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(anything, parts))
    if origin is Mapping:
        return st.dictionaries(anything(parts[0]), anything(parts[1]), max_size=3)
    if isinstance(hint, type) and issubclass(hint, enum.Flag):
        return st.integers(0, sum(flag.value for flag in hint)).map(hint)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return st.sampled_from(list(hint))
    assert isinstance(hint, type), hint
    assert is_dataclass(hint), hint
    hints = get_type_hints(hint, include_extras=True)
    made = {field.name: anything(hints[field.name]) for field in fields(hint)}
    return st.builds(hint, **made)
