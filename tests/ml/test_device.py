"""Which device trains, on machines with other devices than this one."""

from __future__ import annotations

import pytest

from ml.data import DataError
from ml.device import Device, device


def having(
    patch: pytest.MonkeyPatch, *, cuda: bool = False, mps: bool = False, bf16: bool = False
) -> None:
    patch.setattr("torch.cuda.is_available", lambda: cuda)
    patch.setattr("torch.backends.mps.is_available", lambda: mps)
    patch.setattr("torch.cuda.is_bf16_supported", lambda **_: bf16)
    patch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: bf16)


def test_auto_takes_the_fastest_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    having(monkeypatch, cuda=True, mps=True, bf16=True)
    assert device("auto") == Device("cuda", "bf16")
    having(monkeypatch, mps=True)
    assert device("auto") == Device("mps", "float32")
    having(monkeypatch)
    assert device("auto") == Device("cpu", "float32")


def test_half_precision_is_what_the_hardware_multiplies_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    having(monkeypatch, cuda=True)
    assert device("cuda") == Device("cuda", "fp16")
    having(monkeypatch, bf16=True)
    assert device("cpu") == Device("cpu", "bf16")


def test_a_device_that_is_not_there_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    having(monkeypatch)
    with pytest.raises(DataError, match="finds no cuda device here"):
        device("cuda")
