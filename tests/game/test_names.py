import unicodedata

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from game.names import tidy_chat, tidy_name
from game.protocol import CHAT_CHARS, NAME_CHARS, Code, Refused

TYPED = st.text(st.characters(exclude_categories=()), max_size=110)


def refusal(typed: str) -> Code:
    with pytest.raises(Refused) as refused:
        tidy_name(typed)
    return refused.value.code


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Ada", "Ada"),
        ("  Ada \t Lovelace\r\n", "Ada Lovelace"),
        ("<b>Ada</b>&amp;", "<b>Ada</b>&amp;"),  # plain text: whoever shows it escapes it
        ("\u202eadA\u202c", "adA"),  # written backwards
        ("A\u200bd\u200da\ufeff", "Ada"),  # zero-width
        ("A\u00add\u2060a", "Ada"),
        ("Ada\ufe0f\u034f\u3164\uffa0", "Ada"),  # letters and marks that show nothing
        ("A\u2028d\u2029a\u0085", "A d a"),  # line breaks
        ("A\x00d\x1ba\x7f", "Ada"),
        ("\ud800Ada", "Ada"),  # half a character
        ("\uff21\uff44\uff41", "Ada"),  # full width
        ("e\u200d\u0301", "\u00e9"),
        ("🦊 Fuchs 🎨", "🦊 Fuchs 🎨"),
        ("👩\u200d🎨", "👩🎨"),
        ("Żółć 李 नमस्ते", "Żółć 李 नमस्ते"),
        ("x" * NAME_CHARS, "x" * NAME_CHARS),
    ],
)
def test_a_name_as_everybody_sees_it(typed: str, shown: str) -> None:
    assert tidy_name(typed) == shown


@pytest.mark.parametrize(
    "typed", ["", " \t\n", "\u200b\u200d", "\u202e", "\u3164", "\u2800\ufe0f", "\x00", "\ue000"]
)
def test_a_name_of_nothing_visible_is_refused(typed: str) -> None:
    assert refusal(typed) is Code.NAME_EMPTY


@pytest.mark.parametrize(
    "typed", ["x" * (NAME_CHARS + 1), "x" * 5_000, "\u200b" * 5_000, "\ufdfa" * 2]
)
def test_a_long_name_is_refused_as_typed_and_as_shown(typed: str) -> None:
    assert refusal(typed) is Code.NAME_TOO_LONG


def test_chat_is_tidied_like_names() -> None:
    assert tidy_chat(" nice\u202e  <script>alert(1)</script>\n") == "nice <script>alert(1)</script>"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", Code.CHAT_EMPTY),
        ("\u200b \u3164", Code.CHAT_EMPTY),
        ("x" * (CHAT_CHARS + 1), Code.CHAT_TOO_LONG),
        ("\u200b" * (4 * CHAT_CHARS + 1), Code.CHAT_TOO_LONG),
    ],
)
def test_chat_of_nothing_or_too_much_is_refused(typed: str, code: Code) -> None:
    with pytest.raises(Refused) as refused:
        tidy_chat(typed)
    assert refused.value.code is code


@given(TYPED)
def test_whatever_is_typed_a_name_is_short_visible_one_line_and_stays_as_it_is(typed: str) -> None:
    try:
        name = tidy_name(typed)
    except Refused as refused:
        event(refused.code)
        return
    assert 1 <= len(name) <= NAME_CHARS
    assert name == " ".join(name.split())
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in name)
    assert name.encode()
    assert tidy_name(name) == name
