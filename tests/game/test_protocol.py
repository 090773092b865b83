import struct
from collections.abc import Sequence
from dataclasses import fields
from typing import get_args

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from game import protocol as p
from game.categories import CATEGORIES
from game.ink import POINT, Pen
from game.protocol import (
    Close,
    Code,
    InkBatch,
    Refused,
    read_ink,
    write_ack,
    write_ink,
    write_relay,
)
from tests.game.table import some_points

PENS = st.sampled_from([Pen(0), Pen.STARTS, Pen.ENDS, Pen.STARTS | Pen.ENDS])
POINTS = st.integers(0, 20).flatmap(lambda n: st.binary(min_size=6 * n, max_size=6 * n))
BATCHES = st.builds(InkBatch, st.integers(1, p.MAX_BATCH), PENS, POINTS)
ENTRIES = st.lists(
    st.tuples(
        st.integers(0, p.MAX_SEATS - 1), st.sampled_from([*map(Pen, range(5)), Pen.CLEAR]), POINTS
    )
)


def read_relay(messages: Sequence[bytes]) -> list[tuple[int, Pen, bytes]]:
    """What a page reads from relayed ink."""
    entries = []
    for message in messages:
        kind, count = message[:2]
        assert kind == p.RELAYED_INK
        at = 2
        for _ in range(count):
            seat, pen, points = struct.unpack_from("<BBH", message, at)
            end = at + 4 + points * POINT.size
            entries.append((seat, Pen(pen), message[at + 4 : end]))
            at = end
        assert at == len(message)
    return entries


@given(BATCHES)
def test_ink_that_is_written_is_read_as_it_was(batch: InkBatch) -> None:
    assert read_ink(write_ink(batch)) == batch


def test_client_ink_is_little_endian_kind_batch_pen_points() -> None:
    assert write_ink(InkBatch(258, Pen.ENDS, b"abcdef")) == b"\x01\x02\x01\0\0\x02abcdef"


@given(ENTRIES)
def test_relayed_ink_is_read_as_it_was(entries: list[tuple[int, Pen, bytes]]) -> None:
    assert read_relay(write_relay(entries)) == entries


def test_relayed_ink_is_split_where_a_message_can_count_no_further() -> None:
    entries = [(n % 16, Pen.STARTS, some_points(1, n)) for n in range(600)]
    messages = write_relay(entries)
    assert [message[1] for message in messages] == [255, 255, 90]
    assert read_relay(messages) == entries


def test_no_ink_is_no_message() -> None:
    assert write_relay([]) == []


def test_an_acknowledgement_names_the_batch() -> None:
    assert write_ack(p.MAX_BATCH) == b"\x03\xff\xff\xff\xff"


WHOLE = write_ink(InkBatch(1, Pen.STARTS, some_points(2)))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", Code.INK_MALFORMED),
        (WHOLE[:5], Code.INK_MALFORMED),
        (b"\x02" + WHOLE[1:], Code.INK_MALFORMED),
        (WHOLE[:-1], Code.INK_MALFORMED),
        (WHOLE + b"\0", Code.INK_MALFORMED),
        (b"\x01\0\0\0\0\x01", Code.INK_MALFORMED),
        (b"\x01\x01\0\0\0\x04", Code.INK_MALFORMED),
        (b"\x01\x01\0\0\0\xff", Code.INK_MALFORMED),
        (WHOLE[:6] + bytes(6 * (p.MAX_BATCH_POINTS + 1)), Code.INK_TOO_LONG),
        (WHOLE[:6] + bytes(6 * 10_000), Code.INK_TOO_LONG),
    ],
)
def test_malformed_ink_is_refused(data: bytes, code: Code) -> None:
    with pytest.raises(Refused) as refused:
        read_ink(data)
    assert refused.value.code is code
    assert str(refused.value.message).endswith(".")


def test_the_largest_ink_message_is_as_large_as_the_limit_says() -> None:
    largest = InkBatch(p.MAX_BATCH, Pen.STARTS, bytes(6 * p.MAX_BATCH_POINTS))
    assert len(write_ink(largest)) == p.MAX_BINARY_BYTES
    assert read_ink(write_ink(largest)) == largest


@given(st.one_of(st.binary(max_size=64), st.binary(max_size=64).map(lambda tail: b"\x01" + tail)))
def test_random_bytes_are_ink_or_refused_and_never_another_error(data: bytes) -> None:
    try:
        batch = read_ink(data)
    except Refused as refused:
        event(refused.code)
        return
    assert write_ink(batch) == data


@pytest.mark.parametrize("union", [p.ClientMessage, p.AnyServerMessage])
def test_each_message_is_named_by_a_type_of_its_own(union: object) -> None:
    names = [
        field.default
        for message in get_args(union)
        for field in fields(message)
        if field.name == "type"
    ]
    assert len(names) == len(set(names)) == len(get_args(union))


def test_close_codes_lie_where_their_meaning_says() -> None:
    come_back = {Close.RESTARTING, Close.ROOM_MOVED, Close.SILENT, Close.SLOW, Close.FLOODING}
    assert {code for code in Close if 4000 <= code < 4500} == come_back
    assert all(4500 <= code < 5000 for code in set(Close) - come_back)


def test_a_stroke_of_a_full_drawing_can_be_relayed_and_packed() -> None:
    """Both count the points of a stroke with a u16."""
    assert p.MAX_POINTS <= 65535
    (message,) = write_relay([(0, Pen.STARTS, bytes(6 * p.MAX_POINTS))])
    assert read_relay([message]) == [(0, Pen.STARTS, bytes(6 * p.MAX_POINTS))]


def test_a_custom_deck_of_everything_fits_into_a_message() -> None:
    assert sum(len(name) + 3 for name in CATEGORIES) < p.MAX_TEXT_BYTES / 2
