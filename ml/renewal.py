"""A newer checkpoint for a worker at work: noticed, tried, and taken or refused."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from ml.compute import Network
from ml.serving import Serving

log = logging.getLogger(__name__)

LOOK_S: Final = 1.0  # between looks at the folder
FILES: Final = ("config.json", "model.safetensors")

_Stamp: TypeAlias = tuple[tuple[int, int, int], ...]


class Watched:
    """A checkpoint folder, and whether it has changed and come to rest.

    Its files are replaced one after another, and perhaps written slowly; so a change counts when
    two looks in a row see the same.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known = self._seen = self._stamp()

    def changed(self) -> bool:
        """Look; true once for every change."""
        stamp = self._stamp()
        at_rest, self._seen = stamp == self._seen, stamp
        if stamp is None or stamp == self._known or not at_rest:
            return False
        self._known = stamp
        return True

    def _stamp(self) -> _Stamp | None:
        try:
            found = [(self._folder / name).stat() for name in FILES]
        except OSError:
            return None
        return tuple((each.st_mtime_ns, each.st_size, each.st_ino) for each in found)


class Fitting(Protocol):
    """What decides whether one network can stand where another does."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Categories in the order of its answer."""

    @property
    def raster_version(self) -> int:
        """What it was trained on."""


def misfit(new: Fitting, old: Fitting) -> str:
    """Why ``new`` cannot take the place of ``old`` in a running game; empty if it can."""
    if new.raster_version != old.raster_version:
        return f"it was trained on raster version {new.raster_version}, not {old.raster_version}"
    if len(new.labels) != len(old.labels):
        return f"it knows {len(new.labels)} categories, not {len(old.labels)}"
    for place, (one, other) in enumerate(zip(new.labels, old.labels, strict=True)):
        if one != other:
            return f"its category {place} is {one!r}, not {other!r}"
    return ""


class Renewal:
    """Gives ``serving`` what ``load`` loads, whenever ``ask`` is called or the folder changes.

    ``watch`` is None where only ``ask`` counts. A network that cannot be loaded or does not fit
    is refused with a line in the log, and the old one goes on.
    """

    def __init__(
        self, serving: Serving, load: Callable[[], Network], watch: Watched | None
    ) -> None:
        self._serving = serving
        self._load = load
        self._watch = watch
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """Load the checkpoint again, changed or not."""
        self._asked.set()

    async def run(self) -> None:
        """Renew until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), LOOK_S)
            asked = self._asked.is_set()
            self._asked.clear()
            if asked or (self._watch is not None and self._watch.changed()):
                await self._renew()

    async def _renew(self) -> None:
        try:
            network = await asyncio.to_thread(self._ready)
        except Exception as error:  # noqa: BLE001 - whatever it is, the old one is good
            log.error("the new network is refused, the old one goes on: %s", error)
            return
        why = misfit(network, self._serving.network)
        if why:
            log.error("the new network is refused, the old one goes on: %s", why)
            return
        self._serving.replace(network)
        log.info("a new network from the next batch on: model %s", network.model_hash)

    def _ready(self) -> Network:
        network = self._load()
        network.warm_up()
        return network
