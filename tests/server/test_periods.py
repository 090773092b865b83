"""Days, weeks and months are those of UTC, and every moment is in exactly one of each."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.periods import DAY_MS, Period, span_of, span_on, spans_at, spans_since

MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2099, 12, 31))  # noqa: DTZ001 - made UTC below


def ms(moment: datetime) -> int:
    return round(moment.replace(tzinfo=UTC).timestamp() * 1000)


@given(MOMENTS)
def test_every_moment_lies_in_its_spans_and_they_follow_each_other(moment: datetime) -> None:
    at_ms = ms(moment)
    for span in spans_at(at_ms)[1:]:
        assert span.ends_ms is not None
        assert span.starts_ms <= at_ms < span.ends_ms
        assert span_of(span.period, span.starts_ms) == span
        assert span_of(span.period, span.starts_ms - 1).ends_ms == span.starts_ms
        assert span_of(span.period, span.ends_ms).starts_ms == span.ends_ms


@pytest.mark.parametrize(
    ("period", "day", "label", "days"),
    [
        (Period.DAY, date(2026, 11, 22), "2026-11-22", 1),
        (Period.WEEK, date(2026, 11, 22), "2026-W47", 7),  # a Sunday, so the last of its week
        (Period.WEEK, date(2027, 1, 1), "2026-W53", 7),
        (Period.MONTH, date(2028, 2, 29), "2028-02", 29),
        (Period.MONTH, date(2026, 12, 31), "2026-12", 31),
    ],
)
def test_a_span_is_named_by_the_calendar(period: Period, day: date, label: str, days: int) -> None:
    span = span_on(period, day)
    assert span.ends_ms is not None
    assert (span.label, span.ends_ms - span.starts_ms) == (label, days * DAY_MS)


def test_all_time_is_one_span() -> None:
    assert span_of(Period.ALL, 0) == span_of(Period.ALL, ms(datetime(2050, 1, 1)))  # noqa: DTZ001
    assert span_of(Period.ALL, 0).ends_ms is None


@given(MOMENTS, st.integers(0, 60 * DAY_MS))
def test_all_spans_since_a_moment_are_found_once(moment: datetime, back_ms: int) -> None:
    until_ms = ms(moment)
    found = spans_since(until_ms - back_ms, until_ms)
    assert len({span.label for span in found}) == len(found)
    first = datetime.fromtimestamp((until_ms - back_ms) / 1000, UTC).date()
    days = [span.label for span in found if span.period is Period.DAY]
    wanted = first
    for label in sorted(days):
        assert label == wanted.isoformat()
        wanted += timedelta(days=1)
    assert wanted == moment.date() + timedelta(days=1)
