"""Whether what somebody typed names a thing, nearly names it, or would give it away.

Capitals, accents, hyphens, spaces, articles and the ending of a plural make no difference. Names
are the English ones of ``game.categories``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Final

from game.categories import CATEGORIES

_ARTICLES: Final = frozenset({"a", "an", "the"})
_SMALL: Final = frozenset({"of", "to", "and", "in", "on"})  # words that tell nothing of a name
_WORD: Final = re.compile(r"[^\W_]+")
_APOSTROPHES: Final = re.compile("['`\u2018\u2019]")
_SHORTEST: Final = 2  # letters that can be a name; “s” is not the singular of “ss”
_LOOSELY: Final = 2  # words that a near miss may have beside the name
_TYPING: Final = ((8, 2), (4, 1))  # from so many letters on, so many wrong ones are near

# Plurals that do not end in s, and words that people use for the same drawing.
_IRREGULAR: Final[Mapping[str, str]] = {
    "cacti": "cactus",
    "feet": "foot",
    "knives": "knife",
    "leaves": "leaf",
    "mice": "mouse",
    "octopi": "octopus",
    "snowmen": "snowman",
    "teeth": "tooth",
}
_ALSO: Final[Mapping[str, str]] = {
    "aeroplane": "airplane",
    "bandaid": "bandage",
    "bike": "bicycle",
    "bow tie": "bowtie",
    "cellphone": "cell phone",
    "doughnut": "donut",
    "fire engine": "firetruck",
    "fire truck": "firetruck",
    "football": "soccer ball",
    "glasses": "eyeglasses",
    "great wall": "The Great Wall of China",
    "jumper": "sweater",
    "mobile phone": "cell phone",
    "motorcycle": "motorbike",
    "mustache": "moustache",
    "phone": "telephone",
    "plane": "airplane",
    "racket": "tennis racquet",
    "rhino": "rhinoceros",
    "roller skates": "rollerskates",
    "sail boat": "sailboat",
    "sofa": "couch",
    "street light": "streetlight",
    "teddy": "teddy-bear",
    "tennis racket": "tennis racquet",
    "torch": "flashlight",
    "trousers": "pants",
    "tv": "television",
    "ufo": "flying saucer",
}


def names(typed: str, name: str) -> bool:
    """Whether ``typed`` is ``name``."""
    return _names(_words(typed), name)


def is_near(typed: str, name: str) -> bool:
    """Whether ``typed`` is a near miss: a slip of the keys, part of the name, or little beside it.

    Another category, spelt right, is no slip of the keys.
    """
    words = _words(typed)
    asked = _words(name)
    if set(words) & set(asked) - _SMALL:
        return len(words) <= len(asked) + _LOOSELY
    if len(words) <= len(asked) + _LOOSELY and _holds(words, name):
        return True
    if not _forms(words).isdisjoint(_known()):
        return False
    written = "".join(asked)
    allowed = _allowed(len(written))
    return bool(allowed) and distance("".join(words), written, allowed) <= allowed


def tells(typed: str, name: str) -> bool:
    """Whether ``typed`` would tell its readers of ``name``, or nearly."""
    return _holds(_words(typed), name) or is_near(typed, name)


def distance(one: str, other: str, most: int) -> int:
    """Letters to change, add, drop or swap with a neighbour; ``most + 1`` where it is more.

    The restricted Damerau-Levenshtein distance, Boytsov 2011, "Indexing methods for approximate
    dictionary searching", section 2.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    above = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, its in enumerate(other, 1):
            best = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != its))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == its:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        before, above = above, row
    return min(above[-1], most + 1)


def _allowed(letters: int) -> int:
    return next((wrong for at_least, wrong in _TYPING if letters >= at_least), 0)


@lru_cache(maxsize=1024)
def _words(typed: str) -> tuple[str, ...]:
    """The words of ``typed`` without accents, capitals and articles."""
    plain = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", typed)).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return tuple(word for word in _WORD.findall(plain) if word not in _ARTICLES)


@cache
def _spellings(name: str) -> frozenset[str]:
    """``name`` and what stands for it, in the singular and the plural, written together."""
    also = [other for other, meant in _ALSO.items() if meant == name]
    return frozenset().union(*(_forms(_words(each)) for each in (name, *also)))


@cache
def _known() -> frozenset[str]:
    """The spellings of all categories."""
    return frozenset().union(*map(_spellings, CATEGORIES))


def _forms(words: Sequence[str]) -> set[str]:
    """``words`` written together, and without what may be the ending of a plural."""
    written = "".join(words)
    forms = {written}
    if words and words[-1] in _IRREGULAR:
        forms.add("".join(words[:-1]) + _IRREGULAR[words[-1]])
    if written.endswith("s") and not written.endswith("ss"):
        forms.add(written[:-1])
    if written.endswith("es"):
        forms.add(written[:-2])
    if written.endswith("ies"):
        forms.add(written[:-3] + "y")
    return {form for form in forms if len(form) >= _SHORTEST} or {written}


def _names(words: Sequence[str], name: str) -> bool:
    return bool(words) and not _forms(words).isdisjoint(_spellings(name))


def _holds(words: Sequence[str], name: str) -> bool:
    """Whether some of ``words``, one after the other, are ``name``."""
    longest = max(map(len, _spellings(name))) + 3
    for first in range(len(words)):
        for last in range(first + 1, len(words) + 1):
            if sum(map(len, words[first:last])) > longest:
                break
            if _names(words[first:last], name):
                return True
    return False
