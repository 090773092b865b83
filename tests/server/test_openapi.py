"""The REST side against its own description, asked by a program that knows nothing else."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from fastapi.routing import APIRoute
from jsonschema import Draft202012Validator

from game.deck import check, levels_from
from game.protocol import Refused
from server.app import create_app
from server.crowd import SharedBuckets
from server.settings import Settings
from server.wire import read_settings
from tests.support.house import EIGHT, House, open_house, prompt_of
from tests.support.sketches import SKETCHES, in_canvas_units
from tests.support.waiting import soon

ROOT: Final = Path(__file__).resolve().parents[2]
_EXAMPLES: Final = 10  # of each operation


@pytest_asyncio.fixture
async def unlimited(
    judged_url: str,
    redis_url: str,  # noqa: ARG001 - the same Valkey, emptied
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[House]:
    """A server with a real worker that nobody can ask too much of.

    Games of bots count there, whose hands show signs.
    """
    async with open_house(judged_url, monkeypatch, board_flagged=True) as house:
        plenty = SharedBuckets(house.desk.redis, "plenty", 1e6, 1e6)
        object.__setattr__(house.desk, "makes", plenty)
        object.__setattr__(house.desk, "looks", plenty)
        object.__setattr__(house.app.state.predict_desk, "asks", plenty)
        house.app.state.replay_looks = plenty
        yield house


async def a_finished_game(house: House) -> tuple[str, str]:
    """The id of a public game that is on the boards, and of who played it."""
    (ada,) = await house.round(
        "Ada", rounds=1, public=True, custom=list(SKETCHES), guess_among="deck"
    )
    await ada.draw_strokes(in_canvas_units(SKETCHES[prompt_of(ada)]))
    await ada.hears("match", within_s=30.0)
    await ada.hears("reveal")
    await ada.say("ready")
    game: str = (await ada.hears("game_over"))["game"]

    async def is_listed() -> bool:
        return bool((await house.http.get("/api/games")).json()["games"])

    await soon(is_listed)
    assert ada.account is not None
    return game, ada.account.player_id


def configuration(house: House, game: str, player: str) -> str:
    """What there is, so that it is asked for now and then and not only what there is not."""
    known = {
        "path.game": game,
        "path.player_id": player,
        "path.name": "cat",
        "path.code": "BCDFG",
        "query.link": f"{house.address}/r/BCDFG",
    }
    lists = [f"{json.dumps(name)} = {{ values = [{json.dumps(known[name])}] }}" for name in known]
    used = [f'"{name}" = {{ dictionary = "{name}", probability = 0.5 }}' for name in known]
    return "\n".join(["[dictionaries]", *lists, "[parameters]", *used, ""])


@pytest.mark.asyncio
async def test_the_server_does_what_its_openapi_document_says(
    unlimited: House, tmp_path: Path
) -> None:
    """Schemathesis asks: with the examples, at every bound, at random, and in sequence."""
    house = unlimited
    config = tmp_path / "schemathesis.toml"
    config.write_text(configuration(house, *await a_finished_game(house)))
    command = [
        *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
        *("--config-file", str(config), "run", f"{house.address}/openapi.json", "--no-color"),
        *("--checks=all", f"--max-examples={_EXAMPLES}", "--generation-deterministic"),
        "--continue-on-failure",
    ]
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "tests.support.schemathesis_hooks",
        "PYTHONPATH": str(ROOT),
        "COVERAGE_PROCESS_START": "",
    }
    asking = await asyncio.create_subprocess_exec(
        *command, cwd=tmp_path, env=environment, stdout=PIPE, stderr=STDOUT
    )
    try:
        said, _ = await asking.communicate()
    finally:
        if asking.returncode is None:
            asking.kill()
    assert asking.returncode == 0, said.decode()


def test_applications_share_their_routes_so_that_no_first_request_waits_for_them() -> None:
    one, two = (create_app(Settings(), "redis://nowhere") for _ in range(2))
    routes = [route for route in one.routes if isinstance(route, APIRoute) and route.tags]
    assert {route.tags[0] for route in routes} == {tag["name"] for tag in one.openapi()["tags"]}
    assert all(route in two.routes for route in routes)


# --- the document --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return create_app(Settings(), "redis://nowhere").openapi()


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The operations by method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def is_valid(document: dict[str, Any], schema: dict[str, Any], example: Any) -> bool:
    whole = {**schema, "components": document["components"]}
    return Draft202012Validator(whole).is_valid(example)


def test_every_operation_is_in_a_described_group_with_a_sentence_and_a_name(
    document: dict[str, Any],
) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    named = [operation["operationId"] for operation in operations(document).values()]
    assert len(set(named)) == len(named)
    assert all(name.isidentifier() for name in named)
    for operation in operations(document).values():
        assert len(operation["tags"]) == 1
        assert set(operation["tags"]) <= tags
        assert operation["description"].endswith(".")


def test_every_parameter_is_explained_and_has_an_example_or_a_default(
    document: dict[str, Any],
) -> None:
    for name, operation in operations(document).items():
        for parameter in operation.get("parameters", []):
            schema = parameter["schema"]
            assert parameter["description"].endswith("."), (name, parameter["name"])
            assert "examples" in schema or "default" in schema, (name, parameter["name"])
            assert {"type": "null"} not in schema.get("anyOf", [])


def test_every_request_and_every_answer_has_an_example_of_its_schema(
    document: dict[str, Any],
) -> None:
    seen = 0
    for name, operation in operations(document).items():
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        for message in (*bodies, *operation["responses"].values()):
            for content in message.get("content", {}).values():
                examples = [each["value"] for each in content.get("examples", {}).values()]
                examples += [content["example"]] if "example" in content else []
                assert examples, name
                for example in examples:
                    assert is_valid(document, content.get("schema", {}), example), name
                    seen += 1
    assert seen > 80


def test_every_model_shows_what_it_looks_like(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        if "enum" not in schema:
            assert schema["examples"], name
            assert all(is_valid(document, schema, example) for example in schema["examples"]), name


def test_a_token_is_asked_for_where_it_is_needed_and_only_there(document: dict[str, Any]) -> None:
    needed = {name for name, each in operations(document).items() if "security" in each}
    assert needed == {
        "PATCH /api/players/me",
        "GET /api/players/me",
        "DELETE /api/players/me",
        "GET /api/players/me/learning",
        "PUT /api/players/me/learning",
        "POST /api/rooms",
        "POST /api/quickplay",
    }
    for name in needed:
        assert "401" in operations(document)[name]["responses"]
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_it_is_told_who_may_be_too_fast(document: dict[str, Any]) -> None:
    paced = {name for name, each in operations(document).items() if "429" in each["responses"]}
    assert paced == {
        "POST /api/players",
        "POST /api/rooms",
        "GET /api/rooms/{code}",
        "POST /api/quickplay",
        "POST /api/predict",
        "GET /api/replays/{game}",
        "GET /api/categories/{name}/drawings",
    }
    for name in paced:
        assert "Retry-After" in operations(document)[name]["responses"]["429"]["headers"]


def test_the_settings_of_a_room_are_bound_as_the_rules_bind_them(document: dict[str, Any]) -> None:
    for settings, fit in (
        ({}, True),
        ({"rounds": 20}, True),
        ({"rounds": 21}, False),
        ({"mode": "pictionary", "rounds": 6}, True),
        ({"mode": "pictionary", "rounds": 7}, False),
        ({"mode": "pictionary", "players": 1}, False),
        ({"deck": []}, False),
        ({"deck": [], "custom": list(EIGHT)}, True),
        ({"custom": list(EIGHT[:7])}, False),
        ({"custom": [*EIGHT[:7], "unicorn"]}, False),
        ({"custom": [*EIGHT, EIGHT[0]]}, False),
        ({"public": 1}, False),
    ):
        found = is_valid(document, document["components"]["schemas"]["Settings"], settings)
        assert found is fit, settings
        try:
            check(read_settings(settings), levels_from({}))
        except (ValueError, Refused):
            assert not fit, settings
        else:
            assert fit, settings
