"""How fast is too fast: token buckets, one per socket and one per address."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

_MAX_ADDRESSES: Final = 10_000  # beyond these the longest idle one starts afresh


class Bucket:
    """Holds ``burst`` tokens, refilled at ``per_s``; each thing done takes one."""

    __slots__ = ("_burst", "_left", "_per_ms", "_seen_ms")

    def __init__(self, per_s: float, burst: float) -> None:
        self._per_ms = per_s / 1000
        self._burst = burst
        self._left = burst
        self._seen_ms: int | None = None

    def take(self, now_ms: int, tokens: float = 1) -> bool:
        """Take a token, or so many; False when there are not as many."""
        if self._seen_ms is not None:
            refill = (now_ms - self._seen_ms) * self._per_ms
            self._left = min(self._burst, self._left + refill)
        self._seen_ms = now_ms
        if self._left < tokens:
            return False
        self._left -= tokens
        return True


class AddressBuckets:
    """A bucket for each address, for as many addresses as fit."""

    def __init__(self, per_s: float, burst: float) -> None:
        self._per_s = per_s
        self._burst = burst
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, address: str, now_ms: int) -> bool:
        """Take a token of ``address``; False when there is none."""
        bucket = self._buckets.get(address)
        if bucket is None:
            bucket = self._buckets[address] = Bucket(self._per_s, self._burst)
            if len(self._buckets) > _MAX_ADDRESSES:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(address)
        return bucket.take(now_ms)
