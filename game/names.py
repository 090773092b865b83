"""What people type about themselves and to each other, made safe to show."""

from __future__ import annotations

import unicodedata
from typing import Final

from game.protocol import CHAT_CHARS, NAME_CHARS, Code, Refused

# The length is looked at first as typed, so that a megabyte is never normalised.
NAME_TYPED_CHARS: Final = 4 * NAME_CHARS
# Cc/Cf: control, bidi and zero-width characters; Cs/Co/Cn: halves, private and unassigned ones;
# Zl/Zp: line breaks. A joiner inside an emoji is lost with them, an impersonated name is too.
_UNSHOWABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


# Letters and marks that show nothing: fillers, the grapheme joiner, variation selectors, and the
# braille pattern without dots. A name of these alone would be empty to the eye.
_INVISIBLE = frozenset(
    map(
        chr,
        (
            *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
            *range(0x180B, 0x1810),
            *range(0xFE00, 0xFE10),
            *range(0xE0100, 0xE01F0),
        ),
    )
)


def _shown(text: str) -> str:
    kept = "".join(
        " " if char.isspace() else char
        for char in unicodedata.normalize("NFKC", text)
        if char.isspace()
        or (unicodedata.category(char) not in _UNSHOWABLE and char not in _INVISIBLE)
    )
    # Once more, for marks that only now stand beside their letter.
    return " ".join(unicodedata.normalize("NFKC", kept).split())


def tidy_name(typed: str) -> str:
    """A player's name as everybody sees it. Raises ``Refused`` if nothing or too much is left."""
    if len(typed) > NAME_TYPED_CHARS or len(name := _shown(typed)) > NAME_CHARS:
        raise Refused(Code.NAME_TOO_LONG, f"A name can have at most {NAME_CHARS} characters.")
    if not name:
        raise Refused(Code.NAME_EMPTY, "A name needs at least one visible character.")
    return name


def tidy_chat(typed: str) -> str:
    """A line of chat as everybody sees it. Raises ``Refused`` if nothing or too much is left."""
    if len(typed) > 4 * CHAT_CHARS or len(text := _shown(typed)) > CHAT_CHARS:
        raise Refused(Code.CHAT_TOO_LONG, f"A message can have at most {CHAT_CHARS} characters.")
    if not text:
        raise Refused(Code.CHAT_EMPTY, "There is nothing to say in this message.")
    return text
