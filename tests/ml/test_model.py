"""The networks as `transformers` sees them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoConfig, AutoModelForImageClassification

from ml.model import build, labels_of
from ml.raster import RASTER_VERSION

CATEGORIES = ("ant", "bee", "cow")


@pytest.mark.parametrize("arch", ["inkling", "tutorial"])
def test_a_checkpoint_comes_back_through_the_auto_classes(arch: str, tmp_path: Path) -> None:
    network = build(arch, CATEGORIES).eval()
    network.config.temperature = 1.5
    network.save_pretrained(tmp_path)
    config = AutoConfig.from_pretrained(tmp_path)
    again = AutoModelForImageClassification.from_pretrained(tmp_path).eval()
    assert labels_of(config) == CATEGORIES
    assert (config.temperature, config.raster_version) == (1.5, RASTER_VERSION)
    pictures = torch.rand(2, config.num_channels, config.image_size, config.image_size)
    assert torch.equal(network(pictures).logits, again(pictures).logits)


@pytest.mark.parametrize("arch", ["inkling", "tutorial"])
def test_the_loss_is_the_cross_entropy_to_indices_or_to_shares(arch: str) -> None:
    network = build(arch, CATEGORIES).eval()
    side, channels = network.config.image_size, network.config.num_channels
    pictures = torch.rand(4, channels, side, side)
    labels = torch.tensor([0, 2, 1, 0])
    shares = torch.nn.functional.one_hot(labels, 3).float()
    hard, soft = (network(pictures, labels=target).loss for target in (labels, shares))
    assert hard.item() == pytest.approx(soft.item())
    hard.backward()
    gradients = [weight.grad for weight in network.parameters()]
    assert all(g is not None and torch.isfinite(g).all() for g in gradients)


def test_the_shipped_size_keeps_within_its_budget() -> None:
    """At most 1.2 M parameters and 36 M multiply-adds for 345 categories."""
    network = build("inkling", [str(n) for n in range(345)])
    assert sum(weight.numel() for weight in network.parameters()) <= 1_200_000
    assert network.multiply_adds() <= 36_000_000


def test_the_tutorial_network_is_the_tutorials() -> None:
    """Convolutions 64-128-256 (3x3, with bias), dense 2304-512-N; sums written out by hand."""
    network = build("tutorial", [str(n) for n in range(345)])
    convolutions = (9 + 1) * 64 + (9 * 64 + 1) * 128 + (9 * 128 + 1) * 256
    dense = (2304 + 1) * 512 + (512 + 1) * 345
    assert sum(weight.numel() for weight in network.parameters()) == convolutions + dense
    products = 784 * 9 * 64 + 196 * 9 * 64 * 128 + 49 * 9 * 128 * 256 + 2304 * 512 + 512 * 345
    assert network.multiply_adds() == products
