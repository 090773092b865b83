"""What is written for hosts and programmers is what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from server.reference import DOCS, PAGES
from server.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", PAGES)
def test_the_reference_is_what_the_code_would_write(name: str) -> None:
    """If not: ``python -m server.reference``."""
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name]()


def test_guides_name_only_settings_that_there_are() -> None:
    known = {name.upper() for name in Settings.model_fields}
    for guide in (DOCS / "hosting.md", ROOT / "README.md"):
        text = guide.read_text(encoding="utf-8")
        named = set(re.findall(r"\b([A-Z]+_[A-Z_]+)=", text))
        assert named <= known | {"TORCH_INDEX"}, guide
