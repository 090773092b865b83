"""What is written for hosts and programmers is what the code says."""

from __future__ import annotations

import pytest

from server.reference import DOCS, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_the_reference_is_what_the_code_would_write(name: str) -> None:
    """If not: ``python -m server.reference``."""
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name]()
