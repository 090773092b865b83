"""Figures of one or several networks as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ml.metrics import sampling_error

Figures = Mapping[str, Any]
_TOP = (1, 3, 5)


def comparison(models: Sequence[Figures]) -> str:
    """One table for each kind of figure, a row or some for each network.

    `models` are `ml.report.by_ink` figures, with "timed" (`ml.by_time`) and with what a network
    costs where that was measured; "model" is its name.
    """
    parts = [_by_ink(models)]
    if all("timed" in figures for figures in models):
        parts.append(_by_time(models))
    if all("parameters" in figures for figures in models):
        parts.append(_cost(models))
    return "\n\n".join(parts)


def _by_ink(models: Sequence[Figures]) -> str:
    drawings, fractions = models[0]["n"], list(models[0]["ink"])
    rows = [["model", "ink", *(f"{100 * float(fraction):.0f} %" for fraction in fractions)]]
    for figures in models:
        ink = [figures["ink"][fraction] for fraction in fractions]
        rows += _tops(figures, ink)
        rows.append(["", "ECE", *(f"{row['ece']:.3f}" for row in ink)])
    error = _error(row["top1"] for figures in models for row in figures["ink"].values())
    title = (
        f"{drawings:,} drawings; mean over categories of the share right, percent "
        f"(± {sampling_error(error, drawings):.1f} at most, by chance)"
    )
    return f"{title}\n{_grid(rows)}"


def _by_time(models: Sequence[Figures]) -> str:
    first = models[0]["timed"]
    seconds = list(first["seconds"])
    rows = [["model", "after", *(f"{second} s" for second in seconds)]]
    for figures in models:
        rows += _tops(figures, [figures["timed"]["seconds"][second] for second in seconds])
    share = _error(row["top1"] for f in models for row in f["timed"]["seconds"].values())
    title = (
        f"{first['n']:,} timed drawings (± {sampling_error(share, first['n']):.1f} at most, by "
        f"chance), a median {first['median_drawing_s']} s long"
    )
    lines = [title]
    if "left_out" in first:
        out = first["left_out"]
        lines.append(
            f"left out: {out['trained_on']:,} trained on, {out['copies']:,} copies of such"
        )
    lines.append(_grid(rows))
    starts = [["model", "ever right", "first right, median", "counting never"]]
    for figures in models:
        timed = figures["timed"]
        medians = (timed["median_first_right_s"], timed["median_first_right_all_s"])
        shown = ("never" if each is None else f"{each} s" for each in medians)
        starts.append([_name(figures), f"{timed['ever_right']:.1f} %", *shown])
    return "\n".join((*lines, "", _grid(starts)))


def _cost(models: Sequence[Figures]) -> str:
    rows = [["model", "parameters", "multiply-adds", "file", "images/s", "one image"]]
    rows += [
        [
            _name(figures),
            f"{figures['parameters'] / 1e6:.2f} M",
            f"{figures['multiply_adds'] / 1e6:.1f} M",
            f"{figures['file_bytes'] / 1e6:.2f} MB",
            f"{figures['images_s']:,.0f}",
            f"{figures['latency_ms']:.2f} ms",
        ]
        for figures in models
    ]
    return f"{_grid(rows)}\none thread, processor time; images per second at a batch of 64"


def _tops(figures: Figures, rows: Sequence[Mapping[str, float]]) -> list[list[str]]:
    lines = [[_name(figures), "top-1"], ["", "top-3"], ["", "top-5"]]
    return [
        [*line, *(f"{row[f'top{k}']:.1f}" for row in rows)]
        for line, k in zip(lines, _TOP, strict=True)
    ]


def _error(percentages: Iterable[float]) -> float:
    """The percentage of which a sample is least sure: the one nearest to a half."""
    return min(percentages, key=lambda each: abs(each - 50))


def _name(figures: Figures) -> str:
    return str(figures.get("model", "network"))


def _grid(rows: Sequence[Sequence[str]]) -> str:
    """Columns under each other: names to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
