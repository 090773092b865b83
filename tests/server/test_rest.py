"""The REST side: what it gives, what it refuses, and what it says of itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from game import protocol
from game.categories import CATEGORIES
from game.protocol import CODE_ALPHABET, CODE_CHARS
from ml import queue
from server import wire
from server.app import read_levels
from server.crowd import SharedBuckets
from server.periods import DAY_MS
from tests.server.test_durability import play_to_the_end
from tests.support.house import EIGHT, HandWorker, House, open_house
from tests.support.player import Account
from tests.support.waiting import soon

pytestmark = pytest.mark.asyncio


def bearer(account: Account) -> dict[str, str]:
    return {"Authorization": f"Bearer {account.token}"}


def is_problem(body: Any) -> bool:
    """A code for programs and a sentence for people, and nothing of the inside."""
    return (
        set(body) == {"code", "message"}
        and body["message"].endswith(".")
        and "Traceback" not in body["message"]
    )


# --- players -------------------------------------------------------------------------------------


async def test_a_player_is_made_with_a_secret_that_is_nowhere_else(
    house: House, redis: Redis
) -> None:
    answer = await house.http.post("/api/players", json={"name": " Ada  L. "})
    made = answer.json()
    assert answer.status_code == 201
    assert set(made) == {"player_id", "token", "name"}
    assert made["name"] == "Ada L."
    assert len(made["token"]) >= 32
    for key in await redis.keys("*"):
        stored: Any = await redis.dump(key)
        assert made["token"].encode() not in key
        assert made["token"].encode() not in stored


async def test_a_player_without_a_name_gets_a_friendly_one(house: House) -> None:
    for body in ({}, {"name": None}, {"name": "  "}):
        made = (await house.http.post("/api/players", json=body)).json()
        assert len(made["name"].split()) == 2
    assert (await house.http.post("/api/players")).status_code == 201


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "x" * 25}, 400, "name_too_long"),
        ({"name": "x" * 5_000}, 400, "name_too_long"),
        ({"name": "\u200b"}, 400, "name_empty"),
        ({"name": 7}, 422, "malformed"),
        ({"name": "Ada", "admin": True}, 422, "malformed"),
        ([], 422, "malformed"),
        ("Ada", 422, "malformed"),
    ],
)
async def test_a_name_that_cannot_be_shown_makes_no_player(
    house: House, body: Any, status: int, code: str
) -> None:
    answer = await house.http.post("/api/players", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert is_problem(answer.json())


@pytest.mark.parametrize(
    "body", [b"{", b"\xff\xfe", b"W\xc2\xff)", b'{"name": "\\ud800"}', b'{"name": NaN}']
)
async def test_a_body_that_cannot_be_read_is_said_to_be_so(house: House, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await house.http.post("/api/players", content=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert is_problem(answer.json())


async def test_a_player_can_be_renamed_with_the_token_only(house: House) -> None:
    ada = await house.account("Ada")
    renamed = await house.http.patch("/api/players/me", json={"name": "Grace"}, headers=bearer(ada))
    assert renamed.json() == {"player_id": ada.player_id, "name": "Grace"}
    refused = await house.http.patch("/api/players/me", json={"name": "Eve"})
    assert (refused.status_code, refused.json()["code"]) == (401, "bad_token")


async def test_a_new_name_is_tidied_and_is_the_one_that_everybody_sees(
    house: House, worker: HandWorker, redis: Redis
) -> None:
    ada, _ = await play_to_the_end(house, worker)
    assert ada.account is not None
    assert await soon(lambda: redis.exists("inkling:{board}:recent"))
    typed = "  Grace\u200b  \u202eHo\u0308pper "
    renamed = await house.http.patch(
        "/api/players/me", json={"name": typed}, headers=bearer(ada.account)
    )
    assert renamed.json()["name"] == "Grace Höpper"

    async def seen(path: str) -> str:
        return (await house.http.get(f"/api/{path}")).raise_for_status().text

    profile = f"players/{ada.account.player_id}"
    for path in ("leaderboard", f"leaderboard/around/{ada.account.player_id}", profile, "games"):
        text = await seen(path)
        assert "Grace Höpper" in text
        assert '"Ada"' not in text


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("", 400, "name_empty"),
        (" \u200b", 400, "name_empty"),
        ("x" * 25, 400, "name_too_long"),
        (None, 422, "malformed"),
        (7, 422, "malformed"),
    ],
)
async def test_a_name_that_cannot_be_shown_renames_nobody(
    house: House, name: Any, status: int, code: str
) -> None:
    ada = await house.account("Ada")
    answer = await house.http.patch("/api/players/me", json={"name": name}, headers=bearer(ada))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    own = (await house.http.get("/api/players/me", headers=bearer(ada))).json()
    assert own["name"] == "Ada"


async def test_one_sees_ones_own_profile_with_the_token_alone(house: House) -> None:
    ada = await house.account("Ada")
    own = await house.http.get("/api/players/me", headers=bearer(ada))
    assert own.json() == (await house.http.get(f"/api/players/{ada.player_id}")).json()
    refused = await house.http.get("/api/players/me")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")


# --- how things are asked for --------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/api/leaderboard", "/healthz", "/metrics", "/openapi.json"])
async def test_head_tells_what_get_would_and_sends_nothing(house: House, path: str) -> None:
    asked, told = await house.http.get(path), await house.http.head(path)
    assert (told.status_code, told.content) == (asked.status_code, b"")
    for header in ("content-type", "etag"):
        assert told.headers.get(header) == asked.headers.get(header)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/api/leaderboard", "GET, HEAD"),
        ("DELETE", "/api/players/somebody", "GET, HEAD"),
        ("PUT", "/api/players/me", "GET, HEAD, PATCH, DELETE"),
        ("GET", "/api/predict", "POST"),
        ("HEAD", "/api/rooms", "POST"),
        ("OPTIONS", "/api/rooms", "POST"),
        ("POST", "/", "GET, HEAD"),
    ],
)
async def test_a_method_that_makes_no_sense_is_told_which_do(
    house: House, method: str, path: str, allowed: str
) -> None:
    answer = await house.http.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert method == "HEAD" or is_problem(answer.json())


# --- rooms ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic {token}"},
        {"Authorization": "{token}"},
        {"Authorization": "Bearer {id}"},
        {"Authorization": "Bearer " + "x" * 10_000},
        {"Cookie": "token={token}"},
    ],
    ids=lambda headers: str(headers)[:40],
)
@pytest.mark.parametrize("path", ["/api/rooms", "/api/quickplay"])
async def test_rooms_are_for_players(house: House, path: str, headers: dict[str, str]) -> None:
    ada = await house.account()
    headers = {
        name: value.replace("{token}", ada.token).replace("{id}", ada.player_id)
        for name, value in headers.items()
    }
    answer = await house.http.post(path, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_token")
    assert is_problem(answer.json())


async def test_a_token_in_an_address_opens_nothing(house: House) -> None:
    """Addresses end up in logs, histories and on other people's screens."""
    ada, *_ = await house.table("Ada")
    assert ada.account is not None
    token = ada.account.token
    for name in ("token", "authorization", "Authorization", "access_token", "bearer"):
        for path in ("/api/rooms", "/api/quickplay"):
            assert (await house.http.post(f"{path}?{name}={token}")).status_code == 401
        door = f"ws{house.address.removeprefix('http')}/api/rooms/{ada.code}/ws?{name}={token}"
        async with connect(door) as socket:
            await socket.send('{"type": "start"}')
            assert json.loads(await socket.recv())["code"] == "hello_first"
    schema = (await house.http.get("/openapi.json")).json()
    queries = {
        parameter["name"]
        for path in schema["paths"].values()
        for operation in path.values()
        for parameter in operation.get("parameters", [])
        if parameter["in"] in ("query", "cookie")
    }
    boards = {"mode", "period", "by", "on", "limit", "cursor"}
    assert queries == boards | {"link"}  # test_invitation: no link with a query


