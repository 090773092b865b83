"""The tables and bars of a report, as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from ml.report import Answers, Whole

Figures = Mapping[str, Any]

_LEVELS = {"easy": 0, "medium": 1, "hard": 2}


def by_ink(models: Sequence[Figures]) -> str:
    """Accuracy and calibration of every network at every fraction."""
    fractions = list(models[0]["ink"])
    rows = []
    for figures in models:
        ink = [figures["ink"][fraction] for fraction in fractions]
        rows += _tops(figures, ink)
        rows.append(_row("", "ECE", *(f"{row['ece']:.3f}" for row in ink)))
    heads = ("network", "ink", *(f"{100 * float(fraction):.0f} %" for fraction in fractions))
    return _table("Accuracy by ink", heads, rows)


def by_time(models: Sequence[Figures]) -> str:
    """Accuracy of every network by the second."""
    seconds = list(models[0]["timed"]["seconds"])
    rows = []
    for figures in models:
        rows += _tops(figures, [figures["timed"]["seconds"][second] for second in seconds])
    heads = ("network", "after", *(f"{second} s" for second in seconds))
    return _table("Accuracy by time", heads, rows)


def first_right(models: Sequence[Figures]) -> str:
    """How many drawings every network was ever right about, and since when."""
    starts = []
    for figures in models:
        timed = figures["timed"]
        medians = (timed["median_first_right_s"], timed["median_first_right_all_s"])
        shown = ["never" if each is None else f"{each:g} s" for each in medians]
        starts.append(_row(figures["model"], f"{timed['ever_right']:.1f} %", *shown))
    heads = ("network", "ever right", "since, median", "of all")
    return _table("First right guess", heads, starts)


def cost(models: Sequence[Figures]) -> str:
    """Size and speed of every network."""
    heads = ("network", "parameters", "multiply-adds", "file", "images/s", "one image")
    rows = [
        _row(
            figures["model"],
            f"{figures['parameters']:,}",
            f"{figures['multiply_adds'] / 1e6:.1f} M",
            f"{figures['file_bytes'] / 1e6:.2f} MB",
            f"{figures['images_s']:,.0f}",
            f"{figures['latency_ms']:.2f} ms",
        )
        for figures in models
    ]
    says = "<p>One thread, processor time; images per second at a batch of 64.</p>"
    return _table("Size and speed", heads, rows) + says


def categories(
    rows: Mapping[str, Mapping[str, Any]], whole: Answers, labels: Whole, names: Sequence[str]
) -> str:
    """Every category's row of `ml.report.by_category`, and what it is most often taken for."""
    body = []
    for name, row in rows.items():
        own = labels == names.index(name)
        said, counts = np.unique(whole.top[own & ~whole.right], return_counts=True)
        taken = f"{names[said[counts.argmax()]]} ({counts.max()})" if len(said) else ""
        level = row["level"]
        body.append(
            f'<tr><th scope="row">{escape(name)}</th>'
            f'<td class="words" data-value="{_LEVELS[level]}">{level}</td>'
            f"<td>{row['accuracy']:.1f} %</td><td>{100 * row['ink_to_match']:.0f} %</td>"
            f'<td>{int(own.sum())}</td><td class="words">{escape(taken)}</td></tr>'
        )
    heads = ("category", "level", "right", "ink to match", "drawings", "most often taken for")
    return _table("Categories", heads, body, words=(1, 5), sortable=True)


def bar(says: str, percentage: float, figure: str = "") -> str:
    """A line of HTML `says`, its figure, and a bar under them."""
    return (
        f'<div class="bar" style="--share:{percentage:.1f}%"><span>{says}</span>'
        f"<small>{figure or f'{percentage:.0f} %'}</small><i></i></div>"
    )


def _tops(figures: Figures, rows: Sequence[Mapping[str, float]]) -> list[str]:
    return [
        _row(
            figures["model"] if k == 1 else "",
            f"top-{k}",
            *(f"{row[f'top{k}']:.1f}" for row in rows),
            first=k == 1,
        )
        for k in (1, 3, 5)
    ]


def _row(name: str, *cells: str, first: bool = False) -> str:
    head = f'<th scope="row">{escape(name)}</th>' if name else "<td></td>"
    start = '<tr class="first">' if first else "<tr>"
    return f"{start}{head}{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _table(
    title: str,
    heads: Sequence[str],
    rows: Sequence[str],
    words: Sequence[int] = (),
    *,
    sortable: bool = False,
) -> str:
    """A table that scrolls by itself, by keyboard too; `words` are columns set to the left."""
    columns = "".join(
        f'<th scope="col"{" class=words" if column in words else ""}>{escape(head)}</th>'
        for column, head in enumerate(heads)
    )
    kind = " data-sortable" if sortable else ""
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(title)}">'
        f"<table{kind}><thead><tr>{columns}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
