"""What is written for hosts and programmers is what the code says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from server.bodies import MAX_BODY_BYTES
from server.reference import DOCS, PAGES
from server.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
# Of `python -m ml.worker`, which reads these from the environment as well.
OF_A_WORKER = {"REDIS_URL", "DEVICE", "WORKER_THREADS"}


@pytest.mark.parametrize("name", PAGES)
def test_the_reference_is_what_the_code_would_write(name: str) -> None:
    """If not: ``python -m server.reference``."""
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name]()


def test_guides_name_only_settings_that_there_are() -> None:
    known = {name.upper() for name in Settings.model_fields}
    for guide in (DOCS / "hosting.md", ROOT / "README.md"):
        text = guide.read_text(encoding="utf-8")
        named = set(re.findall(r"\b([A-Z]+_[A-Z_]+)=", text))
        assert named <= known | {"TORCH_INDEX"}, guide


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    return found


def test_nginx_lets_through_whatever_a_server_would_read() -> None:
    (mebibytes,) = re.findall(r"client_max_body_size (\d+)m;", COMPOSE.read_text(encoding="utf-8"))
    assert int(mebibytes) * 1024 * 1024 >= MAX_BODY_BYTES


def test_compose_sets_only_what_is_a_setting() -> None:
    for name, service in services().items():
        known = {field.upper() for field in Settings.model_fields}
        if name.startswith("worker"):
            known = OF_A_WORKER
        assert set(service.get("environment", {})) <= known, name


def test_compose_runs_servers_without_workers_and_workers_beside_them() -> None:
    found = services()
    servers = [service for name, service in found.items() if name.startswith("server-")]
    workers = [service for name, service in found.items() if name.startswith("worker")]
    assert len(servers) == 2
    assert all(each["environment"]["WORKERS"] == "0" for each in servers)
    assert all(each["command"] == ["python", "-m", "ml.worker"] for each in workers)
    assert {each["environment"]["REDIS_URL"] for each in servers + workers} == {
        "${REDIS_URL:-redis://redis:6379/0}"
    }


def test_the_proxy_speaks_to_the_port_that_servers_listen_on() -> None:
    port = Settings.model_fields["port"].default
    text = COMPOSE.read_text(encoding="utf-8")
    assert set(re.findall(r"server server-\d:(\d+)", text)) == {str(port)}
    assert f"EXPOSE {port}" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
