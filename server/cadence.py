"""How fast the server goes: how often a drawing is asked about, how long a turn waits for company.

Two things tell how busy it is: the time that frames lately spent in the queue, which is the
network's, and how late this process gets round to what is due, which is its own. Ink on its way to
a guess waits for the event loop half a dozen times, so a few milliseconds there are many in the
end; an overloaded server therefore asks and tells less often, rather than later and later.

Frames come every 400 ms at the rarest, and turns every 50, as long as the network and the server
can keep up with that. Where they cannot, an end to the interval would only let frames and ink wait
in a queue for as long as they might have waited for company: so the same lines go on.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

from server import metrics

SHORTEST_MS: Final = 100  # between two frames of a drawing, when there is little to do …
LONGEST_MS: Final = 400  # … when the network or the server can hardly keep up …
OVERLOADED_MS: Final = 1600  # … and at last; sooner than a frame counts as lost
TURN_GAP_MS: Final = 25  # between two turns of a room: the tick of relayed ink …
LONGEST_GAP_MS: Final = 50  # … when the server can hardly keep up …
OVERLOADED_GAP_MS: Final = 200  # … and at last, when ink still moves five times a second
_CALM_WAIT_MS: Final = 20.0  # queue age up to which all goes at its fastest …
_BUSY_WAIT_MS: Final = 200.0  # … and at which the network can hardly keep up; a steeper line swings
_CALM_LATE_MS: Final = 2.0  # the same for the lateness of the event loop
_BUSY_LATE_MS: Final = 10.0
_WAIT_WEIGHT: Final = 0.1  # of one reply in the running mean of queue ages
_LATE_WEIGHT: Final = 0.1  # of one look in the running mean of lateness …
_LOOK_MS: Final = 50  # … and the time between two looks


class Cadence:
    """The intervals that the server keeps to just now.

    ``interval_ms`` is that between two frames of one drawing, as long as the busier of the network
    and the server needs, ``OVERLOADED_MS`` at most; ``turn_gap_ms`` that between two turns of a
    room, unless somebody asks for more than ink.
    """

    def __init__(self) -> None:
        self.interval_ms = SHORTEST_MS
        self.turn_gap_ms = TURN_GAP_MS
        self._waited_ms = 0.0
        self._late_ms = 0.0

    def saw(self, waited_ms: float) -> None:
        """A frame spent ``waited_ms`` in the queue."""
        self._waited_ms += _WAIT_WEIGHT * (waited_ms - self._waited_ms)
        self._settle()

    def ran(self, late_ms: float) -> None:
        """Something was due ``late_ms`` before the event loop came to it."""
        self._late_ms += _LATE_WEIGHT * (late_ms - self._late_ms)
        self._settle()

    def _settle(self) -> None:
        network = _along(self._waited_ms, _CALM_WAIT_MS, _BUSY_WAIT_MS)
        server = _along(self._late_ms, _CALM_LATE_MS, _BUSY_LATE_MS)
        interval_ms = SHORTEST_MS + (LONGEST_MS - SHORTEST_MS) * max(network, server)
        self.interval_ms = round(min(interval_ms, OVERLOADED_MS))
        gap_ms = TURN_GAP_MS + (LONGEST_GAP_MS - TURN_GAP_MS) * server
        self.turn_gap_ms = round(min(gap_ms, OVERLOADED_GAP_MS))

    async def watch(self) -> None:
        """Look how late this process's event loop runs, for ever."""
        while True:
            due = time.monotonic() + _LOOK_MS / 1000
            await asyncio.sleep(_LOOK_MS / 1000)
            late_s = max(0.0, time.monotonic() - due)
            metrics.LOOP_LAG.observe(late_s)
            self.ran(1000 * late_s)


def _along(measured: float, calm: float, busy: float) -> float:
    """0 up to ``calm``, then linear, 1 at ``busy``."""
    return max(0.0, (measured - calm) / (busy - calm))
