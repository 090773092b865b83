"""What is kept of a finished round so that its verdicts can be derived again."""

from __future__ import annotations

import base64
import json

from game.categories import CATEGORIES
from game.ink import pack
from game.state import RoomState


def round_record(state: RoomState) -> bytes:
    """The round's matches as JSON: prompt, deciding frame with its ink, model and rasteriser."""
    matches = [
        {
            "player": state.seats[seat].player,
            "prompt": CATEGORIES[drawing.prompt],
            "frame": match.frame.n,
            "ink": base64.b64encode(pack(match.frame.ink)).decode(),
            "ms": match.ms,
            "points": match.points,
            "model": match.model,
            "raster": match.raster,
        }
        for seat, drawing in state.drawings.items()
        if (match := drawing.match) is not None
    ]
    settings = state.settings
    return json.dumps(
        {
            "round": state.round,
            "confidence": settings.confidence,
            "guess_among": settings.guess_among,
            "matches": matches,
        }
    ).encode()
