"""What the requests and answers of the REST side look like, for its OpenAPI document.

One game runs through all of them. ``server.description`` also shows each part of an answer beside
the model it is of, and a test holds every example against its schema. FastAPI would leave nulls
out, so there are none.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi.openapi import models

from ml.frames import BITMAP_SIDE

Example = dict[str, Any]
Requests = dict[str, models.Example]

_ADA: Final = "9f86d081884c7d65"
_BOB: Final = "2c26b46b68ffc68f"
_GAME: Final = "BCDFG-0123456789abcdef-1"
_NETWORK: Final = "8f0f3c1f2a6b7d10"
_ENDED_MS: Final = 1_794_916_800_000  # Tuesday, 2026-11-17, noon

NEW_PLAYER: Final[Requests] = {
    "named": {"summary": "Under a name", "value": {"name": "Ada"}},
    "nameless": {"summary": "Under one that is found", "value": {}},
}
MADE_PLAYER: Final[Example] = {
    "player_id": _ADA,
    "token": "dGhpcyBpcyBvbmx5IGFuIGV4YW1wbGUu",
    "name": "Ada",
}
NEW_NAME: Final[Requests] = {"name": {"summary": "A name", "value": {"name": "Ada"}}}
PLAYER: Final[Example] = {"player_id": _ADA, "name": "Ada"}
NEW_ROOM: Final[Requests] = {
    "short": {
        "summary": "Three short rounds for everybody",
        "value": {"settings": {"rounds": 3, "seconds": 15, "public": True}},
    },
    "usual": {"summary": "As usual", "value": {}},
}
ROOM_CODE: Final[Example] = {"code": "BCDFG"}
CONSENT: Final[Requests] = {
    "no": {"summary": "Take it back", "value": {"consent": False}},
    "yes": {"summary": "Let them be kept", "value": {"consent": True}},
}
CHOICE: Final[Example] = {"offered": True, "consent": True, "kept_days": 90}
ROOM: Final[Example] = {
    "code": "BCDFG",
    "phase": "drawing",
    "players": 2,
    "max_players": 8,
    "locked": False,
}
CATEGORIES: Final[Example] = {
    "categories": [
        {"name": "aircraft carrier", "level": "hard"},
        {"name": "airplane", "level": "medium"},
    ]
}
PROTOCOL: Final[Example] = {
    "title": "inkling.v1",
    "limits": {"name_chars": 24},
    "close_codes": {"restarting": 4000},
    "error_codes": ["bad_token"],
}

_ROW: Final[Example] = {
    "rank": 1,
    "player_id": _ADA,
    "name": "Ada",
    "value": 5210,
    "points": 5210,
    "games": 3,
    "matches": 14,
    "best": 2370,
    "fastest_ms": 2140,
    "streak": 6,
}
BOARD: Final[Example] = {
    "mode": "race",
    "by": "points",
    "period": "week",
    "span": "2026-W47",
    "time_zone": "UTC",
    "starts_ms": 1_794_787_200_000,
    "ends_ms": 1_795_392_000_000,
    "players": 128,
    "rows": [_ROW],
    "next": f"349637935190015.{_ADA}",
}
PROFILE: Final[Example] = {
    "player_id": _ADA,
    "name": "Ada",
    "first_ms": _ENDED_MS - 600_000,
    "last_ms": _ENDED_MS,
    "modes": [
        {
            "mode": "race",
            "rank": 1,
            "games": 3,
            "wins": 2,
            "drawn": 18,
            "matches": 14,
            "points": 5210,
            "best": {"value": 2370, "at_ms": _ENDED_MS, "game": _GAME, "watchable": True},
            "fastest": {
                "value": 2140,
                "at_ms": _ENDED_MS,
                "game": _GAME,
                "watchable": True,
                "category": "star",
            },
            "streak": {"value": 6, "at_ms": _ENDED_MS, "game": _GAME, "watchable": True},
        }
    ],
    "best_categories": [{"category": "star", "drawn": 4, "matched": 4, "fastest_ms": 2140}],
    "worst_categories": [{"category": "lion", "drawn": 3, "matched": 1, "fastest_ms": 9100}],
    "games": [
        {
            "game": _GAME,
            "ended_ms": _ENDED_MS,
            "mode": "race",
            "points": 2370,
            "matches": 2,
            "drawn": 2,
            "place": 1,
            "players": 2,
        }
    ],
}
CATEGORY: Final[Example] = {
    "name": "star",
    "level": "easy",
    "in_play": {
        "drawn": 40,
        "matched": 31,
        "mean_ms": 4870,
        "times": [
            {"from_ms": 0, "to_ms": 2000, "matches": 11},
            {"from_ms": 2000, "to_ms": 4000, "matches": 20},
        ],
        "fastest": [
            {"player_id": _ADA, "name": "Ada", "ms": 2140, "game": _GAME, "watchable": True}
        ],
        "drawings": [{"game": _GAME, "round": 1, "seat": 0}],
    },
}
DRAWINGS: Final[Example] = {
    "name": "star",
    "drawings": [
        {
            "game": _GAME,
            "round": 1,
            "seat": 0,
            "ms": 2140,
            "ink": [[[0, 65535], [0, 65535], [0, 40]]],
        }
    ],
}
_SUMMARY: Final[Example] = {
    "game": _GAME,
    "mode": "race",
    "public": True,
    "watchable": True,
    "rounds": 2,
    "ended_ms": _ENDED_MS,
    "network_points": 0,
    "standings": [
        {
            "place": 1,
            "player_id": _ADA,
            "name": "Ada",
            "points": 2370,
            "matches": 2,
            "drawings": [
                {"round": 1, "category": "star", "ms": 2140, "points": 893},
                {"round": 2, "category": "airplane", "ms": 4200, "points": 1477},
            ],
        },
        {
            "place": 2,
            "player_id": _BOB,
            "name": "Bob",
            "points": 817,
            "matches": 1,
            "drawings": [{"round": 1, "category": "lion", "ms": 9100, "points": 817}],
        },
    ],
}
GAMES: Final[Example] = {"games": [_SUMMARY], "next": f"{_ENDED_MS}.{_GAME}"}
JUDGED: Final[Example] = {
    "summary": _SUMMARY,
    "verdicts": [
        {
            "round": 1,
            "player_id": _ADA,
            "category": "star",
            "p": 0.9312,
            "confidence": 0.2,
            "ms": 2140,
            "total_ms": 20000,
            "points": 893,
            "model": f"{_NETWORK}+int8",
            "raster": 1,
            "for_network": False,
        }
    ],
}
REPLAY: Final[Example] = {
    "game": _GAME,
    "mode": "race",
    "ended_ms": _ENDED_MS,
    "standings": [{"seat": 0, "name": "Ada", "score": 2370, "place": 1, "matches": 2}],
    "rounds": [
        {
            "round": 1,
            "total_ms": 20000,
            "confidence": 0.2,
            "drawings": [
                {
                    "seat": 0,
                    "name": "Ada",
                    "category": "star",
                    "level": "easy",
                    "matched_ms": 2140,
                    "points": 893,
                    "place": 1,
                    "curve": [[900, 0.04], [2140, 0.9312]],
                    "giveaway": 0,
                    "top": [{"category": "star", "p": 0.9312}],
                    "ink": [[[0, 65535], [0, 65535], [0, 40]]],
                }
            ],
        }
    ],
}
_SQUARE: Final = [[[20, 235, 235, 20, 20], [20, 20, 235, 235, 20]]]
_BAR: Final = [*[0] * (12 * BITMAP_SIDE), *[255] * (4 * BITMAP_SIDE), *[0] * (12 * BITMAP_SIDE)]
QUESTION: Final[Requests] = {
    "strokes": {"summary": "A square in one stroke", "value": {"strokes": _SQUARE, "top": 3}},
    "bitmap": {"summary": "A bar, 28x28", "value": {"bitmap": _BAR}},
}
PREDICTION: Final[Example] = {
    "guesses": [
        {"category": "square", "probability": 0.91},
        {"category": "picture frame", "probability": 0.03},
        {"category": "envelope", "probability": 0.01},
    ],
    "model": f"{_NETWORK}+int8",
    "elapsed_ms": 4.2,
}
MODEL: Final[Example] = {
    "version": _NETWORK,
    "serving": [f"{_NETWORK}+int8"],
    "labels": ["aircraft carrier", "airplane"],
    "figures": {"n": 6929, "ink": {"1.00": {"top1": 74.32, "top5": 93.43}}},
    "licence": "MIT",
    "credit": ["Drawings: Quick, Draw! by Google, Inc., CC BY 4.0."],
}
PICTURE: Final = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 33 33">…</svg>'
ALIVE: Final[Example] = {"status": "ok"}
READY: Final[Example] = {"redis": True, "workers": 1}
NOT_READY: Final[Example] = {"redis": True, "workers": 0}
METRICS: Final = "# HELP inkling_rooms Rooms this server owns\ninkling_rooms 3.0\n"


def shown(example: Example, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """``example`` as what a route answers with ``status``."""
    return {status: {"content": {"application/json": {"example": example}}}}
