"""What the Dockerfile installs, installed without an engine: its commands in a bare environment.

The stage for CPUs is run from its first RUN to its last, and what it makes plays. Of the stage for
GPUs only the pins are looked at, since a build of PyTorch for CUDA is some gigabytes.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

import httpx
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.fleet import answers, free_port
from tests.support.waiting import eventually

ROOT: Final = Path(__file__).resolve().parents[2]
LEFT_OUT: Final = runpy.run_path(str(ROOT / "server/deploy/without_torch.py"))["LEFT_OUT"]


def instructions(stage: str) -> list[tuple[str, str]]:
    """The instructions of a stage: the word and what follows it, a line each."""
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    found: list[tuple[str, str]] = []
    here = ""
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if word == "FROM":
            here = rest.rpartition(" AS ")[2]
        elif here == stage and word and not word.startswith("#"):
            found.append((word, rest.strip()))
    assert found, f"no stage {stage}"
    return found


def command(stage: str, word: str) -> list[str]:
    """CMD of a stage, or what its HEALTHCHECK runs."""
    (rest,) = (rest for found, rest in instructions(stage) if found == word)
    words: list[str] = json.loads(rest[rest.index("[") :])
    return words


def build(stage: str, folder: Path) -> Path:
    """Do what a stage says, below ``folder`` instead of at /; returns what lies at /inkling."""
    source, venv = folder / "source", folder / "inkling"
    source.mkdir()
    base = Path(getattr(sys, "_base_executable", sys.executable)).parent
    ours = ("PYTHON", "COVERAGE", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environment["PATH"] = f"{base}:{environment['PATH']}"
    environment["PIP_NO_COMPILE"] = "1"  # half of the time, and nothing that is looked at here
    for word, rest in instructions(stage):
        if word == "RUN":
            shell = rest.replace("/inkling/bin/", f"{venv}/bin/").replace(" /inkling", f" {venv}")
            done = subprocess.run(
                ["/bin/sh", "-c", shell],
                cwd=source,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{rest}\n{done.stdout}\n{done.stderr}"
        elif word == "COPY":
            *names, to = rest.split()
            for name in names:
                _copy(ROOT / name, source / (Path(name).name if to == "./" else to))
    return venv


def _copy(what: Path, to: Path) -> None:
    if what.is_dir():
        shutil.copytree(what, to, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(what, to)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment that the image for CPUs holds."""
    return build("build-cpu", tmp_path_factory.mktemp("image"))


def test_the_image_for_cpus_holds_what_it_needs_in_the_pinned_versions(image: Path) -> None:
    pip = [str(image / "bin" / "pip"), "--disable-pip-version-check"]
    listed = subprocess.run([*pip, "freeze"], capture_output=True, text=True, check=True).stdout
    held = {line for line in listed.splitlines() if "==" in line}
    pinned = {f"{name}=={version}" for name, version in pins().items()}
    assert len(held) > 20
    assert {_canonical(line) for line in held} - pinned == set()
    complaints = subprocess.run([*pip, "check"], capture_output=True, text=True, check=False).stdout
    missing = set(re.findall(r"requires (\S+), which is not installed", complaints))
    assert missing == LEFT_OUT
    assert len(complaints.splitlines()) == len(LEFT_OUT)


def test_the_image_for_cpus_serves_judges_and_reports_its_health(
    image: Path, tmp_path: Path
) -> None:
    port = str(free_port())
    plain = {
        "PATH": f"{image}/bin:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "DATA_DIR": str(tmp_path / "data"),
        "PORT": port,
    }
    check = command("run", "HEALTHCHECK")

    def healthy() -> bool:
        done = subprocess.run(
            check, env=plain, cwd=tmp_path, stderr=subprocess.DEVNULL, check=False
        )
        return done.returncode == 0

    assert not healthy()
    (program,) = command("run", "CMD")
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [image / "bin" / program], env=plain, cwd=tmp_path, stdout=log, stderr=log
        )
    try:
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: answers(f"{url}/readyz"), 60)
        assert healthy()
        assert "modulepreload" in httpx.get(url).text
        line = {"strokes": [[[0, 100, 200], [50, 50, 50]]], "canvas": 255}
        guessed = httpx.post(f"{url}/api/predict", json=line).raise_for_status().json()
        assert guessed["guesses"][0]["category"] == "line"
    finally:
        process.terminate()
        assert process.wait(30) == 0


def test_the_image_for_gpus_adds_the_rest_all_of_it_pinned() -> None:
    """Every requirement, those of training included, and theirs; as far as they apply here."""
    lines = [rest for word, rest in instructions("build-cuda") if word == "RUN"]
    assert len(lines) == 2
    assert "\"$(grep '^torch==' constraints.txt)\"" in lines[0]
    assert all("--constraint constraints.txt" in line for line in lines)
    assert '".[train]"' in lines[1]
    pinned = pins()
    for requirement in required("train"):
        name = canonicalize_name(requirement.name)
        # CUDA's own libraries, which only that build of PyTorch asks for, follow from its version.
        if not name.startswith(("nvidia-", "cuda-", "triton")):
            assert requirement.specifier.contains(pinned[name], prereleases=True), requirement


def pins() -> dict[str, str]:
    """Versions by name, of ``constraints.txt``."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return dict(_canonical(line).split("==") for line in lines if "==" in line)


def _canonical(pin: str) -> str:
    name, _, version = pin.partition("==")
    return f"{canonicalize_name(name)}=={version}"


def required(extra: str) -> Iterator[Requirement]:
    """What the project needs with an extra, and what that needs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    waiting: list[str] = [*project["dependencies"], *project["optional-dependencies"][extra]]
    seen: set[str] = set()
    while waiting:
        requirement = Requirement(waiting.pop())
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        yield requirement
        if requirement.name not in seen:
            seen.add(requirement.name)
            waiting += metadata.requires(requirement.name) or []
