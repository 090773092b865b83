"""The report as one HTML file that needs nothing else: charts, tables and drawings, all inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from ml import gallery, report, report_charts, report_tables
from ml.data import Drawings
from ml.report import Curve

Figures = Mapping[str, Any]

_HERE = Path(__file__).parent
_WORTH_TELLING = 12  # rows of a list
_PAIRS = 20


@dataclass(frozen=True)
class Measured:
    """What a report shows: every network's figures and answers, in the order they were named.

    `curves` hold `ml.report.FINE_INK`; `names` (per network) are what its outputs stand for.
    Charts compare all networks, details are of the first.
    """

    models: Sequence[Figures]
    curves: Sequence[Curve]
    drawings: Drawings
    names: Sequence[Sequence[str]]


def write(folder: Path, measured: Measured) -> Path:
    """Write `folder/index.html`, making the folder; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    page.write_text(document(measured), "utf-8")
    return page


def document(measured: Measured) -> str:
    """The whole page."""
    first = measured.models[0]
    sections = [
        _summary(measured),
        _ink(measured),
        _time(measured.models) if "timed" in first else "",
        _calibration(first),
        _confusions(first),
        _categories(measured),
        _drawings(measured),
    ]
    title = f"How well {escape(first['model'])} guesses"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>
{(_HERE / "report.css").read_text("utf-8")}</style>
</head>
<body>
<header>
<h1>{title}</h1>
<p>{_opening(measured)}</p>
{_tiles(first)}
</header>
<main>
{"".join(sections)}
</main>
<footer>
<p>Accuracy is the plain mean over categories of the share of drawings whose first guess, or one
of the first three or five, is the category they were drawn for. A drawing cut at a fraction of
its ink is fitted to its own bounding box before the network sees it.</p>
<p>The drawings shown are of the folder that was measured. Where that is Quick, Draw!, they were
made available by Google, Inc. under CC BY 4.0.</p>
</footer>
<script>
{(_HERE / "report.js").read_text("utf-8")}</script>
</body>
</html>
"""


def _opening(measured: Measured) -> str:
    first, drawings = measured.models[0], measured.drawings
    text = (
        f"{first['n']:,} drawings of {len(np.unique(drawings.labels)):,} categories, "
        f"weights {escape(str(first['weights']))}."
    )
    others = [escape(str(figures["model"])) for figures in measured.models[1:]]
    if others:
        text += f" Beside it on the same drawings: {', '.join(others)}."
    return text


def _tiles(figures: Figures) -> str:
    ink = figures["ink"]
    tiles = [
        ("right when finished", f"{ink['1.00']['top1']:.1f} %"),
        ("right at half of the ink", f"{ink['0.50']['top1']:.1f} %"),
        ("in the first five when finished", f"{ink['1.00']['top5']:.1f} %"),
        ("calibration error when finished", f"{ink['1.00']['ece']:.3f}"),
        ("for one guess, on one core", f"{figures['latency_ms']:.1f} ms"),
    ]
    if "timed" in figures:
        median = figures["timed"]["median_first_right_s"]
        seconds = "never" if median is None else f"{median:g} s"
        tiles.insert(3, ("first right, median of those ever right", seconds))
    rows = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in tiles)
    return f'<dl class="tiles">{rows}</dl>'


def _section(title: str, says: str, *parts: str) -> str:
    return f"<section><h2>{title}</h2><p>{says}</p>{''.join(parts)}</section>"


def _summary(measured: Measured) -> str:
    says = "Percent right by the fraction of ink shown. ECE is the calibration error, 0 to 1."
    return _section(
        "All networks, one run",
        says,
        report_tables.by_ink(measured.models),
        report_tables.cost(measured.models),
    )


def _ink(measured: Measured) -> str:
    charts = report_charts.by_ink(measured.models, measured.curves, measured.drawings.labels)
    says = "How early a drawing is recognised while it grows; each line has a point every 5 %."
    return _section("By ink", says, f'<div class="charts">{charts}</div>')


def _time(models: Sequence[Figures]) -> str:
    first = models[0]["timed"]
    says = (
        f"{first['n']:,} raw drawings as the pen moved, a median {first['median_drawing_s']} s "
        "long; a guess each half second. When the pen rests for good a drawing still counts."
    )
    if "left_out" in first:
        out = first["left_out"]
        says += (
            f" Left out: {out['trained_on']:,} that were trained on and {out['copies']:,} copies "
            "of such."
        )
    return _section(
        "By time",
        says,
        report_tables.by_time(models),
        f'<div class="charts">{report_charts.by_time(models)}{_first_right(models)}</div>',
    )


def _first_right(models: Sequence[Figures]) -> str:
    says = "The median over the drawings ever right, and over all with never as infinity."
    table = report_tables.first_right(models)
    return f"<div><h3>First right guess</h3>{table}<p>{says}</p></div>"


def _calibration(figures: Figures) -> str:
    says = (
        f"When {escape(str(figures['model']))} is 70 % sure, is it right 7 times of 10? Dots under "
        "the diagonal are surer than right; a dot's area is its share of the guesses. The "
        f"temperature, {figures['temperature']:.2f}, was fitted for finished and nearly finished "
        "drawings, when verdicts fall: what little ink there is early on could be a finished "
        "drawing of something simple, and the network takes it for one."
    )
    return _section(
        "How honest it is", says, f'<div class="five">{report_charts.calibration(figures)}</div>'
    )


def _confusions(figures: Figures) -> str:
    items = []
    for row in figures["confused"][:_PAIRS]:
        ways = (
            (row["one"], row["other"], row["one_as_other"], row["share_one"]),
            (row["other"], row["one"], row["other_as_one"], row["share_other"]),
        )
        bars = "".join(
            report_tables.bar(
                f"<b>{escape(drawn)}</b> taken for {escape(said)}",
                share,
                f"{count} · {share:.0f} %",
            )
            for drawn, said, count, share in ways
        )
        items.append(f"<li>{bars}</li>")
    says = (
        "Finished drawings of one category named as the other: how many, and of how many percent."
    )
    return _section("What it confuses", says, f'<ul class="pairs">{"".join(items)}</ul>')


def _categories(measured: Measured) -> str:
    curve, names = measured.curves[0], measured.names[0]
    labels = measured.drawings.labels
    rows = report.by_category(curve, labels, names)
    order = sorted(rows, key=lambda name: (rows[name]["accuracy"], -rows[name]["ink_to_match"]))
    lists = "".join(
        f'<h3>{title}</h3><ul class="ranks {style}">'
        + "".join(
            f"<li>{report_tables.bar(f'<b>{escape(name)}</b>', rows[name]['accuracy'])}</li>"
            for name in some
        )
        + "</ul>"
        for title, style, some in (
            ("Hardest", "s1", order[:_WORTH_TELLING]),
            ("Easiest", "s2", order[::-1][:_WORTH_TELLING]),
        )
    )
    says = (
        "Accuracy of finished drawings; the median fraction of the ink at the first right guess; "
        "the level the game's decks use, a third of the categories each."
    )
    table = report_tables.categories(rows, curve[1.0], labels, names)
    return _section("Every category", says, lists, "<h3>All</h3>", table)


def _drawings(measured: Measured) -> str:
    curve, drawings, names = measured.curves[0], measured.drawings, measured.names[0]
    kinds = (
        ("Early wins", "Named with the least ink, and never doubted again.", gallery.early),
        ("Wrong and sure of it", "Finished drawings it misread, the surest first.", gallery.wrong),
        ("Right", "Finished drawings it named; picked by chance.", gallery.right),
    )
    parts = []
    for title, says, choose in kinds:
        sketches = "".join(
            gallery.sketch(drawings.strokes_of(sample.place), sample)
            for sample in choose(curve, drawings, names)
        )
        empty = "<p>There are none.</p>"
        shown = f'<div class="sketches">{sketches}</div>' if sketches else empty
        parts.append(f"<h3>{title}</h3><p>{says}</p>{shown}")
    says = "In early wins, faint ink came after the network had it right."
    return _section("Drawings", says, *parts)