async def test_a_room_has_a_code_that_can_be_read_aloud(house: House) -> None:
    ada = await house.account()
    codes = {await house.room(ada) for _ in range(10)}
    assert len(codes) == 10
    assert all(len(code) == CODE_CHARS and set(code) <= set(CODE_ALPHABET) for code in codes)
    look = (await house.http.get(f"/api/rooms/{codes.pop().lower()}")).json()
    assert (look["phase"], look["players"], look["max_players"]) == ("lobby", 0, 8)


@pytest.mark.parametrize(
    ("settings", "status", "code"),
    [
        ({"rounds": 0}, 400, "setting_out_of_bounds"),
        ({"seconds": 121}, 400, "setting_out_of_bounds"),
        ({"custom": ["no such thing"]}, 400, "unknown_category"),
        ({"custom": ["cat"]}, 400, "deck_too_small"),
        ({"mode": "chess"}, 422, "malformed"),
        ({"cheats": True}, 422, "malformed"),
        ({"public": "yes"}, 422, "malformed"),
        ({"public": 1}, 422, "malformed"),
        ({"rounds": "3"}, 422, "malformed"),
        ({"rounds": 2.5}, 422, "malformed"),
        ({"custom": [*EIGHT, EIGHT[0]]}, 422, "malformed"),
        ([], 422, "malformed"),
        (None, 422, "malformed"),
    ],
)
async def test_a_room_that_cannot_be_played_is_not_opened(
    house: House, redis: Redis, settings: Any, status: int, code: str
) -> None:
    ada = await house.account()
    answer = await house.http.post("/api/rooms", json={"settings": settings}, headers=bearer(ada))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert is_problem(answer.json())
    assert await redis.keys("inkling:{room:*") == []


