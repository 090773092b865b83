"""Drawings in files, judged by two networks: the same comparison as of live frames, at leisure."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from ml.comparisons import Comparison
from ml.data import DataError
from ml.drawing import Drawing, Tally
from ml.engine import Engine, Probabilities
from ml.formats import drawing_files, read
from ml.prefix import cut_ink
from ml.raster import Points, rasterise_batch

SHARES: Final = (0.25, 0.5, 0.75, 1.0)  # of the ink: a referee sees drawings grow
_BATCH: Final = 64


def rejudged(
    serving: Engine,
    shadow: Engine,
    folder: Path,
    progress: Callable[[int], object] = lambda _done: None,
) -> Iterator[tuple[float, str, Comparison]]:
    """Of each drawing in ``folder`` and each of ``SHARES``: the share, its word, what both see.

    Drawings whose word the networks do not know are left out. Raises ``DataError`` where there are
    no drawings that can be read.
    """
    done = 0
    drawings = _drawings(folder, frozenset(serving.labels))
    while some := list(islice(drawings, _BATCH)):
        for share in SHARES:
            inks = [cut_ink(drawing.strokes, share) for drawing in some]
            rows, _ = _judged(serving, inks)
            shadow_rows, ms = _judged(shadow, inks)
            for drawing, row, shadow_row in zip(some, rows, shadow_rows, strict=True):
                best, shadow_best = int(row.argmax()), int(shadow_row.argmax())
                yield (
                    share,
                    drawing.word,
                    Comparison(
                        drawing=str(drawing.key),
                        n=round(100 * share),
                        serving=serving.model_hash,
                        shadow=shadow.model_hash,
                        said=serving.labels[best],
                        p=float(row[best]),
                        shadow_said=shadow.labels[shadow_best],
                        shadow_p=float(shadow_row[shadow_best]),
                        ms=ms,
                    ),
                )
        done += len(some)
        progress(done)
    if not done:
        msg = f"{folder} holds no drawing that could be read."
        raise DataError(msg)


def _drawings(folder: Path, known: frozenset[str]) -> Iterator[Drawing]:
    for path in drawing_files(folder).values():
        yield from (drawing for drawing in read(path, Tally()) if drawing.word in known)


def _judged(engine: Engine, inks: Sequence[Sequence[Points]]) -> tuple[Probabilities, float]:
    """Rows of probabilities, and a drawing's part of the time, ms."""
    started = time.monotonic()
    pictures = rasterise_batch(inks, side=engine.side, channels=engine.channels)
    rows = engine.judge(pictures)
    return rows, 1000 * (time.monotonic() - started) / len(inks)
