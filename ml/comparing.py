"""What comparisons of two networks come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from ml.comparisons import Comparison

_PAIRS = 10  # of disagreements, in a summary


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What one network takes for something else than the other does, and how often."""

    serving: str
    shadow: str
    frames: int


@dataclass(frozen=True, slots=True)
class Known:
    """Frames of which it is known what had to be drawn, and in how many who was right."""

    frames: int
    serving: int
    shadow: int
    only_serving: int
    only_shadow: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Two networks on the same frames.

    ``agreed`` is in frames; ``serving_p`` and ``shadow_p`` are how sure they are of their best
    guess, 0-1, and ``ms`` is a frame's part of a batch in the shadow.
    """

    serving: str
    shadow: str
    frames: int
    drawings: int
    agreed: int
    serving_p: float
    shadow_p: float
    ms: float
    known: Known
    differ: tuple[Disagreement, ...]


def summarise(found: Sequence[Comparison], prompts: Mapping[str, str]) -> list[Summary]:
    """A summary for each pair of networks, that of the newest comparison first.

    ``prompts`` says what had to be drawn, by drawing, as far as it is known.
    """
    pairs: dict[tuple[str, str], list[Comparison]] = {}
    for each in reversed(found):
        pairs.setdefault((each.serving, each.shadow), []).append(each)
    return [_summary(frames, prompts) for frames in pairs.values()]


def _summary(frames: Sequence[Comparison], prompts: Mapping[str, str]) -> Summary:
    differ = Counter((each.said, each.shadow_said) for each in frames if not each.agrees)
    return Summary(
        serving=frames[0].serving,
        shadow=frames[0].shadow,
        frames=len(frames),
        drawings=len({each.drawing for each in frames}),
        agreed=sum(each.agrees for each in frames),
        serving_p=round(fmean(each.p for each in frames), 4),
        shadow_p=round(fmean(each.shadow_p for each in frames), 4),
        ms=round(median(each.ms for each in frames), 3),
        known=_known(frames, prompts),
        differ=tuple(Disagreement(*pair, count) for pair, count in differ.most_common(_PAIRS)),
    )


def _known(frames: Sequence[Comparison], prompts: Mapping[str, str]) -> Known:
    right = Counter(
        (each.said == prompts[each.drawing], each.shadow_said == prompts[each.drawing])
        for each in frames
        if each.drawing in prompts
    )
    both = right[True, True]
    return Known(
        frames=right.total(),
        serving=both + right[True, False],
        shadow=both + right[False, True],
        only_serving=right[True, False],
        only_shadow=right[False, True],
    )


def in_words(summary: Summary) -> str:
    """A summary for people."""
    known = summary.known
    lines = [
        f"serving {summary.serving}, shadow {summary.shadow}",
        (
            f"  {summary.frames:,} frames of {summary.drawings:,} drawings; both see the same in"
            f" {_percent(summary.agreed, summary.frames)}"
        ),
        (
            f"  sure of it, in the mean: serving {summary.serving_p:.2f}, shadow"
            f" {summary.shadow_p:.2f}; a frame takes the shadow {summary.ms:.1f} ms"
        ),
    ]
    if known.frames:
        lines.append(
            f"  right, of {known.frames:,} frames whose prompt is known: serving"
            f" {_percent(known.serving, known.frames)}, shadow"
            f" {_percent(known.shadow, known.frames)}; only serving {known.only_serving:,}, only"
            f" shadow {known.only_shadow:,}"
        )
    if summary.differ:
        lines.append("  where they differ most, serving and then shadow:")
        lines += [f"  {each.frames:6,}  {each.serving} | {each.shadow}" for each in summary.differ]
    return "\n".join(lines)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %"