async def test_a_whole_number_is_one_however_it_is_written(house: House) -> None:
    ada = await house.account()
    code = await house.room(ada, players=2.0, confidence=0)
    assert (await house.http.get(f"/api/rooms/{code}")).json()["max_players"] == 2


async def test_not_a_number_is_no_confidence(house: House) -> None:
    ada = await house.account()
    for value in ("NaN", "Infinity", "-Infinity", "1e400"):
        answer = await house.http.post(
            "/api/rooms",
            content=b'{"settings": {"confidence": %b}}' % value.encode(),
            headers={**bearer(ada), "Content-Type": "application/json"},
        )
        assert answer.status_code in (400, 422)
        assert is_problem(answer.json())


async def test_an_unknown_room_is_not_found(house: House) -> None:
    for code in ("ZZZZZ", "x", "%F0%9F%8E%A8", "{room:X}"):
        answer = await house.http.get(f"/api/rooms/{code}")
        assert (answer.status_code, answer.json()["code"]) == (404, "no_room")


async def test_looking_at_a_room_tells_who_is_in_and_no_secret(house: House) -> None:
    ada, bob = await house.round("Ada", "Bob")
    look = await house.http.get(f"/api/rooms/{ada.code}")
    assert look.json() == {
        "code": ada.code,
        "phase": "drawing",
        "players": 2,
        "max_players": 8,
        "locked": False,
    }
    assert bob.count("error") == 0


async def test_quick_play_brings_strangers_together_and_leaves_private_rooms_alone(
    house: House,
) -> None:
    await house.table("Hermit")
    ada, bob = await house.account("Ada"), await house.account("Bob")

    async def quick(who: Account) -> str:
        answer = await house.http.post("/api/quickplay", headers=bearer(who))
        code: str = answer.raise_for_status().json()["code"]
        return code

    code = await quick(ada)
    first = await house.enter(code, ada)
    assert await quick(bob) == code
    second = await house.enter(code, bob)
    assert second.seat == 1
    await first.hears("seat", lambda said: said["seat"]["name"] == "Bob")
    for player in (first, second):
        await player.say("leave")
        await player.closed()
    assert await quick(bob) != code


# --- what anybody may know -----------------------------------------------------------------------


async def test_the_categories_are_all_there_in_the_networks_order(house: House) -> None:
    listed = (await house.http.get("/api/categories")).json()["categories"]
    assert [category["name"] for category in listed] == list(CATEGORIES)
    assert {category["level"] for category in listed} <= {"easy", "medium", "hard"}


async def test_the_protocol_is_published(house: House) -> None:
    assert (await house.http.get("/api/protocol")).json() == wire.schema()


async def test_it_says_whether_it_lives_and_whether_it_can_recognise(
    house: House, worker: HandWorker
) -> None:
    assert (await house.http.get("/healthz")).json() == {"status": "ok"}
    not_yet = await house.http.get("/readyz")
    assert (not_yet.status_code, not_yet.json()) == (503, {"redis": True, "workers": 0})
    await queue.beat(worker.redis, queue.Heartbeat("hand", "model", 1, "cpu", 1, 1))
    ready = await house.http.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"redis": True, "workers": 1})


