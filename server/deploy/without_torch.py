#!/usr/bin/env python3
"""What the game needs to be played on a CPU, as requirements: ``python without_torch.py``.

Prints the dependencies of ``pyproject.toml``, in the folder where it is called, that are not for
training or for a GPU alone. Neither server nor a worker on a CPU imports those, and on Linux they
may be some gigabytes.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

LEFT_OUT: Final = frozenset({"torch", "transformers"})


def main() -> None:
    """Print them, a line each."""
    wanted = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    names = (re.match(r"[\w.-]+", each) for each in wanted)
    kept = [
        each for each, name in zip(wanted, names, strict=True) if name and name[0] not in LEFT_OUT
    ]
    print(*kept, sep="\n")  # noqa: T201 - a command talks


if __name__ == "__main__":
    main()
