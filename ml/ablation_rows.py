"""The runs that `python -m ml.ablation` compares: what each changes against the base run."""

from __future__ import annotations

from dataclasses import dataclass

from ml.data import DataError


@dataclass(frozen=True)
class Row:
    """One run.

    `words` are its own options of `ml.train`; `taught` says whether the teacher is there; `share`
    is its part of the base run's pictures; `needs_teacher` that without one it means nothing.
    """

    name: str
    group: str
    says: str
    words: tuple[str, ...] = ()
    taught: bool = True
    share: float = 1.0
    needs_teacher: bool = False


BASE = Row("base", "ablation", "base")

ROWS: tuple[Row, ...] = (
    BASE,
    Row("finished", "ablation", "finished drawings only", ("--whole", "1")),
    Row("ink-only", "ablation", "1 channel: ink without its order", ("--channels", "1")),
    Row("small-picture", "ablation", "28x28 pixels", ("--side", "28")),
    Row("unchanged", "ablation", "no augmentation", ("--augment", "none")),
    Row("unbent", "ablation", "augmentation without bends", ("--augment", "no-bend")),
    Row("untaught", "ablation", "no teacher", taught=False, needs_teacher=True),
    Row(
        "taught-before",
        "ablation",
        "teacher's kept labels only",
        ("--soft-labels", "kept"),
        needs_teacher=True,
    ),
    Row("last-weights", "ablation", "no averaging", ("--no-average",)),
    Row("half-width", "ablation", "half width", ("--width", "0.5")),
    Row("other-seed", "ablation", "base with another seed", ("--seed", "1")),
    Row("tutorial", "tutorial", "tutorial's network", ("--arch", "tutorial"), taught=False),
    Row("50-each", "curve", "50 drawings a category", ("--per-category", "50")),
    Row("100-each", "curve", "100 drawings a category", ("--per-category", "100")),
    Row("200-each", "curve", "200 drawings a category", ("--per-category", "200")),
    Row("eighth", "length", "an eighth of the pictures", share=1 / 8),
    Row("quarter", "length", "a quarter of the pictures", share=1 / 4),
    Row("half", "length", "half of the pictures", share=1 / 2),
    Row("twice", "length", "twice the pictures", share=2.0),
    Row("four-times", "length", "four times the pictures", share=4.0),
    Row("wider", "ablation", "1.4 times the width", ("--width", "1.4")),
    Row("trust-30", "ablation", "teacher's part 0.3, not 0.6", ("--trust", "0.3"), True, 1.0, True),
    Row("trust-90", "ablation", "teacher's part 0.9, not 0.6", ("--trust", "0.9"), True, 1.0, True),
)
"""Every row, in the order of the table."""


def chosen_rows(wanted: str, *, teacher: bool) -> list[Row]:
    """The rows named by `all`, or by names and groups with commas between, in that order.

    The base comes first in any case, as the others are compared with it. Without a `teacher`, rows
    about it are left out. Raises `DataError` for a name that is none.
    """
    chosen = [BASE]
    for word in wanted.split(","):
        named = [row for row in ROWS if word.strip() in ("all", row.group, row.name)]
        if not named:
            msg = f"no row or group of rows is called {word.strip()!r}: see --help."
            raise DataError(msg)
        chosen += named
    return [row for row in dict.fromkeys(chosen) if teacher or not row.needs_teacher]