async def test_prometheus_is_told_of_sockets_and_rooms(house: House) -> None:
    await house.table("Ada", "Bob")
    scraped = (await house.http.get("/metrics")).text
    assert "inkling_sockets 2.0" in scraped
    assert "inkling_rooms 1.0" in scraped
    for name in (
        *("turns_total", "frames_sent_total", "frames_lost_total", "ink_to_guess_seconds_count"),
        *("loop_lag_seconds_count", "frames_queued", 'guesses_total{outcome="stale"}'),
    ):
        assert f"inkling_{name}" in scraped


async def test_prometheus_is_told_of_the_workers_that_live(
    house: House, worker: HandWorker
) -> None:
    await queue.beat(worker.redis, queue.Heartbeat("hand", "model", 1, "cpu", 1, 1, answered=7))
    scraped = (await house.http.get("/metrics")).text
    assert "inkling_workers 1.0" in scraped
    assert 'inkling_worker_frames{outcome="answered",worker="hand"} 7.0' in scraped


# --- other people's pages ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "file://", "http://["]
)
async def test_another_sites_page_cannot_act_for_a_player(house: House, origin: str) -> None:
    ada = await house.account()
    headers = {**bearer(ada), "Origin": origin}
    for method, path in (("POST", "/api/rooms"), ("PATCH", "/api/players/me")):
        answer = await house.http.request(method, path, headers=headers, json={"name": "Eve"})
        assert (answer.status_code, answer.json()["code"]) == (403, "bad_origin")
        assert is_problem(answer.json())
    code = await house.room(ada)
    door = f"ws{house.address.removeprefix('http')}/api/rooms/{code}/ws"
    with pytest.raises(InvalidStatus) as refused:
        await connect(door, additional_headers={"Origin": origin})
    assert refused.value.response.status_code == 403


async def test_its_own_page_and_programs_can(house: House) -> None:
    for headers in ({}, {"Origin": house.address}):
        assert (await house.http.post("/api/players", headers=headers)).status_code == 201


async def test_other_sites_can_be_allowed(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    friend = "https://friend.example"
    async with open_house(redis_url, monkeypatch, allowed_origins=(friend,)) as house:
        for origin, status in ((friend, 201), ("https://evil.example", 403)):
            answer = await house.http.post("/api/players", headers={"Origin": origin})
            assert answer.status_code == status
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/", "/r/BCDFG", "/offline.js", "/static/favicon.svg", "/api/rooms/ZZZZZ", "/nope"]
)
async def test_every_answer_tells_the_browser_to_trust_nobody_else(house: House, path: str) -> None:
    headers = (await house.http.get(path)).headers
    parts = headers["content-security-policy"].split("; ")
    policy = dict(part.split(" ", 1) for part in parts)
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers
    assert "strict-transport-security" not in headers


