"""Sample drawings for a report: which ones to show, and the strokes as inline SVG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from ml.data import Drawings
from ml.prefix import cut_ink
from ml.raster import CANVAS_PER_UNIT, Points
from ml.report import Curve, Floats

_EACH = 12  # of a kind
_PERCENT = "\N{NO-BREAK SPACE}%"
_SIDE = 255 + 2 * 14  # box units: the drawing's longer side and a margin


@dataclass(frozen=True)
class Sample:
    """One drawing: `place` among the drawings, what it is, what the network said and how surely.

    `ink` is the fraction shown to it.
    """

    place: int
    truth: str
    said: str
    confidence: float
    ink: float = 1.0


def right(curve: Curve, drawings: Drawings, names: Sequence[str]) -> list[Sample]:
    """Whole drawings it named; by their ids, which is as good as by chance."""
    hits = np.flatnonzero(curve[1.0].right)
    return _some(hits[np.argsort(drawings.keys[hits], kind="stable")], curve, drawings, names)


def wrong(curve: Curve, drawings: Drawings, names: Sequence[str]) -> list[Sample]:
    """Whole drawings it took for something else, the surest first."""
    misses = np.flatnonzero(~curve[1.0].right)
    order = np.argsort(-curve[1.0].confidence[misses], kind="stable")
    return _some(misses[order], curve, drawings, names)


def early(curve: Curve, drawings: Drawings, names: Sequence[str]) -> list[Sample]:
    """Drawings it named with the least ink and did not doubt again; the surest first."""
    since = settled(curve)
    found = np.flatnonzero(np.isfinite(since))
    sure = np.zeros(len(drawings))
    for fraction, answers in curve.items():
        sure = np.where(since == fraction, answers.confidence, sure)
    order = np.lexsort((-sure[found], since[found]))
    return _some(found[order], curve, drawings, names, since)


def settled(curve: Curve) -> Floats:
    """The fraction of ink from which on each drawing is right, `(D,)`; never: infinity.

    What was right once and wrong later was luck.
    """
    since = np.full(len(curve[1.0].rank), np.inf)
    still = np.ones(len(since), np.bool_)
    for fraction in sorted(curve, reverse=True):
        still &= curve[fraction].right
        since = np.where(still, fraction, since)
    return since


def sketch(strokes: Sequence[Points], sample: Sample) -> str:
    """A drawing (canvas units) as a captioned picture; ink the network had not seen is faint."""
    width, height = (np.concatenate(strokes).max(axis=0) / CANVAS_PER_UNIT).tolist()
    box = f"{(width - _SIDE) / 2:.0f} {(height - _SIDE) / 2:.0f} {_SIDE} {_SIDE}"
    later = f'<path class="later" d="{_path(strokes)}"/>' if sample.ink < 1 else ""
    truth = escape(sample.truth)
    return (
        f'<figure class="sketch"><svg role="img" viewBox="{box}" '
        f'aria-label="a drawing of {truth}">{later}'
        f'<path class="ink" d="{_path(cut_ink(strokes, sample.ink))}"/></svg>'
        f"<figcaption><b>{truth}</b> {escape(_verdict(sample))}</figcaption></figure>"
    )


def _verdict(sample: Sample) -> str:
    sure = f"{100 * sample.confidence:.0f}{_PERCENT} sure"
    if sample.said != sample.truth:
        return f"“{sample.said}”, {sure}"
    return sure if sample.ink >= 1 else f"at {100 * sample.ink:.0f}{_PERCENT} of the ink, {sure}"


def _some(
    places: Iterable[int],
    curve: Curve,
    drawings: Drawings,
    names: Sequence[str],
    since: Floats | None = None,
) -> list[Sample]:
    """The first few of `places`, one of each category, with the answer `since` or when whole."""
    chosen: dict[int, Sample] = {}
    for place in places:
        label = int(drawings.labels[place])
        if label not in chosen and len(chosen) < _EACH:
            ink = 1.0 if since is None else float(since[place])
            answers = curve[ink]
            said = names[answers.top[place]]
            sure = float(answers.confidence[place])
            chosen[label] = Sample(int(place), names[label], said, sure, ink)
    return list(chosen.values())


def _path(strokes: Sequence[Points]) -> str:
    """Strokes in box units; a dot is a line of no length, which round ends make visible."""
    lines = []
    for stroke in strokes:
        points = [f"{x:g} {y:g}" for x, y in np.round(stroke / CANVAS_PER_UNIT, 1).tolist()]
        lines.append("M" + "L".join(points if len(points) > 1 else points * 2))
    return "".join(lines)
