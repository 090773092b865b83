# mypy: untyped-calls-exclude="transformers,ml.model"
"""The networks, in the style of `transformers`, registered with its Auto classes on import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import (
    AutoConfig,
    AutoModelForImageClassification,
    PreTrainedConfig,
    PreTrainedModel,
)
from transformers.utils.generic import ModelOutput

from ml.raster import CHANNELS, RASTER_VERSION, SIDE
from ml.size import multiply_adds


class InklingConfig(PreTrainedConfig):
    """What is needed to rebuild the network and to feed it.

    `stem_width` and `widths` are channels, `depths` residual blocks per stage; `image_size` and
    `num_channels` are the raster's; `temperature` divides the logits before the softmax in play.
    The categories are `id2label`, in the order of the outputs.
    """

    model_type = "inkling"

    num_channels: int = CHANNELS
    image_size: int = SIDE
    raster_version: int = RASTER_VERSION
    stem_width: int = 24
    widths: list[int] | tuple[int, ...] = (48, 96, 192)
    depths: list[int] | tuple[int, ...] = (1, 1, 1)
    dropout: float = 0.0
    temperature: float = 1.0


class TutorialConfig(PreTrainedConfig):
    """The baseline everybody starts with; its sizes are fixed, only the categories vary."""

    model_type = "inkling-tutorial"

    num_channels: int = 1
    image_size: int = 28
    raster_version: int = RASTER_VERSION
    temperature: float = 1.0


def lay_out(network: nn.Module, device: torch.device | None = None) -> None:
    """Move a network, in place, to a device and to channels-last memory, which is faster."""
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # stub


def labels_of(config: PreTrainedConfig) -> tuple[str, ...]:
    """The categories in the order of the outputs."""
    names = config.id2label or {}
    return tuple(str(names[index]) for index in range(len(names)))  # type: ignore[index]  # int keys


@dataclass
class GuessOutput(ModelOutput):
    """`loss` () where labels were given; `logits` (batch, categories) before the softmax."""

    loss: Tensor | None = None
    logits: Tensor | None = None


class ConvNorm(nn.Sequential):
    """Convolution without bias, then batch normalisation: one layer once folded."""

    def __init__(self, inputs: int, outputs: int, size: int = 3, stride: int = 1) -> None:
        """`size` is the kernel's side; padding keeps the picture's side at stride 1."""
        super().__init__(
            nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False),
            nn.BatchNorm2d(outputs),
        )


class Residual(nn.Module):
    """Two 3x3 convolutions beside an identity: `(B, width, H, W)` to the same shape."""

    def __init__(self, width: int) -> None:
        """`width` channels in, inside and out."""
        super().__init__()
        self.first = ConvNorm(width, width)
        self.second = ConvNorm(width, width)

    def forward(self, features: Tensor) -> Tensor:
        """`(B, width, H, W)` in and out."""
        inner: Tensor = self.second(functional.relu(self.first(features)))
        return functional.relu(features + inner)


class GuesserModel(PreTrainedModel):
    """What both networks share: weights' initial values and the loss."""

    main_input_name = "pixel_values"
    input_modalities = ("image",)  # type: ignore[assignment]  # str | list there, either is used

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        """He et al. 2015 (fan out) for convolutions; the library's defaults for the rest."""
        super()._init_weights(module)  # type: ignore[no-untyped-call]
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def multiply_adds(self) -> int:
        """Multiplications of convolutions and dense layers for one picture."""
        side = self.config.image_size
        picture = torch.zeros(1, self.config.num_channels, side, side, device=self.device)
        return multiply_adds(self, picture)

    def _output(self, logits: Tensor, labels: Tensor | None) -> GuessOutput:
        loss = None if labels is None else functional.cross_entropy(logits.float(), labels)
        return GuessOutput(loss=loss, logits=logits)


class InklingForImageClassification(GuesserModel):
    """A small residual network of dense 3x3 convolutions, which is what CPUs run fastest."""

    config_class = InklingConfig

    def __init__(self, config: InklingConfig) -> None:
        """Build with random weights."""
        super().__init__(config)
        first = config.widths[0]
        layers: list[nn.Module] = [
            ConvNorm(config.num_channels, config.stem_width, size=5, stride=2),
            nn.ReLU(),
            ConvNorm(config.stem_width, first, stride=2),
            nn.ReLU(),
        ]
        inputs = first
        for stage, (width, depth) in enumerate(zip(config.widths, config.depths, strict=True)):
            if stage:
                layers += [ConvNorm(inputs, width, stride=2), nn.ReLU()]
            layers += [Residual(width) for _ in range(depth)]
            inputs = width
        self.features = nn.Sequential(*layers)
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Linear(inputs, len(labels_of(config)))
        self.post_init()

    def forward(
        self, pixel_values: Tensor, labels: Tensor | None = None, **_: object
    ) -> GuessOutput:
        """`pixel_values` (B, channels, side, side), 0..1; `labels` (B,) indices or (B, N) shares.

        Returns the logits (B, N) and, with labels, the mean cross-entropy.
        """
        features: Tensor = self.features(pixel_values)
        pooled = self.dropout(features.mean(dim=(2, 3)))
        return self._output(self.classifier(pooled), labels)


class TutorialForImageClassification(GuesserModel):
    """Three convolutions (64, 128, 256), each with ReLU and a pool; dense 2304-512-N."""

    config_class = TutorialConfig

    def __init__(self, config: TutorialConfig) -> None:
        """Build with random weights."""
        super().__init__(config)
        self.features = nn.Sequential(
            *(nn.Conv2d(config.num_channels, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(64, 128, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(128, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(2304, 512), nn.ReLU(), nn.Linear(512, len(labels_of(config)))
        )
        self.post_init()

    def forward(
        self, pixel_values: Tensor, labels: Tensor | None = None, **_: object
    ) -> GuessOutput:
        """`pixel_values` (B, 1, 28, 28), 0..1; otherwise as `InklingForImageClassification`."""
        return self._output(self.classifier(self.features(pixel_values)), labels)


_WIDTH_STEP = 4  # channels: odd numbers of them waste a CPU's vectors


def build(
    arch: str,
    categories: Sequence[str],
    *,
    side: int = SIDE,
    channels: int = CHANNELS,
    width: float = 1.0,
) -> GuesserModel:
    """A network with random weights for these categories: `arch` is inkling or tutorial.

    The others are inkling's alone: `side` and `channels` of its picture, as `ml.raster` draws
    them, and `width`, a factor on the channels of every layer.
    """
    names: dict[str, Any] = {
        "id2label": dict(enumerate(categories)),
        "label2id": {name: index for index, name in enumerate(categories)},
    }
    if arch == "tutorial":
        return TutorialForImageClassification(TutorialConfig(**names))
    usual = InklingConfig()
    widths = tuple(_widened(each, width) for each in usual.widths)
    stem = _widened(usual.stem_width, width)
    return InklingForImageClassification(
        InklingConfig(
            image_size=side, num_channels=channels, stem_width=stem, widths=widths, **names
        )
    )


def _widened(channels: int, factor: float) -> int:
    return max(1, round(channels * factor / _WIDTH_STEP)) * _WIDTH_STEP


for _config, _model in (
    (InklingConfig, InklingForImageClassification),
    (TutorialConfig, TutorialForImageClassification),
):
    AutoConfig.register(_config.model_type, _config, exist_ok=True)
    AutoModelForImageClassification.register(_config, _model, exist_ok=True)
