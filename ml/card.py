"""The model card: what a network is, what it was trained on, how well it does, where it fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ml.model import GuesserModel


@dataclass(frozen=True)
class RunFacts:
    """How a network came to be; `samples` are pictures seen, prefixes included."""

    command: str
    drawings: int
    categories: int
    samples: int
    minutes: float
    taught: bool
    begun_with: str = ""
    """The checkpoint whose weights it began with; empty: random ones."""
    varied: bool = True
    """Whether drawings were cut and changed, or shown as they are."""


_HEAD = """\
---
license: mit
library_name: transformers
pipeline_tag: image-classification
---
# Inkling: a guesser for drawings as they grow

Names what somebody is drawing, out of {categories} categories, from the strokes so far.
`{kind}`, {parameters:,} parameters, {multiply_adds:.1f} million multiply-adds a guess,
{channels} channel(s) of {side}x{side} pixels made by `ml.raster` version {raster} and by nothing
else: another renderer costs several points.

```python
import ml.model  # registers the architecture
from transformers import AutoModelForImageClassification

network = AutoModelForImageClassification.from_pretrained("ml/weights")
```

## Data
Trained on {drawings:,} drawings of the Quick, Draw! data set, made available by Google, Inc. under
[CC BY 4.0](https://creativecommons.org/licenses/by/4.0/).
"""

_TAUGHT = """\
Targets were mixed with soft labels of DoodleNet (ml5.js, MIT licence, Yining Shi), a public network
trained on 50,000 drawings a category: what this network knows comes partly from there.
"""

_BEGUN = """\

It began with the weights of the checkpoint {begun_with}, so it knows what that one had learnt.
"""

_TRAINING = """\

## Training
    {command}

{samples:,} pictures in {minutes:.0f} minutes: {shown}.
The weights are an exponential moving average.
"""

_VARIED = """random prefixes of the ink, mirrored, bent, turned,
sheared, each stroke and each point slipped a little"""

_FIGURES = """\

## Figures
{n:,} held-out drawings, class-balanced percentages, by the fraction of the ink shown; each prefix
is fitted to its own bounding box. Temperature {temperature:.2f} (fitted on drawings kept from
training, whole or nearly whole, which is when verdicts fall). ECE is the expected calibration
error of the top guess: how far its share lies from how often it is right.

| ink | top-1 | top-3 | top-5 | ECE |
|---|---|---|---|---|
"""

_SURE = """
Where little is drawn it is surer than it should be: what it sees could be a finished drawing of
something simple, and it cannot know that more will come.
"""

_LIMITS = """\

## Limits
It knows these categories and nothing else; it always names one. People drew for twenty seconds,
mostly with a mouse or a finger, in a game where a network was guessing: careful or artistic
drawings are another matter. About a tenth of the data set's labels are thought to be wrong.
It is a referee for a game, no more.
"""


def write_card(network: GuesserModel, facts: RunFacts, figures: dict[str, Any] | None) -> str:
    """The card's markdown; without figures, the table is left out."""
    config = network.config
    text = _HEAD.format(
        categories=facts.categories,
        kind=type(network).__name__,
        parameters=sum(weight.numel() for weight in network.parameters()),
        multiply_adds=network.multiply_adds() / 1e6,
        channels=config.num_channels,
        side=config.image_size,
        raster=config.raster_version,
        drawings=facts.drawings,
    )
    if facts.taught:
        text += _TAUGHT
    text += _TRAINING.format(
        command=facts.command,
        samples=facts.samples,
        minutes=facts.minutes,
        shown=_VARIED if facts.varied else "drawings as they are",
    )
    if facts.begun_with:
        text += _BEGUN.format(begun_with=facts.begun_with)
    if figures:
        text += _FIGURES.format(n=figures["n"], temperature=config.temperature)
        text += "".join(
            f"| {float(ink):.0%} | {row['top1']:.1f} | {row['top3']:.1f} | {row['top5']:.1f} "
            f"| {row['ece']:.3f} |\n"
            for ink, row in figures["ink"].items()
        )
        if figures["ink"]["0.25"]["ece"] > figures["ece"]:
            text += _SURE
    return text + _LIMITS
