"""Several processes that train one network: who speaks for them, and what they agree on.

`accelerate launch` and `torchrun` start them. Each draws its own share of every step's pictures
and has its own copy of the network, whose gradients are averaged. Whatever decides about the run
must be the same in all of them, or one would wait for the others for ever: when time is up, how
far the learning rate has come, whether somebody pressed Ctrl-C.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
from accelerate import PartialState
from torch import distributed

_PATIENCE = timedelta(days=2)  # of processes that wait while one packs fifty million drawings


class Team:
    """The processes of this run; `size` is 1 where nobody launched several.

    `first` is the one process that writes and talks.
    """

    def __init__(self, device: str) -> None:
        """Join the others, who must do the same; `device` is cpu, cuda or mps."""
        self.size = 1
        self.first = True
        self._state: PartialState | None = None
        if int(os.environ.get("WORLD_SIZE", "1")) > 1:
            self._state = PartialState(cpu=device == "cpu", timeout=_PATIENCE)
            self.size = self._state.num_processes
            self.first = self._state.is_main_process
        self._joined = time.monotonic()
        self._now = 0.0
        self.agree()

    def clock(self) -> float:
        """Seconds since all had joined; with several processes, as of the last `agree`."""
        return self._now if self._state else time.monotonic() - self._joined

    def agree(self, *, stop: bool = False) -> bool:
        """Whether any process wants to stop; from here on their clocks show the same.

        Waits for the others, so all must call it equally often.
        """
        if self._state is None:
            return stop
        said = torch.tensor(
            [time.monotonic() - self._joined, float(stop)], device=self._state.device
        )
        distributed.all_reduce(said, distributed.ReduceOp.MAX)
        self._now, wanted = said.tolist()
        return bool(wanted)

    @contextmanager
    def one_after_another(self) -> Iterator[None]:
        """Do something in one process of each machine and then in its others, who find it done."""
        if self._state is None:
            yield
        else:
            with self._state.local_main_process_first():
                yield

    def leave(self) -> None:
        """Let go of the others; the process goes on alone."""
        if self._state is not None:
            distributed.destroy_process_group()
            self._state = None
