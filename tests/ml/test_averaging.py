"""The running mean of weights."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ml.averaging import WeightAverage


def test_the_average_follows_by_one_minus_the_decay() -> None:
    layer = nn.Linear(1, 1, bias=False)
    layer.weight.data.fill_(0)
    average = WeightAverage(layer, decay=0.9)
    average.steps = 10**6  # long past the beginning, where the decay is smaller
    layer.weight.data.fill_(1)
    for _ in range(3):
        average.update(layer)
    assert average.values["weight"].item() == pytest.approx(1 - 0.9**3)


def test_the_random_start_is_forgotten_at_once() -> None:
    layer = nn.Linear(1, 1, bias=False)
    average = WeightAverage(layer, decay=0.999)
    layer.weight.data.fill_(5)
    for _ in range(50):
        average.update(layer)
    assert average.values["weight"].item() == pytest.approx(5, abs=0.01)


def test_batch_statistics_are_averaged_and_counters_left_alone() -> None:
    norm = nn.BatchNorm1d(2)
    average = WeightAverage(norm, decay=0.5)
    assert set(average.values) == {"weight", "bias", "running_mean", "running_var"}
    norm.running_mean = torch.ones(2)
    average.copy_to(norm)
    assert norm.running_mean.tolist() == [0, 0]
