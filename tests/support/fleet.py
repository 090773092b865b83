"""What the compose file describes, on this machine: two servers, a worker, and nginx before them.

The servers' variables and all of nginx's configuration are those of the compose files; only
addresses, ports and the Redis are this machine's.
"""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from tests.support.compose import ROOT, composed, filled_in
from tests.support.waiting import eventually

_UP_S: Final = 60.0  # a busy machine takes its time
_IN_IMAGE: Final = "/etc/nginx/"
_USERS: Final = ("www-data", "nginx", "nobody")


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program(name: str) -> str:
    """Where nginx or openssl is. Raises ``RuntimeError`` that says how to get it."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if not found:
        message = f"These tests need {name}. Install it (Debian: apt-get install {name})"
        raise RuntimeError(message)
    return found


@dataclass
class Fleet:
    """Two servers, which can be stopped and started again at the same ports."""

    redis_url: str
    folder: Path
    variables: Mapping[str, str]
    ports: list[int] = field(default_factory=lambda: [free_port(), free_port()])
    processes: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, number: int) -> None:
        """Start server 0 or 1 and wait until it answers."""
        environment = filled_in(
            composed()["services"][f"server-{number + 1}"]["environment"], self.variables
        )
        here = {"REDIS_URL": self.redis_url, "HOST": "127.0.0.1", "PORT": str(self.ports[number])}
        with (self.folder / f"server-{number + 1}.log").open("ab") as log:
            self.processes[number] = subprocess.Popen(
                [sys.executable, "-m", "server"],
                cwd=ROOT,
                env={**os.environ, **environment, **here},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        eventually(lambda: answers(f"{self.url(number)}/healthz"), _UP_S)

    def url(self, number: int) -> str:
        """The address of a server itself."""
        return f"http://127.0.0.1:{self.ports[number]}"

    def stop(self, number: int) -> None:
        """SIGTERM, as an engine stops a container."""
        self.processes[number].terminate()
        assert self.processes[number].wait(30) == 0

    def sockets(self) -> list[int]:
        """Sockets that came in at each server, wherever they are served; told each other second."""
        count = {each["process"]: each["sockets"] for each in self.admin("servers")}
        return [count[self.processes[number].pid] for number in range(2)]

    def drain(self, number: int) -> None:
        """Have a server open no more rooms, as the guide to hosting says."""
        known = {each["process"]: each["server"] for each in self.admin("servers")}
        self.admin("drain", "--server", known[self.processes[number].pid])

    def admin(self, *command: str) -> list[dict[str, Any]]:
        """What ``python -m server.admin`` says, a mapping a line."""
        done = subprocess.run(
            [sys.executable, "-m", "server.admin", "--json", *command],
            cwd=ROOT,
            env={**os.environ, "REDIS_URL": self.redis_url},
            capture_output=True,
            check=True,
        )
        return [json.loads(line) for line in done.stdout.splitlines()]


def answers(url: str) -> bool:
    """Whether ``url`` is answered with success."""
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


@contextmanager
def fleet(redis_url: str, folder: Path, **variables: str) -> Iterator[Fleet]:
    """Two servers and a worker of the shipped network; ``variables`` as given to Compose."""
    running = Fleet(redis_url, folder, variables)
    worker = subprocess.Popen(
        [sys.executable, "-m", "ml.worker", "--threads=1", "--exit-with-stdin"],
        cwd=ROOT,
        env={**os.environ, "REDIS_URL": redis_url, "DEVICE": "cpu", "COVERAGE_PROCESS_START": ""},
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        running.start(0)
        running.start(1)
        eventually(lambda: answers(f"{running.url(0)}/readyz"), _UP_S)
        yield running
    finally:
        for process in running.processes.values():
            process.terminate()
        for process in running.processes.values():
            process.wait(30)
        assert worker.stdin is not None
        worker.stdin.close()
        worker.wait(30)


@dataclass(frozen=True)
class Front:
    """A running nginx."""

    http: str
    https: str
    trust: ssl.SSLContext | None  # of a client that knows the certificate


@contextmanager
def front(folder: Path, servers: Fleet, *overrides: str, **variables: str) -> Iterator[Front]:
    """The nginx of the compose files before ``servers``, TLS with a certificate made just now."""
    folder.mkdir()
    whole = composed(*overrides)
    service = filled_in(whole["services"]["nginx"], {"TLS_DIR": str(folder), **variables})
    ports = {name: str(free_port()) for name in ("HTTP_PORT", "HTTPS_PORT")}
    here = {f"SERVER_{n + 1}": f"127.0.0.1:{port}" for n, port in enumerate(servers.ports)}
    _place(folder, service, whole["configs"], {**service["environment"], **ports, **here})
    trust = _certified(folder / "tls") if "tls" in overrides else None
    globals_ = f"daemon off; pid {folder}/pid; error_log {folder}/error.log;"
    if os.geteuid() == 0:
        globals_ += f" user {next(user for user in _USERS if _is_user(user))};"
    command = [program("nginx"), "-p", str(folder), "-c", f"{folder}/nginx.conf"]
    subprocess.run([*command, "-t", "-q", "-g", globals_], check=True)
    process = subprocess.Popen([*command, "-g", globals_])
    try:
        address = f"http://127.0.0.1:{ports['HTTP_PORT']}"
        eventually(lambda: answers(f"{address}/healthz"))
        yield Front(address, f"https://127.0.0.1:{ports['HTTPS_PORT']}", trust)
    finally:
        process.terminate()
        process.wait(30)


def _place(
    folder: Path, service: Mapping[str, Any], configs: Mapping[str, Any], given: Mapping[str, str]
) -> None:
    """Files where the image has them, templates filled in as its first command does it.

    That is ``envsubst``, told to replace what is in the environment and nothing else.
    """
    for config in service["configs"]:
        text = (ROOT / configs[config["source"]]["file"]).read_text("utf-8")
        target = config["target"].removeprefix(_IN_IMAGE)
        if target.startswith("templates/"):
            target = "conf.d/" + target.removeprefix("templates/").removesuffix(".template")
            text = re.sub(
                r"\$(?:\{(\w+)\}|(\w+))",
                lambda found: given.get(found[1] or found[2], found[0]),
                text,
            )
        (folder / target).parent.mkdir(exist_ok=True)
        (folder / target).write_text(text, "utf-8")


def _certified(folder: Path) -> ssl.SSLContext:
    """A key and a certificate that it signs itself, and somebody who trusts it."""
    folder.mkdir()
    key, certificate = str(folder / "privkey.pem"), str(folder / "fullchain.pem")
    command = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    named = ["-days", "1", "-subj", "/CN=inkling", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [program("openssl"), *command, "-keyout", key, "-out", certificate, *named],
        check=True,
        capture_output=True,
    )
    return ssl.create_default_context(cafile=certificate)


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
