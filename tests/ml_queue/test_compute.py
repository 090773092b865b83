"""A batch in which some drawings fail, at each of its three steps, and the others do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from ml.compute import compute, prepare, results
from tests.support.tiny_network import TinyNetwork


def judged(network: TinyNetwork, *inks: bytes) -> list[float | str]:
    """The first probability of each drawing, or what is wrong with it."""
    return [
        result if isinstance(result, str) else float(np.frombuffer(result, "<f2")[0]) * 1024
        for result in results(compute(prepare(network, inks)))
    ]


def test_what_fails_at_any_step_fails_alone() -> None:
    inks = [b"a", b"bad", b"cc", b"trap", b"ddd", b"odd", b"eeee", b"bad", b"f", b"odd", b"gg"]
    refused, stumbled = "ValueError: this is no ink", "RuntimeError: the network stumbled"
    senseless = "ArithmeticError: that makes no sense"
    expected = [1, refused, 2, stumbled, 3, senseless, 4, refused, 1, senseless, 2]
    assert judged(TinyNetwork(), *inks) == expected


@pytest.mark.parametrize("spoiler", [b"bad", b"trap", b"odd"])
def test_one_spoiler_in_a_crowd_costs_nobody_else_an_answer(spoiler: bytes) -> None:
    found = judged(TinyNetwork(), *[b"x" * size for size in range(1, 40)], spoiler, b"last")
    assert found[:39] == list(range(1, 40))
    assert isinstance(found[39], str)
    assert found[40] == 4


def test_a_crowd_without_a_spoiler_is_one_forward_pass() -> None:
    network = TinyNetwork()
    assert judged(network, b"a", b"bb", b"ccc") == [1, 2, 3]
    assert network.batches == [[b"a", b"bb", b"ccc"]]


@pytest.mark.parametrize("step", ["forward", "answers"])
def test_rows_that_belong_to_nobody_are_given_to_nobody(
    monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A row too few or too many would shift the answers of one drawing to another."""
    network = TinyNetwork()
    whole = getattr(network, step)

    def short_of_one(inputs: Sequence[bytes], *outputs: Any) -> Any:
        rows = whole(inputs, *outputs)
        return rows[:-1] if len(inputs) > 1 else rows

    monkeypatch.setattr(network, step, short_of_one)
    assert judged(network, b"a", b"bb", b"ccc") == [1, 2, 3]


def test_a_network_that_can_do_nothing_any_more_says_so() -> None:
    network = TinyNetwork()
    network.broken = True
    with pytest.raises(RuntimeError, match="stumbled"):
        judged(network, b"a", b"bb")


def test_no_drawings_are_no_trouble() -> None:
    assert judged(TinyNetwork()) == []
