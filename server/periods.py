"""The spans of time that boards are about: all time, a month, a week, a day. Always in UTC.

A week begins on Monday. A game belongs to the spans in which it ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

DAY_MS = 24 * 3_600_000


class Period(StrEnum):
    """How long a board runs before it starts afresh."""

    ALL = "all"
    MONTH = "month"
    WEEK = "week"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Span:
    """One month, week or day, or all time. ``starts_ms`` is within it, ``ends_ms`` no more."""

    period: Period
    label: str  # as keys have it: all, 2026-11, 2026-W47, 2026-11-22
    starts_ms: int
    ends_ms: int | None  # None: never


def span_of(period: Period, at_ms: int) -> Span:
    """The span of this kind that ``at_ms``, in Unix milliseconds, falls into."""
    return span_on(period, datetime.fromtimestamp(at_ms / 1000, UTC).date())


def span_on(period: Period, day: date) -> Span:
    """The span of this kind that ``day`` falls into."""
    match period:
        case Period.ALL:
            return Span(period, "all", 0, None)
        case Period.MONTH:
            first = day.replace(day=1)
            # Day 28 and four more are in the next month, whatever the month.
            last = _after(first.replace(day=28), 4).replace(day=1)
            label = f"{first:%Y-%m}"
        case Period.WEEK:
            first = day - timedelta(days=day.weekday())
            last = _after(first, 7)
            label = f"{first:%G-W%V}"
        case Period.DAY:
            first = day
            last = _after(first, 1)
            label = first.isoformat()
    return Span(period, label, _ms(first), _ms(last))


def spans_at(at_ms: int) -> tuple[Span, ...]:
    """Every span that ``at_ms`` falls into, all time first."""
    return tuple(span_of(period, at_ms) for period in Period)


def spans_since(since_ms: int, until_ms: int) -> tuple[Span, ...]:
    """Every span with a moment in it between the two, both included; all time first."""
    spans: dict[str, Span] = {}
    for at_ms in (*range(since_ms, until_ms, DAY_MS), until_ms):
        spans.update((span.label, span) for span in spans_at(at_ms))
    return tuple(spans.values())


def _after(day: date, days: int) -> date:
    """So many days later, or the last day there is."""
    return day + timedelta(days=min(days, (date.max - day).days))


def _ms(day: date) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
