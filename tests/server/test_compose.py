"""The compose files say what the programs in them understand.

No container engine is at hand where these tests run, so nobody starts the containers here: the
files are held against the compose specification's schema, the settings, the Dockerfile and each
other.
What is inside them runs elsewhere: nginx in ``tests/e2e/test_front.py``, the images' contents in
``test_image.py``.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from ml.worker import read_arguments
from server.bodies import MAX_BODY_BYTES
from server.settings import Settings, read_settings
from tests.support.compose import BASE, DEPLOY, OVERRIDES, ROOT, composed, filled_in, override
from tests.support.waiting import eventually

STACKS: Final = [
    chosen for count in range(len(OVERRIDES) + 1) for chosen in combinations(OVERRIDES, count)
]
GIVEN: Final = {"TLS_DIR": "/srv/tls"}
NGINX: Final = DEPLOY / "nginx"
# Of `python -m ml.worker`, which reads these from the environment as well.
OF_A_WORKER: Final = {"REDIS_URL", "DEVICE", "WORKER_THREADS"}
SECONDS: Final = {"s": 1, "m": 60}


def services(*overrides: str, **variables: str) -> dict[str, Any]:
    found: dict[str, Any] = filled_in(composed(*overrides)["services"], {**GIVEN, **variables})
    return found


def seconds(duration: str) -> int:
    return int(duration[:-1]) * SECONDS[duration[-1]]


def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text("utf-8")


@pytest.mark.parametrize("stack", STACKS, ids="+".join)
def test_the_files_alone_and_on_top_of_each_other_follow_the_specification(
    stack: tuple[str, ...], tmp_path: Path
) -> None:
    merged = tmp_path / "merged.yml"
    merged.write_text(yaml.safe_dump(composed(*stack)), "utf-8")
    files = [str(merged), str(BASE), *(str(override(name)) for name in stack)]
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*check, *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("stack", STACKS, ids="+".join)
def test_every_variable_is_a_setting_with_a_value_that_is_understood(
    stack: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {name.upper() for name in Settings.model_fields}
    for name, service in services(*stack).items():
        given = service.get("environment", {})
        if name.startswith("server-"):
            assert set(given) <= known
            with monkeypatch.context() as here:
                for variable, value in given.items():
                    here.setenv(variable, value)
                settings = read_settings()
            assert settings.redis_url == "redis://redis:6379/0"
            assert settings.workers == 0
            assert settings.proxies == {"*"}, "only nginx reaches it"
        elif name == "worker":
            assert set(given) <= OF_A_WORKER
            with monkeypatch.context() as here:
                for variable, value in given.items():
                    here.setenv(variable, value)
                options = read_arguments([])
            assert options.redis_url == "redis://redis:6379/0"
            assert options.device == ("cuda" if "gpu" in stack else "cpu")


def test_what_is_started_is_what_there_is() -> None:
    found = services()
    assert set(found) == {"redis", "server-1", "server-2", "worker", "nginx"}
    assert found["worker"]["command"] == ["python", "-m", "ml.worker"]
    assert "command" not in found["server-1"], "the image's own: the server"
    assert dockerfile().rstrip().endswith("COPY --from=build-cpu /inkling /inkling")
    assert 'CMD ["inkling"]' in dockerfile()
    redis = found["redis"]["command"]
    flags = dict(zip(redis[1::2], redis[2::2], strict=True))
    assert flags["--appendonly"] == "yes"
    assert flags["--maxmemory-policy"] == "noeviction"
    assert found["redis"]["volumes"] == ["redis:/data"]


@pytest.mark.parametrize("stack", STACKS, ids="+".join)
def test_every_target_is_a_stage_and_every_file_is_there(stack: tuple[str, ...]) -> None:
    stages = set(re.findall(r"^FROM \S+ AS (\S+)$", dockerfile(), re.MULTILINE))
    whole = composed(*stack)
    built = {
        name: service["build"]["target"]
        for name, service in whole["services"].items()
        if "build" in service
    }
    assert built == {
        "server-1": "cpu",
        "server-2": "cpu",
        "worker": "cuda" if "gpu" in stack else "cpu",
    }
    assert set(built.values()) <= stages
    for name, target in built.items():
        assert whole["services"][name]["image"] == f"inkling:{target}"
    for config in whole["configs"].values():
        assert (ROOT / config["file"]).is_file()
    for service in whole["services"].values():
        for config in service.get("configs", ()):
            assert config["source"] in whole["configs"]
        for volume in service.get("volumes", ()):
            source = volume.rpartition(":/")[0]
            assert source in whole["volumes"] or source.startswith("${"), volume


def test_nginx_is_given_every_variable_that_its_files_name() -> None:
    for stack in STACKS:
        whole = composed(*stack)
        nginx = whole["services"]["nginx"]
        text = "".join(
            (ROOT / each["file"]).read_text("utf-8") for each in whole["configs"].values()
        )
        assert set(re.findall(r"\$\{(\w+)\}", text)) == set(nginx["environment"])


@pytest.mark.parametrize("stack", STACKS, ids="+".join)
def test_ports_lead_from_outside_to_what_listens(stack: tuple[str, ...]) -> None:
    found = services(*stack)
    nginx = found["nginx"]
    port = Settings.model_fields["port"].default
    assert nginx["environment"]["SERVER_1"] == f"server-1:{port}"
    assert nginx["environment"]["SERVER_2"] == f"server-2:{port}"
    assert f"EXPOSE {port}\n" in dockerfile()
    listens = {nginx["environment"]["HTTP_PORT"], nginx["environment"].get("HTTPS_PORT")} - {None}
    assert {each.rpartition(":")[2] for each in nginx["ports"]} == listens
    assert [name for name, service in found.items() if "ports" in service] == ["nginx"]


def test_health_checks_ask_what_is_there_and_have_time_to_hear_it() -> None:
    found = services()
    for name, service in found.items():
        for needed, how in service.get("depends_on", {}).items():
            assert how == {"condition": "service_healthy"}, f"{name} needs {needed}"
        if "healthcheck" in service:
            check = service["healthcheck"]
            assert check["test"][0] == "CMD"
            assert seconds(check["timeout"]) < seconds(check["interval"])
        else:
            assert name.startswith("server-"), "which has the image's"
    listening = found["nginx"]["environment"]["HTTP_PORT"]
    assert found["nginx"]["healthcheck"]["test"][-1] == "http://127.0.0.1/healthz"
    assert listening == "80"


def test_stopping_takes_no_longer_than_the_engine_waits() -> None:
    """Servers close their sockets in 3 and 5 s at most, a worker finishes its batch in 5."""
    for name, service in services().items():
        if "build" in service:
            assert seconds(service["stop_grace_period"]) >= 15, name


def test_the_workers_check_tells_a_worker_that_lives_from_one_that_does_not(
    judged_url: str, redis_url: str
) -> None:
    _, python, flag, code = services()["worker"]["healthcheck"]["test"]
    assert (python, flag) == ("python", "-c")

    def status(url: str) -> int:
        command = [sys.executable, flag, code]
        environment = {**os.environ, "REDIS_URL": url}
        return subprocess.run(
            command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL, check=False
        ).returncode

    assert status(f"{redis_url}?db=3") == 1
    eventually(lambda: status(judged_url) == 0, 60)


def test_a_body_that_a_server_would_read_passes_nginx() -> None:
    (mebibytes,) = re.findall(
        r"client_max_body_size (\d+)m;", (NGINX / "game.inc").read_text("utf-8")
    )
    assert int(mebibytes) * 1024 * 1024 >= MAX_BODY_BYTES


def test_the_commands_in_the_files_and_the_guide_name_files_that_are_there() -> None:
    texts = [BASE, *map(override, OVERRIDES), ROOT / "server" / "docs" / "hosting.md"]
    for path in texts:
        for line in path.read_text("utf-8").replace("\\\n#", "").replace("\\\n", "").splitlines():
            _, _, command = line.partition("docker compose ")
            words = shlex.split(command.partition("   ")[0].strip("`.,;"), posix=False)
            named = [words[at + 1] for at, word in enumerate(words[:-1]) if word == "-f"]
            for each in named:
                assert (ROOT / each).is_file(), f"{path}: {line}"
