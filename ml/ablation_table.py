"""What the runs of `python -m ml.ablation` came to, beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ml import metrics
from ml.report import INK

Ranks = npt.NDArray[np.uint16]

_95 = 1.96  # standard errors to either side
_SHOWN = (0.25, 0.50, 0.75, 1.00)
_HEAD = """\
| | top-1 at 25 % | 50 % | 75 % | 100 % | top-5 | against base at 50 % | at 100 % | pictures | \
pictures a CPU second | million multiply-adds | parameters |
|---|---|---|---|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Result:
    """One run's outcome.

    `ranks` (fractions of `INK`, D): how many categories stood before the true one, for the same D
    drawings in every run; `labels` (D,) are their categories; `facts` hold `pictures`, `minutes`,
    `per_cpu_s`, `parameters` and `multiply_adds`.
    """

    name: str
    says: str
    ranks: Ranks
    labels: npt.NDArray[np.int64]
    facts: dict[str, Any]

    def hits(self, fraction: float, k: int = 1) -> npt.NDArray[np.bool_]:
        """Which drawings (D,) had the true category among the k first at a fraction of the ink."""
        hit: npt.NDArray[np.bool_] = self.ranks[INK.index(fraction)] < k
        return hit


def mean_and_error(
    values: npt.NDArray[np.floating], labels: npt.NDArray[np.int64]
) -> tuple[float, float]:
    """Mean over categories of each category's mean, and its standard error.

    `values` (D,) belong to drawings that were sampled within fixed categories `labels` (D,). With
    a difference of two runs' hits as values this is a paired comparison: what both runs get right,
    or both wrong, adds no error.
    """
    counts = np.bincount(labels)
    present = counts > 0
    n = counts[present]
    means = np.bincount(labels, values)[present] / n
    squares = np.bincount(labels, values**2)[present] / n
    variances = np.maximum(squares - means**2, 0) / np.maximum(n - 1, 1)
    return float(means.mean()), float(np.sqrt(variances.sum()) / len(n))


def figures(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Each run's accuracies in percent and, against the first run, differences with 95 % ranges."""
    return [_figures(result, results[0]) for result in results]


def _figures(result: Result, base: Result) -> dict[str, Any]:
    row: dict[str, Any] = {"row": result.name, "says": result.says, "n": len(result.labels)}
    for fraction in INK:
        here = {
            f"top{k}": round(metrics.balanced(result.hits(fraction, k), result.labels), 2)
            for k in (1, 5)
        }
        _, error = mean_and_error(result.hits(fraction).astype(float), result.labels)
        here["within"] = round(_95 * error * 100, 2)
        step = result.hits(fraction).astype(float) - base.hits(fraction)
        gain, error = mean_and_error(step, result.labels)
        here["gain"], here["gain_within"] = round(gain * 100, 2), round(_95 * error * 100, 2)
        row[f"{fraction:.2f}"] = here
    return row | result.facts


def table(rows: Sequence[dict[str, Any]]) -> str:
    """`figures` as a Markdown table."""
    return _HEAD + "\n".join(_line(row, first=row is rows[0]) for row in rows)


def _line(row: dict[str, Any], *, first: bool) -> str:
    ink = [row[f"{fraction:.2f}"] for fraction in _SHOWN]
    cells = [row["says"], *(f"{each['top1']:.1f}" for each in ink), f"{ink[-1]['top5']:.1f}"]
    cells += [_against(each, first=first) for each in (ink[1], ink[3])]
    cells += [f"{row['pictures']:,}", f"{row['per_cpu_s']:.0f}"]
    cells += [f"{row['multiply_adds'] / 1e6:.1f}", f"{row['parameters']:,}"]
    return f"| {' | '.join(cells)} |"


def _against(ink: dict[str, float], *, first: bool) -> str:
    """The difference from the base run; of that run itself, its own sampling error."""
    if first:
        return f"(± {ink['within']:.1f})"
    return f"{ink['gain']:+.1f} ± {ink['gain_within']:.1f}"


def race(rows: Sequence[dict[str, Any]]) -> str:
    """What it took to be as good as the tutorial's network at its end, where that can be told."""
    by_name = {row["row"]: row for row in rows}
    goal = by_name.get("tutorial")
    lengths = ("eighth", "quarter", "half", "base", "twice", "four-times")
    ours = [by_name[name] for name in lengths if name in by_name]
    if goal is None:
        return ""
    whole = goal["1.00"]
    took = _cpu_s(goal)
    said = (
        f"The tutorial's network ends at acc1 {whole['top1']:.1f}, acc5 {whole['top5']:.1f} after "
        f"{goal['pictures']:,} pictures ({took:,.0f} CPU s)"
    )
    for row in ours:
        if row["1.00"]["top1"] >= whole["top1"]:
            return (
                f"{said}; a run of ours of {row['pictures']:,} pictures ({_cpu_s(row):,.0f} CPU s) "
                f"reads {row['1.00']['top1']:.1f}."
            )
    return f"{said}; none of these runs reads as many."


def _cpu_s(row: dict[str, Any]) -> float:
    return float(row["pictures"] / row["per_cpu_s"])
