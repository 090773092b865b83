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
    """A bucket for each address, for as many addresses as fit.

    Of a bucket, only the time when it will be full is kept, and none that is: an address that has
    been quiet for a while leaves nothing behind.
    """

    def __init__(self, per_s: float, burst: float) -> None:
        self._token_ms = 1000 / per_s
        self._burst = burst
        self._full_ms: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_ms)

    def take(self, address: str, now_ms: int) -> bool:
        """Take a token of ``address``; False when there is none."""
        full_ms = max(self._full_ms.pop(address, 0.0), now_ms)
        is_there = full_ms <= now_ms + (self._burst - 1) * self._token_ms
        self._full_ms[address] = full_ms + self._token_ms if is_there else full_ms
        self._forget(now_ms)
        return is_there

    def _forget(self, now_ms: int) -> None:
        while self._full_ms:
            quietest = next(iter(self._full_ms))
            if self._full_ms[quietest] > now_ms and len(self._full_ms) <= _MAX_ADDRESSES:
                break
            del self._full_ms[quietest]
