"""The charts of a report, each with its heading and its words, as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from ml import report
from ml.charts import Axis, Line, column_chart, line_chart, reliability_diagram
from ml.report import INK, Curve, Whole

Figures = Mapping[str, Any]

_SECONDS = Axis("seconds since the pen first touched", 0, 20, (0, 5, 10, 15, 20), " s")
_INK = Axis("ink drawn, percent", 0, 100, (10, 25, 50, 75, 100), " % of the ink")
_SHARE = Axis("right, percent", 0, 100, (0, 20, 40, 60, 80, 100), " %")


def by_ink(models: Sequence[Figures], curves: Sequence[Curve], labels: Whole) -> str:
    """Top-1 and top-5 of every network while drawings grow; `curves` are finely cut."""
    charts = []
    for k in (1, 5):
        lines = [
            Line(
                str(figures["model"]),
                [
                    (100 * ink, report.top_k(answers, labels)[f"top{k}"])
                    for ink, answers in sorted(curve.items())
                ],
                [100 * ink for ink in INK],
            )
            for figures, curve in zip(models, curves, strict=True)
        ]
        name = "First guess right" if k == 1 else "Among the first five guesses"
        charts.append(_chart(f"{name}, by ink", _INK, lines))
    return "".join(charts)


def by_time(models: Sequence[Figures]) -> str:
    """Top-1 by the second, the share right at least once, and the first network's matches."""
    by_second = [
        Line(
            str(figures["model"]),
            [(int(second), row["top1"]) for second, row in figures["timed"]["seconds"].items()],
            [int(second) for second in figures["timed"]["seconds"]],
        )
        for figures in models
    ]
    ever = [
        Line(
            str(figures["model"]),
            [(0, 0), *((float(at), each) for at, each in figures["timed"]["right_by"].items())],
            [5, 10, 15, 20],
        )
        for figures in models
    ]
    return (
        _chart("First guess right, by the clock", _SECONDS, by_second)
        + _chart("Right at least once, by the clock", _SECONDS, ever)
        + _first_matches(models[0])
    )


def calibration(figures: Figures) -> str:
    """A reliability diagram for each fraction of the ink."""
    diagrams = []
    for ink, bins in figures["reliability"].items():
        title = f"{100 * float(ink):.0f} % of the ink"
        total = sum(row[0] for row in bins) or 1
        sure, hits = (sum(row[0] * row[column] for row in bins) / total for column in (1, 2))
        words = f"On average {100 * sure:.0f} % sure, {100 * hits:.0f} % right."
        diagram = reliability_diagram(f"Reliability at {title}", words, bins)
        error = figures["ink"][ink]["ece"]
        diagrams.append(
            f"<figure><h3>{title}</h3>{diagram}<p>ECE {error:.3f}<br>{words}</p></figure>"
        )
    return "".join(diagrams)


def _first_matches(figures: Figures) -> str:
    """When the first right guess fell, in columns of a second."""
    shares = {float(at): share for at, share in figures["timed"]["right_by"].items()}
    columns = [
        (second, second + 1, shares[second + 1.0] - shares.get(float(second), 0.0))
        for second in range(20)
    ]
    top = max(10.0, 10.0 * np.ceil(max(height for *_, height in columns) / 10))
    y = Axis("drawings, percent", 0, top, np.linspace(0, top, 6).tolist(), " % of the drawings")
    title = f"First match of {figures['model']}"
    most = max(columns, key=lambda column: column[2])
    words = f"Most first right guesses, {most[2]:.1f} %, fall between {most[0]} and {most[1]} s."
    chart = column_chart(title, words, _SECONDS, y, columns)
    return f"<figure><h3>{escape(title)}</h3>{chart}</figure>"


def _chart(title: str, x: Axis, lines: Sequence[Line]) -> str:
    words = "; ".join(
        f"{line.name}: "
        + ", ".join(
            f"{b:.1f}{_SHARE.unit} at {a:g}{x.unit}" for a, b in line.points if a in line.marked
        )
        for line in lines
    )
    chart = line_chart(title, f"{words}.", x, _SHARE, lines)
    return f"<figure><h3>{escape(title)}</h3>{chart}</figure>"
