"""Words that a host does not want to read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.word_filter import WordFilter
from tests.support.house import open_house

UNWANTED = WordFilter(["darn", "blast*", "é tu", " ", "*"])


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("darn it", "**** it"),
        ("DÄRN! Daaarn.", "****! ******."),
        ("d4rn, d.a-r_n", "****, *******"),
        ("blast, blasted", "*****, *******"),
        ("darned socks and an undarn", "darned socks and an undarn"),
        ("E tu?", "****?"),
        ("***", "***"),
        ("", ""),
    ],
)
def test_unwanted_words_become_stars_however_they_are_spelt(typed: str, shown: str) -> None:
    assert UNWANTED.masked(typed) == shown


@given(st.text())
def test_nothing_but_unwanted_words_changes_and_no_text_changes_its_length(text: str) -> None:
    assert WordFilter().masked(text) == text
    masked = UNWANTED.masked(text)
    assert len(masked) == len(text)
    assert all(new in (old, "*") for old, new in zip(text, masked, strict=True))


def test_the_words_come_from_a_file_with_remarks(tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("\ufeff# not nice\ndarn\n\nblast*\n", "utf-8")
    assert WordFilter.read(file).masked("darn # not nice blaster") == "**** # not nice *******"
    assert WordFilter.read(None).masked("darn") == "darn"


@pytest.mark.asyncio
async def test_they_are_stars_in_names_and_chat_alike(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also where something invisible stands between their letters."""
    words = tmp_path / "words.txt"
    words.write_text("darn", "utf-8")
    async with open_house(redis_url, monkeypatch, word_filter=words) as house:
        ada, bob = await house.table("Darn Ada", "Bob")
        assert ada.account is not None
        assert ada.account.name == "**** Ada"
        await ada.say("chat", text="da\u200brn, a yarn")
        assert (await bob.hears("chat"))["text"] == "****, a yarn"
        answer = await house.http.post("/api/players", json={"name": "d4rn"})
        assert answer.json()["name"] == "****"
