"""The network on a CPU by ONNX Runtime: starts in milliseconds, and is the fastest there."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from ml.checkpoint import Array
from ml.graph import BLOCKS, in_blocks
from ml.raster import Picture


class OnnxRunner:
    """Runs the ONNX file ``graph`` (``ml.graph``) on ``threads`` CPU threads; 0 takes all cores."""

    device = "cpu"

    def __init__(self, graph: bytes, threads: int = 0) -> None:
        onnxruntime: Any = import_module("onnxruntime")  # has no types
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Threads that wait by spinning would take the web server's core.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(
            graph, options, providers=["CPUExecutionProvider"]
        )
        self._given: str = self._session.get_inputs()[0].name

    def arrange(self, pictures: Picture) -> Picture:
        """`(B, channels, side, side)`, uint8, in the order in which the graph wants them."""
        return in_blocks(pictures) if self._given == BLOCKS else np.ascontiguousarray(pictures)

    def run(self, arranged: Picture) -> Array:
        """Logits `(B, categories)` for arranged pictures, in one call without Python's lock."""
        [answer] = self._session.run(None, {self._given: arranged})
        logits: Array = answer
        return logits

    def logits(self, pictures: Picture) -> Array:
        """Both together."""
        return self.run(self.arrange(pictures))

    def warm_up(self) -> None:
        """Nothing is chosen or compiled at the first call."""
