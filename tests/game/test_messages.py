"""Commands and events are plain values: frozen, slotted, named as they are meant."""

from dataclasses import fields, is_dataclass
from typing import get_args

import pytest

from game import commands as c
from game import events as e

ALL = (*get_args(c.Command), *get_args(e.Event))


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_each_is_a_frozen_slotted_value_that_says_what_it_is(kind: type) -> None:
    assert is_dataclass(kind)
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert not hasattr(kind, "__weakref__")
    assert kind.__doc__
    assert not kind.__doc__.startswith(f"{kind.__name__}(")


def test_no_two_share_a_name() -> None:
    assert len({kind.__name__ for kind in ALL}) == len(ALL)


def test_bulk_stays_out_of_the_way_of_logs() -> None:
    bulky = {
        (kind.__name__, each.name)
        for kind in ALL
        for each in fields(kind)
        if each.name in {"points", "probabilities"} and each.type != "int"
    }
    quiet = {(kind.__name__, each.name) for kind in ALL for each in fields(kind) if not each.repr}
    assert (
        bulky
        == quiet
        == {
            ("AddInk", "points"),
            ("InkAdded", "points"),
            ("ReceiveGuess", "probabilities"),
        }
    )


def test_every_event_that_starts_the_clock_says_when() -> None:
    timed = {kind.__name__ for kind in get_args(e.Event) if "at_ms" in kind.__slots__}
    assert {"RoundStarted", "PensUp", "PensDown", "RoundEnded", "GameEnded"} <= timed
