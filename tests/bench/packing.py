"""What it costs to pack drawings and to read them back: ``python -m tests.bench.packing [DIR]``.

DIR holds files of drawings, or a folder ``train/`` of them; without it, drawings are made by code.
Run it twice: the first time the disk may have to find the files.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from ml.quickdraw import training_drawings
from tests.ml import official

_MADE = 20_000
_READ = 20_000


def main() -> None:
    """Pack into a temporary folder, read at random, print the figures."""
    parser = argparse.ArgumentParser("python -m tests.bench.packing", description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", metavar="DIR")
    data = parser.parse_args().data
    with tempfile.TemporaryDirectory() as folder:
        if data is None:
            data = Path(folder) / "made"
            data.mkdir()
            (data / "cat.bin").write_bytes(official.binary(official.drawings(_MADE)))
        before = _peak_mib()
        start = time.perf_counter()
        drawings = training_drawings(data, cache=Path(folder) / "cache", quiet=True)
        packing_s = time.perf_counter() - start
        count, peak = len(drawings), _peak_mib()
        size = sum(path.stat().st_size for path in drawings.folder.iterdir())
        places = np.random.default_rng(0).integers(0, count, _READ).tolist()
        start = time.perf_counter()
        for place in places:
            drawings.strokes_of(place)
        reading_s = time.perf_counter() - start
    sys.stdout.write(
        f"{count:,} drawings: packing {packing_s / count * 1e6:.0f} µs each, "
        f"{size / count:.0f} bytes each on disk, reading {reading_s / _READ * 1e6:.1f} µs each; "
        f"peak {peak:.0f} MiB of memory, {before:.0f} before packing\n"
    )


def _peak_mib() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / 2**20 if sys.platform == "darwin" else used / 2**10


if __name__ == "__main__":
    main()
