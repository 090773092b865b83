"""Decks: which categories a room draws from, and who draws which."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import get_args, get_type_hints

from game.categories import CATEGORIES, INDEX
from game.protocol import (
    MAX_SEATS,
    MIN_DECK,
    PICTIONARY_PLAYERS,
    TURNS_EACH,
    Between,
    Code,
    Level,
    Refused,
    Settings,
)

# One letter a category, in the order of CATEGORIES: what a room remembers about difficulty.
Levels = str
_LETTERS: Mapping[str, Level] = {level.value[0]: level for level in Level}


def levels_from(measured: Mapping[str, Level]) -> Levels:
    """The levels of all categories; one that was not measured counts as medium."""
    return "".join(measured.get(name, Level.MEDIUM).value[0] for name in CATEGORIES)


def level_of(levels: Levels, category: int) -> Level:
    """The level of a category by its index."""
    return _LETTERS[levels[category]]


@lru_cache(maxsize=256)  # a room that masks to its deck needs it for every guess
def deck_of(settings: Settings, levels: Levels) -> tuple[int, ...]:
    """The indices of the categories that ``settings`` leave, in ascending order."""
    if settings.custom:
        return tuple(sorted({INDEX[name] for name in settings.custom}))
    return tuple(
        index for index in range(len(CATEGORIES)) if level_of(levels, index) in settings.deck
    )


def check(settings: Settings, levels: Levels) -> None:
    """Raises ``Refused`` unless every bound holds and the deck is large enough."""
    for name, hint in get_type_hints(Settings, include_extras=True).items():
        for bounds in get_args(hint):
            if isinstance(bounds, Between):
                value = getattr(settings, name)
                # The comparison is false for NaN too. The value is not told back: it may be an
                # integer of a thousand digits, which no format takes.
                if isinstance(value, bool) or not bounds.low <= value <= bounds.high:
                    raise Refused(
                        Code.SETTING_OUT_OF_BOUNDS,
                        f"“{name}” can be {bounds.low:g} to {bounds.high:g}.",
                    )
    if settings.mode == "pictionary":
        if settings.players < PICTIONARY_PLAYERS:
            raise Refused(
                Code.SETTING_OUT_OF_BOUNDS,
                f"“players” can be {PICTIONARY_PLAYERS} to {MAX_SEATS} in pictionary.",
            )
        if settings.rounds > TURNS_EACH:
            raise Refused(
                Code.SETTING_OUT_OF_BOUNDS,
                f"“rounds” can be 1 to {TURNS_EACH} in pictionary: so often each player draws.",
            )
    _check_names(settings.custom)
    size = len(deck_of(settings, levels))
    if size < MIN_DECK:
        raise Refused(
            Code.DECK_TOO_SMALL, f"A deck needs at least {MIN_DECK} categories; this has {size}."
        )


def _check_names(custom: Sequence[str]) -> None:
    unknown = [name for name in custom if name not in INDEX]
    if unknown:
        few = ", ".join(f"“{name[:40]}”" for name in unknown[:5])
        raise Refused(Code.UNKNOWN_CATEGORY, f"The network does not know {few}.")
    if len(custom) > len(CATEGORIES):
        raise Refused(
            Code.SETTING_OUT_OF_BOUNDS, f"“custom” can name at most {len(CATEGORIES)} categories."
        )


def deal(
    seed: str, dealt: int, seats: Sequence[int], deck: Sequence[int], *, same: bool
) -> dict[int, int]:
    """Who draws what in a round: seat to category index, the same for the same arguments.

    The deck is shuffled once a game and dealt on from where the ``dealt`` cards before it ended,
    so nothing repeats before all of it was drawn, whoever comes and goes; ``same`` deals one card
    for everybody. Each time through the deck the hand moves on by a seat, so that with as many
    seats as cards nobody draws one thing all evening.
    """
    shuffled = list(deck)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - a game, and the seed stays here
    times_through, first = divmod(dealt, len(shuffled))
    if same:
        return dict.fromkeys(seats, shuffled[first])
    hand = [shuffled[(first + n) % len(shuffled)] for n in range(len(seats))]
    return {seat: hand[(n + times_through) % len(hand)] for n, seat in enumerate(seats)}
