"""Which Redis a command of the operator's means."""

from __future__ import annotations

import argparse
from pathlib import Path

from server.settings import Settings


def add_redis_options(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """Add ``--redis-url`` and ``--data-dir``, by default those of ``settings``."""
    parser.add_argument(
        "--redis-url",
        "--redis",
        default=settings.redis_url,
        metavar="URL",
        help="Redis of the servers; by default REDIS_URL, else the built-in Valkey's data",
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=settings.data_dir,
        metavar="DIR",
        help=f"folder of the built-in Valkey's data (default {settings.data_dir}); that of make"
        " play is .data",
    )
