"""How an Inkling server is set up: by environment variables, overridden by command-line flags."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, FilePath, ValidationError
from pydantic_settings import BaseSettings, CliSettingsSource, NoDecode, SettingsConfigDict

from ml.cores import usable_cores

PROGRAM: Final = "python -m server"
_PACKAGE: Final = Path(__file__).resolve().parent
_PATH: Final = re.compile(r"(/[\w.~-]+)*/?", re.ASCII)


class BadSettings(Exception):  # noqa: N818 - it is the settings that are bad
    """Settings that cannot be used; the message says which, and what would be right."""


def _default_data_dir() -> Path:
    home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(home).expanduser() / "inkling"


def _default_web_dir() -> Path:
    """The page's files: beside the package in a checkout, inside it when installed."""
    installed = _PACKAGE / "_web"
    return installed if installed.is_dir() else _PACKAGE.parent / "web"


def _redis_url(url: str) -> str:
    if url and urlsplit(url).scheme not in {"redis", "rediss", "unix"}:
        message = "it must start with redis://, rediss:// or unix://"
        raise ValueError(message)
    return url


def _public_url(url: str) -> str:
    parts = urlsplit(url)
    if url and not (
        parts.scheme in {"http", "https"}
        and parts.netloc
        and _PATH.fullmatch(parts.path)
        and not (parts.query or parts.fragment)
    ):
        message = "it must look like https://ink.example or https://ink.example/inkling"
        raise ValueError(message)
    return url.rstrip("/")


def _comma_separated(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
    return value


def _written(value: object) -> str:
    """A setting as a variable of the environment, where empty stands for the default."""
    if value is None:
        return ""
    return ",".join(value) if isinstance(value, tuple) else str(value)


_Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().resolve())]


