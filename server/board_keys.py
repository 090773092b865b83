"""Every Redis key of the boards, named once. All share a hash tag, so one script may touch them.

====================================  =============================================================
``award:GAME``                        set once a game was counted; kept ``AWARD_KEPT_MS``
``recent``                            sorted set: ids of public games by when they ended
``MODE:SPAN:points`` `:best`          sorted sets: player id by points of all games, by those of the
`:fastest` `:streak`                  best game, by the fastest match, by most matches in a row;
                                      scores are packed, see ``server.standing``
``MODE:SPAN:tally``                   hash: player id to ``GAMES,MATCHES``
``player:ID``                         hash: sums and records of a player, by mode
``player:ID:drawn``                   hash: category index to ``DRAWN,MATCHED,FASTEST_MS``
``player:ID:games``                   list: the last games, newest first, as JSON
``category:INDEX``                    hash: ``drawn``, ``matched``, ``sum_ms``, ``t0`` … by time
``category:INDEX:fastest``            sorted set: player id by fastest match, packed
``category:INDEX:games``              hash: player id to the public game of that match
``category:INDEX:drawings``           list: the last public matches as ``GAME:ROUND:SEAT``
====================================  =============================================================

SPAN is ``all``, ``2026-11``, ``2026-W47`` or ``2026-11-22``. Boards of a span that is over are kept
for as long as the settings say, then expire; so does what is kept of players who stay away.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from server.periods import Span

PREFIX: Final = "inkling:{board}:"
MODES: Final = ("race", "pictionary")
RECENT: Final = PREFIX + "recent"


class By(StrEnum):
    """What a board ranks by."""

    POINTS = "points"
    BEST = "best"
    FASTEST = "fastest"
    STREAK = "streak"


def award(game_id: str) -> str:
    """Set once the game was counted."""
    return f"{PREFIX}award:{game_id}"


def board(mode: str, span: Span, by: By) -> str:
    """The ranking of one mode in one span."""
    return f"{PREFIX}{mode}:{span.label}:{by}"


def tally(mode: str, span: Span) -> str:
    """Games and matches of everybody on the boards of one mode and span."""
    return f"{PREFIX}{mode}:{span.label}:tally"


def boards(mode: str, span: Span) -> list[str]:
    """The rankings of one mode and span in the order of ``By``, then the tally."""
    return [*(board(mode, span, by) for by in By), tally(mode, span)]


def player(player_id: str) -> list[str]:
    """Sums, categories and last games of a player."""
    return [f"{PREFIX}player:{player_id}{part}" for part in ("", ":drawn", ":games")]


def category(index: int) -> list[str]:
    """Sums, fastest players, their games, and last drawings of a category."""
    parts = ("", ":fastest", ":games", ":drawings")
    return [f"{PREFIX}category:{index}{part}" for part in parts]