@pytest.mark.parametrize("path", ["/static/style.css", "/static/src/main.js"])
async def test_what_a_page_is_made_of_follows_the_rules_of_the_page(
    house: House, path: str
) -> None:
    headers = (await house.http.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "content-security-policy" not in headers


async def test_where_players_come_by_https_they_come_no_other_way(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(redis_url, monkeypatch, public_url="https://ink.example") as house:
        headers = (await house.http.get("/")).headers
        assert headers["strict-transport-security"].startswith("max-age=")


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
async def test_pages_that_load_a_script_from_elsewhere_are_in_no_frame(
    house: House, path: str
) -> None:
    headers = (await house.http.get(path)).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


async def test_the_page_is_served_at_its_addresses_and_always_fresh(house: House) -> None:
    home = await house.http.get("/")
    assert home.status_code == 200
    assert (await house.http.get("/r/BCDFG")).text == home.text
    assert home.headers["cache-control"] == "no-cache"
    style = await house.http.get("/static/style.css")
    again = await house.http.get(
        "/static/style.css", headers={"If-None-Match": style.headers["etag"]}
    )
    assert (style.status_code, again.status_code) == (200, 304)
    for outside in ("/static/../pyproject.toml", "/static/%2e%2e/pyproject.toml"):
        assert (await house.http.get(outside)).status_code == 404


async def test_the_page_is_read_once_for_each_edit_and_an_edit_shows_without_a_restart(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "src").mkdir()
    index = tmp_path / "index.html"
    index.write_text('<link href="/static/style.css"> one')
    reads = []
    read_text = Path.read_text

    def counted(path: Path, *how: Any, **more: Any) -> str:
        if path == index:
            reads.append(path)
        return read_text(path, *how, **more)

    monkeypatch.setattr(Path, "read_text", counted)
    async with open_house(
        redis_url, monkeypatch, web_dir=tmp_path, public_url="https://a.example/ink"
    ) as house:
        pages = [await house.http.get(path) for path in ("/", "/sketch", "/r/BCDFG")]
        assert {page.text for page in pages} == {'<link href="/ink/static/style.css"> one'}
        assert len(reads) == 1
        tag = {"If-None-Match": pages[0].headers["etag"]}
        assert (await house.http.get("/boards", headers=tag)).status_code == 304
        index.write_text("another")
        edited = await house.http.get("/boards", headers=tag)
        assert (edited.status_code, edited.text) == (200, "another")
        assert len(reads) == 2


# --- too much ------------------------------------------------------------------------------------


async def test_one_address_makes_only_so_many_players_at_once(house: House) -> None:
    made = 0
    while (refused := await house.http.post("/api/players")).status_code == 201:
        made += 1
    assert 60 <= made < 90  # a few more than its burst, since some time passes
    assert (refused.status_code, refused.json()["code"]) == (429, "too_fast")
    assert is_problem(refused.json())
    assert (await house.http.get("/api/categories")).status_code == 200
    house.clock.ahead_ms += 2_000
    assert (await house.http.post("/api/players")).status_code == 201


async def test_one_address_makes_only_so_many_players_a_day(house: House) -> None:
    bucket = SharedBuckets(house.desk.redis, "newcomer", 0.001, 2)
    object.__setattr__(house.desk, "newcomers", bucket)
    answers = [await house.http.post("/api/players") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert is_problem(answers[2].json())
    assert "tomorrow" in answers[2].json()["message"]
    # Who is a player already plays on.
    headers = {"Authorization": f"Bearer {answers[0].json()['token']}"}
    assert (await house.http.post("/api/rooms", headers=headers)).status_code == 201


async def test_who_never_came_in_is_forgotten_after_a_day(house: House, redis: Redis) -> None:
    made = (await house.http.post("/api/players", json={"name": "Ada"})).json()
    keys = await redis.keys("inkling:token:*") + await redis.keys("inkling:player:*")
    assert len(keys) == 2
    assert all([0 < await redis.pttl(key) <= DAY_MS for key in keys])
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert (await house.http.get("/api/players/me", headers=headers)).status_code == 200
    assert all([await redis.pttl(key) > 399 * DAY_MS for key in keys])


async def test_a_proxy_that_is_trusted_tells_players_apart(house: House) -> None:
    object.__setattr__(house.desk, "makes", SharedBuckets(house.desk.redis, "make", 0.001, 1))
    for address in ("198.51.100.1", "198.51.100.2"):
        headers = {"X-Forwarded-For": address}
        first = await house.http.post("/api/players", headers=headers)
        second = await house.http.post("/api/players", headers=headers)
        assert (first.status_code, second.status_code) == (201, 429)


# --- difficulty ----------------------------------------------------------------------------------


async def test_levels_come_from_the_weights_or_are_all_medium(tmp_path: Path) -> None:
    assert set(read_levels(tmp_path)) == {"m"}
    table = {EIGHT[0]: {"level": "easy"}, EIGHT[1]: {"level": "hard"}}
    (tmp_path / "difficulty.json").write_text(json.dumps(table))
    levels = read_levels(tmp_path)
    assert levels[CATEGORIES.index(EIGHT[0])] == "e"
    assert levels[CATEGORIES.index(EIGHT[1])] == "h"


@pytest.mark.parametrize("text", ["[]", '{"cat": 1}', '{"cat": {"level": "tricky"}}', "{"])
async def test_a_difficulty_table_that_is_none_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "difficulty.json").write_text(text)
    with pytest.raises(ValueError, match=r"difficulty|tricky|Expecting"):
        read_levels(tmp_path)


async def test_limits_of_the_protocol_are_the_ones_the_socket_has() -> None:
    assert protocol.MAX_BINARY_BYTES < protocol.MAX_MESSAGE_BYTES
    assert protocol.MAX_TEXT_BYTES < protocol.MAX_MESSAGE_BYTES
    assert protocol.MAX_MESSAGE_BYTES > 6 + 6 * 10_000  # explained rather than cut off