class Settings(BaseSettings):
    """Multiplayer pictionary with a neural network as the referee.

    Everything below can be given as a flag or as an environment variable of the same name
    (--redis-url is REDIS_URL); a flag wins.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        env_ignore_empty=True,
        cli_prog_name=PROGRAM,
        cli_kebab_case=True,
        cli_hide_none_type=True,
        cli_avoid_json=True,
    )

    host: str = Field(
        "0.0.0.0",  # noqa: S104 - friends on the same network are who the game is for
        description="Address to listen on; 127.0.0.1 keeps the game to this machine.",
    )
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    redis_url: Annotated[str, AfterValidator(_redis_url)] = Field(
        "",
        description="Redis 7+ or Valkey to use, such as redis://localhost:6379/0."
        " Empty: start one of our own, which keeps its data in DATA_DIR.",
    )
    data_dir: _Folder = Field(
        default_factory=_default_data_dir,
        description="Folder for what outlives a restart. One Inkling at a time may use it.",
    )
    workers: int = Field(
        1,
        ge=0,
        le=64,
        description="Recognition workers to start; 0 when they run elsewhere on the same Redis.",
    )
    device: str = Field(
        "auto",
        pattern=r"^(auto|cpu|cuda(:\d+)?|mps)$",
        description="What the network runs on: auto, cpu, cuda, cuda:N or mps.",
    )
    worker_threads: int = Field(
        0,
        ge=0,
        le=256,
        description="CPU threads of each worker; 0 shares out all cores but one.",
    )
    max_batch: int = Field(64, ge=1, le=4096, description="Most drawings a worker takes at once.")
    weights: _Folder = Field(
        _PACKAGE.parent / "ml" / "weights",
        description="Folder of the network: config.json and model.safetensors.",
    )
    web_dir: _Folder = Field(
        default_factory=_default_web_dir, description="Folder of the page's files."
    )
    memory_mb: int = Field(
        512,
        ge=64,
        description="Memory limit, in MiB, of the Redis that is started when REDIS_URL is empty.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least important log lines to print."
    )
    log_format: Literal["text", "json"] = Field(
        "text",
        description="How log lines look: text, or json with fields for room and player.",
    )
    word_filter: FilePath | None = Field(
        None,
        description="File of words, one a line, that become stars in names and chat; one that ends"
        " in * stands for all that begin so. Empty: none.",
    )
    public_url: Annotated[str, AfterValidator(_public_url)] = Field(
        "",
        description="Address players use, where it is not this machine's: https://ink.example, or"
        " https://ink.example/inkling for a game that lies below a path.",
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_comma_separated)] = (
        Field(
            (),
            description="Other sites whose pages may talk to this server, separated by commas.",
        )
    )
    trusted_proxies: str = Field(
        "127.0.0.1",
        description="Proxies whose X-Forwarded-For is believed: addresses separated by commas, or"
        " * for any.",
    )
    processes: int = Field(
        1,
        ge=1,
        le=64,
        description="Web server processes to start; any of them serves any room.",
    )
    sockets_per_address: int = Field(
        128,
        ge=0,
        description="Most sockets that one address may have open, on all servers together; 0 does"
        " not count them. A school behind one router needs one for each player.",
    )

    board_private_games: bool = Field(
        default=True,
        description="Whether games in rooms that are not public count on the boards. Their ids are"
        " never listed.",
    )
    board_flagged: bool = Field(
        default=False,
        description="Whether games with ink in them that no hand drew count on the boards.",
    )
    board_players: int = Field(
        1_000_000,
        ge=100,
        description="Most players on one board; beyond these the lowest fall off.",
    )
    boards_kept_days: int = Field(
        35,
        ge=0,
        le=4000,
        description="Days for which boards of a past day, week or month stay.",
    )
    games_kept_days: int = Field(
        7, ge=1, le=4000, description="Days for which a finished game and its verdicts are kept."
    )
    players_kept_days: int = Field(
        400, ge=1, le=4000, description="Days after which a player who stays away is forgotten."
    )

    replays_kept: int = Field(
        300,
        ge=0,
        le=100_000,
        description="Games whose replays are kept, the newest; about 50 KiB each. 0 keeps none.",
    )
    replays_kept_days: int = Field(
        7,
        ge=1,
        le=4000,
        description="Days for which a game's replay can be watched; the one drawing that holds the"
        " record of a category can for as long as it does.",
    )

    learn_from_play: bool = Field(
        default=False,
        description="Whether players are asked if their finished drawings may be kept, without"
        " names, to teach the network. Of who does not say yes nothing is kept.",
    )
    learn_kept: int = Field(
        10_000,
        ge=1,
        le=1_000_000,
        description="Drawings kept to learn from, the newest; about 2 KiB each.",
    )
    learn_kept_days: int = Field(
        30, ge=1, le=4000, description="Days for which a drawing is kept to learn from."
    )

    @property
    def proxies(self) -> frozenset[str]:
        """The addresses in ``trusted_proxies``."""
        return frozenset(part.strip() for part in self.trusted_proxies.split(",") if part.strip())

    @property
    def root_path(self) -> str:
        """The path of ``public_url``, below which everything lies; empty at the top of a site."""
        return urlsplit(self.public_url).path

    @property
    def origins(self) -> tuple[str, ...]:
        """Sites whose pages may talk to this server, whatever host a proxy says was asked."""
        scheme, netloc, *_ = urlsplit(self.public_url)
        return (*self.allowed_origins, *([f"{scheme}://{netloc}"] if netloc else []))

    def as_environment(self) -> dict[str, str]:
        """The environment variables that make the same settings in another process."""
        return {name.upper(): _written(value) for name, value in self}

    @property
    def threads_per_worker(self) -> int:
        """CPU threads of each worker, with the 0 of ``worker_threads`` worked out."""
        if self.worker_threads:
            return self.worker_threads
        spare = usable_cores() - 1  # the web server keeps a core
        return max(1, spare // max(1, self.workers))


def read_settings(arguments: Sequence[str] | None = None) -> Settings:
    """Settings from the environment and, unless None, command-line ``arguments``.

    Raises ``BadSettings``. ``--help`` prints and exits, as does an unknown flag.
    """
    try:
        if arguments is None:
            return Settings()
        source = CliSettingsSource[Settings](Settings, cli_parse_args=list(arguments))
        return Settings(_cli_settings_source=source)
    except ValidationError as error:
        raise BadSettings("\n".join(_sentences(error))) from None


def _sentences(error: ValidationError) -> list[str]:
    """What is wrong, a line for each setting."""
    return [
        f"{str(problem['loc'][0]).upper()}: {problem['msg'].removeprefix('Value error, ')}"
        f" (it is {problem['input']!r})."
        for problem in error.errors()
    ]
