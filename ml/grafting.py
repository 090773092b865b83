"""Pictures of two drawings in one: half of this, half of that, along a random line.

No such drawing has a right label, but a teacher has an opinion of it, and a student that shares
its opinion of what nobody ever drew has learnt more of it than answers (Beyer et al. 2022,
"Knowledge distillation: a good teacher is patient and consistent"; halves, since lines stay lines:
Yun et al. 2019, "CutMix").
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_OFF_CENTRE = 0.25  # of the side: the line stays where there is ink


def graft(
    pictures: npt.NDArray[np.uint8],
    whole: npt.NDArray[np.bool_],
    share: float,
    rng: np.random.Generator,
) -> npt.NDArray[np.bool_]:
    """Graft others onto about a `share` of the finished pictures (B, C, side, side), in place.

    `whole` (B,) says which are finished: only those give and take. Returns which took (B,).
    """
    finished = np.flatnonzero(whole)
    took = np.zeros(len(pictures), np.bool_)
    takers = finished[rng.random(len(finished)) < share]
    if len(finished) < 2 or not len(takers):  # noqa: PLR2004 (it takes two)
        return took
    givers = pictures[rng.choice(finished, len(takers))]
    places = (np.arange(pictures.shape[-1]) + 0.5) / pictures.shape[-1] - 0.5
    angles = rng.uniform(0, 2 * np.pi, (len(takers), 1, 1))
    across = np.cos(angles) * places + np.sin(angles) * places[:, None]
    far = across > rng.uniform(-_OFF_CENTRE, _OFF_CENTRE, (len(takers), 1, 1))
    pictures[takers] = np.where(far[:, None], givers, pictures[takers])
    took[takers] = True
    return took
