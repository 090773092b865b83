"""How large a network is: its numbers, and the multiplications of one guess."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def parameters(network: nn.Module) -> int:
    """All trained numbers."""
    return sum(weight.numel() for weight in network.parameters())


def multiply_adds(network: nn.Module, picture: Tensor) -> int:
    """Multiplications of convolutions and dense layers for one `picture` (1, C, side, side)."""
    counted: list[int] = []

    def count(module: nn.Module, _: object, output: Tensor) -> None:
        places = output[0, 0].numel() if output.dim() == 4 else 1  # noqa: PLR2004 (B, C, H, W)
        counted.append(int(module.weight.numel()) * places)  # type: ignore[operator]

    layers = [m for m in network.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    training = network.training
    network.eval()
    with torch.no_grad():
        network(picture)
    network.train(training)
    for hook in hooks:
        hook.remove()
    return sum(counted)
