"""How a server's log lines look: words for people, or JSON for programs.

A line about a room or a player begins with it (``room BCDFG: …``, ``player 9f86d081884c7d65: …``),
by code and id, never by name or token; as JSON these are fields of their own.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any, Final, Literal

Format = Literal["text", "json"]
_ABOUT: Final = re.compile(r"(room|player) ([0-9A-Za-z]+): ")


class JsonLines(logging.Formatter):
    """A JSON object a line: time, level, logger, message, and what it is about."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        message = record.getMessage()
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        about = _ABOUT.search(message)
        if about:
            line[about[1]] = about[2]
        line["message"] = message
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up(level: str, how: Format) -> None:
    """Have everything that is logged from now on printed to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    plain = logging.Formatter("%(levelname)s %(message)s")
    handler.setFormatter(JsonLines() if how == "json" else plain)
    logging.basicConfig(level=level.upper(), handlers=[handler])
