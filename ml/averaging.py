"""The running mean of a network's weights, which is what gets evaluated and shipped."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class WeightAverage:
    """An exponential moving average of every floating-point weight and buffer.

    The decay grows with the steps taken, min(decay, (1 + n) / (10 + n)), so that early averages
    do not remember the random start.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        """Start from the network as it is."""
        self.decay = decay
        self.steps = 0
        self.values = {name: value.detach().clone() for name, value in _floats(network)}

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Take in the network after one more step, on whichever device it is by now."""
        self.steps += 1
        share = 1 - min(self.decay, (1 + self.steps) / (10 + self.steps))
        current = dict(_floats(network))
        names = list(self.values)
        # The Trainer moves the network to its device after this average began.
        self.values = {name: self.values[name].to(current[name].device) for name in names}
        torch._foreach_lerp_(
            [self.values[name] for name in names], [current[name] for name in names], share
        )

    @torch.no_grad()
    def copy_to(self, network: nn.Module) -> None:
        """Overwrite the network's weights with the average."""
        for name, value in _floats(network):
            value.copy_(self.values[name])


def _floats(network: nn.Module) -> list[tuple[str, Tensor]]:
    state = network.state_dict(keep_vars=False)
    return [(name, value) for name, value in state.items() if value.is_floating_point()]
