"""Going down a sorted set a page at a time, whatever moves in it meanwhile.

A cursor is the score and the member of the last line that was seen. What follows it is found by
score, so nothing is skipped or told twice for lines that come and go above.
"""

from __future__ import annotations

import re
from typing import Any, Final

from redis.asyncio import Redis

from game.protocol import Code, Refused

Scored = list[tuple[str, float]]
MAX_CURSOR: Final = 80
CURSOR: Final = r"^([0-9]{1,16})\.([0-9a-zA-Z -]{1,48})$"
_SLACK: Final = 16  # lines that have the score of the cursor itself: a room full at one moment


def cursor_of(score: float, member: str) -> str:
    """The cursor of what comes after this line."""
    return f"{score:.0f}.{member}"


async def downward(redis: Redis, key: str, wanted: int, cursor: str | None) -> Scored:
    """Up to ``wanted`` lines of a sorted set with their scores, from the top or after ``cursor``.

    Raises ``Refused`` for what is no cursor.
    """
    if cursor is None:
        top: Any = await redis.zrange(key, 0, wanted - 1, desc=True, withscores=True)
        return [(member.decode(), score) for member, score in top]
    found = re.fullmatch(CURSOR, cursor)
    if found is None:
        raise Refused(Code.MALFORMED, "“cursor”: send the “next” of an earlier answer.")
    seen = (float(found[1]), found[2])
    lines: Scored = []
    start, more = 0, True
    while more and len(lines) < wanted:
        asked = wanted + _SLACK
        some: Any = await redis.zrange(
            key, found[1], "-inf", desc=True, withscores=True, byscore=True, offset=start, num=asked
        )
        lines += [
            (member.decode(), score) for member, score in some if (score, member.decode()) < seen
        ]
        start += len(some)
        more = len(some) == asked
    return lines[:wanted]
