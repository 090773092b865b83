"""Words that whoever hosts does not want to read in names and chat: they become stars.

Whole words only, so that nobody from Scunthorpe is silenced. Capitals, accents, repeated letters,
dots between letters and digits that look like letters make no difference.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_LOOKALIKES: Final = str.maketrans("013457@$", "oieastas")
_BETWEEN: Final = r"[._\-*]*"  # what people put between letters


class WordFilter:
    """A list of words; one that ends in a star stands for every word that begins so."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        """Empty words are left out; without any, every text stays as it is."""
        patterns = [_pattern(word) for word in map(str.strip, words) if word.strip("*")]
        self._unwanted = re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)") if patterns else None

    @classmethod
    def read(cls, file: Path | None) -> WordFilter:
        """The words of a text file, one a line; ``#`` begins a remark. None: no words.

        Raises ``OSError`` or ``UnicodeDecodeError`` for a file that cannot be read.
        """
        lines = file.read_text("utf-8-sig").splitlines() if file else []
        return cls(line for line in lines if not line.startswith("#"))

    def masked(self, text: str) -> str:
        """``text`` with stars for the letters of unwanted words."""
        if self._unwanted is None:
            return text
        letters = list(text)
        for found in self._unwanted.finditer(_folded(text)):
            letters[found.start() : found.end()] = "*" * (found.end() - found.start())
        return "".join(letters)


def _pattern(word: str) -> str:
    ending = r"\w*" if word.endswith("*") else ""
    letters = [rf"{re.escape(letter)}+" for letter in _folded(word.rstrip("*"))]
    return _BETWEEN.join(letters) + ending


def _folded(text: str) -> str:
    """``text`` with one plain letter for each of its characters, so that places stay the same."""
    return "".join(_plain(char) for char in text).translate(_LOOKALIKES)


def _plain(char: str) -> str:
    folded = unicodedata.normalize("NFKD", char).casefold()
    return folded[0] if folded else char
