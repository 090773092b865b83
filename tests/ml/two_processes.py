"""What each of several processes does in `test_together.py`: `two_processes.py FOLDER OPTIONS…`.

Trains as `ml.train` does and writes down, in FOLDER, which drawings this process was shown and
which weights it had in the end.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from safetensors.torch import save_file

from ml.fitting import fit
from ml.options import parsed
from ml.samples import Batch, TrainingSamples


def main() -> None:
    """Train, and tell."""
    folder, rank = Path(sys.argv[1]), os.environ["RANK"]
    shown: list[int] = []
    ordinary = TrainingSamples.__getitems__

    def noted(self: TrainingSamples, indices: Sequence[int]) -> Batch:
        batch = ordinary(self, indices)
        shown.extend(batch.drawings.tolist())
        return batch

    TrainingSamples.__getitems__ = noted  # type: ignore[method-assign]
    fitted = fit(parsed(sys.argv[2:]), print)
    assert fitted is not None
    weights = {name: value.detach() for name, value in fitted.network.named_parameters()}
    save_file({name: w.contiguous() for name, w in weights.items()}, folder / f"{rank}.safetensors")
    facts = {"shown": shown, "first": fitted.first, "pictures": fitted.pictures}
    (folder / f"{rank}.json").write_text(json.dumps(facts), "utf-8")


if __name__ == "__main__":
    main()
