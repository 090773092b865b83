"""The guide to learning from play names only commands, options, settings and figures there are."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from ml import compare, evaluate, options, worker
from ml.measures import Measures
from ml.shadow import OUTCOMES, ShadowMeasures
from server import export
from server.reference import DOCS
from server.settings import Settings

ROOT: Final = Path(__file__).resolve().parents[2]
GUIDE: Final = (DOCS / "learning.md").read_text(encoding="utf-8")


def helped(ask: Callable[[Sequence[str]], Any], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        ask(["--help"])
    return capsys.readouterr().out


def test_commands_have_the_options_that_it_names(capsys: pytest.CaptureFixture[str]) -> None:
    known = {
        "server.export": helped(export.main, capsys),
        "ml.compare": helped(compare.main, capsys),
        "ml.worker": helped(worker.read_arguments, capsys),
        "ml.train": options.parser().format_help(),
        "ml.evaluate": evaluate.parser().format_help(),
    }
    seen = set()
    for module, rest in re.findall(r"python -m ([\w.]+)([^`#\n]*)", GUIDE):
        if module in known:
            seen.add(module)
            for option in re.findall(r"--[\w-]+", rest):
                assert option in known[module], f"{module} {option}"
    assert seen == set(known)


def test_settings_measures_and_the_switch_are_called_what_it_calls_them() -> None:
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)", GUIDE))
    assert {"LEARN_FROM_PLAY", "LEARN_KEPT", "LEARN_KEPT_DAYS"} <= named
    assert named <= {name.upper() for name in Settings.model_fields}
    registry = Measures().registry
    ShadowMeasures(registry)
    measured = {metric.name for metric in registry.collect()}
    for name in re.findall(r"`(inkling_worker_\w+)`", GUIDE):
        assert name.removesuffix("_total") in measured, name
    assert all(f"`{outcome}`" in GUIDE for outcome in OUTCOMES if outcome != "agreed")
    strings = (ROOT / "web" / "src" / "strings.js").read_text(encoding="utf-8")
    for shown in re.findall(r"\*([A-Z][^*]+)\*", GUIDE):
        assert f'"{shown}"' in strings, shown
