"""Token buckets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server import rate
from server.rate import AddressBuckets, Bucket


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = Bucket(per_s=10, burst=3)
    assert [bucket.take(0) for _ in range(5)] == [True, True, True, False, False]
    assert [bucket.take(100), bucket.take(100)] == [True, False]
    assert [bucket.take(10_000) for _ in range(4)] == [True, True, True, False]


@given(st.lists(st.integers(0, 2_000), max_size=200))
def test_nobody_takes_more_than_burst_and_rate_allow(gaps: list[int]) -> None:
    bucket = Bucket(per_s=5, burst=4)
    now = taken = 0
    for gap in gaps:
        now += gap
        taken += bucket.take(now)
    assert taken <= 4 + now * 5 / 1000 + 1e-6


@given(st.lists(st.integers(200, 2_000), max_size=200))
def test_who_keeps_to_the_rate_is_never_refused(gaps: list[int]) -> None:
    bucket = Bucket(per_s=5, burst=4)
    now = 0
    for gap in gaps:
        now += gap
        assert bucket.take(now)


def test_addresses_do_not_share_a_bucket() -> None:
    buckets = AddressBuckets(per_s=1, burst=1)
    assert buckets.take("a", 0)
    assert not buckets.take("a", 0)
    assert buckets.take("b", 0)


def test_there_is_an_end_to_how_many_addresses_are_remembered() -> None:
    buckets = AddressBuckets(per_s=1, burst=1)
    assert buckets.take("first", 0)
    for n in range(rate._MAX_ADDRESSES + 100):
        buckets.take(f"{n}", 0)
    assert len(buckets) == rate._MAX_ADDRESSES
    assert buckets.take("first", 0)  # forgotten, so it starts afresh


def test_an_address_that_was_quiet_for_a_while_leaves_nothing_behind() -> None:
    buckets = AddressBuckets(per_s=1, burst=2)
    for n in range(1_000):
        assert buckets.take(f"{n}", n)
    buckets.take("later", 2_000)
    assert len(buckets) == 1


@given(st.lists(st.integers(0, 900), max_size=100), st.integers(1, 5))
def test_a_bucket_of_an_address_is_a_bucket(gaps: list[int], burst: int) -> None:
    buckets, bucket = AddressBuckets(4, burst), Bucket(4, burst)
    now = 0
    for gap in gaps:
        now += gap
        assert buckets.take("a", now) == bucket.take(now)
