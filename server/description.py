"""The OpenAPI document: what FastAPI finds in the code, made complete for people and programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from server import wire

ABOUT: Final = """\
Multiplayer pictionary with a neural network as the referee. The game itself is a websocket;
`/api/protocol` holds its messages. Everything else is here.

* **Who you are**: `POST /api/players` gives a public `player_id` and a secret `token`. Where a
  token is wanted, send `Authorization: Bearer TOKEN`; it never belongs into an address.
* **Time**: moments are Unix milliseconds (`…_ms`). Months, weeks (from Monday) and days are counted
  in UTC; a game belongs to those in which it ended.
* **Pages**: an answer with `next` has more; send that as `cursor`. Lines that come and go meanwhile
  are neither skipped nor told twice. The last page has `next: null`.
* **Asking again**: answers have an `ETag`. Send it as `If-None-Match`, and there is a 304 without
  content for as long as nothing is new. `HEAD` works wherever `GET` does.
* **Refusals** are all of one form, a `code` for programs and a `message` for people. 429 and 503
  say in `Retry-After` when to try again.
* **Nothing goes away**: fields are added, and readers should pass over those they do not know.
"""
TAGS: Final = [
    {"name": "players", "description": "Being somebody: a name, a token, a profile, being erased."},
    {"name": "learning", "description": "Whether one's drawings may teach the network."},
    {"name": "rooms", "description": "Where games are played, and the way in."},
    {"name": "boards", "description": "Who ranks where, what became of categories and games."},
    {"name": "replays", "description": "Games to watch again, stroke by stroke."},
    {"name": "network", "description": "The referee, to be asked without playing."},
    {"name": "operations", "description": "For whatever watches over the server."},
]
_TAG: Final = {"description": "Send it as `If-None-Match`.", "schema": {"type": "string"}}
_Schema = dict[str, Any]
_COMPONENT: Final = "#/components/schemas/"


def operation_id(route: APIRoute) -> str:
    """What programs made from the document call this operation."""
    return route.name


def describe(app: FastAPI) -> dict[str, Any]:
    """The document of ``app``, made when it is first asked for."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            tags=TAGS,
            license_info={"name": "MIT", "identifier": "MIT"},
            routes=app.routes,
        )
        schemas = document["components"]["schemas"]
        schemas["Settings"] = wire.settings_schema(schemas["Settings"])
        for operation in _operations(document):
            _complete(operation)
            for schema, example in _shown(operation):
                _spread(schemas, schema, example)
        app.openapi_schema = document
    return app.openapi_schema


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def _complete(operation: dict[str, Any]) -> None:
    if "304" in operation["responses"]:
        operation["responses"]["200"].setdefault("headers", {})["ETag"] = _TAG
    for parameter in operation.get("parameters", []):
        schema = parameter["schema"]
        # In an address there is no null; what may be left out is.
        kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
        if len(kinds) == 1:
            del schema["anyOf"]
            schema.update(kinds[0])


def _shown(operation: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    """Each schema of what is sent or answered, with its example."""
    for message in (operation.get("requestBody", {}), *operation["responses"].values()):
        for content in message.get("content", {}).values():
            examples = [each["value"] for each in content.get("examples", {}).values()]
            if "example" in content:
                examples.append(content["example"])
            for example in examples:
                yield content.get("schema", {}), example


def _spread(schemas: _Schema, schema: _Schema, example: Any) -> None:
    """Give every model within ``schema`` the part of the example that is of it, if it has none."""
    if example is None:
        return
    if "$ref" in schema:
        schema = _resolved(schemas, schema)
        schema.setdefault("examples", [example])
    for part, of_it in _parts(schemas, schema, example):
        _spread(schemas, part, of_it)


def _parts(schemas: _Schema, schema: _Schema, example: Any) -> Iterator[tuple[_Schema, Any]]:
    for kind in (*schema.get("anyOf", []), *schema.get("oneOf", [])):
        wanted = _resolved(schemas, kind).get("required")
        if wanted is None or set(wanted) <= set(example):
            yield kind, example
    if isinstance(example, dict):
        properties = schema.get("properties", {})
        yield from ((properties[name], example[name]) for name in properties if name in example)
    if isinstance(example, list):
        yield from ((schema.get("items", {}), each) for each in example)


def _resolved(schemas: _Schema, schema: _Schema) -> _Schema:
    found: _Schema = schemas.get(schema.get("$ref", "").removeprefix(_COMPONENT), schema)
    return found
